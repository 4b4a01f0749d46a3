"""What goes wrong on demand, and a person who edits at chosen moments."""

from __future__ import annotations

import itertools

import pytest
import requests

from sheetjudge.sandbox.faults import Fault, Quota, every, first, server_error
from sheetjudge.sandbox.restless import Restless

gspread = pytest.importorskip("gspread")


@pytest.fixture
def url(google):
    return google.load("Essays", [["Essay", "Score"], ["one", ""], ["two", ""], ["three", ""]])


@pytest.fixture
def tab(gspread_client, url):
    return gspread_client.open_by_url(url).sheet1


def test_the_quota_answers_as_google_does(google, tab):
    seconds = itertools.count()
    google.faults.add(Quota(per_user=3, per_project=5, now=lambda: next(seconds)))
    for _ in range(3):
        tab.get("A1")
    with pytest.raises(gspread.exceptions.APIError) as refused:
        tab.get("A1")
    error = refused.value.response.json()["error"]
    assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error["message"].startswith(
        "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user'"
    )
    assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert error["details"][0]["metadata"]["quota_limit_value"] == "3"
    assert "Retry-After" not in refused.value.response.headers
    tab.update([["x"]], "B2")
    for _ in range(60):
        next(seconds)
    assert tab.acell("B2").value == "x"


def test_users_share_the_projects_quota(google, url, tab):
    google.faults.add(Quota(per_user=60, per_project=4, now=lambda: 0.0))
    other = google.another_service_account("second")
    google.share(url, "reader", other["client_email"])
    second = gspread.Client(None, google.session(other)).open_by_url(url).sheet1
    tab.get("A1")
    tab.get("A1")
    with pytest.raises(gspread.exceptions.APIError, match="limit 'Read requests per minute' of service"):
        second.get("A1")


def test_errors_strike_when_told_and_change_nothing(google, url, tab):
    google.faults.add(first(2, Fault(error=server_error(503)), matching="sheets.values.update"))
    for _ in range(2):
        with pytest.raises(gspread.exceptions.APIError, match="currently unavailable"):
            tab.update([["lost"]], "B2")
    assert google.spreadsheet(url).cell("B2") == ""
    tab.update([["kept"]], "B2")
    assert google.spreadsheet(url).cell("B2") == "kept"
    google.faults.clear()
    google.faults.add(every(2, Fault(error=server_error(500))))
    tab.get("A1")
    with pytest.raises(gspread.exceptions.APIError, match="Internal error"):
        tab.get("A1")


@pytest.mark.parametrize(("drop", "written"), [("before", ""), ("after", "x")])
def test_a_connection_drops(google, url, tab, drop, written):
    google.faults.add(first(1, Fault(drop=drop), matching="sheets.values.update"))
    with pytest.raises(requests.exceptions.ConnectionError):
        tab.update([["x"]], "B2")
    assert google.spreadsheet(url).cell("B2") == written
    assert tab.acell("A1").value == "Essay"
    assert [one.status for one in google.log if one.seen.name == "sheets.values.update"] == [0]


def test_an_error_after_the_write_was_applied(google, url, tab):
    google.faults.add(first(1, Fault(late_error=server_error(500)), matching="sheets.values.update"))
    with pytest.raises(gspread.exceptions.APIError):
        tab.update([["x"]], "B2")
    assert google.spreadsheet(url).cell("B2") == "x"


def test_a_person_edits_between_the_read_and_the_write(google, url, tab):
    person = google.spreadsheet(url)

    def edit(moment, seen):
        if moment == "after" and seen.name == "sheets.values.get":
            person.insert_rows(2)

    google.observe(edit)
    place = tab.col_values(1).index("two") + 1
    google.forget()
    tab.update_acell(f"B{place}", "beside the wrong row")
    assert person.rows() == [["Essay", "Score"], [], ["one", "beside the wrong row"], ["two"], ["three"]]


def test_a_person_can_do_what_people_do(google, url):
    person = google.spreadsheet(url)
    person.type("B2", [["3"], ["1"], ["2"]])
    person.sort("A2:B4", 2)
    assert person.rows() == [["Essay", "Score"], ["two", "1"], ["three", "2"], ["one", "3"]]
    person.move_column(2, 1)
    person.move_row(4, 2)
    person.delete_rows(3)
    person.insert_columns(1)
    assert person.rows() == [["", "Score", "Essay"], ["", "3", "one"], ["", "2", "three"]]
    person.delete_columns(1)
    person.rename("Renamed")
    assert person.cell("Renamed!A2") == "3"
    person.put_formula("C2", "=GOOGLETRANSLATE(A1)", "Loading...")
    person.type("D2", "=C2&A1")
    person.insert_rows(1)
    assert person.cell("C3") == "Loading..."
    assert person.cell("D3") == "Loading...Score"


def test_requests_are_logged_and_counted(google, tab):
    google.clear_log()
    tab.get("A1")
    tab.update([["x"]], "A1")
    assert google.counts() == {"sheets.values.get": 1, "sheets.values.update": 1}
    read, write = google.log
    assert (read.seen.writes, write.seen.writes) == (False, True)
    assert write.status == 200
    assert write.sent > 0
    assert write.seen.email == google.email


def test_a_restless_person_is_repeatable_and_keeps_rows_whole(google, gspread_client):
    kinds = ("insert_rows", "delete_row", "move_row", "move_column", "sort_all", "rename", "insert_column")

    def trial(seed):
        rows = [["Name", "Twin"], *[[f"n{at:02d}", f"n{at:02d}"] for at in range(12)]]
        url = google.load("Restless", rows)
        person = Restless(google.spreadsheet(url), seed, chance=0.9, kinds=kinds)
        google.observe(person)
        tab = gspread_client.open_by_url(url).sheet1
        for _ in range(15):
            tab.spreadsheet.fetch_sheet_metadata()
        google.forget()
        return [(edit.kind, edit.what) for edit in person.diary], person.person.rows()

    diary, shown = trial(7)
    assert trial(7) == (diary, shown)
    assert trial(8)[0] != diary
    assert {kind for kind, _ in diary} <= set(kinds)
    assert len(diary) > 10
    for row in shown:
        filled = [text for text in row if text]
        assert filled in ([], ["Name", "Twin"], ["Twin", "Name"]) or filled[0] == filled[1]


def test_rows_cannot_be_inserted_inside_what_others_protected(google, url, tab):
    person = google.spreadsheet(url)
    person.do({"addProtectedRange": {"protectedRange": {"range": {"startRowIndex": 1, "endRowIndex": 3}}}})
    with pytest.raises(gspread.exceptions.APIError, match="protected cell or object"):
        tab.insert_row(["x"], 3)
    tab.insert_row(["x"], 4)
    tab.insert_row(["y"], 2)
    assert person.rows() == [["Essay", "Score"], ["y"], ["one"], ["two"], ["x"], ["three"]]
