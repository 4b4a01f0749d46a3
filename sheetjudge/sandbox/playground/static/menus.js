/** Menus of the bar, and those of a header or a row. */
import { make } from './dom.js';

let opened = null;

export function closeMenu() {
  if (!opened) return;
  const { panel, opener } = opened;
  opened = null;
  panel.remove();
  opener?.setAttribute('aria-expanded', 'false');
}

function moved(panel, step) {
  const items = [...panel.querySelectorAll('[role=menuitem]')];
  const at = items.indexOf(document.activeElement);
  items.at((at + step + items.length) % items.length)?.focus();
}

/**
 * Opens a menu.
 * @param {{name?: string, run?: () => void}[]} items Without a name: a separator.
 * @param {{left: number, top: number, opener?: HTMLElement, isFocused?: boolean}} place
 */
export function openMenu(items, { left, top, opener = null }) {
  closeMenu();
  const entries = items.map(({ name, run }) =>
    name === undefined
      ? make('div', { class: 'separator', role: 'separator' })
      : make('button', { type: 'button', role: 'menuitem', tabindex: '-1', onclick: () => (closeMenu(), run()) }, name),
  );
  const panel = make('div', { class: 'menu', role: 'menu', onkeydown: onMenuKey }, ...entries);
  document.body.append(panel);
  panel.style.left = `${Math.min(left, innerWidth - panel.offsetWidth - 8)}px`;
  panel.style.top = `${Math.min(top, innerHeight - panel.offsetHeight - 8)}px`;
  opener?.setAttribute('aria-expanded', 'true');
  opened = { panel, opener };
  panel.querySelector('[role=menuitem]')?.focus({ preventScroll: true });
}

/** Opens a panel of any content where a menu would be. */
export function openPanel(content, { left, top, label }) {
  closeMenu();
  const panel = make('div', { class: 'menu panel', role: 'dialog', 'aria-label': label, onkeydown: onMenuKey }, content);
  document.body.append(panel);
  panel.style.left = `${Math.min(left, innerWidth - panel.offsetWidth - 8)}px`;
  panel.style.top = `${Math.min(top, innerHeight - panel.offsetHeight - 8)}px`;
  opened = { panel, opener: null };
  panel.querySelector('button, input')?.focus();
}

function onMenuKey(event) {
  const panel = event.currentTarget;
  const keys = { ArrowDown: () => moved(panel, 1), ArrowUp: () => moved(panel, -1), Escape: () => escaped() };
  if (panel.getAttribute('role') === 'dialog' && event.key !== 'Escape') return;
  if (keys[event.key]) {
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }
}

function escaped() {
  const { opener } = opened;
  closeMenu();
  (opener || document.getElementById('grid')).focus();
}

/** A menu of the bar. */
export function barMenu(name, itemsOf) {
  const button = make(
    'button',
    { type: 'button', role: 'menuitem', 'aria-haspopup': 'menu', 'aria-expanded': 'false', onclick: toggle, onkeydown: onKey, onmouseenter: follow },
    name,
  );
  function show() {
    const { left, bottom } = button.getBoundingClientRect();
    openMenu(itemsOf(), { left, top: bottom, opener: button });
  }
  function toggle() {
    if (opened?.opener === button) closeMenu();
    else show();
  }
  function follow() {
    if (opened?.opener && opened.opener !== button) show();
  }
  function onKey(event) {
    const step = { ArrowRight: 'nextElementSibling', ArrowLeft: 'previousElementSibling' }[event.key];
    if (step) button[step]?.focus();
    if (event.key === 'ArrowDown') show();
    if (step || event.key === 'ArrowDown') event.preventDefault();
  }
  return button;
}

addEventListener('pointerdown', (event) => {
  if (opened && !opened.panel.contains(event.target) && !opened.opener?.contains(event.target)) closeMenu();
});
addEventListener('blur', () => {
  if (document.activeElement?.tagName === 'IFRAME') closeMenu();
});
