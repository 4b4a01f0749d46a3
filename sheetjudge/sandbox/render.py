"""`spreadsheets.get`: a spreadsheet as JSON, with or without its grid data."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sheetjudge.sandbox.a1 import Box, box_of, grid_range
from sheetjudge.sandbox.book import Book, check_in_grid
from sheetjudge.sandbox.cells import Cell, Formula, extended_value
from sheetjudge.sandbox.charts import chart_json
from sheetjudge.sandbox.colors import with_styles
from sheetjudge.sandbox.conditional import ConditionalFormats, laid_over
from sheetjudge.sandbox.defaults import DEFAULT_FORMAT
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.masks import Mask, wants
from sheetjudge.sandbox.problems import Json
from sheetjudge.sandbox.sheet import COLUMN_PIXELS, ROW_PIXELS, Sheet
from sheetjudge.sandbox.world import Caller

_HYPERLINK = re.compile(r"=\s*HYPERLINK\(\s*\"((?:[^\"]|\"\")*)\"", re.IGNORECASE)
_EFFECTIVE_DEFAULTS: Json = DEFAULT_FORMAT | {
    "textFormat": DEFAULT_FORMAT["textFormat"] | {"fontFamily": "Arial"},
    "hyperlinkDisplayType": "PLAIN_TEXT",
}


def sheet_properties(book: Book, sheet: Sheet) -> Json:
    """SheetProperties in JSON, in Google's order."""
    known = sheet.properties
    rest = {name: value for name, value in known.items() if name not in ("sheetId", "title", "sheetType")}
    rest["gridProperties"] = {name: value for name, value in known["gridProperties"].items() if value}
    head = {"sheetId": sheet.sheet_id, "title": sheet.title, "index": book.sheets.index(sheet)}
    return head | {"sheetType": known["sheetType"]} | {name: value for name, value in rest.items() if value}


def range_json(value: Json) -> Json:
    """A GridRange as Google answers it."""
    return grid_range(value.get("sheetId", 0), box_of(value, may_be_empty=True))


def dimension_json(value: Json) -> Json:
    """A DimensionRange as Google answers it: a sheet id of 0 is left out."""
    return {name: part for name, part in value.items() if name != "sheetId" or part}


def with_range(value: Json) -> Json:
    """A thing with a `range`, as Google answers it."""
    return value | {"range": range_json(value["range"])} if "range" in value else value


def protected_json(value: Json) -> Json:
    """A ProtectedRange as Google answers it."""
    found = with_range(value)
    if "unprotectedRanges" in value:
        found = found | {"unprotectedRanges": [range_json(one) for one in value["unprotectedRanges"]]}
    return {name: part for name, part in found.items() if part is not False}


def _protected_for(value: Json, book: Book, caller: Caller) -> Json:
    """A ProtectedRange as this caller sees it: who may edit it is seen by those who may."""
    found = protected_json(value)
    editors = (value.get("editors") or {}).get("users", [])
    if value.get("warningOnly") or caller.email in (*editors, book.owner):
        return found
    return {name: part for name, part in found.items() if name not in ("requestingUserCanEdit", "editors")}


def filter_json(value: Json) -> Json:
    """A BasicFilter or FilterView as Google answers it: its criteria in both of their forms."""
    criteria = value.get("criteria") or {}
    specs = [{"columnIndex": int(at), "filterCriteria": one} for at, one in criteria.items()]
    return with_range(value) | ({"filterSpecs": specs} if specs else {})


def table_json(sheet: Sheet, value: Json) -> Json:
    """A Table as Google answers it: the names of its columns are the texts of its first row."""
    box = box_of(value["range"])
    left, top = box.left or 0, box.top or 0
    known = {one.get("columnIndex", 0): one for one in value.get("columnProperties", [])}
    columns = []
    for at in range((box.right or 0) - left):
        cell = sheet.cell(top, left + at)
        name = "" if cell is None else show(cell.effective, (cell.format or {}).get("numberFormat"))
        columns.append(
            ({"columnIndex": at} if at else {}) | known.get(at, {}) | {"columnName": name or f"Column {at + 1}"}
        )
    return with_range(value) | {"columnProperties": columns}


def rule_json(value: Json) -> Json:
    """A ConditionalFormatRule as Google answers it."""
    return value | {"ranges": [range_json(one) for one in value["ranges"]]}


