"""Rows that a person chose by their numbers: `2-6,9`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from sheetjudge.core.table import Column, Row, Table
from sheetjudge.errors import ConfigError, TableError

_PART = re.compile(r"\s*([0-9]{1,9})\s*(?:[-–]\s*([0-9]{1,9})\s*)?")
_MOST_PARTS = 10_000
_BEYOND = 10**9


@dataclass(frozen=True, slots=True)
class RowChoice:
    """Some rows of a table.

    Attributes:
        text: as it was written. ranges: (first, last) row numbers, in order, apart from each other.
    """

    text: str
    ranges: tuple[tuple[int, int], ...]

    def __contains__(self, row: Row) -> bool:
        at = bisect_right(self.ranges, (row.number, _BEYOND)) - 1
        return at >= 0 and row.number <= self.ranges[at][1]


def parse_rows(text: str) -> RowChoice:
    """The rows that a text names: numbers and ranges of numbers, with commas between.

    Raises:
        ConfigError: it names none.

    >>> parse_rows("2-6, 9").ranges
    ((2, 6), (9, 9))
    """
    ranges = []
    parts = text.split(",")
    for part in parts[:_MOST_PARTS]:
        found = _PART.fullmatch(part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last:
            raise ConfigError(f"{part.strip()!r} names no rows.", 'Rows are chosen by their numbers: "2-6,9".')
        ranges.append((first, last))
    if len(parts) > _MOST_PARTS:
        raise ConfigError(f"The rows are chosen in more than {_MOST_PARTS:,} parts.", "Choose ranges: 2-600.")
    return RowChoice(text, _joined(ranges))


def _joined(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """In order, those that meet made one."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ChosenRows:
    """A table of which only some rows are gone through; they keep their positions."""

    table: Table
    choice: RowChoice

    @property
    def name(self) -> str:
        """As the table's."""
        return self.table.name

    @property
    def columns(self) -> tuple[Column, ...]:
        """As the table's."""
        return self.table.columns

    @property
    def managed(self) -> frozenset[int]:
        """As the table's."""
        return self.table.managed

    @property
    def results(self) -> tuple[str, ...]:
        """As the table's."""
        return self.table.results

    @property
    def notes(self) -> tuple[str, ...]:
        """As the table's."""
        return self.table.notes

    @property
    def row_count(self) -> int:
        """Number of rows that were chosen."""
        return sum(1 for _ in self.rows())

    def rows(self) -> Iterator[Row]:
        """The rows that were chosen, in order."""
        return (row for row in self.table.rows() if row in self.choice)


def chosen_rows(table: Table, choice: RowChoice | None) -> Table:
    """The table, with the chosen rows only where some were chosen.

    Raises:
        TableError: it has none of them.
    """
    if choice is None:
        return table
    chosen = ChosenRows(table, choice)
    if next(chosen.rows(), None) is None:
        last = max((row.number for row in table.rows()), default=0)
        raise TableError(f"{table.name} has none of the rows {choice.text}.", f"Its last row is {last:,}.")
    return chosen
