"""spreadsheets.create makes all of what it is given, or says what it can't."""

from __future__ import annotations

import pytest

BASE = "https://sheets.googleapis.com/v4/spreadsheets"
PARTS = {
    "properties": {"title": "Made", "locale": "de_DE", "timeZone": "Europe/Berlin"},
    "sheets": [
        {
            "properties": {"title": "One", "gridProperties": {"rowCount": 9, "columnCount": 5, "frozenRowCount": 1}},
            "data": [
                {
                    "startRow": 1,
                    "startColumn": 2,
                    "rowData": [
                        {"values": [{"userEnteredValue": {"numberValue": 5}, "note": "five"}]},
                        {"values": [{"userEnteredValue": {"formulaValue": "=C2*2"}}]},
                    ],
                    "rowMetadata": [{"pixelSize": 50}],
                },
                {"rowData": [{"values": [{"userEnteredValue": {"stringValue": "corner"}}]}]},
            ],
            "merges": [{"startRowIndex": 4, "endRowIndex": 6, "startColumnIndex": 0, "endColumnIndex": 2}],
        },
        {"properties": {"title": "Two", "sheetId": 7, "hidden": True}},
    ],
    "namedRanges": [{"name": "fives", "range": {"startRowIndex": 1, "endRowIndex": 2}}],
    "developerMetadata": [{"metadataKey": "k", "visibility": "DOCUMENT", "location": {"spreadsheet": True}}],
}


@pytest.fixture
def session(google, one_session):
    assert google.base_url
    return one_session


def test_a_spreadsheet_is_made_with_its_parts(session):
    made = session.post(BASE, json=PARTS).json()
    assert {name: made["properties"][name] for name in PARTS["properties"]} == PARTS["properties"]
    one, two = made["sheets"]
    assert one["properties"]["gridProperties"] == PARTS["sheets"][0]["properties"]["gridProperties"]
    assert one["merges"] == PARTS["sheets"][0]["merges"]
    assert (two["properties"]["sheetId"], two["properties"]["hidden"]) == (7, True)
    assert made["namedRanges"][0]["range"] == PARTS["namedRanges"][0]["range"]
    assert made["developerMetadata"][0]["metadataKey"] == "k"
    address = f"{BASE}/{made['spreadsheetId']}"
    values = session.get(f"{address}/values/One", params={"valueRenderOption": "UNFORMATTED_VALUE"}).json()["values"]
    assert values == [["corner"], ["", "", 5], ["", "", 10]]
    data = session.get(address, params={"ranges": "One!C2", "includeGridData": "true"}).json()["sheets"][0]["data"][0]
    assert data["rowData"][0]["values"][0]["note"] == "five"
    assert data["rowMetadata"][0]["pixelSize"] == 50


def test_what_a_spreadsheet_answers_makes_another_like_it(session):
    first = session.post(BASE, json=PARTS).json()
    second = session.post(BASE, json={name: first[name] for name in ("properties", "sheets", "namedRanges")}).json()
    assert second["spreadsheetId"] != first["spreadsheetId"]
    assert second["properties"] == first["properties"]
    assert second["sheets"] == first["sheets"]


def test_a_part_that_is_not_built_is_named(session):
    answer = session.post(BASE, json={"sheets": [{"slicers": [{"slicerId": 1}]}]})
    assert answer.status_code == 501
    assert "slicers" in answer.json()["error"]["message"]


def test_several_writes_answer_each_in_its_own_dimension(session):
    book = session.post(BASE, json={}).json()["spreadsheetId"]
    address = f"{BASE}/{book}/values:batchUpdate"
    data = [{"range": "A1", "majorDimension": way, "values": [["a", "b"]]} for way in ("COLUMNS", "ROWS")]
    body = {"valueInputOption": "RAW", "data": data, "includeValuesInResponse": True}
    updated = [one["updatedData"] for one in session.post(address, json=body).json()["responses"]]
    assert [one["majorDimension"] for one in updated] == ["COLUMNS", "ROWS"]
    assert [one["values"] for one in updated] == [[["a", "b"]], [["a", "b"]]]
    assert session.post(address, json={"valueInputOption": "RAW"}).json() == {"spreadsheetId": book}


def test_a_data_filter_comes_back_without_its_zeros(session):
    book = session.post(BASE, json={}).json()["spreadsheetId"]
    asked = [{"gridRange": {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1}}, {"a1Range": "A2"}]
    answer = session.post(f"{BASE}/{book}/values:batchGetByDataFilter", json={"dataFilters": asked}).json()
    shown = [{"gridRange": {"endRowIndex": 1}}, {"a1Range": "A2"}]
    assert [one["dataFilters"] for one in answer["valueRanges"]] == [[one] for one in shown]
