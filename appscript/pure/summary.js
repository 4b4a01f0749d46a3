/** What the columns of results say together. */

/**
 * @typedef {object} ResultColumns
 * @property {unknown[]} scores
 * @property {unknown[]} winners
 * @property {unknown[]} keeps
 * @property {unknown[]} ranks
 * @property {string[]} statuses
 * @property {string[]} titles
 * @property {number} firstRow The number of the first of these rows.
 * @property {number} shown How many rows a list has at the most.
 */

/**
 * Counts, distribution and the rows to look at.
 * @param {ResultColumns} columns
 * @returns {Pick<Results, 'hasWords' | 'scored' | 'mean' | 'bins' | 'top' | 'review' | 'failed' | 'failedRows' | 'counts'>}
 */
function summedUp({ scores, winners, keeps, ranks, statuses, titles, firstRow, shown }) {
  const kinds = statuses.map(statusKind);
  const counts = { ok: 0, review: 0, skipped: 0, error: 0, stale: 0 };
  for (const kind of kinds) if (kind !== '') counts[kind] += 1;
  const indexes = scores.map((_, i) => i);
  const counting = indexes.filter((i) => typeof scores[i] === 'number' && ['ok', 'review'].includes(kinds[i]));
  const numbers = counting.map((i) => Number(scores[i]));
  const words = [winners, keeps].find((cells) => cells.some((cell) => cell !== ''));
  const isRanked = ranks.some((rank) => rank !== '');
  const order = (/** @type {number} */ i) =>
    isRanked ? -Number(ranks[i] || Number.MAX_SAFE_INTEGER) : Number(scores[i]);
  const best = [...counting].sort((a, b) => order(b) - order(a) || a - b).slice(0, shown);
  const rowOf = (/** @type {number} */ i) => ({
    row: firstRow + i,
    title: titles[i],
    score: scoreWords(scores[i], words ? words[i] : '', isRanked ? ranks[i] : '', numbers.every(Number.isInteger)),
    said: saidBy(statuses[i]),
  });
  const failed = indexes.filter((i) => kinds[i] === 'error');
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  return {
    hasWords: words !== undefined,
    scored: numbers.length,
    mean: numbers.length > 0 && !words ? shortNumber(mean) : '',
    bins: words ? textBins(words.filter((cell) => cell !== '').map(String)) : bins(numbers),
    top: best.map(rowOf),
    review: indexes
      .filter((i) => kinds[i] === 'review' || kinds[i] === 'stale')
      .slice(0, shown)
      .map(rowOf),
    failed: failed.slice(0, shown).map(rowOf),
    failedRows: rowsText(
      failed.map((i) => ({ first: firstRow + i, last: firstRow + i })),
      firstRow,
      firstRow + scores.length - 1,
    ),
    counts,
  };
}

/**
 * @param {string} status
 * @returns {'' | 'ok' | 'review' | 'skipped' | 'error' | 'stale'} '' for anything that sheetjudge didn't write.
 */
function statusKind(status) {
  const found = /^(ok|review|skipped|error|stale)(?!\w)/.exec(status);
  return /** @type {'' | 'ok' | 'review' | 'skipped' | 'error' | 'stale'} */ (found ? found[1] : '');
}

/**
 * What a status says after its first word.
 * @param {string} status
 * @returns {string}
 */
function saidBy(status) {
  if (/^stale/.test(status)) return 'Its text changed since it was judged.';
  return oneLine(status.replace(/^(ok|review|skipped|error):?\s*/, ''), 300);
}

/**
 * @param {unknown} score
 * @param {unknown} word
 * @param {unknown} rank
 * @param {boolean} isWhole All scores are whole numbers.
 * @returns {string}
 */
function scoreWords(score, word, rank, isWhole) {
  if (rank !== '' && rank !== undefined) return `#${rank}`;
  if (word !== '' && word !== undefined) return oneLine(word, 24);
  if (typeof score !== 'number') return '';
  return isWhole ? String(score) : score.toFixed(2);
}

/**
 * What a block of results says of one row.
 * @param {ResultBlock} block
 * @param {string[]} cells Of the row, as shown.
 * @returns {{score: string, status: string, values: {name: string, value: string}[], why: string, reasoning: string}}
 */
function storyOf(block, cells) {
  const cell = (/** @type {string} */ name) => cells[roleColumn(block, name) - 1] || '';
  const special = ['Score', 'Winner', 'Why', 'Reasoning', 'Status'];
  const values = block.roles
    .map(({ role, column }) => ({ name: role.slice(block.prefix.length), value: cells[column - 1] || '' }))
    .filter(({ name, value }) => !special.includes(name) && value !== '');
  return {
    score: cell('Score') || cell('Winner'),
    status: cell('Status'),
    values,
    why: cell('Why'),
    reasoning: cell('Reasoning'),
  };
}
