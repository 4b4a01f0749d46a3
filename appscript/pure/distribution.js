/** How scores are distributed. */

const MOST_MARKS = 11;
const BINS = 8;

/**
 * Scores in bins: one for each mark where all are whole numbers close together, else eight of the same width.
 * @param {number[]} scores
 * @returns {Bin[]} Empty where there are no scores.
 */
function bins(scores) {
  if (scores.length === 0) return [];
  const low = scores.reduce((a, b) => Math.min(a, b));
  const high = scores.reduce((a, b) => Math.max(a, b));
  const from = Math.floor(low);
  const to = Math.ceil(high);
  const isWhole = scores.every(Number.isInteger);
  if (isWhole && to - from < MOST_MARKS) return wholeBins(scores, from, to);
  const isFine = high - low <= 2;
  const [start, end] = isFine ? [Math.floor(low * 10) / 10, Math.ceil(high * 10) / 10] : [from, to];
  const width = (end - start) / BINS || 1;
  const counts = new Array(BINS).fill(0);
  for (const score of scores) counts[Math.min(BINS - 1, Math.floor((score - start) / width))] += 1;
  return counts.map((count, i) => ({
    label: `${shortNumber(start + i * width)}–${shortNumber(start + (i + 1) * width)}`,
    count,
  }));
}

/**
 * @param {number[]} scores
 * @param {number} from
 * @param {number} to
 * @returns {Bin[]}
 */
function wholeBins(scores, from, to) {
  const found = [];
  for (let mark = from; mark <= to; mark++) {
    found.push({ label: `${mark}`, count: scores.filter((score) => score === mark).length });
  }
  return found;
}

/**
 * Texts in bins, the most frequent first.
 * @param {string[]} texts
 * @param {number} [most] How many bins; the rest are one.
 * @returns {Bin[]}
 */
function textBins(texts, most = 6) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const text of texts) counts.set(text, (counts.get(text) || 0) + 1);
  const sorted = [...counts].map(([label, count]) => ({ label, count })).sort((a, b) => b.count - a.count);
  if (sorted.length <= most) return sorted;
  const rest = sorted.slice(most - 1);
  return [...sorted.slice(0, most - 1), { label: 'others', count: rest.reduce((sum, { count }) => sum + count, 0) }];
}

/**
 * A number with two decimals at the most.
 * @param {number} value
 * @returns {string}
 */
function shortNumber(value) {
  return String(Math.round(value * 100) / 100);
}
