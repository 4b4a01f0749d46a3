"""What lies over ranges: filters, filter views, tables, alternating colours and rules, asked for as programs do."""

from __future__ import annotations

import json

import pytest

from sheetjudge.errors import AccessError
from sheetjudge.tables.connecting import connect
from sheetjudge.tables.open import TableOptions
from sheetjudge.tables.sheet_clear import clear_tab
from sheetjudge.tables.sheet_table import open_sheet

RED, BLUE = {"red": 1}, {"blue": 1}


@pytest.fixture
def ask(google, one_session):
    url = google.load("Over", [["a", "b", "c"], ["1", "x", "p"], ["2", "y", "q"], ["3", "z", "r"]])
    base = f"https://sheets.googleapis.com/v4/spreadsheets/{url.split('/d/')[1].split('/')[0]}"

    def ask_it(*requests, status=200):
        answer = one_session.post(f"{base}:batchUpdate", json={"requests": list(requests)})
        assert answer.status_code == status, answer.text
        return answer.json()

    def sheet():
        return one_session.get(base).json()["sheets"][0]

    ask_it.sheet = sheet
    ask_it.session, ask_it.base = one_session, base
    return ask_it


def area(first, last, top=0, bottom=4):
    return {
        "sheetId": 0, "startRowIndex": top, "endRowIndex": bottom, "startColumnIndex": first, "endColumnIndex": last,
    }  # fmt: skip


def columns(value):
    return value["range"].get("startColumnIndex", 0), value["range"]["endColumnIndex"]


def test_criteria_come_in_either_form_and_go_out_in_both(ask):
    hidden = {"hiddenValues": ["y"]}
    ask({"setBasicFilter": {"filter": {
        "range": area(0, 3), "filterSpecs": [{"columnIndex": 1, "filterCriteria": hidden}],
        "criteria": {"0": {"hiddenValues": ["1"]}},
    }}})  # fmt: skip
    found = ask.sheet()["basicFilter"]
    assert found["criteria"] == {"1": hidden}
    assert found["filterSpecs"] == [{"columnIndex": 1, "filterCriteria": hidden}]


def test_criteria_and_sorts_stay_with_their_columns(ask):
    ask(
        {"setBasicFilter": {"filter": {
            "range": area(0, 3), "criteria": {"1": {"hiddenValues": ["y"]}},
            "sortSpecs": [{"dimensionIndex": 2, "sortOrder": "ASCENDING"}],
        }}},
        {"insertDimension": {"range": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}}},
    )  # fmt: skip
    found = ask.sheet()["basicFilter"]
    assert set(found["criteria"]) == {"2"}
    assert found["sortSpecs"][0]["dimensionIndex"] == 3
    ask({"deleteDimension": {"range": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 2, "endIndex": 3}}})
    found = ask.sheet()["basicFilter"]
    assert "criteria" not in found
    assert found["sortSpecs"][0]["dimensionIndex"] == 2


def test_a_filter_view_is_changed_where_its_mask_says(ask):
    made = ask({"addFilterView": {"filter": {"title": "Mine", "range": area(0, 2)}}})["replies"][0]
    number = made["addFilterView"]["filter"]["filterViewId"]
    changed = {"filterViewId": number, "range": area(0, 3), "title": "other"}
    ask({"updateFilterView": {"filter": changed, "fields": "range"}})
    (view,) = ask.sheet()["filterViews"]
    assert (view["title"], columns(view)) == ("Mine", (0, 3))
    ask({"updateFilterView": {"filter": {"filterViewId": 5, "title": "x"}, "fields": "title"}}, status=400)


def test_alternating_colours_move_with_their_cells_and_never_lie_over_others(ask):
    colours = {"firstBandColor": RED, "secondBandColorStyle": {"rgbColor": BLUE}}
    made = ask({"addBanding": {"bandedRange": {"range": area(0, 2), "rowProperties": colours}}})["replies"][0]
    banded = made["addBanding"]["bandedRange"]
    assert banded["rowProperties"]["firstBandColorStyle"] == {"rgbColor": RED}
    assert banded["rowProperties"]["secondBandColor"] == BLUE
    ask({"addBanding": {"bandedRange": {"range": area(1, 3), "rowProperties": colours}}}, status=400)
    ask(
        {"updateBanding": {"bandedRange": {"bandedRangeId": banded["bandedRangeId"], "range": area(0, 3)},
                           "fields": "range"}},
        {"deleteDimension": {"range": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}}},
    )  # fmt: skip
    assert [columns(one) for one in ask.sheet()["bandedRanges"]] == [(0, 2)]
    ask({"deleteBanding": {"bandedRangeId": banded["bandedRangeId"]}})
    assert "bandedRanges" not in ask.sheet()


