/** What the page knows of the spreadsheet. It looks again several times a second, so that each page shows every change. */
import { ask, settings } from './api.js';

const EVERY = 500; // milliseconds between two looks
const BESIDE = 60; // rows beyond those that are seen, so that scrolling doesn't wait

/** @type {any} The answer of `view`, null before the first. */
let known = null;
let wanted = { sheet: null, top: 0, bottom: 150 };
let isAsking = false;
let isStale = true;
let failures = 0;
const listeners = [];
const waiters = [];

export const onChange = (listener) => listeners.push(listener);
export const view = () => known;
export const sheet = () => known.sheet;

/** The cell there as the server told it; null where it is empty or out of the window. */
export function cellAt(row, column) {
  const { head, rows, top } = known.window;
  return (head[row] ?? rows[row - top])?.[column] || null;
}

export function lookOf(cell) {
  return (cell && known.window.looks[cell.s]) || {};
}

function isInWindow() {
  const { top, bottom } = known.window;
  return known.sheet.id === wanted.sheet && top <= wanted.top && Math.min(wanted.bottom, known.sheet.rows) <= bottom;
}

async function look() {
  if (isAsking) return;
  isAsking = true;
  const asked = { ...wanted };
  const isWhole = isStale || !known || !isInWindow();
  try {
    const body = { book: settings.book, sheet: asked.sheet, top: asked.top - BESIDE, bottom: asked.bottom + BESIDE };
    const answer = await ask('view', isWhole ? body : { ...body, version: known.version });
    isStale = false;
    failures = 0;
    if (!answer.unchanged) {
      known = answer;
      if (asked.sheet === wanted.sheet) wanted.sheet = answer.sheet.id;
      for (const listener of listeners) listener();
    }
    document.body.classList.remove('away');
  } catch {
    failures += 1;
    isStale = true;
    document.body.classList.toggle('away', failures > 2);
  } finally {
    isAsking = false;
    for (const done of waiters.splice(0)) done();
  }
  if (known && !isInWindow() && failures === 0) look();
}

/** Looks now; resolves when the page shows what is there after this moment. */
export async function lookAgain() {
  if (isAsking) await new Promise((done) => waiters.push(done));
  isStale = true;
  await look();
}

/** Says which rows are seen. */
export function watch(top, bottom) {
  wanted = { ...wanted, top, bottom };
  if (known && !isInWindow()) look();
}

/** Goes to another tab. */
export async function goTo(sheetId) {
  if (sheetId === wanted.sheet) return;
  wanted = { sheet: sheetId, top: 0, bottom: 150 };
  await lookAgain();
}

export function start() {
  setInterval(() => {
    if (!document.hidden) look();
  }, EVERY);
  return look();
}
