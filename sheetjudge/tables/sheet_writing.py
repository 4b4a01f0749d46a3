"""Edits of rows as the requests that make them, in as few blocks of cells as there can be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sheetjudge.core.row_marks import Shown
from sheetjudge.core.table import CellValue
from sheetjudge.tables.guard import number_text, whole_text
from sheetjudge.tables.sheet_rows import Edit, Present

Change = dict[str, Any]

LONGEST_CELL = 50_000
CUT_MARK = " … [cut]"
PAYLOAD_BYTES = 2_200_000
_BLOCK_BYTES = 120


def batches(
    edits: Sequence[Edit], rows: Sequence[Present], columns: Sequence[int], marks: int, sheet_id: int, first: int
) -> Iterator[list[Change]]:
    """The requests that make the edits, in batches of about PAYLOAD_BYTES.

    Args:
        edits: in the order of their rows. rows: what they are edits of.
        columns: index of each column of results. marks: index of the column of marks.
        first: 0-based row of the tab that is the first of `rows`.
    """
    batch: list[Change] = []
    size = 0
    ends: dict[tuple[int, int], tuple[int, list[Any]]] = {}
    for edit in edits:
        cells = {columns[i]: value for i, value in edit.cells.items()}
        if not rows[edit.row].is_taken:
            cells[marks] = None if edit.mark is None else str(edit.mark)
        for start, values in _segments(cells):
            written = {"values": [_cell(value) for value in values]}
            weight = len(json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")) + 1
            if batch and size + weight > PAYLOAD_BYTES:
                yield batch
                batch, size, ends = [], 0, {}
            last, block = ends.get((start, len(values)), (-2, []))
            if last + 1 != edit.row:
                block = []
                place = {"sheetId": sheet_id, "rowIndex": first + edit.row, "columnIndex": start}
                batch.append({"updateCells": {"start": place, "rows": block, "fields": "userEnteredValue"}})
                size += _BLOCK_BYTES
            block.append(written)
            ends[start, len(values)] = (edit.row, block)
            size += weight
    if batch:
        yield batch


def cell_value(value: CellValue) -> CellValue:
    """A result as a cell can hold it: a text that fits, a number that JSON knows."""
    if isinstance(value, str):
        text = whole_text(value)
        return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT_MARK)] + CUT_MARK
    return value if value is None or value - value == 0 else number_text(value)


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


def _cell(value: Shown) -> dict[str, Any]:
    """CellData with a value as it is: text is never taken for a formula, and nothing clears the cell."""
    if value is None or value == "":
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    return {"userEnteredValue": {"stringValue" if isinstance(value, str) else "numberValue": value}}
