/** The same job each day, for the rows that are new or changed since. */

const DAILY_HANDLER = 'runDaily';
const DAILY_HOUR = 6;
const DAILY_PREFIX = 'daily:';

/**
 * Switches the daily job of a tab on or off.
 * @param {Form} form
 * @param {boolean} isOn
 * @returns {boolean}
 */
function setDaily(form, isOn) {
  const key = `${DAILY_PREFIX}${form.gid}`;
  const kept = PropertiesService.getDocumentProperties();
  if (isOn) {
    const whole = { ...form, rows: '', all: false };
    requestOf(whole, book().getId(), 'run', null);
    keepInDocument(key, { form: whole, by: effectiveEmail() });
    if (!kept.getProperty(key)) throw new Problem('This is too long to be kept.', 'Use a rubric table in its place.');
    if (dailyTriggers().length === 0) {
      ScriptApp.newTrigger(DAILY_HANDLER).timeBased().everyDays(1).atHour(DAILY_HOUR).create();
    }
    return true;
  }
  kept.deleteProperty(key);
  if (!kept.getKeys().some((one) => one.startsWith(DAILY_PREFIX))) removeTriggers();
  return false;
}

/** What the trigger calls. A run that can't be asked for is told of by Google's e-mail on failed triggers. */
function runDaily() {
  const email = effectiveEmail();
  /** @type {string[]} */
  const problems = [];
  let own = 0;
  for (const key of PropertiesService.getDocumentProperties().getKeys()) {
    if (!key.startsWith(DAILY_PREFIX)) continue;
    const kept = keptInDocument(key);
    // Each person's trigger asks for what that person switched on.
    if (!kept || kept.by !== email) continue;
    own += 1;
    try {
      const id = backend().submit(requestOf(kept.form, book().getId(), 'run', null));
      keepJob({ id, gid: kept.form.gid, limit: null, rows: '' });
    } catch (thrown) {
      problems.push(thrown instanceof Problem ? `${thrown.message} ${thrown.advice}` : String(thrown));
    }
  }
  // Somebody else has switched it off, or has removed the sidebar's settings.
  if (own === 0) removeTriggers();
  if (problems.length > 0) throw new Error(problems.join(' '));
}

/** @returns {GoogleAppsScript.Script.Trigger[]} */
function dailyTriggers() {
  return ScriptApp.getProjectTriggers().filter((trigger) => trigger.getHandlerFunction() === DAILY_HANDLER);
}

/** Removes the triggers of whoever asks. */
function removeTriggers() {
  for (const trigger of dailyTriggers()) ScriptApp.deleteTrigger(trigger);
}
