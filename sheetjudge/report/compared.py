"""What stands in a compared table: who won each prompt, and how clearly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sheetjudge.core.table import Column, Row, Table
from sheetjudge.core.visible import made_visible
from sheetjudge.ops.export_compared import TIE, winners_named
from sheetjudge.ops.judged_table import WinnerColumns, number_in
from sheetjudge.ops.reading import data_columns
from sheetjudge.report.judgements import LONGEST_TITLE
from sheetjudge.report.runs import RunFacts
from sheetjudge.report.spread import Floats

_MOST_CONTENDERS = 100
_NO_OUTCOME = frozenset({"stale", "error", "skipped"})


@dataclass(frozen=True)
class Contested:
    """A prompt as the report shows it.

    Attributes:
        number: of its row, the first of several. title: how to call it.
        winners: several for a tie, none where it isn't known. margin: how far they are ahead, 0 … 1 between pairs.
        status: its first word. note: what follows it. why: the judge's reasons. unscored: why nobody won, or "".
    """

    number: int
    title: str
    winners: tuple[str, ...]
    margin: float | None
    status: str
    note: str
    why: str
    unscored: str


@dataclass(frozen=True)
class Comparison:
    """All that a compared table says.

    Attributes:
        table: its name. column: that of the winners. contenders: their names, those that never won among them where
            they are known.
        prompts: in order. unit: what one of them is: a prompt, or a row where rows of a prompt can't be put together.
        notes: what a reader must know.
    """

    table: str
    column: str
    contenders: tuple[str, ...]
    prompts: tuple[Contested, ...]
    unit: str
    notes: tuple[str, ...]

    @property
    def decided(self) -> tuple[Contested, ...]:
        """The prompts with a winner, or with several."""
        return tuple(prompt for prompt in self.prompts if prompt.winners)

    @property
    def unscored(self) -> Counter[str]:
        """The others by reason."""
        return Counter(prompt.unscored for prompt in self.prompts if prompt.unscored)

    @property
    def reviewed(self) -> Counter[str]:
        """Those that a person should look at, by reason."""
        return Counter(prompt.note or "no reason given" for prompt in self.decided if prompt.status == "review")

    def wins(self, name: str) -> tuple[int, int]:
        """How many prompts a contender won alone, and how many together with others."""
        own = [prompt for prompt in self.decided if name in prompt.winners]
        alone = sum(len(prompt.winners) == 1 for prompt in own)
        return alone, len(own) - alone

    def shares(self, name: str) -> Floats:
        """A contender's share of each decided prompt: 1 where it won, a part of it where several did."""
        return np.array([(name in prompt.winners) / len(prompt.winners) for prompt in self.decided], dtype=float)


def read_comparison(table: Table, columns: WinnerColumns, runs: Sequence[RunFacts], group: Column | None) -> Comparison:
    """Read a compared table.

    Args:
        table: opened. columns: where its winners are. runs: that compared it, the newest first; they name contenders.
        group: the column that tells prompts apart, where each has several rows.
    """
    told = next((run for run in runs if run.board), None)
    if group is None and told is not None:
        group = next((c for c in table.columns if c.name == told.found_by.get("group")), None)
    rows = [row for row in table.rows() if not row.is_empty]
    whose = _whose(table, columns, rows) if told is None else None
    names = _names(table, columns, rows, told, whose)
    reader = _Reader(columns, names, columns.why, _title_column(table, group))
    chosen = rows if group is None else list(_first_of_each(rows, group, columns))
    notes = list(table.notes)
    if group is None and told is not None and told.found_by:
        notes.append(
            f"There is no column {told.found_by.get('group')!r} any more: rows of one prompt count one by one."
        )
    elif group is None and whose is not None:
        notes.append(
            "Each row counts by itself, though rows of one prompt won or lost together: name its column with --group."
        )
    return Comparison(
        table.name,
        table.columns[columns.winner].name,
        names,
        tuple(map(reader.contested, chosen)),
        "row" if group is None and whose is not None else "prompt",
        tuple(notes),
    )


def _names(
    table: Table, columns: WinnerColumns, rows: Sequence[Row], told: RunFacts | None, whose: Column | None
) -> tuple[str, ...]:
    """The contenders: as the run or the table has them, with whoever else won by the table."""
    known = [str(name) for name in told.board.get("contenders", ())] if told is not None else []
    if whose is not None:
        known += [row.cells[whose.index].strip() for row in rows]
    cells = [row.cells[columns.winner].strip() for row in rows]
    found = dict.fromkeys([*filter(None, known), *(cell for cell in cells if cell and not cell.startswith(TIE))])
    headers = [column.name for column in data_columns(table)]
    for cell in cells:
        if cell.startswith(TIE) and not winners_named(cell, list(found)):
            rest = cell.removeprefix(TIE)
            named = winners_named(cell, [*found, *headers]) or [part.strip() for part in rest.split(", ")]
            found |= dict.fromkeys(named)
    return tuple(found)


def _whose(table: Table, columns: WinnerColumns, rows: Sequence[Row]) -> Column | None:
    """The column that says whose answer a row holds, where there is one: all winners are named in it."""
    cells = {cell for row in rows if (cell := row.cells[columns.winner].strip())}
    for column in data_columns(table):
        names = list(dict.fromkeys(name for row in rows if (name := row.cells[column.index].strip())))
        if 1 < len(names) <= _MOST_CONTENDERS and cells and all(winners_named(cell, names) for cell in cells):
            return column
    return None


def _first_of_each(rows: Sequence[Row], group: Column, columns: WinnerColumns) -> Iterator[Row]:
    """One row for each prompt: the outcome stands beside all of its rows, but for those that were skipped.

    A skipped row stands for its prompt only where the whole prompt was.
    """

    def rank(row: Row) -> int:
        word = row.cells[columns.status]
        return 2 if word.startswith("stale") else 0 if word.startswith("skipped") else 1

    seen: dict[str, Row] = {}
    for row in rows:
        key = row.cells[group.index].strip() or f"\0{row.position}"
        if key not in seen or rank(row) > rank(seen[key]):
            seen[key] = row
    yield from sorted(seen.values(), key=lambda row: row.position)


def _title_column(table: Table, group: Column | None) -> int | None:
    if group is not None:
        return group.index
    return next((c.index for c in table.columns if c.index not in table.managed), None)


@dataclass(frozen=True)
class _Reader:
    columns: WinnerColumns
    names: Sequence[str]
    why: int | None
    title: int | None

    def contested(self, row: Row) -> Contested:
        status = row.cells[self.columns.status].strip()
        word, _, note = status.partition(":")
        word, note = word.split(" ")[0], note.strip()
        winners = tuple(winners_named(row.cells[self.columns.winner].strip(), list(self.names)))
        unscored = ""
        if word in _NO_OUTCOME or not winners:
            winners = ()
            unscored = "its text changed since it was compared" if word == "stale" else word or "no winner"
            unscored = f"{unscored}: {note}" if note and word in ("error", "skipped") else unscored
        return Contested(
            row.number,
            "" if self.title is None else _titled(row.cells[self.title]),
            winners,
            number_in(row.cells[self.columns.margin].strip()) if winners else None,
            word,
            note,
            "" if self.why is None else row.cells[self.why].strip(),
            unscored,
        )


def _titled(cell: str) -> str:
    line = " ".join(made_visible(cell[:LONGEST_TITLE]).split())
    return line if len(cell) <= LONGEST_TITLE else f"{line}…"


def judged_by(runs: Sequence[RunFacts]) -> RunFacts | None:
    """The newest run that has a leaderboard."""
    return next((run for run in runs if run.board.get("leaderboard")), None)
