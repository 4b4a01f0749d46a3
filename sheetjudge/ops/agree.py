"""`agree`: how far a judge and people agree, beside people among themselves and beside chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Column, Table
from sheetjudge.errors import ConfigError, TableError
from sheetjudge.ops.agree_advice import advised
from sheetjudge.ops.agree_columns import OVERALL, PERSON, Matched, match_columns, taken_by_criterion
from sheetjudge.ops.agree_jury import weights_of
from sheetjudge.ops.agree_labels import scale_of
from sheetjudge.ops.agree_options import AgreeOptions
from sheetjudge.ops.agree_overall import add_overall
from sheetjudge.ops.agree_reading import read_labels
from sheetjudge.ops.agree_result import Advice, AgreeResult, ApartRow, CriterionResult
from sheetjudge.ops.agree_rubric import check_rubric
from sheetjudge.ops.agree_table import JUDGE, Criterion, Labels, Results, reasons, results_in
from sheetjudge.ops.agree_threshold import UNNAMED, asked_for, thresholds_of
from sheetjudge.ops.agree_whole import Whole, whole_of
from sheetjudge.ops.judged_table import judged_table, score_columns
from sheetjudge.ops.label import ORDER
from sheetjudge.ops.reading import column_named, data_columns
from sheetjudge.ops.rubrics import find_rubric
from sheetjudge.ops.whereabouts import table_options
from sheetjudge.stats import advice
from sheetjudge.stats.agreement import compared, mean_answer
from sheetjudge.stats.annotators import AnnotatorTest, annotator_test
from sheetjudge.stats.label_choice import strata_of
from sheetjudge.tables.open import open_any

JURY = "jury"
"""What the mean of several judges is called."""

MOST_ADVISED = 5_000
"""Rows that advice on the rubric rests on at the most."""

Groups = Sequence[Hashable]

_LOOKED_AT = 200
_TEXT_SHARE = 0.1


def agree(options: AgreeOptions, environment: Mapping[str, str]) -> AgreeResult:
    """Compare the verdicts that stand in a table with people's labels. Nothing is asked and nothing is written.

    Args:
        options: what a person said.
        environment: environment variables.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    return agree_on(*opened(options, environment), options)


def agree_on(table: Table, rubric: Rubric | None, options: AgreeOptions) -> AgreeResult:
    """The same, on a table that is open already.

    Raises:
        TableError: nothing can be compared. ConfigError: the rubric is another table's.
    """
    results = _results(table, options)
    differences = check_rubric(table, results, rubric) if results is not None and rubric is not None else ()
    known = [c.id for c in rubric.criteria] if rubric is not None else list(results.criteria if results else ())
    data = data_columns(table)
    judges = match_columns(options.judge_column, data, known, table.name, "--judge-column")
    known = known or [m.criterion for m in judges if m.criterion != OVERALL]
    group = column_named(options.group, table.columns, table.name) if options.group is not None else None
    people = _people(options, [c for c in data if c not in [m.column for m in judges]], known, table, group)
    scale = scale_of(options.scale) if options.scale is not None else None
    texts = _texts(options, table, {m.column.index for m in (*people, *judges)}, group)
    labels = read_labels(table, people, judges, results, rubric, scale, group=group, texts=texts)
    add_overall(labels, rubric)
    if not labels.criteria:
        about = ", ".join(dict.fromkeys(m.criterion for m in people))
        raise TableError(
            f"Nothing that people labelled in {table.name} was judged ({about}).",
            "Label what the judge's columns are about, or say which is which: --human CRITERION=COLUMN.",
        )
    # A row without a group stands alone, as it does where `score` looks for close calls.
    groups: Groups | None = [row.group or row.number for row in labels.rows] if group is not None else None
    weights = {name: weights_of(labels, name, part, rubric, groups) for name, part in labels.criteria.items()}
    for criterion in labels.criteria.values():
        _seat_jury(criterion)
    matched = (people, (*_own_columns(table, results, labels), *judges))
    found, notes = _advice(labels, groups)
    drawn = any(column.header == ORDER for column in table.columns)
    strata = None
    if drawn and results is not None:
        strata = strata_of([row.score for row in judged_table(table, results.columns)])
    # Where rows stand or fall together, the labels are fewer than they seem.
    is_known = group is None and drawn == (strata is not None)
    asked = asked_for(options, strata, drawn=drawn, grouped=group is not None)
    thresholds = thresholds_of(labels.criteria, asked) if asked is not None else {}
    return AgreeResult(
        table.name,
        None if rubric is None else (rubric.name, rubric.version),
        *matched,
        int(_labelled(labels).sum()),
        len(labels.rows),
        tuple(
            replace(
                _criterion(name, part, labels, groups, options.epsilon),
                whole=_whole(part, strata) if is_known else {},
                weights=weights[name],
                thresholds=thresholds.get(name, {}),
            )
            for name, part in labels.criteria.items()
        ),
        found,
        tuple(column.name for column in texts),
        tuple(labels.unread),
        reasons(labels, _labelled(labels)),
        group.name if group is not None else None,
        (
            *table.notes,
            *differences,
            *taken_by_criterion(people, options.human),
            *labels.left,
            *(note for part in labels.criteria.values() for note in part.notes),
            *notes,
            *((f"Nothing is said of all rows: {UNNAMED}.",) if drawn and strata is None else ()),
        ),
    )


