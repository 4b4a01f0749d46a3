"""Requests about rows and columns."""

from __future__ import annotations

from sheetjudge.sandbox.a1 import Box
from sheetjudge.sandbox.batch.context import Batch, Handler, fields_of
from sheetjudge.sandbox.dimensions import delete_dimension, insert_dimension, move_dimension
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.lettering import text_width
from sheetjudge.sandbox.masks import merge_masked
from sheetjudge.sandbox.problems import Json, bad_request, not_built
from sheetjudge.sandbox.protection import check_inside
from sheetjudge.sandbox.render import group_json
from sheetjudge.sandbox.sheet import ROW_PIXELS, Sheet

_CELL_MARGIN = 3


def _span(batch: Batch, value: Json | None) -> tuple[Sheet, str, int, int]:
    """The tab, the dimension and the closed span of a DimensionRange."""
    value = value or {}
    sheet = batch.book.grid(value.get("sheetId"))
    dimension = value.get("dimension")
    if dimension not in ("ROWS", "COLUMNS"):
        raise bad_request("No dimension specified.")
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    start = value.get("startIndex", 0)
    end = value.get("endIndex", size)
    if start < 0:
        raise bad_request(f"startIndex[{start}] must not be negative.")
    if end <= start:
        raise bad_request(f"endIndex[{end}] must be greater than startIndex[{start}].")
    return sheet, dimension, start, end


def _inside(batch: Batch, value: Json | None) -> tuple[Sheet, str, int, int]:
    """As `_span`, of rows or columns that are there."""
    sheet, dimension, start, end = _span(batch, value)
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    if start >= size:
        raise bad_request(f"startIndex[{start}] must be less than the grid's size[{size}].")
    return sheet, dimension, start, min(end, size)


def insert(batch: Batch, request: Json) -> Json:
    """Insert empty rows or columns."""
    sheet, dimension, start, end = _span(batch, request.get("range"))
    edge = Box(start - 1, start + 1, None, None) if dimension == "ROWS" else Box(None, None, start - 1, start + 1)
    check_inside(batch.book, sheet, edge)
    insert_dimension(batch.book, sheet, dimension, start, end, inherit=bool(request.get("inheritFromBefore")))
    return {}


def delete(batch: Batch, request: Json) -> Json:
    """Delete rows or columns."""
    delete_dimension(batch.book, *_span(batch, request.get("range")))
    return {}


def move(batch: Batch, request: Json) -> Json:
    """Move rows or columns."""
    sheet, dimension, start, end = _span(batch, request.get("source"))
    move_dimension(batch.book, sheet, dimension, start, end, to=request.get("destinationIndex", 0))
    return {}


def append(batch: Batch, request: Json) -> Json:
    """Add empty rows or columns at the end."""
    sheet = batch.book.grid(request.get("sheetId"))
    if request.get("length", 0) < 1:
        raise bad_request("The length must be at least 1.")
    if request.get("dimension") == "ROWS":
        sheet.set_grid(rowCount=sheet.row_count + request.get("length", 0))
    else:
        sheet.set_grid(columnCount=sheet.column_count + request.get("length", 0))
    return {}


def update_properties(batch: Batch, request: Json) -> Json:
    """Change the size of rows or columns, or hide them."""
    mask = fields_of(request, "DimensionProperties")
    if "dataSourceSheetRange" in request:
        raise not_built("sheets of a data source")
    sheet, dimension, start, end = _inside(batch, request.get("range"))
    properties = sheet.row_properties if dimension == "ROWS" else sheet.column_properties
    for at in range(start, end):
        merged = merge_masked(properties.get(at, {}), request.get("properties") or {}, mask)
        kept = {name: part for name, part in merged.items() if part and name != "developerMetadata"}
        if kept:
            properties[at] = kept
        else:
            properties.pop(at, None)
    return {}


def auto_resize(batch: Batch, request: Json) -> Json:
    """Make columns as wide as their longest text, or rows as high as they are by default."""
    sheet, dimension, start, end = _inside(batch, request.get("dimensions"))
    for at in range(start, end):
        if dimension == "ROWS":
            sheet.row_properties[at] = sheet.row_properties.get(at, {}) | {"pixelSize": ROW_PIXELS}
            continue
        widths = [
            text_width(show(cell.effective, (cell.format or {}).get("numberFormat")))
            for row in sheet.rows
            if at < len(row) and (cell := row[at]) is not None and cell.effective is not None
        ]
        if widths:
            size = {"pixelSize": max(widths) + _CELL_MARGIN}
            sheet.column_properties[at] = sheet.column_properties.get(at, {}) | size
    return {}


def _depths(groups: list[Json]) -> dict[int, int]:
    depths: dict[int, int] = {}
    for group in groups:
        for at in range(group["range"]["startIndex"], group["range"]["endIndex"]):
            depths[at] = max(depths.get(at, 0), group["depth"])
    return depths


def _groups(depths: dict[int, int], sheet_id: int, dimension: str) -> list[Json]:
    found = []
    for depth in range(1, max(depths.values(), default=0) + 1):
        inside = sorted(at for at, deep in depths.items() if deep >= depth)
        start = None
        for at in inside:
            if start is None or at - 1 not in depths or depths[at - 1] < depth:
                start = at
            if at + 1 not in depths or depths[at + 1] < depth:
                span = {"sheetId": sheet_id, "dimension": dimension, "startIndex": start, "endIndex": at + 1}
                found.append({"range": span, "depth": depth})
    return sorted(found, key=lambda group: (group["range"]["startIndex"], group["depth"]))


def _regroup(batch: Batch, request: Json, step: int) -> list[Json]:
    sheet, dimension, start, end = _inside(batch, request.get("range"))
    rows = dimension == "ROWS"
    old = sheet.row_groups if rows else sheet.column_groups
    depths = _depths(old)
    if step < 0 and not all(at in depths for at in range(start, end)):
        raise bad_request("The range has no group to delete.")
    for at in range(start, end):
        depths[at] = depths.get(at, 0) + step
    groups = _groups({at: deep for at, deep in depths.items() if deep}, sheet.sheet_id, dimension)
    if rows:
        sheet.row_groups = groups
        sheet.set_grid(rowGroupControlAfter=True)
    else:
        sheet.column_groups = groups
        sheet.set_grid(columnGroupControlAfter=True)
    return [group_json(group) for group in groups]


def add_group(batch: Batch, request: Json) -> Json:
    """Group rows or columns one level deeper."""
    return {"addDimensionGroup": {"dimensionGroups": _regroup(batch, request, 1)}}


def delete_group(batch: Batch, request: Json) -> Json:
    """Take one level of grouping away from rows or columns."""
    groups = _regroup(batch, request, -1)
    return {"deleteDimensionGroup": {"dimensionGroups": groups} if groups else {}}


HANDLERS: dict[str, Handler] = {
    "insertDimension": insert,
    "deleteDimension": delete,
    "moveDimension": move,
    "appendDimension": append,
    "updateDimensionProperties": update_properties,
    "autoResizeDimensions": auto_resize,
    "addDimensionGroup": add_group,
    "deleteDimensionGroup": delete_group,
}
