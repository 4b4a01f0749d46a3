"""A table of labels and verdicts as numbers: a value for each row, rater and criterion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import YES_NO, Rubric, Scale
from sheetjudge.core.table import Column, Table
from sheetjudge.errors import TableError
from sheetjudge.ops.agree_columns import OVERALL, Matched
from sheetjudge.ops.agree_labels import Unread, inferred_scale, read_answer
from sheetjudge.ops.judged_table import ScoreColumns, judged_table, number_in, result_roles
from sheetjudge.ops.jury_voices import Voices, voices_in

Floats = NDArray[np.float64]
Answers = dict[str, Floats]

JUDGE = "the judge"
"""What the judge is called whose results stand in the table."""

_LONGEST_TITLE = 200

_NO_CRITERIA = frozenset({
    "Score", "Rank", "Rank from", "Rank to", "Tier", "Strength", "Strength from", "Strength to", "Comparisons", "Keep",
    "Why", "Reasoning", "Status",
})  # fmt: skip


@dataclass(frozen=True)
class Results:
    """Where what sheetjudge wrote stands.

    Attributes:
        columns: of the score and the status. criteria: by id the column of its answer.
        why: the column of the reasons, which hold what each judge of a jury said; None for none.
        prefix: what their headers begin with where another rubric's results stand beside them, `Style · `, or "".
        is_filtered: `filter` wrote them.
    """

    columns: ScoreColumns
    criteria: Mapping[str, int]
    why: int | None = None
    prefix: str = ""
    is_filtered: bool = False


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


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a row: its text may be long, and there may be many.

    Attributes:
        number: as a person finds it. title: how to call it. length: of its text, in characters. group: what it belongs
            to; "" where nothing groups it. cells: by index those with answers.
        voices: what each judge of a jury said.
    """

    number: int
    title: str
    length: int
    group: str
    cells: Mapping[int, str]
    voices: Voices = field(default_factory=dict)


@dataclass
class Labels:
    """Every answer of a table.

    Attributes:
        rows: rows that hold anything.
        criteria: in order, the row as a whole (`OVERALL`) last.
        unread: cells that hold no answer. unscored: for each row without results that count, why.
        checks: by id what the rubric's deterministic checks found, which is a fact for people too.
    """

    rows: tuple[Kept, ...]
    criteria: dict[str, Criterion] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    unscored: list[str] = field(default_factory=list)
    checks: Answers = field(default_factory=dict)


def results_in(table: Table, columns: ScoreColumns) -> Results:
    """The criteria whose answers stand beside a score that sheetjudge wrote."""
    for roles in result_roles(table):
        if columns.score in roles.values():
            prefix = next(role for role, index in roles.items() if index == columns.score).removesuffix("Score")
            names = {role.removeprefix(prefix): index for role, index in roles.items()}
            criteria = {name: index for name, index in names.items() if name not in _NO_CRITERIA}
            return Results(columns, criteria, names.get("Why"), prefix, "Keep" in names)
    return Results(columns, {})


def read_labels(
    table: Table,
    people: Sequence[Matched],
    judges: Sequence[Matched],
    results: Results | None,
    rubric: Rubric | None,
    scale: Scale | None,
    *,
    group: Column | None = None,
    texts: Sequence[Column] = (),
) -> Labels:
    """Read the answers of people and judges.

    Args:
        table: where they are. people, judges: their columns. results: of sheetjudge; None for none.
        rubric: gives the scales; without one `scale` does, or the answers themselves do.
        group: the column that groups rows. texts: those whose length counts.

    Raises:
        TableError: nothing that people labelled was judged, or a column holds no answers.
    """
    rows = _kept(table, people, judges, results, group, texts)
    labels = Labels(rows, unscored=[""] * len(rows))
    about = dict.fromkeys(match.criterion for match in people)
    judged = {match.criterion for match in judges} | ({OVERALL, *results.criteria} if results else set())
    cells_of = _Texts(table, rows, results, labels)
    wanted = [name for name in about if name in judged]
    for name in sorted(wanted, key=lambda name: _place(name, rubric)):
        cells = [(m.rater, m.column.name, cells_of.of(m.column.index)) for m in people if m.criterion == name]
        verdicts = [(m.rater, m.column.name, cells_of.of(m.column.index)) for m in judges if m.criterion == name]
        if results is not None and (name == OVERALL or name in results.criteria):
            at = results.columns.score if name == OVERALL else results.criteria[name]
            verdicts.insert(0, (JUDGE, table.columns[at].name, cells_of.judged(at, is_score=name == OVERALL)))
        given = _scale_in(rubric, name) if rubric is not None else scale
        part = _criterion(name, cells, verdicts, given, rows, labels.unread)
        if part.people:
            labels.criteria[name] = part
    if rubric is not None and results is not None:
        labels.checks = _checks(rubric, results, cells_of, rows)
    if wanted and not labels.criteria:
        columns = ", ".join(dict.fromkeys(repr(m.column.name) for m in people))
        raise TableError(f"{table.name} has no label yet in {columns}.", "Fill some in, and run this again.")
    return labels