def group_json(value: Json) -> Json:
    """A DimensionGroup as Google answers it."""
    return value | {"range": dimension_json(value["range"])}


def metadata_json(value: Json) -> Json:
    """A DeveloperMetadata as Google answers it."""
    location = value["location"]
    if "dimensionRange" in location:
        location = location | {"dimensionRange": dimension_json(location["dimensionRange"])}
    return {name: part for name, part in value.items() if name != "project"} | {"location": location}


def visible_metadata(book: Book, project: str) -> list[Json]:
    """The developer metadata that a caller from this project can see."""
    return [one for one in book.metadata if one["visibility"] == "DOCUMENT" or one.get("project") == project]


def render_book(
    book: Book, url: str, *, caller: Caller, ranges: Sequence[tuple[Sheet, Box]] = (), data: bool = False, mask: Mask
) -> Json:
    """A Spreadsheet in JSON.

    Args:
        book: the spreadsheet.
        url: the page where a person sees it.
        caller: who asks; which developer metadata and which editors are seen depends on that.
        ranges: where given, only these tabs, and grid data only of these boxes.
        data: whether grid data is wanted.
        mask: the answer's field mask; what it leaves out needn't be made.
    """
    chosen = [sheet for sheet in book.sheets if not ranges or any(sheet is one for one, _ in ranges)]
    found: Json = {"spreadsheetId": book.book_id, "properties": book.properties}
    sheets = []
    for sheet in chosen:
        part = _render_sheet(book, sheet, caller)
        if data and wants(mask, "sheets", "data"):
            boxes = [box for one, box in ranges if one is sheet] or [sheet.whole]
            part["data"] = [render_grid(book, sheet, box, caller.project, mask) for box in boxes]
        sheets.append(part)
    found["sheets"] = sheets
    if book.named_ranges:
        found["namedRanges"] = [with_range(one) for one in book.named_ranges]
    found["spreadsheetUrl"] = url
    own = [one for one in visible_metadata(book, caller.project) if one["location"]["locationType"] == "SPREADSHEET"]
    if own:
        found["developerMetadata"] = [metadata_json(one) for one in own]
    return found


def _render_sheet(book: Book, sheet: Sheet, caller: Caller) -> Json:
    parts: Json = {
        "properties": sheet_properties(book, sheet),
        "merges": [grid_range(sheet.sheet_id, box) for box in sheet.merges],
        "conditionalFormats": [rule_json(one) for one in sheet.conditional_formats],
        "filterViews": [filter_json(one) for one in sheet.filter_views],
        "protectedRanges": [_protected_for(one, book, caller) for one in sheet.protected_ranges],
        "basicFilter": None if sheet.basic_filter is None else filter_json(sheet.basic_filter),
        "bandedRanges": [with_range(one) for one in sheet.banded_ranges],
        "tables": [table_json(sheet, one) for one in sheet.tables],
        "rowGroups": [group_json(one) for one in sheet.row_groups],
        "columnGroups": [group_json(one) for one in sheet.column_groups],
        "charts": [chart_json(one) for one in sheet.charts],
        "developerMetadata": [
            metadata_json(one)
            for one in visible_metadata(book, caller.project)
            if one["location"]["locationType"] == "SHEET" and one["location"].get("sheetId", 0) == sheet.sheet_id
        ],
    }
    return {name: part for name, part in parts.items() if part}


def render_grid(book: Book, sheet: Sheet, box: Box, project: str, mask: Mask) -> Json:
    """A GridData in JSON: cells up to the last that holds anything, and the properties of rows and columns."""
    check_in_grid(sheet, box)
    box = box.within(sheet.row_count, sheet.column_count)
    top, bottom, left, right = box.top or 0, box.bottom or 0, box.left or 0, box.right or 0
    found: Json = ({"startRow": top} if top else {}) | ({"startColumn": left} if left else {})
    path = ("sheets", "data")
    if wants(mask, *path, "rowData"):
        wanted = _wanted_members(mask)
        over = ConditionalFormats(sheet) if sheet.conditional_formats and "effectiveFormat" in wanted else None
        rows = [
            _render_row(row[left:right], wanted, over, (at, left)) for at, row in enumerate(sheet.rows[top:bottom], top)
        ]
        while rows and not rows[-1]:
            rows.pop()
        if rows:
            found["rowData"] = rows
    if wants(mask, *path, "rowMetadata"):
        found["rowMetadata"] = _dimension_metadata(book, sheet, "ROWS", range(top, bottom), project)
    if wants(mask, *path, "columnMetadata"):
        found["columnMetadata"] = _dimension_metadata(book, sheet, "COLUMNS", range(left, right), project)
    return found


