/** What is selected: an active cell, the range that goes with it, and further ranges. */
import { cellBox } from './places.js';

let active = { row: 0, column: 0 };
let anchor = { row: 0, column: 0 };
/** @type {{top: number, bottom: number, left: number, right: number}[]} The last is the one that goes with the active cell. */
let ranges = [cellBox(0, 0)];
const listeners = [];

export const onSelect = (listener) => listeners.push(listener);
export const activeCell = () => active;
export const selectedRanges = () => ranges;
export const selectedRange = () => ranges.at(-1);

function tell(isFollowed) {
  for (const listener of listeners) listener(isFollowed);
}

function between(one, other) {
  return {
    top: Math.min(one.row, other.row),
    bottom: Math.max(one.row, other.row) + 1,
    left: Math.min(one.column, other.column),
    right: Math.max(one.column, other.column) + 1,
  };
}

/** Selects one cell; `isAdded` keeps what is selected already. */
export function selectCell(row, column, { isAdded = false, isFollowed = true } = {}) {
  active = { row, column };
  anchor = active;
  ranges = [...(isAdded ? ranges : []), cellBox(row, column)];
  tell(isFollowed);
}

/** Widens the selection from the active cell to this one. */
export function extendTo(row, column, isFollowed = true) {
  ranges = [...ranges.slice(0, -1), between(active, { row, column })];
  anchor = { row, column };
  tell(isFollowed);
}

/** Selects whole rows, columns or any box. */
export function selectBox(box, { isAdded = false, isFollowed = false } = {}) {
  active = { row: box.top, column: box.left };
  anchor = { row: box.bottom - 1, column: box.right - 1 };
  ranges = [...(isAdded ? ranges : []), box];
  tell(isFollowed);
}

/** The end of the selection that moves when it is widened. */
export const movingEnd = () => anchor;
