"""Whether Google behaves as is relied on: tried out on the local Google, whole and with one behaviour broken."""

from __future__ import annotations

import copy
import json

import pytest

from sheetjudge.sandbox import sheets_api
from sheetjudge.sandbox.batch import run
from sheetjudge.sandbox.behaviours import BEHAVIOURS, assumed
from sheetjudge.sandbox.faults import Fault, every
from sheetjudge.sandbox.problems import ApiError, bad_request
from sheetjudge.tables import quota
from sheetjudge.tables.connecting import connect
from sheetjudge.tables.open import TableOptions
from sheetjudge.tables.probe import run_probes
from sheetjudge.tables.probes import NOT_PROBED, PROBES
from sheetjudge.tables.sheets import Patience
from tests.ops.scoring import inside

ROWS = [["ID", "Answer"], ["1", "One."], ["2", "=1+1"]]


@pytest.fixture
def url(google):
    url = google.load("Answers", ROWS)
    mark = {"metadataKey": "theirs", "visibility": "DOCUMENT", "location": {"sheetId": 0}}
    google.spreadsheet(url).do({"createDeveloperMetadata": {"developerMetadata": mark}})
    return url


@pytest.fixture
def probed(google, url):
    def go(probes=PROBES):
        options = TableOptions(credentials=str(google.credentials), environment={})
        _, api = connect(url, options, Patience(tries=4, sleep=lambda _: None))
        return {one.probe.name: one for one in run_probes(api, probes)}

    return go


def everything(google, url):
    """All that the spreadsheet holds."""
    book = google.spreadsheet(url).book
    sheets = [(one.properties, one.rows, one.row_properties, one.column_properties) for one in book.sheets]
    return repr((book.title, sheets, book.metadata, book.named_ranges))


def test_every_assumption_is_tried_out_or_it_is_said_why_not():
    said = {one.name: one.says for one in BEHAVIOURS}
    names = [probe.name for probe in PROBES]
    assert len(names) == len(set(names))
    assert {one.name for one in assumed()} <= {*names, *NOT_PROBED}
    assert {probe.name: probe.says for probe in PROBES} == {name: said[name] for name in names}
    assert set(NOT_PROBED) <= set(said)
    assert not set(names) & set(NOT_PROBED)


def test_here_all_of_them_hold_and_nothing_is_left_behind(google, url, probed):
    before = everything(google, url)
    found = probed()
    assert {name: one.seen for name, one in found.items() if not one.holds} == {}
    assert len(found) == len(PROBES)
    assert everything(google, url) == before


def test_what_is_tried_out_happens_out_of_sight(google, url, probed):
    seen = []
    google.observe(
        lambda _, __: seen.append(
            [s.title for s in google.spreadsheet(url).book.sheets if not s.properties.get("hidden")]
        )
    )
    probed()
    assert {title for titles in seen for title in titles} == {"Sheet1"}


def test_connections_that_break_leave_nothing_behind(google, url, probed):
    before = everything(google, url)
    google.faults.add(every(7, Fault(drop="after"), matching="sheets.batchUpdate"))
    google.faults.add(every(11, Fault(drop="before"), matching="sheets.batchUpdate"))
    found = probed()
    assert not [name for name, one in found.items() if one.holds is False]
    assert [name for name, one in found.items() if one.holds is None]
    google.faults.clear()
    assert everything(google, url) == before


# --- one behaviour broken -------------------------------------------------------------------------------------------

create, delete = run.HANDLERS["createDeveloperMetadata"], run.HANDLERS["deleteDeveloperMetadata"]


def ids_may_repeat(batch, request):
    asked = request["developerMetadata"]
    if asked.get("metadataId") in {one["metadataId"] for one in batch.book.metadata}:
        request = {"developerMetadata": {name: part for name, part in asked.items() if name != "metadataId"}}
    return create(batch, request)


def ids_stay_used():
    used = set()

    def handler(batch, request):
        number = request["developerMetadata"].get("metadataId")
        if number in used:
            raise bad_request(f"Developer metadata with id {number} already exists.")
        used.add(number)
        return create(batch, request)

    return handler


def deletes_something(batch, request):
    if not (found := delete(batch, request))["deleteDeveloperMetadata"]:
        raise bad_request("No developer metadata matches.")
    return found


def deletes_whatever_it_says(batch, request):
    lookup = dict(request["dataFilter"]["developerMetadataLookup"])
    lookup.pop("metadataValue", None)
    return delete(batch, {"dataFilter": {"developerMetadataLookup": lookup}})


def deletes_wherever_it_is(batch, request):
    lookup = dict(request["dataFilter"]["developerMetadataLookup"])
    if "metadataId" in lookup:
        lookup = {"metadataId": lookup["metadataId"]}
    return delete(batch, {"dataFilter": {"developerMetadataLookup": lookup}})


def insert_leaves_metadata(batch, request):
    before = copy.deepcopy(batch.book.metadata)
    reply = insert(batch, request)
    batch.book.metadata = before
    return reply


