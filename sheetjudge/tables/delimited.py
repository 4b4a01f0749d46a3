"""CSV and TSV files as a table: streamed, exact, and strict where guessing would lose text.

The csv module of the standard library is used and not pandas: pandas refuses rows that are wider than the
header, drops empty rows or makes them NaN, and reads the whole file into memory.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from sheetjudge.errors import TableError
from sheetjudge.tables.encoding import Encoding, find_encoding
from sheetjudge.tables.file_table import FileTable, Record, allow_large_cells, check_header, survey

_SEP_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_SNIFFED_RECORDS = 20
# Tabs first: a text rarely holds one.
_OTHER_DELIMITERS = {"\t": "tabs", ";": "semicolons"}


@dataclass(frozen=True, slots=True)
class DelimitedLayout:
    """How a CSV or TSV file is written.

    Attributes:
        delimiter: between two cells.
        newline: at the end of a record, as the first line has it.
        mark: the file began with a byte order mark, or is in an encoding that isn't UTF-8.
        sep_line: the file began with a line `sep=…` (a hint for Excel).
        preamble: the records above the header.
    """

    delimiter: str = ","
    newline: str = "\r\n"
    mark: bool = False
    sep_line: bool = False
    preamble: tuple[tuple[str, ...], ...] = ()


def open_delimited(
    path: str, name: str, *, delimiter: str | None, header_row: int, encoding: str | None, keep: Any = None
) -> FileTable:
    """The table in a CSV or TSV file.

    Args:
        delimiter: between two cells; None to find out whether it is a comma, a semicolon or a tab.
        header_row: 1-based record that holds the headers.

    Raises:
        TableError: empty, no rows, undecodable, or a quote that is never closed (with its line).
    """
    with Path(path).open("rb") as file:
        found = find_encoding(file, name, encoding)
    reader = _Reader(path, name, found)
    notes = [found.note] if found.note else []
    layout, note = reader.layout(delimiter)
    notes += [note] if note else []
    reader = _Reader(path, name, found, layout)
    top = list(islice(reader.records(), header_row))
    if not any(any(record) for record in top) and not any(any(record) for record in reader.records()):
        raise TableError(f"{name} is empty.", "It needs a row of headers and at least one row below it.")
    if len(top) < header_row:
        raise TableError(f"{name} has no row {header_row} to take headers from.", "Say which row with --header-row.")
    check_header(top[-1], name, header_row, _first_with_text(reader))
    layout = DelimitedLayout(
        layout.delimiter, layout.newline, layout.mark, layout.sep_line, tuple(tuple(record) for record in top[:-1])
    )
    return survey(
        path=path,
        name=name,
        header=top[-1],
        records=lambda: islice(reader.records(), header_row, None),
        first_number=header_row + 1,
        file_format="csv",
        is_blank=lambda record: not record,
        notes=notes,
        layout=layout,
        keep=keep,
    )


def _first_with_text(reader: _Reader) -> int | None:
    records = enumerate(reader.records(), start=1)
    return next((number for number, record in records if any(cell.strip() for cell in record)), None)


class _Reader:
    """Opens the file and yields its records, as often as asked."""

    def __init__(self, path: str, name: str, encoding: Encoding, layout: DelimitedLayout | None = None) -> None:
        self._path = path
        self._name = name
        self._encoding = encoding
        self._layout = layout or DelimitedLayout()

    def records(self) -> Iterator[Record]:
        """Every record, the header's and those above it among them; a blank line is an empty record."""
        allow_large_cells()
        with self._open() as text:
            if self._layout.sep_line:
                text.readline()
            lines = _Lines(text)
            # Leniently, it drops quotes that aren't doubled, and runs rows together up to the next quote.
            reader = csv.reader(lines, delimiter=self._layout.delimiter, strict=True)
            start = first = 1 + self._layout.sep_line
            try:
                for record in reader:
                    yield record
                    start = first + reader.line_num
            except csv.Error as error:
                raise self._misquoted(error, start, first + reader.line_num - 1, ended=lines.ended) from error

    def _misquoted(self, error: csv.Error, start: int, line: int, *, ended: bool) -> TableError:
        """The error for a record that begins on the line `start` and can't be read further than `line`."""
        advice = 'Write a quote that is part of the text as "", in a cell between quotes.'
        if ended:
            return TableError(f"{self._name}, line {start}: a quote is opened and never closed.", f"Close it. {advice}")
        if "expected after" in str(error):
            cell = f"a cell that is between quotes goes on after its closing quote (its row begins on line {start})"
            return TableError(f"{self._name}, line {line}: {cell}.", advice)
        return TableError(f"{self._name}, line {start}: {error}.", "Look for a quote that is opened and never closed.")

    def layout(self, delimiter: str | None) -> tuple[DelimitedLayout, str]:
        """How the file is written (without its preamble), and a note where the delimiter isn't what its name says."""
        with self._open() as text:
            first = top = text.readline()
            while first and not first.strip():
                first = text.readline()
        newline = "\r\n" if first.endswith("\r\n") else "\r" if first.endswith("\r") else "\n"
        # An old encoding comes from a spreadsheet, which takes UTF-8 without the mark for that encoding again.
        mark = bool(self._encoding.mark) or codecs.lookup(self._encoding.name).name not in {"utf-8", "ascii"}
        if delimiter is None and (hint := _SEP_LINE.fullmatch(top)):
            return DelimitedLayout(hint[1], newline, mark, sep_line=True), ""
        if delimiter is not None:
            return DelimitedLayout(delimiter, newline, mark), ""
        found = next((d for d in _OTHER_DELIMITERS if self._better_split_at(d)), ",")
        note = f"{self._name} separates its columns by {_OTHER_DELIMITERS[found]}." if found != "," else ""
        return DelimitedLayout(found, newline, mark), note

    def _better_split_at(self, other: str) -> bool:
        """Do the first records make a better table when split at `other` than at commas?"""
        widths, commas = self._first_widths(other), self._first_widths(",")
        if not widths or widths[0] == 1 or 2 * widths.count(widths[0]) <= len(widths):
            return False
        if not commas or commas[0] == 1:
            return True
        # A text may hold commas, also as many in each row; a tab that it holds is quoted.
        return len(set(widths)) == 1 and (other == "\t" or widths[0] > commas[0] or len(set(commas)) > 1)

    def _first_widths(self, delimiter: str) -> list[int]:
        reader = _Reader(self._path, self._name, self._encoding, DelimitedLayout(delimiter))
        try:
            return [len(record) for record in islice(reader.records(), _SNIFFED_RECORDS) if record]
        except TableError:
            return []

    def _open(self) -> TextIO:
        file = Path(self._path).open("rb")  # noqa: SIM115  the text wrapper closes it
        file.seek(len(self._encoding.mark))
        return io.TextIOWrapper(file, self._encoding.name, newline="")


class _Lines:
    """Lines of a text that remember whether the reader asked for one more than there are."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.ended = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline()
        if not line:
            self.ended = True
            raise StopIteration
        return line
