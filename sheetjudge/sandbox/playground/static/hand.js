/** A person's hands: pointer, keys, typing, copying. */
import { sheets } from './api.js';
import { columnMenu, openFilter, rowMenu, setWidth } from './actions.js';
import { byId, make, toast, trying } from './dom.js';
import { drawSoon, isColumnShown, isRowShown, placeOf, reveal, shift, stepped } from './grid.js';
import { openMenu } from './menus.js';
import { cellAt, lookAgain, onChange, sheet, view } from './model.js';
import { address, boxName, cellBox, copiedText, holds, pastedCells } from './places.js';
import { activeCell, extendTo, movingEnd, onSelect, selectBox, selectCell, selectedRange, selectedRanges } from './selection.js';

const grid = byId('grid');
const viewport = byId('viewport');
const formula = byId('formula');
const editor = make('textarea', { class: 'editor', rows: '1', spellcheck: 'false', 'aria-label': 'Cell', hidden: true });
grid.append(editor);

const NARROWEST = 24;
/** @type {{sheet: number, row: number, column: number, before: string} | null} What is being edited. */
let editing = null;

const enteredAt = (row, column) => {
  const cell = cellAt(row, column);
  return cell ? (cell.e ?? cell.t) : '';
};

/** Writes a block of texts as if typed, from a cell on. */
export function typeBlock(row, column, values, title = sheet().title) {
  const box = { top: row, bottom: row + values.length, left: column, right: column + Math.max(...values.map((one) => one.length)) };
  return trying(async () => {
    await sheets('PUT', `/values/${address(title, box)}?valueInputOption=USER_ENTERED`, { values });
    await lookAgain();
  });
}

function beginEdit(text = null) {
  const { row, column } = activeCell();
  const before = enteredAt(row, column);
  reveal(row, column);
  const place = placeOf(row, column);
  editor.value = text ?? before;
  editor.hidden = false;
  editor.style.left = `${place.left}px`;
  editor.style.top = `${place.top + (row < sheet().frozenRows ? viewport.scrollTop : 0)}px`;
  editor.style.minWidth = `${Math.max(place.width, 60)}px`;
  editor.style.minHeight = `${place.height}px`;
  editing = { sheet: sheet().id, title: sheet().title, row, column, before };
  grow();
  editor.focus({ preventScroll: true });
  editor.setSelectionRange(editor.value.length, editor.value.length);
  formula.value = editor.value;
}

function grow() {
  editor.style.width = `${Math.min(420, Math.max(Number.parseInt(editor.style.minWidth, 10), 20 + Math.max(...editor.value.split('\n').map((one) => one.length)) * 7))}px`;
  editor.style.height = 'auto';
  editor.style.height = `${Math.min(240, editor.scrollHeight + 2)}px`;
}

function endEdit() {
  editing = null;
  editor.hidden = true;
  showActive();
}

/** Enters what was typed. */
async function commit() {
  if (!editing) return;
  const { row, column, before, title } = editing;
  const text = editor.value;
  endEdit();
  if (text !== before) await typeBlock(row, column, [[text]], title);
}

function showActive() {
  const { row, column } = activeCell();
  byId('place').textContent = boxName(selectedRanges().length === 1 ? selectedRange() : cellBox(row, column));
  if (document.activeElement !== formula && !editing) formula.value = view() ? enteredAt(row, column) : '';
  showSums();
}

/** Count, sum and mean of the numbers that are selected, where all of them are known here. */
function showSums() {
  const box = selectedRange();
  const isMany = view() && (box.bottom - box.top > 1 || box.right - box.left > 1);
  byId('sums').textContent = isMany ? sums(box) : '';
}

function sums(box) {
  const { top, bottom } = view().window;
  if (box.top < top || Math.min(box.bottom, sheet().filled) > bottom) return '';
  const cells = [];
  for (let row = box.top; row < Math.min(box.bottom, sheet().filled); row += 1) {
    for (let column = box.left; column < box.right; column += 1) {
      const cell = isRowShown(row) && isColumnShown(column) ? cellAt(row, column) : null;
      if (cell?.t) cells.push(cell.e ?? cell.t);
    }
  }
  const numbers = cells.map(Number).filter((value, at) => cells[at].trim() !== '' && Number.isFinite(value));
  if (numbers.length === 0) return cells.length > 0 ? `Count: ${cells.length}` : '';
  const sum = numbers.reduce((one, other) => one + other, 0);
  const said = (value) => String(Number(value.toPrecision(6)));
  return `Sum: ${said(sum)}   Average: ${said(sum / numbers.length)}   Count: ${cells.length}`;
}

function step(rows, columns, isExtended) {
  const from = isExtended ? movingEnd() : activeCell();
  const row = rows === 0 ? from.row : stepped(from.row, rows, isRowShown, sheet().rows);
  const column = columns === 0 ? from.column : stepped(from.column, columns, isColumnShown, sheet().columns);
  if (isExtended) {
    extendTo(row, column);
    reveal(row, column);
  } else selectCell(row, column);
}

