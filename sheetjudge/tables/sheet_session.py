"""A run's hold on a tab: its lease, the columns it writes, the columns it reads, and a fence around them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sheetjudge.core.row_marks import fingerprint, parse_mark
from sheetjudge.errors import AccessError, SheetjudgeError, TableError
from sheetjudge.tables.sheet_columns import NewColumn, add_columns, hide
from sheetjudge.tables.sheet_layout import FIELDS, METADATA_KEY, SheetLayout, find_tab, marks_of, metadata_value
from sheetjudge.tables.sheet_places import (
    Change,
    Place,
    Places,
    check_lease,
    columns_of,
    find_places,
    give_up_lease,
    lease_number,
    new_lease,
    take_lease,
)
from sheetjudge.tables.sheet_reading import ColumnReader
from sheetjudge.tables.sheet_rows import Present

if TYPE_CHECKING:
    from sheetjudge.tables.sheet_table import SheetTable

_MARK_BYTES = 90.0
_OPENING_TRIES, _LOOKS = 6, 20
# Up to so many rows texts and marks are read twice, together with each other, so that a sort between is noticed at
# once. With more it takes several requests anyway, and what was misplaced is put right at the next look.
_ROWS_READ_TWICE = 10_000
_FENCES = {"header": "ROWS", "row": "ROWS", "column": "COLUMNS"}


@dataclass(frozen=True, slots=True)
class View:
    """The tab at one moment.

    Attributes:
        places: where sheetjudge's columns and fences are.
        rows: the rows below the header. first: 0-based row of the tab that is the first of them.
        remade: columns of results that had to be made again in this run, by their number.
        has_lost_marks: the column of marks, too.
    """

    places: Places
    rows: list[Present]
    first: int
    remade: frozenset[int]
    has_lost_marks: bool


class SheetSession:
    """One run at work in one tab.

    Args:
        table: the table as it was read.
        headers: of the results. inputs: indexes of the columns that are read, as the table has them.
        owner: of the lease; no other run's.

    Attributes:
        made, made_marks: columns that this run made. is_prepared: it holds the lease.
        calls: requests made so far.
    """

    def __init__(self, table: SheetTable, headers: Sequence[str], inputs: Sequence[int], owner: str) -> None:
        self.owner = owner
        self.prefix = marks_of(headers)
        self.made: tuple[str, ...] = ()
        self.made_marks: tuple[str, ...] = ()
        self.is_prepared = False
        self.calls = 0
        self._table = table
        self._api = table.api
        self._headers = tuple(headers)
        self._inputs = tuple(inputs)
        self._sheet_id = table.layout.sheet_id
        self._lease_number = lease_number(table.address.spreadsheet, self._sheet_id)
        self._remade: frozenset[int] = frozenset()
        self._has_lost_marks = False
        self._last_row = table.header_row + table.row_count
        self._failures = 0
        self._known: Places | None = None
        self._texts = ColumnReader(self._api, self._sheet_id, is_formatted=True)
        self._values = ColumnReader(self._api, self._sheet_id, is_formatted=False)
        sizes = (len(row[i].encode("utf-8", "replace")) + 3 for row in table.cells for i in inputs if i < len(row))
        self._texts.row_bytes = sum(sizes) / max(table.row_count, 1) + 3

    def prepare(self) -> None:
        """Take the lease, make the columns that are missing, and put up the fence.

        Raises:
            AccessError: it may only be read, or Google gives no answer.
            TableError: the spreadsheet is full, the tab is gone, or another run writes to it.
        """
        lost: SheetjudgeError | None = None
        self._known = None
        for _ in range(_OPENING_TRIES):
            layout, places = self._layout(), self._places()
            check_lease(places, self.owner, self._table.name)
            try:
                if self.change(self._preparation(layout, places)) and self._is_ready(self._places()):
                    self.is_prepared = True
                    return
            except TableError as error:
                # Somebody was quicker: the next look shows what there is.
                if lost is not None and str(lost) == str(error):
                    raise
                lost = error
        raise lost or TableError(f"{self._table.name} was edited all the time.", "Try again in a quiet moment.")

    def expect(self, result_bytes: float) -> None:
        """Say how large the results of a row are by now, on average over all rows, so that answers get no larger."""
        twice = self._texts.row_bytes if self._table.row_count <= _ROWS_READ_TWICE else 0.0
        self._values.row_bytes = max(self._values.row_bytes, result_bytes + twice + _MARK_BYTES)

    def view(self, *, needs_lease: bool = True) -> View:
        """The tab as it is now.

        Raises:
            TableError: another run has taken the tab over, or a column that is read was deleted.
        """
        places = self._known or self._places()
        for _ in range(_LOOKS):
            if needs_lease:
                check_lease(places, self.owner, self._table.name)
                if not self._is_complete(places):
                    self.prepare()
                    places = self._places()
                    continue
                first = places.fence["header"].index + 1
                inputs = columns_of([places.inputs[n] for n in range(len(self._inputs))])
            else:
                first, inputs = self._table.header_row, self._inputs_now()
            rows = self._rows(places, inputs, first)
            before, places = places, self._places()
            self._known = places
            if rows is not None and places.is_where(before):
                self._last_row = first + len(rows)
                return View(places, rows, first, self._remade, self._has_lost_marks)
        raise TableError(f"{self._table.name} was edited all the time.", "Try again in a quiet moment.")

    def change(self, changes: Sequence[Change]) -> bool:
        """Make changes. False where their fate isn't known: look before trying again.

        Raises:
            AccessError: Google doesn't answer, over and over.
        """
        from sheetjudge.tables.sheets import Uncertain

        self.calls += 1
        self._known = None
        try:
            self._api.change(changes)
        except Uncertain as error:
            self._failures += 1
            if not self._api.pause(self._failures):
                self._failures = 0
                raise AccessError(
                    f"Google doesn't answer to changes of {self._table.name}.", "Run the same command again later."
                ) from error
            return False
        self._failures = 0
        return True

    def change_fenced(self, places: Places, changes: Sequence[Change]) -> Places | None:
        """Make changes if the columns and the ends of the tab are still where `places` has them.

        Returns:
            The places as they are now, or None where the changes' fate isn't known.

        Raises:
            TableError: they aren't, or somebody took the lease; nothing was changed.
        """
        lease = new_lease(self.owner)
        fences = [*places.roles.values(), *places.marks.values(), *places.inputs.values(), *places.fence.values()]
        guarded = [change for place in fences for change in place.fence(places.sheet_id)]
        is_done = self.change([*take_lease(self._lease_number, places, lease), *guarded, *changes])
        return replace(places, lease_text=lease.text, lease=lease) if is_done else None

    def release(self) -> None:
        """Take away what only served this run."""
        while self.is_prepared:
            places = self._places()
            if places.lease is None or places.lease.owner != self.owner:
                break
            if self.change([*give_up_lease(self._lease_number, places), *places.passing()]):
                break
        self.is_prepared = False

    def _places(self) -> Places:
        self.calls += 1
        return find_places(self._api.metadata(METADATA_KEY), self._sheet_id, self._lease_number)

    def _layout(self) -> SheetLayout:
        """The tab as it is now, wherever it has been moved and however it is called."""
        self.calls += 1
        description = self._api.describe(FIELDS)
        for sheet in description.get("sheets", []):
            if sheet["properties"].get("sheetId", 0) == self._sheet_id:
                return find_tab(description, self._table.address, sheet["properties"]["title"])
        raise TableError(f"The tab {self._table.layout.title!r} was deleted during the run.")

    def _is_complete(self, places: Places) -> bool:
        return (
            places.lease is not None
            and places.lease.owner == self.owner
            and all(header in places.roles for header in self._headers)
            and self.prefix in places.marks
            and len(places.inputs) == len(self._inputs)
            and all(name in places.fence for name in _FENCES)
        )

    def _is_ready(self, places: Places) -> bool:
        """Is everything there, and do the marks of the columns that are read hang on the right ones?"""
        if not self._is_complete(places):
            return False
        if self.is_prepared:
            return True
        heads = self._heads(places.fence["header"].index)
        wanted = [self._table.columns[i].header for i in self._inputs]
        return [heads[p.index] if p.index < len(heads) else "" for _, p in sorted(places.inputs.items())] == wanted

    def _preparation(self, layout: SheetLayout, places: Places) -> list[Change]:
        sheet_id = self._sheet_id
        if self.is_prepared and len(places.inputs) < len(self._inputs):
            gone = next(i for n, i in enumerate(self._inputs) if n not in places.inputs)
            raise TableError(f"The column {self._table.columns[gone].name!r} was deleted during the run.")
        if self.is_prepared and "header" not in places.fence:
            raise TableError(f"The header row of {self._table.name} was deleted during the run.")
        header = places.fence["header"].index if self.is_prepared else self._table.header_row - 1
        inputs = (
            columns_of([places.inputs[n] for n in range(len(self._inputs))]) if self.is_prepared else self._inputs_now()
        )
        new = self._missing(places)
        used = max([-1, *inputs, *columns_of([*places.roles.values(), *places.marks.values()])]) + 1
        used = max(used, len(self._heads(header)), 0 if self.is_prepared else len(self._table.columns))
        at = min(used, layout.columns)
        if self.is_prepared:
            self._remade |= frozenset(self._headers.index(c.says) for c in new if c.kind == "role")
        earlier = self._table.layout
        had_marks = self.is_prepared or self.prefix in earlier.marks or any(h in earlier.results for h in self._headers)
        self._has_lost_marks |= had_marks and self.prefix not in places.marks
        self.made = tuple(dict.fromkeys([*self.made, *(c.says for c in new if c.kind == "role")]))
        self.made_marks = tuple(dict.fromkeys([*self.made_marks, *(c.says for c in new if c.kind == "marks")]))
        width = layout.columns + len(new) if at < layout.columns else at + len(new)
        ends = {"header": header, "row": layout.rows - 1, "column": width - 1}
        stakes = [Place(_number(), metadata_value("input", n), "COLUMNS", index) for n, index in enumerate(inputs)]
        stakes += [Place(_number(), metadata_value("fence", k), _FENCES[k], index) for k, index in ends.items()]
        cleared = places.passing()
        if self.is_prepared:
            # What stands where it should keeps its place: it has moved with what people did.
            stakes = [
                s for s in stakes if s.value in {metadata_value("fence", k) for k in ends if k not in places.fence}
            ]
            cleared = []
        return [
            *take_lease(self._lease_number, places, new_lease(self.owner)),
            *cleared,
            *(hide(sheet_id, place.index) for prefix, place in places.marks.items() if prefix == self.prefix),
            *add_columns(layout, new, at, header + 1),
            *(stake.created(sheet_id) for stake in stakes),
        ]

    def _missing(self, places: Places) -> list[NewColumn]:
        """The columns to be made. The marks stand between results, so that who selects those takes them along."""
        new = [NewColumn(header, "role", header) for header in self._headers if header not in places.roles]
        if self.prefix not in places.marks:
            new.insert(max(len(new) - 1, 0), NewColumn(f"{self.prefix}{METADATA_KEY}", "marks", self.prefix))
        return new

    def _heads(self, header: int) -> list[str]:
        self.calls += 1
        area = {"sheetId": self._sheet_id, "startRowIndex": header, "endRowIndex": header + 1}
        answer, _ = self._api.values_in([{"gridRange": area}], is_formatted=True)
        rows = [row for one in answer.get("valueRanges", []) for row in one["valueRange"].get("values", [])]
        return [str(cell) for cell in rows[0]] if rows else []

    def _inputs_now(self) -> list[int]:
        """Where the columns that are read stand now, by their headers."""
        heads = self._heads(self._table.header_row - 1)
        found = []
        for index in self._inputs:
            header = self._table.columns[index].header
            same = [i for i, text in enumerate(heads) if text == header]
            if (heads[index] if index < len(heads) else "") == header:
                found.append(index)
            elif len(same) == 1:
                found += same
            else:
                name = self._table.columns[index].name
                raise TableError(f"The column {name!r} of {self._table.name} was changed.", "Run the command again.")
        return found

    def _rows(self, places: Places, inputs: Sequence[int], first: int) -> list[Present] | None:
        """The rows; None where they were moved while they were read."""
        roles = columns_of([places.roles[header] for header in self._headers if header in places.roles])
        marks = columns_of([places.marks[self.prefix]]) if self.prefix in places.marks else []
        before = (self._texts.answers, self._values.answers)
        try:
            is_small = self._last_row <= _ROWS_READ_TWICE
            texts = self._texts.read([*inputs, *marks] if is_small else inputs, first, self._last_row)
            again = list(inputs) if is_small else []
            held = self._values.read([*again, *roles, *marks], first, self._last_row)
        except TableError:
            # The tab is shorter by now.
            self._last_row = min(self._last_row, self._layout().rows - 1)
            return None
        finally:
            self.calls += self._texts.answers + self._values.answers - sum(before)
        if (marks and is_small and _last_cells(texts) != _last_cells(held)) or _has_moved(texts, held, len(again)):
            return None
        held = [cells[len(again) :] for cells in held]
        rows = []
        for at in range(max(len(texts), len(held))):
            shown = texts[at][: len(inputs)] if at < len(texts) else [""] * len(inputs)
            cells: list[Any] = held[at] if at < len(held) else [""] * (len(roles) + len(marks))
            mark = parse_mark(cells[-1]) if marks else None
            is_taken = bool(marks) and mark is None and cells[-1] != ""
            values = tuple(cells[: len(roles)])
            rows.append(Present(fingerprint([str(t) for t in shown]), not any(shown), values, mark, is_taken))
        while rows and rows[-1].is_blank and not any((*rows[-1].values, rows[-1].mark, rows[-1].is_taken)):
            rows.pop()
        return rows


def _has_moved(texts: Sequence[Sequence[str]], held: Sequence[Sequence[Any]], width: int) -> bool:
    """Were rows moved between the two readings? A text is the same however it is read; a number may not be."""
    return any(
        isinstance(value, str) and value != text
        for shown, cells in zip(texts, held, strict=False)
        for text, value in zip(shown[:width], cells, strict=False)
    )


def _last_cells(rows: Sequence[Sequence[Any]]) -> list[str]:
    cells = [str(row[-1]) for row in rows]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _number() -> int:
    """An id for a piece of metadata, which nothing else has."""
    return secrets.randbelow(2**31 - 2) + 1
