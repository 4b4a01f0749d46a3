"""`values.append`: finding the table that a range means, and writing after its last row.

The rules are those of https://developers.google.com/workspace/sheets/api/guides/values#append_values.
"""

from __future__ import annotations

from typing import Any

from sheetjudge.sandbox.a1 import Box, write_range
from sheetjudge.sandbox.book import Book, check_in_grid
from sheetjudge.sandbox.dimensions import insert_dimension
from sheetjudge.sandbox.problems import Json
from sheetjudge.sandbox.sheet import Sheet
from sheetjudge.sandbox.values import Written, write_values


def find_table(sheet: Sheet, box: Box) -> Box | None:
    """The last table of a box: the region of values, bordered by empty cells, around its last value."""
    last = None
    for row, column, _ in sheet.filled(box.within(sheet.row_count, sheet.column_count)):
        last = (row, column)
    if last is None:
        return None
    return _region(sheet, *last)


def _region(sheet: Sheet, row: int, column: int) -> Box:
    top, bottom, left, right = row, row + 1, column, column + 1
    grown = True
    while grown:
        grown = False
        if top > 0 and _any(sheet, top - 1, top, left - 1, right + 1):
            top, grown = top - 1, True
        if _any(sheet, bottom, bottom + 1, left - 1, right + 1):
            bottom, grown = bottom + 1, True
        if left > 0 and _any(sheet, top - 1, bottom + 1, left - 1, left):
            left, grown = left - 1, True
        if _any(sheet, top - 1, bottom + 1, right, right + 1):
            right, grown = right + 1, True
    return Box(top, bottom, left, right)


def _any(sheet: Sheet, top: int, bottom: int, left: int, right: int) -> bool:
    return any(True for _ in sheet.filled(Box(max(top, 0), bottom, max(left, 0), right)))


def append_values(
    book: Book, sheet: Sheet, box: Box, values: list[list[Any]], *, major: str, typed: bool, insert: bool
) -> tuple[Written, Json]:
    """Write values after the table that a box means, with more rows and columns where the grid ends.

    Args:
        book: the draft.
        sheet: the tab.
        box: where to look for the table.
        values: rows, or columns where `major` is COLUMNS.
        major: ROWS or COLUMNS.
        typed: whether the values are taken as if typed.
        insert: whether rows are inserted for the values, or what stands there is written over.

    Returns:
        What was written, and the members of the answer that come before `updates`.
    """
    check_in_grid(sheet, box)
    table = find_table(sheet, box)
    top, left = (box.top or 0, box.left or 0) if table is None else (table.bottom or 0, table.left or 0)
    height, width = len(values), max((len(row) for row in values), default=0)
    if major == "COLUMNS":
        height, width = width, height
    if insert and height and top < sheet.row_count:
        insert_dimension(book, sheet, "ROWS", top, top + height, inherit=top > 0)
    sheet.set_grid(
        rowCount=max(sheet.row_count, top + height),
        columnCount=max(sheet.column_count, left + width),
    )
    start = Box(top, top + 1, left, left + 1)
    written = write_values(book, sheet, start, values, major=major, typed=typed)
    head: Json = {"spreadsheetId": book.book_id}
    return written, head if table is None else head | {"tableRange": write_range(sheet.title, table)}
