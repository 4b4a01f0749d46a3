/**
 * A rubric as the cells of a tab: its name and scale on top, then a criterion in each row. `sheetjudge rubric push` and
 * `pull` write and read the same.
 */

const SETTING_KEYS = ['name', 'about', 'scale', 'locale'];
/** @type {['id', 'ask', 'statement', 'scale', 'weight', 'required', 'levels', 'check']} */
const CRITERION_KEYS = ['id', 'ask', 'statement', 'scale', 'weight', 'required', 'levels', 'check'];
const COMMENT = '#';
const USUAL_SCALE = '1-5';

/**
 * A rubric without criteria.
 * @returns {RubricTable}
 */
function emptyRubric() {
  return { name: '', about: '', scale: USUAL_SCALE, locale: '', criteria: [], noteHeaders: [], comments: [] };
}

/**
 * A criterion that asks nothing yet.
 * @returns {Criterion}
 */
function emptyCriterion() {
  return { id: '', ask: '', statement: '', scale: '', weight: '', required: '', levels: '', check: '', notes: [] };
}

/**
 * The rubric in the cells of a tab.
 * @param {unknown[][]} rows From the first row on.
 * @returns {RubricTable}
 * @throws {Problem} The cells hold no rubric; says in which row.
 */
function readRubricGrid(rows) {
  const texts = rows.map((row) => row.map(cellText));
  const rubric = emptyRubric();
  const header = texts.findIndex((row) => isHeaderRow(row));
  texts.slice(0, header < 0 ? texts.length : header).forEach((row, n) => {
    readSetting(rubric, row, n + 1);
  });
  if (header < 0) {
    if (texts.every((row) => row.every((cell) => cell === ''))) return rubric;
    throw new Problem('The tab has no row of headers.', `Write ${CRITERION_KEYS.join(', ')} into the cells of a row.`);
  }
  const columns = headerColumns(texts[header], header + 1);
  rubric.noteHeaders = columns.filter(({ key }) => key === COMMENT).map(({ text }) => text);
  texts.slice(header + 1).forEach((row, n) => {
    if (row.every((cell) => cell === '')) return;
    rubric.criteria.push(readCriterion(row, columns, header + n + 2));
  });
  return rubric;
}

/**
 * The rows of a tab from which `readRubricGrid` makes the same rubric.
 * @param {RubricTable} rubric
 * @returns {string[][]} All of the same length.
 */
function rubricGrid(rubric) {
  const width = CRITERION_KEYS.length + rubric.noteHeaders.length;
  const settings = { name: rubric.name, about: rubric.about, scale: rubric.scale, locale: rubric.locale || 'en' };
  const rows = [
    ...rubric.comments.map((comment) => [comment]),
    ...Object.entries(settings),
    [],
    [...CRITERION_KEYS, ...rubric.noteHeaders],
    ...rubric.criteria.map((criterion) => [...CRITERION_KEYS.map((key) => criterion[key]), ...criterion.notes]),
  ];
  return rows.map((row) => [...row, ...new Array(width - row.length).fill('')].map(plainCell));
}

/**
 * What is wrong with a rubric, before it is kept.
 * @param {RubricTable} rubric
 * @throws {Problem}
 */
function checkRubric(rubric) {
  if (rubric.name.trim() === '') throw new Problem('The rubric has no name.', 'Give it one.', 'rubric-name');
  if (rubric.criteria.length === 0) throw new Problem('The rubric has no criterion.', 'Add one.', 'add-criterion');
  checkScale(rubric.scale, 'The rubric');
  /** @type {Set<string>} */
  const ids = new Set();
  rubric.criteria.forEach((criterion, n) => {
    checkCriterion(criterion, `Criterion ${n + 1}`);
    const id = criterion.id.trim().toLowerCase();
    if (id !== '' && ids.has(id)) {
      throw new Problem(`Criterion ${n + 1} has the same short name as another.`, `Change “${criterion.id}”.`);
    }
    ids.add(id);
  });
  if (rubric.criteria.every(({ weight }) => Number(weight || 1) === 0)) {
    throw new Problem('Every criterion has the weight 0.', 'Give one of them a weight above 0.');
  }
}

/**
 * @param {Criterion} criterion
 * @param {string} name
 */
function checkCriterion(criterion, name) {
  if (criterion.ask.trim() === '' && criterion.check.trim() === '') {
    throw new Problem(`${name} asks nothing.`, 'Write its question, or delete it.');
  }
  if (criterion.id.trim() !== '' && !/^[\p{L}\p{N}][\p{L}\p{N}\p{M}_-]{0,39}$/u.test(criterion.id.trim())) {
    throw new Problem(`${name} has the short name “${oneLine(criterion.id, 40)}”.`, 'Use letters, digits, - and _.');
  }
  const weight = criterion.weight.trim();
  if (weight !== '' && !(Number(weight.replace(',', '.')) >= 0)) {
    throw new Problem(`${name} has the weight “${oneLine(weight, 20)}”.`, 'Write 1, 2 or 0.5, say.');
  }
  if (criterion.scale.trim() !== '') checkScale(criterion.scale, name);
}

