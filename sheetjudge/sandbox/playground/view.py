"""What a page of the playground shows: the tabs, one tab's shape, and the cells of a window of its rows."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any

from sheetjudge.sandbox.a1 import box_of
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.cells import Cell, CellError, Formula, plain_number
from sheetjudge.sandbox.colors import css_color
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.pictures import chart_picture
from sheetjudge.sandbox.playground.looks import Looks
from sheetjudge.sandbox.problems import Json
from sheetjudge.sandbox.render import render_cell
from sheetjudge.sandbox.sheet import COLUMN_PIXELS, ROW_PIXELS, Sheet

_WINDOW = 2000


def book_view(book: Book, gid: int | None, top: int, bottom: int) -> Json:
    """A spreadsheet as a page shows it.

    Args:
        book: the spreadsheet.
        gid: the tab; the first visible one where it is None or gone.
        top, bottom: the rows whose cells are wanted, from 0, without `bottom`; at most 2,000.
    """
    visible = [sheet for sheet in book.sheets if not sheet.properties.get("hidden")] or book.sheets
    sheet = next((one for one in visible if one.sheet_id == gid), visible[0])
    return {
        "title": book.title,
        "tabs": [
            {"id": one.sheet_id, "title": one.title, "color": css_color(one.properties.get("tabColorStyle"))}
            for one in visible
        ],
        "hiddenTabs": [{"id": one.sheet_id, "title": one.title} for one in book.sheets if one.properties.get("hidden")],
        "sheet": _shape(sheet) | {"charts": [_chart(book, one) for one in sheet.charts]},
        "window": _window(sheet, max(0, top), min(bottom, max(0, top) + _WINDOW, sheet.row_count)),
    }


def _shape(sheet: Sheet) -> Json:
    grid = sheet.properties["gridProperties"]
    columns = [sheet.column_properties.get(at, {}) for at in range(sheet.column_count)]
    return {
        "id": sheet.sheet_id,
        "title": sheet.title,
        "rows": sheet.row_count,
        "columns": sheet.column_count,
        "filled": len(sheet.rows),
        "frozenRows": grid.get("frozenRowCount", 0),
        "frozenColumns": grid.get("frozenColumnCount", 0),
        "widths": [one.get("pixelSize", COLUMN_PIXELS) for one in columns],
        "hiddenColumns": [at for at, one in enumerate(columns) if one.get("hiddenByUser")],
        "hiddenRows": sorted(
            at for at, one in sheet.row_properties.items() if one.get("hiddenByUser") or one.get("hiddenByFilter")
        ),
        "heights": {
            at: one["pixelSize"]
            for at, one in sheet.row_properties.items()
            if one.get("pixelSize", ROW_PIXELS) != ROW_PIXELS
        },
        "filter": sheet.basic_filter,
        "merges": [[box.top, box.bottom, box.left, box.right] for box in sheet.merges],
    }


def _chart(book: Book, chart: Json) -> Json:
    """A chart as a picture, and the cell that it stands on."""
    overlay = chart["position"]["overlayPosition"]
    picture = base64.b64encode(chart_picture(book, chart).encode("utf-8", "replace")).decode("ascii")
    return {
        "row": overlay["anchorCell"]["rowIndex"],
        "column": overlay["anchorCell"]["columnIndex"],
        "x": overlay["offsetXPixels"],
        "y": overlay["offsetYPixels"],
        "width": overlay["widthPixels"],
        "height": overlay["heightPixels"],
        "name": str(chart["spec"].get("altText") or chart["spec"].get("title") or "Chart"),
        "picture": f"data:image/svg+xml;base64,{picture}",
    }


def _window(sheet: Sheet, top: int, bottom: int) -> Json:
    """The cells of some rows, and those of the frozen rows, which are always seen."""
    looks = Looks(sheet)
    rows = [_row(looks, at, sheet.row(at)) for at in range(top, bottom)]
    while rows and not rows[-1]:
        rows.pop()
    frozen = min(sheet.properties["gridProperties"].get("frozenRowCount", 0), _WINDOW)
    head = [_row(looks, at, sheet.row(at)) for at in range(frozen)]
    return {"top": top, "bottom": bottom, "rows": rows, "head": head, "looks": looks.table}


def _row(looks: Looks, at: int, row: tuple[Cell | None, ...]) -> list[Any]:
    return [0 if cell is None else _cell(looks, at, column, cell) for column, cell in enumerate(row)]


def _cell(looks: Looks, row: int, column: int, cell: Cell) -> Json:
    shown = show(cell.effective, (cell.format or {}).get("numberFormat"))
    found: Json = {"t": shown}
    look = looks.number(row, column, cell)
    if looks.table[look]:
        found["s"] = look
    entered = typed_text(cell)
    if entered != shown:
        found["e"] = entered
    if cell.note:
        found["n"] = cell.note
    if isinstance(cell.effective, CellError):
        found["x"] = cell.effective.message
    link = render_cell(cell, frozenset({"hyperlink"})).get("hyperlink")
    if link:
        found["l"] = link
    return found


def typed_text(cell: Cell) -> str:
    """What a person edits when they open this cell: typed again, it enters the same."""
    value = cell.entered
    if isinstance(value, Formula):
        return str(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    number_format = (cell.format or {}).get("numberFormat") or {}
    if number_format.get("type") in ("DATE", "TIME", "DATE_TIME", "PERCENT"):
        return show(value, number_format)
    return str(plain_number(value))


def extent(sheet: Sheet) -> Json:
    """How far a tab reaches, as Apps Script tells it: its grid, its last row and column with content, its filter."""
    filled = [(row, column) for row, column, _ in sheet.filled(sheet.whole)]
    box = None if sheet.basic_filter is None else box_of(sheet.basic_filter["range"])
    return {
        "rows": sheet.row_count,
        "columns": sheet.column_count,
        "lastRow": max((row for row, _ in filled), default=-1) + 1,
        "lastColumn": max((column for _, column in filled), default=-1) + 1,
        "filter": None if box is None else asdict(box.within(sheet.row_count, sheet.column_count)),
        "hiddenByFilter": sorted(at for at, one in sheet.row_properties.items() if one.get("hiddenByFilter")),
    }


def column_values(sheet: Sheet, column: int, top: int, bottom: int) -> list[str]:
    """The different texts that a column shows between two rows, for a filter's list."""
    shown = set()
    for at in range(top, min(bottom, sheet.row_count)):
        cell = sheet.cell(at, column)
        shown.add("" if cell is None else show(cell.effective, (cell.format or {}).get("numberFormat")))
    return sorted(shown, key=lambda text: (text == "", text.casefold()))
