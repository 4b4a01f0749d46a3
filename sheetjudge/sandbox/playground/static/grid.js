/** The grid: headers, frozen rows, and the cells that are seen. */
import { byId, make } from './dom.js';
import { cellAt, lookOf, onChange, sheet, view, watch } from './model.js';
import { holds, letters } from './places.js';
import { activeCell, onSelect, selectedRanges } from './selection.js';

const ROW = 21;
const HEAD = 24;
const SIDE = 46;
const BEYOND = 8; // rows drawn above and below those that are seen

const viewport = byId('viewport');
const grid = byId('grid');
const head = make('div', { class: 'head', role: 'row', 'aria-rowindex': '1' });
const frozen = make('div', { class: 'frozen', role: 'rowgroup' });
const body = make('div', { class: 'body', role: 'rowgroup' });
const charts = make('div', { class: 'charts' });
grid.append(make('div', { class: 'headgroup', role: 'rowgroup' }, head), frozen, body);
grid.after(charts);

/** Left edges of columns and top edges of rows, in pixels; hidden ones have no width or height. */
let lefts = [0];
let tops = [0];
let isDrawing = false;

const isHidden = (list, at) => list.includes(at);

function measure() {
  const { widths, hiddenColumns, rows, hiddenRows, heights } = sheet();
  lefts = [0];
  for (const [at, width] of widths.entries()) lefts.push(lefts[at] + (isHidden(hiddenColumns, at) ? 0 : width));
  const hidden = new Set(hiddenRows);
  tops = new Array(rows + 1);
  tops[0] = 0;
  for (let at = 0; at < rows; at += 1) tops[at + 1] = tops[at] + (hidden.has(at) ? 0 : (heights[at] ?? ROW));
}

/** The row at a height. */
function rowAt(height) {
  let [low, high] = [0, tops.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle] <= height) low = middle;
    else high = middle - 1;
  }
  return low;
}

export const isRowShown = (row) => tops[row + 1] > tops[row];
export const isColumnShown = (column) => lefts[column + 1] > lefts[column];
const shownColumns = () => sheet().widths.map((_, at) => at).filter(isColumnShown);

function seenRows() {
  const skipped = tops[sheet().frozenRows];
  const first = rowAt(viewport.scrollTop + skipped);
  const last = rowAt(viewport.scrollTop + viewport.clientHeight);
  return [Math.max(sheet().frozenRows, first - BEYOND), Math.min(sheet().rows - 1, last + BEYOND)];
}

function drawHead() {
  head.replaceChildren(make('div', { class: 'corner', role: 'columnheader', 'aria-label': 'All cells', 'aria-colindex': '1', 'data-all': '' }));
  const ranges = selectedRanges();
  for (const column of shownColumns()) {
    const isWhole = ranges.some((box) => box.left <= column && column < box.right && box.bottom - box.top >= sheet().rows);
    const isTouched = ranges.some((box) => box.left <= column && column < box.right);
    const more = make('button', { class: 'more', type: 'button', tabindex: '-1', 'data-menu': column, 'aria-label': `Column ${letters(column)}` }, '▾');
    const letter = make('div', { class: `letter${isWhole ? ' whole' : isTouched ? ' touched' : ''}`, role: 'columnheader', 'aria-colindex': column + 2, 'data-column': column }, make('span', {}, letters(column)), more);
    letter.append(make('div', { class: 'resize', 'data-resize': column }));
    letter.style.width = `${lefts[column + 1] - lefts[column]}px`;
    if (column < sheet().frozenColumns) stick(letter, column);
    head.append(letter);
  }
}

function stick(element, column) {
  element.classList.add('stuck');
  element.style.left = `${SIDE + lefts[column]}px`;
}

/** How far a text may run over the empty cells right of it. */
function spillWidth(row, column) {
  let next = column + 1;
  while (next < sheet().columns && next < column + 12 && !cellAt(row, next)?.t) next += 1;
  return lefts[next] - lefts[column];
}

function drawCell(row, column) {
  const cell = cellAt(row, column);
  const element = make('div', {
    role: 'gridcell',
    class: 'cell',
    id: `c${row}_${column}`,
    'aria-colindex': column + 2,
    'data-row': row,
    'data-at': column,
  });
  element.style.width = `${lefts[column + 1] - lefts[column]}px`;
  const { row: activeRow, column: activeColumn } = activeCell();
  const isActive = row === activeRow && column === activeColumn;
  if (isActive) element.classList.add('active');
  const isSelected = selectedRanges().some((box) => holds(box, row, column));
  element.setAttribute('aria-selected', String(isSelected));
  if (isSelected && !isActive) element.classList.add('selected');
  if (column < sheet().frozenColumns) stick(element, column);
  if (cell) dress(element, cell, row, column);
  if (isFilterHead(row, column)) element.append(filterButton(row, column));
  return element;
}

function dress(element, cell, row, column) {
  const look = lookOf(cell);
  const text = make('span', { class: 'text', dir: 'auto' }, cell.t);
  if (look.bg) element.style.backgroundColor = look.bg;
  if (look.fg) text.style.color = look.fg;
  if (look.size) text.style.fontSize = `${look.size}pt`;
  if (look.ha) element.style.textAlign = look.ha;
  for (const name of ['b', 'i', 'u', 's', 'wrap']) {
    if (look[name]) element.classList.add(name === 'wrap' ? `wrap-${look.wrap}` : name);
  }
  if (look.va) element.classList.add(`at-${look.va}`);
  if (cell.l) element.classList.add('link');
  if (cell.x !== undefined) element.classList.add('wrong');
  if (cell.n) {
    element.classList.add('noted');
    element.title = cell.n;
    element.append(make('span', { class: 'unseen' }, `Note: ${cell.n}`));
  } else if (cell.x) element.title = cell.x;
  if (cell.t && !look.wrap && (look.ha ?? 'left') === 'left') {
    const width = spillWidth(row, column);
    if (width > lefts[column + 1] - lefts[column]) {
      text.classList.add('spill');
      text.style.maxWidth = `${width - 1}px`;
    }
  }
  element.prepend(text);
}