def test_a_table_has_the_names_of_its_first_row(ask):
    made = ask({"addTable": {"table": {"name": "T", "range": area(0, 2)}}})["replies"][0]["addTable"]["table"]
    assert [one["columnName"] for one in made["columnProperties"]] == ["a", "b"]
    ask({"addTable": {"table": {"name": "U", "range": area(1, 3)}}}, status=400)
    ask({"addTable": {"table": {"name": "t", "range": area(5, 6)}}}, status=400)
    ask({"updateTable": {"table": {"tableId": made["tableId"], "range": area(0, 3)}, "fields": "range"}})
    (table,) = ask.sheet()["tables"]
    assert [one["columnName"] for one in table["columnProperties"]] == ["a", "b", "c"]
    assert table["name"] == "T"
    ask({"deleteTable": {"tableId": made["tableId"]}})
    assert "tables" not in ask.sheet()
    values = ask.session.get(f"{ask.base}/values/A1:C4").json()
    assert "values" not in values


def test_a_copied_tab_has_its_own(ask):
    ask(
        {"addTable": {"table": {"name": "T", "range": area(0, 2)}}},
        {"addBanding": {"bandedRange": {"range": area(0, 2), "rowProperties": {"firstBandColor": RED}}}},
        {"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 7}},
    )
    sheets = ask.session.get(ask.base).json()["sheets"]
    assert len({one["tables"][0]["tableId"] for one in sheets}) == 2
    assert len({one["tables"][0]["name"] for one in sheets}) == 2
    assert len({one["bandedRanges"][0]["bandedRangeId"] for one in sheets}) == 2
    assert sorted(one["tables"][0]["range"].get("sheetId", 0) for one in sheets) == [0, 7]


def test_a_rule_of_colours_has_both_forms_of_each_colour(ask):
    ends = {"minpoint": {"colorStyle": {"rgbColor": RED}, "type": "MIN"}, "maxpoint": {"color": BLUE, "type": "MAX"}}
    ask({"addConditionalFormatRule": {"rule": {"ranges": [area(0, 1)], "gradientRule": ends}, "index": 0}})
    (rule,) = ask.sheet()["conditionalFormats"]
    assert rule["gradientRule"]["minpoint"]["color"] == RED
    assert rule["gradientRule"]["maxpoint"]["colorStyle"] == {"rgbColor": BLUE}
    ask({"deleteDimension": {"range": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}}})
    assert "conditionalFormats" not in ask.sheet()


def test_answers_come_without_blanks_where_asked(ask):
    wide = ask.session.get(ask.base)
    narrow = ask.session.get(ask.base, params={"prettyPrint": "false"})
    assert narrow.json() == wide.json()
    assert b"\n " in wide.content
    assert b"\n " not in narrow.content


def test_all_that_a_run_and_clear_ask_is_as_google_describes_it(google, tmp_path):
    credentials = tmp_path / "key.json"
    credentials.write_text(json.dumps(google.service_account))
    url = google.load("Ours", [["a", "b"], *[[f"text {n}", "x"] for n in range(20)]])
    person = google.spreadsheet(url)
    person.do(
        {"setBasicFilter": {"filter": {"range": area(0, 2), "criteria": {"1": {"hiddenValues": ["y"]}}}}},
        {"addFilterView": {"filter": {"title": "Mine", "range": area(0, 2)}}},
        {"addBanding": {"bandedRange": {"range": area(0, 2), "rowProperties": {"firstBandColor": RED}}}},
        {"addTable": {"table": {"name": "T", "range": area(0, 2)}}},
        {"addProtectedRange": {"protectedRange": {"range": area(0, 1)}}},
    )
    table = open_sheet(url, credentials=str(credentials), environment={})
    target = table.target()
    target.open(("Score", "Why", "Status"))
    for row in table.rows():
        target.put(row, (row.position + 0.5, f"Because {row.position}", "ok"))
    target.close()
    address, api = connect(url, TableOptions(credentials=str(credentials), environment={}))
    assert clear_tab(api, address, None, 1).results == 60
    person.do({"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0}}}})
    with pytest.raises(AccessError, match="the whole of 'Sheet1'"):
        open_sheet(url, credentials=str(credentials), environment={}).target().open(("Score", "Status"))
    assert google.auditor.checked > 15


def test_a_request_that_is_not_built_says_its_name(ask):
    said = ask({"updateEmbeddedObjectBorder": {}}, status=501)
    assert "updateEmbeddedObjectBorder" in said["error"]["message"]
