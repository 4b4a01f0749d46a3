import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pure } from './pure.mjs';

const script = pure();
const detected = (rows, candidates = rows[0].map((_, i) => i)) => [...script.detectedColumns(rows, candidates)];

const LONG = 'Are newts more likely to return to an old pond than to a new one?';

test('columns with sentences are read, names and numbers are not', () => {
  const rows = [
    ['P01', 'Old ponds', 'ana@example.org', '£2,340', LONG],
    ['P02', 'Bus stops', 'bo@example.org', '£900', LONG],
  ];
  assert.deepEqual(detected(rows), [4]);
});

test('where there are only short texts, all but addresses, links and numbers are read', () => {
  assert.deepEqual(detected([['7', 'Paris', 'ana@example.org', 'https://example.org/a', '']]), [1]);
});

test('texts without blanks between words count by their length', () => {
  const chinese =
    '这个项目想知道旧池塘是否比新池塘更能吸引蝾螈回来以及在什么条件下它们会留下来并且繁殖后代直到第二年的春天为止然后我们再数一次看看结果如何变化';
  assert.deepEqual(detected([['一', chinese]]), [1]);
});

test('an empty tab has nothing to read, and columns of results are never read', () => {
  assert.deepEqual(detected([], []), []);
  assert.deepEqual(detected([[LONG, LONG]], [0]), [0]);
});

test('letters of columns', () => {
  assert.deepEqual([1, 26, 27, 52, 53, 702, 703].map(script.columnLetters), ['A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA']);
});

test('a row is called by its first column of names', () => {
  const rows = [
    ['P01', '1', 'Bees', LONG],
    ['P02', '2', 'Old ponds', LONG],
  ];
  assert.equal(script.titleColumn(rows, [0, 1, 2, 3]), 2);
  assert.equal(script.titleColumn(rows, [0, 1]), 0);
  assert.equal(script.titleColumn([], []), -1);
});
