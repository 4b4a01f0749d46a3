/** The tabs of the spreadsheet, their columns, and what is selected. */

const HEADER_ROW = 1;
const SAMPLE_ROWS = 25;
const MOST_CHECKED_HIDDEN = 2000;
const OWN_TABS = ['sheetjudge jobs', 'Rubric'];

/** @returns {GoogleAppsScript.Spreadsheet.Spreadsheet} */
function book() {
  return SpreadsheetApp.getActiveSpreadsheet();
}

/**
 * @param {number} gid
 * @returns {GoogleAppsScript.Spreadsheet.Sheet}
 */
function sheetOf(gid) {
  const found = book()
    .getSheets()
    .find((sheet) => sheet.getSheetId() === gid);
  if (!found) throw new Problem('This tab is no longer there.', 'Choose another tab.', 'tab');
  return found;
}

/** @returns {Boot} */
function boot() {
  const tabs = book()
    .getSheets()
    .filter((sheet) => !sheet.isSheetHidden() && !OWN_TABS.includes(sheet.getName()));
  const active = SpreadsheetApp.getActiveSheet().getSheetId();
  const first = tabs.find((sheet) => sheet.getSheetId() === active) || tabs[0];
  return {
    email: effectiveEmail(),
    book: book().getName(),
    start: takeStart(),
    settings: settings(),
    tabs: tabs.map((sheet) => ({ gid: sheet.getSheetId(), name: sheet.getName() })),
    tab: first ? tabInfo(first) : null,
    rubricCriteria: criteriaInRubricTab(),
    job: keptJob(),
  };
}

/**
 * The header and the first rows of a tab.
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @param {Mark[]} marks
 * @returns {{headers: string[], rows: string[][], own: number[]}} `own`: indexes of the columns that people wrote.
 */
function topOfTab(sheet, marks) {
  const width = sheet.getLastColumn();
  const height = Math.min(sheet.getLastRow(), HEADER_ROW + SAMPLE_ROWS);
  const [headers = [], ...rows] = width > 0 ? sheet.getRange(1, 1, height, width).getDisplayValues() : [];
  const managed = managedColumns(marks);
  return { headers, rows, own: headers.map((_, index) => index).filter((index) => !managed.has(index + 1)) };
}

/**
 * The column that says how a row is called.
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @returns {number} 1-based; 0 where there are no columns.
 */
function titleOf(sheet) {
  const { rows, own } = topOfTab(sheet, marksIn(sheet));
  return titleColumn(rows, own) + 1;
}

/**
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @returns {TabInfo}
 */
function tabInfo(sheet) {
  const gid = sheet.getSheetId();
  const marks = marksIn(sheet);
  const { headers, rows, own } = topOfTab(sheet, marks);
  const names = columnNames(headers);
  const detected = detectedColumns(rows, own);
  return {
    gid,
    name: sheet.getName(),
    rows: Math.max(0, sheet.getLastRow() - HEADER_ROW),
    columns: own.map((index) => ({
      number: index + 1,
      name: names[index],
      sample: oneLine(rows.find((row) => row[index].trim() !== '')?.[index] || '', 60),
      detected: detected.has(index),
    })),
    hasResults: resultBlocks(marks).length > 0,
    form: keptInDocument(`form:${gid}`),
    daily: keptInDocument(`daily:${gid}`) !== null,
  };
}

/**
 * sheetjudge's developer metadata in a tab.
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @returns {Mark[]}
 */
function marksIn(sheet) {
  return metadataIn(sheet).map((entry) => ({ column: columnOf(entry), value: entry.getValue() || '' }));
}

/**
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @returns {GoogleAppsScript.Spreadsheet.DeveloperMetadata[]}
 */
function metadataIn(sheet) {
  return sheet.createDeveloperMetadataFinder().withKey(METADATA_KEY).find();
}

/**
 * @param {GoogleAppsScript.Spreadsheet.DeveloperMetadata} entry
 * @returns {number} 0 where it isn't on a column.
 */
function columnOf(entry) {
  return entry.getLocation().getColumn()?.getColumn() ?? 0;
}

/**
 * The rows that are selected, without those that a filter hides.
 * @param {number} gid The tab that is to be judged.
 * @returns {SelectionInfo}
 */
function selectionInfo(gid) {
  const sheet = SpreadsheetApp.getActiveSheet();
  const found = { gid: sheet.getSheetId(), tab: sheet.getName(), rows: '', count: 0, left: '' };
  if (found.gid !== gid) return found;
  const ranges = SpreadsheetApp.getActiveRangeList()?.getRanges() || [];
  const spans = ranges.map((range) => ({ first: range.getRow(), last: range.getLastRow() }));
  const all = rowsText(spans, HEADER_ROW + 1, sheet.getLastRow());
  found.rows = all;
  if (sheet.getFilter() && rowCount(all) <= MOST_CHECKED_HIDDEN) {
    found.rows = rowsText(spans, HEADER_ROW + 1, sheet.getLastRow(), (row) => sheet.isRowHiddenByFilter(row));
  }
  found.count = rowCount(found.rows);
  const hidden = rowCount(all) - found.count;
  found.left = hidden > 0 ? `${countWords(hidden, 'hidden row')} left out` : '';
  return found;
}
