"""The `spreadsheets.values` methods: plain values in, plain values out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sheetjudge.sandbox.a1 import Box, column_letters, write_range
from sheetjudge.sandbox.book import Book, beyond_grid, check_in_grid
from sheetjudge.sandbox.cells import BLANK, Cell, CellError, Formula, plain_number, settled, tidy
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.entry import type_in
from sheetjudge.sandbox.formula_tokens import check_formula
from sheetjudge.sandbox.formulas import recalculate
from sheetjudge.sandbox.problems import Json, bad_field, bad_request
from sheetjudge.sandbox.protection import check_unprotected
from sheetjudge.sandbox.sheet import Sheet

MAX_CELL_TEXT = 50_000
_MOMENTS = ("DATE", "TIME", "DATE_TIME")
_LIST_VALUE = "type.googleapis.com/google.protobuf.ListValue"


def values_of(body: Json, field: str = "data.values") -> list[list[Any]]:
    """The `values` of a ValueRange.

    Raises:
        ApiError: it is no list of lists, or a cell is no plain value.
    """
    values = body.get("values", [])
    if not isinstance(values, list):
        raise _not_a_list(field, values)
    for at, row in enumerate(values):
        if not isinstance(row, list):
            raise _not_a_list(f"{field}[{at}]", row)
        for column, value in enumerate(row):
            if isinstance(value, dict | list):
                raise bad_request(f"Invalid values[{at}][{column}]: {_proto_text(value)}")
    return values


def _proto_text(value: Any, indent: str = "") -> str:
    """A google.protobuf.Value as the text format of protocol buffers writes it."""
    inner = indent + "  "
    if isinstance(value, list):
        parts = [f"{inner}values {{\n{_proto_text(one, inner + '  ')}{inner}}}\n" for one in value]
        return f"{indent}list_value {{\n{''.join(parts)}{indent}}}\n"
    if isinstance(value, dict):
        parts = [
            f"{inner}fields {{\n{inner}  key: {json.dumps(name)}\n"
            f"{inner}  value {{\n{_proto_text(one, inner + '    ')}{inner}  }}\n{inner}}}\n"
            for name, one in value.items()
        ]
        return f"{indent}struct_value {{\n{''.join(parts)}{indent}}}\n"
    if value is None:
        return f"{indent}null_value: NULL_VALUE\n"
    if isinstance(value, bool | str):
        return f"{indent}{'bool' if isinstance(value, bool) else 'string'}_value: {json.dumps(value)}\n"
    return f"{indent}number_value: {float(value)}\n"


def _not_a_list(field: str, value: Any) -> Exception:
    return bad_field(field, f"Invalid value at '{field}' ({_LIST_VALUE}), {json.dumps(value, ensure_ascii=False)}")


def option(value: Any, field: str, allowed: Sequence[str], kind: str) -> str:
    """A named option, refused where it isn't one of those allowed."""
    if value not in allowed:
        raise bad_field(
            field, f"Invalid value at '{field}' (type.googleapis.com/google.apps.sheets.v4.{kind}), \"{value}\""
        )
    return str(value)


def reader(render: str, dates: str) -> Callable[[Cell], Any]:
    """How a cell is read under a ValueRenderOption and a DateTimeRenderOption."""
    if render == "FORMATTED_VALUE":
        return lambda cell: show(cell.effective, (cell.format or {}).get("numberFormat"))

    def read(cell: Cell) -> Any:
        if render == "FORMULA" and isinstance(cell.entered, Formula):
            return str(cell.entered)
        value = cell.effective
        if isinstance(value, CellError):
            return value.shown
        if isinstance(value, bool) or not isinstance(value, float | int):
            return "" if value is None else value
        number_format = (cell.format or {}).get("numberFormat") or {}
        if dates == "FORMATTED_STRING" and number_format.get("type") in _MOMENTS:
            return show(value, number_format)
        return plain_number(value)

    return read


def read_values(sheet: Sheet, box: Box, read: Callable[[Cell], Any], major: str = "ROWS") -> Json:
    """A ValueRange: the values of a box, without trailing empty rows and cells."""
    check_in_grid(sheet, box)
    box = box.within(sheet.row_count, sheet.column_count)
    left, right = box.left or 0, box.right or 0
    rows: list[list[Any]] = [
        ["" if cell is None else read(cell) for cell in row[left:right]]
        for row in sheet.rows[box.top or 0 : box.bottom or 0]
    ]
    if major == "COLUMNS":
        width = max((len(row) for row in rows), default=0)
        rows = [[row[at] if at < len(row) else "" for row in rows] for at in range(width)]
    for values in rows:
        while values and values[-1] == "":
            values.pop()
    while rows and not rows[-1]:
        rows.pop()
    found: Json = {"range": write_range(sheet.title, box), "majorDimension": major}
    return found | ({"values": rows} if rows else {})


