/** Taking everything that sheetjudge made in a tab away again. */

const MOST_CHECKED_ROWS = 5000;

/**
 * What there would be to take away.
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @returns {Traces}
 */
function tracesIn(sheet) {
  const marks = marksIn(sheet);
  const roles = columnsSaying(marks, 'role');
  const hidden = columnsSaying(marks, 'marks');
  const width = sheet.getLastColumn();
  const headers = width > 0 ? sheet.getRange(HEADER_ROW, 1, 1, width).getDisplayValues()[0] : [];
  const rows = sheet.getLastRow() - HEADER_ROW;
  return {
    tab: sheet.getName(),
    columns: roles.map((column) => headers[column - 1] || `Column ${columnLetters(column)}`),
    hidden: hidden.length,
    edited: rows > 0 && rows <= MOST_CHECKED_ROWS ? editedIn(sheet, marks, roles, hidden, rows) : [],
    checked: rows <= MOST_CHECKED_ROWS,
  };
}

/**
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @param {Mark[]} marks
 * @param {number[]} roles
 * @param {number[]} hidden
 * @param {number} count
 * @returns {string[]}
 */
function editedIn(sheet, marks, roles, hidden, count) {
  const names = roles.map((column) => {
    const mark = marks.find((one) => one.column === column && typeof meaningOf(one.value).role === 'string');
    return String(meaningOf(mark ? mark.value : '').role);
  });
  const turned = (/** @type {number[]} */ columns) => {
    const read = columns.map((column) => columnValues(sheet, column, count));
    return Array.from({ length: count }, (_, row) => read.map((cells) => cells[row]));
  };
  return editedCells(names, turned(roles), turned(hidden), HEADER_ROW + 1);
}

/**
 * Takes it away: results, row marks, and what is left of a run that died.
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @returns {number} How many columns went.
 * @throws {Problem} A run is writing to the tab.
 */
function clearTab(sheet) {
  const lock = LockService.getDocumentLock();
  if (!lock.tryLock(LOCK_MILLISECONDS)) throw new Problem('Somebody else is just asking.', 'Try again in a moment.');
  try {
    const until = heldUntil(marksIn(sheet));
    if (until * 1000 > Date.now()) {
      const time = Utilities.formatDate(new Date(until * 1000), book().getSpreadsheetTimeZone(), 'HH:mm');
      throw new Problem(
        'A run is writing to this tab.',
        `Stop it first, or wait until it is done. If it died, its hold on the tab ends at ${time}.`,
      );
    }
    const columns = [...managedColumns(marksIn(sheet))].sort((a, b) => b - a);
    // From right to left, so that no number changes before its turn.
    for (const column of columns) sheet.deleteColumn(column);
    SpreadsheetApp.flush();
    for (const entry of metadataIn(sheet)) entry.remove();
    return columns.length;
  } finally {
    lock.releaseLock();
  }
}
