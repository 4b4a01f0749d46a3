/** From what a person chose in the sidebar to what is asked of a backend. */

const RUBRIC_TAB = 'Rubric';
const LONGEST_REQUEST = 45000;
const LONGEST_ROWS = 20000;

/**
 * The request for a run or an estimate.
 * @param {Form} form
 * @param {string} spreadsheet Its id.
 * @param {'run' | 'estimate'} kind
 * @param {number | null} limit How many rows at the most.
 * @returns {JobRequest}
 * @throws {Problem} Something is missing; `where` names the field.
 */
function requestOf(form, spreadsheet, kind, limit) {
  const isCompare = form.operation === 'compare';
  const isFilter = form.operation === 'filter';
  if (isCompare && form.contenders.length < 2) {
    throw new Problem('A comparison needs two columns or more.', 'Tick the columns that compete.', 'contenders');
  }
  if (!isCompare && form.read.length === 0) {
    throw new Problem('No column is ticked.', 'Tick the columns that the judge should read.', 'read');
  }
  if (form.rows.length > LONGEST_ROWS) {
    throw new Problem(
      'The selected rows are in too many pieces.',
      'Sort or filter, so that they stand together.',
      'rows',
    );
  }
  const request = {
    ...emptyRequest(kind, spreadsheet, form.gid),
    operation: form.operation,
    rubric: rubricOf(form),
    read: form.read.filter((name) => !isCompare || !form.contenders.includes(name)),
    rows: form.rows,
    all: form.all,
    limit,
    judge: form.judge,
    budget: budgetOf(form.budget),
    group: form.operation === 'rank' ? form.group : '',
    top: form.operation === 'rank' ? topOf(form.top) : null,
    contenders: isCompare ? form.contenders : [],
    recall: isFilter && form.aim === 'recall' ? 0.95 : null,
    precision: isFilter && form.aim === 'precision' ? 0.95 : null,
    escalate_to: isFilter && form.escalate !== form.judge ? form.escalate : '',
  };
  if (JSON.stringify(request).length > LONGEST_REQUEST) {
    throw new Problem('This asks for too much at once.', 'Use fewer words, or a rubric table.');
  }
  return request;
}

/**
 * The request to draft a rubric.
 * @param {string} sentence
 * @param {string} spreadsheet Its id.
 * @param {number} gid
 * @param {string} judge
 * @returns {JobRequest}
 */
function draftRequest(sentence, spreadsheet, gid, judge) {
  if (sentence.trim() === '') {
    throw new Problem('There is no sentence to draft from.', 'Say in a sentence what matters to you.', 'sentence');
  }
  return { ...emptyRequest('draft', spreadsheet, gid), sentence: sentence.trim(), judge };
}

/**
 * @param {Kind} kind
 * @param {string} spreadsheet
 * @param {number} gid
 * @returns {JobRequest}
 */
function emptyRequest(kind, spreadsheet, gid) {
  return {
    version: 1,
    kind,
    spreadsheet,
    sheet: gid,
    operation: 'score',
    rubric: '',
    read: [],
    rows: '',
    all: false,
    limit: null,
    judge: '',
    budget: null,
    group: '',
    top: null,
    contenders: [],
    recall: null,
    precision: null,
    escalate_to: '',
    sentence: '',
  };
}

/**
 * @param {Form} form
 * @returns {string}
 */
function rubricOf(form) {
  const words = form.words.trim();
  if (form.matter === 'table' && form.operation !== 'filter') return `tab:${RUBRIC_TAB}`;
  if (form.matter === 'shipped' && form.operation !== 'filter') {
    if (form.shipped) return form.shipped;
    throw new Problem('No rubric is chosen.', 'Choose one, or say what matters in your own words.', 'shipped');
  }
  if (words) return words;
  const advice = form.operation === 'filter' ? 'Say which rows to keep.' : 'Say in a sentence what matters to you.';
  throw new Problem('The judge has nothing to go by.', advice, 'words');
}

/**
 * @param {string} text
 * @returns {number | null}
 */
function budgetOf(text) {
  const typed = text.replace(/[$\s]|USD/gi, '').replace(/^(\d+),(\d{1,2})$/, '$1.$2');
  if (typed === '') return null;
  const budget = Number(typed);
  if (!(budget > 0 && budget < 1e6)) {
    throw new Problem(`“${oneLine(text, 30)}” is no amount of money.`, 'Write 2.50, say, or nothing.', 'budget');
  }
  return budget;
}

/**
 * @param {string} text
 * @returns {number | null}
 */
function topOf(text) {
  const typed = text.trim();
  if (typed === '') return null;
  const top = Number(typed);
  if (!Number.isInteger(top) || top < 1) {
    throw new Problem(`“${oneLine(text, 30)}” is no number of rows.`, 'Write 10, say, or nothing.', 'top');
  }
  return top;
}
