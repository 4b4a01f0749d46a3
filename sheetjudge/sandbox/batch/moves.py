"""Requests that move cells about: sort, copy, cut, merge."""

from __future__ import annotations

from typing import Any

from sheetjudge.sandbox.a1 import Box, write_cells
from sheetjudge.sandbox.batch.context import Batch, Handler
from sheetjudge.sandbox.cells import BLANK, Cell, CellError, Effective, tidy
from sheetjudge.sandbox.problems import Json, bad_request, not_built
from sheetjudge.sandbox.protection import check_unprotected
from sheetjudge.sandbox.references import carried
from sheetjudge.sandbox.sheet import Sheet

_WHOLE_MERGE = "You must select all cells in a merged range to merge or unmerge them."


def _sort_key(value: Effective) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, CellError):
        return 3, value.shown
    if isinstance(value, str):
        return 1, value.casefold()
    return 0, value


def sort_box(sheet: Sheet, box: Box, specs: list[Json]) -> None:
    """Sort the rows of a closed box by its columns; empty cells come last in either order.

    Only the cells move: heights, hidden rows and developer metadata stay where they are.
    """
    top, bottom, left, right = box.top or 0, min(box.bottom or 0, len(sheet.rows)), box.left or 0, box.right or 0
    rows = [(at, _padded(sheet.row(at), right)) for at in range(top, bottom)]
    for spec in reversed(specs):
        column = spec.get("dimensionIndex", 0)
        descending = spec.get("sortOrder", "ASCENDING") == "DESCENDING"
        filled = [one for one in rows if _effective(one[1], column) is not None]
        empty = [one for one in rows if _effective(one[1], column) is None]
        filled.sort(key=lambda one: _sort_key(_effective(one[1], column)), reverse=descending)
        rows = filled + empty
    moved = [[carried(cell, to - at, 0) for cell in row[left:right]] for to, (at, row) in enumerate(rows, start=top)]
    for at, cells in enumerate(moved, start=top):
        sheet.put(at, left, cells)


def _padded(row: tuple[Cell | None, ...], width: int) -> tuple[Cell | None, ...]:
    return row + (None,) * (width - len(row))


def _effective(row: tuple[Cell | None, ...], column: int) -> Effective:
    cell = row[column] if column < len(row) else None
    return None if cell is None else cell.effective


def sort_range(batch: Batch, request: Json) -> Json:
    """Sort the rows of a range."""
    sheet, box = batch.book.of_range(request.get("range") or {})
    specs = request.get("sortSpecs") or []
    for spec in specs:
        column = spec.get("dimensionIndex", 0)
        if not (box.left or 0) <= column < (box.right or 0):
            raise bad_request(f"sortSpecs.dimensionIndex[{column}] must be within the range.")
    _check_sortable(sheet, box)
    check_unprotected(batch.book, sheet, box)
    sort_box(sheet, box, specs)
    return {}


def _check_sortable(sheet: Sheet, box: Box) -> None:
    merged = [merge for merge in sheet.merges if merge.touches(box)]
    tall = next((merge for merge in merged if (merge.bottom or 0) - (merge.top or 0) > 1), None)
    if tall is not None:
        where = write_cells(tall)
        raise bad_request(f"You can't sort a range containing vertical merges. There is a vertical merge at {where}")
    if merged:
        raise not_built("sorting a range with cells merged across columns")


_PARTS = {
    "PASTE_NORMAL": ("value", "format", "note", "extra"),
    "PASTE_VALUES": ("result",),
    "PASTE_FORMAT": ("format",),
    "PASTE_FORMULA": ("value",),
    "PASTE_DATA_VALIDATION": ("extra",),
}


def _pasted(old: Cell | None, new: Cell | None, kind: str) -> Cell | None:
    parts = _PARTS.get(kind or "PASTE_NORMAL")
    if parts is None:
        raise not_built(f"the paste type {kind}")
    if kind == "PASTE_NORMAL":
        return new
    source, cell = new or BLANK, old or BLANK
    if "value" in parts:
        cell = cell._replace(entered=source.entered, effective=source.effective)
    if "result" in parts:
        plain = None if isinstance(source.effective, CellError) else source.effective
        cell = cell._replace(entered=plain, effective=plain)
    if "format" in parts:
        cell = cell._replace(format=source.format)
    if "extra" in parts:
        cell = cell._replace(extra=source.extra)
    return tidy(cell)


