/* What travels between the sheet, the page and a backend. Only the type checker reads this file. */

type Operation = 'score' | 'rank' | 'filter' | 'compare';
type Kind = 'run' | 'estimate' | 'draft';
type JobState = 'queued' | 'running' | 'done' | 'stopped' | 'failed' | 'cancelled';
type Cell = string | number | boolean;
// biome-ignore lint/suspicious/noExplicitAny: what another program sent may hold anything.
type Json = { [key: string]: any };

/** What a person has chosen in the sidebar. */
interface Form {
  operation: Operation;
  gid: number;
  /** '' for all rows that are new or changed, else rows as the person sees them: 2-6,9. */
  rows: string;
  all: boolean;
  read: string[];
  matter: 'words' | 'shipped' | 'table';
  words: string;
  shipped: string;
  judge: string;
  /** As typed. */
  budget: string;
  group: string;
  top: string;
  contenders: string[];
  aim: '' | 'recall' | 'precision';
  escalate: string;
}

/** What is asked of a backend. */
interface JobRequest {
  version: 1;
  kind: Kind;
  spreadsheet: string;
  sheet: number;
  operation: Operation;
  rubric: string;
  read: string[];
  rows: string;
  all: boolean;
  limit: number | null;
  judge: string;
  budget: number | null;
  group: string;
  top: number | null;
  contenders: string[];
  recall: number | null;
  precision: number | null;
  escalate_to: string;
  sentence: string;
}

interface Progress {
  doing: string;
  done: number;
  total: number | null;
  unscored: number;
  usd: number | null;
  per_minute: number | null;
  seconds_left: number | null;
}

/** A job as a backend tells of it. */
interface Job {
  id: string;
  state: JobState;
  kind: Kind;
  operation: Operation;
  submitted: number | null;
  started: number | null;
  ended: number | null;
  progress: Progress | null;
  said: string;
  result: Json | null;
  usd: number | null;
}

/** A job in words. */
interface ToldJob {
  id: string;
  state: JobState;
  kind: Kind;
  operation: Operation;
  isOver: boolean;
  canResume: boolean;
  title: string;
  detail: string;
  notes: string[];
  /** 0 to 100; null where it isn't known. */
  percent: number | null;
  tone: 'plain' | 'good' | 'warn' | 'bad';
  estimate: Estimate | null;
  grid: Cell[][] | null;
}

interface Estimate {
  rows: number;
  toJudge: number;
  line: string;
  notes: string[];
}

interface JudgeOffer {
  name: string;
  local: boolean;
  price_known: boolean;
}

interface RubricOffer {
  name: string;
  title: string;
  about: string;
  grid: Cell[][];
}

/** What a backend has to offer. */
interface Offer {
  judges: JudgeOffer[];
  default: string;
  ceiling: number | null;
  max_rows: number;
  rubrics: RubricOffer[];
}

/** One of the two ways to a backend. */
interface Backend {
  offer(): Offer;
  submit(request: JobRequest): string;
  status(id: string): Job;
  latest(): Job[];
  cancel(id: string): boolean;
  resume(id: string): string;
  /** What a person should know while a job waits, or ''. */
  whileQueued(): string;
  /** Says that it can be reached, in words; throws a problem where it can't. */
  test(): string;
}

interface Settings {
  mode: 'http' | 'queue' | '';
  backend: string;
  hasSecret: boolean;
}

interface SheetColumn {
  /** 1-based. */
  number: number;
  name: string;
  sample: string;
  detected: boolean;
}

interface TabInfo {
  gid: number;
  name: string;
  /** Rows below the header. */
  rows: number;
  columns: SheetColumn[];
  hasResults: boolean;
  form: Form | null;
  daily: boolean;
}

interface SelectionInfo {
  gid: number;
  tab: string;
  rows: string;
  count: number;
  left: string;
}

/** A piece of developer metadata of sheetjudge's. */
interface Mark {
  /** 1-based column; 0 where it isn't on a column. */
  column: number;
  value: string;
}

/** The columns of results of one rubric. Column numbers are 1-based. */
interface ResultBlock {
  prefix: string;
  roles: { role: string; column: number }[];
}

interface RubricLevel {
  answer: string;
  text: string;
}

interface Criterion {
  id: string;
  ask: string;
  statement: string;
  scale: string;
  weight: string;
  required: string;
  /** As written in the cell: `1: Weak`, one a line. */
  levels: string;
  check: string;
  /** Cells under headers of the person's own, which begin with #. */
  notes: string[];
}

interface RubricTable {
  name: string;
  about: string;
  scale: string;
  locale: string;
  criteria: Criterion[];
  noteHeaders: string[];
  comments: string[];
}

/** A rubric, and what its tab holds as one text. */
interface KeptRubric {
  rubric: RubricTable;
  text: string;
}

interface ResultRow {
  row: number;
  title: string;
  score: string;
  said: string;
}

interface Bin {
  label: string;
  count: number;
}

interface Results {
  tab: string;
  gid: number;
  blocks: string[];
  block: number;
  /** Rows are told apart by words: whether to keep them, who won. */
  hasWords: boolean;
  scored: number;
  mean: string;
  bins: Bin[];
  top: ResultRow[];
  review: ResultRow[];
  failed: ResultRow[];
  failedRows: string;
  counts: { ok: number; review: number; skipped: number; error: number; stale: number };
  cut: boolean;
}

interface RowStory {
  row: number;
  tab: string;
  title: string;
  score: string;
  status: string;
  values: { name: string; value: string }[];
  why: string;
  reasoning: string;
  /** Said in place of all that where there is nothing to tell. */
  nothing: string;
  /** Tab and row, where it is the story of the selection. */
  place: string;
}

interface Traces {
  tab: string;
  columns: string[];
  hidden: number;
  edited: string[];
  checked: boolean;
}

/** A run that somebody has yet to see the end of. `limit` and `rows` as it was asked for. */
interface KeptJob {
  id: string;
  gid: number;
  limit: number | null;
  rows: string;
}

interface Boot {
  email: string;
  book: string;
  start: string;
  settings: Settings;
  tabs: { gid: number; name: string }[];
  tab: TabInfo | null;
  rubricCriteria: number;
  job: KeptJob | null;
}
