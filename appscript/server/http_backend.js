/** A backend that is reached over HTTPS. */

/**
 * @param {string} address
 * @returns {Backend}
 */
function httpBackend(address) {
  return {
    offer: () => offerOf({ ...asked(address, 'get', '/v1/judges'), ...asked(address, 'get', '/v1/rubrics') }),
    submit: (request) => submittedWithProof(address, request),
    status: (id) => jobOf(asked(address, 'get', `/v1/jobs/${encodeURIComponent(id)}`)),
    latest() {
      const path = `/v1/jobs?spreadsheet=${encodeURIComponent(book().getId())}&limit=10`;
      const { jobs } = asked(address, 'get', path);
      return Array.isArray(jobs) ? jobs.map(jobOf) : [];
    },
    cancel: (id) => asked(address, 'post', `/v1/jobs/${encodeURIComponent(id)}/cancel`).cancelled === true,
    resume: (id) => String(asked(address, 'post', `/v1/jobs/${encodeURIComponent(id)}/resume`).id || id),
    whileQueued: () => '',
    test() {
      asked(address, 'get', '/v1/health');
      const { judges } = offerOf(asked(address, 'get', '/v1/judges'));
      return `It works: the backend knows ${effectiveEmail()} and offers ${countWords(judges.length, 'judge')}.`;
    },
  };
}

/**
 * Asks the backend.
 * @param {string} address
 * @param {'get' | 'post'} method
 * @param {string} path
 * @param {Json} [body]
 * @returns {Json}
 * @throws {Problem} In words for whoever asked.
 */
function asked(address, method, path, body) {
  /** @type {GoogleAppsScript.URL_Fetch.URLFetchRequestOptions} */
  const options = { method, headers: credentials(), muteHttpExceptions: true, followRedirects: false };
  if (method === 'post') {
    options.contentType = 'application/json';
    options.payload = JSON.stringify(body || {});
  }
  let response;
  try {
    response = UrlFetchApp.fetch(address + path, options);
  } catch (thrown) {
    throw unreachable(thrown instanceof Error ? thrown.message : String(thrown), address);
  }
  const status = response.getResponseCode();
  const told = parsed(response.getContentText());
  if (status >= 200 && status < 300) return told;
  throw problemOf(status, told, effectiveEmail());
}

/** @returns {{[name: string]: string}} */
function credentials() {
  const secret = sharedSecret();
  if (secret) return { 'X-Sheetjudge-Secret': secret, 'X-Sheetjudge-User': effectiveEmail() };
  const token = ScriptApp.getIdentityToken();
  if (!token) throw new Problem('Google gave no identity token.', 'Close the sidebar and open it again.');
  return { Authorization: `Bearer ${token}` };
}

/**
 * Submits a job with the proof that whoever asks may edit this spreadsheet, and takes away what is left of the proof.
 * @param {string} address
 * @param {JobRequest} request
 * @returns {string} The job's id.
 */
function submittedWithProof(address, request) {
  const job = JSON.stringify(request);
  const nonce = (Utilities.getUuid() + Utilities.getUuid()).replace(/-/g, '');
  const proof = hex(
    Utilities.computeDigest(
      Utilities.DigestAlgorithm.SHA_256,
      proofText(nonce, effectiveEmail(), job),
      Utilities.Charset.UTF_8,
    ),
  );
  if (request.kind === 'draft') return String(asked(address, 'post', '/v1/jobs', { job, nonce }).id);
  book().addDeveloperMetadata(PROOF_KEY, proof, SpreadsheetApp.DeveloperMetadataVisibility.DOCUMENT);
  SpreadsheetApp.flush();
  try {
    return String(asked(address, 'post', '/v1/jobs', { job, nonce }).id);
  } finally {
    removeProof(proof);
  }
}

/** @param {string} proof */
function removeProof(proof) {
  try {
    const left = book().createDeveloperMetadataFinder().withKey(PROOF_KEY).withValue(proof).find();
    for (const entry of left) entry.remove();
  } catch {
    // The backend has deleted it between the look and this.
  }
}
