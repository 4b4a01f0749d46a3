"""The lines of a report's tab as the requests that write and dress them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Literal

from sheetjudge.core.row_marks import word
from sheetjudge.core.table import CellValue, column_letters
from sheetjudge.tables.sheet_writing import cell_data, cell_value

Change = dict[str, Any]
Look = Literal["title", "lead", "heading", "header", "line", "fact"]

COLUMNS = 7
"""Columns of a report: a name, a text, and five figures."""

_WIDTHS = (205, 300, 68, 68, 68, 68, 68)
_GUTTER = 20
_ROW_PIXELS, _LINE_PIXELS = 21, 18
_TEXT_LETTERS = 44
"""Letters that surely find room in a line of the column of texts."""

_INK, _QUIET = {"red": 0.09, "green": 0.13, "blue": 0.17}, {"red": 0.34, "green": 0.39, "blue": 0.44}
_ACCENT = {"red": 0.12, "green": 0.37, "blue": 0.60}
_HEADER_COLOR = {"red": 0.94, "green": 0.95, "blue": 0.97}


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line of a report.

    Attributes:
        cells: from the first column on, COLUMNS of them at the most. look: what it is.
        patterns: how the figure in a column is shown: column -> pattern of a number format.
    """

    cells: tuple[CellValue, ...]
    look: Look = "line"
    patterns: Mapping[int, str] | None = None


def cells_of(lines: Sequence[ReportLine]) -> list[tuple[CellValue, ...]]:
    """The cells as they are written: texts that fit, and as many in each line."""
    return [tuple(map(cell_value, (*line.cells, *[None] * (COLUMNS - len(line.cells))))) for line in lines]


def words_of_lines(lines: Sequence[ReportLine]) -> str:
    """What tells later which cells were written here: a word for each value under its column, without separators."""
    found = {
        word(column_letters(column), value)
        for cells in cells_of(lines)
        for column, value in enumerate(cells)
        if value not in (None, "")
    }
    return "".join(sorted(found))


def strange_cells(rows: Sequence[Sequence[Any]], words: str) -> list[str]:
    """The cells, by their names, that hold what wasn't written here.

    Args:
        rows: what stands in the tab from its first row on. words: of what was written.
    """
    size = len(word("", ""))
    known = {words[at : at + size] for at in range(0, len(words), size)}
    return [
        f"{column_letters(column)}{number}"
        for number, row in enumerate(rows, start=1)
        for column, value in enumerate(row)
        if value not in (None, "") and word(column_letters(column), value) not in known
    ]


def written(lines: Sequence[ReportLine], sheet_id: int, rows: int, columns: int) -> list[Change]:
    """Requests that write the lines from the first cell on, and clear what else stood in that many rows and columns."""
    area = {"sheetId": sheet_id, "startRowIndex": 0, "endRowIndex": rows, "startColumnIndex": 0}
    data = [
        {"values": [cell_data(value) | _format(line, column) for column, value in enumerate(cells)]}
        for line, cells in zip(lines, cells_of(lines), strict=True)
    ]
    fields = "userEnteredValue,userEnteredFormat"
    return [
        {"updateCells": {"range": {**area, "endColumnIndex": columns}, "rows": data, "fields": fields}},
        _pixels(sheet_id, "ROWS", 0, rows, _ROW_PIXELS),
        *(_pixels(sheet_id, "ROWS", at, at + 1, pixels) for at, pixels in _heights(lines)),
    ]


def widths(sheet_id: int) -> list[Change]:
    """Requests that make the columns of a new tab as wide as a report needs them, with room before the charts."""
    return [_pixels(sheet_id, "COLUMNS", at, at + 1, size) for at, size in enumerate((*_WIDTHS, _GUTTER))]


def _heights(lines: Sequence[ReportLine]) -> Iterator[tuple[int, int]]:
    """The lines that need more room than one line of text takes."""
    for at, line in enumerate(lines):
        if line.look == "title":
            yield at, 34
        elif line.look == "heading":
            yield at, 28
        elif line.look in ("fact", "line"):
            text = str(line.cells[1] or "") if len(line.cells) > 1 else ""
            count = sum(max(len(wrap(part, _TEXT_LETTERS)), 1) for part in text.split("\n"))
            if count > 1:
                yield at, count * _LINE_PIXELS + 5


def _format(line: ReportLine, column: int) -> Change:
    """The looks of a cell."""
    text: dict[str, Any] = {"foregroundColorStyle": {"rgbColor": _INK}}
    found: dict[str, Any] = {"verticalAlignment": "TOP", "wrapStrategy": "OVERFLOW_CELL"}
    if line.look == "title":
        text |= {"fontSize": 18, "bold": True}
    elif line.look == "heading":
        text |= {"fontSize": 12, "bold": True, "foregroundColorStyle": {"rgbColor": _ACCENT}}
        found["verticalAlignment"] = "BOTTOM"
    elif line.look == "lead":
        text["foregroundColorStyle"] = {"rgbColor": _QUIET}
    elif line.look == "header":
        text["bold"] = True
        found |= {"backgroundColorStyle": {"rgbColor": _HEADER_COLOR}}
    elif line.look == "fact" and column == 0:
        text["foregroundColorStyle"] = {"rgbColor": _QUIET}
    if column == 1 and line.look in ("fact", "line"):
        found["wrapStrategy"] = "WRAP"
    if column > 1:
        found["horizontalAlignment"] = "RIGHT"
    pattern = (line.patterns or {}).get(column)
    if pattern is not None:
        found["numberFormat"] = {"type": "NUMBER", "pattern": pattern}
    return {"userEnteredFormat": {**found, "textFormat": text}}


def _pixels(sheet_id: int, dimension: str, start: int, end: int, size: int) -> Change:
    span = {"sheetId": sheet_id, "dimension": dimension, "startIndex": start, "endIndex": end}
    return {"updateDimensionProperties": {"range": span, "properties": {"pixelSize": size}, "fields": "pixelSize"}}
