"""One tab: its grid of cells and everything that hangs on positions in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from sheetjudge.sandbox.a1 import Box
from sheetjudge.sandbox.cells import Cell, Formula, Row
from sheetjudge.sandbox.problems import Json

ROW_PIXELS = 21
COLUMN_PIXELS = 100
DEFAULT_ROWS = 1000
DEFAULT_COLUMNS = 26


@dataclass(slots=True)
class Sheet:
    """A tab, in memory. A draft of it can be changed freely: rows and JSON members are replaced, never mutated.

    Args:
        properties: SheetProperties in JSON, without `index`, which is the tab's place in its spreadsheet.
        rows: the rows from the top; rows and cells that are missing at the ends are empty.
        row_properties, column_properties: DimensionProperties in JSON, by index, where they aren't the default.
        merges: merged boxes, in the order in which they were made.
        formulas: whether a formula was ever put into this tab.
    """

    properties: Json
    rows: list[Row] = field(default_factory=list)
    row_properties: dict[int, Json] = field(default_factory=dict)
    column_properties: dict[int, Json] = field(default_factory=dict)
    merges: list[Box] = field(default_factory=list)
    basic_filter: Json | None = None
    filter_views: list[Json] = field(default_factory=list)
    conditional_formats: list[Json] = field(default_factory=list)
    protected_ranges: list[Json] = field(default_factory=list)
    banded_ranges: list[Json] = field(default_factory=list)
    tables: list[Json] = field(default_factory=list)
    row_groups: list[Json] = field(default_factory=list)
    column_groups: list[Json] = field(default_factory=list)
    charts: list[Json] = field(default_factory=list)
    formulas: bool = False

    def draft(self) -> Sheet:
        """A copy to change; the cells themselves are shared, since they never change."""
        return replace(
            self,
            rows=list(self.rows),
            row_properties=dict(self.row_properties),
            column_properties=dict(self.column_properties),
            merges=list(self.merges),
            filter_views=list(self.filter_views),
            conditional_formats=list(self.conditional_formats),
            protected_ranges=list(self.protected_ranges),
            banded_ranges=list(self.banded_ranges),
            tables=list(self.tables),
            row_groups=list(self.row_groups),
            column_groups=list(self.column_groups),
            charts=list(self.charts),
        )

    @property
    def sheet_id(self) -> int:
        """The tab's id (its gid)."""
        return int(self.properties["sheetId"])

    @property
    def title(self) -> str:
        """The tab's title."""
        return str(self.properties["title"])

    @property
    def row_count(self) -> int:
        """Rows of the grid."""
        return int(self.properties["gridProperties"]["rowCount"])

    @property
    def column_count(self) -> int:
        """Columns of the grid."""
        return int(self.properties["gridProperties"]["columnCount"])

    @property
    def whole(self) -> Box:
        """The box of the whole grid."""
        return Box(0, self.row_count, 0, self.column_count)

    def set_grid(self, **members: int) -> None:
        """Replace members of `gridProperties`."""
        self.properties = self.properties | {"gridProperties": self.properties["gridProperties"] | members}

    def resize(self, rows: int, columns: int) -> None:
        """Make the grid this large, dropping what falls outside."""
        if columns < self.column_count:
            self.rows = [row[:columns] for row in self.rows]
        del self.rows[rows:]
        self.set_grid(rowCount=rows, columnCount=columns)

    def cell(self, row: int, column: int) -> Cell | None:
        """The cell there; None where nothing is."""
        if row >= len(self.rows):
            return None
        cells = self.rows[row]
        return cells[column] if column < len(cells) else None

    def row(self, row: int) -> Row:
        """A row's cells, which may end early."""
        return self.rows[row] if row < len(self.rows) else ()

    def put(self, row: int, column: int, cells: Sequence[Cell | None]) -> None:
        """Replace the cells of a row from a column on."""
        if any(cell is not None and isinstance(cell.entered, Formula) for cell in cells):
            self.formulas = True
        old = self.row(row)
        if len(old) < column:
            old += (None,) * (column - len(old))
        self.set_row(row, old[:column] + tuple(cells) + old[column + len(cells) :])

    def set_row(self, row: int, cells: Row) -> None:
        """Replace a whole row."""
        if len(self.rows) <= row:
            self.rows.extend([()] * (row + 1 - len(self.rows)))
        end = len(cells)
        while end and cells[end - 1] is None:
            end -= 1
        self.rows[row] = cells[:end]

    def change(self, box: Box, change: Callable[[Cell | None], Cell | None]) -> None:
        """Replace every cell of a box by what `change` makes of it."""
        box = box.within(self.row_count, self.column_count)
        left, right = box.left or 0, box.right or 0
        for row in range(box.top or 0, box.bottom or 0):
            old = self.row(row)
            cells = [change(old[at] if at < len(old) else None) for at in range(left, right)]
            if any(cell is not None for cell in cells) or len(old) > left:
                self.put(row, left, cells)

    def filled(self, box: Box) -> Iterator[tuple[int, int, Cell]]:
        """The cells of a box that hold a value: (row, column, cell), row by row."""
        left, right = box.left or 0, box.right
        bottom = len(self.rows) if box.bottom is None else min(box.bottom, len(self.rows))
        for row in range(box.top or 0, bottom):
            for column, cell in enumerate(self.rows[row][left:right], start=left):
                if cell is not None and cell.effective is not None:
                    yield row, column, cell
