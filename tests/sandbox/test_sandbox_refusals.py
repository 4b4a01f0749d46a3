"""What Google refuses, and in which words, where no recording shows it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

BASE = "https://sheets.googleapis.com/v4/spreadsheets"
BIG = {"rowCount": 10, "columnCount": 4}
FORMAT = {"condition": {"type": "NOT_BLANK"}, "format": {"textFormat": {"bold": True}}}


@pytest.fixture
def book(google, one_session):
    assert google.base_url
    made = one_session.post(BASE, json={"sheets": [{"properties": {"title": "T", "gridProperties": BIG}}]}).json()
    return f"{BASE}/{made['spreadsheetId']}"


def span(dimension, start, end):
    return {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": end}


def rows(start, end, **columns):
    return {"sheetId": 0, "startRowIndex": start, "endRowIndex": end, **columns}


def sheet(fields, **properties):
    return {"updateSheetProperties": {"properties": {"sheetId": 0, **properties}, "fields": fields}}


def named(name):
    return {"addNamedRange": {"namedRange": {"name": name, "range": rows(0, 1)}}}


def frozen(**grid):
    return sheet(",".join(f"gridProperties.{name}" for name in grid), gridProperties=grid)


def refused(session, method, address, body=None, **params):
    answer = session.request(method, address, params=params, json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"
    return answer.json()["error"]


@pytest.mark.parametrize(
    ("requests", "said"),
    [
        ([sheet("title", sheetId=7, title="x")], "No sheet with id: 7"),
        ([sheet("title", title="")], "The sheet name cannot be empty."),
        ([{"addSheet": {"properties": {"title": "x" * 101}}}], "The sheet name cannot be greater than 100 characters."),
        ([{"addSheet": {"properties": {"sheetId": 0}}}], "Sheet with id 0 already exists."),
        ([{"addSheet": {"properties": {"sheetId": -3}}}], "Sheet id must be non-negative."),
        (
            [{"addSheet": {"properties": {"gridProperties": {"rowCount": 1, "frozenRowCount": 1}}}}],
            "You can't freeze all visible rows on the sheet.",
        ),
        ([{"deleteSheet": {"sheetId": 0}}], "You can't remove all the sheets in a document."),
        (
            [{"addSheet": {"properties": {"hidden": True}}}, {"deleteSheet": {"sheetId": 0}}],
            "You can't remove all the visible sheets in a document.",
        ),
        (
            [frozen(frozenRowCount=2), {"deleteDimension": {"range": span("ROWS", 2, 10)}}],
            "Sorry, it is not possible to delete all non-frozen rows.",
        ),
        (
            [frozen(frozenColumnCount=3), frozen(columnCount=3, frozenColumnCount=1)],
            "Sorry, it is not possible to delete all non-frozen columns.",
        ),
        (
            [{"insertDimension": {"range": span("ROWS", 10, 11)}}],
            "range.startIndex must be less than the grid size (10) if inheritFromBefore is false.",
        ),
        (
            [{"insertDimension": {"range": span("COLUMNS", 5, 6), "inheritFromBefore": True}}],
            "range.startIndex is larger than current grid size (4)",
        ),
        ([named("A1")], "The name 'A1' can't be that of a named range."),
        ([named("two words")], "The name 'two words' can't be that of a named range."),
        ([named("")], "The name '' can't be that of a named range."),
        ([{"updateCells": {"rows": [], "fields": "*"}}], "Must specify either a start or a range."),
        (
            [{"addConditionalFormatRule": {"rule": {"ranges": [rows(0, 1)], "booleanRule": FORMAT}, "index": 1}}],
            "No conditional format on sheet: 0 at index: 1",
        ),
        (
            [named("here"), named("HERE")],
            "Cannot add named range with name HERE, a named range with that name already exists.",
        ),
        (
            [
                {"mergeCells": {"range": rows(1, 3, startColumnIndex=0, endColumnIndex=1)}},
                {"sortRange": {"range": rows(0, 5), "sortSpecs": [{"dimensionIndex": 0}]}},
            ],
            "You can't sort a range containing vertical merges. There is a vertical merge at A2:A3",
        ),
    ],
)
def test_a_batch_is_refused_in_googles_words(book, one_session, requests, said):
    at = len(requests) - 1
    [kind] = requests[at]
    error = refused(one_session, "POST", f"{book}:batchUpdate", {"requests": requests})
    assert error["message"] == f"Invalid requests[{at}].{kind}: {said}"


def boolean(kind, *values):
    return {"booleanRule": {"condition": {"type": kind, "values": list(values)}}}


def gradient(**points):
    return {"gradientRule": {"minpoint": {"type": "MIN"}, "maxpoint": {"type": "MAX"}} | points}


ONE = {"userEnteredValue": "1"}


@pytest.mark.parametrize(
    "rule",
    [
        {},
        FORMAT | {"gradientRule": {}},
        {"booleanRule": {}},
        {"booleanRule": {"condition": {}}},
        boolean("ONE_OF_LIST", ONE),
        boolean("NOT_BLANK", ONE),
        boolean("TEXT_EQ"),
        boolean("NUMBER_GREATER", ONE, ONE),
        boolean("NUMBER_BETWEEN", ONE),
        boolean("CUSTOM_FORMULA"),
        boolean("DATE_AFTER", {}),
        {"gradientRule": {"minpoint": {"type": "MIN"}}},
        gradient(minpoint={}),
        gradient(midpoint={"type": "NUMBER"}),
        gradient(midpoint={"type": "NUMBER", "value": "much"}),
        gradient(midpoint={"type": "NUMBER", "value": "1e999"}),
        gradient(maxpoint={"type": "PERCENTILE", "value": "101"}),
    ],
)
def test_a_rule_that_no_cell_can_be_held_against_is_refused(book, one_session, rule):
    requests = [{"addConditionalFormatRule": {"rule": {"ranges": [rows(0, 1)]} | rule}}]
    refused(one_session, "POST", f"{book}:batchUpdate", {"requests": requests})
    assert "conditionalFormats" not in one_session.get(book).json()["sheets"][0]


CONDITIONS = [
    boolean("BLANK"),
    boolean("NOT_BLANK"),
    boolean("NUMBER_NOT_BETWEEN", ONE, {"userEnteredValue": "x"}),
    boolean("TEXT_STARTS_WITH", {"userEnteredValue": ""}),
    boolean("DATE_BEFORE", {"relativeDate": "TODAY"}),
    boolean("CUSTOM_FORMULA", {"userEnteredValue": "=A1>1"}),
    gradient(),
    gradient(midpoint={"type": "PERCENT", "value": "50"}),
    gradient(minpoint={"type": "NUMBER", "value": "-1.5"}, maxpoint={"type": "PERCENTILE", "value": "90"}),
]


@settings(max_examples=40, deadline=None)
@given(
    rules=st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=4),
    cells=st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3) | st.booleans(), max_size=6),
)
def test_any_rule_that_is_taken_shows_beside_any_cells(one_session, rules, cells):
    made = one_session.post(BASE, json={"sheets": [{"properties": {"gridProperties": BIG}}]}).json()
    address = f"{BASE}/{made['spreadsheetId']}"
    adding = [{"addConditionalFormatRule": {"rule": {"ranges": [rows(0, 9)]} | rule}} for rule in rules]
    values = {"range": "A1", "majorDimension": "COLUMNS", "values": [cells]}
    assert one_session.put(f"{address}/values/A1?valueInputOption=RAW", json=values).status_code == 200
    assert one_session.post(f"{address}:batchUpdate", json={"requests": adding}).status_code == 200
    assert one_session.get(address, params={"includeGridData": "true"}).status_code == 200


def test_rows_go_in_behind_the_last_where_they_take_after_it(book, one_session):
    batch = {"requests": [{"insertDimension": {"range": span("ROWS", 10, 12), "inheritFromBefore": True}}]}
    assert one_session.post(f"{book}:batchUpdate", json=batch).status_code == 200
    assert one_session.get(book).json()["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 12


@settings(max_examples=25, deadline=None)
@given(start=st.integers(0, 9), height=st.integers(0, 4))
def test_a_format_reaches_the_cells_that_are_there_and_a_range_may_hold_none(one_session, start, height):
    made = one_session.post(BASE, json={"sheets": [{"properties": {"gridProperties": BIG}}]}).json()
    address = f"{BASE}/{made['spreadsheetId']}"
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}}}
    area = rows(start, start + height, startColumnIndex=0, endColumnIndex=1)
    asked = {"repeatCell": {"range": area, "cell": bold, "fields": "userEnteredFormat.textFormat.bold"}}
    assert one_session.post(f"{address}:batchUpdate", json={"requests": [asked]}).status_code == 200
    found = one_session.get(address, params={"fields": "sheets(properties.gridProperties,data.rowData.values)"}).json()
    [tab] = found["sheets"]
    assert tab["properties"]["gridProperties"] == BIG
    cells = [row.get("values", [{}])[0] for row in tab["data"][0].get("rowData", [])]
    formatted = [at for at, cell in enumerate(cells) if "userEnteredFormat" in cell]
    assert formatted == list(range(start, min(start + height, 10)))


@pytest.mark.parametrize(
    ("area", "said"),
    [
        (rows(10, 11, startColumnIndex=0, endColumnIndex=2), "T!A11:B11"),
        ({"sheetId": 0, "startRowIndex": 15, "startColumnIndex": 0, "endColumnIndex": 2}, "T!A16:B"),
        (rows(0, 2, startColumnIndex=4), "T!E1:2"),
    ],
)
def test_a_range_that_starts_outside_the_grid_is_refused(book, one_session, area, said):
    asked = {"repeatCell": {"range": area, "cell": {}, "fields": "userEnteredFormat"}}
    error = refused(one_session, "POST", f"{book}:batchUpdate", {"requests": [asked]})
    assert error["message"].endswith(f"Range ({said}) exceeds grid limits. Max rows: 10, max columns: 4")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("No!A1", "Unable to parse range: No!A1"),
        ("T!A11", "Range (T!A11) exceeds grid limits. Max rows: 10, max columns: 4"),
        ("T!A2:A2", "Requested writing within range [T!A2], but tried writing to column [B]"),
    ],
)
def test_of_several_writes_the_one_refused_is_named(book, one_session, where, said):
    data = [{"range": "T!A1", "values": [["kept?"]]}, {"range": where, "values": [["x", "y"]]}]
    body = {"valueInputOption": "RAW", "data": data}
    error = refused(one_session, "POST", f"{book}/values:batchUpdate", body)
    assert error["message"] == f"Invalid data[1]: {said}"
    assert "values" not in one_session.get(f"{book}/values/T").json()


def test_of_several_ranges_to_clear_the_one_refused_is_named(book, one_session):
    error = refused(one_session, "POST", f"{book}/values:batchClear", {"ranges": ["T!A1", "T!A11:Z"]})
    assert error["message"] == "Invalid range[1]: Range (T!A11:Z) exceeds grid limits. Max rows: 10, max columns: 4"


def test_a_cell_that_is_no_plain_value_is_shown_as_it_came(book, one_session):
    values = {"values": [["fine"], [{"a": [1, None, "x", True]}]]}
    error = refused(one_session, "PUT", f"{book}/values/T!A1", values, valueInputOption="RAW")
    lines = [line.strip() for line in error["message"].splitlines()]
    assert lines[0] == "Invalid values[1][0]: struct_value {"
    assert lines[1:5] == ["fields {", 'key: "a"', "value {", "list_value {"]
    shown = [line for line in lines if "_value:" in line]
    assert shown == ["number_value: 1.0", "null_value: NULL_VALUE", 'string_value: "x"', "bool_value: true"]
    assert lines.count("}") == sum(line.endswith("{") for line in lines)


@pytest.mark.parametrize(
    ("mask", "path"),
    [
        ("sheets.sheetProperties", "sheets.sheetProperties"),
        ("spreadsheetId,sheets(data(rowData(values(note,type))))", "sheets.data.rowData.values.type"),
        ("sheets/properties/title/text", "sheets.properties.title.text"),
    ],
)
def test_fields_that_an_answer_does_not_have_are_refused(book, one_session, mask, path):
    error = refused(one_session, "GET", book, fields=mask)
    assert error["message"] == "Request contains an invalid argument."
    [violation] = error["details"][0]["fieldViolations"]
    said = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
    assert violation == {"field": mask, "description": said}


def test_fields_of_every_form_are_taken(book, one_session):
    mask = "spreadsheet_id,sheets(properties/title,data.row_data.values(*),basicFilter.criteria),named_ranges/name"
    assert set(one_session.get(book, params={"fields": mask}).json()) == {"spreadsheetId", "sheets"}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_json_has_no_infinite_numbers(book, one_session, number):
    answer = one_session.put(
        f"{book}/values/T!A1",
        params={"valueInputOption": "RAW"},
        data=f'{{"values": [[{number}]]}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert json.loads(answer.text)["error"]["message"].startswith("Invalid JSON payload received.")


INDEX = st.integers(-1, 6) | st.none()
AREAS = st.fixed_dictionaries(
    dict.fromkeys(("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"), INDEX)
)


@settings(max_examples=60, deadline=None)
@given(area=AREAS, inner=AREAS)
def test_what_was_taken_can_be_read_again(one_session, area, inner):
    made = one_session.post(BASE, json={"sheets": [{"properties": {"gridProperties": BIG}}]}).json()
    address = f"{BASE}/{made['spreadsheetId']}"
    for asked in (
        {"addNamedRange": {"namedRange": {"name": "n", "range": area}}},
        {"addProtectedRange": {"protectedRange": {"range": area, "unprotectedRanges": [inner]}}},
        {"addConditionalFormatRule": {"rule": {"ranges": [area, inner], "booleanRule": FORMAT}}},
    ):
        assert one_session.post(f"{address}:batchUpdate", json={"requests": [asked]}).status_code in (200, 400)
        assert one_session.get(address, params={"includeGridData": "true"}).status_code == 200


def test_a_parameter_that_a_method_does_not_have_is_refused(book, one_session):
    error = refused(one_session, "GET", f"{book}/values/T", valueInputOption="RAW", majorDimension="ROWS", alt="json")
    said = (
        'Invalid JSON payload received. Unknown name "valueInputOption": Cannot bind query parameter. '
        "Field 'valueInputOption' could not be found in request message."
    )
    assert error["message"] == said
    assert error["details"][0]["fieldViolations"] == [{"description": said}]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"valueInputOption": "Text"}, "value_input_option' (type.googleapis.com/google.apps.sheets.v4.ValueInputOpt"),
        ({"valueInputOption": "RAW", "insertDataOption": "BELOW"}, "Invalid value at 'insert_data_option'"),
        ({"insertDataOption": "OVERWRITE"}, "'valueInputOption' is required but not specified"),
    ],
)
def test_an_option_of_another_name_is_refused(book, one_session, how, said):
    assert said in refused(one_session, "POST", f"{book}/values/T:append", {"values": [["x"]]}, **how)["message"]
    assert "values" not in one_session.get(f"{book}/values/T").json()


@pytest.mark.parametrize(("method", "end"), [("PUT", ""), ("POST", ":append")])
def test_the_range_in_the_body_is_that_of_the_address(book, one_session, method, end):
    body = {"range": "'T'!A1", "values": [["x"]]}
    error = refused(one_session, method, f"{book}/values/T!A1{end}", body, valueInputOption="RAW")
    assert error["message"] == "Request range[T!A1] does not match value's range['T'!A1]"
    params = {"valueInputOption": "RAW"}
    assert one_session.request(method, f"{book}/values/'T'!A1{end}", params=params, json=body).status_code == 200


def test_an_owner_stays(google, one_session):
    book = google.load("Owned", [["x"]], role="writer").split("/d/")[1].split("/")[0]
    address = f"https://www.googleapis.com/drive/v3/files/{book}/permissions"
    listed = one_session.get(address, params={"fields": "permissions(id,role)"}).json()["permissions"]
    [owner] = [one["id"] for one in listed if one["role"] == "owner"]
    answer = one_session.delete(f"{address}/{owner}")
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == "The owner of a file cannot be removed."


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"proprties": {}}, 'Unknown name "proprties": Cannot find field.'),
        ({"sheets": [{"properties": {"title": "A"}}, {"properties": {"title": "a"}}]}, 'name "a" already exists'),
        ({"properties": {"locale": "klingon"}}, "Unsupported locale: klingon"),
    ],
)
def test_a_spreadsheet_that_cannot_be_is_not_made(google, one_session, asked, said):
    assert said in refused(one_session, "POST", BASE, asked)["message"]
    assert google.world.files == {}


def test_a_tab_of_another_kind_is_not_built(book, one_session):
    asked = {"requests": [{"addSheet": {"properties": {"sheetType": "OBJECT"}}}]}
    answer = one_session.post(f"{book}:batchUpdate", json=asked)
    assert answer.status_code == 501
    assert "OBJECT" in answer.json()["error"]["message"]
