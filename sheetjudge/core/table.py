"""Table, Row and Column: text as a person sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

CellValue = str | float | int | None
"""What is written into a cell: text, a number, or None to leave the cell empty."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        index: 0-based position.
        header: the header as it stands in the table; "" where there is none.
        name: how it is called here: the header; `Column C` where there is none; `Grade (2)` for the second `Grade`.
    """

    index: int
    header: str
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes:
        position: 0-based among the data rows.
        number: as a person finds it: the row's number in the sheet or workbook, the record's number in a file
            (the header is 1).
        cells: one text for each column, "" where the row is shorter than the header.
    """

    position: int
    number: int
    cells: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """No cell holds anything but white space."""
        return not any(cell.strip() for cell in self.cells)


class Table(Protocol):
    """Rows under a header, wherever they live.

    Attributes:
        name: what to call it to a person: the file's name, or `Spreadsheet › Tab`.
        columns: every column in order, sheetjudge's own among them.
        managed: indexes of the columns that sheetjudge wrote on an earlier run; a judge never reads them.
        results: the headers under which sheetjudge wrote those, whatever a person renamed them to since.
        row_count: number of data rows.
        notes: what a person should know of how the table was read (a guessed encoding, say), one sentence each.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def columns(self) -> tuple[Column, ...]: ...  # noqa: D102
    @property
    def managed(self) -> frozenset[int]: ...  # noqa: D102
    @property
    def results(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def row_count(self) -> int: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102

    def rows(self) -> Iterator[Row]:
        """The data rows in order, read as they are asked for. May be called again."""
        ...


class Target(Protocol):
    """Where the results of a run go.

    Attributes:
        name: what to call it to a person: the file's name, or `Spreadsheet › Tab`.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    def open(self, headers: Sequence[str]) -> None:
        """Get ready for results under these headers, before the first call is paid for.

        Raises:
            TableError, AccessError: the place can't be written.
        """
        ...

    def put(self, row: Row, values: Sequence[CellValue]) -> None:
        """Take the results of one row (one value for each header). Rows may come in any order; nothing blocks here."""
        ...

    def flush_due(self) -> bool:
        """Is it time for `flush`?"""
        ...

    def flush(self) -> None:
        """Write what was put and can be written. Blocks; called from a worker thread."""
        ...

    def close(self) -> None:
        """Every row has been put: write the rest, make it final. Blocks."""
        ...

    def abandon(self) -> None:
        """The run failed before it had results: leave everything as it was. Blocks."""
        ...


def name_columns(headers: Sequence[str], width: int) -> tuple[Column, ...]:
    """Columns for `headers`, `width` of them at least, each under a name of its own.

    >>> [c.name for c in name_columns(["A", "", "A"], 4)]
    ['A', 'Column B', 'A (2)', 'Column D']
    """
    padded = [*headers, *[""] * (width - len(headers))]
    taken = {h.strip() for h in padded if h.strip()}
    seen: set[str] = set()
    counts: dict[str, int] = {}
    columns = []
    for index, header in enumerate(padded):
        base = header.strip() or f"Column {column_letters(index)}"
        name, n = base, 1
        while name in seen or ((n > 1 or not header.strip()) and name in taken):
            n = counts[base] = counts.get(base, 1) + 1
            name = f"{base} ({n})"
        seen.add(name)
        columns.append(Column(index, header, name))
    return tuple(columns)


_MOST_TOLD = 3


def same_headers(columns: Sequence[Column], managed: Collection[int]) -> tuple[str, ...]:
    """What a person must know of headers that stand over two columns or more, one sentence each.

    Args:
        columns: of a table. managed: indexes of those that sheetjudge wrote, which it tells apart by itself.

    >>> same_headers(name_columns(["A", "B", "A"], 3), ())
    ("2 columns are headed 'A': by that name the first is meant, and the other is called 'A (2)'.",)
    """
    found: dict[str, list[str]] = {}
    for column in columns:
        if column.index not in managed and column.header.strip():
            found.setdefault(column.header.strip(), []).append(column.name)
    same = [(header, names) for header, names in found.items() if len(names) > 1 and names[0] == header]
    told = [
        f"{len(names):,} columns are headed {header!r}: by that name the first is meant, and"
        f" {'the other is' if len(names) == 2 else 'the others are'} called"  # noqa: PLR2004
        f" {', '.join(map(repr, names[1 : _MOST_TOLD + 1]))}{' and so on' if len(names) > _MOST_TOLD + 1 else ''}."
        for header, names in same[:_MOST_TOLD]
    ]
    left = len(same) - len(told)
    return (*told, *([f"So are the columns of {left:,} other headers named."] if left else []))


def column_letters(index: int) -> str:
    """A 0-based index as a sheet's column letters.

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
