"""A run's hold on a tab: its lease, the columns it writes, the columns it reads, and a fence around them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sheetjudge.errors import AccessError, SheetjudgeError, TableError
from sheetjudge.tables.sheet_cells import cells_with
from sheetjudge.tables.sheet_columns import NewColumn, add_columns, hide
from sheetjudge.tables.sheet_growth import Grown, Growth, extended
from sheetjudge.tables.sheet_layout import (
    FIELDS,
    FIELDS_TO_MAKE_COLUMNS,
    METADATA_KEY,
    SheetLayout,
    find_tab,
    lease_number,
    marks_of,
    metadata_value,
)
from sheetjudge.tables.sheet_places import (
    Change,
    Place,
    Places,
    carried_by,
    check_lease,
    columns_of,
    find_places,
    give_up_lease,
    new_lease,
    take_lease,
)
from sheetjudge.tables.sheet_rows import Present
from sheetjudge.tables.sheet_view import RowReader, View

if TYPE_CHECKING:
    from sheetjudge.tables.sheet_table import SheetTable

_OPENING_TRIES, _LOOKS = 6, 20
_ROWS_OF_FORMATS = 1000
_FENCES = {"header": "ROWS", "row": "ROWS", "column": "COLUMNS"}


class SheetSession:
    """One run at work in one tab.

    Args:
        table: the table as it was read.
        headers: of the results. inputs: indexes of the columns that are read, as the table has them.
        owner: of the lease; no other run's.

    Attributes:
        made, made_marks: columns that this run made. is_prepared: it holds the lease.
        carried: columns of other results under the same marks, which are read with this run's own.
        calls: requests made so far. notes: what a person should know of how the tab was changed.
    """

    def __init__(self, table: SheetTable, headers: Sequence[str], inputs: Sequence[int], owner: str) -> None:
        self.owner = owner
        self.prefix = marks_of(headers)
        self.carried = carried_by(headers, table.layout.results, table.layout.marks)
        self.made: tuple[str, ...] = ()
        self.made_marks: tuple[str, ...] = ()
        self.is_prepared = False
        self.calls = 0
        self.notes: tuple[str, ...] = ()
        self._table = table
        self._api = table.api
        self._headers = tuple(headers)
        self._inputs = tuple(inputs)
        self._sheet_id = table.layout.sheet_id
        self._lease_number = lease_number(table.address.spreadsheet, self._sheet_id)
        self._remade: frozenset[int] = frozenset()
        self._has_lost_marks = False
        self._is_carrying = False
        self._failures = 0
        self._known: Places | None = None
        self._is_proven = False
        self._may_grow = True
        self._grown: Grown = ((), ())
        sizes = (len(row[i].encode("utf-8", "replace")) + 3 for row in table.cells for i in inputs if i < len(row))
        text_bytes = sum(sizes) / max(table.row_count, 1) + 3
        forms = {n: table.odd.forms[i] for n, i in enumerate(inputs) if i in table.odd.forms}
        last_row = table.header_row + table.row_count
        self._reader = RowReader(self._api, self._sheet_id, last_row, text_bytes, forms)

    def prepare(self) -> Places:
        """Take the lease, make the columns that are missing, and put up the fence.

        Returns:
            Where everything is.

        Raises:
            AccessError: it may only be read, or Google gives no answer.
            TableError: the spreadsheet is full, the tab is gone, or another run writes to it.
        """
        lost: SheetjudgeError | None = None
        for _ in range(_OPENING_TRIES):
            places = self._places()
            check_lease(places.lease, self.owner, self._table.name)
            try:
                if not self.change(self._preparation(places)):
                    continue
                self.notes = tuple(dict.fromkeys([*self.notes, *self._grown[1]]))
                places = self._places()
                if self._is_complete(places):
                    if not self._is_carrying:
                        self.carried = carried_by(self._headers, places.roles, places.marks)
                        self._is_carrying = True
                    self.is_prepared = True
                    self._known = places
                    return places
            except TableError as error:
                # Somebody was quicker: the next look shows what there is.
                is_same = lost is not None and str(lost) == str(error)
                lost = error
                if is_same and not self._grown[0]:
                    raise
                if is_same:
                    # A filter or a table that won't be extended is no reason not to write.
                    self._may_grow, lost = False, None
                    self.notes = (
                        *self.notes,
                        f"What lies over the data wasn't extended over the results. {error.what}",
                    )
        raise lost or TableError(f"{self._table.name} was edited all the time.", "Try again in a quiet moment.")

    def expect(self, result_bytes: float) -> None:
        """Say how large the results of a row are by now, on average over all rows, so that answers get no larger."""
        self._reader.expect(result_bytes, self._table.row_count)

    def view(self, *, needs_lease: bool = True) -> View:
        """The tab as it is now.

        Raises:
            TableError: another run has taken the tab over, or a column that is read was deleted.
        """
        places = self._known or self._places()
        for _ in range(_LOOKS):
            if needs_lease:
                if not self._is_complete(places):
                    check_lease(places.lease, self.owner, self._table.name)
                    places = self.prepare()
                    continue
                first = places.fence["header"].index + 1
                inputs = columns_of([places.inputs[n] for n in range(len(self._inputs))])
            else:
                self._is_carrying = True
                first, inputs = self._table.header_row, self._inputs_now()
            rows = self._rows(places, inputs, first)
            before, places = places, self._places()
            if needs_lease:
                check_lease(places.lease, self.owner, self._table.name)
            self._known = places
            if rows is None or not places.is_where(before):
                continue
            if needs_lease and not self._is_proven:
                if self._reader.heads != [self._table.columns[i].header for i in self._inputs]:
                    # A column was moved while it was marked as one that is read: another bears the mark.
                    self.is_prepared = False
                    places = self.prepare()
                    continue
                self._is_proven = True
            self._reader.last_row = first + len(rows)
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
        if not is_done:
            return None
        # It wasn't refused, so everything is where it was.
        self._known = replace(places, lease_text=lease.text, lease=lease)
        return self._known

    def with_number_formats(self, view: View, columns: Sequence[int]) -> frozenset[int]:
        """Those of the columns that an earlier run or a person gave a number format."""
        self.calls += 1
        # Who formats a column does so from its top.
        end = view.first + min(len(view.rows), _ROWS_OF_FORMATS)
        found = cells_with(self._api, self._sheet_id, "userEnteredFormat.numberFormat", columns, view.first, end)
        return frozenset(column for (_, column), _ in found)

    def release(self) -> None:
        """Take away what only served this run."""
        while self.is_prepared:
            places = self._known or self._places()
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

    def _look(self, header: int) -> tuple[SheetLayout, list[str]]:
        """The tab as it is now, and the texts of its header row."""
        self.calls += 1
        area = {"sheetId": self._sheet_id, "startRowIndex": header, "endRowIndex": header + 1}
        try:
            description = self._api.describe_area(area, FIELDS_TO_MAKE_COLUMNS)
        except TableError:
            self._layout()
            raise
        (sheet,) = description["sheets"]
        layout = find_tab(description, self._table.address, sheet["properties"]["title"])
        rows = [row for block in sheet.get("data", []) for row in block.get("rowData", [])]
        texts = [cell.get("formattedValue", "") for cell in (rows[0].get("values", []) if rows else [])]
        return layout, texts[: max((at for at, text in enumerate(texts, start=1) if text), default=0)]

    def _is_complete(self, places: Places) -> bool:
        return (
            places.lease is not None
            and places.lease.owner == self.owner
            and all(header in places.roles for header in self._headers)
            and self.prefix in places.marks
            and len(places.inputs) == len(self._inputs)
            and all(name in places.fence for name in _FENCES)
        )

    def _preparation(self, places: Places) -> list[Change]:
        sheet_id = self._sheet_id
        if self.is_prepared and len(places.inputs) < len(self._inputs):
            gone = next(i for n, i in enumerate(self._inputs) if n not in places.inputs)
            raise TableError(f"The column {self._table.columns[gone].name!r} was deleted during the run.")
        if self.is_prepared and "header" not in places.fence:
            raise TableError(f"The header row of {self._table.name} was deleted during the run.")
        header = places.fence["header"].index if self.is_prepared else self._table.header_row - 1
        layout, heads = self._look(header)
        inputs = (
            columns_of([places.inputs[n] for n in range(len(self._inputs))])
            if self.is_prepared
            else self._inputs_in(heads)
        )
        new = self._missing(places)
        used = max([-1, *inputs, *columns_of([*places.roles.values(), *places.marks.values()])]) + 1
        used = max(used, len(heads), 0 if self.is_prepared else len(self._table.columns))
        at = min(used, layout.columns)
        if self.is_prepared:
            self._remade |= frozenset(self._headers.index(c.says) for c in new if c.kind == "role")
        earlier = self._table.layout
        had_marks = self.is_prepared or self.prefix in earlier.marks or any(h in earlier.results for h in self._headers)
        self._has_lost_marks |= had_marks and self.prefix not in places.marks
        self.made = tuple(dict.fromkeys([*self.made, *(c.says for c in new if c.kind == "role")]))
        self.made_marks = tuple(dict.fromkeys([*self.made_marks, *(c.says for c in new if c.kind == "marks")]))
        if not self.is_prepared and len(new) > len(self._headers) and not self.carried:
            self._reader.expect_nothing(self._table.row_count)
        width = layout.columns + len(new) if at < layout.columns else at + len(new)
        ends = {"header": header, "row": layout.rows - 1, "column": width - 1}
        stakes = [Place(_number(), metadata_value("input", n), "COLUMNS", index) for n, index in enumerate(inputs)]
        stakes += [Place(_number(), metadata_value("fence", k), _FENCES[k], index) for k, index in ends.items()]
        ours = columns_of([*places.roles.values(), *places.marks.values()])
        own = frozenset([i + len(new) if i >= at else i for i in ours] + [*range(at, at + len(new))])
        growth = Growth(at, len(new), own, header, [column.header for column in new], used)
        self._grown = extended(layout, growth) if self._may_grow else ((), ())
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
            *self._grown[0],
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
        return self._inputs_in(self._heads(self._table.header_row - 1))

    def _inputs_in(self, heads: Sequence[str]) -> list[int]:
        """Where the columns that are read stand, by the texts of the header row."""
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
        before = self._reader.answers
        end = places.fence["row"].index if "row" in places.fence else None
        roles = [places.roles[role].index if role in places.roles else None for role in (*self._headers, *self.carried)]
        mark = places.marks[self.prefix].index if self.prefix in places.marks else None
        try:
            return self._reader.read(inputs, roles, mark, first, end)
        except TableError:
            # The tab is shorter by now.
            self._reader.last_row = min(self._reader.last_row, self._layout().rows - 1)
            return None
        finally:
            self.calls += self._reader.answers - before


def _number() -> int:
    """An id for a piece of metadata, which nothing else has."""
    return secrets.randbelow(2**31 - 2) + 1