/**
 * @param {string} scale
 * @param {string} name
 */
function checkScale(scale, name) {
  const text = scale.trim();
  if (/^\[.+,.+\]$/s.test(text) || /^\{.+\}$/s.test(text) || /^(yes\s*\/\s*no|no\s*\/\s*yes)$/i.test(text)) return;
  const range = scaleEnds(text);
  if (!range || range.low >= range.high) {
    throw new Problem(`${name} has the scale “${oneLine(scale, 30)}”.`, 'Write 1-5, yes/no or [low, medium, high].');
  }
}

/**
 * The ends of a scale of numbers.
 * @param {string} scale `1-5`, `-2..2`, `0 to 10`.
 * @returns {{low: number, high: number} | null} Null where it is none.
 */
function scaleEnds(scale) {
  const found = /^([-+]?\d{1,9})\s*(?:-|\.\.\.?|…|to)\s*([-+]?\d{1,9})$/.exec(scale.trim().replace(/[−–—‐]/g, '-'));
  return found && { low: Number(found[1]), high: Number(found[2]) };
}

/**
 * @param {RubricTable} rubric
 * @param {string[]} row
 * @param {number} number
 */
function readSetting(rubric, row, number) {
  const filled = row.filter((cell) => cell !== '');
  if (filled.length === 0) return;
  if (filled[0].startsWith(COMMENT)) {
    rubric.comments.push(filled.join(' '));
    return;
  }
  const key = keyWord(filled[0]);
  if (key === 'name' || key === 'about' || key === 'scale' || key === 'locale') {
    if (filled.length > 1) rubric[key] = key === 'scale' ? scaleText(filled[1], `Row ${number}`) : filled[1];
    return;
  }
  throw new Problem(`Row ${number} of the tab says “${oneLine(filled[0], 40)}”.`, `Write ${SETTING_KEYS.join(', ')}.`);
}

/**
 * @param {string[]} row
 * @returns {boolean}
 */
function isHeaderRow(row) {
  const words = row.filter((cell) => cell !== '').map(keyWord);
  if (words.length === 0 || words[0].startsWith(COMMENT)) return false;
  const known = words.filter((word) => CRITERION_KEYS.some((key) => key === word));
  return words.includes('ask') || words.includes('check') || (known.length > 1 && words.length > 2);
}

/**
 * @param {string[]} row
 * @param {number} number
 * @returns {{index: number, key: string, text: string}[]}
 */
function headerColumns(row, number) {
  const columns = row
    .map((text, index) => ({ index, text, key: keyWord(text).startsWith(COMMENT) ? COMMENT : keyWord(text) }))
    .filter(({ key }) => key !== '');
  for (const { index, key, text } of columns) {
    if (key === COMMENT) continue;
    const where = `Row ${number}, column ${columnLetters(index + 1)} of the tab`;
    if (!CRITERION_KEYS.some((known) => known === key)) {
      const advice = `The headers are ${CRITERION_KEYS.join(', ')}; # for notes of your own.`;
      throw new Problem(`${where} says “${oneLine(text, 40)}”.`, advice);
    }
    if (columns.some((other) => other.index < index && other.key === key)) {
      throw new Problem(`${where}: ${key} heads two columns.`, 'Keep one.');
    }
  }
  return columns;
}

/**
 * @param {string[]} row
 * @param {{index: number, key: string}[]} columns
 * @param {number} number
 * @returns {Criterion}
 */
function readCriterion(row, columns, number) {
  const criterion = emptyCriterion();
  for (const { index, key } of columns) {
    const text = row[index] || '';
    const known = CRITERION_KEYS.find((one) => one === key);
    if (known) criterion[known] = known === 'scale' && text ? scaleText(text, `Row ${number}`) : text;
    else criterion.notes.push(text);
  }
  return criterion;
}

/**
 * @param {string} text
 * @param {string} where
 * @returns {string}
 */
function scaleText(text, where) {
  if (/^\d+[-/.]\d+[-/.]\d+/.test(text) || (/^\d+$/.test(text) && Number(text) >= 20000)) {
    throw new Problem(`${where} of the tab: the scale has become a date.`, 'Format the cell as plain text, write 1-5.');
  }
  return text;
}

/**
 * @param {string} text
 * @returns {string}
 */
function keyWord(text) {
  return text.trim().replace(/:$/, '').trim().toLowerCase();
}

/**
 * A cell's value as text.
 * @param {unknown} value
 * @returns {string}
 */
function cellText(value) {
  if (value === null || value === undefined) return '';
  if (Object.prototype.toString.call(value) === '[object Date]') {
    const date = /** @type {Date} */ (value);
    return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
  }
  // The apostrophe of `plainCell`, where the sheet has kept it.
  return String(value)
    .trim()
    .replace(/^'(?=['=+])/, '');
}

/**
 * A text as it is put into a cell, so that it stays one: a sheet takes what begins with = for a formula.
 * @param {string} text
 * @returns {string}
 */
function plainCell(text) {
  return /^['=+]/.test(text) ? `'${text}` : text;
}
