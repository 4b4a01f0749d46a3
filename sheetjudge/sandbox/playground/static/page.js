/** The page: its menus and tabs, and the script that is opened with it. */
import { addTab, changed, freezeRows, insertColumns, insertRows, remove, sortBy, toggleFilter } from './actions.js';
import { ask, settings } from './api.js';
import { byId, make, toast, trying } from './dom.js';
import { execute, executeAloud, onMenu } from './executions.js';
import './grid.js';
import './hand.js';
import { barMenu, openMenu } from './menus.js';
import { goTo, onChange, sheet, start, view } from './model.js';
import { selectCell, selectedRange } from './selection.js';

const menus = byId('menus');
const scriptMenus = new Map();

function insertItems() {
  const { top, bottom, left, right } = selectedRange();
  return [
    { name: 'Row above', run: () => insertRows(top, 1).then(() => selectCell(top, left)) },
    { name: 'Row below', run: () => insertRows(bottom, 1, true).then(() => selectCell(bottom, left)) },
    {},
    { name: 'Column left', run: () => insertColumns(left, 1) },
    { name: 'Column right', run: () => insertColumns(right, 1, true) },
    {},
    { name: 'Tab', run: addTab },
  ];
}

function editItems() {
  const { top, bottom, left, right } = selectedRange();
  return [
    { name: bottom - top === 1 ? `Delete row ${top + 1}` : `Delete rows ${top + 1}–${bottom}`, run: () => remove('ROWS', top, bottom) },
    { name: right - left === 1 ? 'Delete column' : `Delete ${right - left} columns`, run: () => remove('COLUMNS', left, right) },
  ];
}

function viewItems() {
  return [
    sheet().frozenRows > 0
      ? { name: 'Unfreeze rows', run: () => freezeRows(0) }
      : { name: 'Freeze the first row', run: () => freezeRows(1) },
    ...view().hiddenTabs.map((tab) => ({ name: `Show the hidden tab ${tab.title}`, run: () => showTab(tab.id) })),
  ];
}

async function showTab(id) {
  await changed({ updateSheetProperties: { properties: { sheetId: id, hidden: false }, fields: 'hidden' } });
  await goTo(id);
}

function dataItems() {
  const { left } = selectedRange();
  return [
    { name: 'Sort sheet by this column, A to Z', run: () => sortBy(left, false) },
    { name: 'Sort sheet by this column, Z to A', run: () => sortBy(left, true) },
    {},
    { name: sheet().filter ? 'Remove filter' : 'Create a filter', run: toggleFilter },
  ];
}

async function fireTriggers() {
  const answer = await trying(() => ask('triggers', {}));
  if (!answer) return;
  if (answer.triggers.length === 0) toast('The script has installed no time trigger.');
  for (const { id, handler } of answer.triggers) {
    await executeAloud(handler, { mode: 'trigger', args: [{ triggerUid: id, timezone: 'UTC' }] });
    toast(`The time trigger ${handler} has run.`);
  }
}

function playgroundItems() {
  return [
    { name: 'Run the time triggers now', run: fireTriggers },
    { name: 'Open another page on the same spreadsheet', run: () => open(location.href, '_blank', 'noopener') },
    {},
    { name: 'Load the script again', run: () => location.reload() },
  ];
}

onMenu((caption, items) => {
  const itemsOf = () => items.map(({ name, call }) => ({ name, run: () => executeAloud(call) }));
  const button = barMenu(caption, itemsOf);
  button.classList.add('script');
  if (scriptMenus.has(caption)) scriptMenus.get(caption).replaceWith(button);
  else menus.append(button);
  scriptMenus.set(caption, button);
});

function drawTabs() {
  byId('tabs').replaceChildren(
    ...view().tabs.map((tab) => {
      const isHere = tab.id === sheet().id;
      const button = make(
        'button',
        { type: 'button', role: 'tab', 'aria-selected': String(isHere), tabindex: isHere ? '0' : '-1', dir: 'auto', onclick: () => open_(tab.id), oncontextmenu: (event) => tabMenu(event, tab) },
        tab.title,
      );
      if (tab.color) button.style.boxShadow = `inset 0 -3px ${tab.color}`;
      return button;
    }),
  );
  byId('title').textContent = view().title;
  document.title = `${view().title} · Playground`;
}

async function open_(id) {
  await goTo(id);
  selectCell(0, 0);
}

function tabMenu(event, { id, title }) {
  event.preventDefault();
  const items = [
    {
      name: 'Rename…',
      run() {
        const next = prompt('Name of the tab', title);
        if (next) changed({ updateSheetProperties: { properties: { sheetId: id, title: next }, fields: 'title' } });
      },
    },
    { name: 'Hide', run: () => changed({ updateSheetProperties: { properties: { sheetId: id, hidden: true }, fields: 'hidden' } }) },
    { name: 'Delete', run: () => changed({ deleteSheet: { sheetId: id } }) },
  ];
  openMenu(items, { left: event.clientX, top: event.clientY });
}

byId('tabs').addEventListener('keydown', (event) => {
  const step = { ArrowRight: 'nextElementSibling', ArrowLeft: 'previousElementSibling' }[event.key];
  const next = step && event.target[step];
  if (next) {
    next.focus();
    next.click();
  }
});
byId('add-tab').addEventListener('click', async () => {
  const replies = await addTab();
  if (replies) open_(replies[0].addSheet.properties.sheetId);
});

const account = byId('account');
account.textContent = settings.email[0].toUpperCase();
account.title = settings.email;
account.setAttribute('aria-label', `Signed in as ${settings.email}`);

menus.append(
  barMenu('Edit', editItems),
  barMenu('View', viewItems),
  barMenu('Insert', insertItems),
  barMenu('Data', dataItems),
  barMenu('Playground', playgroundItems),
);
onChange(drawTabs);
await start();
byId('grid').focus();
try {
  await execute('onOpen', { mode: 'simple', args: [{ authMode: 'LIMITED' }] });
} catch (problem) {
  toast(problem.message, { isProblem: true, seconds: 0 });
}
if (settings.start) await executeAloud(settings.start);
document.body.dataset.ready = '';