/** To the edge of what is filled, as with the control key. */
function leap(rows, columns, isExtended) {
  let { row, column } = isExtended ? movingEnd() : activeCell();
  const filled = () => Boolean(cellAt(row, column)?.t);
  const next = () => [
    rows === 0 ? row : stepped(row, rows, isRowShown, sheet().rows),
    columns === 0 ? column : stepped(column, columns, isColumnShown, sheet().columns),
  ];
  const went = () => {
    const [nextRow, nextColumn] = next();
    const isStuck = nextRow === row && nextColumn === column;
    [row, column] = [nextRow, nextColumn];
    return !isStuck;
  };
  const [aheadRow, aheadColumn] = next();
  const wasFilled = filled() && Boolean(cellAt(aheadRow, aheadColumn)?.t);
  while (went() && filled() === wasFilled);
  if (wasFilled && !filled()) {
    row -= rows;
    column -= columns;
  }
  if (isExtended) extendTo(row, column);
  else selectCell(row, column);
}

function clearSelected() {
  return trying(async () => {
    for (const box of selectedRanges()) await sheets('POST', `/values/${address(sheet().title, box)}:clear`, {});
    await lookAgain();
  });
}

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function onKey(event) {
  if (editing || !view() || event.target !== grid) return;
  const page = Math.max(1, Math.floor(viewport.clientHeight / 21) - 2);
  const isControl = event.ctrlKey || event.metaKey;
  const keys = {
    Enter: () => (event.shiftKey ? step(-1, 0) : beginEdit()),
    F2: () => beginEdit(),
    Tab: () => step(0, event.shiftKey ? -1 : 1),
    Delete: clearSelected,
    Backspace: clearSelected,
    Home: () => selectCell(isControl ? 0 : activeCell().row, 0),
    End: () => selectCell(isControl ? Math.max(0, sheet().filled - 1) : activeCell().row, activeCell().column),
    PageDown: () => selectCell(Math.min(sheet().rows - 1, activeCell().row + page), activeCell().column),
    PageUp: () => selectCell(Math.max(0, activeCell().row - page), activeCell().column),
  };
  if (ARROWS[event.key]) (isControl ? leap : step)(...ARROWS[event.key], event.shiftKey);
  else if (isControl && event.key.toLowerCase() === 'a') selectBox({ top: 0, bottom: sheet().rows, left: 0, right: sheet().columns });
  else if (keys[event.key]) {
    // Tab leaves the grid from its edges, so that the keyboard isn't caught in it.
    const edge = event.shiftKey ? 0 : sheet().columns - 1;
    if (event.key === 'Tab' && activeCell().column === edge) return;
    keys[event.key]();
  } else if (event.key.length === 1 && !isControl && !event.altKey) beginEdit(event.key);
  else return;
  event.preventDefault();
}

editor.addEventListener('keydown', async (event) => {
  const steps = { Enter: [event.shiftKey ? -1 : 1, 0], Tab: [0, event.shiftKey ? -1 : 1] };
  event.stopPropagation();
  if (event.key === 'Enter' && (event.altKey || event.ctrlKey)) {
    event.preventDefault();
    editor.setRangeText('\n', editor.selectionStart, editor.selectionEnd, 'end');
    grow();
  } else if (event.key === 'Escape') {
    event.preventDefault();
    endEdit();
    grid.focus({ preventScroll: true });
  } else if (steps[event.key]) {
    event.preventDefault();
    const done = commit();
    grid.focus({ preventScroll: true });
    step(...steps[event.key]);
    await done;
  }
});
editor.addEventListener('input', () => {
  formula.value = editor.value;
  grow();
});
editor.addEventListener('blur', commit);

formula.addEventListener('keydown', async (event) => {
  if (event.key === 'Escape') {
    grid.focus();
    showActive();
  }
  if (event.key !== 'Enter' || event.shiftKey) return;
  event.preventDefault();
  const { row, column } = activeCell();
  const text = formula.value;
  grid.focus({ preventScroll: true });
  if (text !== enteredAt(row, column)) await typeBlock(row, column, [[text]]);
  step(1, 0);
});
formula.addEventListener('blur', showActive);

/** The cell, header or row number under an event. */
function under(event) {
  const found = event.target.closest?.('[data-at],[data-column],[data-number],[data-all]');
  if (!found) return null;
  const { at, row, column, number } = found.dataset;
  if (at !== undefined) return { row: Number(row), column: Number(at) };
  if (column !== undefined) return { column: Number(column) };
  return number === undefined ? {} : { row: Number(number) };
}

function boxOf({ row, column }) {
  const { rows, columns } = sheet();
  return {
    top: row ?? 0,
    bottom: row === undefined ? rows : row + 1,
    left: column ?? 0,
    right: column === undefined ? columns : column + 1,
  };
}