def _checks(rubric: Rubric, results: Results, cells: _Texts, rows: Sequence[Kept]) -> Answers:
    """What deterministic checks found. sheetjudge wrote it, so that each cell is an answer, or blank."""
    return {
        c.id: _values(
            cells.judged(results.criteria[c.id], is_score=False), rows, c.id, partial(read_answer, c.scale), []
        )
        for c in rubric.criteria
        if c.check is not None and c.id in results.criteria
    }


def _kept(
    table: Table,
    people: Sequence[Matched],
    judges: Sequence[Matched],
    results: Results | None,
    group: Column | None,
    texts: Sequence[Column],
) -> tuple[Kept, ...]:
    wanted = {match.column.index for match in (*people, *judges)}
    wanted |= {results.columns.score, *results.criteria.values()} if results is not None else set()
    criteria = tuple(results.criteria) if results is not None else ()
    why = results.why if results is not None else None
    title = next((c.index for c in table.columns if c.index not in table.managed), 0)
    return tuple(
        Kept(
            row.number,
            row.cells[title][:_LONGEST_TITLE],
            sum(len(row.cells[c.index].strip()) for c in texts),
            row.cells[group.index].strip() if group is not None else "",
            {index: row.cells[index].strip() for index in wanted},
            voices_in(row.cells[why], criteria) if why is not None else {},
        )
        for row in table.rows()
        if not row.is_empty
    )


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

    def __init__(self, table: Table, rows: Sequence[Kept], results: Results | None, labels: Labels) -> None:
        self._rows = rows
        self._whys: list[str] = [""] * len(rows)
        if results is not None:
            self._whys = [row.why for row in judged_table(table, results.columns)]
            labels.unscored[:] = self._whys

    def of(self, index: int) -> list[str]:
        return [row.cells[index] for row in self._rows]

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
    rows: Sequence[Kept],
    unread: list[Unread],
) -> Criterion:
    filled = [[text for _, _, texts in side for text in texts if text] for side in (people, judges)]
    scale = given or inferred_scale(*filled)
    if not filled[0]:
        return Criterion(scale or YES_NO)
    if scale is None:
        raise TableError(
            f"The labels in {people[0][1]!r} are no marks, no yes or no, and too many different words, or numbers too"
            " far apart.",
            "Say what the answers are: --rubric RUBRIC, or --scale 1-5, yes/no, or 'weak, fair, strong'. Where most"
            " numbers lie outside of the scale, only their order is compared.",
        )
    found = Criterion(scale)
    if given is None:
        found.notes.append(_inferred(name, scale))
    if scale.kind == "yes/no" and any(text.casefold() == "false" for text in filled[0]):
        found.notes.append(
            f"FALSE about {_about(name)} counts as a no; a box that nobody has looked at yet shows it too."
        )
    off = [(rater, column) for rater, column, texts in (*people, *judges) if _is_off(scale, texts)]
    if off:
        rater, column = off[0]
        found.by_order = f"{rater}'s marks in {column!r} aren't on {scale}, so that only the order of rows is compared"
    for side, answers in ((people, found.people), (judges, found.judges)):
        for rater, column, texts in side:
            read = _any_number if (rater, column) in off else partial(read_answer, scale)
            answers[rater] = _values(texts, rows, column, read, unread)
    blank = [rater for rater, values in found.people.items() if np.isnan(values).all()]
    found.people = {rater: values for rater, values in found.people.items() if rater not in blank}
    found.notes += [f"{rater} gave no label about {_about(name)}." for rater in blank if found.people]
    return found


def _about(name: str) -> str:
    return "the row as a whole" if name == OVERALL else repr(name)


def _inferred(name: str, scale: Scale) -> str:
    about = _about(name)
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
    rows: Sequence[Kept],
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
