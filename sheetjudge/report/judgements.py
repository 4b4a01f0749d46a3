"""What stands in a judged table: every row with its score, its answers, its place and its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Criterion, Rubric, Scale
from sheetjudge.core.table import Column, Table
from sheetjudge.core.visible import made_visible
from sheetjudge.ops.agree_labels import inferred_scale, read_answer
from sheetjudge.ops.agree_table import results_in
from sheetjudge.ops.judged_table import JudgedRow, ScoreColumns, judged_table, number_in, result_roles

Floats = NDArray[np.float64]

LONGEST_TITLE = 120
_LONGEST_CODE = 12
_MOST_REASONS = 1000
_OTHER = "other reasons"
_PLACE = ("Rank", "Rank from", "Rank to", "Tier", "Strength", "Strength from", "Strength to", "Comparisons")


@dataclass(frozen=True)
class Place:
    """Where `rank` put a row; None for what its columns don't say."""

    rank: float | None
    rank_low: float | None
    rank_high: float | None
    tier: float | None
    strength: float | None
    low: float | None
    high: float | None
    comparisons: float | None


@dataclass(frozen=True)
class Line:
    """A row as the report shows it.

    Attributes:
        number: as a person finds it. title: how to call it. group: "" where nothing groups rows.
        score: None where none counts. status: its first word, or "" where there is no status. note: what follows it.
        answers: for each criterion the text of its cell, "" where it doesn't count. values: the same in scale units.
        why: the judge's reasons. place: None where `rank` didn't run, or left it without one.
    """

    number: int
    title: str
    group: str
    score: float | None
    status: str
    note: str
    answers: tuple[str, ...]
    values: tuple[float | None, ...]
    why: str
    place: Place | None = None


@dataclass(frozen=True)
class Asked:
    """A criterion.

    Attributes:
        name: its id. scale: None where the answers are on none that can be told. of: as the rubric has it, or None.
    """

    name: str
    scale: Scale | None
    of: Criterion | None = None


@dataclass(frozen=True)
class Judgements:
    """All that a judged table says.

    Attributes:
        table: its name. column: the score's. scale: of the scores. scale_is_guessed: no rubric gave it.
        criteria: in the order of their columns. lines: rows that hold anything, in order.
        reviewed, unscored: rows by the reason. notes: what a reader must know of how the table was read.
    """

    table: str
    column: str
    scale: Scale
    scale_is_guessed: bool
    criteria: tuple[Asked, ...]
    lines: tuple[Line, ...]
    reviewed: Counter[str]
    unscored: Counter[str]
    notes: tuple[str, ...]

    @property
    def scores(self) -> Floats:
        """The score of each line, NaN where it has none."""
        return np.array([np.nan if line.score is None else line.score for line in self.lines])

    def values(self, at: int) -> Floats:
        """The values of the criterion at an index, for each line; NaN where it has none."""
        return np.array([np.nan if line.values[at] is None else line.values[at] for line in self.lines], dtype=float)

    @property
    def is_ranked(self) -> bool:
        """`rank` gave rows a strength."""
        return any(line.place is not None and line.place.strength is not None for line in self.lines)


def read_judgements(table: Table, columns: ScoreColumns, rubric: Rubric | None, group: Column | None) -> Judgements:
    """Read a judged table.

    Args:
        table: opened. columns: where its scores are.
        rubric: gives scales and questions; without one the answers tell their scales.
        group: the column that groups rows.
    """
    found = results_in(table, columns).criteria
    rows = list(judged_table(table, columns))
    known = {c.id: c for c in rubric.criteria} if rubric is not None else {}
    asked = tuple(_asked(name, known.get(name), [_answer(row, index) for row in rows]) for name, index in found.items())
    scores = [row.score for row in rows if row.score is not None]
    guessed = inferred_scale([f"{score:.10f}" for score in scores], []) or Scale("integer", 0, 1)
    title = _title_columns(table, columns, rows)
    roles = _own_roles(table, columns)
    reader = _Reader(columns, tuple(found.values()), asked, title, roles, group)
    reviewed: Counter[str] = Counter()
    unscored: Counter[str] = Counter()
    lines = []
    for row in rows:
        line = reader.line(row)
        lines.append(line)
        if line.score is None:
            _count(unscored, f"{row.why}: {line.note}" if line.note and row.why in ("error", "skipped") else row.why)
        elif line.status == "review":
            _count(reviewed, line.note or "no reason given")
    return Judgements(
        table.name, columns.name, rubric.scale if rubric is not None else guessed, rubric is None, asked, tuple(lines),
        reviewed, unscored, table.notes,
    )  # fmt: skip


