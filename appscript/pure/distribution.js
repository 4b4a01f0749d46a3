/** How scores are distributed. */

const MOST_MARKS = 11;
const MOST_BINS = 8;

/**
 * Scores in bins: one for each mark where all are whole numbers close together, else some of the same round width.
 * @param {number[]} scores
 * @returns {Bin[]} Empty where there are no scores.
 */
function bins(scores) {
  if (scores.length === 0) return [];
  const low = scores.reduce((a, b) => Math.min(a, b));
  const high = scores.reduce((a, b) => Math.max(a, b));
  if (scores.every(Number.isInteger) && high - low < MOST_MARKS) return wholeBins(scores, low, high);
  const width = roundWidth(low, high);
  const first = Math.floor(low / width);
  const counts = new Array(Math.max(1, Math.ceil(high / width) - first)).fill(0);
  for (const score of scores) counts[Math.min(counts.length - 1, Math.floor(score / width) - first)] += 1;
  return counts.map((count, i) => ({
    label: `${shortNumber((first + i) * width)}–${shortNumber((first + i + 1) * width)}`,
    count,
  }));
}

/**
 * The least round width that makes few bins.
 * @param {number} low
 * @param {number} high
 * @returns {number}
 */
function roundWidth(low, high) {
  for (let size = 0.01; ; size *= 10) {
    for (const width of [size, 2 * size, 2.5 * size, 5 * size]) {
      if (Math.ceil(high / width) - Math.floor(low / width) <= MOST_BINS) return width;
    }
  }
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
