"""Charts of a tab as the Sheets API wants them, drawn from lines of the same tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

WIDTH, HEIGHT = 520, 300

_BAR = {"red": 0.18, "green": 0.44, "blue": 0.66}
_END = {"red": 0.66, "green": 0.29, "blue": 0.07}
_END_SIZE, _POINT_SIZE = 6, 9


@dataclass(frozen=True, slots=True)
class ChartSource:
    """A chart, and the lines and columns of its tab that it is drawn from. Indexes count from 0.

    Attributes:
        kind: `columns` stand on the axis; `points` lie where the value is.
        title, subtitle: what it shows. top: the line with the names of the columns. bottom: behind its last line.
        names: the column of the names along its axis. values: columns that are drawn.
        ends: columns with the ends of the values' intervals, drawn as small points.
        low, high: the ends of the axis of values; None where they follow from the values.
        along, up: titles of the axes. told: all of it in words, for who can't see it.
    """

    kind: Literal["columns", "points"]
    title: str
    subtitle: str
    top: int
    bottom: int
    names: int
    values: tuple[int, ...]
    ends: tuple[int, ...] = ()
    low: float | None = None
    high: float | None = None
    along: str = ""
    up: str = ""
    told: str = ""


def chart_spec(chart: ChartSource, sheet_id: int) -> dict[str, Any]:
    """The chart as a ChartSpec."""
    is_mixed = bool(chart.ends) or chart.kind == "points"
    series = [_series(chart, sheet_id, column, is_end=False) for column in chart.values]
    series += [_series(chart, sheet_id, column, is_end=True) for column in chart.ends]
    window = {"viewWindowMin": chart.low, "viewWindowMax": chart.high}
    known = {name: end for name, end in window.items() if end is not None}
    left: dict[str, Any] = {"position": "LEFT_AXIS", "title": chart.up}
    if known:
        left["viewWindowOptions"] = {"viewWindowMode": "EXPLICIT", **known}
    return {
        "title": chart.title,
        "subtitle": chart.subtitle,
        "altText": chart.told or chart.title,
        "hiddenDimensionStrategy": "SHOW_ALL",
        "basicChart": {
            "chartType": "COMBO" if is_mixed else "COLUMN",
            "legendPosition": "BOTTOM_LEGEND" if is_mixed else "NO_LEGEND",
            "axis": [{"position": "BOTTOM_AXIS", "title": chart.along}, left],
            "domains": [{"domain": _data(chart, sheet_id, chart.names)}],
            "series": series,
            "headerCount": 1,
        },
    }


def chart_position(sheet_id: int, row: int, column: int) -> dict[str, Any]:
    """A place over the cells of a tab as an EmbeddedObjectPosition."""
    anchor = {"sheetId": sheet_id, "rowIndex": row, "columnIndex": column}
    return {"overlayPosition": {"anchorCell": anchor, "widthPixels": WIDTH, "heightPixels": HEIGHT}}


def _series(chart: ChartSource, sheet_id: int, column: int, *, is_end: bool) -> dict[str, Any]:
    found = {
        "series": _data(chart, sheet_id, column),
        "targetAxis": "LEFT_AXIS",
        "colorStyle": {"rgbColor": _END if is_end else _BAR},
    }
    if is_end or chart.kind == "points":
        point = {"shape": "CIRCLE", "size": _END_SIZE if is_end else _POINT_SIZE}
        return {**found, "type": "LINE", "lineStyle": {"type": "INVISIBLE"}, "pointStyle": point}
    return {**found, "type": "COLUMN"} if chart.ends else found


def _data(chart: ChartSource, sheet_id: int, column: int) -> dict[str, Any]:
    area = {
        "sheetId": sheet_id,
        "startRowIndex": chart.top,
        "endRowIndex": chart.bottom,
        "startColumnIndex": column,
        "endColumnIndex": column + 1,
    }
    return {"sourceRange": {"sources": [area]}}
