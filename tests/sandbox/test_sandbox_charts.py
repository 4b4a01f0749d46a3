"""Charts: made, changed, moved and deleted as programs ask for it, and where they go when people edit the tab."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetjudge.tables.chart_specs import ChartSource
from sheetjudge.tables.report_lines import ReportLine
from sheetjudge.tables.report_tab import ReportContent, write_report_tab
from sheetjudge.tables.sheet_table import open_sheet

ROWS = [["What", "Mean", "From", "To"], ["a <b>&amp;</b>", "3", "2", "4"], ["b", "4", "3", "5"], ["c", "1", "1", "2"]]


def area(column, top=0, bottom=4, sheet=0, width=1):
    return {
        "sheetId": sheet, "startRowIndex": top, "endRowIndex": bottom,
        "startColumnIndex": column, "endColumnIndex": column + width,
    }  # fmt: skip


def data(*areas):
    return {"sourceRange": {"sources": list(areas)}}


def spec(*columns, kind="COLUMN", **more):
    return {
        "title": "Means",
        "basicChart": {
            "chartType": kind, "headerCount": 1, "domains": [{"domain": data(area(0))}],
            "series": [{"series": data(area(column)), "targetAxis": "LEFT_AXIS"} for column in columns], **more,
        },
    }  # fmt: skip


def at(row=1, column=5, sheet=0, **more):
    return {"overlayPosition": {"anchorCell": {"sheetId": sheet, "rowIndex": row, "columnIndex": column}, **more}}


@pytest.fixture
def ask(google, one_session):
    url = google.load("Charts", [[*row] for row in ROWS])
    base = f"https://sheets.googleapis.com/v4/spreadsheets/{url.split('/d/')[1].split('/')[0]}"
    numbers = [{"values": [{"userEnteredValue": {"numberValue": float(text)}} for text in row[1:]]} for row in ROWS[1:]]
    start = {"sheetId": 0, "rowIndex": 1, "columnIndex": 1}
    google.spreadsheet(url).do({"updateCells": {"rows": numbers, "start": start, "fields": "userEnteredValue"}})

    def ask_it(*wanted, status=200):
        answer = one_session.post(f"{base}:batchUpdate", json={"requests": list(wanted)})
        assert answer.status_code == status, answer.text
        return answer.json()

    def charts(sheet=0, fields="sheets(properties.sheetId,charts)"):
        found = one_session.get(base, params={"fields": fields}).json()["sheets"]
        return next((s.get("charts", []) for s in found if s["properties"].get("sheetId", 0) == sheet), [])

    ask_it.charts, ask_it.url = charts, url
    return ask_it


def add(number=None, drawn=None, place=None):
    chart = {"spec": drawn or spec(1, 2), "position": place or at()}
    return {"addChart": {"chart": chart | ({"chartId": number} if number else {})}}


def anchor(chart):
    cell = chart["position"]["overlayPosition"]["anchorCell"]
    return cell.get("rowIndex", 0), cell.get("columnIndex", 0)


def columns(chart):
    series = chart["spec"]["basicChart"].get("series", [])
    return [one["series"]["sourceRange"]["sources"][0].get("startColumnIndex", 0) for one in series]


def test_a_chart_is_answered_as_it_was_made_and_has_googles_size(ask):
    made = ask(add())["replies"][0]["addChart"]["chart"]
    assert made["chartId"] > 0
    overlay = made["position"]["overlayPosition"]
    assert (overlay["widthPixels"], overlay["heightPixels"]) == (600, 371)
    assert overlay["anchorCell"] == {"rowIndex": 1, "columnIndex": 5}, "what is 0 is left out"
    assert ask.charts() == [made]
    assert made["spec"]["title"] == "Means"
    series = made["spec"]["basicChart"]["series"][0]["series"]
    assert series == {"sourceRange": {"sources": [{k: v for k, v in area(1).items() if k != "sheetId"}]}}


def test_an_id_that_is_taken_is_refused_and_nothing_of_the_batch_is_done(ask):
    ask(add(7))
    said = ask(add(8), add(7), status=400)["error"]
    assert said["message"].startswith("Invalid requests[1].addChart: ")
    assert [chart["chartId"] for chart in ask.charts()] == [7]


def test_a_spec_is_replaced_and_the_place_stays(ask):
    ask(add(7, place=at(3, 6, widthPixels=300)))
    before = ask.charts()[0]["position"]
    assert ask({"updateChartSpec": {"chartId": 7, "spec": spec(3) | {"title": "Other"}}})["replies"] == [{}]
    (chart,) = ask.charts()
    assert (chart["spec"]["title"], columns(chart)) == ("Other", [3])
    assert chart["position"] == before


def test_a_chart_is_moved_where_the_mask_says(ask):
    ask(add(7, place=at(3, 6, widthPixels=300, heightPixels=200)))
    move = {"objectId": 7, "newPosition": at(9, 8, widthPixels=50), "fields": "anchorCell"}
    told = ask({"updateEmbeddedObjectPosition": move})["replies"][0]["updateEmbeddedObjectPosition"]["position"]
    (chart,) = ask.charts()
    assert chart["position"] == told
    assert anchor(chart) == (9, 8)
    assert told["overlayPosition"]["widthPixels"] == 300


def test_a_chart_is_deleted_once(ask):
    ask(add(7), add(8))
    ask({"deleteEmbeddedObject": {"objectId": 7}})
    assert [chart["chartId"] for chart in ask.charts()] == [8]
    said = ask({"deleteEmbeddedObject": {"objectId": 7}}, status=400)["error"]["message"]
    assert said == "Invalid requests[0].deleteEmbeddedObject: No embedded object with id: 7"


LINE = {"type": "LINE", "lineStyle": {"type": "INVISIBLE"}, "pointStyle": {"shape": "CIRCLE", "size": 5}}
REFUSED = {
    "no spec": {"addChart": {"chart": {"position": at()}}},
    "no kind": add(drawn={"title": "Nothing"}),
    "two kinds": add(drawn=spec(1) | {"pieChart": {"domain": data(area(0)), "series": data(area(1))}}),
    "no place": {"addChart": {"chart": {"spec": spec(1)}}},
    "no such tab": add(place=at(sheet=99)),
    "cells of no such tab": add(drawn=spec(1) | {"histogramChart": {"series": [{"data": data(area(1, sheet=99))}]}}),
    "a cell outside of the grid": add(place=at(row=5000)),
    "cells outside of the grid": add(drawn={"histogramChart": {"series": [{"data": data(area(1, 5000, 5001))}]}}),
    "a block of cells": add(drawn={"histogramChart": {"series": [{"data": data(area(1, width=2))}]}}),
    "more ranges here than there": add(drawn=spec(
        series=[{"series": data(area(1, bottom=2), area(1, top=2))}])),
    "two domains": add(drawn=spec(1, domains=[{"domain": data(area(0))}] * 2)),
    "two axes in one place": add(drawn=spec(1, axis=[{"position": "LEFT_AXIS"}] * 2)),
    "a series of its own kind": add(drawn=spec(series=[{"series": data(area(1)), "type": "LINE"}])),
    "points of columns": add(drawn=spec(series=[{"series": data(area(1)), "pointStyle": {"size": 3}}])),
    "lines with a third dimension": add(drawn=spec(1, kind="LINE", threeDimensional=True)),
    "bars of less than nothing": add(drawn={"histogramChart": {"bucketSize": -1, "series": [{"data": data(area(1))}]}}),
    "a change of none": {"updateChartSpec": {"chartId": 7, "spec": spec(1)}},
    "a move of none": {"updateEmbeddedObjectPosition": {"objectId": 7, "newPosition": at(), "fields": "*"}},
}  # fmt: skip


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
def test_what_draws_nothing_or_is_nowhere_is_refused(ask, request_):
    said = ask(request_, status=400)["error"]
    assert (said["status"], said["message"].startswith("Invalid requests[0].")) == ("INVALID_ARGUMENT", True)
    assert ask.charts() == []


def test_a_move_without_a_mask_is_refused(ask):
    ask(add(7))
    said = ask({"updateEmbeddedObjectPosition": {"objectId": 7, "newPosition": at(3)}}, status=400)
    assert "At least one field" in said["error"]["message"]


def test_columns_may_have_points_without_lines(ask):
    series = [{"series": data(area(1)), "type": "COLUMN"}, {"series": data(area(2)), **LINE}]
    ask(add(7, drawn=spec(kind="COMBO", series=series)))
    assert columns(ask.charts()[0]) == [1, 2]


@pytest.mark.parametrize("place", [{"newSheet": True}, {"sheetId": 5}])
def test_a_chart_on_a_tab_of_its_own_is_not_built(ask, place):
    assert "of their own" in ask(add(place=place), status=501)["error"]["message"]


def span(dimension, start, end):
    return {"range": {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": end}}


def test_a_chart_and_what_it_draws_follow_the_cells(ask):
    ask(add(7))
    ask({"insertDimension": span("ROWS", 0, 2)}, {"insertDimension": span("COLUMNS", 2, 3)})
    (chart,) = ask.charts()
    assert (anchor(chart), columns(chart)) == ((3, 6), [1, 3])
    source = chart["spec"]["basicChart"]["domains"][0]["domain"]["sourceRange"]["sources"][0]
    assert (source["startRowIndex"], source["endRowIndex"]) == (2, 6)


def test_a_chart_outlives_its_cell_and_its_columns(ask):
    ask(add(7, place=at(5, 6)))
    ask({"deleteDimension": span("ROWS", 4, 8)}, {"deleteDimension": span("COLUMNS", 1, 2)})
    (chart,) = ask.charts()
    assert (anchor(chart), columns(chart)) == ((4, 5), [1])
    ask({"deleteDimension": span("ROWS", 1, 3)})
    (chart,) = ask.charts()
    source = chart["spec"]["basicChart"]["series"][0]["series"]["sourceRange"]["sources"][0]
    assert (source.get("startRowIndex", 0), source["endRowIndex"]) == (0, 2), "what it draws becomes shorter"
    ask({"deleteDimension": span("COLUMNS", 0, 3)})
    assert columns(ask.charts()[0]) == []


def test_a_copied_tab_has_charts_of_its_own(ask):
    ask(add(7))
    copy = ask({"duplicateSheet": {"sourceSheetId": 0}})["replies"][0]["duplicateSheet"]["properties"]["sheetId"]
    (chart,) = ask.charts(copy)
    assert chart["chartId"] != 7
    assert chart["position"]["overlayPosition"]["anchorCell"]["sheetId"] == copy
    drawn = chart["spec"]["basicChart"]["series"][0]["series"]["sourceRange"]["sources"][0]
    assert drawn["sheetId"] == copy
    ask({"deleteSheet": {"sheetId": copy}})
    assert [one["chartId"] for one in ask.charts()] == [7]


def test_of_a_tab_that_is_gone_nothing_is_drawn(ask):
    ask({"addSheet": {"properties": {"sheetId": 9, "title": "Other"}}}, add(7, place=at(sheet=9)))
    ask({"deleteSheet": {"sheetId": 0}})
    (chart,) = ask.charts(9)
    assert columns(chart) == []


edits = st.lists(
    st.tuples(
        st.sampled_from(["insertDimension", "deleteDimension", "moveDimension"]), st.sampled_from(["ROWS", "COLUMNS"]),
        st.integers(0, 12), st.integers(1, 4), st.integers(0, 14),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=edits)
def test_whatever_is_inserted_deleted_and_moved_charts_stay_on_the_grid_and_draw_lines(google, edits):
    person = google.spreadsheet(google.load("Edits", ROWS))
    size = {"properties": {"sheetId": 0, "gridProperties": {"rowCount": 20, "columnCount": 16}}}
    person.do({"updateSheetProperties": size | {"fields": "gridProperties(rowCount,columnCount)"}}, add(7))
    for kind, dimension, start, count, to in edits:
        wanted = span(dimension, start, start + count)
        if kind == "moveDimension":
            if start < to < start + count:
                continue
            wanted = {"source": wanted["range"], "destinationIndex": to}
        sheet = person.book.sheets[0]
        room = sheet.row_count if dimension == "ROWS" else sheet.column_count
        if room <= max(start + count, to):
            continue
        person.do({kind: wanted})
    sheet = person.book.sheets[0]
    (chart,) = sheet.charts
    cell = chart["position"]["overlayPosition"]["anchorCell"]
    assert 0 <= cell["rowIndex"] < sheet.row_count
    assert 0 <= cell["columnIndex"] < sheet.column_count
    for one in chart["spec"]["basicChart"].get("series", []):
        for source in one["series"]["sourceRange"]["sources"]:
            assert 0 <= source["startRowIndex"] < source["endRowIndex"] <= sheet.row_count
            assert 0 <= source["startColumnIndex"] < source["endColumnIndex"] <= sheet.column_count


@pytest.mark.parametrize("kind", ["COLUMN", "BAR", "LINE", "SCATTER"])
def test_the_page_shows_charts_with_the_numbers_of_their_cells(ask, kind):
    ask(add(7, drawn=spec(1, 2, kind=kind) | {"subtitle": "of <three>", "altText": 'a\'s "means"'}))
    page = requests.get(ask.url, timeout=5).text
    picture = page[page.index("<svg") : page.index("</svg>") + 6]
    root = ET.fromstring(picture)
    told = [element.text for element in root.iter() if element.text]
    assert root.attrib["aria-label"] == 'a\'s "means"'
    assert {"Means", "of <three>", "Mean", "From", "b", "c"} <= set(told)
    values = [element.text for element in root.iter() if element.tag.endswith("title")]
    assert values == ([] if kind == "LINE" else ["3", "4", "1", "2", "3", "1"])


def test_a_kind_that_is_not_drawn_is_named(ask):
    ask(add(7, drawn={"title": "Pie", "pieChart": {"domain": data(area(0)), "series": data(area(1))}}))
    assert "A pieChart, which isn&#x27;t drawn here." in requests.get(ask.url, timeout=5).text


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text(max_size=30), min_size=1, max_size=15),
    values=st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=15),
    kind=st.sampled_from(["COLUMN", "BAR", "LINE", "SCATTER"]),
    title=st.text(max_size=40),
)
def test_any_texts_and_numbers_make_a_picture(google, names, values, kind, title):
    url = google.load("Any", [["Name", "Value"]])
    count = max(len(names), len(values))
    cell = {None: {}}
    rows = [
        {"values": [
            {"userEnteredValue": {"stringValue": names[n] if n < len(names) else ""}},
            cell.get(values[n], {"userEnteredValue": {"numberValue": values[n]}}) if n < len(values) else {},
        ]} for n in range(count)
    ]  # fmt: skip
    drawn = spec(1, kind=kind) | {"title": title}
    drawn["basicChart"]["domains"] = [{"domain": data(area(0, bottom=count + 1))}]
    drawn["basicChart"]["series"] = [{"series": data(area(1, bottom=count + 1))}]
    google.spreadsheet(url).do(
        {"updateCells": {"rows": rows, "start": {"sheetId": 0, "rowIndex": 1}, "fields": "userEnteredValue"}},
        add(7, drawn=drawn),
    )
    page = requests.get(url, timeout=5).text
    root = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    numbers = [
        float(number)
        for element in root.iter()
        for name, text in element.attrib.items()
        if name in ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "width", "height", "points")
        for number in text.replace(",", " ").split()
    ]
    assert all(-1e4 < number < 1e4 for number in numbers)
    drawn = [element for element in root.iter() if element.tag.endswith(("rect", "circle"))]
    if kind in ("COLUMN", "BAR"):
        assert sum(len(element) for element in drawn) == sum(value is not None for value in values)


def test_all_that_a_report_asks_is_as_google_describes_it(google, tmp_path):
    credentials = tmp_path / "key.json"
    credentials.write_text(json.dumps(google.service_account))
    url = google.load("Ours", ROWS)
    table = open_sheet(url, credentials=str(credentials), environment={})
    means = ChartSource("columns", "Means", "", 1, 4, 0, (2,), (3, 4), 0.0, 1.0, "what", "how much", "Means: 1")
    ranks = ChartSource("points", "Ranks", "all", 1, 4, 0, (2,), (3, 4))
    lines = (ReportLine(("Report",), "title"), ReportLine(("", "", "Mean", "From", "To"), "header"))
    for n, charts in enumerate([{"means": means}, {"means": means, "ranks": ranks}, {"ranks": ranks}, {}]):
        own = [ReportLine((f"c{at}", "text", n + at, 1.5, None), "line", {2: "0.00"}) for at in range(3 + 30 * n)]
        write_report_tab(table, ReportContent("Score", (*lines, *own), charts))
        shown = google.session().get(
            f"https://sheets.googleapis.com/v4/spreadsheets/{url.split('/d/')[1].split('/')[0]}"
        )
        assert len(shown.json()["sheets"][-1].get("charts", [])) == len(charts)
    assert google.auditor.checked > 15
