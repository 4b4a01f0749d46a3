import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, pure } from './pure.mjs';

const script = pure();
const span = (first, last = first) => ({ first, last });

test('rows of a selection, in order and without the header', () => {
  assert.equal(script.rowsText([span(1, 6), span(9)], 2, 30), '2-6,9');
  assert.equal(script.rowsText([span(9), span(2, 6)], 2, 30), '2-6,9');
  assert.equal(script.rowsText([span(1)], 2, 30), '');
  assert.equal(script.rowsText([], 2, 30), '');
});

test('ranges that overlap or touch are one', () => {
  assert.equal(script.rowsText([span(2, 5), span(4, 8), span(9)], 2, 30), '2-9');
  assert.equal(script.rowsText([span(2, 9), span(3, 4), span(7, 12)], 2, 30), '2-12');
});

test('a whole column ends at the last row', () => {
  assert.equal(script.rowsText([span(1, 1000000)], 2, 4), '2-4');
  assert.equal(script.rowsText([span(50, 60)], 2, 4), '');
});

test('hidden rows are left out', () => {
  assert.equal(
    script.rowsText([span(2, 8)], 2, 30, (row) => row === 4 || row === 8),
    '2-3,5-7',
  );
});

test('a text of rows and its ranges', () => {
  assert.deepEqual(plain(script.rowRanges('2-6,9')), [span(2, 6), span(9)]);
  assert.deepEqual(plain(script.rowRanges('')), []);
  assert.equal(script.rowCount('2-6,9'), 6);
  assert.equal(script.rowCount(''), 0);
});

test('whatever is selected comes back as the rows that it covers', () => {
  let seed = 7;
  const random = (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  for (let n = 0; n < 300; n++) {
    const ranges = Array.from({ length: random(6) }, () => {
      const first = 1 + random(40);
      return span(first, first + random(8));
    });
    const wanted = new Set();
    for (const { first, last } of ranges)
      for (let row = first; row <= last; row++) if (row >= 2 && row <= 30) wanted.add(row);
    const text = script.rowsText(ranges, 2, 30);
    const found = plain(script.rowRanges(text)).flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, i) => first + i),
    );
    assert.deepEqual(
      found,
      [...wanted].sort((a, b) => a - b),
    );
  }
});