def sort_moves_metadata(batch, request):
    reply = sort(batch, request)
    for one in batch.book.metadata:
        if "dimensionRange" in one["location"]:
            place = one["location"]["dimensionRange"]
            one["location"] = one["location"] | {"dimensionRange": place | {"startIndex": 2, "endIndex": 3}}
    return reply


def text_is_parsed(batch, request):
    text = json.dumps(request).replace('{"stringValue": "=', '{"formulaValue": "=')
    return write(batch, json.loads(text))


def range_clears_nothing(batch, request):
    if "range" in request:
        area = request["range"]
        corner = {"rowIndex": area.get("startRowIndex", 0), "columnIndex": area.get("startColumnIndex", 0)}
        rest = {name: part for name, part in request.items() if name != "range"}
        request = rest | {"start": {"sheetId": area.get("sheetId", 0)} | corner}
    return write(batch, request)


insert, sort, write = (run.HANDLERS[kind] for kind in ("insertDimension", "sortRange", "updateCells"))

BREAKS = [
    ("metadata.unique", "createDeveloperMetadata", lambda: ids_may_repeat),
    ("metadata.fence", "createDeveloperMetadata", ids_stay_used),
    ("metadata.fence", "deleteDeveloperMetadata", lambda: deletes_whatever_it_says),
    ("metadata.fence", "deleteDeveloperMetadata", lambda: deletes_wherever_it_is),
    ("metadata.delete_none", "deleteDeveloperMetadata", lambda: deletes_something),
    ("metadata.follows", "insertDimension", lambda: insert_leaves_metadata),
    ("edit.sort_cells", "sortRange", lambda: sort_moves_metadata),
    ("raw", "updateCells", lambda: text_is_parsed),
    ("edit.clears", "updateCells", lambda: range_clears_nothing),
]


@pytest.mark.parametrize(("name", "kind", "make"), BREAKS)
def test_a_behaviour_that_is_otherwise_is_noticed(google, url, probed, monkeypatch, name, kind, make):
    before = everything(google, url)
    monkeypatch.setitem(run.HANDLERS, kind, make())
    found = probed([probe for probe in PROBES if probe.name == name])
    assert found[name].holds is False
    assert found[name].seen
    assert found[name].probe.is_needed
    assert everything(google, url) == before


def test_a_batch_that_is_applied_in_part_is_noticed(probed, monkeypatch):
    whole = sheets_api.run_batch

    def in_part(batch, requests):
        replies = []
        for request in requests:
            try:
                replies += whole(batch, [request])
            except ApiError:
                replies.append({})
        return replies

    monkeypatch.setattr(sheets_api, "run_batch", in_part)
    assert probed([probe for probe in PROBES if probe.name == "edit.atomic"])["edit.atomic"].holds is False


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_quota(monkeypatch):
    """All probes together are more than a minute's requests; here nobody counts them."""
    monkeypatch.setattr(quota, "quota_of", lambda *_, **__: None)


def doctor(google, url, *args):
    return inside("doctor", "--probe", url, "--credentials", google.credentials, *args)


def test_the_command_says_it_in_words(google, url):
    ran = doctor(google, url)
    assert ran.code == 0, ran.said
    assert "ok       metadata.fence: An id that was deleted earlier in a batch" in ran.out
    assert "skipped  access.reader: Not tried out: it takes a second account." in ran.out


def test_the_command_fails_where_write_back_would(google, url, monkeypatch):
    monkeypatch.setitem(run.HANDLERS, "createDeveloperMetadata", ids_may_repeat)
    ran = doctor(google, url)
    assert ran.code == 1
    assert "FAILED   metadata.unique: An id is unique; one that is in use is refused. But here the same id" in ran.out


def test_the_command_does_not_fail_for_what_nothing_stands_on(google, url, monkeypatch):
    monkeypatch.setitem(run.HANDLERS, "mergeCells", lambda _, __: {})
    ran = doctor(google, url, "--json")
    assert ran.code == 0
    found = json.loads(ran.out)
    assert found["ok"] is True
    failed = {one["name"] for one in found["findings"] if one["state"] == "failed"}
    assert failed == {"sheet.merge_drops", "sheet.part_merge", "edit.ranges_follow"}


def test_a_spreadsheet_that_may_not_be_changed(google):
    url = google.load("Answers", ROWS, role="reader")
    ran = doctor(google, url)
    assert ran.code == 2
    assert "may be read but not changed" in ran.err


def test_without_a_spreadsheet_it_looks_at_this_machine(tmp_path, monkeypatch):
    assert inside("doctor").code == 0
    file = tmp_path / "journal"
    file.write_text("no database, and long enough to be told from an empty one" * 20, encoding="utf-8")
    monkeypatch.setenv("SHEETJUDGE_JOURNAL", str(file))
    ran = inside("doctor")
    assert ran.code == 1
    assert "FAILED   journal: " in ran.out
