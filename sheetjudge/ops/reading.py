"""Which cells of a row the judge sees, found by name, and cut where a row is too long."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sheetjudge.core.checks import check_columns
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Column, Row, Table
from sheetjudge.core.visible import cut_middle, made_visible
from sheetjudge.engine.run import Work
from sheetjudge.errors import TableError
from sheetjudge.judging.protocol import Item
from sheetjudge.ops.odd_rows import OddRows
from sheetjudge.tables.sheet_table import SheetTable

MOST_CHARACTERS = 60_000
"""Characters of a row that are shown to a judge whose limit isn't known: some 15,000 tokens of English."""

# The longest form in which one character is shown: `[U+10FFFF]`.
_MOST_GROWTH = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """The columns that judges see.

    Attributes:
        fields: those that are judged.
        references: (name used in the rubric, column) of those that an ask names.
        most: characters of a row that are shown at the most.
        odd: what is made of cells that don't show what was put in; None where there are none.
    """

    fields: tuple[Column, ...]
    references: tuple[tuple[str, Column], ...]
    most: int = MOST_CHARACTERS
    odd: OddRows | None = None

    @property
    def leaving(self) -> tuple[str, ...]:
        """Names of all columns whose text a judge gets."""
        return tuple(dict.fromkeys(c.name for c in (*self.fields, *(c for _, c in self.references))))

    def work(self, row: Row) -> Work:
        """The row as a judge sees it; without an item where there is nothing to judge."""
        skipped, odd = self.odd.of(row) if self.odd is not None else ("", "")
        if skipped:
            return Work(row, None, skipped)
        if row.is_empty:
            return Work(row, None, "empty row")
        if not any(row.cells[c.index].strip() for c in self.fields):
            return Work(row, None, f"nothing in {_listed([c.name for c in self.fields])}")
        texts = {c.index: row.cells[c.index] for c in (*self.fields, *(c for _, c in self.references))}
        # An empty reference answer is nothing to compare with, and a judge may not say so.
        blank = [c.name for _, c in self.references if not row.cells[c.index].strip()]
        note = "; ".join(filter(None, (f"{_listed(blank)} is empty" if blank else "", odd)))
        cut = ""
        if _MOST_GROWTH * sum(map(len, texts.values())) > self.most:
            # What judges are shown counts, and a character that can't be seen takes several to show.
            texts = {index: made_visible(text) for index, text in texts.items()}
            if sum(map(len, texts.values())) > self.most:
                texts, cut = self._cut(texts)
                note = "; ".join(filter(None, (note, cut)))
        item = Item(
            tuple((c.name, texts[c.index]) for c in self.fields),
            {name: texts[c.index] for name, c in self.references},
        )
        return Work(row, item, note, cut=bool(cut))

    def _cut(self, texts: dict[int, str]) -> tuple[dict[int, str], str]:
        share = _fair_share([len(text) for text in texts.values()], self.most)
        names = {c.index: c.name for c in (*self.fields, *(c for _, c in self.references))}
        shown, notes = {}, []
        for index, text in texts.items():
            shown[index], left_out = cut_middle(text, share)
            if left_out:
                notes.append(f"{names[index]} was too long: {left_out:,} of {len(text):,} characters left out")
        return shown, "; ".join(notes)


def _fair_share(lengths: Sequence[int], most: int) -> int:
    """The length to which texts are cut so that together they fit: short ones stay whole."""
    left, share = most, most
    for count, length in zip(range(len(lengths), 0, -1), sorted(lengths), strict=True):
        share = left // count
        if length > share:
            return share
        left -= length
    return share


def choose_columns(table: Table, rubric: Rubric, read: Iterable[str], most: int = MOST_CHARACTERS) -> Reading:
    """The columns that a run reads.

    Args:
        table: where they are.
        rubric: its asks may name columns.
        read: names of the columns to judge; empty for all data columns.
        most: characters of a row that are shown at the most.

    Raises:
        TableError: a column isn't there; names the nearest ones.
    """
    data = data_columns(table)
    chosen = [column_named(name, data, table.name) for name in read]
    references: dict[str, Column] = {}
    for criterion in rubric.asked:
        for name in criterion.references:
            references[name] = column_named(name, data, table.name, f" that criterion {criterion.id!r} asks about")
    named = set(references.values())
    # A reference (an ideal answer, say) is not itself what is judged, unless it is asked for.
    fields = tuple(dict.fromkeys(chosen)) or tuple(c for c in data if c not in named) or tuple(data)
    return Reading(fields, tuple(references.items()), most)


def with_odd_rows(reading: Reading, table: Table, rubric: Rubric, *, in_place: bool) -> Reading:
    """The same, with an eye on cells of a sheet that don't show what was put in.

    Args:
        reading: the columns that are read of `table`. rubric: its checks may read others.
        in_place: the results go back into the sheet.
    """
    if not isinstance(table, SheetTable):
        return reading
    named = {name for criterion in rubric.criteria for name in check_columns(criterion)}
    checked = [column_named(name, data_columns(table), table.name) for name in sorted(named)]
    watched = tuple(dict.fromkeys((*reading.fields, *(c for _, c in reading.references), *checked)))
    return replace(reading, odd=OddRows(table, rubric, reading.fields, watched, in_place=in_place))


def data_columns(table: Table) -> list[Column]:
    """The columns that people wrote.

    Raises:
        TableError: there are none.
    """
    data = [c for c in table.columns if c.index not in table.managed]
    if not data:
        raise TableError(f"{table.name} has no columns to judge.", "Every column there was written by sheetjudge.")
    return data


def column_named(name: str, columns: Sequence[Column], table: str, role: str = "") -> Column:
    """The column called `name`: exactly so, else the only one that differs in case or blanks alone.

    Raises:
        TableError: there is none, or more than one.
    """
    for column in columns:
        if column.name == name:
            return column
    loose = [c for c in columns if _loosely(c.name) == _loosely(name)]
    if len(loose) == 1:
        return loose[0]
    names = [c.name for c in columns]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"Its columns are {_listed(names)}."
    raise TableError(f"{table} has no column {name!r}{role}.", hint)


def _loosely(name: str) -> str:
    return "".join(name.split()).casefold()


def _listed(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def works(
    table: Table, reading: Reading, limit: int | None, is_settled: Callable[[Row], bool] = lambda _: False
) -> Iterator[Work]:
    """The rows to judge, in order; of the first `limit` that hold anything, where a limit is given.

    Args:
        is_settled: tells which rows have their results already.
    """
    taken = 0
    for row in table.rows():
        if limit is not None and taken >= limit:
            return
        work = reading.work(row)
        taken += work.item is not None
        if not is_settled(row):
            yield work
