"""A person at a spreadsheet: sees what it shows, and edits it by hand, at any moment of a program's run."""

from __future__ import annotations

from typing import Any

from sheetjudge.sandbox.a1 import Box
from sheetjudge.sandbox.batch.context import Batch
from sheetjudge.sandbox.batch.run import run_batch
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.cells import Cell, CellError, GivenFormula
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.problems import Json
from sheetjudge.sandbox.sheet import Sheet
from sheetjudge.sandbox.values import finish, write_values
from sheetjudge.sandbox.world import File, World


class Person:
    """The owner of a spreadsheet, sitting before it. Every edit is one step that others see whole.

    Args:
        world: where the file is.
        file: the spreadsheet.
        email: who edits; the owner unless somebody else is named.
    """

    def __init__(self, world: World, file: File, email: str = "") -> None:
        self.world = world
        self.file = file
        self.email = email or file.book.owner

    @property
    def book(self) -> Book:
        """The spreadsheet's present state, which never changes: the next edit makes another."""
        return self.file.book

    @property
    def book_id(self) -> str:
        """The spreadsheet's id."""
        return self.book.book_id

    def tab(self, title: str | None = None) -> Sheet:
        """The tab with this title, or the first."""
        sheet = self.book.sheets[0] if title is None else self.book.titled(title)
        if sheet is None:
            raise KeyError(title)
        return sheet

    def rows(self, title: str | None = None) -> list[list[str]]:
        """What a tab shows, without trailing empty cells and rows."""
        shown = [[_shown(cell) for cell in row] for row in self.tab(title).rows]
        for row in shown:
            while row and not row[-1]:
                row.pop()
        while shown and not shown[-1]:
            shown.pop()
        return shown

    def cell(self, where: str) -> str:
        """What the cell at an A1 place shows."""
        sheet, box = self.book.resolve(where)
        return _shown(sheet.cell(box.top or 0, box.left or 0))

    def type(self, where: str, values: Any) -> None:
        """Type a text into a cell, or a block of texts from a cell on, as if by hand."""
        block = values if isinstance(values, list) else [[values]]
        with self.world.edit(self.file, self.email) as book:
            sheet, box = book.resolve(where)
            start = Box(box.top or 0, (box.top or 0) + 1, box.left or 0, (box.left or 0) + 1)
            write_values(book, sheet, start, block, major="ROWS", typed=True)
            finish(book)

    def put_formula(self, where: str, formula: str, shows: str | float | CellError) -> None:
        """Enter a formula that isn't evaluated here: it shows this, whatever changes around it."""
        with self.world.edit(self.file, self.email) as book:
            sheet, box = book.resolve(where)
            cell = Cell(entered=GivenFormula(formula), effective=shows)
            sheet.put(box.top or 0, box.left or 0, [cell])

    def do(self, *requests: Json) -> list[Json]:
        """Make structural edits, in the form of requests of `spreadsheets.batchUpdate`; returns their replies."""
        with self.world.edit(self.file, self.email) as book:
            return run_batch(Batch(book, self.email, ""), list(requests))

    def insert_rows(self, before: int, count: int = 1, title: str | None = None) -> None:
        """Insert empty rows in front of a row (counted from 1)."""
        self.do({"insertDimension": {"range": self._span(title, "ROWS", before - 1, count)}})

    def delete_rows(self, start: int, count: int = 1, title: str | None = None) -> None:
        """Delete rows from a row on (counted from 1)."""
        self.do({"deleteDimension": {"range": self._span(title, "ROWS", start - 1, count)}})

    def insert_columns(self, before: int, count: int = 1, title: str | None = None) -> None:
        """Insert empty columns in front of a column (counted from 1)."""
        self.do({"insertDimension": {"range": self._span(title, "COLUMNS", before - 1, count)}})

    def delete_columns(self, start: int, count: int = 1, title: str | None = None) -> None:
        """Delete columns from a column on (counted from 1)."""
        self.do({"deleteDimension": {"range": self._span(title, "COLUMNS", start - 1, count)}})

    def move_column(self, column: int, to: int, title: str | None = None) -> None:
        """Move a column in front of another (both counted from 1, before the move)."""
        source = self._span(title, "COLUMNS", column - 1, 1)
        self.do({"moveDimension": {"source": source, "destinationIndex": to - 1}})

    def move_row(self, row: int, to: int, title: str | None = None) -> None:
        """Move a row in front of another (both counted from 1, before the move)."""
        source = self._span(title, "ROWS", row - 1, 1)
        self.do({"moveDimension": {"source": source, "destinationIndex": to - 1}})

    def sort(self, where: str, column: int, *, descending: bool = False) -> None:
        """Sort a range by one of its columns (counted from 1 in the tab)."""
        sheet, box = self.book.resolve(where)
        closed = box.within(sheet.row_count, sheet.column_count)
        area = {
            "sheetId": sheet.sheet_id,
            "startRowIndex": closed.top,
            "endRowIndex": closed.bottom,
            "startColumnIndex": closed.left,
            "endColumnIndex": closed.right,
        }
        spec = {"dimensionIndex": column - 1, "sortOrder": "DESCENDING" if descending else "ASCENDING"}
        self.do({"sortRange": {"range": area, "sortSpecs": [spec]}})

    def rename(self, new_title: str, title: str | None = None) -> None:
        """Give a tab another title."""
        properties = {"sheetId": self.tab(title).sheet_id, "title": new_title}
        self.do({"updateSheetProperties": {"properties": properties, "fields": "title"}})

    def _span(self, title: str | None, dimension: str, start: int, count: int) -> Json:
        sheet_id = self.tab(title).sheet_id
        return {"sheetId": sheet_id, "dimension": dimension, "startIndex": start, "endIndex": start + count}


def _shown(cell: Cell | None) -> str:
    return "" if cell is None else show(cell.effective, (cell.format or {}).get("numberFormat"))
