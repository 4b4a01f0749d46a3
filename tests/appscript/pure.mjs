// The sidebar's pure files as they are, in one scope, as Apps Script has them.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, '../../appscript');

/** A fresh scope with all pure files in it. */
export function pure() {
  const scope = vm.createContext({});
  for (const name of readdirSync(join(folder, 'pure'))) {
    vm.runInContext(readFileSync(join(folder, 'pure', name), 'utf8'), scope, { filename: name });
  }
  return scope;
}

/** A fresh scope with the script of a part of the page, one that needs no page. */
export function part(name) {
  const html = readFileSync(join(folder, 'view', `${name}.html`), 'utf8');
  const scope = vm.createContext({});
  vm.runInContext(html.replace('<script>', '').replace('</script>', ''), scope, { filename: name });
  return scope;
}

/** A value of that scope as one of ours: lists and objects of another scope have other prototypes. */
export function plain(value) {
  return JSON.parse(JSON.stringify(value));
}

/** Cases that the Python side answers in the same way. */
export function sharedCases() {
  return JSON.parse(readFileSync(join(here, 'shared_cases.json'), 'utf8'));
}
