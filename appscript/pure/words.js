/** Jobs, estimates, money and time in words. */

const VERBS = { score: 'scored', rank: 'ranked', filter: 'filtered', compare: 'compared' };
const DOING = { score: 'Scoring', rank: 'Ranking', filter: 'Filtering', compare: 'Comparing' };

/**
 * An amount of money.
 * @param {number | null | undefined} usd
 * @returns {string} 'price unknown' where it isn't known, never $0.
 */
function moneyWords(usd) {
  if (usd === null || usd === undefined) return 'price unknown';
  if (usd === 0) return 'free';
  if (usd < 0.01) return 'less than $0.01';
  return `$${usd < 100 ? usd.toFixed(2) : Math.round(usd).toLocaleString('en-US')}`;
}

/**
 * A length of time.
 * @param {number} seconds
 * @returns {string}
 */
function timeWords(seconds) {
  if (seconds < 10) return 'a few seconds';
  if (seconds < 55) return `${Math.round(seconds / 10) * 10} seconds`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 90) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  const hours = Math.round(seconds / 360) / 10;
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

/**
 * A count with its noun.
 * @param {number} count
 * @param {string} noun In the singular.
 * @returns {string}
 */
function countWords(count, noun) {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * What a run would come to.
 * @param {Json} result Of an estimate.
 * @returns {Estimate}
 */
function estimateWords(result) {
  const toJudge = Number(result.to_judge) || 0;
  const rows = Number(result.rows) || 0;
  /** @type {string[]} */
  const told = Array.isArray(result.notes) ? result.notes.map((note) => oneLine(note, 300)) : [];
  // The line says that already.
  const notes = told.filter((note) => !/^the price isn.t known/i.test(note));
  if (toJudge === 0) {
    const line = rows === 0 ? 'There are no rows to judge.' : 'Nothing to do: no row is new or changed.';
    if (rows > 0) notes.unshift('To judge them again, tick “Judge again” under More choices.');
    return { rows, toJudge, line, notes };
  }
  const parts = [
    rows > toJudge ? `${toJudge.toLocaleString('en-US')} of ${countWords(rows, 'row')}` : countWords(toJudge, 'row'),
  ];
  if (result.usd === null || result.usd === undefined) parts.push('price unknown');
  else
    parts.push(
      result.usd === 0 ? 'free' : result.usd < 0.01 ? moneyWords(result.usd) : `about ${moneyWords(result.usd)}`,
    );
  if (typeof result.seconds === 'number') parts.push(timeWords(result.seconds).replace(/^(?=\d)/, 'about '));
  return { rows, toJudge, line: parts.join(' · '), notes };
}

/**
 * A job in words.
 * @param {Job} job
 * @param {string} [waiting] What to know while it waits.
 * @returns {ToldJob}
 */
function toldJob(job, waiting = '') {
  const isOver = !['queued', 'running'].includes(job.state);
  const isDone = job.state === 'done';
  const result = job.result || {};
  return {
    id: job.id,
    state: job.state,
    kind: job.kind,
    operation: job.operation,
    isOver,
    canResume: job.kind === 'run' && ['stopped', 'failed', 'cancelled'].includes(job.state),
    ...sentences(job, waiting),
    percent: percentOf(job),
    estimate: isDone && job.kind === 'estimate' ? estimateWords(result) : null,
    grid: isDone && job.kind === 'draft' && Array.isArray(result.grid) ? result.grid : null,
  };
}

/**
 * @param {Job} job
 * @param {string} waiting
 * @returns {{title: string, detail: string, notes: string[], tone: ToldJob['tone']}}
 */
function sentences(job, waiting) {
  const said = job.said ? oneLine(job.said, 500) : '';
  const failed = job.progress?.unscored || 0;
  switch (job.state) {
    case 'queued':
      return { title: 'Waiting to begin', detail: waiting, notes: [], tone: waiting ? 'warn' : 'plain' };
    case 'running':
      return {
        title: runningTitle(job),
        detail: progressWords(job.progress),
        notes: said ? [said] : [],
        tone: 'plain',
      };
    case 'done': {
      const notes = failed > 0 ? [`${countWords(failed, 'row')} could not be judged.`] : [];
      if (said) notes.push(said);
      return { title: 'Done', detail: outcomeWords(job), notes, tone: failed > 0 ? 'warn' : 'good' };
    }
    case 'stopped':
      return { title: 'Stopped', detail: said || outcomeWords(job), notes: goOnNote(job), tone: 'warn' };
    case 'cancelled':
      return { title: 'Stopped by you', detail: outcomeWords(job), notes: goOnNote(job), tone: 'warn' };
    default:
      return { title: 'It went wrong', detail: said || 'The backend gave no reason.', notes: [], tone: 'bad' };
  }
}

/**
 * @param {Job} job
 * @returns {string}
 */
function runningTitle(job) {
  if (job.kind === 'estimate') return 'Reckoning price and time';
  if (job.kind === 'draft') return 'Drafting a rubric';
  return job.progress?.doing ? oneLine(job.progress.doing, 60) : DOING[job.operation] || 'Working';
}

/**
 * @param {Job} job
 * @returns {string[]}
 */
function goOnNote(job) {
  return job.kind === 'run' ? ['What was judged stays. Go on, and nothing is paid for twice.'] : [];
}

/**
 * How far a run is: rows, rate, cost and time left.
 * @param {Progress | null} progress
 * @returns {string}
 */
function progressWords(progress) {
  if (!progress) return '';
  const { done, total } = progress;
  const parts = [];
  const unit = unitOf(progress);
  if (total !== null) parts.push(`${done.toLocaleString('en-US')} of ${countWords(total, unit)}`);
  else if (done > 0) parts.push(countWords(done, unit));
  if (progress.per_minute) parts.push(`${rateWords(progress.per_minute)} a minute`);
  // Nothing spent so far isn't free: a price may yet turn out to be unknown.
  if (progress.usd && done > 0) parts.push(`${moneyWords(progress.usd)} so far`);
  if (progress.seconds_left !== null && done > 0) parts.push(`${timeWords(progress.seconds_left)} left`);
  return parts.join(' · ');
}

/**
 * What is counted: two rows at a time are compared in a later pass of a ranking.
 * @param {Progress} progress
 * @returns {string}
 */
function unitOf({ doing }) {
  return doing === 'Comparing' ? 'comparison' : 'row';
}

/**
 * @param {number} rate
 * @returns {string}
 */
function rateWords(rate) {
  return (rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate)).toLocaleString('en-US');
}

/**
 * What a job came to.
 * @param {Job} job
 * @returns {string}
 */
function outcomeWords(job) {
  if (job.kind !== 'run') return '';
  const parts = [];
  if (job.progress && unitOf(job.progress) === 'row') {
    parts.push(`${countWords(job.progress.done, 'row')} ${VERBS[job.operation] || 'judged'}`);
  }
  if (job.progress) parts.push(moneyWords(job.usd ?? job.progress.usd));
  if (job.started !== null && job.ended !== null) parts.push(timeWords(job.ended - job.started));
  return parts.join(' · ');
}

/**
 * @param {Job} job
 * @returns {number | null}
 */
function percentOf(job) {
  if (job.state === 'done') return 100;
  const { done = 0, total = null } = job.progress || {};
  return total ? Math.min(100, Math.floor((100 * done) / total)) : null;
}
