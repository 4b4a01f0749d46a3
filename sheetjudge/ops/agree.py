"""`agree`: how far a judge and people agree, beside people among themselves and beside chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Column, Table
from sheetjudge.errors import ConfigError, TableError
from sheetjudge.ops.agree_columns import OVERALL, PERSON, Matched, match_columns
from sheetjudge.ops.agree_labels import scale_of
from sheetjudge.ops.agree_options import AgreeOptions
from sheetjudge.ops.agree_overall import add_overall
from sheetjudge.ops.agree_result import Advice, AgreeResult, ApartRow, CriterionResult
from sheetjudge.ops.agree_table import JUDGE, Criterion, Labels, Results, read_labels, reasons, results_in
from sheetjudge.ops.judged_table import score_columns
from sheetjudge.ops.reading import column_named, data_columns
from sheetjudge.ops.rubrics import find_rubric
from sheetjudge.ops.settings import load_settings
from sheetjudge.stats import advice
from sheetjudge.stats.agreement import compared, mean_answer
from sheetjudge.stats.annotators import AnnotatorTest, annotator_test
from sheetjudge.tables.open import TableOptions, open_any

JURY = "jury"
"""What the mean of several judges is called."""


def agree(options: AgreeOptions, environment: Mapping[str, str]) -> AgreeResult:
    """Compare the verdicts that stand in a table with people's labels. Nothing is asked and nothing is written.

    Args:
        options: what a person said.
        environment: environment variables.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    if options.rubric is not None and options.scale is not None:
        raise ConfigError("Both --rubric and --scale say what the answers are.", "Leave one out.")
    table, rubric = _opened(options, environment)
    results = _results(table, options)
    known = [c.id for c in rubric.criteria] if rubric is not None else list(results.criteria if results else ())
    data = data_columns(table)
    judges = match_columns(options.judge_column, data, known, table.name, "--judge-column")
    known = known or [m.criterion for m in judges if m.criterion != OVERALL]
    people = _people(options, [c for c in data if c not in [m.column for m in judges]], known, table)
    scale = scale_of(options.scale) if options.scale is not None else None
    labels = read_labels(table, people, judges, results, rubric, scale)
    add_overall(labels, rubric)
    if not labels.criteria:
        about = ", ".join(dict.fromkeys(m.criterion for m in people))
        raise TableError(
            f"Nothing that people labelled in {table.name} was judged ({about}).",
            "Label what the judge's columns are about, or say which is which: --human CRITERION=COLUMN.",
        )
    return _result(options, table, rubric, labels, people, judges, results)


def _opened(options: AgreeOptions, environment: Mapping[str, str]) -> tuple[Table, Rubric | None]:
    settings = load_settings(environment)
    where = TableOptions(
        options.tab,
        options.header_row,
        options.encoding,
        options.file_format,
        options.credentials or settings.credentials or None,
        settings.home,
        environment,
    )

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
    options: AgreeOptions, columns: Sequence[Column], known: Sequence[str], table: Table
) -> tuple[Matched, ...]:
    if options.human:
        return match_columns(options.human, columns, known, table.name, "--human")
    try:
        return match_columns((PERSON,), columns, known, table.name, "--human")
    except TableError:
        raise TableError(
            f"It isn't said which column of {table.name} holds people's labels, and none is headed {PERSON!r}.",
            "Name it: --human COLUMN.",
        ) from None


