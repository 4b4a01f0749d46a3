"""Edits of rows as the requests that make them, in as few blocks of cells as there can be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sheetjudge.core.row_marks import Shown
from sheetjudge.core.table import CellValue
from sheetjudge.tables.guard import number_text, whole_text
from sheetjudge.tables.sheet_rows import Edit, Present

Change = dict[str, Any]

LONGEST_CELL = 50_000
CUT_MARK = " … [cut]"
# A character beyond the first 65,536 may count as two.
_UNIT_BYTES = 2
# What no cell shows, and what might not come back as it was written.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
PAYLOAD_BYTES = 2_400_000
_BLOCK_BYTES = 150
# So many cells below each other with the same value are written as one.
_SHORTEST_RUN = 8


def batches(
    edits: Sequence[Edit], rows: Sequence[Present], columns: Sequence[int], marks: int, sheet_id: int, first: int
) -> Iterator[list[Change]]:
    """The requests that make the edits, in batches of about PAYLOAD_BYTES.

    Args:
        edits: in the order of their rows. rows: what they are edits of.
        columns: index of each column of results. marks: index of the column of marks.
        first: 0-based row of the tab that is the first of `rows`.
    """
    batch = _Batch(sheet_id)
    runs = _runs(edits)
    for at, edit in enumerate(edits):
        cells = {columns[i]: value for i, value in edit.cells.items() if (at, i) not in runs}
        if not rows[edit.row].is_taken:
            cells[marks] = None if edit.mark is None else str(edit.mark)
        row = first + edit.row
        written = [(start, {"values": [cell_data(value) for value in values]}) for start, values in _segments(cells)]
        weight = sum(map(_weight, (values for _, values in written)))
        if batch.changes and batch.size + weight > PAYLOAD_BYTES:
            yield batch.changes
            batch = _Batch(sheet_id)
        for start, values in written:
            batch.write(row, start, values)
        for i, value in edit.cells.items():
            if (at, i) in runs:
                batch.repeat(row, columns[i], value)
        batch.size += weight
    if batch.changes:
        yield batch.changes


def cell_value(value: CellValue) -> CellValue:
    """A result as a cell can hold it: a text that fits, a number that JSON knows."""
    if isinstance(value, str):
        text = _CONTROLS.sub("\ufffd", whole_text(value))
        units = text.encode("utf-16-le")
        if len(units) <= _UNIT_BYTES * LONGEST_CELL:
            return text
        return units[: _UNIT_BYTES * (LONGEST_CELL - len(CUT_MARK))].decode("utf-16-le", "ignore") + CUT_MARK
    return value if value is None or value - value == 0 else number_text(value)


class _Batch:
    """Requests that grow with the rows that are put into them; all cells of a row are in the same batch."""

    def __init__(self, sheet_id: int) -> None:
        self.changes: list[Change] = []
        self.size = 0
        self._sheet_id = sheet_id
        self._blocks: dict[tuple[int, int], tuple[int, list[Any]]] = {}
        self._runs: dict[int, tuple[Shown, dict[str, int]]] = {}

    def write(self, row: int, column: int, values: dict[str, Any]) -> None:
        """Write neighbouring cells of a row."""
        width = len(values["values"])
        last, block = self._blocks.get((column, width), (-2, []))
        if last + 1 != row:
            block = []
            place = {"sheetId": self._sheet_id, "rowIndex": row, "columnIndex": column}
            self.changes.append({"updateCells": {"start": place, "rows": block, "fields": "userEnteredValue"}})
            self.size += _BLOCK_BYTES
        block.append(values)
        self._blocks[column, width] = (row, block)

    def repeat(self, row: int, column: int, value: Shown) -> None:
        """Write one cell, which is likely to have the same value as the one above it."""
        before, area = self._runs.get(column, (None, {"endRowIndex": -1}))
        if area["endRowIndex"] == row and _is_same(before, value):
            area["endRowIndex"] = row + 1
            return
        area = {"sheetId": self._sheet_id, "startRowIndex": row, "endRowIndex": row + 1}
        area |= {"startColumnIndex": column, "endColumnIndex": column + 1}
        cell = cell_data(value)
        self.changes.append({"repeatCell": {"range": area, "cell": cell, "fields": "userEnteredValue"}})
        self.size += _BLOCK_BYTES + _weight(cell)
        self._runs[column] = (value, area)


def _runs(edits: Sequence[Edit]) -> set[tuple[int, int]]:
    """(number of the edit, column) of the cells that have the same value as several next to them in the column."""
    found: set[tuple[int, int]] = set()
    open_runs: dict[int, tuple[int, Shown]] = {}

    def end(i: int, stop: int) -> None:
        start, _ = open_runs.pop(i)
        if stop - start >= _SHORTEST_RUN:
            found.update((at, i) for at in range(start, stop))

    for at, edit in enumerate(edits):
        is_next = at > 0 and edits[at - 1].row + 1 == edit.row
        for i in list(open_runs):
            if not is_next or i not in edit.cells or not _is_same(open_runs[i][1], edit.cells[i]):
                end(i, at)
        for i, value in edit.cells.items():
            open_runs.setdefault(i, (at, value))
    for i in list(open_runs):
        end(i, len(edits))
    return found


def _is_same(one: Shown, other: Shown) -> bool:
    return type(one) is type(other) and one == other


def _weight(written: Mapping[str, Any]) -> int:
    return len(json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")) + 1


def _segments(cells: Mapping[int, Shown]) -> Iterator[tuple[int, list[Shown]]]:
    """(first column, values) of each group of neighbours."""
    values: list[Shown] = []
    start = last = -2
    for column in sorted(cells):
        if column != last + 1 and values:
            yield start, values
            values = []
        if not values:
            start = column
        values.append(cells[column])
        last = column
    if values:
        yield start, values


def cell_data(value: Shown) -> dict[str, Any]:
    """CellData with a value as it is: text is never taken for a formula, and nothing clears the cell."""
    if value is None or value == "":
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    return {"userEnteredValue": {"stringValue" if isinstance(value, str) else "numberValue": value}}
