'use strict';
/** What the stand-ins of the Apps Script services are made of. */
(() => {
  const Wire = XMLHttpRequest;
  const encode = btoa.bind(self);
  const decode = atob.bind(self);
  const Encoder = TextEncoder;
  const Decoder = TextDecoder;

  /** What a service throws. */
  class Exception extends Error {
    constructor(message) {
      super(message);
      this.name = 'Exception';
    }
  }

  /** @returns {never} */
  const notBuilt = (what) => {
    throw new Exception(`${what} isn't built in the playground.`);
  };

  /**
   * An object whose members are those of a service; any other is said not to be built.
   * @template T
   * @param {string} name What it is called: SpreadsheetApp, Range, ...
   * @param {T} members
   * @returns {T}
   */
  const service = (name, members) =>
    new Proxy(Object.freeze(members), {
      get(target, key) {
        if (typeof key === 'symbol' || key in target) return target[key];
        if (key === 'toJSON' || key === 'then') return undefined;
        return notBuilt(`${name}.${key}`);
      },
      set(_target, key) {
        return notBuilt(`Setting ${name}.${String(key)}`);
      },
    });

  /** The names of an enumeration, each standing for itself. */
  const names = (name, ...keys) =>
    service(name, Object.fromEntries(keys.map((key) => [key, service(`${name}.${key}`, { toString: () => key, name: () => key })])));

  const playground = {
    Exception,
    notBuilt,
    service,
    names,
    functions: [],
    /** @type {any} */ execution: null,
    /** @type {any} */ settings: null,
    holdsLock: false,

    begin(execution, settings, post) {
      playground.execution = execution;
      playground.settings = settings;
      playground.post = post;
    },

    end() {
      if (playground.holdsLock) playground.ask('release', { execution: playground.execution.id });
    },

    /** Tells the page around. */
    tell(kind, content = {}) {
      playground.post({ kind, ...content });
    },

    /** Asks the local Google, and waits for its answer. */
    send(method, path, headers, body) {
      const wire = new Wire();
      wire.open(method, path, false);
      for (const [name, value] of Object.entries(headers)) wire.setRequestHeader(name, value);
      wire.send(body === undefined ? null : JSON.stringify(body));
      let answer;
      try {
        answer = JSON.parse(wire.responseText || '{}');
      } catch {
        throw new Exception(`The playground answered ${wire.status}.`);
      }
      if (wire.status >= 400) throw new Exception(answer.error?.message || `The playground answered ${wire.status}.`);
      return answer;
    },

    /** One of the playground's own calls. */
    ask(name, body) {
      const headers = { 'X-Playground-Token': playground.settings.token, 'Content-Type': 'application/json' };
      return playground.send('POST', `/playground/api/${name}`, headers, body);
    },

    /** One call of the Sheets API, on this spreadsheet. */
    sheets(method, path, body) {
      const headers = { Authorization: `Bearer ${playground.settings.login}`, 'Content-Type': 'application/json' };
      return playground.send(method, `/v4/spreadsheets/${playground.settings.book}${path}`, headers, body);
    },

    /** Changes of the spreadsheet, by requests of batchUpdate; returns their replies. */
    change(...requests) {
      return playground.sheets('POST', ':batchUpdate', { requests }).replies;
    },

    /** Refuses what the manifest asks no permission for. */
    needScope(what, ...scopes) {
      const asked = playground.settings.manifest.oauthScopes;
      const full = scopes.map((scope) => (scope === 'openid' ? scope : `https://www.googleapis.com/auth/${scope}`));
      if (playground.execution.mode === 'simple' || (asked && !full.some((scope) => asked.includes(scope)))) {
        throw new Exception(`You do not have permission to call ${what}. Required permissions: ${full.join(' || ')}`);
      }
    },

    sleep(milliseconds) {
      for (let left = milliseconds; left > 0; left -= 20000) {
        playground.ask('sleep', { seconds: Math.min(left, 20000) / 1000 });
      }
    },

    /** @returns {number[]} The bytes of a text in UTF-8, signed as Java has them. */
    bytesOf: (text) => Array.from(new Encoder().encode(text), (byte) => (byte > 127 ? byte - 256 : byte)),
    textOf: (bytes) => new Decoder().decode(Uint8Array.from(bytes, (byte) => byte & 255)),
    toBase64: (bytes) => encode(bytes.map((byte) => String.fromCharCode(byte & 255)).join('')),
    fromBase64: (text) => Array.from(decode(text), (letter) => (letter.charCodeAt(0) << 24) >> 24),

    /** Each method of a class as its service documents it; another's name is said not to be built. */
    wrapped(name, object) {
      return new Proxy(object, {
        get(target, key) {
          if (typeof key === 'symbol') return target[key];
          if (key === 'toJSON' || key === 'then') return undefined;
          if (!(key in target)) return notBuilt(`${name}.${key}`);
          const member = target[key];
          return typeof member === 'function' ? member.bind(target) : member;
        },
      });
    },
  };
  self.playground = playground;

  for (const name of [
    'AdminDirectory', 'BigQuery', 'CalendarApp', 'CardService', 'Charts', 'ContactsApp', 'ContentService', 'DocumentApp',
    'DriveApp', 'Drive', 'FormApp', 'GmailApp', 'GroupsApp', 'Jdbc', 'LanguageApp', 'LinearOptimizationService', 'MailApp',
    'Maps', 'Sheets', 'SitesApp', 'SlidesApp', 'XmlService', 'Browser',
  ]) {
    Object.defineProperty(self, name, { get: () => notBuilt(name), configurable: true });
  }
})();