def _result(
    options: AgreeOptions,
    table: Table,
    rubric: Rubric | None,
    labels: Labels,
    people: Sequence[Matched],
    judges: Sequence[Matched],
    results: Results | None,
) -> AgreeResult:
    group = column_named(options.group, table.columns, table.name) if options.group is not None else None
    groups = [row.cells[group.index].strip() for row in labels.rows] if group is not None else None
    for criterion in labels.criteria.values():
        _seat_jury(criterion)
    labelled = np.any(
        [~np.isnan(values) for part in labels.criteria.values() for values in part.people.values()], axis=0
    )
    taken = {m.column.index for m in (*people, *judges)} | ({group.index} if group is not None else set())
    lengths, texts = _lengths(options, table, labels, taken)
    return AgreeResult(
        table.name,
        None if rubric is None else (rubric.name, rubric.version),
        tuple(people),
        (*_own_columns(table, results, labels), *judges),
        int(labelled.sum()),
        len(labels.rows),
        tuple(_criterion(name, part, labels, groups, options.epsilon, table) for name, part in labels.criteria.items()),
        _advice(labels, lengths, groups),
        texts,
        tuple(labels.unread),
        reasons(labels, labelled),
        group.name if group is not None else None,
        (*table.notes, *_left_out(people, labels), *(n for part in labels.criteria.values() for n in part.notes)),
    )


def _left_out(people: Sequence[Matched], labels: Labels) -> tuple[str, ...]:
    """What people labelled and nobody judged."""
    left = dict.fromkeys(match.criterion for match in people if match.criterion not in labels.criteria)
    return (f"Labelled and not judged, so left out: {', '.join(left)}.",) if left else ()


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


def _criterion(
    name: str, part: Criterion, labels: Labels, groups: Sequence[str] | None, epsilon: float, table: Table
) -> CriterionResult:
    rows = np.flatnonzero(np.any([~np.isnan(values) for values in part.people.values()], axis=0))
    people = {rater: values[rows] for rater, values in part.people.items()}
    judges = {rater: values[rows] for rater, values in part.judges.items()}
    own = [groups[row] for row in rows.tolist()] if groups is not None else None
    found = compared(people, judges, part.scale, groups=own, by_order=bool(part.by_order))
    tests: dict[str, AnnotatorTest] = {}
    apart: dict[str, tuple[ApartRow, ...]] = {}
    for judge, values in judges.items():
        if not part.by_order:
            tests[judge] = annotator_test(people, values, part.scale, epsilon=epsilon, groups=own)
            furthest = advice.disagreements(values, people, part.scale)
            apart[judge] = tuple(
                ApartRow(labels.rows[rows[far.row]].number, _title(labels, int(rows[far.row]), table), far)
                for far in furthest
            )
    return CriterionResult(name, found, tests, apart, part.by_order)


def _title(labels: Labels, row: int, table: Table) -> str:
    at = next((c.index for c in table.columns if c.index not in table.managed), 0)
    return labels.rows[row].cells[at]


def _lengths(
    options: AgreeOptions, table: Table, labels: Labels, taken: set[int]
) -> tuple[np.ndarray, tuple[str, ...]]:
    columns = [column_named(name, table.columns, table.name) for name in options.read]
    chosen = columns or [c for c in data_columns(table) if c.index not in taken]
    lengths = np.array([float(sum(len(row.cells[c.index].strip()) for c in chosen)) for row in labels.rows])
    return lengths, tuple(c.name for c in chosen)


def _advice(labels: Labels, lengths: np.ndarray, groups: Sequence[str] | None) -> Advice:
    unvaried: list[advice.Unvaried] = []
    repeated: list[advice.Repeats] = []
    follows: list[advice.Follows] = []
    parts = {name: part for name, part in labels.criteria.items() if name != OVERALL or len(labels.criteria) == 1}
    people = {name: mean_answer(list(part.people.values()), part.scale) for name, part in parts.items()}
    judges = dict.fromkeys(judge for part in parts.values() for judge in part.judges)
    for name, part in parts.items():
        for rater, values in (*part.judges.items(), *part.people.items()):
            found = advice.unvaried(name, rater, values, part.scale) if not part.by_order else None
            unvaried += [found] if found is not None else []
        for judge, values in part.judges.items():
            if part.scale.ordered and np.ptp(lengths) > 0:
                follows.append(advice.follows_length(name, judge, values, people[name], lengths, groups))
    for judge in judges:
        own = {name: part.judges[judge] for name, part in parts.items() if judge in part.judges}
        repeated += advice.repeats(judge, own, people, {name: parts[name].scale for name in own}, groups)
    return Advice(tuple(unvaried), tuple(repeated), tuple(follows))
