"""What an editor of a sheet writes where workers keep their own: the others' jobs go on."""

from __future__ import annotations

import json

import pytest

from sheetjudge.tables.job_holds import KEY, hold_number
from sheetjudge.tables.job_tab import OFFER, TAB
from tests.service.queue_tools import queue_of, served, worker

DEEP = "[" * 20_000
HUGE = "1" + "0" * 400

ODD_HOLDS = [
    json.dumps({"hold": ["j1", "x", "h", 1, "", 0, 0, ""]}).replace(", 1, ", f", {number}, ")
    for number in (HUGE, "1e999", "NaN", "9" * 19, "-1")
] + [DEEP, "{}", "null", '{"hold": 7}']


def offered(**more):
    return {"judges": [{"name": "theirs", "local": True}], "default": "theirs", "seen": 4e9, **more}


ODD_OFFERS = [
    DEEP,
    json.dumps({"x": offered()}).replace("4000000000.0", HUGE),
    json.dumps({"x": offered(max_rows="many")}),
    json.dumps({"x": offered(ceiling="much"), "y": offered(ceiling=3)}),
    json.dumps({"x": offered(ceiling=[], default={"a": 1})}),
    json.dumps({"x": offered(more=0)}).replace(" 0}", f" {'[' * 900}{']' * 900}}}"),
]


queue = queue_of(2)


def check_goes_on(queue, tmp_path, asked):
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, asked)
        assert desk.told.of("trouble") == []
    assert queue.state(asked) == "done"


@pytest.mark.parametrize(
    "text", [DEEP, '{"usd": ' + HUGE + "}", '{"usd": 1e999}', '{"id": ' + "[" * 900 + "]" * 900 + "}"]
)
def test_whatever_stands_for_progress(queue, tmp_path, text):
    odd = queue.ask(kind="estimate")
    queue.put(odd, "progress", text)
    check_goes_on(queue, tmp_path, queue.ask(kind="estimate"))


def put_metadata(queue, key, value):
    place = queue.person.book.titled(TAB).properties["sheetId"]
    row = queue.number(key)
    where = {"dimensionRange": {"sheetId": place, "dimension": "ROWS", "startIndex": row - 1, "endIndex": row}}
    entry = {"metadataId": hold_number(queue.book_id, key), "metadataKey": KEY, "metadataValue": value}
    queue.person.do(
        {"createDeveloperMetadata": {"developerMetadata": {**entry, "visibility": "DOCUMENT", "location": where}}}
    )


@pytest.mark.parametrize("value", ODD_HOLDS)
def test_whatever_stands_for_a_hold(queue, tmp_path, value):
    put_metadata(queue, queue.ask(kind="estimate"), value)
    check_goes_on(queue, tmp_path, queue.ask(kind="estimate"))


@pytest.mark.parametrize("more", ODD_OFFERS)
def test_whatever_stands_for_an_offer(queue, tmp_path, more):
    queue.ask(id=OFFER)
    put_metadata(queue, OFFER, json.dumps({"hold": [OFFER, "x", "h", 0, "", 0, 0, more]}))
    check_goes_on(queue, tmp_path, queue.ask(kind="estimate"))
    assert json.loads(queue.row(OFFER)["result"])["judges"]
