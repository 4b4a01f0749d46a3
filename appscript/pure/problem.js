/** Errors for people: what happened, and what to do next. */

class Problem extends Error {
  /**
   * @param {string} what What happened, a sentence.
   * @param {string} [advice] What to do next, a sentence.
   * @param {string} [where] The field of the sidebar that it is about.
   */
  constructor(what, advice = '', where = '') {
    super(what);
    this.name = 'Problem';
    this.advice = advice;
    this.where = where;
  }
}

/**
 * A text on one line, cut where it is long.
 * @param {unknown} value
 * @param {number} [most]
 * @returns {string}
 */
function oneLine(value, most = 120) {
  const text = String(value).replace(/\s+/g, ' ').trim();
  // A character beyond the basic plane is never cut in half.
  const characters = text.length > most ? [...text] : [];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text;
}
