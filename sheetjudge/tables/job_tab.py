"""The hidden tab in which people's jobs wait for a worker, one a row.

The sidebar appends `id`, `job`, `by`, `asked` and `cancel`; workers write the rest. A row is known by its id, wherever
it stands. Whoever writes into one holds it (`job_holds`), so that no write lands in a row that was moved meanwhile.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sheetjudge.errors import TableError
from sheetjudge.tables.job_holds import Change, Hold, hold_number, read_hold, taken
from sheetjudge.tables.sheet_writing import cell_data, cell_value

if TYPE_CHECKING:
    from sheetjudge.tables.sheets import SheetsApi

TAB = "sheetjudge jobs"
COLUMNS = ("id", "job", "by", "asked", "cancel", "state", "worker", "beat", "progress", "said", "result")
OFFER = "offer"

_FIRST_OWN = COLUMNS.index("state")
# Results are long and are written only: what is read at each look stays small.
_READ = COLUMNS[:-1]
_FIELDS = (
    "sheets(properties(sheetId,title),"
    "data(startRow,rowData.values.formattedValue,rowMetadata.developerMetadata(metadataId,metadataKey,metadataValue)))"
)
_SPARE_ROWS = 100
_LONGEST_KEY = 64
_YES = frozenset({"yes", "true", "1", "y", "x"})


@dataclass(frozen=True, slots=True)
class JobRow:
    """One row of the tab, its cells as they are shown.

    Attributes:
        index: 0-based row of the tab. key: what the job is known by; that of a row with another's id tells so.
        is_copy: a row above has the same id.
        hold: who works on it, where that stands on this very row. id, job, …: the cells.
    """

    index: int
    key: str
    is_copy: bool
    hold: Hold | None
    id: str
    job: str
    by: str
    asked: str
    cancel: str
    state: str
    worker: str
    beat: str
    progress: str
    said: str

    @property
    def is_cancelled(self) -> bool:
        """Somebody asked for its end."""
        return self.cancel.strip().lower() in _YES

    @property
    def spec(self) -> str:
        """Fingerprint of what is asked for."""
        return fingerprint(self.job)


@dataclass(frozen=True)
class JobsSeen:
    """The tab at one moment.

    Attributes:
        place: `sheetId`, as ranges have it. header: 0-based row of the column's names.
        rows: those with an id. holds: all holds, by the key of their job, wherever they stand.
    """

    spreadsheet: str
    place: Mapping[str, int]
    header: int
    rows: tuple[JobRow, ...]
    holds: Mapping[str, Hold] = field(default_factory=dict)

    @property
    def offer(self) -> JobRow | None:
        """The row in which workers say what they offer."""
        return next((row for row in self.rows if row.id == OFFER), None)

    def held(self, hold: Hold, row: JobRow) -> list[Change]:
        """Requests that put a hold on a row, in place of the hold that was seen."""
        return taken(hold, self.spreadsheet, self.place, row.index, self.holds.get(hold.key))

    def written(self, row: JobRow, cells: Mapping[str, str]) -> list[Change]:
        """Requests that write the last columns of a row, from `state` on; those that aren't named are emptied.

        Args:
            cells: by column. The result stays as it is where none is given.
        """
        names = [name for name in COLUMNS[_FIRST_OWN:] if name != "result" or "result" in cells]
        values = [cell_data(cell_value(cells.get(name, ""))) for name in names]
        start = {**self.place, "rowIndex": row.index, "columnIndex": _FIRST_OWN}
        return [{"updateCells": {"start": start, "rows": [{"values": values}], "fields": "userEnteredValue"}}]

    def deleted(self, rows: Iterable[JobRow]) -> list[Change]:
        """Requests that delete rows."""
        indexes = sorted({row.index for row in rows}, reverse=True)
        span = {**self.place, "dimension": "ROWS"}
        return [
            {"deleteDimension": {"range": {**span, "startIndex": index, "endIndex": index + 1}}} for index in indexes
        ]

    def offered(self, hold: Hold, cells: Mapping[str, str]) -> list[Change]:
        """Requests that insert the row of the offer below the header, refused if another worker made one meanwhile."""
        index = self.header + 1
        span = {**self.place, "dimension": "ROWS", "startIndex": index, "endIndex": index + 1}
        named = {"id": OFFER, **cells}
        values = [cell_data(cell_value(named.get(name, ""))) for name in COLUMNS]
        start = {**self.place, "rowIndex": index, "columnIndex": 0}
        return [
            {"insertDimension": {"range": span, "inheritFromBefore": False}},
            *taken(hold, self.spreadsheet, self.place, index, self.holds.get(hold.key)),
            {"updateCells": {"start": start, "rows": [{"values": values}], "fields": "userEnteredValue"}},
        ]


class JobTab:
    """The way to the jobs of one spreadsheet.

    Args:
        api: the way to the spreadsheet.
    """

    def __init__(self, api: SheetsApi) -> None:
        self.api = api

    def look(self) -> JobsSeen:
        """The tab at one moment; it is made where there is none.

        Raises:
            TableError: its columns are no longer those that were made, or there is no such spreadsheet.
            AccessError: the credentials don't open it, or Google gives no answer.
        """
        ranges = [f"'{TAB}'!A:{chr(ord('A') + len(_READ) - 1)}"]
        try:
            description = self.api.describe(_FIELDS, ranges)
        except TableError:
            if self._exists():
                raise
            self._make()
            description = self.api.describe(_FIELDS, ranges)
        return _seen(self.api.spreadsheet, description["sheets"][0])

    def change(self, *groups: Sequence[Change]) -> bool:
        """Make groups of changes, each whole or not at all: all at once, or where that is refused, one by one.

        Returns:
            False where one was refused, or may not have been made: the next look shows what stands.

        Raises:
            AccessError: the tab may not be changed, or Google gives no answer.
        """
        wanted = [group for group in groups if group]
        if not wanted or self._changed([change for group in wanted for change in group]):
            return True
        if len(wanted) == 1:
            return False
        made = [self._changed(group) for group in wanted]
        return all(made)

    def _changed(self, changes: Sequence[Change]) -> bool:
        from sheetjudge.tables.sheets import Uncertain

        try:
            self.api.change(changes)
        except (TableError, Uncertain):
            return False
        return True

    def _exists(self) -> bool:
        description = self.api.describe("sheets.properties.title")
        return any(sheet["properties"]["title"] == TAB for sheet in description.get("sheets", []))

    def _make(self) -> None:
        """Make the tab. Should somebody be quicker, theirs will do."""
        sheet_id = secrets.randbelow(2**31 - 2) + 1
        grid = {"rowCount": 1 + _SPARE_ROWS, "columnCount": len(COLUMNS), "frozenRowCount": 1}
        properties = {"sheetId": sheet_id, "title": TAB, "hidden": True, "gridProperties": grid}
        text = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
        header = [{"values": [cell_data(name) for name in COLUMNS]}]
        start = {"sheetId": sheet_id, "rowIndex": 0, "columnIndex": 0}
        self._changed(
            [
                {"addSheet": {"properties": properties}},
                {
                    "repeatCell": {
                        "range": {"sheetId": sheet_id},
                        "cell": text,
                        "fields": "userEnteredFormat.numberFormat",
                    }
                },
                {"updateCells": {"start": start, "rows": header, "fields": "userEnteredValue"}},
            ]
        )


def fingerprint(job: str) -> str:
    """A short name for a job's text."""
    return hashlib.blake2b(job.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _seen(spreadsheet: str, sheet: Mapping[str, Any]) -> JobsSeen:
    (data,) = sheet["data"]
    first = data.get("startRow", 0)
    cells = {
        index: [str(cell.get("formattedValue", "")) for cell in row.get("values", ())]
        for index, row in enumerate(data.get("rowData", ()), start=first)
    }
    header = next((index for index, row in cells.items() if tuple(row[: len(_READ)]) == _READ), None)
    if header is None:
        raise TableError(
            f"The tab {TAB!r} doesn't have the columns {', '.join(COLUMNS)} any more.",
            "Delete that tab: a new one is made. What is queued in it has to be asked for again.",
        )
    found: dict[int, list[Hold]] = {}
    for index, row in enumerate(data.get("rowMetadata", ()), start=first):
        for entry in row.get("developerMetadata", ()):
            hold = read_hold(entry, index)
            # In a copy of a spreadsheet stand the holds of its original, under other numbers.
            if hold is not None and hold.number == hold_number(spreadsheet, hold.key):
                found.setdefault(index, []).append(hold)
    rows: list[JobRow] = []
    seen: dict[str, int] = {}
    for index, row in cells.items():
        padded = [*row, *[""] * len(_READ)][: len(_READ)]
        if index == header or not padded[0].strip():
            continue
        times = seen[padded[0]] = seen.get(padded[0], 0) + 1
        key = _key(padded[0], times)
        hold = next((one for one in found.get(index, ()) if one.key == key), None)
        rows.append(JobRow(index, key, times > 1, hold, *padded))
    holds = {hold.key: hold for at in found.values() for hold in at}
    return JobsSeen(spreadsheet, {"sheetId": sheet["properties"].get("sheetId", 0)}, header, tuple(rows), holds)


def _key(text: str, times: int) -> str:
    key = text if len(text) <= _LONGEST_KEY else fingerprint(text)
    return key if times == 1 else f"{key}#{times}"
