"""A tab of a Google Sheet as the target of a run: results beside their rows, in batches while the run goes on.

People sort, filter, insert and edit meanwhile. So each flush looks at the tab as it is, works out what has to change
(`sheet_rows`), writes that in batches which are refused if rows or columns have moved since (`sheet_places`), and
looks again, until there is nothing to change.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from sheetjudge.core.row_marks import Basis, fingerprint, parse_mark, version_of, words_of
from sheetjudge.core.table import CellValue, Row
from sheetjudge.errors import SheetjudgeError, TableError
from sheetjudge.tables.sheet_columns import Change, delete_columns, number_format
from sheetjudge.tables.sheet_plan import plan
from sheetjudge.tables.sheet_rows import Edit, Ledger, Result, Written, as_written
from sheetjudge.tables.sheet_session import SheetSession
from sheetjudge.tables.sheet_view import View
from sheetjudge.tables.sheet_writing import PAYLOAD_BYTES, batches, cell_value

if TYPE_CHECKING:
    from sheetjudge.tables.sheet_table import SheetTable

_FIRST_INTERVAL, _GROWTH, _LONGEST_INTERVAL = 3.0, 1.5, 300.0
_SECONDS_A_REQUEST = 2.0
_CELL_BYTES = 3
_MOST_WAITING_BYTES = 4 * PAYLOAD_BYTES
_ROUNDS, _LAST_ROUNDS = 3, 25
_MOST_REFUSALS, _MOST_REPEATS = 10, 3


class SheetTarget:
    """Adds the columns of results that are missing, and fills them beside the rows that were judged.

    Args:
        table: the table as it was read.
        basis: what the results rest on; None for all columns that people wrote, and no rubric.
        everything: all rows will be judged; else those that have their results already are left as they are.
        now: a clock in seconds that never goes back.
    """

    def __init__(
        self,
        table: SheetTable,
        basis: Basis | None = None,
        *,
        everything: bool = True,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = table.name
        self._table = table
        data = tuple(c.index for c in table.columns if c.index not in table.managed)
        self._basis = basis or Basis(data, version_of(), version_of())
        self._everything = everything
        self._now = now
        self._waiting = self._waiting_bytes = self._bytes = 0
        self._lock = Lock()
        self._interval = _FIRST_INTERVAL
        self._last = 0.0
        self._ledger = Ledger((), self._basis, frozenset())
        self._session = SheetSession(table, (), self._basis.inputs, secrets.token_hex(8))
        self._has_written = False
        self._formatted: set[int] = set()
        self._written: dict[int, Written] = {}
        self._stale = 0
        self._gone = 0
        self._edited: list[str] = []
        self._emptied: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how the writing went, one sentence each."""
        found = [*self._session.notes]
        if self._gone:
            found.append(f"{self._gone:,} rows were changed or deleted while the run was under way.")
        if self._stale:
            found.append(f"{self._stale:,} rows are marked stale: run the same command again to have them judged.")
        if self._emptied:
            found.append(
                f"Nothing stands in {', '.join(self._emptied)} any more: that was of another version of the rubric. "
                "Delete the column, or run the command that fills it."
            )
        if self._edited:
            found.append(f"Cells that a person edited were kept: {_listed(self._edited)}.")
        return tuple(found)

    def open(self, headers: Sequence[str]) -> None:
        """Make the columns, or find those of an earlier run; shows that the sheet may be changed.

        Where there is nothing to judge, nothing is changed.

        Raises:
            AccessError: it may only be read, or Google gives no answer.
            TableError: the spreadsheet is full, the tab is gone, or another run writes to it.
        """
        is_settled = self._table.settled(headers, self._basis)
        settled: dict[str, bool] = {}
        trailing = 0
        for row in self._table.rows():
            texts = self._texts(row)
            settled[fingerprint(texts)] = not self._everything and is_settled(row)
            trailing = 0 if any(texts) else trailing + 1
        left = frozenset(key for key, is_done in settled.items() if is_done)
        self._session = SheetSession(self._table, headers, self._basis.inputs, self._session.owner)
        if not all(settled.values()):
            self._session.prepare()
        marks = {mark.fingerprint: mark for mark in map(parse_mark, self._table.marks(headers)) if mark is not None}
        is_blind = not marks and any(header in self._table.layout.results for header in headers)
        self._ledger = Ledger(
            headers, self._basis, frozenset(settled), left, trailing, self._session.carried, is_blind=is_blind
        )
        self._ledger.marks.update(marks)
        self._last = self._now()

    def put(self, row: Row, values: Sequence[CellValue]) -> None:
        """Take the results of one row."""
        cells = tuple(cell_value(value) for value in values)
        status = cells[-1] if cells else None
        is_settled = not (isinstance(status, str) and status.startswith("error"))
        result = Result(cells, words_of(self._ledger.headers, cells), is_settled)
        with self._lock:
            self._ledger.add(fingerprint(self._texts(row)), result)
            self._waiting += 1
            self._waiting_bytes += _weight(values)
            self._bytes += _weight(values) + _CELL_BYTES * len(values)

    def flush_due(self) -> bool:
        """The first results go out within seconds, later ones in growing intervals, and at once where many wait."""
        if not self._waiting:
            return False
        return self._now() - self._last >= self._interval or self._waiting_bytes >= _MOST_WAITING_BYTES

    def flush(self) -> None:
        """Write what was put. What could not be written stays for the next time.

        Raises:
            AccessError, TableError: as the API's calls do.
        """
        with self._lock:
            taken, weight = self._waiting, self._waiting_bytes
            self._waiting = self._waiting_bytes = 0
        calls = self._session.calls
        try:
            self._settle(_ROUNDS, is_final=False)
        except BaseException:
            with self._lock:
                self._waiting += taken
                self._waiting_bytes += weight
            raise
        self._last = self._now()
        self._interval = max(
            min(self._interval * _GROWTH, _LONGEST_INTERVAL), _SECONDS_A_REQUEST * (self._session.calls - calls)
        )

    def close(self) -> None:
        """Write the rest, until the whole tab is as it should be.

        Raises:
            AccessError, TableError: as `flush`.
        """
        if not self._settle(_LAST_ROUNDS, is_final=True):
            raise TableError(
                f"{self.name} was edited all the time, so that not everything could be written.",
                "Run the same command again in a quiet moment; what was judged is kept.",
            )
        self._waiting = self._waiting_bytes = 0
        self._session.release()

    def abandon(self) -> None:
        """Take away the columns that were made, if nothing was written into them."""
        if not self._session.is_prepared:
            return
        if not self._has_written and self._session.made:
            view = self._session.view()
            roles = [i for i, role in enumerate(self._ledger.roles) if role in self._session.made]
            if not any(row.values[i] not in (None, "") for row in view.rows for i in roles):
                places = [view.places.roles[role].index for role in self._session.made if role in view.places.roles]
                places += [view.places.marks[p].index for p in self._session.made_marks if p in view.places.marks]
                self._session.change(delete_columns(view.places.sheet_id, places))
        self._session.release()

    def _settle(self, rounds: int, *, is_final: bool) -> bool:
        """Bring the tab to what it should be. False if it was edited too often to get there."""
        refusals = repeats = 0
        before: Sequence[Edit] = ()
        for _ in range(rounds):
            view = self._session.view(needs_lease=self._session.is_prepared)
            with self._lock:
                edits = plan(
                    self._ledger,
                    view.rows,
                    is_final=is_final,
                    remade=view.remade,
                    absent=frozenset(i for i, r in enumerate(self._ledger.roles) if r not in view.places.roles),
                    has_lost_marks=view.has_lost_marks,
                    written={at - view.first: edit for at, edit in self._written.items() if at >= view.first},
                )
            if not edits:
                self._written = {}
                self._count(view)
                return True
            if not self._session.is_prepared:
                self._session.prepare()
                continue
            before_written = self._written
            self._written = {edit.row + view.first: as_written(edit, view.rows[edit.row]) for edit in edits}
            refused, has_begun = self._write(view, edits)
            if not has_begun:
                # What stands there is still what the edits before those left.
                self._written = before_written
            self._session.expect(self._bytes / max(self._table.row_count, 1))
            refusals = refusals + 1 if refused is not None else 0
            if refused is not None and refusals >= _MOST_REFUSALS:
                raise refused
            repeats = repeats + 1 if refused is None and edits == before else 0
            before = edits
            if repeats >= _MOST_REPEATS:
                raise TableError(
                    f"Row {view.first + edits[0].row + 1} of {self.name} doesn't keep what is written into it.",
                    "Look for merged cells, or a script that changes them, in the columns of results; then run the "
                    "same command again. What was judged is kept.",
                )
        return False

    def _write(self, view: View, edits: Sequence[Edit]) -> tuple[SheetjudgeError | None, bool]:
        """Write edits until all are made, or one batch is refused because something moved.

        Returns:
            The refusal, or None; and whether any of the edits may have been made.
        """
        columns = [view.places.roles[r].index if r in view.places.roles else -1 for r in self._ledger.roles]
        marks = view.places.marks[self._session.prefix].index
        sheet_id = view.places.sheet_id
        places = view.places
        formats = self._number_formats(view, edits)
        has_begun = False
        for batch in batches(edits, view.rows, columns, marks, sheet_id, view.first):
            self._has_written = True
            try:
                now = self._session.change_fenced(places, [*formats.values(), *batch])
            except TableError as error:
                return error, has_begun
            has_begun = True
            if now is None:
                return None, True
            self._formatted |= formats.keys()
            formats = {}
            places = now
        return None, has_begun

    def _number_formats(self, view: View, edits: Sequence[Edit]) -> dict[int, Change]:
        """For the columns without one that fractions come into: by the number of their metadata."""
        roles = self._ledger.roles
        fractions = {i for edit in edits for i, value in edit.cells.items() if _is_fraction(value)}
        wanted = {i: view.places.roles[roles[i]] for i in fractions if roles[i] in view.places.roles}
        wanted = {i: place for i, place in wanted.items() if place.number not in self._formatted}
        # Of an earlier run's columns those with fractions have had theirs; a person may have chosen another, or none.
        earlier = {i for i in wanted if roles[i] not in self._session.made}
        had = {i for i in earlier if any(_is_fraction(row.values[i]) for row in view.rows)}
        if unknown := [wanted[i].index for i in earlier - had]:
            formatted = self._session.with_number_formats(view, unknown)
            had |= {i for i in earlier if wanted[i].index in formatted}
        self._formatted |= {wanted[i].number for i in had}
        return {
            place.number: number_format(view.places.sheet_id, place.index, view.first)
            for i, place in wanted.items()
            if i not in had
        }

    def _count(self, view: View) -> None:
        """Note what the last look at the tab showed."""
        present = {row.fingerprint for row in view.rows}
        status, own = self._ledger.status, len(self._ledger.headers)
        self._emptied = [
            role
            for i, role in enumerate(self._ledger.roles[own:], start=own)
            if role in view.places.roles and all(row.values[i] in (None, "") for row in view.rows)
        ]
        self._gone = len(self._ledger.read - present)
        self._stale = 0 if status is None else sum(row.values[status] == "stale" for row in view.rows)
        self._edited = []
        for at, row in enumerate(view.rows, start=view.first + 1):
            text = "" if status is None else str(row.values[status] or "")
            if text.startswith("review: edited by a person: "):
                self._edited.append(f"{text.removeprefix('review: edited by a person: ')} in row {at}")

    def _texts(self, row: Row) -> list[str]:
        return self._table.lasting_texts(row, self._basis.inputs)


def _is_fraction(value: object) -> bool:
    return isinstance(value, float) and value % 1 != 0


def _weight(values: Sequence[CellValue]) -> int:
    """About how many bytes these values take on the wire."""
    return sum(len(value) if isinstance(value, str) else 8 for value in values)


def _listed(texts: Sequence[str], most: int = 8) -> str:
    shown = "; ".join(texts[:most])
    return shown if len(texts) <= most else f"{shown}; and {len(texts) - most} more rows"
