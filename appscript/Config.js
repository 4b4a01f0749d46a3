/**
 * What `sheetjudge sidebar install` fills in for one spreadsheet. Set up, in the sidebar, comes before it.
 * @type {{mode: 'http' | 'queue' | '', backend: string}}
 */
const INSTALLED = { mode: '', backend: '' };
