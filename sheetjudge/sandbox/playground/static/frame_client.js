'use strict';
/** What HtmlService gives a page: google.script.run and google.script.host. It talks to the window around the frame. */
(() => {
  const functions = "__FUNCTIONS__";
  const waiting = new Map();
  let calls = 0;

  const notBuilt = (what) => {
    throw new Error(`${what} isn't built in the playground.`);
  };

  /** The fields of a form, by their names, as a server function gets them. */
  const formFields = (form) => {
    const fields = {};
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== 'string') notBuilt('google.script.run with a file');
      if (name in fields) fields[name] = [].concat(fields[name], value);
      else fields[name] = value;
    }
    return fields;
  };

  const passed = (args) => {
    if (args.length === 1 && args[0] instanceof HTMLFormElement) return [formFields(args[0])];
    return args.map((value, at) => plainValue(value, `Argument ${at + 1}`));
  };

  const runner = (handlers) => {
    const made = {
      withSuccessHandler: (onSuccess) => runner({ ...handlers, onSuccess }),
      withFailureHandler: (onFailure) => runner({ ...handlers, onFailure }),
      withUserObject: (userObject) => runner({ ...handlers, userObject }),
    };
    for (const name of functions) {
      made[name] = (...args) => {
        const sent = passed(args);
        calls += 1;
        waiting.set(calls, handlers);
        parent.postMessage({ kind: 'call', call: calls, name, args: JSON.stringify(sent) }, '*');
      };
    }
    return made;
  };

  addEventListener('message', (event) => {
    if (event.source !== parent || !event.data || event.data.kind !== 'answer') return;
    const handlers = waiting.get(event.data.call);
    if (!handlers) return;
    waiting.delete(event.data.call);
    if (event.data.failure) {
      const failure = new Error(event.data.failure);
      failure.name = 'ScriptError';
      if (handlers.onFailure) handlers.onFailure(failure, handlers.userObject);
      else console.error(`Uncaught ${failure.message}`);
    } else if (handlers.onSuccess) {
      handlers.onSuccess(JSON.parse(event.data.value), handlers.userObject);
    }
  });

  const host = {
    close: () => parent.postMessage({ kind: 'close' }, '*'),
    setHeight: () => undefined, // a sidebar's size is fixed
    setWidth: () => undefined,
    editor: { focus: () => parent.postMessage({ kind: 'focus' }, '*') },
    get origin() {
      return notBuilt('google.script.host.origin');
    },
  };

  const script = { run: runner({}), host };
  for (const name of ['url', 'history']) {
    Object.defineProperty(script, name, { get: () => notBuilt(`google.script.${name}`) });
  }
  Object.defineProperty(window, 'google', { value: Object.freeze({ script: Object.freeze(script) }) });
})();
