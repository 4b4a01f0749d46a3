"""One spreadsheet: its tabs, its named ranges and developer metadata, and how a range's text finds its cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sheetjudge.sandbox.a1 import Box, box_of, parse_cells, split_range, write_range
from sheetjudge.sandbox.defaults import SPREADSHEET_PROPERTIES
from sheetjudge.sandbox.problems import ApiError, Json, bad_request
from sheetjudge.sandbox.sheet import DEFAULT_COLUMNS, DEFAULT_ROWS, Sheet

CELL_LIMIT = 10_000_000


@dataclass(slots=True)
class Book:
    """A spreadsheet, in memory.

    Args:
        book_id: the spreadsheet's id.
        properties: SpreadsheetProperties in JSON.
        sheets: the tabs in their order.
        new_number: gives a fresh random id below 2**31 for whatever the server must name.
        named_ranges: NamedRange in JSON, with `sheetId` always there.
        metadata: DeveloperMetadata in JSON.
        owner: e-mail address of who owns the spreadsheet.
        editor: e-mail address of who makes the changes of this draft.
    """

    book_id: str
    properties: Json
    sheets: list[Sheet]
    new_number: Callable[[], int]
    named_ranges: list[Json] = field(default_factory=list)
    metadata: list[Json] = field(default_factory=list)
    owner: str = ""
    editor: str = ""

    def draft(self, editor: str = "") -> Book:
        """A copy to change: nothing of it shows until it takes this book's place."""
        return replace(
            self,
            editor=editor,
            sheets=[sheet.draft() for sheet in self.sheets],
            named_ranges=list(self.named_ranges),
            metadata=list(self.metadata),
        )

    @property
    def title(self) -> str:
        """The spreadsheet's title."""
        return str(self.properties["title"])

    def sheet(self, sheet_id: int) -> Sheet | None:
        """The tab with this id."""
        return next((sheet for sheet in self.sheets if sheet.sheet_id == sheet_id), None)

    def existing(self, sheet_id: int | None) -> Sheet:
        """The tab with this id (0 where a request names none), for a request about the tab itself.

        Raises:
            ApiError: there is no such tab.
        """
        return self._by_id(sheet_id or 0, "sheet")

    def grid(self, sheet_id: int | None) -> Sheet:
        """The tab with this id (0 where a request names none).

        Raises:
            ApiError: there is no such tab.
        """
        return self._by_id(sheet_id or 0, "grid")

    def _by_id(self, sheet_id: int, called: str) -> Sheet:
        sheet = self.sheet(sheet_id)
        if sheet is None:
            raise bad_request(f"No {called} with id: {sheet_id}")
        return sheet

    def titled(self, title: str) -> Sheet | None:
        """The tab with this title; Google takes titles that differ only in case for the same."""
        exact = next((sheet for sheet in self.sheets if sheet.title == title), None)
        folded = title.casefold()
        return exact or next((sheet for sheet in self.sheets if sheet.title.casefold() == folded), None)

    def resolve(self, text: str) -> tuple[Sheet, Box]:
        """The tab and the box that a range's text means.

        Raises:
            ApiError: the text is no range of this spreadsheet.
        """
        title, cells, quoted = split_range(text)
        if title is None and cells is not None:
            return self._resolve_bare(cells)
        sheet = self.titled(title or "")
        if sheet is None:
            raise _unparsed(text)
        if cells is None:
            return sheet, Box()
        box = parse_cells(cells)
        if box is not None:
            return sheet, box
        named = self._named(cells)
        if named is None or not (quoted or title):
            raise _unparsed(text)
        return named

    def _resolve_bare(self, text: str) -> tuple[Sheet, Box]:
        box = parse_cells(text)
        if box is not None:
            return next((sheet for sheet in self.sheets if not sheet.properties.get("hidden")), self.sheets[0]), box
        sheet = self.titled(text)
        if sheet is not None:
            return sheet, Box()
        named = self._named(text)
        if named is None:
            raise _unparsed(text)
        return named

    def _named(self, name: str) -> tuple[Sheet, Box] | None:
        for named in self.named_ranges:
            if named["name"].casefold() == name.casefold():
                return self.grid(named["range"].get("sheetId")), box_of(named["range"])
        return None

    def of_range(self, grid_range: Json, *, may_be_empty: bool = False) -> tuple[Sheet, Box]:
        """The tab and the box, closed and within the grid, of a GridRange in JSON.

        Raises:
            ApiError: there is no such tab, or the range starts outside of its grid, or it is empty and may not be.
        """
        sheet = self.grid(grid_range.get("sheetId"))
        box = box_of(grid_range, may_be_empty=may_be_empty)
        check_in_grid(sheet, box)
        return sheet, box.within(sheet.row_count, sheet.column_count)

    def cell_count(self) -> int:
        """Cells of all grids together."""
        return sum(sheet.row_count * sheet.column_count for sheet in self.sheets)

    def check_size(self) -> None:
        """Refuse a spreadsheet of more cells than Google allows."""
        if self.cell_count() > CELL_LIMIT:
            raise bad_request(
                f"This action would increase the number of cells in the workbook above the limit of {CELL_LIMIT} cells."
            )


def _unparsed(text: str) -> ApiError:
    return bad_request(f"Unable to parse range: {text}")


def check_in_grid(sheet: Sheet, box: Box) -> None:
    """Refuse a box that starts outside the grid.

    Raises:
        ApiError: with Google's sentence about the grid's limits.
    """
    if (box.top or 0) >= sheet.row_count or (box.left or 0) >= sheet.column_count:
        raise beyond_grid(sheet, box)


def beyond_grid(sheet: Sheet, box: Box) -> ApiError:
    """Google's sentence about a box outside the grid."""
    return bad_request(
        f"Range ({write_range(sheet.title, box)}) exceeds grid limits. "
        f"Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
    )


def new_sheet(sheet_id: int, title: str, *, rows: int = DEFAULT_ROWS, columns: int = DEFAULT_COLUMNS) -> Sheet:
    """An empty tab."""
    return Sheet(
        {
            "sheetId": sheet_id,
            "title": title,
            "sheetType": "GRID",
            "gridProperties": {"rowCount": rows, "columnCount": columns},
        }
    )


def new_book(book_id: str, title: str, new_number: Callable[[], int]) -> Book:
    """A spreadsheet as Google makes one: a single tab, Sheet1."""
    return Book(book_id, SPREADSHEET_PROPERTIES | {"title": title}, [new_sheet(0, "Sheet1")], new_number)
