"""Tries out on a spreadsheet of the user's whether Google behaves as is relied on.

Everything happens in a hidden tab that is made for it and deleted at the end; nothing else is touched.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetjudge.errors import AccessError, SheetjudgeError, TableError
from sheetjudge.tables.sheet_writing import cell_data

if TYPE_CHECKING:
    from sheetjudge.tables.sheets import SheetsApi

Change = dict[str, Any]

KEY = "sheetjudge-probe"
ROWS, COLUMNS = 20, 10
_TRIES = 5


class Otherwise(Exception):
    """Google behaves otherwise; says how."""


class CannotTell(Exception):
    """It can't be tried out here; says why."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One behaviour that can be tried out.

    Attributes:
        name: of the behaviour. says: what is taken to happen.
        is_needed: results could land beside wrong rows, or over a person's work, if it were otherwise.
        tries: raises Otherwise if it is, or CannotTell.
    """

    name: str
    says: str
    is_needed: bool
    tries: Callable[[Scratch], None]


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of a probe.

    Attributes:
        holds: None where it can't be told.
        seen: what was seen instead, or why it can't be told.
    """

    probe: Probe
    holds: bool | None
    seen: str = ""


class Scratch:
    """A hidden tab to try things in, made afresh for each probe."""

    def __init__(self, api: SheetsApi) -> None:
        self.api = api
        self.sheet_id = 0
        self._token = secrets.token_hex(4)
        self._made = 0
        self._gone: list[int] = []

    @property
    def title(self) -> str:
        """The tab's."""
        return f"sheetjudge probe {self._token} {self._made}"

    def begin(self) -> None:
        """Make a fresh tab, in place of the one before.

        Raises:
            SheetjudgeError: the spreadsheet can't be changed, or it isn't known whether it was.
        """
        from sheetjudge.tables.sheets import Uncertain

        for left in range(_TRIES - 1, -1, -1):
            self._made += 1
            self.sheet_id = number()
            grid = {"rowCount": ROWS, "columnCount": COLUMNS}
            properties = {"sheetId": self.sheet_id, "title": self.title, "gridProperties": grid}
            hide = {"properties": {"sheetId": self.sheet_id, "hidden": True}, "fields": "hidden"}
            gone = [{"deleteSheet": {"sheetId": one}} for one in self._gone]
            try:
                self.api.change([{"addSheet": {"properties": properties}}, {"updateSheetProperties": hide}, *gone])
            except Uncertain:
                if not left:
                    raise
                self._gone = self._left()
            else:
                self._gone = [self.sheet_id]
                return

    def end(self) -> None:
        """Delete every tab that was made, also one whose making was never confirmed.

        Raises:
            SheetjudgeError: one is left, which is named.
        """
        for _ in range(_TRIES):
            left = self._left()
            if not left:
                return
            with suppress(SheetjudgeError):
                self.api.change([{"deleteSheet": {"sheetId": sheet_id}} for sheet_id in left])
        raise AccessError(
            "The tabs that were tried out in could not be deleted.", f"Delete those named {self.title!r}."
        )

    def _left(self) -> list[int]:
        answer = self.api.describe("sheets.properties(sheetId,title)")
        return [
            sheet["properties"].get("sheetId", 0)
            for sheet in answer.get("sheets", [])
            if self._token in sheet["properties"]["title"]
        ]

    def change(self, *changes: Change) -> list[Any]:
        """Make changes, all or none; returns the replies."""
        replies: list[Any] = self.api.change(changes).get("replies", [])
        return replies

    def refuses(self, *changes: Change) -> bool:
        """Try changes; true where they are refused."""
        try:
            self.change(*changes)
        except TableError:
            return True
        return False

    def write(self, rows: Sequence[Sequence[Any]], row: int = 0, column: int = 0) -> Change:
        """The request that writes values as they are; a text that begins with = is a formula here."""
        values = [{"values": [_entered(value) for value in cells]} for cells in rows]
        start = {"sheetId": self.sheet_id, "rowIndex": row, "columnIndex": column}
        return {"updateCells": {"start": start, "rows": values, "fields": "userEnteredValue"}}

    def cells(self, *, has_formulas: bool = False) -> list[list[Any]]:
        """What the tab holds, without empty ends."""
        answer, _ = self.api.values_in(
            [{"gridRange": {"sheetId": self.sheet_id}}], is_formatted=False, has_formulas=has_formulas
        )
        return [row for entry in answer.get("valueRanges", []) for row in entry["valueRange"].get("values", [])]

    def column(self, index: int = 0) -> list[Any]:
        """One column of what the tab holds."""
        return [row[index] if index < len(row) else "" for row in self.cells()]

    def looks(self, fields: str) -> dict[str, Any]:
        """Parts of the tab's Sheet resource."""
        answer = self.api.describe_area({"sheetId": self.sheet_id}, f"sheets({fields})")
        found: dict[str, Any] = answer["sheets"][0]
        return found

    def area(self, top: int, left: int, bottom: int, right: int) -> dict[str, int]:
        """A GridRange in the tab; ends don't belong to it."""
        return {
            "sheetId": self.sheet_id,
            "startRowIndex": top,
            "endRowIndex": bottom,
            "startColumnIndex": left,
            "endColumnIndex": right,
        }

    def span(self, dimension: str, first: int, end: int) -> dict[str, Any]:
        """A DimensionRange in the tab."""
        return {"sheetId": self.sheet_id, "dimension": dimension, "startIndex": first, "endIndex": end}

    def insert(self, dimension: str, at: int) -> Change:
        """The request that inserts a row or column."""
        return {"insertDimension": {"range": self.span(dimension, at, at + 1), "inheritFromBefore": False}}

    def mark(self, metadata_id: int, value: str, dimension: str = "", at: int = 0) -> Change:
        """The request that hangs metadata on a row or column, or on the tab."""
        place = {"dimensionRange": self.span(dimension, at, at + 1)} if dimension else {"sheetId": self.sheet_id}
        entry = {"metadataId": metadata_id, "metadataKey": KEY, "metadataValue": value, "visibility": "DOCUMENT"}
        return {"createDeveloperMetadata": {"developerMetadata": {**entry, "location": place}}}

    def unmark(self, **lookup: Any) -> Change:
        """The request that deletes metadata."""
        return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": lookup}}}

    def marks(self) -> dict[int, tuple[str, int]]:
        """(dimension, index) of the metadata on the tab's rows and columns, by id; ("", 0) for the tab's own."""
        found = {}
        for one in self.api.metadata(KEY).get("matchedDeveloperMetadata", []):
            entry = one["developerMetadata"]
            span = entry["location"].get("dimensionRange")
            sheet_id = entry["location"].get("sheetId", 0) if span is None else span.get("sheetId", 0)
            if sheet_id == self.sheet_id:
                place = ("", 0) if span is None else (span["dimension"], span.get("startIndex", 0))
                found[entry["metadataId"]] = place
        return found


