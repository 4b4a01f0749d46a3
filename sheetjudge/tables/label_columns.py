"""Columns for people's labels in a tab: the order in which to label, and empty cells for what they say.

They are the person's own: nothing marks them as sheetjudge's, and `clear` leaves them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sheetjudge.core.table import Column, Row
from sheetjudge.errors import TableError
from sheetjudge.tables.sheet_layout import FIELDS_TO_MAKE_COLUMNS, find_tab
from sheetjudge.tables.sheet_table import SheetTable, read_table
from sheetjudge.tables.sheet_writing import cell_data
from sheetjudge.tables.sheets import Uncertain

Change = dict[str, Any]
Texts = Callable[[tuple[Column, ...], frozenset[int], Row], str]

_LOOKS = 6
_ORDER_WIDTH, _LABEL_WIDTH = 70, 120
_HEADER_COLOR = {"red": 0.94, "green": 0.95, "blue": 0.97}
_WANTED_COLOR = {"red": 1.0, "green": 0.97, "blue": 0.85}


@dataclass(frozen=True)
class Labelling:
    """What is to stand in the columns.

    Attributes:
        order: header of the column with the order. human: headers of those for labels.
        wanted: by the texts of a row its place in the order, or None.
        answers: what a label's cell offers; empty for anything.
    """

    order: str
    human: tuple[str, ...]
    wanted: Mapping[str, int | None]
    answers: tuple[str, ...] = ()


def put_label_columns(table: SheetTable, labelling: Labelling, texts: Texts) -> None:
    """Make the columns that are missing and write the order beside the rows, wherever they are by then.

    Args:
        table: as it was read. labelling: what is to stand there.
        texts: columns, indexes of sheetjudge's own, and a row -> what tells the row.

    Raises:
        AccessError: the sheet may not be changed.
        TableError: it was edited all the time.
    """
    for _ in range(_LOOKS):
        now = read_table(table)
        changes = _missing(table, now, labelling) or _order(now, labelling, texts)
        if not changes:
            return
        # Where the answer is lost, the next look shows whether it was done.
        with suppress(Uncertain):
            table.api.change(changes)
    raise TableError(f"{table.name} was edited all the time.", "Run the same command again in a quiet moment.")


def _missing(table: SheetTable, now: SheetTable, labelling: Labelling) -> list[Change]:
    there = {column.header for column in now.columns}
    new = [name for name in (labelling.order, *labelling.human) if name not in there]
    if not new:
        return []
    layout = find_tab(table.api.describe(FIELDS_TO_MAKE_COLUMNS), table.address, now.layout.title)
    at = len(now.columns)
    sheet, end = layout.sheet_id, at + len(new)
    if at >= layout.columns:
        make: Change = {"appendDimension": {"sheetId": sheet, "dimension": "COLUMNS", "length": end - layout.columns}}
    else:
        make = {"insertDimension": {"range": _columns(sheet, at, end), "inheritFromBefore": False}}
    area = {"sheetId": sheet, "startColumnIndex": at, "endColumnIndex": end}
    head = {"startRowIndex": now.header_row - 1, "endRowIndex": now.header_row}
    style = {"textFormat": {"bold": True}, "backgroundColor": _HEADER_COLOR}
    fields = "userEnteredValue,userEnteredFormat(textFormat.bold,backgroundColor)"
    cells = [cell_data(name) | {"userEnteredFormat": style} for name in new]
    return [
        make,
        {"repeatCell": {"range": area, "cell": {}, "fields": "userEnteredFormat,dataValidation"}},
        {"updateCells": {"range": area | head, "rows": [{"values": cells}], "fields": fields}},
        *(_width(sheet, at + n, name == labelling.order) for n, name in enumerate(new)),
    ]


def _order(now: SheetTable, labelling: Labelling, texts: Texts) -> list[Change]:
    """The changes that put the order beside the rows; none where it stands there.

    The last number comes together with what asks for the labels, once all others were seen beside their rows: so a run
    that is killed in between leaves something to do for the next.
    """
    index = {column.header: column.index for column in reversed(now.columns)}
    at = index[labelling.order]
    wanted = [labelling.wanted.get(texts(now.columns, now.managed, row)) for row in now.rows()]
    shown = [row.cells[at].strip() for row in now.rows()]
    if shown == _shown(wanted):
        return []
    last = max((number for number in wanted if number is not None), default=None)
    all_but_last = [None if number == last else number for number in wanted]
    is_nearly_there = shown == _shown(all_but_last)
    sheet, first = now.layout.sheet_id, now.header_row
    start = {"sheetId": sheet, "rowIndex": first, "columnIndex": at}
    rows = [{"values": [cell_data(number)]} for number in (wanted if is_nearly_there else all_but_last)]
    change = {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}}
    return [change, *(_asking(now, labelling, texts) if is_nearly_there else ())]


def _shown(numbers: Sequence[int | None]) -> list[str]:
    return ["" if number is None else str(number) for number in numbers]


def _asking(now: SheetTable, labelling: Labelling, texts: Texts) -> list[Change]:
    """Colour the cells that wait for a label, and offer the answers."""
    found: list[Change] = []
    values = [{"userEnteredValue": answer} for answer in labelling.answers]
    rule = {"condition": {"type": "ONE_OF_LIST", "values": values}, "showCustomUi": True, "strict": True}
    style = {"userEnteredFormat": {"backgroundColor": _WANTED_COLOR}}
    for column in (c for c in now.columns if c.header in labelling.human):
        for row in now.rows():
            if labelling.wanted.get(texts(now.columns, now.managed, row)) is None:
                continue
            at = now.header_row + row.position
            cell = {"sheetId": now.layout.sheet_id, "startRowIndex": at, "endRowIndex": at + 1}
            cell |= {"startColumnIndex": column.index, "endColumnIndex": column.index + 1}
            fields = "userEnteredFormat.backgroundColor"
            found.append({"repeatCell": {"range": cell, "cell": style, "fields": fields}})
            if values:
                found.append({"setDataValidation": {"range": cell, "rule": rule}})
    return found


def _columns(sheet: int, start: int, end: int) -> dict[str, Any]:
    return {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": start, "endIndex": end}


def _width(sheet: int, index: int, is_order: bool) -> Change:  # noqa: FBT001
    pixels = _ORDER_WIDTH if is_order else _LABEL_WIDTH
    span = _columns(sheet, index, index + 1)
    return {"updateDimensionProperties": {"range": span, "properties": {"pixelSize": pixels}, "fields": "pixelSize"}}
