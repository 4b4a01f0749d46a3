/** What columns are called, and which of them a judge should probably read. */

const WORDS_OF_A_TEXT = 6;

/**
 * A column's letters.
 * @param {number} number 1-based.
 * @returns {string}
 */
function columnLetters(number) {
  let letters = '';
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  }
  return letters;
}

/**
 * A name for each header: itself; `Column C` where there is none; `Grade (2)` for the second `Grade`.
 * @param {string[]} headers
 * @returns {string[]}
 */
function columnNames(headers) {
  const taken = new Set(headers.map((header) => header.trim()).filter((header) => header !== ''));
  /** @type {Set<string>} */
  const seen = new Set();
  return headers.map((header, index) => {
    const own = header.trim();
    const base = own || `Column ${columnLetters(index + 1)}`;
    let name = base;
    for (let n = 2; seen.has(name) || ((n > 2 || !own) && taken.has(name)); n++) name = `${base} (${n})`;
    seen.add(name);
    return name;
  });
}

/**
 * Which columns hold texts to judge: those of several words a cell, else all but addresses, numbers and links.
 * @param {string[][]} rows Cells of some rows, as shown.
 * @param {number[]} candidates Indexes of the columns that people wrote.
 * @returns {Set<number>} Indexes.
 */
function detectedColumns(rows, candidates) {
  const filled = candidates.map((index) => ({
    index,
    cells: rows.map((row) => (row[index] || '').trim()).filter((cell) => cell !== ''),
  }));
  const withText = filled.filter(({ cells }) => cells.length > 0 && middle(cells.map(wordCount)) >= WORDS_OF_A_TEXT);
  const plain = filled.filter(({ cells }) => cells.length > 0 && !cells.every(isNoText));
  return new Set((withText.length > 0 ? withText : plain).map(({ index }) => index));
}

/**
 * The column that says how a row is called: the first of those that people wrote with names in it, not codes or numbers.
 * @param {string[][]} rows Cells of some rows, as shown.
 * @param {number[]} candidates Indexes of the columns that people wrote.
 * @returns {number} Its index; -1 where there are no columns.
 */
function titleColumn(rows, candidates) {
  const isName = (/** @type {string} */ cell) => !isNoText(cell) && !/^\p{L}{0,4}[-_#]?\d+$/u.test(cell);
  const found = candidates.find((index) => {
    const cells = rows.map((row) => (row[index] || '').trim()).filter((cell) => cell !== '');
    return cells.length > 0 && 2 * cells.filter(isName).length > cells.length;
  });
  return found ?? candidates[0] ?? -1;
}

/**
 * @param {string} text
 * @returns {number}
 */
function wordCount(text) {
  // A text without spaces (Chinese, Thai) counts by its length.
  return Math.max(text.split(/\s+/).length, Math.floor(text.length / 12));
}

/**
 * @param {string} text
 * @returns {boolean}
 */
function isNoText(text) {
  return /^[^@\s]+@[^@\s]+$/.test(text) || /^https?:\/\/\S+$/.test(text) || !/\p{L}{2}/u.test(text);
}

/**
 * The value in the middle.
 * @param {number[]} values
 * @returns {number}
 */
function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] || 0;
}
