"""Changes that make, mark and unmake the columns of results in a tab. Values only; `sheet_target` sends them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sheetjudge.tables.sheet_layout import METADATA_KEY, SheetLayout, metadata_value

Change = dict[str, Any]

_WIDTHS = {"Why": 420, "Status": 150}
_USUAL_WIDTH = 90
_HEADER_COLOR = {"red": 0.94, "green": 0.95, "blue": 0.97}


def add_columns(layout: SheetLayout, headers: Sequence[str], at: int, header_row: int) -> list[Change]:
    """Insert columns at `at` (0-based) and make them sheetjudge's own, all in one batch.

    They are inserted and not only filled, so that nothing can be written over even if somebody types there.
    """
    end = at + len(headers)
    columns = {"sheetId": layout.sheet_id, "dimension": "COLUMNS", "startIndex": at, "endIndex": end}
    if at >= layout.columns:
        make = {"appendDimension": {"sheetId": layout.sheet_id, "dimension": "COLUMNS", "length": end - layout.columns}}
    else:
        make = {"insertDimension": {"range": columns, "inheritFromBefore": False}}
    changes: list[Change] = [make, _plain(layout.sheet_id, at, end)]
    changes += [_mark(layout.sheet_id, at + i, role) for i, role in enumerate(headers)]
    changes += [_width(layout.sheet_id, at + i, role) for i, role in enumerate(headers)]
    changes += [_wrapped(layout.sheet_id, at + i, header_row) for i, role in enumerate(headers) if _is_why(role)]
    return [*changes, _headers(layout.sheet_id, headers, at, header_row)]


def mark_again(layout: SheetLayout, roles: Sequence[str]) -> list[Change]:
    """Write the marks of columns that are there already: it changes nothing, but only an editor may do it."""
    return [
        {
            "updateDeveloperMetadata": {
                "dataFilters": [
                    {
                        "developerMetadataLookup": {
                            "metadataKey": METADATA_KEY,
                            "metadataValue": metadata_value(role),
                            "metadataLocation": {"dimensionRange": _column(layout.sheet_id, layout.results[role])},
                        }
                    }
                ],
                "developerMetadata": {"metadataValue": metadata_value(role)},
                "fields": "metadataValue",
            }
        }
        for role in roles
    ]


def delete_columns(layout: SheetLayout, indexes: Sequence[int]) -> list[Change]:
    """Delete columns, the rightmost first so that the others keep their places."""
    ordered = sorted(indexes, reverse=True)
    return [{"deleteDimension": {"range": _column(layout.sheet_id, index)}} for index in ordered]


def _column(sheet_id: int, index: int) -> dict[str, Any]:
    return {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": index, "endIndex": index + 1}


def _plain(sheet_id: int, start: int, end: int) -> Change:
    """Without the formats and rules that an inserted column takes from its neighbour (a score is no date)."""
    area = {"sheetId": sheet_id, "startColumnIndex": start, "endColumnIndex": end}
    return {"repeatCell": {"range": area, "cell": {}, "fields": "userEnteredFormat,dataValidation"}}


def _mark(sheet_id: int, index: int, role: str) -> Change:
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataKey": METADATA_KEY,
                "metadataValue": metadata_value(role),
                "visibility": "DOCUMENT",
                "location": {"dimensionRange": _column(sheet_id, index)},
            }
        }
    }


def _width(sheet_id: int, index: int, role: str) -> Change:
    pixels = next((pixels for name, pixels in _WIDTHS.items() if role.endswith(name)), _USUAL_WIDTH)
    return {
        "updateDimensionProperties": {
            "range": _column(sheet_id, index),
            "properties": {"pixelSize": pixels},
            "fields": "pixelSize",
        }
    }


def _wrapped(sheet_id: int, index: int, header_row: int) -> Change:
    area = {
        "sheetId": sheet_id,
        "startRowIndex": header_row,
        "startColumnIndex": index,
        "endColumnIndex": index + 1,
    }
    style = {"wrapStrategy": "WRAP", "verticalAlignment": "TOP"}
    fields = "userEnteredFormat(wrapStrategy,verticalAlignment)"
    return {"repeatCell": {"range": area, "cell": {"userEnteredFormat": style}, "fields": fields}}


def _headers(sheet_id: int, headers: Sequence[str], at: int, header_row: int) -> Change:
    style = {"textFormat": {"bold": True}, "backgroundColor": _HEADER_COLOR, "wrapStrategy": "WRAP"}
    cells = [{"userEnteredValue": {"stringValue": header}, "userEnteredFormat": style} for header in headers]
    start = {"sheetId": sheet_id, "rowIndex": header_row - 1, "columnIndex": at}
    fields = "userEnteredValue,userEnteredFormat(textFormat.bold,backgroundColor,wrapStrategy)"
    return {"updateCells": {"start": start, "rows": [{"values": cells}], "fields": fields}}


def _is_why(role: str) -> bool:
    return role == "Why" or role.endswith(" Why")
