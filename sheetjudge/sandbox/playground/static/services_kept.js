'use strict';
/** PropertiesService, CacheService and LockService. */
(() => {
  const { playground } = self;
  const { Exception, service } = playground;
  const WAIT = 250;
  const CACHE_SECONDS = 600;

  const stores = {
    Document: () => `document:${playground.settings.book}`,
    Script: () => 'script',
    User: () => `user:${playground.settings.email}`,
  };

  const propertiesOf = (store) => {
    const all = () => playground.ask('properties', { store: store() }).properties;
    const set = (properties, replace = false) => {
      playground.ask('set-properties', { store: store(), properties, replace });
      return made;
    };
    const made = service('Properties', {
      getProperty: (name) => all()[name] ?? null,
      getProperties: all,
      getKeys: () => Object.keys(all()),
      setProperty: (name, value) => set({ [name]: String(value) }),
      setProperties: (properties, deleteAllOthers = false) => set(properties, deleteAllOthers),
      deleteProperty(name) {
        playground.ask('delete-properties', { store: store(), names: [name] });
        return made;
      },
      deleteAllProperties() {
        playground.ask('delete-properties', { store: store() });
        return made;
      },
    });
    return made;
  };

  const cacheOf = (store) => {
    const all = (names) => playground.ask('cache', { store: store(), names }).values;
    const put = (values, seconds = CACHE_SECONDS) => {
      playground.ask('put-cache', { store: store(), values, seconds });
    };
    return service('Cache', {
      get: (name) => all([name])[name] ?? null,
      getAll: all,
      put: (name, value, seconds) => put({ [name]: String(value) }, seconds),
      putAll: put,
      remove: (name) => void playground.ask('remove-cache', { store: store(), names: [name] }),
      removeAll: (names) => void playground.ask('remove-cache', { store: store(), names }),
    });
  };

  const lockOf = (store) => {
    let isHeld = false;
    const tryNow = () => {
      isHeld = playground.ask('lock', { lock: store(), execution: playground.execution.id }).taken;
      playground.holdsLock ||= isHeld;
      return isHeld;
    };
    const tryLock = (milliseconds) => {
      const until = Date.now() + milliseconds;
      while (!tryNow()) {
        if (Date.now() >= until) return false;
        playground.sleep(Math.min(WAIT, until - Date.now()));
      }
      return true;
    };
    return service('Lock', {
      tryLock,
      waitLock(milliseconds) {
        if (!tryLock(milliseconds)) {
          throw new Exception('Lock timeout: another process was holding the lock for too long.');
        }
      },
      hasLock: () => isHeld,
      releaseLock() {
        playground.ask('release', { lock: store(), execution: playground.execution.id });
        isHeld = false;
      },
    });
  };

  const built = (make) =>
    Object.fromEntries(Object.entries(stores).map(([name, store]) => [name, () => make(store)]));
  const [properties, caches, locks] = [built(propertiesOf), built(cacheOf), built(lockOf)];

  self.PropertiesService = service('PropertiesService', {
    getDocumentProperties: properties.Document,
    getScriptProperties: properties.Script,
    getUserProperties: properties.User,
  });
  self.CacheService = service('CacheService', {
    getDocumentCache: caches.Document,
    getScriptCache: caches.Script,
    getUserCache: caches.User,
  });
  self.LockService = service('LockService', {
    getDocumentLock: locks.Document,
    getScriptLock: locks.Script,
    getUserLock: locks.User,
  });
})();
