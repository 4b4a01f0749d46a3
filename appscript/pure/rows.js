/** Rows as people write them: 2-6,9. */

/**
 * The rows that ranges cover, as text.
 * @param {{first: number, last: number}[]} ranges 1-based, both ends belong to them; in any order, overlapping or not.
 * @param {number} firstRow The first row below the header.
 * @param {number} lastRow The last row that holds anything.
 * @param {(row: number) => boolean} [isLeftOut] Rows that don't count: hidden ones, say.
 * @returns {string} '' for none.
 */
function rowsText(ranges, firstRow, lastRow, isLeftOut = () => false) {
  const sorted = ranges
    .map(({ first, last }) => ({ first: Math.max(first, firstRow), last: Math.min(last, lastRow) }))
    .filter(({ first, last }) => first <= last)
    .sort((a, b) => a.first - b.first);
  /** @type {{first: number, last: number}[]} */
  const spans = [];
  let next = firstRow;
  for (const { first, last } of sorted) {
    for (let row = Math.max(first, next); row <= last; row++) {
      next = row + 1;
      if (isLeftOut(row)) continue;
      const before = spans[spans.length - 1];
      if (before && before.last === row - 1) before.last = row;
      else spans.push({ first: row, last: row });
    }
  }
  return spans.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

/**
 * The ranges of a text of rows.
 * @param {string} text
 * @returns {{first: number, last: number}[]}
 */
function rowRanges(text) {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [first, last = first] = part.split('-').map(Number);
      return { first, last };
    });
}

/**
 * How many rows a text of rows names.
 * @param {string} text
 * @returns {number}
 */
function rowCount(text) {
  return rowRanges(text).reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