function isFilterHead(row, column) {
  const range = sheet().filter?.range;
  return Boolean(range) && row === (range.startRowIndex || 0) && column >= (range.startColumnIndex || 0) && column < range.endColumnIndex;
}

function filterButton(row, column) {
  const isOn = (sheet().filter.criteria?.[column]?.hiddenValues || []).length > 0;
  const label = `${isOn ? 'Filtered' : 'Filter'}: ${cellAt(row, column)?.t || letters(column)}`;
  return make('button', { class: `funnel${isOn ? ' on' : ''}`, type: 'button', tabindex: '-1', 'aria-label': label, 'data-filter': column }, isOn ? '▼' : '≡');
}

function drawRow(row, columns) {
  const ranges = selectedRanges();
  const isWhole = ranges.some((box) => box.top <= row && row < box.bottom && box.right - box.left >= sheet().columns);
  const isTouched = ranges.some((box) => box.top <= row && row < box.bottom);
  const number = make('div', { class: `number${isWhole ? ' whole' : isTouched ? ' touched' : ''}`, role: 'rowheader', 'aria-colindex': '1', 'data-number': row }, String(row + 1));
  const element = make('div', { class: 'row', role: 'row', 'aria-rowindex': row + 2 }, number, ...columns.map((column) => drawCell(row, column)));
  element.style.height = `${tops[row + 1] - tops[row]}px`;
  if (row >= 1 && !isRowShown(row - 1)) element.classList.add('after-hidden');
  return element;
}

function drawRows() {
  const columns = shownColumns();
  const [first, last] = seenRows();
  const frozenRows = sheet().frozenRows;
  const list = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at).filter(isRowShown);
  frozen.replaceChildren(...list(0, frozenRows).map((row) => drawRow(row, columns)));
  const rows = list(first, last + 1).map((row) => {
    const element = drawRow(row, columns);
    element.style.top = `${tops[row] - tops[frozenRows]}px`;
    return element;
  });
  body.replaceChildren(...rows);
  const { row, column } = activeCell();
  if (byId(`c${row}_${column}`)) grid.setAttribute('aria-activedescendant', `c${row}_${column}`);
  else grid.removeAttribute('aria-activedescendant');
}

function draw() {
  isDrawing = false;
  if (!view()) return;
  const [first, last] = seenRows();
  watch(first, last + 1);
  drawHead();
  drawRows();
}

/** Draws before the next frame. */
export function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(draw);
}

/** Where a cell is, within the grid. */
export function placeOf(row, column) {
  return { left: SIDE + lefts[column], top: HEAD + tops[row], width: lefts[column + 1] - lefts[column], height: tops[row + 1] - tops[row] };
}

/** Puts the charts over their cells. */
function drawCharts() {
  charts.replaceChildren(...sheet().charts.map(({ row, column, x, y, width, height, name, picture }) => {
    const image = make('img', { src: picture, alt: name, width, height });
    image.style.left = `${SIDE + lefts[column] + x}px`;
    image.style.top = `${HEAD + tops[row] + y}px`;
    return image;
  }));
}

/** Scrolls so that a cell is seen. */
export function reveal(row, column) {
  const { frozenRows, frozenColumns } = sheet();
  if (row >= frozenRows) {
    const above = tops[row] - tops[frozenRows];
    const space = viewport.clientHeight - HEAD - tops[frozenRows];
    if (above < viewport.scrollTop) viewport.scrollTop = above;
    else if (tops[row + 1] - tops[frozenRows] > viewport.scrollTop + space) viewport.scrollTop = tops[row + 1] - tops[frozenRows] - space;
  }
  if (column >= frozenColumns) {
    const before = lefts[column] - lefts[frozenColumns];
    const space = viewport.clientWidth - SIDE - lefts[frozenColumns];
    if (before < viewport.scrollLeft) viewport.scrollLeft = before;
    else if (lefts[column + 1] - lefts[frozenColumns] > viewport.scrollLeft + space) {
      viewport.scrollLeft = Math.min(before, lefts[column + 1] - lefts[frozenColumns] - space);
    }
  }
}

/** The next row or column in a direction that isn't hidden. */
export function stepped(at, step, isShown, end) {
  let next = at + step;
  while (next >= 0 && next < end && !isShown(next)) next += step;
  return next >= 0 && next < end ? next : at;
}

export function shift(column, width) {
  const letter = head.querySelector(`[data-column="${column}"]`);
  if (letter) letter.style.width = `${width}px`;
}

onChange(() => {
  measure();
  grid.style.width = `${SIDE + lefts.at(-1)}px`;
  body.style.height = `${tops.at(-1) - tops[sheet().frozenRows]}px`;
  grid.setAttribute('aria-rowcount', sheet().rows + 1);
  grid.setAttribute('aria-colcount', sheet().columns + 1);
  drawCharts();
  drawSoon();
});
onSelect((isFollowed) => {
  if (view() && isFollowed) reveal(activeCell().row, activeCell().column);
  drawSoon();
});
viewport.addEventListener('scroll', drawSoon, { passive: true });
new ResizeObserver(drawSoon).observe(viewport);
