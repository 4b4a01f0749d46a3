"""Write a new XLSX workbook with one tab, every cell of the source as text."""

from __future__ import annotations

from collections.abc import Sequence

from sheetjudge.core.table import CellValue
from sheetjudge.tables.xlsx_text import escape, fitting

_WIDE = {"Why": 60.0}


class XlsxWriter:
    """Text is always a text cell, so nothing in it becomes a formula; numbers among the results are numbers.

    Args:
        path: an existing file, overwritten by `finish`.
        kept: headers of the source's columns.
        new: headers of the results.
        title: of the tab.
    """

    def __init__(self, path: str, kept: Sequence[str], new: Sequence[str], title: str) -> None:
        from openpyxl import Workbook
        from openpyxl.utils import get_column_letter

        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(title)
        for index, header in enumerate(new, start=len(kept) + 1):
            if width := next((w for name, w in _WIDE.items() if header.endswith(name)), None):
                self._sheet.column_dimensions[get_column_letter(index)].width = width
        self.write([*kept, *new], (), 1)

    def write(self, cells: Sequence[str], values: Sequence[CellValue], number: int) -> None:  # noqa: ARG002
        """One row."""
        self._sheet.append([self._cell(value) for value in (*cells, *map(fitting, values))])

    def finish(self) -> None:
        """Write the file."""
        self._book.save(self._path)

    def _cell(self, value: CellValue) -> object:
        from openpyxl.cell import WriteOnlyCell

        if not isinstance(value, str):
            return value
        if not value:
            return None
        cell = WriteOnlyCell(self._sheet, value=escape(value))
        cell.data_type = "s"  # what begins with "=" or looks like an error is text here
        return cell
