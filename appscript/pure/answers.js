/** What came back from a backend, and what it means for a person. */

/**
 * The problem that a failed request tells of.
 * @param {number} status Of HTTP.
 * @param {Json} body The answer.
 * @param {string} email Who asks.
 * @returns {Problem}
 */
function problemOf(status, body, email) {
  const said = typeof body.error === 'string' ? oneLine(body.error, 400) : '';
  const advice = typeof body.advice === 'string' ? oneLine(body.advice, 400) : '';
  if (said && status !== 401 && status !== 403) return new Problem(said, advice);
  switch (status) {
    case 400:
      return new Problem('The backend did not understand the request.', 'It may be older or newer than this sidebar.');
    case 401:
      return new Problem(
        'The backend does not know who you are.',
        'Give its owner the audience that Set up shows. If it has it, close the sidebar and open it again.',
        'setup',
      );
    case 403:
      return new Problem(
        `The backend does not let ${email} use it here.`,
        'Ask its owner to let you in. Signed in with several Google accounts? Use a window with only the right one.',
      );
    case 404:
      return new Problem(
        'The backend knows nothing of this.',
        'Check the address in Set up; or the job was not yours.',
      );
    case 413:
      return new Problem('This asks for too much at once.', 'Choose fewer rows, or use fewer words.');
    case 429:
      return new Problem('That was a lot at once.', 'Wait a minute and try again.');
    case 503:
      return new Problem('The backend is busy.', 'Try again in a minute.');
    default:
      break;
  }
  if (status >= 300 && status < 400) {
    return new Problem('The address of the judge leads somewhere else.', 'Check it.', 'setup');
  }
  return new Problem(`The backend failed (${status}).`, 'Try again in a minute. If it stays so, tell its owner.');
}

/**
 * The problem behind a request that got no answer.
 * @param {string} message What UrlFetchApp says.
 * @param {string} address Of the backend.
 * @returns {Problem}
 */
function unreachable(message, address) {
  if (/urlFetchWhitelist|not permitted|whitelist|allowlist/i.test(message)) {
    return new Problem(
      `This copy of the script may not call ${address}.`,
      'Run sheetjudge sidebar install with this address, or add it to urlFetchWhitelist in appsscript.json.',
      'setup',
    );
  }
  if (/timed? ?out|timeout/i.test(message)) {
    return new Problem(`${address} took too long to answer.`, 'Try again in a minute.');
  }
  if (/dns|unavailable/i.test(message)) {
    return new Problem(`There is no answer from ${address}.`, 'Check the address, and that the backend runs.', 'setup');
  }
  return new Problem(`${address} can't be reached: ${oneLine(message, 160)}`, 'Check the address.', 'setup');
}

/**
 * The address of a backend as a person typed it.
 * @param {string} typed
 * @returns {string} Without a slash at its end.
 * @throws {Problem} It is none.
 */
function backendAddress(typed) {
  const address = typed.trim().replace(/\/+$/, '');
  const isLocal = /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(address);
  if (!isLocal && !/^https:\/\/[a-z0-9.-]+(:\d+)?(\/[\w./~-]*)?$/i.test(address)) {
    throw new Problem('That is no address of a backend.', 'It begins with https://', 'backend');
  }
  return address;
}

/**
 * JSON as an object; an empty one for anything else.
 * @param {string} text
 * @returns {Json}
 */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === 'object' && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

/**
 * A job, whatever the other side left out.
 * @param {Json} told
 * @returns {Job}
 */
function jobOf(told) {
  const states = ['queued', 'running', 'done', 'stopped', 'failed', 'cancelled'];
  const progress = told.progress && typeof told.progress === 'object' ? told.progress : null;
  return {
    id: String(told.id || ''),
    state: states.includes(told.state) ? told.state : 'queued',
    kind: told.kind || 'run',
    operation: told.operation || 'score',
    submitted: numberOrNull(told.submitted),
    started: numberOrNull(told.started),
    ended: numberOrNull(told.ended),
    progress: progress && {
      doing: String(progress.doing || ''),
      done: Number(progress.done) || 0,
      total: numberOrNull(progress.total),
      unscored: Number(progress.unscored) || 0,
      usd: numberOrNull(progress.usd),
      per_minute: numberOrNull(progress.per_minute),
      seconds_left: numberOrNull(progress.seconds_left),
    },
    said: String(told.said || ''),
    result: told.result && typeof told.result === 'object' ? told.result : null,
    usd: numberOrNull(told.usd),
  };
}

/**
 * What a backend offers, whatever it left out.
 * @param {Json} told
 * @returns {Offer}
 */
function offerOf(told) {
  const judges = Array.isArray(told.judges) ? told.judges : [];
  return {
    judges: judges.map((judge) => ({
      name: String(judge.name),
      local: judge.local === true,
      price_known: judge.price_known === true,
    })),
    default: String(told.default || ''),
    ceiling: numberOrNull(told.ceiling),
    max_rows: Number(told.max_rows) || 0,
    rubrics: Array.isArray(told.rubrics) ? told.rubrics : [],
  };
}

/**
 * @param {unknown} value
 * @returns {number | null}
 */
function numberOrNull(value) {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
