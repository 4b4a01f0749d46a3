"""No request, however odd, makes the local Google fail: it answers or refuses, and a refusal changes nothing."""

from __future__ import annotations

import json

import pytest
from discovery import document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetjudge.sandbox.batch.run import HANDLERS
from sheetjudge.sandbox.http import Request

TEXTS = st.sampled_from(["", "x", "=1+A1", "007", "A1:B2", "Sheet1!A1", "*", "title", "2025-01-02", "no such thing"])
INTEGERS = st.integers(-2, 9) | st.sampled_from([999, 1000, 2**31 - 1])
MASKS = st.sampled_from(
    [
        "* ",
        " ",
        "userEnteredValue",
        "userEnteredFormat.textFormat.bold",
        "title,index",
        "gridProperties(rowCount)",
        "note",
        "hidden",
        "pixelSize",
        "hiddenByUser",
        "name",
        "range",
        "metadataValue",
        "location",
        "a(",
        "tabColorStyle",
        "properties",
    ]
)


def strategy(schema, depth=0):
    if "$ref" in schema:
        return strategy(document("sheets.v4")["schemas"][schema["$ref"]], depth)
    if schema.get("format") == "google-fieldmask":
        return MASKS
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type", "any")
    if kind == "object":
        members = {} if depth > 4 else schema.get("properties", {})
        optional = {name: st.deferred(lambda part=part: strategy(part, depth + 1)) for name, part in members.items()}
        return st.fixed_dictionaries({}, optional=optional)
    if kind == "array":
        return st.lists(strategy(schema["items"], depth + 1), max_size=2)
    return {"string": TEXTS, "integer": INTEGERS, "number": st.floats(0, 1), "boolean": st.booleans()}.get(
        kind, st.none()
    )


def batches():
    request = document("sheets.v4")["schemas"]["Request"]["properties"]
    one = st.sampled_from(sorted(HANDLERS)).flatmap(
        lambda kind: strategy(request[kind]).map(lambda body, kind=kind: {kind: body})
    )
    return st.lists(one, min_size=1, max_size=3)


@pytest.fixture
def post(google, one_session):
    one_session.get("https://www.googleapis.com/drive/v3/files")
    headers = {"authorization": f"Bearer {one_session.credentials.token}"}

    def send(target, body, method="POST"):
        return google._app.answer(Request.of(method, target, headers, json.dumps(body).encode()), google.base_url)

    return send


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_any_batch_is_answered(google, post, data):
    person = google.spreadsheet(google.load("Any", [["a", "b"], ["c", "=d"], ["1", "2"]]))
    before = person.book
    answer = post(f"/v4/spreadsheets/{person.book_id}:batchUpdate", {"requests": data.draw(batches())})
    assert answer.status in (200, 400, 501), answer.body
    if answer.status != 200:
        assert person.book is before
        assert answer.json()["error"]["message"]
    shown = post(f"/v4/spreadsheets/{person.book_id}?includeGridData=true", {}, "GET")
    assert shown.status == 200, shown.body
    page = post(f"/spreadsheets/d/{person.book_id}/edit", {}, "GET")
    assert page.status == 200


VALUES = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
RANGES = st.sampled_from(
    ["A1", "Sheet1", "Sheet1!B2:C", "A:A", "2:3", "Z999:AB1001", "AA1", "no", "", "'", "!", "A1:", "$A$1"]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["update", "append", "clear", "get"]),
    where=RANGES,
    values=st.lists(st.lists(VALUES, max_size=3), max_size=3) | TEXTS,
    option=st.sampled_from(["RAW", "USER_ENTERED", "", "WRONG"]),
    major=st.sampled_from(["ROWS", "COLUMNS", "WRONG"]),
)
def test_any_values_call_is_answered(google, post, method, where, values, option, major):
    person = google.spreadsheet(google.load("Any", [["a", "b"], ["c", "d"]]))
    base = f"/v4/spreadsheets/{person.book_id}/values/{where.replace(' ', '%20')}"
    body = {"values": values, "majorDimension": major}
    if method == "get":
        answer = post(f"{base}?majorDimension={major}", {}, "GET")
    elif method == "update":
        answer = post(f"{base}?valueInputOption={option}", body, "PUT")
    else:
        answer = post(f"{base}:{method}?valueInputOption={option}", body)
    assert answer.status in (200, 400, 501), answer.body
    assert post(f"/v4/spreadsheets/{person.book_id}?includeGridData=true", {}, "GET").status == 200
