"""`spreadsheets.create`: a spreadsheet from the JSON of one, each part by the request that would add it."""

from __future__ import annotations

from collections.abc import Callable

from sheetjudge.sandbox.batch.context import Batch
from sheetjudge.sandbox.batch.run import HANDLERS
from sheetjudge.sandbox.batch.sheets import check_region
from sheetjudge.sandbox.problems import Json, not_built, within

_OWN = ("title", "locale", "autoRecalc", "timeZone", "spreadsheetTheme", "iterativeCalculationSettings")
_ANSWERED_ONLY = ("spreadsheetId", "spreadsheetUrl", "properties", "sheets", "data")

_ADDED: dict[str, tuple[str, Callable[[Json, int], Json]]] = {
    "namedRanges": ("addNamedRange", lambda one, _: {"namedRange": one}),
    "developerMetadata": ("createDeveloperMetadata", lambda one, _: {"developerMetadata": one}),
    "merges": ("mergeCells", lambda one, _: {"range": one, "mergeType": "MERGE_ALL"}),
    "conditionalFormats": ("addConditionalFormatRule", lambda one, at: {"rule": one, "index": at}),
    "protectedRanges": ("addProtectedRange", lambda one, _: {"protectedRange": one}),
    "basicFilter": ("setBasicFilter", lambda one, _: {"filter": one}),
}
"""The parts that a spreadsheet or a tab can be made with, and the request that adds one of each."""


def fill(batch: Batch, asked: Json) -> None:
    """Make a new spreadsheet what a Spreadsheet in JSON says.

    Raises:
        ApiError: what is asked can't be, or isn't built.
    """
    book = batch.book
    given = asked.get("properties") or {}
    book.properties = book.properties | {name: given[name] for name in _OWN if given.get(name)}
    check_region(book.properties)
    sheets = asked.get("sheets") or []
    if sheets:
        book.sheets = []
    for at, one in enumerate(sheets):
        with within(f"sheets[{at}]"):
            number = _tab(batch, one.get("properties") or {}, first=at == 0)
            _cells(batch, one.get("data") or [], number)
    for at, one in enumerate(sheets):
        with within(f"sheets[{at}]"):
            _parts(batch, one)
    _parts(batch, asked)


def _tab(batch: Batch, properties: Json, *, first: bool) -> int:
    numbered = {"sheetId": 0} | properties if first else properties
    added = HANDLERS["addSheet"](batch, {"properties": {name: numbered[name] for name in numbered if name != "index"}})
    return int(added["addSheet"]["properties"]["sheetId"])


def _cells(batch: Batch, data: list[Json], sheet_id: int) -> None:
    for grid in data:
        top, left = grid.get("startRow", 0), grid.get("startColumn", 0)
        start = {"sheetId": sheet_id, "rowIndex": top, "columnIndex": left}
        HANDLERS["updateCells"](batch, {"start": start, "rows": grid.get("rowData") or [], "fields": "*"})
        for dimension, name, first in (("ROWS", "rowMetadata", top), ("COLUMNS", "columnMetadata", left)):
            for at, properties in enumerate(grid.get(name) or [], start=first):
                span = {"sheetId": sheet_id, "dimension": dimension, "startIndex": at, "endIndex": at + 1}
                asked = {"range": span, "properties": properties, "fields": "pixelSize,hiddenByUser"}
                HANDLERS["updateDimensionProperties"](batch, asked)


def _parts(batch: Batch, asked: Json) -> None:
    for name, value in asked.items():
        if name in _ANSWERED_ONLY:
            continue
        if name not in _ADDED:
            raise not_built(f"creating a spreadsheet with {name}")
        kind, request = _ADDED[name]
        for at, one in enumerate(value if isinstance(value, list) else [value]):
            HANDLERS[kind](batch, request(one, at))
