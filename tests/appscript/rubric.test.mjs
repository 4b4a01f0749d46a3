import assert from 'node:assert/strict';
import { test } from 'node:test';
import { part, plain, pure } from './pure.mjs';

const script = pure();
const levels = part('levels');
const HEADER = ['id', 'ask', 'statement', 'scale', 'weight', 'required', 'levels', 'check'];
const problem = (grid) => {
  try {
    script.readRubricGrid(grid);
  } catch (thrown) {
    return thrown.message;
  }
  return '';
};

test('a tab that a person typed', () => {
  const found = plain(
    script.readRubricGrid([
      ['Name:', 'Reports'],
      ['# ours'],
      [],
      ['Ask', 'Weight', '# who', 'Scale'],
      ['Is it clear?', 2, 'Ana', 'yes/no'],
      ['', '', '', ''],
      ['Is it short?', 0.5, '', ''],
    ]),
  );
  assert.deepEqual([found.name, found.scale, found.criteria.length], ['Reports', '1-5', 2]);
  assert.deepEqual(
    [found.criteria[0].weight, found.criteria[0].scale, found.criteria[1].weight],
    ['2', 'yes/no', '0.5'],
  );
  assert.deepEqual(plain(script.rubricGrid(found)).slice(0, 2), [
    ['# ours', '', '', '', '', '', '', '', ''],
    ['name', 'Reports', '', '', '', '', '', '', ''],
  ]);
  assert.deepEqual(plain(script.rubricGrid(found))[7].slice(-1), ['Ana']);
});

test('what a person wrote for themselves comes back', () => {
  const grid = [
    ['# about us'],
    ['name', 'R'],
    ['scale', '1-5'],
    [],
    [...HEADER, '# who'],
    ['a', 'Clear?', '', '', '', '', '', '', 'Ana'],
  ];
  const once = plain(script.rubricGrid(script.readRubricGrid(grid)));
  assert.deepEqual(plain(script.rubricGrid(script.readRubricGrid(once))), once);
  assert.ok(once.some((row) => row.includes('Ana')) && once.some((row) => row.includes('# about us')));
});

test('mistakes name their row', () => {
  assert.match(problem([['nmae', 'x'], HEADER]), /Row 1/);
  assert.match(
    problem([
      ['name', 'x'],
      ['id', 'ask', 'wieght'],
    ]),
    /Row 2, column C/,
  );
  assert.match(
    problem([
      ['name', 'x'],
      ['id', 'ask', 'ask'],
    ]),
    /two columns/,
  );
  assert.match(problem([['name', 'x'], ['scale', new Date(2026, 0, 5)], HEADER]), /Row 2.*date/);
  assert.match(problem([HEADER, ['a', 'Clear?', '', '2026-01-05']]), /Row 2.*date/);
  assert.match(problem([['name', 'x']]), /no row of headers/);
  assert.equal(problem([]), '');
  assert.equal(problem([['', ''], ['']]), '');
});

test('a rubric is checked before it is kept', () => {
  const good = {
    ...plain(script.emptyRubric()),
    name: 'R',
    criteria: [{ ...plain(script.emptyCriterion()), ask: 'Clear?' }],
  };
  const says = (changes, criterion = {}) => {
    const rubric = { ...good, criteria: [{ ...good.criteria[0], ...criterion }], ...changes };
    try {
      script.checkRubric(rubric);
    } catch (thrown) {
      return thrown.message;
    }
    return '';
  };
  assert.equal(says({}), '');
  assert.match(says({ name: ' ' }), /no name/);
  assert.match(says({ criteria: [] }), /no criterion/);
  assert.match(says({ scale: '5-1' }), /scale/);
  assert.match(says({}, { ask: '' }), /asks nothing/);
  assert.match(says({}, { weight: 'much' }), /weight/);
  assert.match(says({}, { weight: '0' }), /weight 0/);
  assert.match(says({}, { scale: 'low or high' }), /scale/);
  assert.match(says({}, { id: 'a b' }), /short name/);
  assert.equal(says({}, { scale: '[low, medium, high]', weight: '0.5', id: 'übung-1' }), '');
});

test('scales and their answers', () => {
  const answers = (scale) => plain(levels.scaleAnswers(scale));
  assert.deepEqual(answers('1-5'), ['1', '2', '3', '4', '5']);
  assert.deepEqual(answers('-1 to 1'), ['-1', '0', '1']);
  assert.deepEqual(answers('0–3'), ['0', '1', '2', '3']);
  assert.deepEqual(answers('yes / no'), ['no', 'yes']);
  assert.deepEqual(answers('[low, "so, so", high]').length, 4);
  assert.deepEqual(answers('0-100'), []);
});

test('what marks mean, one a line', () => {
  const read = levels.readLevels('1: Weak\n and more\n5: Strong: very');
  assert.deepEqual(plain(read), [
    { answer: '1', text: 'Weak\n and more' },
    { answer: '5', text: 'Strong: very' },
  ]);
  assert.equal(levels.levelsCell(read), '1: Weak and more\n5: Strong: very');
  assert.equal(levels.readLevels('{"1": "Weak"}'), null);
  assert.deepEqual(plain(levels.readLevels('')), []);
});

test('a text that looks like a formula stays a text', () => {
  const rubric = {
    ...plain(script.emptyRubric()),
    name: '=IMPORTXML("x")',
    criteria: [{ ...plain(script.emptyCriterion()), ask: '+1 or -1?' }],
  };
  const grid = plain(script.rubricGrid(rubric));
  assert.equal(grid[0][1], '\'=IMPORTXML("x")');
  assert.equal(grid.at(-1)[1], "'+1 or -1?");
  assert.deepEqual(plain(script.rubricGrid(script.readRubricGrid(grid))), grid);
});