def opened(options: AgreeOptions, environment: Mapping[str, str]) -> tuple[Table, Rubric | None]:
    """The table, and the rubric where one is named.

    Raises:
        SheetjudgeError: one of them can't be read.
    """
    if options.rubric is not None and options.scale is not None:
        raise ConfigError("Both --rubric and --scale say what the answers are.", "Leave one out.")
    where = table_options(options, environment)

    def in_tab(tab: str) -> Rubric:
        from sheetjudge.tables.rubric_tab import read_rubric_tab

        return read_rubric_tab(options.table, tab, where)

    rubric = find_rubric(options.rubric, in_tab) if options.rubric is not None else None
    return open_any(options.table, where), rubric


def _results(table: Table, options: AgreeOptions) -> Results | None:
    if options.judge_column and options.score is None:
        return None
    try:
        return results_in(table, score_columns(table, options.score))
    except TableError as error:
        if options.score is not None or "holds no scores" not in error.what:
            raise
        raise TableError(
            f"{table.name} holds no results of sheetjudge to compare people with.",
            "Run sheetjudge score on it first, or name a column with verdicts from elsewhere: --judge-column COLUMN.",
        ) from None


def _people(
    options: AgreeOptions, columns: Sequence[Column], known: Sequence[str], table: Table, group: Column | None
) -> tuple[Matched, ...]:
    if options.human:
        found = match_columns(options.human, columns, known, table.name, "--human")
        # What groups rows may be headed as a criterion is, and is no label of it.
        if left := tuple(match for match in found if match.column != group):
            return left
        raise TableError(
            f"Column {found[0].column.name!r} of {table.name} is named for the labels and for the groups.",
            "Name another one with --human or --group.",
        )
    try:
        return match_columns((PERSON,), [c for c in columns if c != group], known, table.name, "--human")
    except TableError:
        raise TableError(
            f"It isn't said which column of {table.name} holds people's labels, and none is headed {PERSON!r}.",
            "Name it: --human COLUMN.",
        ) from None


def _labelled(labels: Labels) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.any(
        [~np.isnan(values) for part in labels.criteria.values() for values in part.people.values()], axis=0
    )
    return found


def _texts(options: AgreeOptions, table: Table, taken: set[int], group: Column | None) -> list[Column]:
    """The columns whose length is held against the answers: those named, else those that hold most of the text."""
    if options.read:
        return [column_named(name, table.columns, table.name) for name in options.read]
    columns = [c for c in data_columns(table) if c.index not in taken and c != group]
    lengths = Counter({c.index: 1 for c in columns})
    for row in islice(table.rows(), _LOOKED_AT):
        lengths.update({c.index: len(row.cells[c.index].strip()) for c in columns})
    return [c for c in columns if lengths[c.index] >= _TEXT_SHARE * lengths.total()]


def _own_columns(table: Table, results: Results | None, labels: Labels) -> tuple[Matched, ...]:
    if results is None:
        return ()
    at = {OVERALL: results.columns.score, **results.criteria}
    return tuple(
        Matched(JUDGE, name, table.columns[at[name]])
        for name, part in labels.criteria.items()
        if JUDGE in part.judges and name in at
    )


def _seat_jury(criterion: Criterion) -> None:
    """The mean of several judges is one more judge."""
    if len(criterion.judges) > 1 and JURY not in criterion.judges and not criterion.by_order:
        criterion.judges[JURY] = mean_answer(list(criterion.judges.values()), criterion.scale)


def _criterion(name: str, part: Criterion, labels: Labels, groups: Groups | None, epsilon: float) -> CriterionResult:
    rows = np.flatnonzero(np.any([~np.isnan(values) for values in part.people.values()], axis=0))
    people = {rater: values[rows] for rater, values in part.people.items()}
    judges = {rater: values[rows] for rater, values in part.judges.items()}
    own = [groups[row] for row in rows.tolist()] if groups is not None else None
    found = compared(people, judges, part.scale, groups=own, by_order=bool(part.by_order))
    tests: dict[str, AnnotatorTest] = {}
    apart: dict[str, tuple[ApartRow, ...]] = {}
    for judge, values in judges.items() if not part.by_order else ():
        tests[judge] = annotator_test(people, values, part.scale, epsilon=epsilon, groups=own)
        at = [(labels.rows[rows[far.row]], far) for far in advice.disagreements(values, people, part.scale)]
        apart[judge] = tuple(ApartRow(row.number, row.title, far) for row, far in at)
    return CriterionResult(name, found, tests, apart, part.by_order)


def _whole(part: Criterion, strata: Sequence[int] | None) -> dict[str, Whole]:
    if part.by_order or not part.scale.ordered:
        return {}
    people = mean_answer(list(part.people.values()), part.scale)
    found = {judge: whole_of(values, people, part.scale, strata) for judge, values in part.judges.items()}
    return {judge: whole for judge, whole in found.items() if whole is not None}


def _advice(labels: Labels, groups: Groups | None) -> tuple[Advice, tuple[str, ...]]:
    """Advice on the rubric, and what a reader must know of it."""
    rows, note = np.arange(len(labels.rows)), ""
    if len(rows) > MOST_ADVISED:
        # Labelled rows all, and others by lot, always the same.
        labelled = _labelled(labels)
        order = np.lexsort((np.random.default_rng(0).random(len(rows)), ~labelled))
        note = f"Advice on the rubric rests on {MOST_ADVISED:,} of {len(rows):,} rows, labelled ones first."
        rows = np.sort(order[:MOST_ADVISED])
    own = [groups[row] for row in rows.tolist()] if groups is not None else None
    lengths = np.array([float(labels.rows[row].length) for row in rows.tolist()])
    parts = {
        name: Criterion(
            part.scale,
            {rater: values[rows] for rater, values in part.people.items()},
            {rater: values[rows] for rater, values in part.judges.items()},
            part.by_order,
        )
        for name, part in labels.criteria.items()
        if name != OVERALL or len(labels.criteria) == 1
    }
    return advised(parts, lengths, own), (note,) if note else ()
