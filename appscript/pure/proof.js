/** The proof that whoever asks may edit the spreadsheet: a hash in its metadata that only they could have put there. */

const PROOF_KEY = 'sheetjudge-proof';

/**
 * What is hashed.
 * @param {string} nonce
 * @param {string} email
 * @param {string} job The exact text of the job.
 * @returns {string}
 */
function proofText(nonce, email, job) {
  return `${nonce}\n${email.toLowerCase()}\n${job}`;
}

/**
 * Bytes as lower-case hexadecimal digits.
 * @param {number[]} bytes Signed or not.
 * @returns {string}
 */
function hex(bytes) {
  return bytes.map((byte) => (byte & 255).toString(16).padStart(2, '0')).join('');
}
