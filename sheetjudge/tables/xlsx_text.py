"""What an XLSX cell can hold, and how text is put so that it comes back the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape as xml_escape

from sheetjudge.core.table import CellValue, Table, column_letters
from sheetjudge.errors import TableError
from sheetjudge.tables.guard import number_text

LONGEST_CELL = 32_767
MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
CUT_MARK = " … [cut]"

_WIDTHS = {"Why": 60, "Status": 20}
_USUAL_WIDTH = 10

# Characters that XML can't hold or would change, and text that reads like the escape of one.
_TO_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def escape(text: str) -> str:
    r"""Text as a cell's XML holds it (before `&` and `<` are escaped); ECMA-376 part 1, 22.9.2.19.

    >>> escape("a\rb_x000D_")
    'a_x000D_b_x005F_x000D_'
    """
    return _TO_ESCAPE.sub(lambda m: f"_x{ord(m[0]):04X}_", text)


def fitting(value: CellValue) -> str | float | int | None:
    """A result as a cell can hold it: over-long text is cut with a mark, what is no finite number becomes text."""
    if isinstance(value, str):
        return value if length(value) <= LONGEST_CELL else _cut(value)
    if isinstance(value, float) and value - value != 0:
        return number_text(value)
    return value


def cell_xml(prefix: str, reference: str, value: CellValue, style: str) -> str:
    """A `c` element; text is an inline string, which is never a formula. "" for nothing.

    Args:
        prefix: of the elements' names, with its colon; "" for none.
        reference: the cell, `B7` say.
        style: index of its style; "" for none.
    """
    value = fitting(value)
    styled = f' s="{style}"' if style else ""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        text = f'<{prefix}is><{prefix}t xml:space="preserve">{xml_escape(escape(value))}</{prefix}t></{prefix}is>'
        return f'<{prefix}c r="{reference}"{styled} t="inlineStr">{text}</{prefix}c>'
    return f'<{prefix}c r="{reference}"{styled}><{prefix}v>{number_text(value)}</{prefix}v></{prefix}c>'


def column_widths(prefix: str, headers: Sequence[str], first: int) -> str:
    """`col` elements for columns of results from `first` (0-based) on, in characters."""
    widths = [next((w for name, w in _WIDTHS.items() if header.endswith(name)), _USUAL_WIDTH) for header in headers]
    return "".join(
        f'<{prefix}col min="{i}" max="{i}" width="{width}" customWidth="1"/>'
        for i, width in enumerate(widths, start=first + 1)
    )


def length(text: str) -> int:
    """Characters as XLSX counts them: those outside the basic plane count twice."""
    return len(text) + sum(char > "\uffff" for char in text) if not text.isascii() else len(text)


def check_limits(source: Table, new_columns: int, name: str) -> None:
    """Refuse a table that no XLSX file can hold, before anything is paid for.

    Raises:
        TableError: too many rows or columns, or a cell that is too long (with its place).
    """
    advice = "Name a .csv file with --out instead."
    if source.row_count + 1 > MOST_ROWS:
        raise TableError(f"{name} can't hold {source.row_count:,} rows: XLSX ends at {MOST_ROWS:,}.", advice)
    if len(source.columns) + new_columns > MOST_COLUMNS:
        raise TableError(f"{name} can't hold {len(source.columns):,} columns: XLSX ends at {MOST_COLUMNS:,}.", advice)
    for row in source.rows():
        for column, cell in zip(source.columns, row.cells, strict=True):
            if len(cell) * 2 > LONGEST_CELL and length(cell) > LONGEST_CELL:
                where = f"Row {row.number}, column {column_letters(column.index)} ({column.name})"
                raise TableError(f"{where} is longer than the {LONGEST_CELL:,} characters of an XLSX cell.", advice)


def _cut(text: str) -> str:
    room = LONGEST_CELL - len(CUT_MARK)
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * room]
    return units.decode("utf-16-le", "ignore") + CUT_MARK