function onDown(event) {
  if (event.button !== 0 || !view() || event.target === editor) return;
  const { resize, menu, filter } = event.target.dataset;
  if (resize !== undefined) return startResize(event, Number(resize));
  if (filter !== undefined || menu !== undefined) return undefined;
  const place = under(event);
  if (!place) return undefined;
  event.preventDefault();
  commit();
  grid.focus({ preventScroll: true });
  const isAdded = event.ctrlKey || event.metaKey;
  const isCell = place.row !== undefined && place.column !== undefined;
  if (event.shiftKey) widen(place);
  else if (isCell) selectCell(place.row, place.column, { isAdded, isFollowed: false });
  else selectBox(boxOf(place), { isAdded });
  const follow = (moved) => {
    const now = under(document.elementFromPoint(moved.clientX, moved.clientY) ? { target: document.elementFromPoint(moved.clientX, moved.clientY) } : moved);
    if (now) widen({ row: place.row === undefined ? undefined : now.row, column: place.column === undefined ? undefined : now.column });
  };
  const stop = () => {
    removeEventListener('pointermove', follow);
    removeEventListener('pointerup', stop);
  };
  addEventListener('pointermove', follow);
  addEventListener('pointerup', stop);
  return undefined;
}

/** Widens the selection to a cell, or by whole rows or columns. */
function widen({ row, column }) {
  const { row: activeRow, column: activeColumn } = activeCell();
  if (row !== undefined && column !== undefined) return extendTo(row, column, false);
  if (row === undefined && column === undefined) return undefined;
  const { rows, columns } = sheet();
  if (row === undefined) {
    const [left, right] = [Math.min(activeColumn, column), Math.max(activeColumn, column) + 1];
    return selectBox({ top: 0, bottom: rows, left, right });
  }
  const [top, bottom] = [Math.min(activeRow, row), Math.max(activeRow, row) + 1];
  return selectBox({ top, bottom, left: 0, right: columns });
}

function startResize(event, column) {
  event.preventDefault();
  const start = event.clientX;
  const before = sheet().widths[column];
  const widthAt = (moved) => Math.max(NARROWEST, Math.round(before + moved.clientX - start));
  const follow = (moved) => shift(column, widthAt(moved));
  const stop = (moved) => {
    removeEventListener('pointermove', follow);
    removeEventListener('pointerup', stop);
    if (widthAt(moved) !== before) setWidth(column, widthAt(moved));
    else drawSoon();
  };
  addEventListener('pointermove', follow);
  addEventListener('pointerup', stop);
}

function onClick(event) {
  const { menu, filter } = event.target.dataset;
  const { left, bottom } = event.target.getBoundingClientRect();
  if (menu !== undefined) {
    selectBox(boxOf({ column: Number(menu) }));
    openMenu(columnMenu(selectedRange()), { left, top: bottom });
  }
  if (filter !== undefined) openFilter(Number(filter), { left, top: bottom });
}

function onContext(event) {
  const place = under(event);
  if (!place || (place.row === undefined && place.column === undefined)) return;
  event.preventDefault();
  const isInside = holds(selectedRange(), place.row ?? selectedRange().top, place.column ?? selectedRange().left);
  if (!isInside) selectBox(boxOf(place));
  const items = place.row === undefined ? columnMenu(selectedRange()) : rowMenu(selectedRange());
  openMenu(items, { left: event.clientX, top: event.clientY });
}

function onCopy(event) {
  if (editing || document.activeElement !== grid) return;
  const box = selectedRange();
  const rows = [];
  for (let row = box.top; row < Math.min(box.bottom, Math.max(sheet().filled, box.top + 1)); row += 1) {
    if (!isRowShown(row)) continue;
    rows.push(Array.from({ length: box.right - box.left }, (_, at) => cellAt(row, box.left + at)?.t ?? ''));
  }
  event.clipboardData.setData('text/plain', copiedText(rows));
  event.preventDefault();
  toast(rows.length === 1 && rows[0].length === 1 ? 'Copied.' : `Copied ${rows.length} × ${rows[0].length} cells.`, { seconds: 2 });
}

function onPaste(event) {
  if (editing || document.activeElement !== grid) return;
  event.preventDefault();
  const text = event.clipboardData.getData('text/plain');
  if (text) typeBlock(selectedRange().top, selectedRange().left, pastedCells(text));
}

grid.addEventListener('keydown', onKey);
grid.addEventListener('pointerdown', onDown);
grid.addEventListener('click', onClick);
grid.addEventListener('dblclick', (event) => {
  if (under(event)?.row !== undefined && under(event)?.column !== undefined) beginEdit();
});
grid.addEventListener('contextmenu', onContext);
document.addEventListener('copy', onCopy);
document.addEventListener('paste', onPaste);
onSelect(showActive);
onChange(showActive);
