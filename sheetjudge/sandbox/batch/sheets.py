"""Requests about whole tabs and the spreadsheet itself."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from sheetjudge.sandbox.batch.context import Batch, Handler, fields_of, with_twins
from sheetjudge.sandbox.book import Book, new_sheet
from sheetjudge.sandbox.charts import copied_charts, forget_sources
from sheetjudge.sandbox.colors import with_styles
from sheetjudge.sandbox.dimensions import apply_shift, check_left, deleted
from sheetjudge.sandbox.masks import merge_masked
from sheetjudge.sandbox.metadata import copy_sheet_metadata, forget_sheet
from sheetjudge.sandbox.problems import Json, bad_request, not_built
from sheetjudge.sandbox.render import sheet_properties
from sheetjudge.sandbox.sheet import DEFAULT_COLUMNS, DEFAULT_ROWS, Sheet

_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_OFFSET = re.compile(r"GMT[+-]\d\d:\d\d")
_LONGEST_TITLE = 100
_ADDED_WITH = ("hidden", "rightToLeft", "tabColor", "tabColorStyle")


def _check_title(book: Book, title: str, own: Sheet | None = None) -> None:
    if not title:
        raise bad_request("The sheet name cannot be empty.")
    if len(title) > _LONGEST_TITLE:
        raise bad_request(f"The sheet name cannot be greater than {_LONGEST_TITLE} characters.")
    if any(sheet is not own and sheet.title.casefold() == title.casefold() for sheet in book.sheets):
        raise bad_request(f'A sheet with the name "{title}" already exists. Please enter another name.')


def _free_title(book: Book, form: str, start: int = 1) -> str:
    taken = {sheet.title.casefold() for sheet in book.sheets}
    number = start
    while (title := form.format(number)).casefold() in taken:
        number += 1
    return title


def _free_id(book: Book, wanted: int | None) -> int:
    if wanted is not None:
        if wanted < 0:
            raise bad_request("Sheet id must be non-negative.")
        if book.sheet(wanted) is not None:
            raise bad_request(f"Sheet with id {wanted} already exists.")
        return int(wanted)
    while book.sheet(number := book.new_number()) is not None:
        continue
    return number


def add_sheet(batch: Batch, request: Json) -> Json:
    """Add a tab."""
    book, asked = batch.book, request.get("properties") or {}
    if asked.get("sheetType", "GRID") != "GRID":
        raise not_built(f"tabs of type {asked['sheetType']}")
    title = asked.get("title") or _free_title(book, "Sheet{}", len(book.sheets) + 1)
    _check_title(book, title)
    grid = asked.get("gridProperties") or {}
    sheet = new_sheet(
        _free_id(book, asked.get("sheetId")),
        title,
        rows=int(grid.get("rowCount") or DEFAULT_ROWS),
        columns=int(grid.get("columnCount") or DEFAULT_COLUMNS),
    )
    sheet.properties = with_styles(sheet.properties | {name: asked[name] for name in _ADDED_WITH if name in asked})
    sheet.set_grid(**{name: value for name, value in grid.items() if name not in ("rowCount", "columnCount") and value})
    _check_grid(sheet)
    at = asked.get("index")
    book.sheets.insert(len(book.sheets) if at is None else min(at, len(book.sheets)), sheet)
    return {"addSheet": {"properties": sheet_properties(book, sheet)}}


def delete_sheet(batch: Batch, request: Json) -> Json:
    """Delete a tab with everything that belongs to it."""
    book = batch.book
    sheet = book.existing(request.get("sheetId"))
    if book.sheets == [sheet]:
        raise bad_request("You can't remove all the sheets in a document.")
    if len([one for one in book.sheets if one is not sheet and not one.properties.get("hidden")]) == 0:
        raise bad_request("You can't remove all the visible sheets in a document.")
    book.sheets.remove(sheet)
    book.named_ranges = [one for one in book.named_ranges if one["range"].get("sheetId", 0) != sheet.sheet_id]
    forget_sheet(book, sheet.sheet_id)
    forget_sources(book, sheet.sheet_id)
    return {}


def duplicate_sheet(batch: Batch, request: Json) -> Json:
    """Copy a tab within the spreadsheet, in front of the tab with the index asked for."""
    book = batch.book
    source = book.existing(request.get("sourceSheetId"))
    title = request.get("newSheetName") or _copy_title(book, source.title)
    _check_title(book, title)
    copy = copied_sheet(book, source, title, request.get("newSheetId"))
    book.sheets.insert(min(request.get("insertSheetIndex") or 0, len(book.sheets)), copy)
    copy_sheet_metadata(book, book.metadata, source.sheet_id, copy.sheet_id)
    return {"duplicateSheet": {"properties": sheet_properties(book, copy)}}


def _copy_title(book: Book, title: str) -> str:
    plain = f"Copy of {title}"
    return plain if book.titled(plain) is None else _free_title(book, plain + " {}", 2)


def copied_sheet(book: Book, source: Sheet, title: str | None, sheet_id: int | None = None) -> Sheet:
    """A copy of a tab (maybe of another spreadsheet), not yet among the tabs of `book`."""
    copy = source.draft()
    number = _free_id(book, sheet_id)
    copy.properties = copy.properties | {"sheetId": number, "title": title or _copy_title(book, source.title)}
    copy.properties.pop("hidden", None)

    def own(value: Json) -> Json:
        return value | {"range": value["range"] | {"sheetId": number}} if "range" in value else value

    copy.protected_ranges = [own(one) | {"protectedRangeId": book.new_number()} for one in copy.protected_ranges]
    copy.filter_views = [own(one) | {"filterViewId": book.new_number()} for one in copy.filter_views]
    copy.banded_ranges = [own(one) | {"bandedRangeId": book.new_number()} for one in copy.banded_ranges]
    names = iter(range(1, len(copy.tables) + 1))
    copy.tables = [
        own(one) | {"tableId": str(book.new_number()), "name": f"{one['name']}_{next(names)}"} for one in copy.tables
    ]
    copy.basic_filter = None if copy.basic_filter is None else own(copy.basic_filter)
    copy.conditional_formats = [
        one | {"ranges": [area | {"sheetId": number} for area in one["ranges"]]} for one in copy.conditional_formats
    ]
    copy.row_groups = [own(one) for one in copy.row_groups]
    copy.column_groups = [own(one) for one in copy.column_groups]
    copy.charts = copied_charts(book, source, number)
    return copy


def update_sheet_properties(batch: Batch, request: Json) -> Json:
    """Change a tab's title, place, visibility, colour or grid."""
    book, mask = batch.book, with_twins(fields_of(request, "SheetProperties"))
    asked = with_styles(request.get("properties") or {})
    sheet = book.existing(asked.get("sheetId"))
    if "title" in mask:
        _check_title(book, asked.get("title", ""), sheet)
    before = sheet.row_count, sheet.column_count
    kept = {name: sheet.properties[name] for name in ("sheetId", "sheetType")}
    merged = merge_masked(sheet.properties, asked, mask) | kept
    merged.pop("index", None)
    size = {"rowCount": before[0], "columnCount": before[1]}
    grid = size | (merged.get("gridProperties") or {})
    merged["gridProperties"] = sheet.properties["gridProperties"] | grid if "*" in mask else grid
    merged.setdefault("title", sheet.title)
    frozen = sheet.properties["gridProperties"]
    sheet.properties = merged
    check_left(sheet, frozen)
    _check_grid(sheet)
    _check_rows_first(book, sheet, before[1])
    _drop_outside(book, sheet, *before)
    if sheet.properties.get("hidden") and all(one.properties.get("hidden") for one in book.sheets):
        raise bad_request("You can't hide all the sheets in a document.")
    if "index" in mask or "*" in mask:
        _move(book, sheet, int(asked.get("index", len(book.sheets))))
    return {}


