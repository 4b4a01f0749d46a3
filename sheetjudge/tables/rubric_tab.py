"""A rubric that lives in a tab of the spreadsheet whose rows it is for."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.rubric_file import Reading, error_of
from sheetjudge.core.rubric_grid import Cell, read_grid, rubric_grid
from sheetjudge.core.rubric_reader import CRITERION_KEYS
from sheetjudge.core.table import Table, column_letters
from sheetjudge.core.yaml_nodes import MAX_CHARACTERS, shorten
from sheetjudge.errors import RubricError, TableError
from sheetjudge.tables.address import SheetAddress, sheet_address
from sheetjudge.tables.connecting import connect
from sheetjudge.tables.file_table import FileTable
from sheetjudge.tables.open import TableOptions
from sheetjudge.tables.sheet_cells import is_error_text
from sheetjudge.tables.sheet_layout import FIELDS, SheetLayout, find_tab
from sheetjudge.tables.sheet_table import SheetTable
from sheetjudge.tables.sheet_writing import LONGEST_CELL, cell_data
from sheetjudge.tables.xlsx import XlsxLayout

if TYPE_CHECKING:
    from sheetjudge.tables.sheets import Patience, SheetsApi

Pushed = Literal["made", "filled", "replaced", "unchanged"]

_MOST_ROWS, _MOST_COLUMNS = 2000, 100
_LOOKS = 4
_SPARE_ROWS = 20
_WIDTHS = {"id": 130, "ask": 380, "statement": 300, "levels": 380, "check": 240}
_USUAL_WIDTH = 80
_HEADER_COLOR = {"red": 0.94, "green": 0.95, "blue": 0.97}


def read_rubric_tab(table: str, tab: str, options: TableOptions) -> Rubric:
    """The rubric in a tab of a spreadsheet or workbook.

    Args:
        table: URL or ID of the spreadsheet, or path of an .xlsx file.
        tab: its title.
        options: their credentials count.

    Raises:
        TableError: there is no such spreadsheet, workbook or tab.
        RubricError: the tab holds no rubric; says in which row and column, and what was probably meant.
        AccessError: a spreadsheet that the credentials don't open.
    """
    address = None if os.path.isfile(table) else sheet_address(table)  # noqa: PTH113  Path's raises on a long name
    if address is None:
        name, rows = f"The tab {tab!r} of {table}", _workbook_rows(table, tab)
    else:
        address, api = connect(address, options)
        layout = find_tab(api.describe(FIELDS), address, tab)
        name, rows = _name(layout), _rows(api, layout)
    reading = _reading(rows, tab, name)
    if reading.rubric is None:
        raise error_of(reading.problems, name, names_lines=False)
    return reading.rubric


def title_of(table: Table) -> str | None:
    """The title of the tab that a table is in; None where it is in none."""
    if isinstance(table, SheetTable):
        return table.layout.title
    layout = table.layout if isinstance(table, FileTable) else None
    return layout.tab if isinstance(layout, XlsxLayout) else None


def push_rubric(
    rubric: Rubric,
    where: str,
    tab: str,
    options: TableOptions,
    *,
    overwrite: bool = False,
    patience: Patience | None = None,
) -> Pushed:
    """Write a rubric into a tab, which is made if there is none.

    Args:
        rubric: what to write.
        where: URL or ID of the spreadsheet.
        tab: title of the tab.
        options: their credentials count.
        overwrite: also over what stands there already.
        patience: how long to try; None for minutes.

    Returns:
        What was done: the tab was `made`, was there and has been `filled` or `replaced`, or was right already.

    Raises:
        TableError: something else stands in the tab, or it holds results.
        RubricError: a text of the rubric is too long for a cell.
        AccessError: the spreadsheet may not be changed, or Google gives no answer.
    """
    from sheetjudge.tables.sheets import Uncertain

    grid = rubric_grid(rubric)
    _check_lengths(grid)
    address, api = connect(where, options, patience)
    done: Pushed = "unchanged"
    for _ in range(_LOOKS):
        layout = _tab_or_none(api, address, tab)
        if layout is None:
            changes, done = _made(tab, grid), "made"
        else:
            rows = _rows(api, layout)
            if _holds(rows, layout, rubric):
                return done
            _check_free(rows, layout, overwrite=overwrite)
            changes, done = _filled(layout, grid), "replaced" if rows else "filled"
        # Where the answer is lost, the next look shows whether it was done.
        with suppress(Uncertain):
            api.change(changes)
    raise TableError(f"The tab {tab!r} was edited while the rubric was written.", "Run the same command again.")


def _tab_or_none(api: SheetsApi, address: SheetAddress, tab: str) -> SheetLayout | None:
    description = api.describe(FIELDS)
    titles = {sheet["properties"]["title"] for sheet in description.get("sheets", [])}
    return find_tab(description, address, tab) if tab in titles else None


def _rows(api: SheetsApi, layout: SheetLayout) -> list[list[Cell]]:
    """The tab's cells as they are: a number is one, whatever the spreadsheet's language makes of its point."""
    if not layout.rows or not layout.columns:
        return []
    area = {
        "sheetId": layout.sheet_id,
        "startRowIndex": 0,
        "startColumnIndex": 0,
        "endRowIndex": min(layout.rows, _MOST_ROWS),
        "endColumnIndex": min(layout.columns, _MOST_COLUMNS),
    }
    answer, _ = api.values_in([{"gridRange": area}], is_formatted=False)
    found: list[list[Cell]] = [
        row for entry in answer.get("valueRanges", []) for row in entry["valueRange"].get("values", [])
    ]
    return found


def _workbook_rows(path: str, tab: str) -> list[list[Cell]]:
    from sheetjudge.tables.files import STANDARD_INPUT, format_of, open_table

    if path == STANDARD_INPUT or format_of(path) != "xlsx":
        raise TableError(
            f"{path} has no tab {tab!r}.", "A rubric is read from a tab of a Google Sheet or of an .xlsx file."
        )
    table = open_table(path, tab=tab)
    rows: list[list[Cell]] = [[column.header for column in table.columns]]
    rows += (list(row.cells) for row in table.rows())
    return rows


def _reading(rows: Sequence[Sequence[Cell]], title: str, name: str) -> Reading:
    if len(rows) >= _MOST_ROWS or sum(len(str(cell)) for row in rows for cell in row) > MAX_CHARACTERS:
        raise RubricError(f"{name} is too large for a rubric.", f"At most {MAX_CHARACTERS:,} characters are read.")
    for n, row in enumerate(rows, start=1):
        for i, cell in enumerate(row):
            if isinstance(cell, str) and is_error_text(cell):
                raise RubricError(f"{name}: row {n} column {column_letters(i)} shows {cell}.", "Correct it.", line=n)
    return read_grid(rows, title)


def _holds(rows: Sequence[Sequence[Cell]], layout: SheetLayout, rubric: Rubric) -> bool:
    found = _reading(rows, layout.title, _name(layout)).rubric if rows else None
    return found is not None and found.version == rubric.version


def _check_free(rows: Sequence[Sequence[Cell]], layout: SheetLayout, *, overwrite: bool) -> None:
    if layout.managed:
        raise TableError(f"{_name(layout)} holds results of sheetjudge.", "Choose another with --tab.")
    if rows and not overwrite:
        raise TableError(
            f"{_name(layout)} holds something else already.",
            "Choose another with --tab, or replace what it holds with --overwrite.",
        )


def _check_lengths(grid: Sequence[Sequence[Cell]]) -> None:
    for row in grid:
        for cell in row:
            if isinstance(cell, str) and len(cell) > LONGEST_CELL:
                what = f"{shorten(cell)!r} is too long for a cell, with {len(cell):,} characters."
                raise RubricError(what, f"A cell takes {LONGEST_CELL:,}.")


def _made(tab: str, grid: Sequence[Sequence[Cell]]) -> list[dict[str, Any]]:
    """Requests that make the tab. Its cells are plain text, so that 1-5 stays a scale when a person types it."""
    sheet_id = secrets.randbelow(2**31 - 2) + 1
    properties = {
        "sheetId": sheet_id,
        "title": tab,
        "gridProperties": {"rowCount": len(grid) + _SPARE_ROWS, "columnCount": len(CRITERION_KEYS)},
    }
    style = {"numberFormat": {"type": "TEXT"}, "wrapStrategy": "WRAP", "verticalAlignment": "TOP"}
    whole = {"repeatCell": {"range": {"sheetId": sheet_id}, "cell": {"userEnteredFormat": style}}}
    whole["repeatCell"]["fields"] = "userEnteredFormat(numberFormat,wrapStrategy,verticalAlignment)"
    header = grid.index(list(CRITERION_KEYS))
    labels = {"startRowIndex": 0, "endRowIndex": header, "startColumnIndex": 0, "endColumnIndex": 1}
    return [
        {"addSheet": {"properties": properties}},
        whole,
        *(_headed(sheet_id, area) for area in (labels, {"startRowIndex": header, "endRowIndex": header + 1})),
        *(_width(sheet_id, i, _WIDTHS.get(key, _USUAL_WIDTH)) for i, key in enumerate(CRITERION_KEYS)),
        _cells({"sheetId": sheet_id}, grid),
    ]


def _filled(layout: SheetLayout, grid: Sequence[Sequence[Cell]]) -> list[dict[str, Any]]:
    """Requests that put the cells into a tab in place of all that it holds, and leave its formats as they are."""
    missing = {"ROWS": len(grid) - layout.rows, "COLUMNS": len(CRITERION_KEYS) - layout.columns}
    grown = [
        {"appendDimension": {"sheetId": layout.sheet_id, "dimension": dimension, "length": length}}
        for dimension, length in missing.items()
        if length > 0
    ]
    return [*grown, _cells({"sheetId": layout.sheet_id}, grid)]


def _cells(area: dict[str, int], grid: Sequence[Sequence[Cell]]) -> dict[str, Any]:
    rows = [{"values": [cell_data(value) for value in row]} for row in grid]
    return {"updateCells": {"range": area, "rows": rows, "fields": "userEnteredValue"}}


def _headed(sheet_id: int, area: dict[str, int]) -> dict[str, Any]:
    style = {"textFormat": {"bold": True}, "backgroundColor": _HEADER_COLOR}
    fields = "userEnteredFormat(textFormat.bold,backgroundColor)"
    cell = {"userEnteredFormat": style}
    return {"repeatCell": {"range": {"sheetId": sheet_id, **area}, "cell": cell, "fields": fields}}


def _width(sheet_id: int, index: int, pixels: int) -> dict[str, Any]:
    span = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": index, "endIndex": index + 1}
    return {"updateDimensionProperties": {"range": span, "properties": {"pixelSize": pixels}, "fields": "pixelSize"}}


def _name(layout: SheetLayout) -> str:
    return f"The tab {layout.title!r} of {layout.spreadsheet_title!r}"