def expect(seen: object, expected: object, said: str = "") -> None:
    """Compare what was seen.

    Raises:
        Otherwise: it is something else.
    """
    if seen != expected:
        raise Otherwise(said or f"it gave {seen!r} in place of {expected!r}")


def number() -> int:
    """An id that nothing else has."""
    return secrets.randbelow(2**31 - 2) + 1


def run_probes(api: SheetsApi, probes: Sequence[Probe]) -> Iterator[Probed]:
    """Try out one behaviour after the other, and leave the spreadsheet as it was.

    Raises:
        SheetjudgeError: the spreadsheet can't be changed, or the tab that was made can't be deleted.
    """
    scratch = Scratch(api)
    try:
        scratch.begin()
        for n, probe in enumerate(probes):
            if n:
                scratch.begin()
            yield _probed(scratch, probe)
    finally:
        scratch.end()


def _probed(scratch: Scratch, probe: Probe) -> Probed:
    from sheetjudge.tables.sheets import Uncertain

    try:
        probe.tries(scratch)
    except Otherwise as seen:
        return Probed(probe, holds=False, seen=str(seen))
    except (CannotTell, Uncertain) as why:
        return Probed(probe, holds=None, seen=str(why))
    except TableError as refusal:
        return Probed(probe, holds=False, seen=f"Google refused to try it: {refusal}")
    return Probed(probe, holds=True)


def _entered(value: Any) -> Change:
    if isinstance(value, str) and value.startswith("="):
        return {"userEnteredValue": {"formulaValue": value}}
    return cell_data(value)
