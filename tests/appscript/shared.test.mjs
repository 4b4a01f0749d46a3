import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, pure, sharedCases } from './pure.mjs';

const script = pure();
const cases = sharedCases();

test('columns have the names that the package gives them', () => {
  for (const { headers, names } of cases.column_names) assert.deepEqual(plain(script.columnNames(headers)), names);
});

test('a value has the word that the package writes into the row mark', () => {
  for (const { role, value, word } of cases.words) assert.equal(script.markWord(role, value), word, String(value));
});

test('BLAKE2b of RFC 7693, and of more than one block', () => {
  const digest = (bytes) => script.hex(plain(script.blake2b(bytes, 64)));
  assert.equal(
    digest([97, 98, 99]),
    'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1' +
      '7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
  );
  assert.equal(
    digest(Array.from({ length: 300 }, (_, i) => i % 256)),
    'd9cf5983dc6b34c0fa1f0226926855ad3eccd2bcdcd8f8053b9a80664d33b5af' +
      'cc32fd21c70ea14f4ef50ca97c3203c4d1803159f0e01bb6cb1d1c83db52b63c',
  );
});

test('marks are told from other texts, and hold the same words', () => {
  for (const { cell, words } of cases.marks) assert.deepEqual(plain(script.markWords(cell)), words, cell);
});

test('a rubric that is read from a tab and written again stays what it was', () => {
  for (const { grid, rewritten } of cases.rubrics) {
    assert.deepEqual(plain(script.rubricGrid(script.readRubricGrid(grid))), rewritten);
  }
});