def entered_cell(old: Cell | None, value: Any, *, typed: bool) -> Cell | None:
    """The cell after a value was written to it, RAW or as if typed; formats and notes stay."""
    base = old or BLANK
    if isinstance(value, str) and typed:
        number_format = (base.format or {}).get("numberFormat") or {}
        entry = type_in(value, as_text=number_format.get("type") == "TEXT")
        if isinstance(entry.value, Formula):
            check_formula(entry.value)
        style = base.format
        if entry.number_format is not None:
            style = (style or {}) | {"numberFormat": entry.number_format}
        return tidy(base._replace(entered=entry.value, effective=settled(entry.value), format=style))
    if isinstance(value, str):
        kept: str | float | bool | None = value or None
    else:
        kept = value if isinstance(value, bool) else float(value)
    return tidy(base._replace(entered=kept, effective=kept))


def _check_text(value: Any) -> None:
    if isinstance(value, str) and len(value) > MAX_CELL_TEXT:
        raise bad_request(f"Your input contains more than the maximum of {MAX_CELL_TEXT} characters in a single cell.")


class Written:
    """What one write has touched, for the answer's counts."""

    def __init__(self, sheet: Sheet, box: Box) -> None:
        self.sheet = sheet
        self.box = box
        self.rows: set[int] = set()
        self.columns: set[int] = set()
        self.cells = 0

    def answer(self, book_id: str) -> Json:
        """An UpdateValuesResponse; counts of 0 are left out."""
        found: Json = {"spreadsheetId": book_id, "updatedRange": write_range(self.sheet.title, self.box)}
        counts = {"updatedRows": len(self.rows), "updatedColumns": len(self.columns), "updatedCells": self.cells}
        return found | {name: count for name, count in counts.items() if count}


def write_values(book: Book, sheet: Sheet, box: Box, values: list[list[Any]], *, major: str, typed: bool) -> Written:
    """Write values from a box's first corner on; null leaves a cell as it is, an empty text clears it.

    Raises:
        ApiError: the values don't fit the box or the grid, or touch what is protected.
    """
    if major == "COLUMNS":
        depth = max((len(column) for column in values), default=0)
        values = [[column[at] if at < len(column) else None for column in values] for at in range(depth)]
    check_in_grid(sheet, box)
    top, left = box.top or 0, box.left or 0
    width = max((len(row) for row in values), default=0)
    target = Box(top, top + max(len(values), 1), left, left + max(width, 1))
    if box.spans or not box.is_cell:
        _check_fits(sheet, box.within(sheet.row_count, sheet.column_count), target)
    if (target.bottom or 0) > sheet.row_count or (target.right or 0) > sheet.column_count:
        raise beyond_grid(sheet, target)
    check_unprotected(book, sheet, target)
    written = Written(sheet, target)
    for at, row in enumerate(values, start=top):
        _write_row(sheet, at, left, row, written, typed=typed)
    return written


def _write_row(sheet: Sheet, row: int, left: int, values: list[Any], written: Written, *, typed: bool) -> None:
    old = sheet.row(row)
    cells: list[Cell | None] = []
    for column, value in enumerate(values, start=left):
        before = old[column] if column < len(old) else None
        if value is None:
            cells.append(before)
            continue
        _check_text(value)
        if before is None and not typed and type(value) is str:
            cells.append(Cell(value, value) if value else None)
        else:
            cells.append(entered_cell(before, value, typed=typed))
        written.rows.add(row)
        written.columns.add(column)
        written.cells += 1
    if cells:
        sheet.put(row, left, cells)


def _check_fits(sheet: Sheet, box: Box, target: Box) -> None:
    said = f"Requested writing within range [{write_range(sheet.title, box)}], but tried writing to"
    if box.bottom is not None and (target.bottom or 0) > box.bottom:
        raise bad_request(f"{said} row [{box.bottom + 1}]")
    if box.right is not None and (target.right or 0) > box.right:
        raise bad_request(f"{said} column [{column_letters(box.right)}]")


def clear_values(book: Book, sheet: Sheet, box: Box) -> str:
    """Empty a box of its values, and say which it was; formats and notes stay."""
    check_in_grid(sheet, box)
    box = box.within(sheet.row_count, sheet.column_count)
    check_unprotected(book, sheet, box)
    used = Box(box.top, min(box.bottom or 0, max(len(sheet.rows), box.top or 0)), box.left, box.right)
    sheet.change(used, lambda cell: None if cell is None else tidy(cell._replace(entered=None, effective=None)))
    return write_range(sheet.title, box)


def total_answer(book: Book, all_written: Iterable[Written]) -> Json:
    """A BatchUpdateValuesResponse over several writes, without the answers about each."""
    every = list(all_written)
    rows = {(w.sheet.sheet_id, row) for w in every for row in w.rows}
    columns = {(w.sheet.sheet_id, column) for w in every for column in w.columns}
    counts = {
        "totalUpdatedRows": len(rows),
        "totalUpdatedColumns": len(columns),
        "totalUpdatedCells": sum(w.cells for w in every),
        "totalUpdatedSheets": len({w.sheet.sheet_id for w in every}),
    }
    return {"spreadsheetId": book.book_id} | {name: count for name, count in counts.items() if count}


def finish(book: Book) -> None:
    """What follows every change: formulas are brought up to date, and the size is checked."""
    recalculate(book)
    book.check_size()
