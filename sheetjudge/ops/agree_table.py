"""A table of labels and verdicts as numbers: a value for each row, rater and criterion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Rubric, Scale
from sheetjudge.core.table import Row, Table
from sheetjudge.errors import TableError
from sheetjudge.ops.agree_columns import OVERALL, Matched
from sheetjudge.ops.agree_labels import Unread, inferred_scale, read_answer
from sheetjudge.ops.judged_table import ScoreColumns, judged_table, number_in, result_roles

Floats = NDArray[np.float64]
Answers = dict[str, Floats]

JUDGE = "the judge"
"""What the judge is called whose results stand in the table."""

_NO_CRITERIA = frozenset({
    "Score", "Rank", "Rank from", "Rank to", "Tier", "Strength", "Strength from", "Strength to", "Comparisons", "Keep",
    "Why", "Reasoning", "Status",
})  # fmt: skip


@dataclass(frozen=True)
class Results:
    """Where what sheetjudge wrote stands.

    Attributes:
        columns: of the score and the status. criteria: by id the column of its answer.
    """

    columns: ScoreColumns
    criteria: Mapping[str, int]


@dataclass
class Criterion:
    """All answers to one criterion.

    Attributes:
        scale: of the answers. people, judges: by name a value for each row, NaN where there is none.
        by_order: why only the order is compared; "" where the marks are on one scale.
        notes: what a reader must know of how the answers were read.
    """

    scale: Scale
    people: Answers = field(default_factory=dict)
    judges: Answers = field(default_factory=dict)
    by_order: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Labels:
    """Every answer of a table.

    Attributes:
        rows: rows that hold anything.
        criteria: in order, the row as a whole (`OVERALL`) last.
        unread: cells that hold no answer. unscored: for each row without results that count, why.
    """

    rows: tuple[Row, ...]
    criteria: dict[str, Criterion] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    unscored: list[str] = field(default_factory=list)


def results_in(table: Table, columns: ScoreColumns) -> Results:
    """The criteria whose answers stand beside a score that sheetjudge wrote."""
    for roles in result_roles(table):
        if columns.score in roles.values():
            prefix = next(role for role, index in roles.items() if index == columns.score).removesuffix("Score")
            names = {role.removeprefix(prefix): index for role, index in roles.items()}
            return Results(columns, {name: index for name, index in names.items() if name not in _NO_CRITERIA})
    return Results(columns, {})


def read_labels(
    table: Table,
    people: Sequence[Matched],
    judges: Sequence[Matched],
    results: Results | None,
    rubric: Rubric | None,
    scale: Scale | None,
) -> Labels:
    """Read the answers of people and judges.

    Args:
        table: where they are. people, judges: their columns. results: of sheetjudge; None for none.
        rubric: gives the scales; without one `scale` does, or the answers themselves do.

    Raises:
        TableError: nothing that people labelled was judged, or a column holds no answers.
    """
    rows = tuple(row for row in table.rows() if not row.is_empty)
    labels = Labels(rows, unscored=[""] * len(rows))
    about = dict.fromkeys(match.criterion for match in people)
    judged = {match.criterion for match in judges} | ({OVERALL, *results.criteria} if results else set())
    texts = _Texts(table, rows, results, labels)
    wanted = [name for name in about if name in judged]
    for name in sorted(wanted, key=lambda name: _place(name, rubric)):
        cells = [(m.rater, m.column.name, texts.of(m.column.index)) for m in people if m.criterion == name]
        verdicts = [(m.rater, m.column.name, texts.of(m.column.index)) for m in judges if m.criterion == name]
        if results is not None and (name == OVERALL or name in results.criteria):
            at = results.columns.score if name == OVERALL else results.criteria[name]
            verdicts.insert(0, (JUDGE, table.columns[at].name, texts.judged(at, is_score=name == OVERALL)))
        given = _scale_in(rubric, name) if rubric is not None else scale
        labels.criteria[name] = _criterion(name, cells, verdicts, given, rows, labels.unread)
    return labels


def _place(name: str, rubric: Rubric | None) -> int:
    """Criteria in the order of the rubric, the row as a whole last."""
    if name == OVERALL:
        return 1 << 30
    ids = [c.id for c in rubric.criteria] if rubric is not None else []
    return ids.index(name) if name in ids else len(ids)


def _scale_in(rubric: Rubric, name: str) -> Scale:
    return rubric.scale if name == OVERALL else next(c.scale for c in rubric.criteria if c.id == name)


class _Texts:
    """Cells by column; those of results only where they count."""

    def __init__(self, table: Table, rows: Sequence[Row], results: Results | None, labels: Labels) -> None:
        self._rows = rows
        self._whys: list[str] = [""] * len(rows)
        if results is not None:
            self._whys = [row.why for row in judged_table(table, results.columns)]
            labels.unscored[:] = self._whys

    def of(self, index: int) -> list[str]:
        return [row.cells[index].strip() for row in self._rows]

    def judged(self, index: int, *, is_score: bool) -> list[str]:
        # Of a row that failed on one criterion the others have their verdicts.
        gone = [bool(why) and (is_score or why not in ("error", "no score")) for why in self._whys]
        return ["" if lost else text for lost, text in zip(gone, self.of(index), strict=True)]


Cells = tuple[str, str, list[str]]


def _criterion(
    name: str,
    people: Sequence[Cells],
    judges: Sequence[Cells],
    given: Scale | None,
    rows: Sequence[Row],
    unread: list[Unread],
) -> Criterion:
    filled = [[text for _, _, texts in side for text in texts if text] for side in (people, judges)]
    scale = given or inferred_scale(*filled)
    if scale is None:
        column = people[0][1]
        if not filled[0]:
            raise TableError(f"No row has a label in {column!r}.", "Fill some in, and run this again.")
        raise TableError(
            f"The labels in {column!r} are no marks, no yes or no, and too many different words.",
            "Say what the answers are: --rubric RUBRIC, or --scale 1-5, yes/no, or 'weak, fair, strong'.",
        )
    found = Criterion(scale)
    if given is None:
        found.notes.append(_inferred(name, scale))
    off = [(rater, column) for rater, column, texts in (*people, *judges) if _is_off(scale, texts)]
    if off:
        rater, column = off[0]
        found.by_order = f"{rater}'s marks in {column!r} aren't on {scale}, so that only the order of rows is compared"
    for side, answers in ((people, found.people), (judges, found.judges)):
        for rater, column, texts in side:
            read = _any_number if (rater, column) in off else lambda text: read_answer(scale, text)
            answers[rater] = _values(texts, rows, column, read, unread)
    return found


def _inferred(name: str, scale: Scale) -> str:
    about = "the row as a whole" if name == OVERALL else f"{name!r}"
    if scale.kind == "labels":
        return f"Without a rubric, the answers about {about} are taken as labels without an order: {scale}."
    return f"Without a rubric, the answers about {about} are taken to be on {scale}, as far as they go."


def _is_off(scale: Scale, texts: Iterable[str]) -> bool:
    """Most marks lie outside of the scale."""
    if scale.kind != "integer":
        return False
    numbers = [number for text in texts if text and (number := number_in(text)) is not None]
    return bool(numbers) and 2 * sum(not scale.low <= n <= scale.high for n in numbers) > len(numbers)


def _any_number(text: str) -> float | str | None:
    number = number_in(text) if text else None
    return "it is no number" if text and number is None else number


def _values(
    texts: Sequence[str],
    rows: Sequence[Row],
    column: str,
    read: Callable[[str], float | str | None],
    unread: list[Unread],
) -> Floats:
    values = np.full(len(texts), np.nan)
    for at, text in enumerate(texts):
        answer = read(text)
        if isinstance(answer, str):
            unread.append(Unread(rows[at].number, column, text, answer))
        elif answer is not None:
            values[at] = answer
    return values


def reasons(labels: Labels, labelled: NDArray[np.bool_]) -> Counter[str]:
    """Why rows that people labelled have no results, by how many."""
    return Counter(why for why, wanted in zip(labels.unscored, labelled, strict=True) if wanted and why)
