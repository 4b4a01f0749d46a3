/** A backend that looks into this spreadsheet: jobs are rows of a hidden tab. */

const QUEUE_TAB = 'sheetjudge jobs';
const QUEUE_COLUMNS = ['id', 'job', 'by', 'asked', 'cancel', 'state', 'worker', 'beat', 'progress', 'said', 'result'];
const OFFER_ROW = 'offer';
const QUIET_SECONDS = 180;
const LOCK_MILLISECONDS = 10000;

/** @returns {Backend} */
function queueBackend() {
  return {
    offer() {
      const row = offerRow();
      if (!row) throw noWorker();
      return offerOf(parsed(row.result));
    },
    submit: (request) => queued(JSON.stringify(request)),
    status: (id) => queuedJob(queueRow(id)),
    latest() {
      const email = effectiveEmail().toLowerCase();
      const own = queueRows().filter((row) => row.id !== OFFER_ROW && row.by.toLowerCase() === email);
      return own.slice(-10).reverse().map(queuedJob);
    },
    cancel(id) {
      const { tab, number } = queuePlace(id);
      tab.getRange(number, headerAt(tab, 'cancel')).setValue('yes');
      return true;
    },
    // The journal has what was judged: asking again is going on.
    resume: (id) => queued(queueRow(id).job),
    whileQueued() {
      const row = offerRow();
      if (!row) return `${noWorker().message} ${noWorker().advice}`;
      return isQuiet(row.beat) ? `No worker was seen since ${timeOf(row.beat)}. It goes on when one is back.` : '';
    },
    test() {
      const row = offerRow();
      if (!row) throw noWorker();
      if (isQuiet(row.beat)) {
        throw new Problem(
          `No worker was seen since ${timeOf(row.beat)}.`,
          'Start it again: sheetjudge worker, and this address.',
        );
      }
      return `It works: a worker is there and offers ${countWords(offerOf(parsed(row.result)).judges.length, 'judge')}.`;
    },
  };
}

/** @returns {Problem} */
function noWorker() {
  return new Problem(
    'No worker has looked into this spreadsheet yet.',
    `Start one where the judge is: sheetjudge worker ${book().getUrl()}`,
  );
}

/**
 * The tab of jobs.
 * @param {boolean} isMade Make it where there is none.
 * @returns {GoogleAppsScript.Spreadsheet.Sheet | null}
 */
function queueTab(isMade) {
  const found = book().getSheetByName(QUEUE_TAB);
  if (found || !isMade) return found;
  const before = book().getActiveSheet();
  const tab = book().insertSheet(QUEUE_TAB);
  tab.getRange(1, 1, tab.getMaxRows(), QUEUE_COLUMNS.length).setNumberFormat('@');
  tab.getRange(1, 1, 1, QUEUE_COLUMNS.length).setValues([QUEUE_COLUMNS]);
  book().setActiveSheet(before);
  tab.hideSheet();
  return tab;
}

/**
 * Puts a job into the queue.
 * @param {string} job
 * @returns {string} Its id.
 */
function queued(job) {
  const lock = LockService.getDocumentLock();
  if (!lock.tryLock(LOCK_MILLISECONDS)) throw new Problem('Somebody else is just asking.', 'Try again in a moment.');
  try {
    const tab = /** @type {GoogleAppsScript.Spreadsheet.Sheet} */ (queueTab(true));
    // It begins with a letter, so that no sheet takes it for a number.
    const id = `j${Utilities.getUuid().replace(/-/g, '')}`;
    /** @type {{[name: string]: string}} */
    const cells = { id, job, by: effectiveEmail(), asked: new Date().toISOString(), cancel: '' };
    tab.appendRow(queueHeaders(tab).map((name) => cells[name] ?? ''));
    SpreadsheetApp.flush();
    return id;
  } finally {
    lock.releaseLock();
  }
}

/**
 * @param {GoogleAppsScript.Spreadsheet.Sheet} tab
 * @returns {string[]}
 */
function queueHeaders(tab) {
  const [headers] = tab.getRange(1, 1, 1, Math.max(1, tab.getLastColumn())).getDisplayValues();
  const missing = QUEUE_COLUMNS.find((name) => !headers.includes(name));
  if (missing) {
    throw new Problem(
      `The hidden tab “${QUEUE_TAB}” has lost its column ${missing}.`,
      'Delete the tab; it is made anew.',
    );
  }
  return headers;
}

/**
 * @param {GoogleAppsScript.Spreadsheet.Sheet} tab
 * @param {string} name
 * @returns {number} 1-based.
 */
function headerAt(tab, name) {
  return queueHeaders(tab).indexOf(name) + 1;
}

/** @returns {{[name: string]: string}[]} */
function queueRows() {
  const tab = queueTab(false);
  if (!tab || tab.getLastRow() < 2) return [];
  const headers = queueHeaders(tab);
  const rows = tab.getRange(2, 1, tab.getLastRow() - 1, headers.length).getDisplayValues();
  return rows.map((row) => Object.fromEntries(headers.map((name, i) => [name, row[i]])));
}

/**
 * Where a job stands now: rows may have been sorted or deleted.
 * @param {string} id
 * @returns {{tab: GoogleAppsScript.Spreadsheet.Sheet, number: number}}
 */
function queuePlace(id) {
  const tab = queueTab(false);
  if (tab && tab.getLastRow() > 1) {
    const ids = tab.getRange(2, headerAt(tab, 'id'), tab.getLastRow() - 1, 1).getDisplayValues();
    const index = ids.findIndex(([one]) => one === id);
    if (index >= 0) return { tab, number: index + 2 };
  }
  throw new Problem('This job is no longer in the queue.', 'Run it again: nothing is paid for twice.');
}

/**
 * @param {string} id
 * @returns {{[name: string]: string}}
 */
function queueRow(id) {
  const { tab, number } = queuePlace(id);
  const headers = queueHeaders(tab);
  const [row] = tab.getRange(number, 1, 1, headers.length).getDisplayValues();
  return Object.fromEntries(headers.map((name, i) => [name, row[i]]));
}

/** @returns {{[name: string]: string} | null} */
function offerRow() {
  return queueRows().find((row) => row.id === OFFER_ROW) || null;
}

/**
 * @param {{[name: string]: string}} row
 * @returns {Job}
 */
function queuedJob(row) {
  const request = parsed(row.job);
  const told = parsed(row.state);
  const state = row.state.trim() || (row.cancel === 'yes' ? 'cancelled' : 'queued');
  const progress = row.progress ? parsed(row.progress) : null;
  return jobOf({
    ...told,
    id: row.id,
    state,
    kind: request.kind,
    operation: request.operation,
    progress,
    said: row.said,
    result: row.result ? parsed(row.result) : null,
    submitted: Date.parse(row.asked) / 1000,
    started: progress?.started ?? null,
    ended: progress?.ended ?? null,
    usd: progress?.usd ?? null,
  });
}

/**
 * @param {string} beat A time in ISO form.
 * @returns {boolean}
 */
function isQuiet(beat) {
  return !(Date.now() - Date.parse(beat) < QUIET_SECONDS * 1000);
}

/**
 * @param {string} beat
 * @returns {string}
 */
function timeOf(beat) {
  const time = Date.parse(beat);
  if (Number.isNaN(time)) return 'long ago';
  return Utilities.formatDate(new Date(time), book().getSpreadsheetTimeZone(), 'd MMM, HH:mm');
}
