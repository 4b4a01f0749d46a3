import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, pure } from './pure.mjs';

const script = pure();
const mark = (column, value) => ({ column, value: JSON.stringify(value) });
const role = (column, name) => mark(column, { role: name });
const nothing = (count) => new Array(count).fill('');
const summed = (scores, statuses, more = {}) =>
  plain(
    script.summedUp({
      scores,
      statuses,
      winners: nothing(scores.length),
      keeps: nothing(scores.length),
      ranks: nothing(scores.length),
      titles: scores.map((_, i) => `Row ${i}`),
      firstRow: 2,
      shown: 3,
      ...more,
    }),
  );

test('columns of results are told by their metadata, a group for each rubric', () => {
  const blocks = plain(
    script.resultBlocks([
      role(9, 'Status'),
      role(5, 'Score'),
      mark(10, { marks: '' }),
      role(11, 'Style · Score'),
      role(12, 'Style · Status'),
      mark(1, { input: 3 }),
      mark(0, { lease: ['x', 'h', 1, 5] }),
      { column: 3, value: 'not ours' },
      { column: 4, value: '{"role":7}' },
    ]),
  );
  assert.deepEqual(
    blocks.map(({ prefix, roles }) => [prefix, roles.map(({ column }) => column)]),
    [
      ['', [5, 9]],
      ['Style · ', [11, 12]],
    ],
  );
  assert.equal(script.roleColumn(blocks[1], 'Score'), 11);
  assert.equal(script.roleColumn(blocks[0], 'Why'), 0);
});

test('of a copied column the leftmost counts, and all of them are sheetjudge’s', () => {
  const marks = [role(9, 'Score'), role(5, 'Score'), mark(7, { marks: '' })];
  assert.equal(plain(script.resultBlocks(marks))[0].roles[0].column, 5);
  assert.deepEqual([...script.managedColumns(marks)].sort(), [5, 7, 9]);
});

test('a run holds the tab until its lease ends', () => {
  assert.equal(script.heldUntil([mark(0, { lease: ['run', 'host', 4, 1700000000] })]), 1700000000);
  assert.equal(script.heldUntil([mark(0, { lease: 'broken' }), { column: 0, value: '' }]), 0);
});

test('only rows that were judged count', () => {
  const found = summed(
    [4, '', 2, 9, 3, ''],
    ['ok', 'error: cut off', 'review: long', 'stale', 'ok', 'skipped: empty row'],
  );
  assert.deepEqual(found.counts, { ok: 2, review: 1, skipped: 1, error: 1, stale: 1 });
  assert.deepEqual([found.scored, found.mean], [3, '3']);
  assert.deepEqual(
    found.top.map(({ row, score }) => [row, score]),
    [
      [2, '4'],
      [6, '3'],
      [4, '2'],
    ],
  );
  assert.deepEqual(
    found.review.map(({ row, said }) => [row, said]),
    [
      [4, 'long'],
      [5, 'Its text changed since it was judged.'],
    ],
  );
  assert.deepEqual(
    found.failed.map(({ row, said }) => [row, said]),
    [[3, 'cut off']],
  );
  assert.equal(found.failedRows, '3');
});

test('a person’s own word in Status, or a text in Score, is no result', () => {
  const found = summed(['great', 5], ['okay', 'ok']);
  assert.deepEqual([found.scored, found.counts.ok], [1, 1]);
});

test('all failed rows are tried again, also those that are not shown', () => {
  const statuses = Array.from({ length: 12 }, (_, i) => (i === 5 ? 'ok' : 'error: no answer'));
  const found = summed(nothing(12), statuses);
  assert.equal(found.failed.length, 3);
  assert.equal(found.failedRows, '2-6,8-13');
  assert.deepEqual([found.mean, found.bins], ['', []]);
});

test('ranked rows stand by their rank', () => {
  const found = summed([3, 5, 4], ['ok', 'ok', 'ok'], { ranks: [1, 3, 2] });
  assert.deepEqual(
    found.top.map(({ row, score }) => [row, score]),
    [
      [2, '#1'],
      [4, '#2'],
      [3, '#3'],
    ],
  );
});

test('filtered and compared rows are counted by word', () => {
  const kept = summed([0.9, 0.2, 0.7], ['ok', 'ok', 'ok'], { keeps: ['yes', 'no', 'yes'] });
  assert.deepEqual(kept.bins, [
    { label: 'yes', count: 2 },
    { label: 'no', count: 1 },
  ]);
  const won = summed([0.4], ['ok'], { winners: ['GPT'] });
  assert.deepEqual([won.bins, won.hasWords, won.top[0].score], [[{ label: 'GPT', count: 1 }], true, 'GPT']);
});

test('bins hold every score once', () => {
  const many = Array.from({ length: 500 }, (_, i) => 1 + (i % 41) / 10);
  for (const scores of [
    [3],
    [1, 2, 5],
    [0, 100],
    many,
    [0.1, 0.11, 0.12],
    [-2, 2],
    [4.999, 5],
    new Array(9).fill(2.5),
  ]) {
    const found = plain(script.bins(scores));
    assert.equal(
      found.reduce((sum, { count }) => sum + count, 0),
      scores.length,
      JSON.stringify(scores.slice(0, 5)),
    );
    assert.equal(new Set(found.map(({ label }) => label)).size, found.length);
  }
  assert.deepEqual(plain(script.bins([])), []);
  assert.deepEqual(plain(script.bins([1, 3, 3])), [
    { label: '1', count: 1 },
    { label: '2', count: 0 },
    { label: '3', count: 2 },
  ]);
});

test('texts beyond the most frequent are one bin', () => {
  const found = plain(script.textBins(['a', 'a', 'b', 'c', 'd'], 3));
  assert.deepEqual(found, [
    { label: 'a', count: 2 },
    { label: 'b', count: 1 },
    { label: 'others', count: 2 },
  ]);
});

test('the story of a row', () => {
  const block = plain(
    script.resultBlocks([
      role(2, 'Style · Score'),
      role(3, 'Style · tone'),
      role(4, 'Style · Why'),
      role(5, 'Style · Status'),
    ]),
  )[0];
  assert.deepEqual(plain(script.storyOf(block, ['x', '4.5', 'kind', 'tone: Warm.', 'ok'])), {
    score: '4.5',
    status: 'ok',
    values: [{ name: 'tone', value: 'kind' }],
    why: 'tone: Warm.',
    reasoning: '',
  });
});

test('cells that a person changed are found, whatever a sort moved', () => {
  const words = (...values) =>
    values
      .map(([name, value]) => script.markWord(name, value))
      .sort()
      .join('');
  const cell = (...values) => `1abcdefgh abcdefghijklmnop aaaaaabbbbbb ${words(...values)}`;
  const marks = [[cell(['Score', 4], ['Why', 'a long reason'])], [cell(['Score', 2], ['Why', 'another reason'])], ['']];
  const edited = (rows) => plain(script.editedCells(['Score', 'Why'], rows, marks, 2));
  assert.deepEqual(
    edited([
      [4, 'a long reason'],
      [2, 'another reason'],
      ['', ''],
    ]),
    [],
  );
  assert.deepEqual(
    edited([
      [5, 'a long reason'],
      [2, 'mine'],
      ['note', ''],
    ]),
    ['Score in row 2', 'Why in row 3', 'Score in row 4'],
  );
  assert.deepEqual(
    edited([
      [4, 'another reason'],
      [2, 'a long reason'],
      ['', ''],
    ]),
    [],
  );
});
