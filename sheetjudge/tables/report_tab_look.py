"""Finding the tab of a report, and what stands in it: by developer metadata, wherever the tab was moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sheetjudge.tables.sheet_layout import METADATA_KEY, REPORT, metadata_meaning
from sheetjudge.tables.sheet_places import Place

if TYPE_CHECKING:
    from sheetjudge.tables.sheets import SheetsApi

END = "report end"
"""What the metadata of the last row and the last column of a report says, beside which of them it is."""

_FIELDS = (
    "properties.title,sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),"
    "charts(chartId,position,spec.title))"
)


@dataclass(frozen=True, slots=True)
class Record:
    """What the metadata of a report's tab says: its size, its charts (id, row, column) and its words."""

    rows: int = 0
    columns: int = 0
    charts: Mapping[str, Sequence[int]] = field(default_factory=dict)
    words: str = ""


@dataclass(frozen=True)
class Seen:
    """A spreadsheet at one moment, and the report's tab in it; `sheet_id` is None where there is none.

    Attributes:
        titles: of all tabs. number, value: of the tab's metadata. record: what that says. ends: the ends of the report.
        rows, columns: size of the grid. charts: those on the tab, by id. cells: what stands in the report.
    """

    book: str
    titles: tuple[str, ...]
    sheet_id: int | None = None
    title: str = ""
    number: int = 0
    value: str = ""
    record: Record = Record()
    ends: Mapping[str, Place] = field(default_factory=dict)
    rows: int = 0
    columns: int = 0
    charts: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    cells: tuple[tuple[Any, ...], ...] = ()

    @property
    def end(self) -> int:
        """The row behind the report, which may have been moved."""
        place = self.ends.get("row")
        return min(place.index + 1 if place is not None else self.record.rows, self.rows)

    @property
    def edge(self) -> int:
        """The column behind the report."""
        place = self.ends.get("column")
        return min(max(place.index + 1 if place is not None else 0, self.record.columns), self.columns)


def look_at_report(api: SheetsApi, about: Sequence[Any]) -> Seen:
    """A spreadsheet as it is now, with the tab of the report about this, if there is one.

    Raises:
        TableError, AccessError: Google doesn't show it.
    """
    entries = [one["developerMetadata"] for one in api.metadata(METADATA_KEY).get("matchedDeveloperMetadata", ())]
    description = api.describe(_FIELDS)
    sheets = {sheet["properties"].get("sheetId", 0): sheet for sheet in description.get("sheets", ())}
    titles = tuple(sheet["properties"]["title"] for sheet in sheets.values())
    seen = Seen(description["properties"]["title"], titles)
    for entry in entries:
        says = metadata_meaning(entry).get(REPORT)
        sheet_id = entry["location"].get("sheetId", 0)
        if not isinstance(says, dict) or says.get("of") != list(about) or sheet_id not in sheets:
            continue
        if says.get("in") != sheet_id:
            # A copy of the tab, with the id of its original: a person's.
            continue
        properties = sheets[sheet_id]["properties"]
        grid = properties.get("gridProperties", {})
        seen = replace(
            seen,
            sheet_id=sheet_id,
            title=properties["title"],
            number=entry["metadataId"],
            value=entry["metadataValue"],
            record=_record(says),
            ends=_ends(entries, sheet_id),
            rows=grid.get("rowCount", 0),
            columns=grid.get("columnCount", 0),
            charts={chart["chartId"]: chart for chart in sheets[sheet_id].get("charts", ())},
        )
        return replace(seen, cells=_cells(api, seen))
    return seen


def _record(says: Mapping[str, Any]) -> Record:
    rows, columns = says.get("size", (0, 0))
    return Record(int(rows), int(columns), dict(says.get("charts", {})), str(says.get("words", "")))


def _ends(entries: Sequence[Mapping[str, Any]], sheet_id: int) -> dict[str, Place]:
    found = {}
    for entry in entries:
        span = entry["location"].get("dimensionRange")
        says = metadata_meaning(entry).get(END)
        if span is not None and span.get("sheetId", 0) == sheet_id and says in ("row", "column"):
            index = span.get("startIndex", 0)
            found[says] = Place(entry["metadataId"], entry["metadataValue"], span["dimension"], index)
    return found


def _cells(api: SheetsApi, seen: Seen) -> tuple[tuple[Any, ...], ...]:
    if not seen.end or not seen.edge:
        return ()
    area: dict[str, Any] = {"sheetId": seen.sheet_id, "startRowIndex": 0, "startColumnIndex": 0}
    area |= {"endRowIndex": seen.end, "endColumnIndex": seen.edge}
    answer, _ = api.values_in([{"gridRange": area}], is_formatted=False, has_formulas=True)
    rows = [row for one in answer.get("valueRanges", ()) for row in one["valueRange"].get("values", ())]
    return tuple(map(tuple, rows))
