"""Cell references inside formulas: one way to write them, whatever was typed, and they follow their cells.

Cells move when rows and columns are inserted, deleted or moved.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sheetjudge.sandbox.a1 import column_index, column_letters, quote_title
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.cells import Cell, Formula
from sheetjudge.sandbox.sheet import Sheet

_REFERENCE = re.compile(
    r"(?P<quoted>\"(?:[^\"]|\"\")*\")|(?:(?P<tab>'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_]*)!)?"
    r"(?<![A-Za-z0-9_$.])(?P<c1>\$?[A-Za-z]{1,3})(?P<r1>\$?[0-9]+)(?::(?P<c2>\$?[A-Za-z]{1,3})(?P<r2>\$?[0-9]+))?"
    r"(?![A-Za-z0-9_(.])"
)
Shift = Callable[[int, int], tuple[int, int] | None]


def canonical(formula: Formula, book: Book) -> Formula:
    """A formula with its references as Google keeps them: `sales!b3:a2` is `Sales!A2:B3`, and `a3:a3` is `A3`."""

    def rewrite(match: re.Match[str]) -> str:
        if match["quoted"] is not None:
            return match[0]
        tab = match["tab"]
        sheet = None if tab is None else book.titled(_title(tab))
        prefix = "" if tab is None else f"{tab if sheet is None else quote_title(sheet.title)}!"
        columns = sorted((match["c1"].upper(), (match["c2"] or match["c1"]).upper()), key=_column)
        rows = sorted((match["r1"], match["r2"] or match["r1"]), key=_row)
        first, last = columns[0] + rows[0], columns[1] + rows[1]
        return prefix + (first if first == last else f"{first}:{last}")

    return type(formula)(_REFERENCE.sub(rewrite, formula))


def _title(tab: str) -> str:
    return tab[1:-1].replace("''", "'") if tab.startswith("'") else tab


def _column(text: str) -> int:
    return _index(text, rows=False)


def _row(text: str) -> int:
    return _index(text, rows=True)


def shift_formulas(book: Book, sheet: Sheet, dimension: str, shift: Shift) -> None:
    """Rewrite every formula that refers to a tab whose rows or columns have shifted."""
    for other in book.sheets:
        if not other.formulas:
            continue
        for at, row in enumerate(other.rows):
            if any(cell is not None and isinstance(cell.entered, Formula) for cell in row):
                other.rows[at] = tuple(_shifted_cell(cell, other, sheet, dimension, shift) for cell in row)


def _shifted_cell(cell: Cell | None, home: Sheet, sheet: Sheet, dimension: str, shift: Shift) -> Cell | None:
    if cell is None or not isinstance(cell.entered, Formula):
        return cell

    def rewrite(match: re.Match[str]) -> str:
        if match["quoted"] is not None:
            return match[0]
        tab = match["tab"]
        title = home.title if tab is None else _title(tab)
        if title.casefold() != sheet.title.casefold():
            return match[0]
        return (f"{tab}!" if tab else "") + _shift_reference(match, dimension, shift)

    return cell._replace(entered=type(cell.entered)(_REFERENCE.sub(rewrite, cell.entered)))


def _shift_reference(match: re.Match[str], dimension: str, shift: Shift) -> str:
    rows = dimension == "ROWS"
    first, second = (match["r1"], match["r2"]) if rows else (match["c1"], match["c2"])
    start = _index(first, rows=rows)
    end = start if second is None else _index(second, rows=rows)
    moved = shift(min(start, end), max(start, end) + 1)
    if moved is None:
        return "#REF!"
    low, high = _written(first, moved[0], rows=rows), _written(second or first, moved[1] - 1, rows=rows)
    if rows:
        return match["c1"] + low + (f":{match['c2']}{high}" if second else "")
    return low + match["r1"] + (f":{high}{match['r2']}" if second else "")


def _index(text: str, *, rows: bool) -> int:
    bare = text.lstrip("$")
    return int(bare) - 1 if rows else column_index(bare)


def _written(old: str, index: int, *, rows: bool) -> str:
    return ("$" if old.startswith("$") else "") + (str(index + 1) if rows else column_letters(index))


def carried(cell: Cell | None, down: int, across: int) -> Cell | None:
    """A cell as it is when copied elsewhere: references without `$` move along."""
    if cell is None or not isinstance(cell.entered, Formula) or (down == 0 and across == 0):
        return cell

    def rewrite(match: re.Match[str]) -> str:
        if match["quoted"] is not None:
            return match[0]
        tab = f"{match['tab']}!" if match["tab"] else ""
        first = _carry(match["c1"], match["r1"], down, across)
        second = _carry(match["c2"], match["r2"], down, across) if match["c2"] else ""
        return tab + first + (f":{second}" if second else "")

    return cell._replace(entered=type(cell.entered)(_REFERENCE.sub(rewrite, cell.entered)))


def _carry(column: str, row: str, down: int, across: int) -> str:
    to_row = _index(row, rows=True) + (0 if row.startswith("$") else down)
    to_column = _index(column, rows=False) + (0 if column.startswith("$") else across)
    if to_row < 0 or to_column < 0:
        return "#REF!"
    return _written(column, to_column, rows=False) + _written(row, to_row, rows=True)
