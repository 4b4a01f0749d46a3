"""Write a new XLSX workbook with one tab, row by row straight into the file.

openpyxl's own way of writing row by row keeps a second temporary file, and leaves it behind when a run is
abandoned or the disk is full.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from sheetjudge.core.table import CellValue, column_letters
from sheetjudge.tables.xlsx_text import cell_xml, column_widths

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET_PART = "xl/worksheets/sheet1.xml"


class XlsxWriter:
    """Text is always a text cell, so nothing in it becomes a formula; numbers among the results are numbers.

    Args:
        path: an existing file, overwritten.
        kept: headers of the source's columns.
        new: headers of the results.
        title: of the tab.
        row_count: data rows that will come.

    Raises:
        OSError: as writing does.
    """

    def __init__(self, path: str, kept: Sequence[str], new: Sequence[str], title: str, row_count: int) -> None:
        self._package = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        for name, xml in _parts(title).items():
            self._package.writestr(name, _HEAD + xml)
        self._sheet = self._package.open(_SHEET_PART, "w", force_zip64=True)
        widths = column_widths("", new, len(kept))
        # Readers that find no dimension look for it through the whole file.
        last = f"{column_letters(len(kept) + len(new) - 1)}{row_count + 1}"
        self._put(f'{_HEAD}<worksheet xmlns="{_MAIN}"><dimension ref="A1:{last}"/><cols>{widths}</cols><sheetData>')
        self._row = 0
        self.write(kept, new, 1)

    def write(self, cells: Sequence[str], values: Sequence[CellValue], number: int) -> None:  # noqa: ARG002
        """One row."""
        self._row += 1
        row = "".join(cell_xml("", f"{column_letters(i)}{self._row}", v, "") for i, v in enumerate([*cells, *values]))
        self._put(f'<row r="{self._row}">{row}</row>')

    def finish(self) -> None:
        """Write what closes the file."""
        self._put("</sheetData></worksheet>")
        self._sheet.close()
        self._package.close()

    def discard(self) -> None:
        """Close."""
        try:
            self._sheet.close()
        finally:
            self._package.close()

    def _put(self, xml: str) -> None:
        self._sheet.write(xml.encode())


def _parts(title: str) -> dict[str, str]:
    """Every part of the package but the tab itself."""
    sheet = f'<sheet name={quoteattr(title)} sheetId="1" r:id="rId1"/>'
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/{_SHEET_PART}" ContentType="{_TYPE}.worksheet+xml"/></Types>'
        ),
        "_rels/.rels": _relation("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}"><sheets>{sheet}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relation("worksheet", "worksheets/sheet1.xml"),
    }


def _relation(kind: str, target: str) -> str:
    one = f'<Relationship Id="rId1" Type="{_RELATION}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{one}</Relationships>'
