"""Probes of charts: those that the report's tab has are made, follow their cells, and come with a copied tab."""

from __future__ import annotations

from typing import Any

from sheetjudge.tables.chart_specs import ChartSource, chart_position, chart_spec
from sheetjudge.tables.probe import Change, Otherwise, Probe, Scratch, expect, number

_ROWS: list[list[Any]] = [["What", "Mean", "From", "To"], ["a", 3, 2, 4], ["b", 4, 3, 5]]
_FIELDS = "charts(chartId,spec(basicChart(series(series))),position)"


def _chart(tab: Scratch) -> tuple[int, list[Change]]:
    """The id of a chart, and the requests that fill the tab and make it."""
    source = ChartSource("columns", "Probe", "", 0, 3, 0, (1,), (2, 3))
    made = number()
    chart = {"chartId": made, "spec": chart_spec(source, tab.sheet_id), "position": chart_position(tab.sheet_id, 4, 5)}
    return made, [tab.write(_ROWS), {"addChart": {"chart": chart}}]


def _charts(tab: Scratch) -> dict[int, dict[str, Any]]:
    return {one["chartId"]: one for one in tab.looks(f"properties.title,{_FIELDS}").get("charts", [])}


def _anchor(chart: dict[str, Any]) -> tuple[int, int]:
    cell = chart["position"]["overlayPosition"]["anchorCell"]
    return cell.get("rowIndex", 0), cell.get("columnIndex", 0)


def _columns(chart: dict[str, Any]) -> list[int]:
    """The columns that its series lie in."""
    series = chart["spec"]["basicChart"].get("series", [])
    return [one["series"]["sourceRange"]["sources"][0].get("startColumnIndex", 0) for one in series]


def _marks(tab: Scratch) -> None:
    made, changes = _chart(tab)
    tab.change(*changes)
    expect(_columns(_charts(tab)[made]), [1, 2, 3])


def _unknown(tab: Scratch) -> None:
    absent = number()
    spec = chart_spec(ChartSource("columns", "Probe", "", 0, 3, 0, (1,)), tab.sheet_id)
    place = chart_position(tab.sheet_id, 1, 1)
    for change in (
        {"updateChartSpec": {"chartId": absent, "spec": spec}},
        {"updateEmbeddedObjectPosition": {"objectId": absent, "newPosition": place, "fields": "anchorCell"}},
        {"deleteEmbeddedObject": {"objectId": absent}},
    ):
        if not tab.refuses(tab.write(_ROWS), change):
            raise Otherwise(f"{next(iter(change))} was taken for a chart that isn't there")


def _no_kind(tab: Scratch) -> None:
    chart = {"spec": {"title": "Nothing"}, "position": chart_position(tab.sheet_id, 1, 1)}
    if not tab.refuses({"addChart": {"chart": chart}}):
        raise Otherwise("a chart that draws nothing was made")


def _follows(tab: Scratch) -> None:
    made, changes = _chart(tab)
    tab.change(*changes)
    tab.change(tab.insert("ROWS", 0), tab.insert("COLUMNS", 2))
    chart = _charts(tab)[made]
    expect((_anchor(chart), _columns(chart)), ((5, 6), [1, 3, 4]))


def _deleted(tab: Scratch) -> None:
    made, changes = _chart(tab)
    tab.change(*changes)
    tab.change(
        {"deleteDimension": {"range": tab.span("ROWS", 4, 5)}},
        {"deleteDimension": {"range": tab.span("COLUMNS", 2, 3)}},
    )
    if made not in _charts(tab):
        raise Otherwise("the chart is gone")


def _copied_tab(tab: Scratch) -> None:
    made, changes = _chart(tab)
    tab.change(*changes)
    copy = number()
    duplicate = {"sourceSheetId": tab.sheet_id, "newSheetId": copy, "newSheetName": f"{tab.title} copy"}
    hide = {"properties": {"sheetId": copy, "hidden": True}, "fields": "hidden"}
    tab.change({"duplicateSheet": duplicate}, {"updateSheetProperties": hide})
    fields = "sheets(charts(chartId,spec(basicChart(series(series)))))"
    try:
        answer = tab.api.describe_area({"sheetId": copy}, fields)
    finally:
        tab.change({"deleteSheet": {"sheetId": copy}})
    charts = answer["sheets"][0].get("charts", [])
    drawn = [
        one["series"]["sourceRange"]["sources"][0].get("sheetId", 0)
        for chart in charts
        for one in chart["spec"]["basicChart"].get("series", [])
    ]
    expect((len(charts), made in [one["chartId"] for one in charts], drawn), (1, False, [copy] * 3))


CHART_PROBES = (
    Probe(
        "chart.marks",
        "A chart may have columns, and points without lines that mark the ends of intervals.",
        is_needed=False,
        tries=_marks,
    ),
    Probe(
        "chart.unknown",
        "Changing, moving or deleting a chart that isn't there is refused.",
        is_needed=False,
        tries=_unknown,
    ),
    Probe("chart.no_kind", "A chart that draws nothing is refused.", is_needed=False, tries=_no_kind),
    Probe("chart.follows", "A chart's place and its ranges follow their cells.", is_needed=False, tries=_follows),
    Probe(
        "chart.deleted",
        "A chart stays when its cell is deleted, and when a column that it draws is deleted.",
        is_needed=False,
        tries=_deleted,
    ),
    Probe(
        "chart.copied_tab",
        "A copied tab carries copies of its charts, under new ids, which draw the copy.",
        is_needed=False,
        tries=_copied_tab,
    ),
)
