"""Add columns to a workbook without touching anything else in it.

A library that loads and saves a workbook drops what it doesn't know (charts, pictures, the values that
formulas had). So the cells are put into the tab's XML at the places where they belong, and every other byte
of the tab, and every other part of the workbook, is copied.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from xml.parsers import expat

from sheetjudge.core.table import CellValue, column_letters
from sheetjudge.errors import TableError
from sheetjudge.tables.xlsx_package import sheet_part
from sheetjudge.tables.xlsx_text import MOST_COLUMNS, cell_xml, column_widths

_SPANS = re.compile(rb"""\sspans=("[^"]*"|'[^']*')""")
_REF = re.compile(rb"""\sref=("[^"]*"|'[^']*')""")
_COLUMN = re.compile(r"[A-Z]+")
_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")

Cells = Mapping[int, Sequence[CellValue]]
"""1-based row number -> the values of the new columns, left to right."""


class SpliceWriter:
    """Gathers the results and writes the workbook in `finish`.

    Args:
        path: an existing file, overwritten by `finish`.
        new: headers of the results.
        source: path of the workbook that the table came from.
        tab: title of the table's tab.
        header_row: 1-based row that holds the headers.
        width: columns that the table has.
        replaced: indexes of the columns whose place the results take.

    Raises:
        TableError: the workbook can't be read, or has no room for the columns.
    """

    def __init__(
        self,
        path: str,
        new: Sequence[str],
        *,
        source: str,
        tab: str,
        header_row: int,
        width: int,
        replaced: frozenset[int],
    ) -> None:
        self._path = path
        self._new = new
        self._source = source
        self._header_row = header_row
        self._replaced = replaced
        self._part, xml = sheet_part(source, tab)
        used = max(width, _used_columns(xml, header_row))
        self._first = _first_column(replaced, len(new), used)
        if self._first + len(new) > MOST_COLUMNS:
            raise TableError(f"{tab} has no room for {len(new)} more columns.", "Name a .csv file with --out instead.")
        self._rows: dict[int, Sequence[CellValue]] = {header_row: tuple(new)}

    def write(self, cells: Sequence[str], values: Sequence[CellValue], number: int) -> None:  # noqa: ARG002
        """One row; its cells are in the workbook already."""
        self._rows[number] = values

    def finish(self) -> None:
        """Write the file."""
        with zipfile.ZipFile(self._source) as old, zipfile.ZipFile(self._path, "w", zipfile.ZIP_DEFLATED) as out:
            for info in old.infolist():
                if info.filename == self._part:
                    job = _Job(self._rows, self._header_row, self._first, len(self._new), self._replaced, self._new)
                    out.writestr(info, splice(old.read(info), job), zipfile.ZIP_DEFLATED)
                    continue
                with old.open(info) as part, out.open(info, "w") as copy:
                    shutil.copyfileobj(part, copy)

    def discard(self) -> None:
        """Nothing is open before `finish`."""


class _Tag(NamedTuple):
    """Where the tag that opens an element ends, and whether it is the whole element."""

    end: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class _Job:
    """What to put into a tab: `rows` from column `first` (0-based) on, and the columns to empty before."""

    rows: Cells
    header_row: int
    first: int
    count: int
    emptied: frozenset[int]
    headers: Sequence[str]


def splice(xml: bytes, job: _Job) -> bytes:
    """The tab's XML with the cells of `job` in it."""
    edits = _Edits(xml, job)
    edits.find()
    out, position = [], 0
    for start, end, put in sorted(edits.edits, key=lambda edit: edit[:2]):
        out += [xml[position:start], put]
        position = end
    out.append(xml[position:])
    return b"".join(out)


