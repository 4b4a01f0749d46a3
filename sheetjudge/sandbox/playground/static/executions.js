/** The script: each call of one of its functions is a worker of its own, and its page stands in a sandboxed frame. */
import { accessToken, ask, settings } from './api.js';
import { byId, make, toast } from './dom.js';
import { goTo, lookAgain, sheet } from './model.js';
import { activeCell, selectBox, selectCell, selectedRanges } from './selection.js';

const LONGEST = 360000; // a call's six minutes
const LONGEST_SIMPLE = 30000; // a simple trigger's thirty seconds

const listeners = [];
/** Calls `listener(caption, items)` for each menu that the script makes. */
export const onMenu = (listener) => listeners.push(listener);

let frame = null;

function placesNow() {
  const { row, column } = activeCell();
  return { sheet: sheet().id, ranges: [...selectedRanges()].reverse(), cell: { top: row, left: column } };
}

/**
 * Runs a function of the script.
 * @param {string} name
 * @param {{mode?: 'menu' | 'page' | 'simple' | 'trigger', args?: any[]}} how
 * @returns {Promise<string>} What it returned, as JSON, where a page asked.
 */
export async function execute(name, { mode = 'menu', args = [] } = {}) {
  const login = await accessToken();
  const id = crypto.randomUUID();
  const worker = new Worker('/playground/static/worker.js', { name });
  const longest = mode === 'simple' ? LONGEST_SIMPLE : LONGEST;
  const execution = { id, name, mode, args, isOptional: mode === 'simple', isAnswered: mode === 'page', selection: placesNow() };
  return new Promise((resolve, reject) => {
    const end = (settle, value) => {
      clearTimeout(clock);
      worker.terminate();
      settle(value);
    };
    const clock = setTimeout(() => {
      ask('release', { execution: id }).catch(() => undefined);
      end(reject, new Error('Exceeded maximum execution time'));
    }, longest);
    worker.addEventListener('error', (event) => end(reject, new Error(event.message || `${name} could not be loaded.`)));
    worker.addEventListener('message', ({ data }) => {
      if (data.kind === 'done') end(resolve, data.value);
      else if (data.kind === 'failed') end(reject, new Error(data.failure));
      else told[data.kind](data);
    });
    worker.postMessage({ execution, settings: { ...settings, login } });
  });
}

/** What an execution tells the page meanwhile. */
const told = {
  menu: ({ caption, items }) => listeners.forEach((listener) => listener(caption, items)),
  sidebar: showSidebar,
  toast: ({ message, title, seconds }) => toast(message, { title, seconds }),
  async select({ sheet: id, box }) {
    await lookAgain();
    await goTo(id);
    if (box) selectBox(box, { isFollowed: true });
    else selectCell(0, 0);
  },
};

/** Runs a function and says what went wrong. */
export async function executeAloud(name, how) {
  try {
    await execute(name, how);
  } catch (problem) {
    toast(problem.message, { isProblem: true, seconds: 0 });
  }
}

async function showSidebar({ title, html, functions }) {
  const { id } = await ask('frame', { html, functions });
  frame = make('iframe', { title, src: `/playground/frame/${id}`, sandbox: 'allow-scripts allow-forms allow-modals allow-popups' });
  byId('sidebar-title').textContent = title;
  byId('sidebar-frame').replaceChildren(frame);
  byId('sidebar').hidden = false;
}

export function closeSidebar() {
  frame = null;
  byId('sidebar-frame').replaceChildren();
  byId('sidebar').hidden = true;
  byId('grid').focus();
}

async function answerCall({ call, name, args }) {
  const asking = frame;
  let answer;
  try {
    answer = { value: await execute(name, { mode: 'page', args: JSON.parse(args) }) };
  } catch (problem) {
    answer = { failure: problem.message };
  }
  asking.contentWindow?.postMessage({ kind: 'answer', call, ...answer }, '*');
}

addEventListener('message', (event) => {
  if (!frame || event.source !== frame.contentWindow || !event.data) return;
  const { kind } = event.data;
  if (kind === 'call') answerCall(event.data);
  else if (kind === 'close') closeSidebar();
  else if (kind === 'focus') byId('grid').focus();
});
byId('sidebar-close').addEventListener('click', closeSidebar);
