/** What a person does to the spreadsheet besides typing: sorting, filtering, inserting, deleting, hiding. */
import { ask, change, settings } from './api.js';
import { make, trying } from './dom.js';
import { lookAgain, sheet } from './model.js';
import { closeMenu, openPanel } from './menus.js';
import { areaOf, letters, spanOf } from './places.js';
import { selectCell } from './selection.js';

/** Changes the spreadsheet and shows what came of it. */
export function changed(...requests) {
  return trying(async () => {
    const replies = await change(...requests);
    await lookAgain();
    return replies;
  });
}

/** The rows below the frozen ones, or below the first where none are frozen and a header is likely. */
function bodyBox() {
  const { rows, columns, frozenRows, filled } = sheet();
  return { top: Math.max(1, frozenRows), bottom: Math.min(rows, Math.max(filled, 2)), left: 0, right: columns };
}

export function sortBy(column, isDescending) {
  const spec = { dimensionIndex: column, sortOrder: isDescending ? 'DESCENDING' : 'ASCENDING' };
  return changed({ sortRange: { range: areaOf(sheet().id, bodyBox()), sortSpecs: [spec] } });
}

export function insertRows(before, count, isAfter = false) {
  const range = spanOf(sheet().id, 'ROWS', before, before + count);
  return changed({ insertDimension: { range, inheritFromBefore: isAfter } });
}

export function insertColumns(before, count, isAfter = false) {
  const range = spanOf(sheet().id, 'COLUMNS', before, before + count);
  return changed({ insertDimension: { range, inheritFromBefore: isAfter } });
}

export function remove(dimension, start, end) {
  return changed({ deleteDimension: { range: spanOf(sheet().id, dimension, start, end) } });
}

export function hide(dimension, start, end, isHidden) {
  const range = spanOf(sheet().id, dimension, start, end);
  return changed({ updateDimensionProperties: { range, properties: { hiddenByUser: isHidden }, fields: 'hiddenByUser' } });
}

export function setWidth(column, width) {
  const range = spanOf(sheet().id, 'COLUMNS', column, column + 1);
  return changed({ updateDimensionProperties: { range, properties: { pixelSize: width }, fields: 'pixelSize' } });
}

export function freezeRows(count) {
  const properties = { sheetId: sheet().id, gridProperties: { frozenRowCount: count } };
  return changed({ updateSheetProperties: { properties, fields: 'gridProperties.frozenRowCount' } });
}

export function addTab() {
  return changed({ addSheet: { properties: {} } });
}

export function toggleFilter() {
  if (sheet().filter) return changed({ clearBasicFilter: { sheetId: sheet().id } });
  const { filled, rows, columns } = sheet();
  const range = areaOf(sheet().id, { top: 0, bottom: Math.max(filled, Math.min(2, rows)), left: 0, right: columns });
  return changed({ setBasicFilter: { filter: { range } } });
}

/** Hides the rows that show one of some texts in a column. */
function filterBy(column, hiddenValues) {
  const { range, criteria = {} } = sheet().filter;
  const kept = Object.fromEntries(Object.entries(criteria).filter(([at]) => Number(at) !== column));
  const next = hiddenValues.length > 0 ? { ...kept, [column]: { hiddenValues } } : kept;
  return changed({ setBasicFilter: { filter: { range, criteria: next } } });
}

/** The panel of a filter: the texts of its column, each with a box. */
export async function openFilter(column, place) {
  const { range, criteria = {} } = sheet().filter;
  const top = (range.startRowIndex || 0) + 1;
  const body = { book: settings.book, sheet: sheet().id, column, top, bottom: range.endRowIndex ?? sheet().rows };
  const answer = await trying(() => ask('values', body));
  if (!answer) return;
  const hidden = criteria[column]?.hiddenValues || [];
  const boxes = answer.values.map((text) => make('input', { type: 'checkbox', checked: !hidden.includes(text) }));
  const rows = answer.values.map((text, at) => make('label', {}, boxes[at], make('span', { dir: 'auto' }, text || '(Blanks)')));
  const setAll = (isOn) => () => boxes.forEach((box) => Object.assign(box, { checked: isOn }));
  const apply = () => {
    closeMenu();
    filterBy(column, answer.values.filter((_, at) => !boxes[at].checked));
  };
  const content = make(
    'div',
    { class: 'filter' },
    make('div', { class: 'buttons' }, plain('Sort A → Z', () => (closeMenu(), sortBy(column, false))), plain('Sort Z → A', () => (closeMenu(), sortBy(column, true)))),
    make('div', { class: 'buttons' }, plain('Select all', setAll(true)), plain('Clear', setAll(false))),
    make('div', { class: 'choices', role: 'group', 'aria-label': `Values of column ${letters(column)}`, tabindex: '0' }, ...rows),
    make('div', { class: 'buttons end' }, plain('Cancel', closeMenu), make('button', { type: 'button', class: 'main', onclick: apply }, 'OK')),
  );
  openPanel(content, { ...place, label: `Filter by column ${letters(column)}` });
}

function plain(text, onclick) {
  return make('button', { type: 'button', onclick }, text);
}

export function columnMenu(box) {
  const { left, right } = box;
  const count = right - left;
  const named = count === 1 ? 'column' : `${count} columns`;
  return [
    { name: 'Sort sheet A to Z', run: () => sortBy(left, false) },
    { name: 'Sort sheet Z to A', run: () => sortBy(left, true) },
    {},
    { name: `Insert ${named} left`, run: () => insertColumns(left, count) },
    { name: `Insert ${named} right`, run: () => insertColumns(right, count, true) },
    { name: `Delete ${named}`, run: () => remove('COLUMNS', left, right) },
    {},
    { name: `Hide ${named}`, run: () => hide('COLUMNS', left, right, true) },
    ...unhide('COLUMNS', sheet().hiddenColumns),
  ];
}

export function rowMenu(box) {
  const { top, bottom } = box;
  const count = bottom - top;
  const named = count === 1 ? 'row' : `${count} rows`;
  return [
    { name: `Insert ${named} above`, run: () => insertRows(top, count).then(() => selectCell(top, box.left)) },
    { name: `Insert ${named} below`, run: () => insertRows(bottom, count, true).then(() => selectCell(bottom, box.left)) },
    { name: `Delete ${named}`, run: () => remove('ROWS', top, bottom) },
    {},
    { name: `Hide ${named}`, run: () => hide('ROWS', top, bottom, true) },
    ...unhide('ROWS', sheet().filter ? [] : sheet().hiddenRows),
  ];
}

function unhide(dimension, hidden) {
  if (hidden.length === 0) return [];
  const show = () => hide(dimension, Math.min(...hidden), Math.max(...hidden) + 1, false);
  return [{ name: `Show hidden ${dimension.toLowerCase()}`, run: show }];
}
