/** A script of the tests' own: each function tries one thing that a service does. */

var counted = 0;
function onOpen() {
  SpreadsheetApp.getUi().createMenu('Try').addItem('Open', 'openPage').addSeparator().addItem('Fail', 'fail').addToUi();
}
function openPage() {
  SpreadsheetApp.getUi().showSidebar(HtmlService.createTemplateFromFile('Page').evaluate().setTitle('Trial'));
}
function include(name) { return HtmlService.createHtmlOutputFromFile(name).getContent(); }
function fail() { throw new Error('on purpose'); }
function hidden_() { return 'nobody sees this'; }
function same(value) { return value; }
function types(value) { return Array.isArray(value) ? value.map((one) => typeof one) : typeof value; }
function count() { counted += 1; return counted; }
function dateBack() { return { when: new Date() }; }
function functionBack() { return [() => 1]; }
function missing(path) {
  try { return String(path.split('.').reduce((at, name) => at[name], globalThis)); } catch (thrown) { return thrown.message; }
}
function kinds(names) { return names.map((name) => typeof globalThis[name]); }
function onProperty(size) { PropertiesService.getScriptProperties().setProperty('k', 'x'.repeat(size)); return size; }
function readProperty(name) { return PropertiesService.getScriptProperties().getProperty(name); }
function cached(put) {
  const cache = CacheService.getUserCache();
  if (put !== null) cache.put('k', put, 60);
  return cache.get('k');
}
function holdLock(milliseconds) {
  LockService.getDocumentLock().waitLock(1000);
  Utilities.sleep(milliseconds);
  return true;
}
function tryLock(milliseconds) { return LockService.getDocumentLock().tryLock(milliseconds); }
function fetched(url, options) {
  const answer = UrlFetchApp.fetch(url, options);
  return [answer.getResponseCode(), answer.getContentText(), answer.getHeaders()['X-Told'] || ''];
}
function outside(row) { return SpreadsheetApp.getActiveSheet().getRange(row, 1).getValue(); }
function values() {
  const range = SpreadsheetApp.getActiveSheet().getRange(1, 1, 3, 3);
  return range.getValues().map((row) => row.map((one) => one instanceof Date ? one.toISOString() : one));
}
function write() {
  const sheet = SpreadsheetApp.getActiveSpreadsheet().insertSheet('Made', 1);
  sheet.getRange(1, 1, 2, 2).setValues([['a', '=1+2'], [true, new Date(Date.UTC(2024, 0, 2, 11))]]);
  sheet.appendRow(['007', 'last']);
  sheet.getRange(1, 1, 1, 2).setFontWeight('bold').setBackground('#ff0000');
  return [sheet.getLastRow(), sheet.getLastColumn(), sheet.getRange('A1:B3').getDisplayValues()];
}
function wrongSize() { SpreadsheetApp.getActiveSheet().getRange(1, 1, 2, 2).setValues([[1, 2]]); }
function selection() {
  return SpreadsheetApp.getActiveRangeList().getRanges().map((range) => range.getA1Notation());
}
function selectThird() {
  const sheet = SpreadsheetApp.getActiveSheet();
  sheet.setActiveRange(sheet.getRange(3, 1, 1, 2));
}
function digest() {
  const bytes = Utilities.computeDigest(Utilities.DigestAlgorithm.SHA_256, 'é', Utilities.Charset.UTF_8);
  return bytes.map((byte) => (byte & 255).toString(16).padStart(2, '0')).join('');
}
function who() { return [Session.getEffectiveUser().getEmail(), ScriptApp.getIdentityToken().split('.').length]; }
function dates() {
  return Utilities.formatDate(new Date(Date.UTC(2024, 5, 1, 22, 5)), 'Europe/Berlin', "EEE d MMM yyyy HH:mm 'Uhr'");
}
function daily() {
  ScriptApp.newTrigger('everyDay').timeBased().everyDays(1).atHour(6).create();
  return ScriptApp.getProjectTriggers().map((one) => one.getHandlerFunction());
}
function everyDay(event) {
  let ui = '';
  try { SpreadsheetApp.getUi(); } catch (thrown) { ui = thrown.message; }
  PropertiesService.getScriptProperties().setProperty('fired', `${typeof event.triggerUid} ${ui}`);
}
function marked() {
  const book = SpreadsheetApp.getActiveSpreadsheet();
  book.addDeveloperMetadata('proof', 'v', SpreadsheetApp.DeveloperMetadataVisibility.DOCUMENT);
  const found = book.createDeveloperMetadataFinder().withKey('proof').withValue('v').find();
  const said = found.map((one) => one.getValue());
  found.forEach((one) => one.remove());
  return [said, book.createDeveloperMetadataFinder().withKey('proof').find().length];
}
