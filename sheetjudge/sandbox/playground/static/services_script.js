'use strict';
/** ScriptApp, Session, Utilities and Logger. */
(() => {
  const { playground } = self;
  const { Exception, names, notBuilt, service } = playground;
  const uuid = crypto.randomUUID.bind(crypto);
  const MOST_SLEEP = 300000;

  const triggerOf = (kept) =>
    service('Trigger', {
      getUniqueId: () => kept.id,
      getHandlerFunction: () => kept.handler,
      getEventType: () => self.ScriptApp.EventType.CLOCK,
      getTriggerSource: () => self.ScriptApp.TriggerSource.CLOCK,
      playgroundId: kept.id,
    });

  const clockOf = (handler) => {
    const plan = { handler };
    const after = (part) => {
      Object.assign(plan, part);
      return clock;
    };
    const clock = service('ClockTriggerBuilder', {
      everyDays: (days) => after({ everyDays: days }),
      everyHours: (hours) => after({ everyHours: hours }),
      everyMinutes(minutes) {
        if (![1, 5, 10, 15, 30].includes(minutes)) throw new Exception('The value you passed to everyMinutes was invalid. It must be one of 1, 5, 10, 15 or 30.');
        return after({ everyMinutes: minutes });
      },
      everyWeeks: (weeks) => after({ everyWeeks: weeks }),
      atHour: (hour) => after({ atHour: hour }),
      nearMinute: (minute) => after({ nearMinute: minute }),
      inTimezone: (zone) => after({ zone }),
      create() {
        playground.needScope('ScriptApp.newTrigger', 'script.scriptapp');
        return triggerOf(playground.ask('add-trigger', { trigger: plan }).trigger);
      },
    });
    return clock;
  };

  self.ScriptApp = service('ScriptApp', {
    getIdentityToken() {
      playground.needScope('ScriptApp.getIdentityToken', 'openid');
      return playground.ask('identity', {}).token;
    },
    getScriptId: () => 'playground',
    newTrigger: (handler) => service('TriggerBuilder', { timeBased: () => clockOf(handler) }),
    getProjectTriggers() {
      playground.needScope('ScriptApp.getProjectTriggers', 'script.scriptapp');
      return playground.ask('triggers', {}).triggers.map(triggerOf);
    },
    deleteTrigger(trigger) {
      playground.needScope('ScriptApp.deleteTrigger', 'script.scriptapp');
      playground.ask('delete-trigger', { id: trigger.playgroundId });
    },
    EventType: names('EventType', 'CLOCK'),
    TriggerSource: names('TriggerSource', 'CLOCK'),
  });

  const user = service('User', {
    getEmail() {
      playground.needScope('User.getEmail', 'userinfo.email');
      return playground.settings.email;
    },
  });

  self.Session = service('Session', {
    getEffectiveUser: () => user,
    getActiveUser: () => user,
    getScriptTimeZone: () => playground.settings.manifest.timeZone,
    getActiveUserLocale: () => 'en',
  });

  const isText = (value) => typeof value === 'string';
  const bytesFor = (value, charset) => {
    if (charset !== undefined && !['UTF_8', 'US_ASCII'].includes(String(charset))) notBuilt(`Utilities with ${charset}`);
    return isText(value) ? playground.bytesOf(value) : value;
  };
  const webSafe = (text) => text.replaceAll('+', '-').replaceAll('/', '_');
  const standard = (text) => text.replaceAll('-', '+').replaceAll('_', '/');

  const blobOf = (data, type = 'application/octet-stream', name = null) =>
    service('Blob', {
      getBytes: () => bytesFor(data),
      getDataAsString: () => playground.textOf(bytesFor(data)),
      getContentType: () => type,
      getName: () => name,
    });

  /** Dates by the letters of Java's SimpleDateFormat. */
  const formatDate = (date, zone, format) => {
    const part = (options) => new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...options });
    const of = (type, options) => part(options).formatToParts(date).find((one) => one.type === type)?.value ?? '';
    const number = (type, options, width) => String(Number(of(type, options))).padStart(width, '0');
    const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit' };
    const letters = {
      y: (width) => (width === 2 ? number('year', { year: 'numeric' }, 4).slice(2) : number('year', { year: 'numeric' }, width)),
      M: (width) => (width > 2 ? of('month', { month: width > 3 ? 'long' : 'short' }) : number('month', { month: 'numeric' }, width)),
      d: (width) => number('day', { day: 'numeric' }, width),
      H: (width) => number('hour', clock, width),
      h: (width) => String(Number(of('hour', clock)) % 12 || 12).padStart(width, '0'),
      m: (width) => number('minute', clock, width),
      s: (width) => number('second', clock, width),
      S: (width) => String(date.getMilliseconds()).padStart(width, '0'),
      a: () => (Number(of('hour', clock)) < 12 ? 'AM' : 'PM'),
      E: (width) => of('weekday', { weekday: width > 3 ? 'long' : 'short' }),
      z: () => of('timeZoneName', { timeZoneName: 'short' }),
    };
    return format.replace(/'([^']*)'|([A-Za-z])\2*/g, (whole, quoted, letter) => {
      if (quoted !== undefined) return quoted || "'";
      return letters[letter] ? letters[letter](whole.length) : notBuilt(`Utilities.formatDate with ${whole}`);
    });
  };

  self.Utilities = service('Utilities', {
    getUuid: () => uuid(),
    sleep(milliseconds) {
      if (milliseconds > MOST_SLEEP) throw new Exception('The value you passed to sleep was invalid.');
      playground.sleep(milliseconds);
    },
    computeDigest(algorithm, value, charset) {
      const data = playground.toBase64(bytesFor(value, charset));
      return playground.fromBase64(playground.ask('digest', { algorithm: String(algorithm), data }).data);
    },
    base64Encode: (value, charset) => playground.toBase64(bytesFor(value, charset)),
    base64EncodeWebSafe: (value, charset) => webSafe(playground.toBase64(bytesFor(value, charset))),
    base64Decode: (text) => playground.fromBase64(text),
    base64DecodeWebSafe: (text) => playground.fromBase64(standard(text)),
    newBlob: blobOf,
    formatDate,
    DigestAlgorithm: names('DigestAlgorithm', 'MD5', 'SHA_1', 'SHA_256', 'SHA_384', 'SHA_512'),
    Charset: names('Charset', 'UTF_8', 'US_ASCII'),
  });

  self.Logger = service('Logger', {
    log(message) {
      console.log(message);
      return self.Logger;
    },
  });
})();