def _check_grid(sheet: Sheet) -> None:
    grid = sheet.properties["gridProperties"]
    for size, frozen, what in (("rowCount", "frozenRowCount", "rows"), ("columnCount", "frozenColumnCount", "columns")):
        if grid[size] < 1:
            raise bad_request(f"Sheet {what} must be at least 1.")
        if grid.get(frozen, 0) >= grid[size]:
            raise bad_request(f"You can't freeze all visible {what} on the sheet.")


def _check_rows_first(book: Book, sheet: Sheet, columns: int) -> None:
    """Google sets the rows before the columns, and refuses a size that is too large only in between."""
    wanted = sheet.column_count
    sheet.set_grid(columnCount=max(columns, wanted))
    book.check_size()
    sheet.set_grid(columnCount=wanted)


def _drop_outside(book: Book, sheet: Sheet, rows: int, columns: int) -> None:
    sheet.resize(sheet.row_count, sheet.column_count)
    if sheet.row_count < rows:
        apply_shift(book, sheet, "ROWS", deleted(sheet.row_count, rows))
    if sheet.column_count < columns:
        apply_shift(book, sheet, "COLUMNS", deleted(sheet.column_count, columns))


def _move(book: Book, sheet: Sheet, to: int) -> None:
    at = book.sheets.index(sheet)
    if to in (at, at + 1):
        return
    book.sheets.remove(sheet)
    book.sheets.insert(to - 1 if to > at else to, sheet)


def update_spreadsheet_properties(batch: Batch, request: Json) -> Json:
    """Change the spreadsheet's title, locale, time zone and the like."""
    mask = with_twins(fields_of(request, "SpreadsheetProperties"))
    asked = dict(request.get("properties") or {})
    if "defaultFormat" in asked:
        # The theme's colours are colour styles under the name `color`: they have no twins.
        asked["defaultFormat"] = with_styles(asked["defaultFormat"])
    merged = merge_masked(batch.book.properties, asked, mask)
    check_region(merged)
    batch.book.properties = batch.book.properties | merged
    return {}


def check_region(properties: Json) -> None:
    """Refuse a locale or a time zone that Google doesn't know."""
    locale, zone = properties.get("locale"), properties.get("timeZone")
    if locale is not None and not _LOCALE.fullmatch(locale):
        raise bad_request(f"Unsupported locale: {locale}")
    zones = available_timezones()
    # A machine may have no list of time zones.
    if zone is not None and zones and zone not in zones and not _OFFSET.fullmatch(zone):
        raise bad_request(f"Invalid time zone: {zone}")


HANDLERS: dict[str, Handler] = {
    "addSheet": add_sheet,
    "deleteSheet": delete_sheet,
    "duplicateSheet": duplicate_sheet,
    "updateSheetProperties": update_sheet_properties,
    "updateSpreadsheetProperties": update_spreadsheet_properties,
}
