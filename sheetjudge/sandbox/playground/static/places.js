/** Cells and ranges by their names. A box is {top, bottom, left, right}, from 0, without its last row and column. */

export function letters(column) {
  const before = column < 26 ? '' : letters(Math.floor(column / 26) - 1);
  return before + String.fromCharCode(65 + (column % 26));
}

export function boxName({ top, bottom, left, right }) {
  const first = `${letters(left)}${top + 1}`;
  return bottom - top === 1 && right - left === 1 ? first : `${first}:${letters(right - 1)}${bottom}`;
}

/** A box's address for the Sheets API. */
export function address(title, box) {
  return encodeURIComponent(`'${title.replaceAll("'", "''")}'!${boxName(box)}`);
}

export function areaOf(sheet, { top, bottom, left, right }) {
  return { sheetId: sheet, startRowIndex: top, endRowIndex: bottom, startColumnIndex: left, endColumnIndex: right };
}

export function spanOf(sheet, dimension, start, end) {
  return { sheetId: sheet, dimension, startIndex: start, endIndex: end };
}

export function cellBox(row, column) {
  return { top: row, bottom: row + 1, left: column, right: column + 1 };
}

export function holds(box, row, column) {
  return box.top <= row && row < box.bottom && box.left <= column && column < box.right;
}

/** Cells of a text as a spreadsheet copies it: tabs, lines, and quotes around what holds either. */
export function pastedCells(text) {
  const rows = [[]];
  const whole = text.replaceAll('\r\n', '\n').replace(/\n$/, '');
  for (const [, quoted, plain, end] of whole.matchAll(/(?:"((?:[^"]|"")*)"|([^\t\n]*))(\t|\n|$)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\n') rows.push([]);
    if (end === '') break;
  }
  return rows;
}

export function copiedText(rows) {
  const cell = (text) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => row.map(cell).join('\t')).join('\n');
}
