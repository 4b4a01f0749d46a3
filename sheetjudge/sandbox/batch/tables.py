"""Requests about tables and alternating colours, which lie over a range and grow and shrink with it."""

from __future__ import annotations

from sheetjudge.sandbox.a1 import box_of, grid_range
from sheetjudge.sandbox.batch.context import Batch, Handler, fields_of, with_twins
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.colors import with_styles
from sheetjudge.sandbox.masks import merge_masked
from sheetjudge.sandbox.problems import Json, bad_request
from sheetjudge.sandbox.render import table_json, with_range
from sheetjudge.sandbox.sheet import Sheet


def _closed(book: Book, value: Json) -> tuple[Sheet, Json]:
    sheet, box = book.of_range(value)
    return sheet, {"sheetId": sheet.sheet_id} | grid_range(0, box)


def _check_free(area: Json, others: list[Json], said: str) -> None:
    if any(box_of(area).touches(box_of(one["range"])) for one in others):
        raise bad_request(said)


_BANDED_TWICE = (
    "You cannot add alternating background colors to a range that already has alternating background colors."
)


def add_banding(batch: Batch, request: Json) -> Json:
    """Give the rows or columns of a range alternating colours."""
    asked = request.get("bandedRange") or {}
    sheet, area = _closed(batch.book, asked.get("range") or {})
    if not asked.get("rowProperties") and not asked.get("columnProperties"):
        raise bad_request("Must specify at least one of rowProperties and columnProperties.")
    _check_free(area, sheet.banded_ranges, _BANDED_TWICE)
    number = asked.get("bandedRangeId") or batch.book.new_number()
    made: Json = {"bandedRangeId": number, "range": area}
    made |= with_styles({name: part for name, part in asked.items() if name not in made})
    sheet.banded_ranges.append(made)
    return {"addBanding": {"bandedRange": with_range(made)}}


def _banding(book: Book, number: int) -> tuple[Sheet, int]:
    for sheet in book.sheets:
        for at, one in enumerate(sheet.banded_ranges):
            if one["bandedRangeId"] == number:
                return sheet, at
    raise bad_request(f"No banding with id: {number}")


def update_banding(batch: Batch, request: Json) -> Json:
    """Change the colours or the place of a banded range."""
    asked = with_styles(request.get("bandedRange") or {})
    mask = with_twins(fields_of(request, "BandedRange"))
    sheet, at = _banding(batch.book, asked.get("bandedRangeId", 0))
    old = sheet.banded_ranges[at]
    merged = old | merge_masked(old, asked, mask) | {"bandedRangeId": old["bandedRangeId"]}
    _, area = _closed(batch.book, merged["range"])
    _check_free(area, [one for one in sheet.banded_ranges if one is not old], _BANDED_TWICE)
    sheet.banded_ranges[at] = merged | {"range": area}
    return {}


def delete_banding(batch: Batch, request: Json) -> Json:
    """Take alternating colours away."""
    sheet, at = _banding(batch.book, request.get("bandedRangeId", 0))
    del sheet.banded_ranges[at]
    return {}


_TABLES_TOUCH = "You cannot create a table that overlaps another table."


def add_table(batch: Batch, request: Json) -> Json:
    """Make a table of a range, whose first row holds the names of its columns."""
    book, asked = batch.book, request.get("table") or {}
    sheet, area = _closed(book, asked.get("range") or {})
    _check_free(area, sheet.tables, _TABLES_TOUCH)
    taken = {one["name"].casefold() for other in book.sheets for one in other.tables}
    name = asked.get("name") or f"Table{len(taken) + 1}"
    if name.casefold() in taken:
        raise bad_request(f"A table with the name {name} already exists.")
    made: Json = {"tableId": asked.get("tableId") or str(book.new_number()), "name": name, "range": area}
    made |= with_styles({key: part for key, part in asked.items() if key not in made})
    sheet.tables.append(made)
    return {"addTable": {"table": table_json(sheet, made)}}


def _table(book: Book, table_id: str) -> tuple[Sheet, int]:
    for sheet in book.sheets:
        for at, one in enumerate(sheet.tables):
            if one["tableId"] == table_id:
                return sheet, at
    raise bad_request(f"No table with id: {table_id}")


def update_table(batch: Batch, request: Json) -> Json:
    """Change a table's name, place or columns."""
    asked = with_styles(request.get("table") or {})
    mask = with_twins(fields_of(request, "Table"))
    sheet, at = _table(batch.book, asked.get("tableId", ""))
    old = sheet.tables[at]
    merged = old | merge_masked(old, asked, mask) | {"tableId": old["tableId"]}
    _, area = _closed(batch.book, merged["range"])
    _check_free(area, [one for one in sheet.tables if one is not old], _TABLES_TOUCH)
    sheet.tables[at] = merged | {"range": area}
    return {}


def delete_table(batch: Batch, request: Json) -> Json:
    """Delete a table together with what it holds."""
    sheet, at = _table(batch.book, request.get("tableId", ""))
    box = box_of(sheet.tables[at]["range"])
    del sheet.tables[at]
    sheet.change(box, lambda _: None)
    return {}


HANDLERS: dict[str, Handler] = {
    "addBanding": add_banding,
    "updateBanding": update_banding,
    "deleteBanding": delete_banding,
    "addTable": add_table,
    "updateTable": update_table,
    "deleteTable": delete_table,
}
