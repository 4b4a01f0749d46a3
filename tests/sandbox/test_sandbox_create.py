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


RED, BLUE = {"red": 1}, {"blue": 1}


def rule(kind, value, style, **area):
    condition = {"type": kind, "values": [{"userEnteredValue": value}]}
    return {"ranges": [area], "booleanRule": {"condition": condition, "format": style}}


def test_the_effective_format_holds_what_conditional_formats_make_of_it(session):
    shade = {"minpoint": {"type": "MIN", "color": RED}, "maxpoint": {"type": "MAX", "color": BLUE}}
    rules = [
        rule("NUMBER_GREATER", "5", {"backgroundColor": RED, "textFormat": {"bold": True}}, endColumnIndex=1),
        rule("NUMBER_GREATER", "1", {"backgroundColor": BLUE, "textFormat": {"italic": True}}, endColumnIndex=1),
        {"ranges": [{"startColumnIndex": 1, "endColumnIndex": 2}], "gradientRule": shade},
    ]
    numbers = [[1, 1], [2, 2], [9, 3]]
    rows = [{"values": [{"userEnteredValue": {"numberValue": one}} for one in row]} for row in numbers]
    sheet = {"data": [{"rowData": rows}], "conditionalFormats": rules}
    book = session.post(BASE, json={"sheets": [sheet]}).json()["spreadsheetId"]
    fields = "sheets.data.rowData.values(effectiveFormat(backgroundColor,textFormat(bold,italic)),userEnteredFormat)"
    answer = session.get(f"{BASE}/{book}", params={"ranges": "A1:B", "fields": fields}).json()
    cells = [row["values"] for row in answer["sheets"][0]["data"][0]["rowData"]]
    assert all("userEnteredFormat" not in cell for row in cells for cell in row)
    first = [row[0]["effectiveFormat"] for row in cells]
    assert [one["backgroundColor"] for one in first] == [{"red": 1, "green": 1, "blue": 1}, BLUE, RED]
    texts = [(one["textFormat"]["bold"], one["textFormat"]["italic"]) for one in first]
    assert texts == [(False, False), (False, True), (True, True)]
    shades = [row[1]["effectiveFormat"]["backgroundColor"] for row in cells]
    assert (shades[0], shades[2]) == (RED, BLUE)
    assert shades[1]["red"] == pytest.approx(0.5, abs=0.01)
    assert shades[1]["blue"] == pytest.approx(0.5, abs=0.01)


def test_the_reply_about_a_protected_range_names_the_editors_asked_for(google, session):
    address = f"{BASE}/{session.post(BASE, json={}).json()['spreadsheetId']}"
    area = {"startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}
    asked = {"range": area, "warningOnly": False, "editors": {"users": [], "groups": []}}
    batch = {"requests": [{"addProtectedRange": {"protectedRange": asked}}]}
    reply = session.post(f"{address}:batchUpdate", json=batch).json()["replies"][0]["addProtectedRange"]
    made = {"protectedRangeId": reply["protectedRange"]["protectedRangeId"], "range": area}
    made["requestingUserCanEdit"] = True
    assert reply["protectedRange"] == made | {"editors": {}}
    [read] = session.get(address).json()["sheets"][0]["protectedRanges"]
    assert read == made | {"editors": {"users": [google.email]}}
