"""A tab of a Google Sheet as a table: every cell as a person sees it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sheetjudge.core.row_marks import Basis, fingerprint, parse_mark
from sheetjudge.core.table import Column, Row, Target, name_columns
from sheetjudge.errors import TableError
from sheetjudge.tables.address import SheetAddress, sheet_address
from sheetjudge.tables.credentials import find_identity
from sheetjudge.tables.sheet_cells import NO_ODD_CELLS, VOLATILE, OddCells, find_odd_cells
from sheetjudge.tables.sheet_exact import with_exact_results
from sheetjudge.tables.sheet_layout import FIELDS, SheetLayout, find_tab, marks_of

if TYPE_CHECKING:
    from sheetjudge.tables.sheets import Patience, SheetsApi

_TRIES = 4


@dataclass(frozen=True)
class SheetTable:
    """A Table that lives in a tab; its cells are kept as they were read.

    Attributes:
        columns, row_count, notes: as in `core.table.Table`.
        address: where the spreadsheet is.
        layout: the tab as it was when it was read.
        header_row: 1-based row that holds the headers.
        api: the way to the spreadsheet.
        cells: the data rows, without empty cells at their ends.
        odd: cells that don't show what was put in, by their places in the grid.
    """

    columns: tuple[Column, ...]
    address: SheetAddress
    layout: SheetLayout
    header_row: int
    api: SheetsApi
    cells: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    odd: OddCells = NO_ODD_CELLS

    @property
    def name(self) -> str:
        """The spreadsheet's title and the tab's."""
        return f"{self.layout.spreadsheet_title} › {self.layout.title}"

    @property
    def row_count(self) -> int:
        """Number of data rows, up to the last that holds text."""
        return len(self.cells)

    @property
    def managed(self) -> frozenset[int]:
        """Indexes of the columns that sheetjudge made."""
        return self.layout.managed

    @property
    def marks_at(self) -> frozenset[int]:
        """Indexes of the hidden columns of row marks, which no file takes over."""
        return frozenset(self.layout.marks.values())

    @property
    def results(self) -> tuple[str, ...]:
        """The headers under which they were made."""
        return tuple(self.layout.results)

    def rows(self) -> Iterator[Row]:
        """The data rows in order."""
        width = len(self.columns)
        for position, cells in enumerate(self.cells):
            yield Row(position, self.header_row + 1 + position, (*cells, *[""] * (width - len(cells))))

    def lasting_texts(self, row: Row, columns: Sequence[int]) -> list[str]:
        """What a row shows in these columns, but for what changes by itself."""
        texts = [row.cells[i] if i < len(row.cells) else "" for i in columns]
        if self.odd.forms:
            at = self.header_row + row.position
            for n, i in enumerate(columns):
                if i in self.odd.forms and (at, i) in self.odd.volatile:
                    texts[n] = VOLATILE
        return texts

    def settled(self, headers: Sequence[str], basis: Basis) -> Callable[[Row], bool]:
        """A function that tells whether a row has its results already, so that it need not be judged again.

        Args:
            headers: of the results that are wanted. basis: what they would rest on.
        """
        marks = self.layout.marks.get(marks_of(headers))
        status = self.layout.results.get(headers[-1], -1)
        if marks is None or any(header not in self.layout.results for header in headers):
            return lambda _: False

        def is_settled(row: Row) -> bool:
            mark = parse_mark(row.cells[marks])
            if mark is None or (mark.rubric, mark.asked) != (basis.rubric, basis.asked) or not row.cells[status]:
                return False
            return mark.fingerprint == fingerprint(self.lasting_texts(row, basis.inputs))

        return is_settled

    def marks(self, headers: Sequence[str]) -> Iterator[str]:
        """The cells that hold the row marks of the results under these headers."""
        index = self.layout.marks.get(marks_of(headers))
        if index is not None:
            yield from (cells[index] for cells in self.cells if index < len(cells))

    def target(self, basis: Basis | None = None, *, everything: bool = True) -> Target:
        """The same tab, for the results.

        Args:
            basis: what they rest on; None for all columns that people wrote, and no rubric.
            everything: all rows will be judged, not only new and changed ones.
        """
        from sheetjudge.tables.sheet_target import SheetTarget

        return SheetTarget(self, basis, everything=everything)


def open_sheet(
    where: str | SheetAddress,
    *,
    tab: str | None = None,
    header_row: int = 1,
    credentials: str | None = None,
    home: Path | None = None,
    environment: Mapping[str, str] | None = None,
    patience: Patience | None = None,
    to_write: bool = False,
) -> SheetTable:
    """The table in a tab of a Google Sheet.

    Args:
        where: URL or ID of the spreadsheet. A URL at another host than Google goes to that host.
        tab: title of the tab; None for the URL's gid, or the first visible one.
        header_row: 1-based row that holds the headers.
        credentials: path of a credentials file; None to look for credentials (`credentials.find_identity`).
        home: folder with sheetjudge's configuration, where a log-in is kept.
        environment: environment variables; None for the process's own.
        patience: how long to try; None for minutes.
        to_write: results will be written into it.

    Raises:
        TableBusy: another run is writing to it; only where `to_write`.
        TableError: no such spreadsheet or tab, or no rows in it.
        AccessError: no credentials, not shared, no answer.
    """
    address = sheet_address(where) if isinstance(where, str) else where
    if address is None:
        raise TableError(f"{where} is no URL or ID of a spreadsheet.")
    if header_row < 1:
        raise TableError(f"There is no header row {header_row}.", "Rows are counted from 1.")
    variables = os.environ if environment is None else environment
    identity = find_identity(credentials, home=home, environment=variables, host=address.host)
    from sheetjudge.tables.quota import quota_of
    from sheetjudge.tables.sheets import SheetsApi

    quota = quota_of(home, identity.who, address.host)
    api = SheetsApi(address.spreadsheet, identity, host=address.host, patience=patience, quota=quota)
    return _read(api, address, tab, header_row, to_write=to_write)


def read_table(table: SheetTable) -> SheetTable:
    """The same tab as it is by now, under whatever name. Raises as `open_sheet`."""
    address = replace(table.address, gid=table.layout.sheet_id)
    return _read(table.api, address, None, table.header_row, to_write=False)


def _read(api: SheetsApi, address: SheetAddress, tab: str | None, header_row: int, *, to_write: bool) -> SheetTable:
    from sheetjudge.tables.sheet_places import check_lease, read_lease

    for _ in range(_TRIES):
        layout = find_tab(api.describe(FIELDS), address, tab)
        if to_write:
            check_lease(read_lease(layout.lease), "", f"{layout.spreadsheet_title} › {layout.title}")
        rows = _all_rows(api, layout)
        if rows is not None:
            rows = with_exact_results(rows, api, layout)
        if rows is None:
            continue
        if _is_headed(rows, layout, header_row) or find_tab(api.describe(FIELDS), address, tab) == layout:
            return _table(rows, api, address, layout, header_row)
    raise TableError(f"{layout.title!r} was edited all the time.", "Try again in a quiet moment.")


def _table(
    rows: list[tuple[str, ...]], api: SheetsApi, address: SheetAddress, layout: SheetLayout, header_row: int
) -> SheetTable:
    name = f"{layout.spreadsheet_title} › {layout.title}"
    # Results that a row left behind when it was deleted or moved make no row.
    while rows and not any(cell for index, cell in enumerate(rows[-1]) if index not in layout.managed):
        rows.pop()
    if not rows:
        raise TableError(f"{name} is empty.", "It needs a row of headers and at least one row below it.")
    header = rows[header_row - 1] if header_row <= len(rows) else ()
    if not any(cell.strip() for cell in header):
        first = next((n for n, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)), None)
        advice = f"Row {first} is the first with text: --header-row {first}." if first else ""
        raise TableError(f"Row {header_row} of {name}, which should hold the headers, is empty.", advice)
    data = rows[header_row:]
    if not data:
        raise TableError(f"{name} has a header but no rows.", "Add at least one row below the header.")
    width = max([len(header), *map(len, data), *(index + 1 for index in layout.managed)])
    columns = name_columns(header, width)
    odd = find_odd_cells(api, layout.sheet_id, rows, [c.index for c in columns if c.index not in layout.managed])
    return SheetTable(columns, address, layout, header_row, api, tuple(data), odd=odd)


def _is_headed(rows: Sequence[Sequence[str]], layout: SheetLayout, header_row: int) -> bool:
    """Have the columns of results their headers? Else somebody renamed one, or moved columns meanwhile."""
    header = rows[header_row - 1] if header_row <= len(rows) else ()
    return all(index < len(header) and header[index] == role for role, index in layout.results.items())


def _all_rows(api: SheetsApi, layout: SheetLayout) -> list[tuple[str, ...]] | None:
    """Every row of the grid, without empty cells at its end; None where the tab has become shorter meanwhile."""
    from sheetjudge.tables.sheet_reading import ColumnReader

    if not layout.rows or not layout.columns:
        return []
    reader = ColumnReader(api, layout.sheet_id, is_formatted=True)
    try:
        return [_trimmed(row) for row in reader.read(range(layout.columns), 0, layout.rows - 1)]
    except TableError:
        now = api.describe("sheets.properties(sheetId,gridProperties)")
        for sheet in now.get("sheets", []):
            properties = sheet["properties"]
            if properties.get("sheetId", 0) == layout.sheet_id:
                if properties["gridProperties"].get("rowCount", 0) < layout.rows:
                    return None
                raise
        raise


def _trimmed(row: Sequence[object]) -> tuple[str, ...]:
    end = len(row)
    while end and row[end - 1] == "":
        end -= 1
    return tuple(map(str, row[:end]))
