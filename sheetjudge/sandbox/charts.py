"""Charts on a tab: what their specifications may say, and how they follow the rows and columns they stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sheetjudge.sandbox.a1 import box_of, grid_range
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.colors import with_styles
from sheetjudge.sandbox.problems import ApiError, Json, bad_request
from sheetjudge.sandbox.sheet import Sheet

KINDS = (
    "basicChart",
    "pieChart",
    "bubbleChart",
    "candlestickChart",
    "histogramChart",
    "orgChart",
    "treemapChart",
    "waterfallChart",
    "scorecardChart",
)
WIDTH, HEIGHT = 600, 371

_NO_KIND = (
    "One of basicChart, pieChart, bubbleChart, candelstickChart, histogramChart, or orgChart must be set on chartSpec."
)
_NOT_A_LINE = "ChartSourceRange ranges require all rows or all columns to have length of 1"
_LINES = frozenset({"AREA", "LINE", "SCATTER"})
_FAR = 2**31
_DEFAULTS: Json = {"hiddenDimensionStrategy": "SKIP_HIDDEN_ROWS_AND_COLUMNS"}

Moved = Callable[[Json], Json | None]
"""Where a GridRange is by now; None where nothing of it is left."""


def checked_spec(book: Book, spec: Json) -> Json:
    """A ChartSpec as it is kept: its ranges closed to their grids, its colours in both forms.

    Raises:
        ApiError: it draws nothing, or what can't be drawn.
    """
    kinds = [kind for kind in KINDS if kind in spec]
    if len(kinds) != 1:
        raise bad_request(_NO_KIND)
    for data in _sources(spec):
        _check_line([_closed(book, one) for one in data])
    if "basicChart" in spec:
        _check_basic(spec["basicChart"])
    if spec.get("histogramChart", {}).get("bucketSize", 0) < 0:
        raise bad_request("HistogramChartSpec.bucketSize cannot be negative.")
    closed: Json = with_sources(spec, lambda one: _closed(book, one))
    return _DEFAULTS | dict(with_styles(closed))


def _closed(book: Book, area: Json) -> Json:
    sheet, box = book.of_range(area)
    return {"sheetId": sheet.sheet_id} | grid_range(0, box)


def _check_line(areas: list[Json]) -> None:
    """See that the ranges of one series lie in rows, or all in columns."""
    boxes = [box_of(area) for area in areas]
    heights = {(box.bottom or 0) - (box.top or 0) for box in boxes}
    widths = {(box.right or 0) - (box.left or 0) for box in boxes}
    if boxes and heights != {1} and widths != {1}:
        raise bad_request(_NOT_A_LINE)


def _check_basic(basic: Json) -> None:
    series, domains = basic.get("series") or [], basic.get("domains") or []
    if not series and not domains:
        # Google breaks on it in place of refusing it.
        raise ApiError(500, "Internal error encountered.")
    if len(domains) > 1:
        raise bad_request("Only a single domain is supported.")
    parts = [one.get("domain", {}) for one in domains] + [one.get("series", {}) for one in series]
    if len({len(part.get("sourceRange", {}).get("sources", ())) for part in parts}) > 1:
        raise bad_request("The domain and all series must have the same number of source ranges.")
    positions = [axis.get("position") for axis in basic.get("axis") or []]
    if len(positions) != len(set(positions)):
        raise bad_request("A chart may not have more than one axis per axis position.")
    kind = basic.get("chartType")
    if basic.get("threeDimensional") and kind not in ("BAR", "COLUMN", "COMBO"):
        raise bad_request(f"threeDimensional is not supported for chartType {kind}.")
    for one in series:
        _check_series(one, kind)


def _check_series(series: Json, kind: str | None) -> None:
    if "type" in series and kind != "COMBO":
        raise bad_request("BasicChartSeries.type is only supported for chartType COMBO.")
    drawn = series.get("type") if kind == "COMBO" else kind
    for name in ("lineStyle", "pointStyle"):
        if name in series and drawn not in _LINES:
            raise bad_request(f"BasicChartSeries.{name} is not supported for a series of type {drawn}.")


def _sources(value: Any) -> Iterator[list[Json]]:
    """The ranges of each series and domain in a specification."""
    if isinstance(value, list):
        for item in value:
            yield from _sources(item)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name == "sourceRange":
                yield list(part.get("sources", ()))
            else:
                yield from _sources(part)


def with_sources(value: Any, moved: Moved, *, listed: bool = False) -> Any:
    """A specification with each of its ranges moved. A series that loses all of its ranges is gone.

    Args:
        value: the specification, or a part of it. moved: where a range is. listed: the part is an item of a list.
    """
    if isinstance(value, list):
        kept = [with_sources(item, moved, listed=True) for item in value]
        return [item for item in kept if item is not None]
    if not isinstance(value, dict):
        return value
    found: Json = {}
    for name, part in value.items():
        if name == "sourceRange":
            left = [area for one in part.get("sources", ()) if (area := moved(one)) is not None]
            if not left:
                return None
            found[name] = {"sources": left}
            continue
        changed = with_sources(part, moved)
        if changed is not None:
            found[name] = changed
        elif listed:
            return None
    return found


def placed(book: Book, overlay: Json) -> tuple[Sheet, Json]:
    """The tab that an OverlayPosition is on, and the position as it is kept.

    Raises:
        ApiError: there is no such tab, or no such cell on it.
    """
    anchor = overlay.get("anchorCell") or {}
    sheet = book.sheet(anchor.get("sheetId", 0))
    if sheet is None:
        raise bad_request(f"No sheet with id: {anchor.get('sheetId', 0)}")
    row, column = anchor.get("rowIndex", 0), anchor.get("columnIndex", 0)
    if not (0 <= row < sheet.row_count and 0 <= column < sheet.column_count):
        raise bad_request(
            f"The anchor cell (row {row}, column {column}) lies outside of the grid of {sheet.row_count} rows and"
            f" {sheet.column_count} columns."
        )
    size = {"widthPixels": overlay.get("widthPixels") or WIDTH, "heightPixels": overlay.get("heightPixels") or HEIGHT}
    offsets = {name: overlay.get(name, 0) for name in ("offsetXPixels", "offsetYPixels")}
    cell = {"sheetId": sheet.sheet_id, "rowIndex": row, "columnIndex": column}
    return sheet, {"anchorCell": cell, **offsets, **size}


def chart_json(chart: Json) -> Json:
    """An EmbeddedChart as Google answers it: what is 0 is left out."""
    spec = with_sources(chart["spec"], lambda area: grid_range(area["sheetId"], box_of(area)))
    return chart | {"spec": spec, "position": position_json(chart["position"])}


def position_json(position: Json) -> Json:
    """An EmbeddedObjectPosition as Google answers it."""
    overlay = position["overlayPosition"]
    anchor = {name: part for name, part in overlay["anchorCell"].items() if part}
    rest = {name: part for name, part in overlay.items() if part and name != "anchorCell"}
    return {"overlayPosition": {"anchorCell": anchor, **rest}}


def shift_charts(
    book: Book, sheet: Sheet, dimension: str, shift: Callable[[int, int], tuple[int, int] | None], moved: Moved
) -> None:
    """Move the charts of a tab, and the ranges of all charts that draw its cells.

    Args:
        shift: where a span of the dimension goes. moved: where a range of the tab goes.
    """
    name, size = ("rowIndex", sheet.row_count) if dimension == "ROWS" else ("columnIndex", sheet.column_count)

    def area_now(area: Json) -> Json | None:
        return moved(area) if area["sheetId"] == sheet.sheet_id else area

    for one in book.sheets:
        one.charts = [chart | {"spec": with_sources(chart["spec"], area_now)} for chart in one.charts]
    for at, chart in enumerate(sheet.charts):
        overlay = chart["position"]["overlayPosition"]
        index = overlay["anchorCell"][name]
        # A chart whose cell is deleted stays, at the cell that comes to stand there.
        there, _ = shift(index, index + 1) or shift(index, _FAR) or (index, index)
        anchor = overlay["anchorCell"] | {name: max(min(there, size - 1), 0)}
        sheet.charts[at] = chart | {"position": {"overlayPosition": overlay | {"anchorCell": anchor}}}


def copied_charts(book: Book, source: Sheet, number: int) -> list[Json]:
    """The charts of a tab for its copy, which draw the copy's own cells.

    Args:
        book: where the copy will be. source: the tab, maybe of another spreadsheet. number: the copy's id.
    """
    is_here = any(sheet is source for sheet in book.sheets)

    def area_there(area: Json) -> Json | None:
        if area["sheetId"] == source.sheet_id:
            return area | {"sheetId": number}
        return area if is_here else None

    found = []
    for chart in source.charts:
        overlay = chart["position"]["overlayPosition"]
        anchor = overlay["anchorCell"] | {"sheetId": number}
        found.append({
            **chart,
            "chartId": book.new_number(),
            "spec": with_sources(chart["spec"], area_there),
            "position": {"overlayPosition": overlay | {"anchorCell": anchor}},
        })  # fmt: skip
    return found


def forget_sources(book: Book, sheet_id: int) -> None:
    """Take out of all charts what they drew of a tab that is gone."""
    for sheet in book.sheets:
        sheet.charts = [
            chart | {"spec": with_sources(chart["spec"], lambda area: None if area["sheetId"] == sheet_id else area)}
            for chart in sheet.charts
        ]
