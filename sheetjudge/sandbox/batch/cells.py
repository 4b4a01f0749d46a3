"""Requests that write cells: their values, formats, notes and validation."""

from __future__ import annotations

from collections.abc import Sequence

from sheetjudge.sandbox.a1 import Box
from sheetjudge.sandbox.batch.context import Batch, Handler, fields_of, with_twins
from sheetjudge.sandbox.book import check_in_grid
from sheetjudge.sandbox.cells import BLANK, Cell, Formula, from_extended, settled, tidy
from sheetjudge.sandbox.colors import with_styles
from sheetjudge.sandbox.formula_tokens import check_formula
from sheetjudge.sandbox.masks import Mask, merge_masked
from sheetjudge.sandbox.problems import Json, bad_request
from sheetjudge.sandbox.protection import check_unprotected
from sheetjudge.sandbox.references import carried
from sheetjudge.sandbox.sheet import Sheet
from sheetjudge.sandbox.values import MAX_CELL_TEXT

_EXTRAS = ("dataValidation", "textFormatRuns", "pivotTable", "chipRuns")
_VALUE_ONLY: Mask = {"userEnteredValue": {}}
_RUNS = ("textFormatRuns", "chipRuns")


def apply_cell(old: Cell | None, data: Json, mask: Mask) -> Cell | None:
    """The cell after the masked parts of a CellData were written over it."""
    if old is None and mask == _VALUE_ONLY:
        text = data.get("userEnteredValue", {}).get("stringValue")
        if text and len(text) <= MAX_CELL_TEXT:
            return Cell(text, text)
    everything = not mask or "*" in mask
    cell = old or BLANK
    if everything or "userEnteredValue" in mask:
        entered = from_extended(data.get("userEnteredValue"))
        if isinstance(entered, Formula):
            check_formula(entered)
        if isinstance(entered, str) and len(entered) > MAX_CELL_TEXT:
            raise bad_request(
                f"Your input contains more than the maximum of {MAX_CELL_TEXT} characters in a single cell."
            )
        cell = cell._replace(entered=entered, effective=settled(entered))
    if everything or "userEnteredFormat" in mask:
        new = with_styles(data.get("userEnteredFormat") or {})
        merged = new if everything else merge_masked(cell.format or {}, new, mask["userEnteredFormat"])
        cell = cell._replace(format=merged or None)
    if everything or "note" in mask:
        cell = cell._replace(note=data.get("note") or "")
    if "userEnteredValue" in mask and cell.extra:
        kept = {name: part for name, part in cell.extra.items() if name not in _RUNS}
        cell = cell._replace(extra=kept or None)
    named = [name for name in _EXTRAS if everything or name in mask]
    if named:
        extra = {name: part for name, part in (cell.extra or {}).items() if name not in named}
        extra |= {name: data[name] for name in named if data.get(name)}
        cell = cell._replace(extra=extra or None)
    return tidy(cell)


def _cell_mask(request: Json) -> Mask:
    return with_twins(fields_of(request, "CellData"))


def _write_rows(batch: Batch, sheet: Sheet, target: Box, rows: Sequence[Json], mask: Mask, *, clear: bool) -> None:
    """Write rows of CellData into a closed box; `clear` also writes nothing where the rows hold nothing."""
    top, left = target.top or 0, target.left or 0
    height, width = (target.bottom or 0) - top, (target.right or 0) - left
    _check_fits(target, rows)
    check_unprotected(batch.book, sheet, target)
    for at in range(height if clear else len(rows)):
        data = (rows[at].get("values") or []) if at < len(rows) else []
        old = sheet.row(top + at)
        if not data and len(old) <= left:
            continue
        cells = []
        for column in range(width if clear else len(data)):
            before = old[left + column] if left + column < len(old) else None
            cells.append(apply_cell(before, data[column] if column < len(data) else {}, mask))
        sheet.put(top + at, left, cells)


def _check_fits(target: Box, rows: Sequence[Json]) -> None:
    top, left, bottom, right = target.top or 0, target.left or 0, target.bottom or 0, target.right or 0
    if top + len(rows) > bottom:
        raise bad_request(f"Attempting to write row: {bottom}, beyond the last requested row of: {bottom - 1}")
    for row in rows:
        if left + len(row.get("values") or []) > right:
            raise bad_request(f"Attempting to write column: {right}, beyond the last requested column of: {right - 1}")


def update_cells(batch: Batch, request: Json) -> Json:
    """Write cells into a range (what the rows don't cover is cleared) or from a start on (only what they hold)."""
    mask = _cell_mask(request)
    rows = request.get("rows") or []
    if "start" in request:
        start = request["start"]
        sheet = batch.book.grid(start.get("sheetId"))
        top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
        if top < 0 or left < 0:
            raise bad_request("The start must not be negative.")
        check_in_grid(sheet, Box(top, top + 1, left, left + 1))
        target = Box(top, sheet.row_count, left, sheet.column_count)
        _write_rows(batch, sheet, target, rows, mask, clear=False)
        return {}
    if "range" not in request:
        raise bad_request("Must specify either a start or a range.")
    sheet, target = batch.book.of_range(request["range"], may_be_empty=True)
    _write_rows(batch, sheet, target, rows, mask, clear=True)
    return {}


def append_cells(batch: Batch, request: Json) -> Json:
    """Write cells below the last row that holds data, with more rows where the grid ends."""
    mask = _cell_mask(request)
    sheet = batch.book.grid(request.get("sheetId"))
    rows = request.get("rows") or []
    last = max((row for row, _, _ in sheet.filled(Box())), default=-1)
    width = max((len(row.get("values") or []) for row in rows), default=0)
    sheet.set_grid(rowCount=max(sheet.row_count, last + 1 + len(rows)), columnCount=max(sheet.column_count, width))
    target = Box(last + 1, sheet.row_count, 0, sheet.column_count)
    _write_rows(batch, sheet, target, rows, mask, clear=False)
    return {}


def repeat_cell(batch: Batch, request: Json) -> Json:
    """Write the same cell all over a range; a formula's references move along with its cells."""
    mask = _cell_mask(request)
    sheet, box = batch.book.of_range(request.get("range") or {}, may_be_empty=True)
    check_unprotected(batch.book, sheet, box)
    data = request.get("cell") or {}
    if "formulaValue" not in (data.get("userEnteredValue") or {}):
        sheet.change(box, lambda old: apply_cell(old, data, mask))
        return {}
    top, left = box.top or 0, box.left or 0
    for row in range(top, box.bottom or 0):
        written = [apply_cell(sheet.cell(row, column), data, mask) for column in range(left, box.right or 0)]
        sheet.put(row, left, [carried(cell, row - top, across) for across, cell in enumerate(written)])
    return {}


def set_data_validation(batch: Batch, request: Json) -> Json:
    """Set, or without a rule take away, the data validation of a range."""
    sheet, box = batch.book.of_range(request.get("range") or {})
    rule = {name: part for name, part in (request.get("rule") or {}).items() if part is not False}
    data: Json = {"dataValidation": rule} if rule else {}
    sheet.change(box, lambda old: apply_cell(old, data, {"dataValidation": {}}))
    return {}


HANDLERS: dict[str, Handler] = {
    "updateCells": update_cells,
    "appendCells": append_cells,
    "repeatCell": repeat_cell,
    "setDataValidation": set_data_validation,
}
