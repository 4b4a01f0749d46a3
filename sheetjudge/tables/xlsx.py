"""XLSX files as a table: every cell as the text that it shows."""

from __future__ import annotations

import difflib
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sheetjudge.errors import TableError
from sheetjudge.tables.file_table import LARGEST_CELL, FileTable, Record, Spool, check_header, survey
from sheetjudge.tables.guard import whole_text
from sheetjudge.tables.number_format import shown, shown_text
from sheetjudge.tables.xlsx_package import doubtful_formulas, usual_form

_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class XlsxLayout:
    """Which tab of a workbook is the table.

    Attributes:
        tab: its title.
        header_row: 1-based row that holds the headers.
    """

    tab: str
    header_row: int


def open_xlsx(path: str, name: str, *, header_row: int, tab: str | None, keep: Any = None) -> FileTable:
    """The table in one tab of a workbook.

    Args:
        header_row: 1-based row that holds the headers.
        tab: title of the tab; None for the first visible one.

    Raises:
        TableError: no workbook, protected by a password, no such tab, no rows.
    """
    _check_kind(path, name)
    with _workbook(path, name) as book:
        sheet = _choose(book, name, tab)
        title = str(sheet.title)
        visible = sum(s.sheet_state == "visible" for s in book.worksheets)
        top = list(islice(_texts(sheet), header_row))
        if not any(map(any, top)) and not any(map(any, _texts(sheet))):
            raise TableError(f"{name} › {title} is empty.", "It needs a row of headers and at least one row below it.")
        header = top[-1] if len(top) == header_row else ()
        filled = (number for number, record in enumerate(_texts(sheet), start=1) if any(c.strip() for c in record))
        check_header(header, name, header_row, None if any(header) else next(filled, None))

    def records() -> Iterator[Record]:
        with _workbook(path, name) as again:
            yield from islice(_texts(_choose(again, name, title)), header_row, None)

    notes = [f"{name} has {visible} tabs; read the first, {title}."] if tab is None and visible > 1 else []
    uncalculated, uncertain = doubtful_formulas(path, title)
    if uncalculated:
        notes.append(
            f"{name} holds {uncalculated} formulas that were never calculated and read as empty; "
            "open and save it in a spreadsheet program first."
        )
    if uncertain:
        notes.append(
            f"{name} asks to be calculated when it is opened, so that {uncertain} formulas may read as what is not "
            "their value (0, say); open and save it in a spreadsheet program first."
        )
    return survey(
        path=path,
        name=name,
        header=_without_empty_end(header),
        records=Spool(records()),
        first_number=header_row + 1,
        file_format="xlsx",
        is_blank=lambda record: not any(record),
        notes=notes,
        layout=XlsxLayout(title, header_row),
        keep=keep,
    )


def unescape(text: str) -> str:
    """`_x000D_` and the like in a cell's text, as the characters that they stand for (ECMA-376 part 1, 22.9.2.19)."""
    return whole_text(_ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)) if "_x" in text else text


@contextmanager
def _workbook(path: str, name: str) -> Iterator[Any]:
    from openpyxl import load_workbook

    # Given a path, it goes by the ending, which standard input and a file with another ending don't have.
    try:
        with Path(path).open("rb") as file, usual_form(file) as readable:
            with warnings.catch_warnings():
                # It warns of parts that it can't write; nothing is written from here.
                warnings.simplefilter("ignore")
                book = load_workbook(readable, read_only=True, data_only=True)
            try:
                yield book
            finally:
                book.close()
    except (OSError, TableError):
        raise
    except Exception as error:  # openpyxl raises whatever its parts raise on a damaged file, also from row to row
        raise TableError(
            f"{name} is damaged: {error}.", "Open it in a spreadsheet program and save it again."
        ) from error


def _choose(book: Any, name: str, tab: str | None) -> Any:
    titles = [sheet.title for sheet in book.worksheets]
    if tab is None:
        return next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), book.worksheets[0])
    for sheet in book.worksheets:
        if sheet.title == tab:
            return sheet
    near = difflib.get_close_matches(tab, titles, n=1, cutoff=0.4)
    advice = f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(map(repr, titles))}."
    raise TableError(f"{name} has no tab {tab!r}.", advice)


def _texts(sheet: Any) -> Iterator[list[str]]:
    """Every row from the first on, each with the text of its cells up to the last filled one."""
    sheet.reset_dimensions()  # what the file says of its own size is often wrong
    for cells in sheet.iter_rows():
        yield _without_empty_end([_text(cell) for cell in cells])


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        if len(value) >= LARGEST_CELL:
            raise TableError(
                f"The cell {cell.coordinate} has {len(value):,} characters.", "A spreadsheet takes 32,767."
            )
        text = unescape(value) if cell.data_type == "s" else value
        code = cell.number_format
        return text if code in {"General", "@"} else shown_text(text, code)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return shown(value, cell.number_format)


def _without_empty_end(texts: Any) -> list[str]:
    end = len(texts)
    while end and not texts[end - 1]:
        end -= 1
    return list(texts[:end])


def _check_kind(path: str, name: str) -> None:
    """Refuse what isn't a workbook, and say what it is."""
    with Path(path).open("rb") as file:
        head = file.read(len(_OLE_MAGIC))
        if head == _OLE_MAGIC:
            protected = "EncryptedPackage".encode("utf-16-le") in head + file.read()
            if protected:
                raise TableError(f"{name} is protected by a password.", "Save a copy without the password.")
            raise TableError(f"{name} is a workbook of the old kind (.xls).", "Save it as .xlsx.")
    if not zipfile.is_zipfile(path):
        advice = "Rename it to .csv if it is text, or save it again as .xlsx."
        raise TableError(f"{name} isn't an XLSX workbook.", advice)
