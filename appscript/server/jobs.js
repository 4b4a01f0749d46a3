/** Asking for jobs, and finding them again. */

const LARGEST_KEPT_ROWS = 4000;

/**
 * Submits a run or an estimate.
 * @param {Form} form
 * @param {'run' | 'estimate'} kind
 * @param {number | null} limit
 * @returns {string} The job's id.
 */
function submitted(form, kind, limit) {
  const request = requestOf(form, book().getId(), kind, limit);
  const id = backend().submit(request);
  keepInDocument(`form:${form.gid}`, { ...form, rows: '' });
  if (kind === 'run')
    keepJob({ id, gid: form.gid, limit, rows: form.rows.length <= LARGEST_KEPT_ROWS ? form.rows : '' });
  return id;
}

/**
 * Asks for the draft of a rubric.
 * @param {string} sentence
 * @param {number} gid
 * @param {string} judge
 * @returns {string} The job's id.
 */
function drafted(sentence, gid, judge) {
  return backend().submit(draftRequest(sentence, book().getId(), gid, judge));
}

/**
 * @param {string} id
 * @returns {ToldJob}
 */
function toldStatus(id) {
  const way = backend();
  const job = way.status(id);
  return toldJob(job, job.state === 'queued' ? way.whileQueued() : '');
}

/**
 * The last run of whoever asks, whichever copy of the sidebar began it.
 * @returns {ToldJob | null}
 */
function latestRun() {
  const job = backend()
    .latest()
    .find(({ kind }) => kind === 'run');
  return job ? toldJob(job) : null;
}

/**
 * Goes on with a run that stopped.
 * @param {string} id
 * @returns {string} The id under which it goes on.
 */
function resumed(id) {
  const next = backend().resume(id);
  const kept = keptJob();
  keepJob(kept ? { ...kept, id: next } : { id: next, gid: 0, limit: null, rows: '' });
  return next;
}

/**
 * Forgets a run whose end has been seen.
 * @param {string} id
 */
function seenJob(id) {
  if (keptJob()?.id === id) keepJob(null);
}
