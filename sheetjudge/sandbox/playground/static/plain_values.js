'use strict';
/** What may pass between a page and its server functions: as google.script.run has it, nothing but JSON's own. */

/**
 * @param {unknown} value
 * @param {string} where What to call the value in a sentence.
 * @returns {any} A copy; undefined fields are left out, undefined elements become null.
 * @throws {Error} A Date, a function, an element or anything else that can't pass, or a circle.
 */
function plainValue(value, where, above = []) {
  if (value === null || value === undefined) return null;
  if (['string', 'number', 'boolean'].includes(typeof value)) return value;
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (above.includes(value)) throw new Error(`${where} is part of itself: it can't pass through google.script.run.`);
  const inside = [...above, value];
  if (Array.isArray(value)) return value.map((part, at) => plainValue(part, `${where}[${at}]`, inside));
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (kind !== 'Object' || (prototype !== null && Object.getPrototypeOf(prototype) !== null)) {
    throw new Error(`${where} is a ${kind}: it can't pass through google.script.run.`);
  }
  const kept = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(kept.map(([name, part]) => [name, plainValue(part, `${where}.${name}`, inside)]));
}
