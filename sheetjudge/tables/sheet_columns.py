"""Changes that make, mark and unmake the columns of results in a tab. Values only; `sheet_target` sends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sheetjudge.tables.earlier_results import PREFIX_MARK
from sheetjudge.tables.sheet_layout import METADATA_KEY, SheetLayout, metadata_value

Change = dict[str, Any]

_WIDTHS = {"Why": 420, "Reasoning": 420, "Status": 150}
_USUAL_WIDTH = 90
_HEADER_COLOR = {"red": 0.94, "green": 0.95, "blue": 0.97}
_LOWEST_COLOR = {"red": 1.0, "green": 1.0, "blue": 1.0}
_HIGHEST_COLOR = {"red": 0.78, "green": 0.91, "blue": 0.84}
_WRAPPED = frozenset({"Why", "Reasoning"})
# What holds no marks on a scale on which more is better.
_UNSCALED = _WRAPPED | {"Status", "Rank", "Tier", "Keep", "Winner"}


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column to be made.

    Attributes:
        header: its first cell. kind, says: what its metadata means: `role` and the header, or `marks` and a prefix.
    """

    header: str
    kind: str
    says: str

    @property
    def is_hidden(self) -> bool:
        """Row marks are for programs."""
        return self.kind == "marks"

    @property
    def name(self) -> str:
        """The header without the rubric's name."""
        return self.header.rpartition(PREFIX_MARK)[2]


def add_columns(layout: SheetLayout, new: Sequence[NewColumn], at: int, header_row: int) -> list[Change]:
    """Insert columns at `at` (0-based) and make them sheetjudge's own, all in one batch.

    They are inserted and not only filled, so that nothing can be written over even if somebody types there.
    """
    if not new:
        return []
    end = at + len(new)
    columns = {"sheetId": layout.sheet_id, "dimension": "COLUMNS", "startIndex": at, "endIndex": end}
    if at >= layout.columns:
        make = {"appendDimension": {"sheetId": layout.sheet_id, "dimension": "COLUMNS", "length": end - layout.columns}}
    else:
        make = {"insertDimension": {"range": columns, "inheritFromBefore": False}}
    changes: list[Change] = [make, _plain(layout.sheet_id, at, end)]
    for index, column in enumerate(new, start=at):
        changes += [_mark(layout.sheet_id, index, column), _width(layout.sheet_id, index, column.name)]
        if column.name in _WRAPPED:
            changes.append(_wrapped(layout.sheet_id, index, header_row))
        if column.is_hidden:
            changes.append(hide(layout.sheet_id, index))
    scaled = [i for i, column in enumerate(new, start=at) if not column.is_hidden and column.name not in _UNSCALED]
    return [
        *changes,
        _headers(layout.sheet_id, [c.header for c in new], at, header_row),
        *(_scale(layout, index, header_row, after=n) for n, index in enumerate(scaled)),
    ]


def number_format(sheet_id: int, index: int, header_row: int) -> Change:
    """Show the numbers of a column with two digits behind the point."""
    style = {"numberFormat": {"type": "NUMBER", "pattern": "0.00"}}
    area = _below(sheet_id, index, header_row)
    return {
        "repeatCell": {"range": area, "cell": {"userEnteredFormat": style}, "fields": "userEnteredFormat.numberFormat"}
    }


def hide(sheet_id: int, index: int) -> Change:
    """Hide a column."""
    properties = {"range": _column(sheet_id, index), "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    return {"updateDimensionProperties": properties}


def delete_columns(sheet_id: int, indexes: Sequence[int]) -> list[Change]:
    """Delete columns, the rightmost first so that the others keep their places."""
    return [{"deleteDimension": {"range": _column(sheet_id, index)}} for index in sorted(indexes, reverse=True)]


def _column(sheet_id: int, index: int) -> dict[str, Any]:
    return {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": index, "endIndex": index + 1}


def _plain(sheet_id: int, start: int, end: int) -> Change:
    """Without the formats and rules that an inserted column takes from its neighbour (a score is no date)."""
    area = {"sheetId": sheet_id, "startColumnIndex": start, "endColumnIndex": end}
    return {"repeatCell": {"range": area, "cell": {}, "fields": "userEnteredFormat,dataValidation"}}


def _mark(sheet_id: int, index: int, column: NewColumn) -> Change:
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataKey": METADATA_KEY,
                "metadataValue": metadata_value(column.kind, column.says),
                "visibility": "DOCUMENT",
                "location": {"dimensionRange": _column(sheet_id, index)},
            }
        }
    }


def _below(sheet_id: int, index: int, header_row: int) -> dict[str, Any]:
    return {
        "sheetId": sheet_id,
        "startRowIndex": header_row,
        "startColumnIndex": index,
        "endColumnIndex": index + 1,
    }


def _scale(layout: SheetLayout, index: int, header_row: int, *, after: int) -> Change:
    """Colour the numbers of a column from the lowest to the highest. The rules of the sheet's people go before it."""
    points = (("minpoint", _LOWEST_COLOR, "MIN"), ("maxpoint", _HIGHEST_COLOR, "MAX"))
    gradient = {name: {"colorStyle": {"rgbColor": color}, "type": end} for name, color, end in points}
    rule = {"ranges": [_below(layout.sheet_id, index, header_row)], "gradientRule": gradient}
    return {"addConditionalFormatRule": {"rule": rule, "index": layout.rules + after}}


def _width(sheet_id: int, index: int, name: str) -> Change:
    return {
        "updateDimensionProperties": {
            "range": _column(sheet_id, index),
            "properties": {"pixelSize": _WIDTHS.get(name, _USUAL_WIDTH)},
            "fields": "pixelSize",
        }
    }


def _wrapped(sheet_id: int, index: int, header_row: int) -> Change:
    area = _below(sheet_id, index, header_row)
    style = {"wrapStrategy": "WRAP", "verticalAlignment": "TOP"}
    fields = "userEnteredFormat(wrapStrategy,verticalAlignment)"
    return {"repeatCell": {"range": area, "cell": {"userEnteredFormat": style}, "fields": fields}}


def _headers(sheet_id: int, headers: Sequence[str], at: int, header_row: int) -> Change:
    style = {"textFormat": {"bold": True}, "backgroundColor": _HEADER_COLOR, "wrapStrategy": "WRAP"}
    cells = [{"userEnteredValue": {"stringValue": header}, "userEnteredFormat": style} for header in headers]
    start = {"sheetId": sheet_id, "rowIndex": header_row - 1, "columnIndex": at}
    fields = "userEnteredValue,userEnteredFormat(textFormat.bold,backgroundColor,wrapStrategy)"
    return {"updateCells": {"start": start, "rows": [{"values": cells}], "fields": fields}}
