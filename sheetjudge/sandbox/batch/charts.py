"""Requests about charts."""

from __future__ import annotations

from sheetjudge.sandbox.batch.context import Batch, Handler, fields_of
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.charts import chart_json, checked_spec, placed, position_json
from sheetjudge.sandbox.colors import with_styles
from sheetjudge.sandbox.masks import merge_masked
from sheetjudge.sandbox.problems import Json, bad_request, not_built
from sheetjudge.sandbox.sheet import Sheet

_NO_PLACE = "One of EmbeddedObjectPosition.overlayPosition or EmbeddedObjectPosition.sheetId must be set"


def _overlay(position: Json) -> Json:
    if position.get("newSheet") or "sheetId" in position:
        raise not_built("charts on a tab of their own")
    if "overlayPosition" not in position:
        raise bad_request(_NO_PLACE)
    found: Json = position["overlayPosition"]
    return found


def _found(book: Book, number: int, what: str) -> tuple[Sheet, int]:
    for sheet in book.sheets:
        for at, chart in enumerate(sheet.charts):
            if chart["chartId"] == number:
                return sheet, at
    raise bad_request(f"No {what} with id: {number}")


def add_chart(batch: Batch, request: Json) -> Json:
    """Put a chart over the cells of a tab."""
    book, asked = batch.book, request.get("chart") or {}
    number = asked.get("chartId") or book.new_number()
    if any(chart["chartId"] == number for sheet in book.sheets for chart in sheet.charts):
        raise bad_request(f"An embedded object with id {number} already exists.")
    spec = checked_spec(book, asked.get("spec") or {})
    sheet, overlay = placed(book, _overlay(asked.get("position") or {}))
    chart: Json = {"chartId": number, "spec": spec, "position": {"overlayPosition": overlay}}
    if "border" in asked:
        chart["border"] = with_styles(asked["border"])
    sheet.charts.append(chart)
    return {"addChart": {"chart": chart_json(chart)}}


def update_spec(batch: Batch, request: Json) -> Json:
    """Replace what a chart draws; where it is stays."""
    sheet, at = _found(batch.book, request.get("chartId", 0), "chart")
    sheet.charts[at] = sheet.charts[at] | {"spec": checked_spec(batch.book, request.get("spec") or {})}
    return {}


def update_position(batch: Batch, request: Json) -> Json:
    """Move a chart over its tab, or give it another size."""
    book, asked = batch.book, _overlay(request.get("newPosition") or {})
    mask = fields_of(request, "OverlayPosition")
    sheet, at = _found(book, request.get("objectId", 0), "embedded object")
    old = sheet.charts[at]["position"]["overlayPosition"]
    there, overlay = placed(book, merge_masked(old, asked, mask))
    if there is not sheet:
        raise not_built("moving charts to another tab")
    sheet.charts[at] = sheet.charts[at] | {"position": {"overlayPosition": overlay}}
    return {"updateEmbeddedObjectPosition": {"position": position_json(sheet.charts[at]["position"])}}


def delete_object(batch: Batch, request: Json) -> Json:
    """Take a chart away."""
    sheet, at = _found(batch.book, request.get("objectId", 0), "embedded object")
    del sheet.charts[at]
    return {}


HANDLERS: dict[str, Handler] = {
    "addChart": add_chart,
    "updateChartSpec": update_spec,
    "updateEmbeddedObjectPosition": update_position,
    "deleteEmbeddedObject": delete_object,
}
