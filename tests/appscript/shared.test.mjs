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

test('marks are told from other texts, and hold the same words', () => {
  for (const { cell, words } of cases.marks) assert.deepEqual(plain(script.markWords(cell)), words, cell);
});

test('a rubric that is read from a tab and written again stays what it was', () => {
  for (const { grid, rewritten } of cases.rubrics) {
    assert.deepEqual(plain(script.rubricGrid(script.readRubricGrid(grid))), rewritten);
  }
});