class _Edits:
    """Walks through a tab's XML and notes (start, end, replacement) for each change, in bytes."""

    def __init__(self, xml: bytes, job: _Job) -> None:
        self._xml = xml
        self._job = job
        self._waiting = sorted(job.rows)
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._path: list[str] = []
        self._starts: list[int] = []
        self._prefix = ""
        self._row = 0
        self._column = 0
        self._header_style = ""
        self._placed = False
        self._last_col = 0
        self._has_cols = False
        self.edits: list[tuple[int, int, bytes]] = []

    def find(self) -> None:
        self._parser.Parse(self._xml, True)  # noqa: FBT003  expat takes no keywords

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        prefix, _, name = tag.rpartition(":")
        at = self._parser.CurrentByteIndex
        self._path.append(name)
        self._starts.append(at)
        if name == "dimension":
            self._widen_dimension(at, attributes.get("ref", ""))
        elif name == "col":
            self._last_col = max(self._last_col, int(attributes.get("max", 0)))
        elif name == "sheetData":
            self._prefix = f"{prefix}:" if prefix else ""
            if not self._has_cols:
                self._put(at, f"<{self._prefix}cols>{self._col_elements()}</{self._prefix}cols>")
        elif self._path[-2:] == ["sheetData", "row"]:
            self._start_row(at, attributes)
        elif self._path[-2:] == ["row", "c"]:
            self._start_cell(at, attributes)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        start, at = self._starts.pop(), self._parser.CurrentByteIndex
        if self._path[-2:] == ["sheetData", "row"]:
            self._end_row(at, self._tag(start))
        elif self._path[-2:] == ["row", "c"]:
            if self._in_the_way(self._column):
                # Where an element is one tag, the parser is behind it already.
                self.edits.append((start, at if self._tag(start).is_whole else self._tag_end(at), b""))
        elif name == "cols":
            self._has_cols = True
            if (opened := self._tag(start)).is_whole:
                self._fill(tag, opened, self._col_elements())
            elif self._last_col <= self._job.first:
                self._put(at, self._col_elements())
        elif name == "sheetData":
            self._put_rows_before(None, at)
        self._path.pop()

    def _start_row(self, at: int, attributes: dict[str, str]) -> None:
        self._row = int(attributes.get("r") or self._row + 1)
        self._put_rows_before(self._row, at)
        self._column, self._placed = -1, False
        if spans := _SPANS.search(self._xml, at, self._tag_end(at)):
            self.edits.append((spans.start(), spans.end(), b""))

    def _start_cell(self, at: int, attributes: dict[str, str]) -> None:
        letters = _COLUMN.match(attributes.get("r", ""))
        self._column = _column_index(letters[0]) if letters else self._column + 1
        if self._row == self._job.header_row and self._column < self._job.first:
            self._header_style = attributes.get("s", "")
        if self._column >= self._job.first + self._job.count:
            self._place(at)

    def _end_row(self, at: int, opened: _Tag) -> None:
        if not opened.is_whole:
            self._place(at)
        elif self._row in self._job.rows:
            self._waiting.remove(self._row)
            if cells := self._cells(self._row):
                self._fill(f"{self._prefix}row", opened, cells)

    def _fill(self, tag: str, opened: _Tag, xml: str) -> None:
        """Put something into an element that is one tag."""
        self.edits.append((opened.end - 2, opened.end, f">{xml}</{tag}>".encode()))

    def _place(self, at: int) -> None:
        """Put the row's new cells here, once."""
        if not self._placed and self._row in self._job.rows:
            self._placed = True
            self._waiting.remove(self._row)
            self._put(at, self._cells(self._row))

    def _put_rows_before(self, row: int | None, at: int) -> None:
        """Rows that the tab leaves out because they are empty."""
        while self._waiting and (row is None or self._waiting[0] < row):
            missing = self._waiting.pop(0)
            if cells := self._cells(missing):
                self._put(at, f'<{self._prefix}row r="{missing}">{cells}</{self._prefix}row>')

    def _cells(self, row: int) -> str:
        style = self._header_style if row == self._job.header_row else ""
        values = enumerate(self._job.rows[row], start=self._job.first)
        return "".join(cell_xml(self._prefix, f"{column_letters(i)}{row}", value, style) for i, value in values)

    def _col_elements(self) -> str:
        return column_widths(self._prefix, self._job.headers, self._job.first)

    def _widen_dimension(self, at: int, ref: str) -> None:
        last = re.fullmatch(r"(?:[A-Z]+\d+:)?([A-Z]+)(\d+)", ref)
        found = _REF.search(self._xml, at, self._tag_end(at))
        if last and found:
            right = max(_column_index(last[1]), self._job.first + self._job.count - 1)
            bottom = max(int(last[2]), *self._job.rows)
            put = f' ref="A1:{column_letters(right)}{bottom}"'
            self.edits.append((found.start(), found.end(), put.encode()))

    def _in_the_way(self, column: int) -> bool:
        mine = self._job.first <= column < self._job.first + self._job.count
        return self._row in self._job.rows and (mine or column in self._job.emptied)

    def _put(self, at: int, xml: str) -> None:
        self.edits.append((at, at, xml.encode()))

    def _tag(self, at: int) -> _Tag:
        end = self._tag_end(at)
        return _Tag(end, self._xml[end - 2 : end] == b"/>")

    def _tag_end(self, at: int) -> int:
        tag = _TAG.match(self._xml, at)
        assert tag is not None  # noqa: S101 - the parser stands at one
        return tag.end()


def _first_column(replaced: frozenset[int], count: int, used: int) -> int:
    """Where the results begin: in the place of the earlier ones where they fit, else right of all."""
    if replaced and (max(replaced) + 1 >= used or len(replaced) == count):
        return min(replaced)
    return used


def _used_columns(xml: bytes, header_row: int) -> int:
    """Columns up to the last cell that holds anything, from the header row on."""
    used, row, column, path = 0, 0, -1, list[str]()
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal used, row, column
        path.append(tag.rpartition(":")[2])
        if path[-2:] == ["sheetData", "row"]:
            row, column = int(attributes.get("r") or row + 1), -1
        elif path[-2:] == ["row", "c"]:
            letters = _COLUMN.match(attributes.get("r", ""))
            column = _column_index(letters[0]) if letters else column + 1
        elif path[-3:-1] == ["row", "c"] and row >= header_row:
            used = max(used, column + 1)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _tag: path.pop()
    parser.Parse(xml, True)  # noqa: FBT003
    return used


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
