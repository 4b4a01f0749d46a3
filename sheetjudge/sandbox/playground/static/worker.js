'use strict';
/** One execution of a script's function: a worker of its own, as Apps Script shares no globals between executions. */
importScripts('/playground/static/plain_values.js', '/playground/static/services_core.js');
importScripts('/playground/static/services_spreadsheet.js', '/playground/static/services_range.js');
importScripts('/playground/static/services_metadata.js', '/playground/static/services_html.js');
importScripts('/playground/static/services_web.js', '/playground/static/services_kept.js');
importScripts('/playground/static/services_script.js');

(() => {
  const playground = self.playground;
  const load = importScripts.bind(self);
  const post = postMessage.bind(self);
  const told = { log: 'log', info: 'info', warn: 'warn', error: 'error' };

  for (const [name, method] of Object.entries(told)) {
    const print = console[method].bind(console);
    console[name] = (...args) => print('[script]', ...args);
  }

  /** What a browser has and Apps Script hasn't would work here and fail at Google. */
  const BROWSER_ONLY = [
    'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'Request',
    'Response', 'Headers', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'Worker', 'importScripts', 'indexedDB', 'caches',
    'crypto', 'TextEncoder', 'TextDecoder', 'URL', 'URLSearchParams', 'FormData', 'Blob', 'File', 'FileReader', 'atob',
    'btoa', 'structuredClone', 'performance', 'navigator', 'location', 'close', 'postMessage', 'onmessage',
    'AbortController', 'BroadcastChannel', 'MessageChannel', 'ReadableStream', 'requestAnimationFrame',
  ];

  const hideBrowser = () => {
    for (const name of BROWSER_ONLY) {
      if (name in self) Object.defineProperty(self, name, { value: undefined, configurable: true, writable: true });
    }
  };

  const functionNames = (before) =>
    Object.getOwnPropertyNames(self).filter((name) => !before.has(name) && typeof self[name] === 'function');

  const run = ({ execution, settings }) => {
    playground.begin(execution, settings, post);
    hideBrowser();
    const before = new Set(Object.getOwnPropertyNames(self));
    load(...settings.project.map((name) => `/playground/script/${name.split('/').map(encodeURIComponent).join('/')}`));
    playground.functions = functionNames(before).filter((name) => !name.endsWith('_'));
    const called = self[execution.name];
    if (execution.isOptional && typeof called !== 'function') return null;
    if (typeof called !== 'function') throw new Error(`Script function not found: ${execution.name}`);
    const value = called(...execution.args);
    if (value instanceof Promise) throw new Error('Functions that return a Promise are not built in the playground.');
    return execution.isAnswered ? plainValue(value, `What ${execution.name} returned`) : null;
  };

  self.addEventListener('message', (event) => {
    try {
      post({ kind: 'done', value: JSON.stringify(run(event.data)) });
    } catch (thrown) {
      const isError = thrown instanceof Error;
      post({ kind: 'failed', failure: isError ? `${thrown.name}: ${thrown.message}` : String(thrown), stack: thrown?.stack });
    } finally {
      playground.end();
    }
  });
})();
