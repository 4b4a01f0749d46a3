"""Taking everything that sheetjudge made in a tab away again, so that the tab is as it was before the first run.

Results, row marks, formats and colours go with their columns, and what was extended over them (a filter, a table)
shrinks back; what is left of a run that died (its hold on the tab, its fence) goes too.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetjudge.core.row_marks import parse_mark, word
from sheetjudge.errors import AccessError, TableError
from sheetjudge.tables.address import SheetAddress
from sheetjudge.tables.sheet_columns import Change, delete_columns
from sheetjudge.tables.sheet_layout import (
    FIELDS,
    METADATA_KEY,
    SheetLayout,
    find_tab,
    lease_number,
    metadata_meaning,
    reports_on,
)
from sheetjudge.tables.sheet_places import (
    Place,
    check_lease,
    delete_metadata,
    find_places,
    new_lease,
    take_lease,
)
from sheetjudge.tables.sheet_reading import ColumnReader

if TYPE_CHECKING:
    from sheetjudge.tables.sheets import SheetsApi

_TRIES, _MOST_REFUSALS = 10, 4
_LONG_TEXT = 8
_ROWS_WITH_NOTES = 50_000


@dataclass(frozen=True, slots=True)
class Traces:
    """What sheetjudge has left in a tab.

    Attributes:
        name: the spreadsheet's title and the tab's.
        columns: headers of the columns of results, as they are called now, from left to right.
        marked: how many hidden columns of row marks there are.
        results: how many cells of results there are.
        edited: what isn't as sheetjudge wrote it: `Score in row 5`, `the note at Why in row 3`.
        leftovers: whether a run that ended badly has left something else.
        reports: tabs with reports on this one. They stay, since a person asked for them.
    """

    name: str
    columns: tuple[str, ...] = ()
    marked: int = 0
    results: int = 0
    edited: tuple[str, ...] = ()
    leftovers: bool = False
    reports: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """There is nothing to take away."""
        return not (self.columns or self.marked or self.leftovers)


def find_traces(api: SheetsApi, address: SheetAddress, tab: str | None, header_row: int) -> Traces:
    """What there would be to take away. Nothing is changed.

    Raises:
        TableError, AccessError: there is no such tab, or no access to it.
    """
    return _Look(api, address, tab, header_row).traces


def clear_tab(
    api: SheetsApi, address: SheetAddress, tab: str | None, header_row: int, *, even_edited: bool = False
) -> Traces:
    """Take everything away, all at once.

    Args:
        api: the way to the spreadsheet. address: its gid counts if `tab` is None.
        tab: title of the tab. header_row: 1-based.
        even_edited: also what a person wrote into the columns of results.

    Returns:
        What was taken away.

    Raises:
        TableError: a run writes to the tab, or somebody changed cells in the columns; nothing was changed.
        AccessError: the tab may not be changed, or Google gives no answer.
    """
    from sheetjudge.tables.sheets import Uncertain

    taken: Traces | None = None
    failures = 0
    refusals = 0
    for _ in range(_TRIES):
        look = _Look(api, address, tab, header_row)
        if look.traces.is_empty:
            return taken or look.traces
        if look.traces.edited and not even_edited:
            raise _would_be_lost(look.traces)
        try:
            api.change(look.changes())
        except Uncertain as error:
            taken = look.traces
            failures += 1
            if not api.pause(failures):
                what = f"Google doesn't answer to changes of {look.traces.name}."
                raise AccessError(what, "Run the same command again later.") from error
        except TableError:
            # Something was moved meanwhile: the next look shows where to.
            refusals += 1
            if refusals == _MOST_REFUSALS:
                raise
        else:
            return look.traces
    raise TableError(f"{look.traces.name} was edited all the time.", "Try again in a quiet moment.")


def _would_be_lost(traces: Traces, most: int = 8) -> TableError:
    shown = "; ".join(traces.edited[:most])
    more = len(traces.edited) - most
    rest = f"; and {more:,} more cells" if more > 0 else ""
    return TableError(
        f"In {traces.name} somebody changed cells in the columns of results: {shown}{rest}.",
        "Copy elsewhere what is to be kept, then run the command again with --edited.",
    )


class _Look:
    """A tab at one moment, with what is sheetjudge's in it."""

    def __init__(self, api: SheetsApi, address: SheetAddress, tab: str | None, header_row: int) -> None:
        description = api.describe(FIELDS)
        self._layout = find_tab(description, address, tab)
        self._reports = reports_on(description, self._layout.sheet_id)
        self._number = lease_number(address.spreadsheet, self._layout.sheet_id)
        answer = api.metadata(METADATA_KEY)
        self._places = find_places(answer, self._layout.sheet_id, self._number)
        self._entries = [entry for entry in _entries(answer) if _is_in(entry, self._layout.sheet_id)]
        self._columns = {kind: self._places_of(kind) for kind in ("role", "marks")}
        name = f"{self._layout.spreadsheet_title} › {self._layout.title}"
        check_lease(self._places.lease, "", name)
        self.traces = self._read(api, name, header_row - 1)

    def changes(self) -> list[Change]:
        """The requests that take everything away, refused as a whole if a column has moved or a run has begun."""
        own = [*self._columns["role"], *self._columns["marks"]]
        gone = {place.number for place in own}
        kept = [entry["metadataId"] for entry in self._entries if entry["metadataId"] not in gone | {self._number}]
        sheet_id = self._layout.sheet_id
        return [
            *take_lease(self._number, self._places, new_lease(secrets.token_hex(8))),
            *(change for place in own for change in place.fence(sheet_id)),
            *delete_columns(sheet_id, sorted({place.index for place in own})),
            *(delete_metadata(number) for number in (*kept, self._number)),
        ]

    def _places_of(self, kind: str) -> list[Place]:
        found = []
        for entry in self._entries:
            span = entry["location"].get("dimensionRange", {})
            if span.get("dimension") == "COLUMNS" and isinstance(metadata_meaning(entry).get(kind), str):
                index = span.get("startIndex", 0)
                found.append(Place(entry["metadataId"], entry["metadataValue"], "COLUMNS", index))
        return sorted(found, key=lambda place: place.index)

    def _read(self, api: SheetsApi, name: str, header: int) -> Traces:
        roles = {place.index: str(metadata_meaning(_as_entry(place))["role"]) for place in self._columns["role"]}
        marks = [place.index for place in self._columns["marks"]]
        leftovers = len(self._entries) > len(self._columns["role"]) + len(self._columns["marks"])
        if not roles and not marks:
            return Traces(name, leftovers=leftovers, reports=self._reports)
        columns = [*roles, *marks]
        rows = _rows(api, self._layout, columns)
        heads = dict(zip(columns, rows[header] if header < len(rows) else (), strict=False))
        titles = {index: str(heads.get(index) or role) for index, role in roles.items()}
        words = [_words(row[len(roles) :]) for row in rows]
        everywhere = frozenset().union(*words)
        edited, results = [], 0
        for number, row in enumerate(rows):
            if number == header:
                continue
            for index, value in zip(columns, row, strict=True):
                if value in ("", None):
                    continue
                results += index in roles
                if index in roles:
                    # A long text that stands beside another row was moved there by a sort: nobody writes it anew.
                    known = everywhere if isinstance(value, str) and len(value) >= _LONG_TEXT else words[number]
                    is_own = word(roles[index], value) in known
                else:
                    is_own = parse_mark(value) is not None
                if not is_own:
                    edited.append(f"{titles.get(index, METADATA_KEY)} in row {number + 1}")
        edited += [
            f"the note at {titles.get(i, METADATA_KEY)} in row {n + 1}" for n, i in _notes(api, self._layout, columns)
        ]
        in_order = tuple(titles[index] for index in sorted(titles))
        return Traces(name, in_order, len(marks), results, tuple(edited), leftovers, self._reports)


