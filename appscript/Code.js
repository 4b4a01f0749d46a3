/** The menu, and the sidebar that it opens. */

/** Adds the menu when the spreadsheet is opened. */
function onOpen() {
  SpreadsheetApp.getUi()
    .createMenu('sheetjudge')
    .addItem('Open', 'openSidebar')
    .addItem('Score selection', 'scoreSelection')
    .addItem('Re-score changed rows', 'rescoreChanged')
    .addSeparator()
    .addItem('Set up', 'openSetUp')
    .addItem('Help', 'openHelp')
    .addToUi();
}

/** Adds the menu when the script has just been installed. */
function onInstall() {
  onOpen();
}

/** Menu: Open. */
function openSidebar() {
  showSidebar('');
}

/** Menu: Score selection. The sidebar says what it would cost before anything is sent. */
function scoreSelection() {
  showSidebar('selection');
}

/** Menu: Re-score changed rows, by what was asked last in this tab. */
function rescoreChanged() {
  showSidebar('changed');
}

/** Menu: Set up. */
function openSetUp() {
  showSidebar('setup');
}

/** Menu: Help. */
function openHelp() {
  showSidebar('help');
}

/**
 * Shows the sidebar.
 * @param {string} start What it begins with: '', 'selection', 'changed', 'setup' or 'help'.
 */
function showSidebar(start) {
  rememberStart(start);
  SpreadsheetApp.getUi().showSidebar(HtmlService.createTemplateFromFile('Sidebar').evaluate().setTitle('sheetjudge'));
}

/**
 * The text of another file of this project, for templates.
 * @param {string} name
 * @returns {string}
 */
function include(name) {
  return HtmlService.createHtmlOutputFromFile(name).getContent();
}
