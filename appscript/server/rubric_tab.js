/** The rubric that is kept in the tab Rubric. */

const LONGEST_CELL = 50000;
const SPARE_ROWS = 20;
const RUBRIC_WIDTHS = [130, 380, 300, 80, 80, 80, 380, 240];
const HEADER_COLOR = '#f0f2f7';

/**
 * The cells of the tab.
 * @returns {unknown[][]} Empty where there is no such tab, or nothing in it.
 */
function rubricCells() {
  const tab = book().getSheetByName(RUBRIC_TAB);
  if (!tab || tab.getLastRow() === 0) return [];
  return tab.getRange(1, 1, tab.getLastRow(), tab.getLastColumn()).getValues();
}

/**
 * The rubric in the tab.
 * @returns {KeptRubric}
 * @throws {Problem} The tab holds something else; says in which row.
 */
function readRubricTab() {
  const cells = rubricCells();
  return { rubric: readRubricGrid(cells), text: JSON.stringify(cells) };
}

/** @returns {number} How many criteria the tab holds; 0 where it has none that can be read. */
function criteriaInRubricTab() {
  try {
    return readRubricGrid(rubricCells()).criteria.length;
  } catch (thrown) {
    if (thrown instanceof Problem) return 0;
    throw thrown;
  }
}

/**
 * Writes a rubric into the tab, which is made where there is none.
 * @param {RubricTable} rubric
 * @param {string | null} before What the tab held when the person last saw it; null to replace whatever it holds.
 * @returns {KeptRubric}
 * @throws {Problem} Its `where` is `replace` if the tab holds something that the person hasn't seen.
 */
function saveRubricTab(rubric, before) {
  checkRubric(rubric);
  if (before !== null && JSON.stringify(rubricCells()) !== before) {
    throw new Problem(
      `The tab ${RUBRIC_TAB} holds another rubric, or was changed meanwhile.`,
      'Look at it first. “Replace it” puts this one in its place.',
      'replace',
    );
  }
  const grid = rubricGrid(rubric);
  if (grid.some((row) => row.some((cell) => cell.length > LONGEST_CELL))) {
    throw new Problem('A text is too long for a cell.', 'Shorten it.');
  }
  const found = book().getSheetByName(RUBRIC_TAB);
  if (found && marksIn(found).length > 0) {
    throw new Problem(`The tab ${RUBRIC_TAB} holds results of sheetjudge.`, 'Give that tab another name.');
  }
  const tab = found || madeRubricTab(grid.length);
  const width = grid[0].length;
  if (tab.getMaxRows() < grid.length) tab.insertRowsAfter(tab.getMaxRows(), grid.length - tab.getMaxRows());
  if (tab.getMaxColumns() < width) tab.insertColumnsAfter(tab.getMaxColumns(), width - tab.getMaxColumns());
  tab.clearContents();
  const area = tab.getRange(1, 1, grid.length, width);
  // Plain text, so that 1-5 stays a scale and does not become a date.
  area.setNumberFormat('@');
  area.setValues(grid);
  if (!found) paintRubricTab(tab, grid);
  SpreadsheetApp.flush();
  return readRubricTab();
}

/**
 * @param {number} rows
 * @returns {GoogleAppsScript.Spreadsheet.Sheet}
 */
function madeRubricTab(rows) {
  const before = book().getActiveSheet();
  const tab = book().insertSheet(RUBRIC_TAB, book().getSheets().length);
  book().setActiveSheet(before);
  const spare = tab.getMaxRows() - rows - SPARE_ROWS;
  if (spare > 0) tab.deleteRows(rows + SPARE_ROWS + 1, spare);
  return tab;
}

/**
 * @param {GoogleAppsScript.Spreadsheet.Sheet} tab
 * @param {string[][]} grid
 */
function paintRubricTab(tab, grid) {
  const header = grid.findIndex((row) => row[0] === CRITERION_KEYS[0] && row[1] === CRITERION_KEYS[1]) + 1;
  const whole = tab.getRange(1, 1, tab.getMaxRows(), CRITERION_KEYS.length);
  whole.setNumberFormat('@').setWrap(true).setVerticalAlignment('top');
  tab
    .getRange(1, 1, header - 1, 1)
    .setFontWeight('bold')
    .setBackground(HEADER_COLOR);
  tab.getRange(header, 1, 1, CRITERION_KEYS.length).setFontWeight('bold').setBackground(HEADER_COLOR);
  // The long settings on top are for one line.
  tab.getRange(1, 2, header - 1, 1).setWrap(false);
  RUBRIC_WIDTHS.forEach((width, i) => {
    tab.setColumnWidth(i + 1, width);
  });
}

/** Shows the tab to the person. */
function showRubricTab() {
  const tab = book().getSheetByName(RUBRIC_TAB);
  if (!tab) throw new Problem('There is no rubric yet.', 'Save one first.');
  book().setActiveSheet(tab);
  return true;
}