def _words(cells: Sequence[Any]) -> frozenset[str]:
    """What the marks of a row say was written into it."""
    return frozenset().union(*(mark.words for mark in map(parse_mark, cells) if mark is not None))


def _rows(api: SheetsApi, layout: SheetLayout, columns: Sequence[int]) -> list[list[Any]]:
    return ColumnReader(api, layout.sheet_id, is_formatted=False).read(columns, 0, layout.rows - 1)


def _notes(api: SheetsApi, layout: SheetLayout, columns: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(row, column) of each cell in the columns to which somebody has added a note."""
    fields = "sheets.data(startRow,startColumn,rowData.values.note)"
    for top in range(0, layout.rows, _ROWS_WITH_NOTES):
        area = {
            "sheetId": layout.sheet_id,
            "startRowIndex": top,
            "endRowIndex": min(top + _ROWS_WITH_NOTES, layout.rows),
        }
        area |= {"startColumnIndex": min(columns), "endColumnIndex": max(columns) + 1}
        for sheet in api.describe_area(area, fields).get("sheets", ()):
            for block in sheet.get("data", ()):
                for number, row in enumerate(block.get("rowData", ()), start=block.get("startRow", 0)):
                    for index, cell in enumerate(row.get("values", ()), start=block.get("startColumn", 0)):
                        if cell.get("note") and index in columns:
                            yield number, index


def _entries(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [matched["developerMetadata"] for matched in answer.get("matchedDeveloperMetadata", ())]


def _is_in(entry: Mapping[str, Any], sheet_id: int) -> bool:
    location = entry.get("location", {})
    if "dimensionRange" in location:
        return bool(location["dimensionRange"].get("sheetId", 0) == sheet_id)
    return bool(location.get("locationType") == "SHEET" and location.get("sheetId", 0) == sheet_id)


def _as_entry(place: Place) -> Mapping[str, Any]:
    return {"metadataKey": METADATA_KEY, "metadataValue": place.value}
