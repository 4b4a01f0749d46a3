/** What a run left in a tab: scores, the best rows, and those that a person should look at. */

const MOST_ROWS = 50000;
const SHOWN_ROWS = 10;
const LONGEST_TITLE = 70;

/**
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @param {number} chosen Index of the block of results; the last one where it is less than 0.
 * @returns {Results}
 */
function resultsOf(sheet, chosen) {
  const blocks = resultBlocks(marksIn(sheet));
  const index = chosen >= 0 && chosen < blocks.length ? chosen : blocks.length - 1;
  if (index < 0) {
    throw new Problem(`“${sheet.getName()}” holds no results yet.`, 'Choose what matters, then run.', 'results');
  }
  const block = blocks[index];
  const count = Math.min(MOST_ROWS, Math.max(0, sheet.getLastRow() - HEADER_ROW));
  const read = (/** @type {number} */ column) => columnValues(sheet, column, count);
  const scores = read(roleColumn(block, 'Score') || roleColumn(block, 'Margin'));
  const summary = summedUp({
    scores,
    winners: read(roleColumn(block, 'Winner')),
    keeps: read(roleColumn(block, 'Keep')),
    ranks: read(roleColumn(block, 'Rank')),
    statuses: read(roleColumn(block, 'Status')).map(String),
    titles: titlesIn(sheet, count),
    firstRow: HEADER_ROW + 1,
    shown: SHOWN_ROWS,
  });
  return {
    tab: sheet.getName(),
    gid: sheet.getSheetId(),
    blocks: blocks.map(({ prefix }) => prefix.slice(0, -PREFIX_MARK.length) || 'Results'),
    block: index,
    ...summary,
    cut: sheet.getLastRow() - HEADER_ROW > MOST_ROWS,
  };
}

/**
 * The cells of a column below the header.
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @param {number} column 0 for a column of nothing.
 * @param {number} count
 * @returns {unknown[]}
 */
function columnValues(sheet, column, count) {
  if (column === 0 || count === 0) return new Array(count).fill('');
  return sheet
    .getRange(HEADER_ROW + 1, column, count, 1)
    .getValues()
    .map(([value]) => value);
}

/**
 * How each row is called: by its first column that says something.
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @param {number} count
 * @returns {string[]}
 */
function titlesIn(sheet, count) {
  const column = titleOf(sheet);
  if (column === 0 || count === 0) return new Array(count).fill('');
  const cells = sheet.getRange(HEADER_ROW + 1, column, count, 1).getDisplayValues();
  return cells.map(([text]) => oneLine(text, LONGEST_TITLE));
}

/**
 * The first rows that a try has judged, with what came of them.
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @param {string} rows Those that were asked for; '' for all.
 * @param {number} limit
 * @returns {RowStory[]}
 */
function triedRows(sheet, rows, limit) {
  const blocks = resultBlocks(marksIn(sheet));
  if (blocks.length === 0) return [];
  const block = blocks[blocks.length - 1];
  const last = sheet.getLastRow();
  const spans = rows === '' ? [{ first: HEADER_ROW + 1, last }] : rowRanges(rows);
  const count = Math.max(0, last - HEADER_ROW);
  const statuses = columnValues(sheet, roleColumn(block, 'Status'), count).map(String);
  /** @type {number[]} */
  const found = [];
  for (const span of spans) {
    for (let row = span.first; row <= Math.min(span.last, last) && found.length < limit; row++) {
      const status = statuses[row - HEADER_ROW - 1];
      if (status && !status.startsWith('skipped')) found.push(row);
    }
  }
  const title = titleOf(sheet);
  return found.map((row) => rowStory(sheet, blocks, row, title));
}

/**
 * The story of the row that is selected.
 * @param {string} known The place of the row whose story the page shows; '' to have it told in any case.
 * @returns {RowStory | null} Null where that row is still selected.
 */
function storyOfSelection(known) {
  const sheet = SpreadsheetApp.getActiveSheet();
  const row = SpreadsheetApp.getCurrentCell()?.getRow() ?? 0;
  const place = `${sheet.getSheetId()}:${row}`;
  if (place === known) return null;
  const blocks = resultBlocks(marksIn(sheet));
  if (blocks.length === 0) return { ...nothingToTell(sheet.getName(), row, 'This tab holds no results.'), place };
  if (row <= HEADER_ROW || row > sheet.getLastRow()) {
    const nothing = 'Select a row in the sheet to see why it got its score.';
    return { ...nothingToTell(sheet.getName(), row, nothing), place };
  }
  return { ...rowStory(sheet, blocks, row, titleOf(sheet)), place };
}

/**
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @param {ResultBlock[]} blocks
 * @param {number} row
 * @param {number} title Column of the row's title.
 * @returns {RowStory}
 */
function rowStory(sheet, blocks, row, title) {
  const cells = sheet.getRange(row, 1, 1, sheet.getLastColumn()).getDisplayValues()[0];
  const told = blocks.map((block) => storyOf(block, cells)).filter((story) => story.status !== '');
  const story = told[told.length - 1];
  if (!story) return nothingToTell(sheet.getName(), row, `Row ${row} has not been judged.`);
  return {
    ...story,
    row,
    tab: sheet.getName(),
    title: oneLine(cells[title - 1] || '', LONGEST_TITLE),
    nothing: '',
    place: '',
  };
}

/**
 * @param {string} tab
 * @param {number} row
 * @param {string} nothing
 * @returns {RowStory}
 */
function nothingToTell(tab, row, nothing) {
  return { row, tab, title: '', score: '', status: '', values: [], why: '', reasoning: '', nothing, place: '' };
}

/**
 * Selects a row in the sheet.
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @param {number} row
 */
function selectRow(sheet, row) {
  if (row > sheet.getMaxRows()) throw new Problem(`There is no row ${row} any more.`, 'Refresh the results.');
  book().setActiveSheet(sheet);
  sheet.setActiveRange(sheet.getRange(row, 1, 1, Math.max(1, sheet.getLastColumn())));
  return true;
}

/**
 * Sorts the rows by their score, the best first.
 * @param {GoogleAppsScript.Spreadsheet.Sheet} sheet
 * @param {number} chosen
 */
function sortByScore(sheet, chosen) {
  const blocks = resultBlocks(marksIn(sheet));
  const block = blocks[chosen] || blocks[blocks.length - 1];
  const rank = block ? roleColumn(block, 'Rank') : 0;
  const column = rank || (block ? roleColumn(block, 'Score') || roleColumn(block, 'Margin') : 0);
  if (column === 0) throw new Problem('There is no score to sort by.', 'Run first.');
  const count = sheet.getLastRow() - HEADER_ROW;
  if (count > 1) {
    const rows = sheet.getRange(HEADER_ROW + 1, 1, count, sheet.getLastColumn());
    rows.sort({ column, ascending: rank > 0 });
  }
  return true;
}