def _count(counts: Counter[str], reason: str) -> None:
    counts[reason if reason in counts or len(counts) < _MOST_REASONS else _OTHER] += 1


def _own_roles(table: Table, columns: ScoreColumns) -> Mapping[str, int]:
    """The columns of the run whose score it is, by what they were called without the rubric's name."""
    for roles in result_roles(table):
        if columns.score in roles.values():
            prefix = next(role for role, index in roles.items() if index == columns.score).removesuffix("Score")
            return {role.removeprefix(prefix): index for role, index in roles.items()}
    return {}


def _answer(row: JudgedRow, index: int) -> str:
    # Of a row that failed on one criterion the others have their verdicts; those of a text that changed have none.
    return row.row.cells[index].strip() if row.why in ("", "error", "no score") else ""


def _asked(name: str, of: Criterion | None, answers: Sequence[str]) -> Asked:
    return Asked(name, of.scale if of is not None else inferred_scale([a for a in answers if a], []), of)


@dataclass(frozen=True)
class _Reader:
    columns: ScoreColumns
    places: tuple[int, ...]
    asked: tuple[Asked, ...]
    title: tuple[int, ...]
    roles: Mapping[str, int]
    group: Column | None

    def line(self, row: JudgedRow) -> Line:
        answers = tuple(_answer(row, index) for index in self.places)
        status = "" if self.columns.status is None else row.row.cells[self.columns.status].strip()
        word, _, note = status.partition(":")
        why = row.row.cells[self.roles["Why"]].strip() if "Why" in self.roles else ""
        return Line(
            row.row.number,
            _titled(" · ".join(row.row.cells[index] for index in self.title if row.row.cells[index].strip())),
            row.row.cells[self.group.index].strip() if self.group is not None else "",
            row.score,
            word.split(" ")[0],
            note.strip(),
            answers,
            tuple(_value(asked.scale, answer) for asked, answer in zip(self.asked, answers, strict=True)),
            why,
            self._place(row),
        )

    def _place(self, row: JudgedRow) -> Place | None:
        if "Strength" not in self.roles or row.score is None:
            return None
        told = (number_in(row.row.cells[self.roles[name]].strip()) if name in self.roles else None for name in _PLACE)
        return Place(*told)


def _title_columns(table: Table, columns: ScoreColumns, rows: Sequence[JudgedRow]) -> tuple[int, ...]:
    """The first column, and the second where the first is a mere number or code and the second has words."""
    own = [c.index for c in table.columns if c.index not in table.managed and c.index != columns.score][:2]
    if len(own) < 2 or not rows:  # noqa: PLR2004
        return tuple(own)
    first, second = ([row.row.cells[index].strip() for row in rows] for index in own)
    is_code = max(map(len, first)) <= _LONGEST_CODE
    has_words = sum(" " in text for text in second) * 2 > len(second)
    return tuple(own) if is_code and has_words else tuple(own[:1])


def _titled(cell: str) -> str:
    line = " ".join(made_visible(cell[:LONGEST_TITLE]).split())
    return line if len(cell) <= LONGEST_TITLE else f"{line}…"


def _value(scale: Scale | None, answer: str) -> float | None:
    if scale is None:
        return None
    value = read_answer(scale, answer)
    return value if isinstance(value, float) else None