def _dimension_metadata(book: Book, sheet: Sheet, dimension: str, indexes: range, project: str) -> list[Json]:
    rows = dimension == "ROWS"
    properties = sheet.row_properties if rows else sheet.column_properties
    default = {"pixelSize": ROW_PIXELS if rows else COLUMN_PIXELS}
    on: dict[int, list[Json]] = {}
    for one in visible_metadata(book, project):
        place = one["location"].get("dimensionRange")
        if place and place.get("sheetId", 0) == sheet.sheet_id and place["dimension"] == dimension:
            on.setdefault(place["startIndex"], []).append(metadata_json(one))
    return [default | properties.get(at, {}) | ({"developerMetadata": on[at]} if at in on else {}) for at in indexes]


def _render_row(
    row: Sequence[Cell | None], wanted: frozenset[str], over: ConditionalFormats | None, start: tuple[int, int]
) -> Json:
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    if not end:
        return {}
    if over is None:
        return {"values": [render_cell(cell, wanted) for cell in row[:end]]}
    at, left = start
    cells = enumerate(row[:end], left)
    return {"values": [render_cell(cell, wanted, over.format_of(at, column, cell)) for column, cell in cells]}


_MEMBERS = (
    "userEnteredValue",
    "effectiveValue",
    "formattedValue",
    "userEnteredFormat",
    "effectiveFormat",
    "hyperlink",
    "note",
    "extra",
)


def _wanted_members(mask: Mask) -> frozenset[str]:
    path = ("sheets", "data", "rowData", "values")
    return frozenset(name for name in _MEMBERS if name == "extra" or wants(mask, *path, name))


def render_cell(cell: Cell | None, wanted: frozenset[str], above: Json | None = None) -> Json:
    """A CellData in JSON, with those of its members that are wanted.

    Args:
        cell: the cell; None where nothing is in it.
        wanted: the names of the members.
        above: the format that conditional formats give it.
    """
    if cell is None:
        return {}
    found: Json = {}
    if cell.entered is not None and "userEnteredValue" in wanted:
        found["userEnteredValue"] = extended_value(cell.entered)
    if cell.effective is not None:
        if "effectiveValue" in wanted:
            found["effectiveValue"] = extended_value(cell.effective)
        if "formattedValue" in wanted:
            found["formattedValue"] = show(cell.effective, (cell.format or {}).get("numberFormat"))
    return found | _render_looks(cell, wanted, above or {})


def _render_looks(cell: Cell, wanted: frozenset[str], above: Json) -> Json:
    found: Json = {}
    if cell.format and "userEnteredFormat" in wanted:
        found["userEnteredFormat"] = cell.format
    if "effectiveFormat" in wanted and (cell.effective is not None or cell.format):
        found["effectiveFormat"] = _effective_format(cell, above)
    link = _link(cell) if "hyperlink" in wanted else ""
    if link:
        found["hyperlink"] = link
    if cell.note and "note" in wanted:
        found["note"] = cell.note
    return found | cell.extra if cell.extra else found


def _link(cell: Cell) -> str:
    if isinstance(cell.entered, Formula):
        match = _HYPERLINK.match(cell.entered)
        return match.group(1).replace('""', '"') if match is not None else ""
    return str((cell.format or {}).get("textFormat", {}).get("link", {}).get("uri", ""))


def _effective_format(cell: Cell, above: Json) -> Json:
    own = laid_over(with_styles(cell.format or {}), above)
    found = laid_over(_EFFECTIVE_DEFAULTS, own)
    if "horizontalAlignment" not in own:
        value = cell.effective
        numeric = isinstance(value, float | int) and not isinstance(value, bool)
        found["horizontalAlignment"] = "RIGHT" if numeric else "CENTER" if isinstance(value, bool) else "LEFT"
    return found
