/** Where settings are kept: the way to the backend with the script, what was asked with the document and the person. */

const SETTING = { mode: 'mode', backend: 'backend', secret: 'secret' };
const LARGEST_PROPERTY = 8000;
const JOB_KEY = 'job';
const START_KEY = 'start';
const START_SECONDS = 120;

/** @returns {Settings} */
function settings() {
  const kept = PropertiesService.getScriptProperties();
  const mode = kept.getProperty(SETTING.mode) || INSTALLED.mode;
  return {
    mode: mode === 'http' || mode === 'queue' ? mode : '',
    backend: kept.getProperty(SETTING.backend) || INSTALLED.backend,
    hasSecret: Boolean(kept.getProperty(SETTING.secret)),
  };
}

/**
 * @param {'http' | 'queue'} mode
 * @param {string} address
 * @returns {Settings}
 */
function saveSettings(mode, address) {
  const kept = PropertiesService.getScriptProperties();
  if (mode === 'http') {
    const checked = backendAddress(address);
    // A secret is for one backend and never goes to another.
    if (checked !== settings().backend) kept.deleteProperty(SETTING.secret);
    kept.setProperty(SETTING.backend, checked);
  }
  kept.setProperty(SETTING.mode, mode);
  forgetOffer();
  return settings();
}

/**
 * @param {string} secret '' to forget it.
 * @returns {Settings}
 */
function saveSecret(secret) {
  const kept = PropertiesService.getScriptProperties();
  if (secret.trim() === '') kept.deleteProperty(SETTING.secret);
  else kept.setProperty(SETTING.secret, secret.trim());
  return settings();
}

/** @returns {string} '' where there is none. */
function sharedSecret() {
  return PropertiesService.getScriptProperties().getProperty(SETTING.secret) || '';
}

/** @returns {string} The address of whoever runs this, as Google sees it. */
function effectiveEmail() {
  return Session.getEffectiveUser().getEmail();
}

/** @returns {string} The client id of this copy of the script. */
function audience() {
  const token = ScriptApp.getIdentityToken();
  if (!token) throw new Problem('Google gave no identity token.', 'Close the sidebar and open it again.');
  const bytes = Utilities.base64DecodeWebSafe(token.split('.')[1]);
  return String(parsed(Utilities.newBlob(bytes).getDataAsString()).aud || '');
}

/** @param {string} start What the sidebar begins with. */
function rememberStart(start) {
  CacheService.getUserCache().put(START_KEY, start || 'none', START_SECONDS);
}

/** @returns {string} */
function takeStart() {
  const cache = CacheService.getUserCache();
  const start = cache.get(START_KEY);
  cache.remove(START_KEY);
  return start && start !== 'none' ? start : '';
}

/** @param {KeptJob | null} job The last run of whoever asks, until they have seen how it ended. */
function keepJob(job) {
  const own = PropertiesService.getUserProperties();
  if (job) own.setProperty(JOB_KEY, JSON.stringify(job));
  else own.deleteProperty(JOB_KEY);
}

/** @returns {KeptJob | null} */
function keptJob() {
  const kept = parsed(PropertiesService.getUserProperties().getProperty(JOB_KEY) || '');
  return typeof kept.id === 'string' ? /** @type {KeptJob} */ (kept) : null;
}

/**
 * Keeps something with the document; what is too large isn't kept.
 * @param {string} key
 * @param {unknown} value
 */
function keepInDocument(key, value) {
  const text = JSON.stringify(value);
  // 9 KB a property, and a character may take four bytes.
  if (utf8(text).length <= LARGEST_PROPERTY) PropertiesService.getDocumentProperties().setProperty(key, text);
}

/**
 * @param {string} key
 * @returns {any} Null where there is nothing.
 */
function keptInDocument(key) {
  const text = PropertiesService.getDocumentProperties().getProperty(key);
  if (!text) return null;
  const value = parsed(text);
  return Object.keys(value).length > 0 ? value : null;
}
