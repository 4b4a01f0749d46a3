"""Which tab of a spreadsheet is the table, and which of its columns are sheetjudge's own.

A column of results is known by developer metadata that hangs on it and moves with it, so that a person may
rename or move the column. A header's text is never taken as a sign.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from sheetjudge.core.table import column_letters
from sheetjudge.errors import TableError
from sheetjudge.tables.address import SheetAddress
from sheetjudge.tables.earlier_results import PREFIX_MARK

METADATA_KEY = "sheetjudge"
REPORT = "report"
"""What the metadata of a tab says that `report` wrote."""

FIELDS = (
    "properties.title,"
    "sheets(properties(sheetId,title,index,hidden,sheetType,gridProperties(rowCount,columnCount)),developerMetadata,"
    "data(startColumn,columnMetadata(developerMetadata)))"
)
_OVER = ("basicFilter", "filterViews", "tables", "bandedRanges")
FIELDS_TO_MAKE_COLUMNS = (
    "properties.title,"
    "sheets(properties(sheetId,title,index,hidden,sheetType,gridProperties(rowCount,columnCount)),"
    "data(startColumn,columnMetadata(developerMetadata),rowData.values.formattedValue),"
    "basicFilter,filterViews(filterViewId,title,range,tableId,namedRangeId),tables(tableId,name,range,columnProperties.columnName),"
    "bandedRanges(bandedRangeId,range),conditionalFormats.ranges.sheetId)"
)


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """One tab at one moment.

    Attributes:
        spreadsheet_title, title: of the spreadsheet and of the tab.
        sheet_id: the tab's gid.
        rows, columns: size of its grid, empty cells among them.
        results: index of each column of results, by its role (the header that it was made under).
        marks: index of each hidden column of row marks, by the prefix of the results that it belongs to.
        over: what lies over ranges of it: filters, tables and alternating colours, as the API describes them.
        rules: how many conditional formats there are.
        lease: who writes to it, as `sheet_places` writes that down; "" for nobody.
    """

    spreadsheet_title: str
    title: str
    sheet_id: int
    rows: int
    columns: int
    results: Mapping[str, int]
    marks: Mapping[str, int] = field(default_factory=dict)
    over: Mapping[str, Any] = field(default_factory=dict)
    rules: int = 0
    lease: str = ""

    @property
    def managed(self) -> frozenset[int]:
        """Indexes of all columns that sheetjudge made."""
        return frozenset(self.results.values()) | frozenset(self.marks.values())

    def a1(self, first_column: int, first_row: int, last_column: int, last_row: int | None = None) -> str:
        """A range in A1 notation. Columns are 0-based, rows 1-based, both ends belong to it."""
        quoted = self.title.replace("'", "''")
        end = f"{column_letters(last_column)}{last_row if last_row is not None else ''}"
        return f"'{quoted}'!{column_letters(first_column)}{first_row}:{end}"


def find_tab(description: Mapping[str, Any], address: SheetAddress, tab: str | None) -> SheetLayout:
    """The tab that the user means: by its title, else by the URL's gid, else the first visible one.

    Args:
        description: the spreadsheet resource with FIELDS.

    Raises:
        TableError: there is no such tab, or it holds no cells (a chart).
    """
    book = str(description.get("properties", {}).get("title", ""))
    sheets = sorted(description.get("sheets", []), key=lambda s: s["properties"].get("index", 0))
    chosen = _by_title(sheets, book, tab) if tab is not None else _by_gid(sheets, book, address.gid)
    properties = chosen["properties"]
    if _is_report(chosen):
        what = f"The tab {properties['title']!r} of {book!r} is a report that sheetjudge wrote, and no table."
        raise TableError(what, f"Name the table with --tab: {', '.join(_tables(sheets))}.")
    if properties.get("sheetType", "GRID") != "GRID":
        raise TableError(f"The tab {properties['title']!r} of {book!r} holds no cells.", "Choose another with --tab.")
    grid = properties.get("gridProperties", {})
    return SheetLayout(
        spreadsheet_title=book,
        title=properties["title"],
        sheet_id=properties.get("sheetId", 0),
        rows=grid.get("rowCount", 0),
        columns=grid.get("columnCount", 0),
        results=_columns(chosen, "role"),
        marks=_columns(chosen, "marks"),
        over={name: chosen[name] for name in _OVER if name in chosen},
        rules=len(chosen.get("conditionalFormats", ())),
        lease=_lease(chosen, lease_number(address.spreadsheet, properties.get("sheetId", 0))),
    )


def reports_on(description: Mapping[str, Any], sheet_id: int) -> tuple[str, ...]:
    """The titles of the tabs with reports on a tab.

    Args:
        description: the spreadsheet resource with FIELDS. sheet_id: of the tab that they are about.
    """
    found = []
    for sheet in description.get("sheets", ()):
        for entry in sheet.get("developerMetadata", ()):
            says = metadata_meaning(entry).get(REPORT)
            if isinstance(says, dict) and says.get("of", [None])[0] == sheet_id:
                found.append(str(sheet["properties"]["title"]))
    return tuple(found)


def lease_number(spreadsheet: str, sheet_id: int) -> int:
    """The id of a tab's lease, the same for every run."""
    digest = hashlib.blake2b(f"{spreadsheet} {sheet_id}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % (2**31 - 1) + 1


def marks_of(headers: Sequence[str]) -> str:
    """The prefix under which the row marks of results with these headers are kept: `Style · `, or none."""
    last = headers[-1] if headers else ""
    return last[: last.rindex(PREFIX_MARK) + len(PREFIX_MARK)] if PREFIX_MARK in last else ""


def metadata_value(kind: str, value: Any) -> str:
    """What developer metadata says: a column's `role`, say."""
    return json.dumps({kind: value}, ensure_ascii=False)


def metadata_meaning(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a piece of developer metadata says; empty where it isn't sheetjudge's."""
    if entry.get("metadataKey") != METADATA_KEY:
        return {}
    try:
        value = orjson.loads(entry.get("metadataValue", ""))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _by_title(sheets: list[Any], book: str, tab: str) -> Any:
    titles = [sheet["properties"]["title"] for sheet in sheets]
    if tab in titles:
        return sheets[titles.index(tab)]
    near = difflib.get_close_matches(tab, titles, n=1, cutoff=0.4)
    advice = f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(map(repr, titles))}."
    raise TableError(f"{book!r} has no tab {tab!r}.", advice)


def _by_gid(sheets: list[Any], book: str, gid: int | None) -> Any:
    if gid is not None:
        found = next((sheet for sheet in sheets if sheet["properties"].get("sheetId", 0) == gid), None)
        if found is None:
            titles = ", ".join(repr(sheet["properties"]["title"]) for sheet in sheets)
            raise TableError(f"{book!r} has no tab with the gid {gid}; it has {titles}.", "Choose one with --tab.")
        return found
    grids = [sheet for sheet in sheets if sheet["properties"].get("sheetType", "GRID") == "GRID"]
    visible = [sheet for sheet in grids if not sheet["properties"].get("hidden") and not _is_report(sheet)]
    if not grids:
        raise TableError(f"{book!r} has no tab with cells.")
    return (visible or grids)[0]


def _is_report(sheet: Mapping[str, Any]) -> bool:
    """Did `report` write this tab, or is it a copy of such a one?"""
    return any(REPORT in metadata_meaning(entry) for entry in sheet.get("developerMetadata", ()))


def _tables(sheets: Sequence[Mapping[str, Any]]) -> list[str]:
    """The titles of tabs that may be tables."""
    return [
        repr(sheet["properties"]["title"])
        for sheet in sheets
        if not _is_report(sheet) and not sheet["properties"].get("hidden")
    ]


def _columns(sheet: Mapping[str, Any], kind: str) -> dict[str, int]:
    """Columns whose metadata has a text of this kind; the leftmost, should a person have copied one."""
    found: dict[str, int] = {}
    for block in sheet.get("data", []):
        for index, column in enumerate(block.get("columnMetadata", []), start=block.get("startColumn", 0)):
            for entry in column.get("developerMetadata", []):
                says = metadata_meaning(entry).get(kind)
                if isinstance(says, str) and index < found.get(says, index + 1):
                    found[says] = index
    return found


def _lease(sheet: Mapping[str, Any], number: int) -> str:
    found = (one for one in sheet.get("developerMetadata", []) if one.get("metadataId") == number)
    return next((str(one.get("metadataValue", "")) for one in found), "")
