/** Which columns are sheetjudge's: told by the developer metadata on them, never by their headers. */

const METADATA_KEY = 'sheetjudge';
const PREFIX_MARK = ' · ';

/**
 * What a piece of metadata says; empty for anything that can't be read.
 * @param {string | null} value
 * @returns {Json}
 */
function meaningOf(value) {
  return parsed(value || '');
}

/**
 * The columns of results in a tab, a group for each rubric, from left to right.
 * @param {Mark[]} marks
 * @returns {ResultBlock[]}
 */
function resultBlocks(marks) {
  /** @type {Map<string, Map<string, number>>} */
  const blocks = new Map();
  for (const { column, value } of marks) {
    const role = meaningOf(value).role;
    if (column === 0 || typeof role !== 'string') continue;
    const prefix = role.includes(PREFIX_MARK) ? role.slice(0, role.lastIndexOf(PREFIX_MARK) + PREFIX_MARK.length) : '';
    const block = blocks.get(prefix) || new Map();
    blocks.set(prefix, block);
    // The leftmost counts, should a person have copied a column.
    block.set(role, Math.min(column, block.get(role) ?? column));
  }
  return [...blocks].map(([prefix, roles]) => ({
    prefix,
    roles: [...roles].map(([role, column]) => ({ role, column })).sort((a, b) => a.column - b.column),
  }));
}

/**
 * The numbers of all columns that sheetjudge made.
 * @param {Mark[]} marks
 * @returns {Set<number>}
 */
function managedColumns(marks) {
  return new Set([...columnsSaying(marks, 'role'), ...columnsSaying(marks, 'marks')]);
}

/**
 * The numbers of the columns whose metadata has a text of this kind, in order.
 * @param {Mark[]} marks
 * @param {'role' | 'marks'} kind
 * @returns {number[]}
 */
function columnsSaying(marks, kind) {
  const own = marks.filter(({ column, value }) => column > 0 && typeof meaningOf(value)[kind] === 'string');
  return [...new Set(own.map(({ column }) => column))].sort((a, b) => a - b);
}

/**
 * The column of a block that holds this: `Score` also finds `Style · Score`.
 * @param {ResultBlock} block
 * @param {string} name
 * @returns {number} 0 where there is none.
 */
function roleColumn(block, name) {
  return block.roles.find(({ role }) => role === block.prefix + name)?.column ?? 0;
}

/**
 * Until when a run holds a tab.
 * @param {Mark[]} marks
 * @returns {number} Seconds since 1970; 0 where none does.
 */
function heldUntil(marks) {
  const leases = marks.map(({ value }) => meaningOf(value).lease).filter(Array.isArray);
  return Math.max(0, ...leases.map((lease) => Number(lease[3]) || 0));
}
