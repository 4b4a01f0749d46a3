/** Row marks: what the hidden column remembers of what was written beside each row. */

const MARK = /^1[a-z2-7]{8} [a-z2-7]{16} (?:[a-z2-7]{6}|-{6})[a-z2-7]{6}(?: ((?:[a-z2-7]{6})+))?$/;
const WORD_LENGTH = 6;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
/** A text of this length that stands beside another row was moved there by a sort: nobody writes it anew. */
const LONG_TEXT = 8;

/**
 * The words in a mark, one for each value that was written.
 * @param {unknown} cell
 * @returns {string[] | null} Null where it is no mark.
 */
function markWords(cell) {
  const found = typeof cell === 'string' ? MARK.exec(cell) : null;
  return (
    found &&
    (found[1] || '')
      .replace(/.{6}(?=.)/g, '$& ')
      .split(' ')
      .filter(Boolean)
  );
}

/**
 * The word for a value under a header.
 * @param {string} role
 * @param {unknown} value
 * @returns {string}
 */
function markWord(role, value) {
  /** @type {number[]} */
  const bytes = [];
  for (const part of [role, valueText(value)]) {
    const data = utf8(part);
    bytes.push(...utf8(`${data.length}:`), ...data);
  }
  return base32(blake2b(bytes, 4)).slice(0, WORD_LENGTH);
}

/**
 * Cells in the columns of results that aren't as sheetjudge wrote them.
 * @param {string[]} roles Of the columns of results.
 * @param {unknown[][]} results Their cells, row by row, without the header.
 * @param {unknown[][]} marks The cells of the hidden columns.
 * @param {number} firstRow The number of the first of these rows.
 * @returns {string[]} `Score in row 5`.
 */
function editedCells(roles, results, marks, firstRow) {
  const words = marks.map((row) => new Set(row.flatMap((cell) => markWords(cell) || [])));
  const everywhere = new Set(words.flatMap((own) => [...own]));
  /** @type {string[]} */
  const edited = [];
  results.forEach((row, n) => {
    row.forEach((value, i) => {
      if (value === '' || value === null) return;
      const known = typeof value === 'string' && value.length >= LONG_TEXT ? everywhere : words[n];
      if (!known.has(markWord(roles[i], value))) edited.push(`${roles[i]} in row ${firstRow + n}`);
    });
  });
  return edited;
}

/**
 * A value as it is compared.
 * @param {unknown} value
 * @returns {string}
 */
function valueText(value) {
  if (typeof value === 'boolean') return value ? '1.0' : '0.0';
  if (typeof value === 'number') return floatText(value);
  return String(value).replace(/\r\n?/g, '\n');
}

/**
 * A number as Python writes a float.
 * @param {number} value
 * @returns {string}
 */
function floatText(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/**
 * @param {string} text
 * @returns {number[]}
 */
function utf8(text) {
  /** @type {number[]} */
  const bytes = [];
  for (const character of text) {
    const code = character.codePointAt(0) || 0;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else {
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
  }
  return bytes;
}

/**
 * @param {number[]} bytes
 * @returns {string} Lower-case, without padding.
 */
function base32(bytes) {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) || [];
  return groups.map((group) => BASE32[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}
