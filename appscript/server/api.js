/**
 * What the page may call. Each returns {value}, or {error, advice, where} for people; no call takes or gives a Date.
 */

/**
 * @template T
 * @param {() => T} work
 * @returns {{value: T} | {error: string, advice: string, where: string}}
 */
function answered(work) {
  try {
    return { value: work() };
  } catch (thrown) {
    const problem = thrown instanceof Problem ? thrown : unexpected(thrown);
    return { error: problem.message, advice: problem.advice, where: problem.where };
  }
}

/**
 * @param {unknown} thrown
 * @returns {Problem}
 */
function unexpected(thrown) {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/protected/i.test(message)) {
    return new Problem('A part of the sheet is protected.', 'Ask its owner to let you edit it, then try again.');
  }
  if (/permission|authoriz/i.test(message)) {
    return new Problem(`Google refused: ${oneLine(message, 200)}`, 'Are you signed in with the right account?');
  }
  return new Problem(oneLine(message, 300), 'Try again. If it stays so, close the sidebar and open it again.');
}

/** Everything that the page needs to begin. */
function apiBoot() {
  return answered(boot);
}

/** @param {number} gid */
function apiTab(gid) {
  return answered(() => tabInfo(sheetOf(gid)));
}

/** @param {number} gid */
function apiSelection(gid) {
  return answered(() => selectionInfo(gid));
}

/** @param {boolean} isFresh */
function apiOffer(isFresh) {
  return answered(() => offered(isFresh));
}

/** @param {Form} form */
function apiEstimate(form) {
  return answered(() => submitted(form, 'estimate', null));
}

/**
 * @param {Form} form
 * @param {number | null} limit
 */
function apiRun(form, limit) {
  return answered(() => submitted(form, 'run', limit));
}

/**
 * @param {string} sentence
 * @param {number} gid
 * @param {string} judge
 */
function apiDraft(sentence, gid, judge) {
  return answered(() => drafted(sentence, gid, judge));
}

/** @param {string} id */
function apiStatus(id) {
  return answered(() => toldStatus(id));
}

/** The last run of whoever asks; null where there is none. */
function apiLatest() {
  return answered(latestRun);
}

/** @param {string} id */
function apiSeen(id) {
  return answered(() => seenJob(id));
}

/** @param {string} id */
function apiCancel(id) {
  return answered(() => backend().cancel(id));
}

/** @param {string} id */
function apiResume(id) {
  return answered(() => resumed(id));
}

/** The rubric in the tab Rubric. */
function apiReadRubric() {
  return answered(readRubricTab);
}

/** @param {Cell[][]} grid */
function apiRubricFromGrid(grid) {
  return answered(() => readRubricGrid(grid));
}

/**
 * @param {RubricTable} rubric
 * @param {string | null} before
 */
function apiSaveRubric(rubric, before) {
  return answered(() => saveRubricTab(rubric, before));
}

/** Shows the tab Rubric. */
function apiShowRubric() {
  return answered(showRubricTab);
}

/**
 * @param {number} gid
 * @param {number} block
 */
function apiResults(gid, block) {
  return answered(() => resultsOf(sheetOf(gid), block));
}

/**
 * @param {number} gid
 * @param {string} rows
 * @param {number} limit
 */
function apiTried(gid, rows, limit) {
  return answered(() => triedRows(sheetOf(gid), rows, limit));
}

/** @param {string} known */
function apiWhy(known) {
  return answered(() => storyOfSelection(known));
}

/**
 * @param {number} gid
 * @param {number} row
 */
function apiSelectRow(gid, row) {
  return answered(() => selectRow(sheetOf(gid), row));
}

/**
 * @param {number} gid
 * @param {number} block
 */
function apiSort(gid, block) {
  return answered(() => sortByScore(sheetOf(gid), block));
}

/** @param {number} gid */
function apiTraces(gid) {
  return answered(() => tracesIn(sheetOf(gid)));
}

/** @param {number} gid */
function apiClear(gid) {
  return answered(() => clearTab(sheetOf(gid)));
}

/**
 * @param {'http' | 'queue'} mode
 * @param {string} address
 */
function apiSaveSettings(mode, address) {
  return answered(() => saveSettings(mode, address));
}

/** @param {string} secret */
function apiSaveSecret(secret) {
  return answered(() => saveSecret(secret));
}

/** Tries the way to the backend. */
function apiTest() {
  return answered(() => backend().test());
}

/** What the backend's owner has to know of this copy of the script. */
function apiIdentity() {
  return answered(() => ({ email: effectiveEmail(), audience: audience() }));
}

/**
 * @param {Form} form
 * @param {boolean} isOn
 */
function apiDaily(form, isOn) {
  return answered(() => setDaily(form, isOn));
}

/** @param {boolean} alsoRubric */
function apiUninstall(alsoRubric) {
  return answered(() => uninstall(alsoRubric));
}
