import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, pure } from './pure.mjs';

const script = pure();
const job = (changes) => script.jobOf({ id: 'a', state: 'running', kind: 'run', operation: 'score', ...changes });
const told = (changes, waiting) => plain(script.toldJob(job(changes), waiting));
const PROGRESS = {
  doing: 'Scoring',
  done: 84,
  total: 200,
  unscored: 0,
  usd: 0.041,
  per_minute: 312.4,
  seconds_left: 22,
};

test('money: what is unknown is never free', () => {
  assert.deepEqual([null, undefined, 0, 0.004, 0.01, 1.005, 123.4, 1234.5].map(script.moneyWords), [
    'price unknown',
    'price unknown',
    'free',
    'less than $0.01',
    '$0.01',
    '$1.00',
    '$123',
    '$1,235',
  ]);
});

test('time', () => {
  assert.deepEqual([0, 22, 54, 58, 60, 400, 5400, 7200, 200000].map(script.timeWords), [
    'a few seconds',
    '20 seconds',
    '50 seconds',
    '1 minute',
    '1 minute',
    '7 minutes',
    '1.5 hours',
    '2 hours',
    '2 days',
  ]);
});

test('progress: rows, rate, cost, time left', () => {
  const { title, detail, percent, isOver } = told({ progress: PROGRESS });
  assert.deepEqual(
    [title, detail, percent, isOver],
    ['Scoring', '84 of 200 rows · 312 a minute · $0.04 so far · 20 seconds left', 42, false],
  );
});

test('nothing spent so far is not called free', () => {
  assert.equal(told({ progress: { ...PROGRESS, usd: 0 } }).detail, '84 of 200 rows · 312 a minute · 20 seconds left');
  assert.doesNotMatch(told({ progress: { ...PROGRESS, usd: null } }).detail, /\$|free/);
});

test('comparisons are no rows', () => {
  const progress = { ...PROGRESS, doing: 'Comparing', total: 900 };
  assert.match(told({ operation: 'rank', progress }).detail, /^84 of 900 comparisons · /);
  const over = told({ operation: 'rank', state: 'done', started: 0, ended: 60, usd: 0.5, progress });
  assert.equal(over.detail, '$0.50 · 1 minute');
});

test('progress before the first row promises nothing', () => {
  const { detail, percent } = told({ progress: { ...PROGRESS, done: 0, per_minute: null, seconds_left: null } });
  assert.deepEqual([detail, percent], ['0 of 200 rows', 0]);
  assert.equal(told({ progress: null }).percent, null);
});

test('a waiting job says why it waits', () => {
  assert.deepEqual(told({ state: 'queued' }, 'No worker.').detail, 'No worker.');
  assert.equal(told({ state: 'queued' }, 'No worker.').tone, 'warn');
  assert.equal(told({ state: 'queued' }).tone, 'plain');
});

test('a run that is done says what it came to, and what failed', () => {
  const done = {
    state: 'done',
    started: 100,
    ended: 165,
    usd: 0.11,
    progress: { ...PROGRESS, done: 200, unscored: 2 },
  };
  const { title, detail, notes, tone, percent, canResume } = told(done);
  assert.deepEqual(
    [title, detail, notes],
    ['Done', '200 rows scored · $0.11 · 1 minute', ['2 rows could not be judged.']],
  );
  assert.deepEqual([tone, percent, canResume], ['warn', 100, false]);
});

test('a stopped run can go on, a draft that failed can not', () => {
  for (const state of ['stopped', 'cancelled', 'failed']) assert.equal(told({ state }).canResume, true);
  assert.equal(told({ state: 'failed', kind: 'draft' }).canResume, false);
  assert.equal(told({ state: 'failed', said: 'The column is\ngone.' }).detail, 'The column is gone.');
});

test('an estimate in words', () => {
  const { line, notes, toJudge } = script.estimateWords({
    rows: 200,
    to_judge: 176,
    usd: 0.09,
    seconds: 58,
    notes: ['N.'],
  });
  assert.equal(line, '176 of 200 rows · about $0.09 · about 1 minute');
  assert.deepEqual(plain(notes), ['N.']);
  assert.equal(toJudge, 176);
  assert.equal(script.estimateWords({ rows: 1, to_judge: 1, usd: null }).line, '1 row · price unknown');
  assert.equal(
    script.estimateWords({ rows: 3, to_judge: 3, usd: 0, seconds: 2 }).line,
    '3 rows · free · a few seconds',
  );
  assert.match(script.estimateWords({ rows: 5, to_judge: 0, usd: 0 }).line, /Nothing to do/);
  assert.match(script.estimateWords({ rows: 0, to_judge: 0 }).line, /no rows/);
});

test('what the other side left out or broke is no number', () => {
  const odd = plain(
    script.jobOf({ state: 'dancing', progress: { done: 'x', total: 'many', usd: Number.NaN }, usd: '3' }),
  );
  assert.deepEqual(
    [odd.state, odd.progress.done, odd.progress.total, odd.progress.usd, odd.usd],
    ['queued', 0, null, null, null],
  );
  assert.deepEqual(plain(script.offerOf({})), { judges: [], default: '', ceiling: null, max_rows: 0, rubrics: [] });
  for (const text of ['', 'x', '[1]', 'null', '3']) assert.deepEqual(plain(script.parsed(text)), {});
});

test('a refusal in words for whoever asked', () => {
  const words = (status, body = {}) => script.problemOf(status, body, 'ana@example.org');
  assert.match(words(401).advice, /audience/);
  assert.match(words(403).message, /ana@example.org/);
  assert.equal(words(403, { error: 'internal detail' }).message.includes('internal'), false);
  assert.equal(words(400, { error: 'There is no rubric.', advice: 'Name one.' }).message, 'There is no rubric.');
  for (const status of [301, 400, 404, 413, 418, 429, 500, 502, 503]) {
    assert.ok(words(status).message.endsWith('.') && words(status).advice.endsWith('.'), String(status));
  }
});

test('an answer that never came in words', () => {
  const words = (message) => script.unreachable(message, 'https://judge.example.org');
  assert.match(words('DNS error: https://judge.example.org').message, /no answer/);
  assert.match(words('Timeout: https://judge.example.org').message, /too long/);
  assert.match(words('urlFetchWhitelist does not contain it').advice, /sidebar install/);
  assert.match(words('Something odd').message, /Something odd/);
});

test('addresses of backends', () => {
  assert.equal(script.backendAddress(' https://judge.example.org/ '), 'https://judge.example.org');
  assert.equal(script.backendAddress('https://judge.example.org/base/'), 'https://judge.example.org/base');
  assert.equal(script.backendAddress('http://127.0.0.1:8000'), 'http://127.0.0.1:8000');
  for (const typed of [
    '',
    'judge.example.org',
    'http://judge.example.org',
    'https://a b',
    'https://x@y.org',
    'javascript:1',
    'https://x.org/?q',
    'http://localhost.evil.org',
  ]) {
    assert.throws(() => script.backendAddress(typed), { name: 'Problem' }, typed);
  }
});

test('one line, cut between characters', () => {
  assert.equal(script.oneLine(' a\n b '), 'a b');
  assert.equal(script.oneLine('🙂🙂🙂🙂', 3), '🙂🙂…');
  assert.equal(script.oneLine('🙂🙂🙂', 3), '🙂🙂🙂');
});

test('the text of a proof binds nonce, address and job', () => {
  assert.equal(script.proofText('n', 'Ana@Example.org', '{"a":1}'), 'n\nana@example.org\n{"a":1}');
  assert.equal(script.hex([0, -1, 16, 127, -128]), '00ff107f80');
});
