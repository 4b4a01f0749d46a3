"""A tab of a Google Sheet as the target of a run: results beside their rows, in batches while the run goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from sheetjudge.core.table import CellValue, Row
from sheetjudge.errors import AccessError, SheetjudgeError, TableError
from sheetjudge.tables.guard import number_text, whole_text
from sheetjudge.tables.sheet_columns import add_columns, delete_columns, mark_again
from sheetjudge.tables.sheet_layout import FIELDS, SheetLayout, find_tab

if TYPE_CHECKING:
    from sheetjudge.tables.sheet_table import SheetTable

LONGEST_CELL = 50_000
CUT_MARK = " … [cut]"
PAYLOAD_BYTES = 2_000_000

_FIRST_INTERVAL, _GROWTH, _LONGEST_INTERVAL = 3.0, 1.5, 300.0
_MOST_WAITING_BYTES = 4 * PAYLOAD_BYTES
_OPENING_TRIES = 4

Ranges = list[dict[str, Any]]


class SheetTarget:
    """Adds the columns of results that are missing, and fills them by row number.

    Args:
        table: the table as it was read.
        now: a clock in seconds that never goes back.
    """

    def __init__(self, table: SheetTable, *, now: Callable[[], float] = time.monotonic) -> None:
        self.name = table.name
        self._table = table
        self._api = table.api
        self._now = now
        self._headers: tuple[str, ...] = ()
        self._layout = table.layout
        self._made: tuple[str, ...] = ()
        self._has_written = False
        self._pending: dict[int, tuple[CellValue, ...]] = {}
        self._pending_bytes = 0
        self._lock = Lock()
        self._interval = _FIRST_INTERVAL
        self._last = 0.0

    def open(self, headers: Sequence[str]) -> None:
        """Make the columns, or find those of an earlier run; shows that the sheet may be changed.

        Raises:
            AccessError: it may only be read, or Google gives no answer.
            TableError: the spreadsheet is full, or the tab is gone.
        """
        self._headers = tuple(headers)
        lost: SheetjudgeError | None = None
        for _ in range(_OPENING_TRIES):
            lost = self._try_to_open()
            if lost is None:
                self._last = self._now()
                return
        raise AccessError(
            f"Google doesn't answer to changes of {self.name}.", "Run the same command again later."
        ) from lost

    def put(self, row: Row, values: Sequence[CellValue]) -> None:
        """Take the results of one row."""
        with self._lock:
            self._pending[row.number] = tuple(values)
            self._pending_bytes += _weight(values)

    def flush_due(self) -> bool:
        """The first results go out within seconds, later ones in growing intervals, and at once where many wait."""
        if not self._pending:
            return False
        return self._now() - self._last >= self._interval or self._pending_bytes >= _MOST_WAITING_BYTES

    def flush(self) -> None:
        """Write what was put. What could not be written stays for the next time.

        Raises:
            AccessError, TableError: as the API's calls do.
        """
        with self._lock:
            taken, self._pending = self._pending, {}
            self._pending_bytes = 0
        try:
            for ranges in payloads(taken, self._layout, [self._layout.results[h] for h in self._headers]):
                self._has_written = True
                self._api.write(ranges)
        except BaseException:
            with self._lock:
                self._pending = taken | self._pending
                self._pending_bytes = sum(map(_weight, self._pending.values()))
            raise
        if taken:
            self._last = self._now()
            self._interval = min(self._interval * _GROWTH, _LONGEST_INTERVAL)

    def close(self) -> None:
        """Write the rest.

        Raises:
            AccessError, TableError: as `flush`.
        """
        self.flush()

    def abandon(self) -> None:
        """Take away the columns that were made, if nothing was written into them."""
        if not self._made or self._has_written:
            return
        layout = self._look()
        indexes = [layout.results[role] for role in self._made if role in layout.results]
        if indexes and not any(self._is_filled(layout, index) for index in indexes):
            self._api.change(delete_columns(layout, indexes))
        self._made = ()

    def _try_to_open(self) -> SheetjudgeError | None:
        """Look at the sheet and bring it into shape. Returns the error where the change's fate isn't known."""
        from sheetjudge.tables.sheets import Uncertain

        layout = self._look()
        missing = [header for header in self._headers if header not in layout.results]
        if not missing:
            changes = mark_again(layout, self._headers)
        else:
            used = max([len(self._table.columns), *(index + 1 for index in layout.results.values())])
            changes = add_columns(layout, missing, min(used, layout.columns), self._table.header_row)
            self._made = tuple(dict.fromkeys([*self._made, *missing]))
        try:
            self._api.change(changes)
        except Uncertain as error:
            return error
        self._layout = self._look() if missing else layout
        gone = [header for header in self._headers if header not in self._layout.results]
        if gone:
            raise TableError(f"The column {gone[0]} of {self.name} went away while it was being made.", "Try again.")
        return None

    def _look(self) -> SheetLayout:
        """The tab as it is now, wherever it has been moved and however it is called."""
        description = self._api.describe(FIELDS)
        for sheet in description.get("sheets", []):
            if sheet["properties"].get("sheetId", 0) == self._table.layout.sheet_id:
                return find_tab(description, self._table.address, sheet["properties"]["title"])
        raise TableError(f"The tab {self._table.layout.title!r} was deleted during the run.")

    def _is_filled(self, layout: SheetLayout, index: int) -> bool:
        rows, _ = self._api.values(layout.a1(index, self._table.header_row + 1, index))
        return any(map(any, rows))


def payloads(rows: Mapping[int, Sequence[CellValue]], layout: SheetLayout, columns: Sequence[int]) -> Iterator[Ranges]:
    """The ranges to write, in as few as there can be, in batches of at most about PAYLOAD_BYTES.

    Args:
        rows: 1-based row number -> one value for each of `columns`.
        layout: the tab.
        columns: 0-based indexes of the columns, in the order of the values.
    """
    order = sorted(range(len(columns)), key=lambda i: columns[i])
    batch: Ranges = []
    size = 0
    for part in _side_by_side(order, columns):
        last_number = -1
        for number in sorted(rows):
            cells = [cell_json(rows[number][i]) for i in part]
            weight = len(json.dumps(cells)) + 2
            if batch and size + weight > PAYLOAD_BYTES:
                yield batch
                batch, size, last_number = [], 0, -1
            if number != last_number + 1 or not batch:
                batch.append({"range": layout.a1(columns[part[0]], number, columns[part[-1]], number), "values": []})
                weight += len(batch[-1]["range"]) + 40
            batch[-1]["values"].append(cells)
            batch[-1]["range"] = layout.a1(
                columns[part[0]], number - len(batch[-1]["values"]) + 1, columns[part[-1]], number
            )
            size, last_number = size + weight, number
    if batch:
        yield batch


def cell_json(value: CellValue) -> str | float | int:
    """A result as the API takes it: nothing is an empty text, which clears the cell (null would leave it)."""
    if value is None:
        return ""
    if isinstance(value, str):
        text = whole_text(value)
        return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT_MARK)] + CUT_MARK
    return value if value - value == 0 else number_text(value)


def _weight(values: Sequence[CellValue]) -> int:
    """About how many bytes these values take on the wire."""
    return sum(len(value) if isinstance(value, str) else 8 for value in values)


def _side_by_side(order: Sequence[int], columns: Sequence[int]) -> Iterator[list[int]]:
    """Indexes into `columns`, grouped where the columns are neighbours."""
    group: list[int] = []
    for i in order:
        if group and columns[i] != columns[group[-1]] + 1:
            yield group
            group = []
        group.append(i)
    if group:
        yield group
