"""Requests of the wrong shape are refused as Google refuses them, never half understood."""

from __future__ import annotations

import json

import messages
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.sandbox.problems import ApiError
from sheetjudge.sandbox.shapes import checked


def test_the_messages_are_those_of_googles_own_description():
    assert json.loads(messages.TARGET.read_text(encoding="utf-8")) == messages.messages()


def batch(**request):
    return {"requests": [request]}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (batch(addSheat={}), "Unknown name \"addSheat\" at 'requests[0]': Cannot find field."),
        (
            batch(addSheet={"properties": {"tittle": "x"}}),
            "Unknown name \"tittle\" at 'requests[0].add_sheet.properties': Cannot find field.",
        ),
        ({"request": []}, 'Unknown name "request": Cannot find field.'),
        (
            batch(deleteSheet={"sheetId": "abc"}),
            "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \"abc\"",
        ),
        (batch(deleteSheet={"sheetId": 1.5}), "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), 1.5"),
        (batch(deleteSheet={"sheetId": 2**31}), "(TYPE_INT32), 2147483648"),
        (
            batch(insertDimension={"inheritFromBefore": "yes"}),
            "Invalid value at 'requests[0].insert_dimension.inherit_from_before' (TYPE_BOOL), \"yes\"",
        ),
        (
            batch(insertDimension={"range": {"dimension": "ROW"}}),
            '.range.dimension\' (type.googleapis.com/google.apps.sheets.v4.Dimension), "ROW"',
        ),
        (
            batch(addSheet={"properties": []}),
            "Unknown name \"properties\" at 'requests[0].add_sheet': Proto field is not repeating, cannot start list.",
        ),
        (
            batch(addSheet={"properties": {"title": {"text": "x"}}}),
            "'requests[0].add_sheet.properties.title' (TYPE_STRING), Starting an object on a scalar field",
        ),
        (
            batch(addSheet="x"),
            "'requests[0].add_sheet' (type.googleapis.com/google.apps.sheets.v4.AddSheetRequest), \"x\"",
        ),
        (batch(setBasicFilter={"filter": {"criteria": 3}}), "criteria"),
    ],
)
def test_mistakes_are_named(body, sentence):
    with pytest.raises(ApiError) as refused:
        checked(body, "BatchUpdateSpreadsheetRequest")
    assert sentence in refused.value.message
    [violation] = refused.value.details[0]["fieldViolations"]
    assert violation["description"] == refused.value.message


def test_every_mistake_is_named_at_once():
    with pytest.raises(ApiError) as refused:
        checked({"one": 1, "requests": [{"two": 2}]}, "BatchUpdateSpreadsheetRequest")
    assert refused.value.message.count("Cannot find field.") == 2
    assert len(refused.value.details[0]["fieldViolations"]) == 2


def test_what_google_takes_in_other_forms_is_taken():
    body = {"requests": {"delete_sheet": {"sheet_id": "7"}}, "response_ranges": None}
    assert checked(body, "BatchUpdateSpreadsheetRequest") == {"requests": [{"deleteSheet": {"sheetId": 7}}]}
    nested = {"requests": [[{"deleteSheet": {"sheetId": 1}}], {"deleteSheet": {}}, [[], [{"addSheet": {}}]]]}
    flat = [{"deleteSheet": {"sheetId": 1}}, {"deleteSheet": {}}, {"addSheet": {}}]
    assert checked(nested, "BatchUpdateSpreadsheetRequest") == {"requests": flat}
    empty = {"requests": [{"addProtectedRange": {"protectedRange": {"editors": {"users": [], "groups": []}}}}]}
    without = {"requests": [{"addProtectedRange": {"protectedRange": {"editors": {}}}}]}
    assert checked(empty, "BatchUpdateSpreadsheetRequest") == without
    values = {"values": [[None, 1, "x", True]], "majorDimension": None}
    assert checked(values, "ValueRange", "data") == {"values": [[None, 1, "x", True]]}


NAMES = st.sampled_from(
    ["requests", "updateCells", "rows", "values", "range", "fields", "sheetId", "criteria", "filter"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3) | NAMES, inner, max_size=2),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_taken_or_refused(value):
    try:
        taken = checked(value, "BatchUpdateSpreadsheetRequest")
    except ApiError as refused:
        code = refused.code
    else:
        code = 200 if isinstance(taken, dict) else 0
    assert code in (200, 400)
