/** Making elements. Texts become text, whatever they hold. */

export const byId = (id) => document.getElementById(id);

/**
 * @param {string} tag
 * @param {Record<string, any>} attributes A function is a handler of the event in its name (onclick); false, null and
 *   undefined leave an attribute out.
 * @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

/** Says something for some seconds. */
export function toast(text, { title = '', seconds = 5, isProblem = false } = {}) {
  const close = make('button', { type: 'button', 'aria-label': 'Dismiss', onclick: () => shown.remove() }, '✕');
  const shown = make('div', { class: isProblem ? 'toast problem' : 'toast' }, make('span', {}, title ? `${title}: ${text}` : text), close);
  byId('toasts').append(shown);
  if (seconds > 0) setTimeout(() => shown.remove(), seconds * 1000);
}

/** Does something, and says what went wrong. */
export async function trying(work) {
  try {
    return await work();
  } catch (problem) {
    toast(problem.message, { isProblem: true, seconds: 8 });
    return undefined;
  }
}
