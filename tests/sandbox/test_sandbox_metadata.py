"""Developer metadata: what finds it, what it follows, and the fence that is built on it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetjudge.sandbox.problems import ApiError


@pytest.fixture
def person(google):
    return google.spreadsheet(google.load("Rows", [[f"row {at}"] for at in range(6)]))


def create(at=None, *, key="k", value="v", number=None, dimension="ROWS", visibility="DOCUMENT", **location):
    if at is not None:
        span = {"sheetId": 0, "dimension": dimension, "startIndex": at, "endIndex": at + 1}
        location = {"dimensionRange": span}
    made = {"metadataKey": key, "metadataValue": value, "location": location, "visibility": visibility}
    return {"createDeveloperMetadata": {"developerMetadata": made | ({"metadataId": number} if number else {})}}


def lookup(**criteria):
    return {"developerMetadataLookup": criteria}


def delete(**criteria):
    return {"deleteDeveloperMetadata": {"dataFilter": lookup(**criteria)}}


def write(text, row=0):
    cell = {"userEnteredValue": {"stringValue": text}}
    start = {"sheetId": 0, "rowIndex": row, "columnIndex": 1}
    return {"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": "userEnteredValue"}}


def found(person, one_session, *filters):
    answer = one_session.post(
        f"https://sheets.googleapis.com/v4/spreadsheets/{person.book_id}/developerMetadata:search",
        json={"dataFilters": list(filters)},
    )
    assert answer.status_code == 200, answer.text
    matched = answer.json().get("matchedDeveloperMetadata", [])
    return sorted(one["developerMetadata"]["metadataId"] for one in matched)


def test_search(person, one_session):
    person.do(
        create(1, number=1),
        create(2, number=2, key="other"),
        create(0, number=3, dimension="COLUMNS"),
        create(sheetId=0, number=4),
        create(spreadsheet=True, number=5, value="w"),
    )

    def look(*filters):
        return found(person, one_session, *filters)

    row = {"dimensionRange": {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}}
    assert look(lookup(metadataKey="k")) == [1, 3, 4, 5]
    assert look(lookup(metadataId=2)) == [2]
    assert look(lookup(metadataKey="k", metadataValue="w")) == [5]
    assert look(lookup(locationType="ROW")) == [1, 2]
    assert look(lookup(metadataLocation=row, locationMatchingStrategy="EXACT_LOCATION")) == [1]
    assert look(lookup(metadataLocation=row)) == [1, 3, 4]
    assert look(lookup(metadataLocation={"sheetId": 0})) == [1, 2, 3, 4]
    assert look(lookup(metadataLocation={"spreadsheet": True})) == [5]
    assert look({"a1Range": "Sheet1!A3"}) == [2, 3, 4]
    assert look(lookup(metadataId=1), lookup(metadataId=5)) == [1, 5]
    assert look(lookup(metadataId=77)) == []


def test_metadata_comes_with_the_spreadsheet_and_its_rows(person, one_session):
    person.do(create(1, number=1), create(sheetId=0, number=4), create(spreadsheet=True, number=5))
    base = f"https://sheets.googleapis.com/v4/spreadsheets/{person.book_id}"
    full = one_session.get(base, params={"includeGridData": "true", "ranges": "Sheet1!A1:A3"}).json()
    assert [one["metadataId"] for one in full["developerMetadata"]] == [5]
    assert [one["metadataId"] for one in full["sheets"][0]["developerMetadata"]] == [4]
    rows = full["sheets"][0]["data"][0]["rowMetadata"]
    assert rows[1]["developerMetadata"][0]["location"]["dimensionRange"]["startIndex"] == 1
    assert one_session.get(f"{base}/developerMetadata/4").json()["location"] == {"locationType": "SHEET", "sheetId": 0}
    assert one_session.get(f"{base}/developerMetadata/9").status_code == 404


def test_values_are_read_written_and_cleared_by_metadata(person, one_session):
    person.do(create(2, number=1), create(0, number=2, dimension="COLUMNS"))
    base = f"https://sheets.googleapis.com/v4/spreadsheets/{person.book_id}/values"
    body = {"dataFilters": [lookup(metadataId=1)], "majorDimension": "ROWS"}
    read = one_session.post(f"{base}:batchGetByDataFilter", json=body).json()
    assert read["valueRanges"][0]["valueRange"]["values"] == [["row 2"]]
    data = {"dataFilter": lookup(metadataId=1), "majorDimension": "ROWS", "values": [["changed", "score"]]}
    person.insert_rows(1)
    answer = one_session.post(
        f"{base}:batchUpdateByDataFilter", json={"valueInputOption": "RAW", "data": [data]}
    ).json()
    assert answer["responses"][0]["updatedRange"] == "Sheet1!A4:B4"
    assert person.rows()[3] == ["changed", "score"]
    one_session.post(f"{base}:batchClearByDataFilter", json={"dataFilters": [lookup(metadataId=2)]})
    assert person.rows() == [[], [], [], ["", "score"]]


def test_project_metadata_is_seen_by_its_project_only(google, person, one_session):
    google.share(person.book_id, "writer", google.email)
    base = f"https://sheets.googleapis.com/v4/spreadsheets/{person.book_id}"
    one_session.post(f"{base}:batchUpdate", json={"requests": [create(1, number=1, visibility="PROJECT")]})
    assert found(person, one_session, lookup(metadataKey="k")) == [1]
    other = google.another_service_account("other", "another-project")
    google.share(person.book_id, "reader", other["client_email"])
    assert found(person, google.session(other), lookup(metadataKey="k")) == []


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ([create(1, number=7), create(2, number=7)], "ID \\[7\\]"),
        ([create(1, key="")], "must have a key"),
        ([create(1, visibility="")], "must have a visibility"),
        ([create(5000)], "must be less than the grid's size"),
        ([create(1, value="x" * 30_001)], "limit of 30000 characters"),
        ([create()], "exactly one location"),
        ([{"deleteDeveloperMetadata": {}}], "Must specify a data filter"),
    ],
)
def test_refused(person, requests, message):
    with pytest.raises(ApiError, match=message):
        person.do(*requests)
    assert person.book.metadata == []


def test_update(person):
    person.do(create(1, number=1), create(2, number=2))
    change = {"developerMetadata": {"metadataValue": "new"}, "fields": "metadataValue"}
    reply = person.do({"updateDeveloperMetadata": change | {"dataFilters": [lookup(metadataId=2)]}})
    assert [one["metadataValue"] for one in reply[0]["updateDeveloperMetadata"]["developerMetadata"]] == ["new"]
    assert [one["metadataValue"] for one in person.book.metadata] == ["v", "new"]


def test_the_fence_lets_the_holder_through_and_nobody_else(person):
    person.do(create(spreadsheet=True, number=9, value="mine"))
    person.do(delete(metadataId=9, metadataValue="mine"), create(spreadsheet=True, number=9, value="next"), write("a"))
    assert person.rows()[0] == ["row 0", "a"]
    late = [delete(metadataId=9, metadataValue="mine"), create(spreadsheet=True, number=9, value="mine"), write("b")]
    with pytest.raises(ApiError, match=r"Invalid requests\[1\].createDeveloperMetadata"):
        person.do(*late)
    assert person.rows()[0] == ["row 0", "a"]
    assert [one["metadataValue"] for one in person.book.metadata] == ["next"]


def test_the_fence_closes_when_rows_were_inserted_before_it(person):
    person.do(create(4, number=9))
    place = {"dimensionRange": {"sheetId": 0, "dimension": "ROWS", "startIndex": 4, "endIndex": 5}}
    fenced = [
        delete(metadataId=9, metadataLocation=place, locationMatchingStrategy="EXACT_LOCATION"),
        create(4, number=9),
        write("here", 4),
    ]
    person.do(*fenced)
    person.insert_rows(2)
    with pytest.raises(ApiError, match=r"ID \[9\] because"):
        person.do(*fenced)
    person.delete_rows(2)
    person.do(*fenced)
    assert person.rows()[4] == ["row 4", "here"]


EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.integers(0, 7), st.integers(1, 3)),
        st.tuples(st.just("delete"), st.integers(0, 7), st.integers(1, 3)),
        st.tuples(st.just("move"), st.integers(0, 7), st.integers(1, 3), st.integers(0, 9)),
    ),
    max_size=8,
)


@pytest.mark.parametrize("dimension", ["ROWS", "COLUMNS"])
@settings(max_examples=60, deadline=None)
@given(edits=EDITS)
def test_metadata_names_and_formulas_follow_their_cells(one_google, dimension, edits):
    """Eight rows (or columns), each with a text, metadata and a name: they stay together or go together."""
    count = 8
    rows = [[f"cell {at}"] for at in range(count)]
    if dimension == "COLUMNS":
        rows = [[row[0] for row in rows]]
    person = one_google.spreadsheet(one_google.load("Property", rows))
    axis = "Row" if dimension == "ROWS" else "Column"
    person.do(*[create(at, number=at + 1, value=f"cell {at}", dimension=dimension) for at in range(count)])
    person.do(*[_named(at, axis) for at in range(count)])
    person.do({"addSheet": {"properties": {"sheetId": 5, "title": "Formulas"}}})
    places = [f"A{at + 1}" if dimension == "ROWS" else f"{chr(65 + at)}1" for at in range(count)]
    person.type("Formulas!A1", [[f"=Sheet1!{place}"] for place in places])
    for edit in edits:
        try:
            person.do(_edit(edit, dimension))
        except ApiError:
            continue
    book, tab = person.book, person.tab("Sheet1")

    def text(at):
        cell = tab.cell(at, 0) if dimension == "ROWS" else tab.cell(0, at)
        return None if cell is None else cell.effective

    shown = [text(at) for at in range(max(tab.row_count, tab.column_count))]
    left = {one for one in shown if one}
    assert {one["metadataValue"] for one in book.metadata} == left
    for one in book.metadata:
        span = one["location"]["dimensionRange"]
        assert span["endIndex"] == span["startIndex"] + 1
        assert text(span["startIndex"]) == one["metadataValue"]
    assert {one["name"].replace("_", " ") for one in book.named_ranges} == left
    for one in book.named_ranges:
        assert text(one["range"][f"start{axis}Index"]) == one["name"].replace("_", " ")
    for at, row in enumerate(person.rows("Formulas")):
        assert row == ([f"cell {at}"] if f"cell {at}" in left else ["#REF!"])


def _named(at, axis):
    other = "Column" if axis == "Row" else "Row"
    span = {f"start{axis}Index": at, f"end{axis}Index": at + 1, f"start{other}Index": 0, f"end{other}Index": 1}
    return {"addNamedRange": {"namedRange": {"name": f"cell_{at}", "range": {"sheetId": 0} | span}}}


def _edit(edit, dimension):
    kind, start, count, *rest = edit
    span = {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": start + count}
    if kind == "move":
        return {"moveDimension": {"source": span, "destinationIndex": rest[0]}}
    return {f"{kind}Dimension": {"range": span}}