def copy_paste(batch: Batch, request: Json) -> Json:
    """Copy a range; a larger destination is filled with whole copies."""
    source_sheet, source = batch.book.of_range(request.get("source") or {})
    sheet, target = batch.book.of_range(request.get("destination") or {})
    turned = request.get("pasteOrientation") == "TRANSPOSE"
    block = _block(source_sheet, source)
    places = [((source.top or 0) + r, (source.left or 0) + c) for r, row in enumerate(block) for c in range(len(row))]
    width = len(block[0]) if block else 0
    if turned:
        block = [list(column) for column in zip(*block, strict=True)]
    height, across = len(block), len(block[0]) if block else 0
    down = _filled_length((target.bottom or 0) - (target.top or 0), height)
    along = _filled_length((target.right or 0) - (target.left or 0), across)
    top, left = target.top or 0, target.left or 0
    check_unprotected(batch.book, sheet, Box(top, top + down, left, left + along))
    for r in range(down):
        cells = []
        for c in range(along):
            br, bc = r % height, c % across
            from_row, from_column = places[bc * width + br] if turned else places[br * width + bc]
            copy = carried(block[br][bc], top + r - from_row, left + c - from_column)
            cells.append(_pasted(sheet.cell(top + r, left + c), copy, request.get("pasteType", "PASTE_NORMAL")))
        sheet.put(top + r, left, cells)
    return {}


def _filled_length(room: int, size: int) -> int:
    return room if size and room and room % size == 0 else size


def _block(sheet: Sheet, box: Box) -> list[list[Cell | None]]:
    columns = range(box.left or 0, box.right or 0)
    return [[sheet.cell(row, column) for column in columns] for row in range(box.top or 0, box.bottom or 0)]


def cut_paste(batch: Batch, request: Json) -> Json:
    """Move a range so that its first corner comes to the destination."""
    source_sheet, source = batch.book.of_range(request.get("source") or {})
    to = request.get("destination") or {}
    sheet = batch.book.grid(to.get("sheetId"))
    top, left = to.get("rowIndex", 0), to.get("columnIndex", 0)
    block = _block(source_sheet, source)
    height, width = len(block), len(block[0]) if block else 0
    check_unprotected(batch.book, source_sheet, source)
    check_unprotected(batch.book, sheet, Box(top, top + height, left, left + width))
    if top < 0 or left < 0 or top + height > sheet.row_count or left + width > sheet.column_count:
        raise bad_request("The destination lies outside of the grid.")
    source_sheet.change(source, lambda _: None)
    for at, row in enumerate(block):
        kind = request.get("pasteType", "PASTE_NORMAL")
        sheet.put(top + at, left, [_pasted(sheet.cell(top + at, left + c), cell, kind) for c, cell in enumerate(row)])
    return {}


def _lines(box: Box, kind: str) -> list[Box]:
    top, bottom, left, right = box.top or 0, box.bottom or 0, box.left or 0, box.right or 0
    if kind == "MERGE_ROWS":
        return [Box(row, row + 1, left, right) for row in range(top, bottom)]
    if kind == "MERGE_COLUMNS":
        return [Box(top, bottom, column, column + 1) for column in range(left, right)]
    return [box]


def merge_cells(batch: Batch, request: Json) -> Json:
    """Merge a range into one, or each of its rows or columns; only the first cell of each keeps its value."""
    sheet, box = batch.book.of_range(request.get("range") or {})
    _drop_merges(sheet, box)
    check_unprotected(batch.book, sheet, box)
    for part in _lines(box, request.get("mergeType", "MERGE_ALL")):
        if part.is_cell:
            continue
        sheet.merges.append(part)
        first = (part.top or 0, part.left or 0)
        for row, column, cell in list(sheet.filled(part)):
            if (row, column) != first:
                sheet.put(row, column, [tidy(cell._replace(entered=None, effective=None))])
    return {}


def _drop_merges(sheet: Sheet, box: Box) -> None:
    touched = [merge for merge in sheet.merges if merge.touches(box)]
    if not all(box.covers(merge) for merge in touched):
        raise bad_request(_WHOLE_MERGE)
    sheet.merges = [merge for merge in sheet.merges if merge not in touched]


def unmerge_cells(batch: Batch, request: Json) -> Json:
    """Undo the merges in a range."""
    sheet, box = batch.book.of_range(request.get("range") or {})
    _drop_merges(sheet, box)
    return {}


HANDLERS: dict[str, Handler] = {
    "sortRange": sort_range,
    "copyPaste": copy_paste,
    "cutPaste": cut_paste,
    "mergeCells": merge_cells,
    "unmergeCells": unmerge_cells,
}
