/** Leaving the spreadsheet as if the sidebar had never been there. Results stay until they are cleared. */

/**
 * Removes triggers, settings and sheetjudge's tabs.
 * @param {boolean} alsoRubric The tab Rubric too, which a person wrote.
 * @returns {string} What was done.
 */
function uninstall(alsoRubric) {
  removeTriggers();
  PropertiesService.getDocumentProperties().deleteAllProperties();
  PropertiesService.getScriptProperties().deleteAllProperties();
  PropertiesService.getUserProperties().deleteAllProperties();
  forgetOffer();
  for (const entry of book().createDeveloperMetadataFinder().withKey(PROOF_KEY).find()) entry.remove();
  const names = alsoRubric ? [QUEUE_TAB, RUBRIC_TAB] : [QUEUE_TAB];
  const gone = names.filter((name) => {
    const tab = book().getSheetByName(name);
    if (tab) book().deleteSheet(tab);
    return tab !== null;
  });
  const tabs =
    gone.length > 0
      ? `, settings and the ${gone.length === 1 ? 'tab' : 'tabs'} ${gone.join(' and ')}`
      : ' and settings';
  return `Daily runs${tabs} are gone. To remove the menu too, delete the script (Extensions › Apps Script).`;
}
