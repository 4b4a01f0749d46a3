import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, pure } from './pure.mjs';

const script = pure();
const BOOK = '1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789';
const FORM = {
  operation: 'score',
  gid: 7,
  rows: '',
  all: false,
  read: ['Proposal'],
  matter: 'words',
  words: ' Is it clear? ',
  shipped: '',
  judge: 'embedded',
  budget: '',
  group: '',
  top: '',
  contenders: [],
  aim: '',
  escalate: '',
};
const asked = (changes, limit = null) => plain(script.requestOf({ ...FORM, ...changes }, BOOK, 'run', limit));
const refused = (changes, where) =>
  assert.throws(
    () => script.requestOf({ ...FORM, ...changes }, BOOK, 'run', null),
    (problem) => problem.name === 'Problem' && problem.where === where && problem.advice !== '',
  );

test('a run asks for what the form says, and for nothing else', () => {
  assert.deepEqual(asked({ rows: '2-6', budget: '$2.50' }, 5), {
    version: 1,
    kind: 'run',
    spreadsheet: BOOK,
    sheet: 7,
    operation: 'score',
    rubric: 'Is it clear?',
    read: ['Proposal'],
    rows: '2-6',
    all: false,
    limit: 5,
    judge: 'embedded',
    budget: 2.5,
    group: '',
    top: null,
    contenders: [],
    recall: null,
    precision: null,
    escalate_to: '',
    sentence: '',
  });
});

test('what belongs to another operation is left out', () => {
  const rest = { group: 'Team', top: '3', contenders: ['A', 'B'], aim: 'recall', escalate: 'strong' };
  const { group, top, contenders, recall, escalate_to } = asked(rest);
  assert.deepEqual([group, top, contenders, recall, escalate_to], ['', null, [], null, '']);
  assert.equal(asked({ ...rest, operation: 'rank' }).top, 3);
  assert.equal(asked({ ...rest, operation: 'rank' }).group, 'Team');
  assert.equal(asked({ ...rest, operation: 'filter' }).recall, 0.95);
  assert.equal(asked({ ...rest, operation: 'filter', aim: 'precision' }).precision, 0.95);
  assert.equal(asked({ ...rest, operation: 'filter' }).escalate_to, 'strong');
  assert.equal(asked({ operation: 'filter', escalate: 'embedded' }).escalate_to, '');
});

test('the rubric is words, a shipped name or the tab; a filter goes by words', () => {
  assert.equal(asked({ matter: 'table' }).rubric, 'tab:Rubric');
  assert.equal(asked({ matter: 'shipped', shipped: 'essay' }).rubric, 'essay');
  assert.equal(asked({ operation: 'filter', matter: 'table' }).rubric, 'Is it clear?');
});

test('contenders are not read as well', () => {
  const found = asked({ operation: 'compare', contenders: ['A', 'B'], read: ['Prompt', 'A'] });
  assert.deepEqual(found.read, ['Prompt']);
  assert.deepEqual(found.contenders, ['A', 'B']);
});

test('what is missing is said, with its field', () => {
  refused({ words: '  ' }, 'words');
  refused({ read: [] }, 'read');
  refused({ matter: 'shipped' }, 'shipped');
  refused({ operation: 'compare', contenders: ['A'] }, 'contenders');
  refused({ budget: 'cheap' }, 'budget');
  refused({ budget: '-1' }, 'budget');
  refused({ budget: '0' }, 'budget');
  refused({ operation: 'rank', top: '1.5' }, 'top');
  refused({ rows: '2,4,'.repeat(6000) }, 'rows');
});

test('a ceiling as people type it', () => {
  assert.equal(asked({ budget: ' $ 1.5 ' }).budget, 1.5);
  assert.equal(asked({ budget: '2,50' }).budget, 2.5);
  assert.equal(asked({ budget: '3 USD' }).budget, 3);
  refused({ budget: '1,000' }, 'budget');
});

test('a draft asks by a sentence', () => {
  const found = plain(script.draftRequest(' Small grants ', BOOK, 7, ''));
  assert.deepEqual([found.kind, found.sentence, found.rubric], ['draft', 'Small grants', '']);
  assert.throws(() => script.draftRequest(' ', BOOK, 7, ''), { name: 'Problem' });
});
