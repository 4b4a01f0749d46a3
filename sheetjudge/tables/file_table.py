"""FileTable: the rows of a file under their headers, whatever its format."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sheetjudge.core.table import Column, Row, name_columns
from sheetjudge.errors import TableError
from sheetjudge.tables.earlier_results import Block, possible_blocks

Record = Sequence[str]

LARGEST_CELL = 1 << 25
"""Characters in one cell of a text file; a longer one is taken for a quote that is never closed."""


@dataclass(frozen=True)
class FileTable:
    """A Table that lives in a file. Rows are read from the file each time that `rows` is called.

    Attributes:
        path: the file's path, or the copy of standard input.
        name: what to call it to a person.
        columns, row_count, notes: as in `core.table.Table`.
        blocks: the results of earlier runs found in the file.
        first_number: the number that a person gives to the first data row.
        file_format: `csv` (for TSV as well), `xlsx`, `jsonl` or `parquet`.
        records: opens the file and yields the cells of each data row, as many as the row has.
        layout: how the file is written, for the target that writes it again (`DelimitedLayout`, `XlsxLayout`, or None).
        stamp: the file's size and time of change when it was opened.
        keep: whatever has to live as long as the table (the temporary copy of standard input).
    """

    path: str
    name: str
    columns: tuple[Column, ...]
    row_count: int
    notes: tuple[str, ...]
    blocks: tuple[Block, ...]
    first_number: int
    file_format: str
    records: Callable[[], Iterator[Record]]
    stamp: tuple[int, int]
    layout: Any = None
    keep: Any = None

    @property
    def managed(self) -> frozenset[int]:
        """Indexes of the columns that sheetjudge wrote on an earlier run."""
        return frozenset(index for block in self.blocks for index in block.columns)

    @property
    def results(self) -> tuple[str, ...]:
        """The headers of those columns."""
        return tuple(column.header for column in self.columns if column.index in self.managed)

    def rows(self) -> Iterator[Row]:
        """The data rows in order, each with one text for each column.

        Raises:
            TableError: the file can't be read any more, or has changed since it was opened.
        """
        self.check_unchanged()
        width = len(self.columns)
        position = -1
        try:
            for position, record in enumerate(islice(self.records(), self.row_count)):
                cells = (*record, *[""] * (width - len(record))) if len(record) < width else tuple(record[:width])
                yield Row(position, self.first_number + position, cells)
        except Exception as error:
            # Whatever a reader stumbles over in a file that is being replaced, that is the reason.
            self.check_unchanged()
            if isinstance(error, OSError):
                raise TableError(
                    f"{self.name} can't be read any more: {error.strerror or error}.",
                    "Run the command again once it can; no verdict is paid for twice.",
                ) from error
            raise
        if position + 1 < self.row_count:
            raise self._changed()

    def check_unchanged(self) -> None:
        """Make sure that the file is the one that was opened: its rows may stand elsewhere in another.

        Raises:
            TableError: it isn't.
        """
        try:
            unchanged = stamp_of(self.path) == self.stamp
        except OSError:
            unchanged = False
        if not unchanged:
            raise self._changed()

    def _changed(self) -> TableError:
        return TableError(
            f"{self.name} has changed since it was opened.",
            "Run the command again once nothing else writes to the file; no verdict is paid for twice.",
        )


def stamp_of(path: str) -> tuple[int, int]:
    """A file's size in bytes and time of change in nanoseconds."""
    found = Path(path).stat()
    return found.st_size, found.st_mtime_ns


def survey(
    *,
    path: str,
    name: str,
    header: Sequence[str],
    records: Callable[[], Iterator[Record]],
    first_number: int,
    file_format: str,
    is_blank: Callable[[Record], bool],
    notes: Iterable[str] = (),
    layout: Any = None,
    keep: Any = None,
) -> FileTable:
    """Read `records` once, without keeping them, and describe what was seen.

    Args:
        is_blank: says of a record that it is no row if only others like it come after it.

    Raises:
        TableError: there is no data row.
    """
    stamp = stamp_of(path)
    width, count, last = len(header), 0, 0
    candidates = possible_blocks(header)
    for count, record in enumerate(records(), start=1):
        if not is_blank(record):
            last = count
        width = max(width, len(record))
        for candidate in candidates:
            candidate.look_at(record)
    if not last:
        raise TableError(f"{name} has a header but no rows.", "Add at least one row below the header.")
    blocks = tuple(block for candidate in candidates if (block := candidate.block))
    return FileTable(
        path,
        name,
        name_columns(header, width),
        last,
        tuple(notes),
        blocks,
        first_number,
        file_format,
        records,
        stamp,
        layout,
        keep,
    )


class Spool:
    """Records that are slow to read, kept in a temporary file while they are read for the first time.

    Args:
        records: read to their end by the first use of the spool, which is a callable that yields them.
    """

    def __init__(self, records: Iterator[Record]) -> None:
        self._records: Iterator[Record] | None = records
        self._copy = tempfile.NamedTemporaryFile("w+", prefix="sheetjudge-", encoding="utf-8", newline="")  # noqa: SIM115

    def __call__(self) -> Iterator[Record]:
        """The records, from their start."""
        if self._records is not None:
            yield from self._first_time(self._records)
            return
        allow_large_cells()
        with Path(self._copy.name).open(encoding="utf-8", newline="") as copy:
            yield from csv.reader(copy)

    def _first_time(self, records: Iterator[Record]) -> Iterator[Record]:
        writer = csv.writer(self._copy, quoting=csv.QUOTE_ALL)
        for record in records:
            writer.writerow(record)
            yield record
        self._copy.flush()
        self._records = None


def allow_large_cells() -> None:
    """Raise the csv module's limit, which holds for the whole interpreter: a cell may be longer than 131,072."""
    if csv.field_size_limit() < LARGEST_CELL:
        csv.field_size_limit(LARGEST_CELL)


def check_header(header: Sequence[str], name: str, row_number: int, suggestion: int | None) -> None:
    """Refuse a header row without any header.

    Args:
        suggestion: number of the first row that does hold text, where there is one.

    Raises:
        TableError: no cell of `header` holds text.
    """
    if any(cell.strip() for cell in header):
        return
    advice = f"Row {suggestion} is the first with text: --header-row {suggestion}." if suggestion else ""
    raise TableError(f"Row {row_number} of {name}, which should hold the headers, is empty.", advice)
