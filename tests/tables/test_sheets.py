"""Google Sheets through gspread, against the local Google."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from table_tools import cells, headers, names

from sheetjudge import sandbox
from sheetjudge.core.table import Row
from sheetjudge.errors import AccessError, TableError
from sheetjudge.sandbox.faults import Fault, first, quota_error, server_error
from sheetjudge.sandbox.problems import ApiError
from sheetjudge.tables.open import TableOptions, open_any, target_for
from sheetjudge.tables.sheet_table import open_sheet
from sheetjudge.tables.sheet_target import SheetTarget
from sheetjudge.tables.sheets import Patience

HEADERS = ("Score", "clarity", "Why", "Status")
ROWS = [["Essay", "N", ""], ["It was a dark night.", "007"], [], ["=1+1", "1e5", "x", "w"], ["a\nb 😀", "2025-01-02"]]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with sandbox.start(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=1) as google:
        yield google


@pytest.fixture
def google(server):
    server.faults.clear()
    server.clear_log()
    return server


class Waits(list):
    """A sleep that only writes down how long it was asked for."""

    __call__ = list.append


@pytest.fixture
def waits():
    return Waits()


@pytest.fixture
def opened(google, waits):
    def open_it(url, **options):
        patience = Patience(tries=5, sleep=waits)
        return open_sheet(url, credentials=str(google.credentials), environment={}, patience=patience, **options)

    return open_it


def shown(person, header_row=1):
    """The rows that a person sees: without the hidden column of row marks."""
    rows = person.rows()
    at = rows[header_row - 1].index("sheetjudge")
    return [[*row[:at], *row[at + 1 :]] for row in rows]


def filled(table, value=lambda row: (row.number / 2, 1, f"Because {row.number}", "ok")):
    target = table.target()
    target.open(HEADERS)
    for row in table.rows():
        target.put(row, value(row))
    target.close()


def test_cells_are_read_as_a_person_sees_them(google, opened):
    table = opened(google.load("Essays", ROWS))
    assert table.name == "Essays › Sheet1"
    assert names(table) == ["Essay", "N", "Column C", "Column D"]
    assert list(table.rows()) == [
        Row(0, 2, ("It was a dark night.", "007", "", "")),
        Row(1, 3, ("", "", "", "")),
        Row(2, 4, ("=1+1", "1e5", "x", "w")),
        Row(3, 5, ("a\nb 😀", "2025-01-02", "", "")),
    ]
    assert table.managed == frozenset()


def test_numbers_dates_and_formulas_are_read_as_they_are_shown(google, opened):
    url = google.load("Essays", [["a", "b", "c"]])
    google.spreadsheet(url).type("A2", [["3.50", "=2*21", "TRUE"]])
    assert cells(opened(url)) == [("3.5", "42", "TRUE")]


def test_results_are_written_beside_their_rows_as_text_and_numbers(google, opened):
    url = google.load("Essays", ROWS)
    filled(opened(url), lambda row: (row.number / 2, None, "=HYPERLINK(1)", "ok"))
    person = google.spreadsheet(url)
    assert [row[4:] for row in shown(person)] == [
        list(HEADERS), *[[f"{n / 2:.2f}", "", "=HYPERLINK(1)", "ok"] for n in (2, 3, 4, 5)]
    ]  # fmt: skip
    assert [row[:4] for row in person.rows()] == [[*row, *[""] * (4 - len(row))] for row in ROWS]
    assert person.tab().cell(1, 4).effective == 1.0
    assert person.tab().cell(1, 6).effective == "=HYPERLINK(1)"


def test_a_long_reason_wraps_in_a_wide_column_under_a_bold_header(google, opened):
    url = google.load("Essays", ROWS)
    filled(opened(url))
    tab = google.spreadsheet(url).tab()
    assert tab.cell(1, 6).format["wrapStrategy"] == "WRAP"
    assert tab.column_properties[6]["pixelSize"] > 300
    assert tab.cell(0, 4).format["textFormat"]["bold"] is True


def test_the_columns_are_found_again_though_renamed_and_moved(google, opened):
    url = google.load("Essays", ROWS)
    filled(opened(url))
    person = google.spreadsheet(url)
    person.type("E1", "Mark")
    person.move_column(7, 1)
    table = opened(url)
    assert headers(table) == ["Why", "Essay", "N", "", "", "Mark", "clarity", "sheetjudge", "Status"]
    assert table.managed == {0, 5, 6, 7, 8}
    filled(table, lambda _row: (9, 8, "Again", "ok"))
    assert [row.count("Again") for row in person.rows()] == [0, 1, 1, 1, 1]
    assert shown(person)[1] == ["Again", "It was a dark night.", "007", "", "", "9.00", "8", "ok"]
    assert person.rows()[0][5] == "Mark"


def test_a_copy_in_a_file_holds_each_result_once(google, opened, tmp_path):
    url = google.load("Essays", [["Essay", "Score"], ["x", "mine"]])
    filled(opened(url))
    target = target_for(opened(url), str(tmp_path / "copy.csv"))
    target.open(HEADERS)
    target.close()
    assert (tmp_path / "copy.csv").read_text().splitlines()[0] == ",".join(["Essay", "Score", *HEADERS])


def test_a_persons_column_of_the_same_name_is_left_alone(google, opened):
    url = google.load("Essays", [["Essay", "Score", "Status"], ["x", "mine", "done"]])
    filled(opened(url))
    assert shown(google.spreadsheet(url))[1] == ["x", "mine", "done", "1", "1", "Because 2", "ok"]


def test_a_new_criterion_gets_a_column_and_the_others_keep_theirs(google, opened):
    url = google.load("Essays", ROWS)
    filled(opened(url))
    target = opened(url).target()
    target.open((*HEADERS, "depth"))
    target.close()
    assert headers(opened(url)) == ["Essay", "N", "", "", *HEADERS[:3], "sheetjudge", "Status", "depth"]


def test_columns_are_made_to_the_right_of_whatever_stands_there_by_then(google, opened):
    url = google.load("Essays", ROWS)
    table = opened(url)
    google.spreadsheet(url).type("E1", [["typed"], ["meanwhile"]])
    filled(table)
    assert shown(google.spreadsheet(url))[1] == [
        "It was a dark night.", "007", "", "", "meanwhile", "1.00", "1", "Because 2", "ok"
    ]  # fmt: skip


def test_results_take_no_format_from_the_columns_beside_them(google, opened):
    url = google.load("Essays", ROWS)
    style = {"numberFormat": {"type": "DATE", "pattern": "yyyy-mm-dd"}}
    area = {"sheetId": 0, "startColumnIndex": 0, "endColumnIndex": 12}
    change = {"range": area, "cell": {"userEnteredFormat": style}, "fields": "userEnteredFormat.numberFormat"}
    google.spreadsheet(url).do({"repeatCell": change})
    filled(opened(url))
    assert google.spreadsheet(url).rows()[1][4:6] == ["1.00", "1"]


def test_empty_rows_between_two_answers_are_rows(google, opened):
    url = google.load("Long", [["h"], *[["x"]] * 990, *[[]] * 20, ["last"]])
    table = opened(url)
    assert [len(found) > 5 for found in (cells(table), google.log)] == [True, False]
    assert [(row.number, row.cells) for row in table.rows()][-1] == (1012, ("last",))
    assert sum(row.is_empty for row in table.rows()) == 20


def test_of_copied_columns_the_leftmost_counts(google, opened):
    url = google.load("Essays", ROWS)
    for index in (3, 1, 2):
        place = {"dimensionRange": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": index, "endIndex": index + 1}}
        entry = {
            "metadataKey": "sheetjudge",
            "metadataValue": '{"role": "Score"}',
            "location": place,
            "visibility": "DOCUMENT",
        }
        google.spreadsheet(url).do({"createDeveloperMetadata": {"developerMetadata": entry}})
    assert opened(url).managed == {1}


def test_a_full_grid_grows(google, opened):
    wide = [[f"h{n}" for n in range(26)], ["x"] * 26]
    url = google.load("Wide", wide)
    filled(opened(url))
    assert shown(google.spreadsheet(url))[1][26:] == ["1", "1", "Because 2", "ok"]


def test_an_earlier_result_that_is_gone_now_is_cleared(google, opened):
    url = google.load("Essays", ROWS)
    filled(opened(url))
    filled(opened(url), lambda _row: (None, None, None, "error: no verdict"))
    assert shown(google.spreadsheet(url))[1][4:] == ["", "", "", "error: no verdict"]


def test_the_tab_is_the_urls_or_the_named_one_or_the_first_visible(google, opened):
    url = google.load("Book", [["h"], ["first"]])
    person = google.spreadsheet(url)
    person.do({"addSheet": {"properties": {"sheetId": 77, "title": "Zwei"}}})
    person.type("Zwei!A1", [["h"], ["second"]])
    assert cells(opened(url)) == [("first",)]
    assert cells(opened(url.replace("gid=0", "gid=77"))) == [("second",)]
    assert cells(opened(url, tab="Zwei")) == [("second",)]
    person.do({"updateSheetProperties": {"properties": {"sheetId": 0, "hidden": True}, "fields": "hidden"}})
    assert cells(opened(url.split("#")[0])) == [("second",)]
    with pytest.raises(TableError, match=r"no tab 'Zwo'.*Did you mean 'Zwei'"):
        opened(url, tab="Zwo")
    with pytest.raises(TableError, match="no tab with the gid 5; it has 'Sheet1', 'Zwei'"):
        opened(url.replace("gid=0", "gid=5"))


def test_headers_may_stand_in_a_later_row(google, opened):
    url = google.load("Survey", [["My survey"], [], ["Name"], ["Ann"]])
    table = opened(url, header_row=3)
    assert [(row.number, row.cells) for row in table.rows()] == [(4, ("Ann",))]
    filled(table)
    assert shown(google.spreadsheet(url), 3)[2:] == [["Name", *HEADERS], ["Ann", "2", "1", "Because 4", "ok"]]


@pytest.mark.parametrize(
    ("rows", "header_row", "why"),
    [
        ([], 1, "is empty"),
        ([["h"]], 1, "has a header but no rows"),
        ([[], ["h"], ["x"]], 1, "Row 1 of .* is empty.*--header-row 2"),
        ([["h"], ["x"]], 9, "Row 9 of .* is empty"),
        ([["h"], ["x"]], 0, "no header row 0"),
    ],
)
def test_a_sheet_without_a_table_is_told(google, opened, rows, header_row, why):
    with pytest.raises(TableError, match=why):
        opened(google.load("E", rows), header_row=header_row)


def test_a_sheet_that_is_not_shared_names_the_address_to_share_it_with(google, opened):
    url = google.load("Secret", ROWS, role=None)
    with pytest.raises(AccessError) as caught:
        opened(url)
    assert str(caught.value) == (
        f"The spreadsheet isn't shared with {google.email}. Share the spreadsheet with {google.email} as an editor."
    )


@pytest.mark.parametrize("scored_before", [False, True])
def test_a_sheet_that_may_only_be_read_is_told_before_anything_is_written(google, opened, scored_before):
    url = google.load("Look", ROWS)
    if scored_before:
        filled(opened(url))
    google.share(url, "reader")
    before = google.spreadsheet(url).book
    table = opened(url)
    with pytest.raises(AccessError, match=f"may be read but not changed by {google.email}"):
        table.target().open(HEADERS)
    assert google.spreadsheet(url).book is before


def test_a_spreadsheet_that_does_not_exist_is_told(google, opened):
    with pytest.raises(TableError, match="knows no spreadsheet with the ID 1x"):
        opened(google.url("1x"))


def test_a_missing_server_is_told(google, waits):
    url = google.load("Essays", ROWS)
    with sandbox.start(credentials=google.credentials.with_name("other.json")) as other:
        gone = url.replace(google.base_url, other.base_url)
        key = str(other.credentials)
    with pytest.raises(AccessError, match="can't be reached"):
        open_sheet(gone, credentials=key, environment={}, patience=Patience(tries=3, sleep=waits))
    assert len(waits) == 2


def test_a_key_that_was_deleted_is_told(google, waits):
    with sandbox.start() as other:
        key = other.service_account | {"token_uri": f"{google.base_url}/token"}
    path = google.credentials.with_name("deleted.json")
    path.write_text(json.dumps(key))
    url = google.load("Essays", ROWS)
    with pytest.raises(AccessError, match=f"gave {key['client_email']} no access") as caught:
        open_sheet(url, credentials=str(path), environment={}, patience=Patience(sleep=waits))
    assert "PRIVATE" not in str(caught.value)
    assert waits == []


def test_an_api_that_is_not_enabled_is_told_with_the_address_to_enable_it(google, opened):
    page = "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=5"
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]
    message = f"Google Sheets API has not been used in project 5 before or it is disabled. Visit {page} then retry."
    google.faults.add(first(1, Fault(error=ApiError(403, message, details))))
    with pytest.raises(AccessError) as caught:
        opened(google.load("Essays", ROWS))
    assert f"Enable it at {page} and" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "message", "why"),
    [
        (401, "Request had invalid authentication credentials.", "did not accept the credentials"),
        (403, "Request had insufficient authentication scopes.", "doesn't cover Google Sheets"),
        (400, "This operation is not supported for this document", "Save as Google Sheets"),
        (400, "Something else.", "refused to read the spreadsheet: Something else"),
    ],
)
def test_other_refusals_say_what_to_do(google, opened, code, message, why):
    google.faults.add(lambda _seen: Fault(error=ApiError(code, message)))
    with pytest.raises((AccessError, TableError), match=why):
        opened(google.load("Essays", ROWS))


def test_a_protected_sheet_is_told_before_anything_is_paid(google, opened):
    message = "You are trying to edit a protected cell or object. Please contact the spreadsheet owner."
    google.faults.add(first(1, Fault(error=ApiError(403, message)), matching="sheets.batchUpdate"))
    with pytest.raises(AccessError, match="protected from"):
        opened(google.load("Essays", ROWS)).target().open(HEADERS)


TROUBLE = [
    Fault(error=server_error(503)),
    Fault(error=server_error(500)),
    Fault(error=quota_error("Read", 60, "p", per_user=True)),
    Fault(drop="before"),
    Fault(drop="after"),
    Fault(late_error=server_error(502)),
]


@pytest.mark.parametrize("fault", TROUBLE)
@pytest.mark.parametrize(
    "method", ["sheets.get", "sheets.values.get", "sheets.batchUpdate", "sheets.values.batchUpdate"]
)
def test_passing_trouble_is_passed_over_without_a_trace(google, opened, waits, fault, method):
    url = google.load("Essays", ROWS)
    google.faults.add(first(2, fault, matching=method))
    filled(opened(url))
    assert shown(google.spreadsheet(url))[0] == ["Essay", "N", "", "", *HEADERS]
    assert shown(google.spreadsheet(url))[4][4:] == ["2.50", "1", "Because 5", "ok"]
    assert all(0 < seconds < 70 for seconds in waits)


def test_lasting_trouble_ends_after_bounded_tries_with_growing_waits(google, opened, waits):
    url = google.load("Essays", ROWS)
    google.faults.add(lambda _seen: Fault(error=quota_error("Read", 60, "p", per_user=True)))
    with pytest.raises(AccessError, match=r"quota is used up .* and stayed so"):
        opened(url)
    assert len(google.log) == 5
    assert [low <= wait <= low + 1 for low, wait in zip((1, 2, 4, 8), waits, strict=True)] == [True] * 4


def test_a_refusal_is_not_tried_again(google, opened, waits):
    with pytest.raises(AccessError):
        opened(google.load("Secret", ROWS, role=None))
    assert waits == []
    assert len(google.log) == 1


def test_lasting_trouble_while_the_columns_are_made_leaves_one_set_of_them(google, opened):
    url = google.load("Essays", ROWS)
    table = opened(url)
    google.faults.add(first(9, Fault(drop="after"), matching="sheets.batchUpdate"))
    with pytest.raises(AccessError, match="doesn't answer to changes"):
        table.target().open(HEADERS)
    assert google.spreadsheet(url).rows()[0].count("Score") == 1


def test_what_could_not_be_written_is_written_the_next_time(google, opened):
    url = google.load("Essays", ROWS)
    table = opened(url)
    target = table.target()
    target.open(HEADERS)
    rows = list(table.rows())
    target.put(rows[0], (1, 1, "first", "ok"))
    google.faults.add(first(5, Fault(error=server_error(503)), matching="sheets.batchUpdate"))
    target.flush()
    with pytest.raises(AccessError, match="doesn't answer to changes"):
        target.flush()
    assert len(shown(google.spreadsheet(url))[1]) == 2
    target.put(rows[3], (2, 2, "second", "ok"))
    target.close()
    written = shown(google.spreadsheet(url))
    assert [written[1][6], written[4][6]] == ["first", "second"]


def test_flushes_grow_further_apart(google, opened):
    class Clock:
        seconds = 100.0

        def __call__(self):
            return self.seconds

    clock = Clock()
    table = opened(google.load("Essays", ROWS))
    target = SheetTarget(table, now=clock)
    target.open(HEADERS)
    row = next(table.rows())
    flushed = []
    for _ in range(3600):
        clock.seconds += 1
        target.put(row, (1, 1, "W", "ok"))
        if target.flush_due():
            target.flush()
            flushed.append(clock.seconds - 100)
    assert flushed[0] <= 5
    gaps = [later - earlier for earlier, later in pairwise(flushed)]
    assert gaps == sorted(gaps)
    assert len(flushed) < 30
    assert not target.flush_due()


def test_much_that_waits_is_written_without_waiting(google, opened):
    table = opened(google.load("Essays", ROWS))
    target = SheetTarget(table, now=lambda: 0.0)
    target.open(HEADERS)
    for number in range(2, 202):
        target.put(Row(number - 2, number, ()), (1, 1, "x" * 49_000, "ok"))
    assert target.flush_due()
    target.flush()
    assert not target.flush_due()
    assert max(one.sent for one in google.log) < 2_100_000


def test_an_abandoned_run_takes_its_columns_away(google, opened):
    url = google.load("Essays", ROWS)
    before = google.spreadsheet(url).rows()
    target = opened(url).target()
    target.open(HEADERS)
    assert shown(google.spreadsheet(url))[0][4:] == list(HEADERS)
    target.abandon()
    assert google.spreadsheet(url).rows() == before
    assert opened(url).managed == frozenset()


def test_abandoning_never_takes_what_holds_something(google, opened):
    url = google.load("Essays", ROWS)
    filled(opened(url))
    before = google.spreadsheet(url).rows()
    target = opened(url).target()
    target.open(HEADERS)
    target.abandon()
    assert google.spreadsheet(url).rows() == before

    fresh = google.load("Essays", ROWS)
    target = opened(fresh).target()
    target.open(HEADERS)
    google.spreadsheet(fresh).type("G3", "a person's note")
    target.abandon()
    assert google.spreadsheet(fresh).cell("G3") == "a person's note"


def test_a_deleted_tab_is_told(google, opened):
    url = google.load("Essays", ROWS)
    table = opened(url)
    person = google.spreadsheet(url)
    person.do({"addSheet": {"properties": {"title": "Other"}}}, {"deleteSheet": {"sheetId": 0}})
    with pytest.raises(TableError, match="tab 'Sheet1' was deleted"):
        table.target().open(HEADERS)


def test_metadata_of_others_and_nonsense_is_ignored(google, opened):
    url = google.load("Essays", ROWS)
    place = {"dimensionRange": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}}
    for key, value in (
        ("other", '{"role": "Score"}'),
        ("sheetjudge", "no json"),
        ("sheetjudge", "[1]"),
        ("sheetjudge", "{}"),
    ):
        entry = {"metadataKey": key, "metadataValue": value, "location": place, "visibility": "DOCUMENT"}
        google.spreadsheet(url).do({"createDeveloperMetadata": {"developerMetadata": entry}})
    assert opened(url).managed == frozenset()


def test_a_large_sheet_is_read_and_written_in_few_requests(google, opened):
    rows = [[f"c{n}" for n in range(8)], *([f"{n:025d}" for n in range(start, start + 8)] for start in range(8_000))]
    url = google.load("Large", rows)
    google.clear_log()
    table = opened(url)
    assert table.row_count == 8_000
    assert cells(table)[7_999][7] == f"{8_006:025d}"
    target = table.target()
    target.open([f"r{n}" for n in range(8)])
    for row in table.rows():
        target.put(row, row.cells)
    target.close()
    assert len(google.log) < 30
    assert max(max(one.sent, one.received) for one in google.log) < 3_000_000
    assert shown(google.spreadsheet(url))[8_000][8:] == rows[8_000]


def test_open_any_and_target_for_lead_to_the_sheet_or_a_file(google, tmp_path):
    url = google.load("Essays", ROWS)
    options = TableOptions(credentials=str(google.credentials), environment={})
    table = open_any(url, options)
    assert target_for(table, None).name == "Essays › Sheet1"
    target = target_for(table, str(tmp_path / "o.csv"))
    target.open(HEADERS)
    for row in table.rows():
        target.put(row, (1, 2, "W", "ok"))
    target.close()
    assert cells(open_any(str(tmp_path / "o.csv"), TableOptions()))[0] == (
        "It was a dark night.",
        "007",
        "",
        "",
        "1",
        "2",
        "W",
        "ok",
    )
    assert target_for(open_any(str(tmp_path / "o.csv"), TableOptions()), None).name == "standard output"
    with pytest.raises(TableError, match="--out takes a file"):
        target_for(table, url)


def test_a_proxy_for_the_outside_world_is_not_asked_for_another_host(google, opened, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert opened(google.load("Essays", ROWS)).row_count == 4


def test_credentials_never_follow_a_redirect(google):
    """A server that sends elsewhere gets an error, and elsewhere gets nothing."""
    import http.server
    import threading

    seen = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_response(302)
            self.send_header("Location", google.base_url + self.path)
            self.end_headers()

        def do_POST(self):
            body = json.dumps({"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        host = f"http://127.0.0.1:{elsewhere.server_port}"
        key = google.credentials.with_name("elsewhere.json")
        key.write_text(json.dumps(google.service_account | {"token_uri": f"{host}/token"}))
        google.clear_log()
        with pytest.raises(AccessError, match="no answer that can be used"):
            open_sheet(f"{host}/spreadsheets/d/abc/edit", credentials=str(key), environment={})
        elsewhere.shutdown()
    assert len(seen) == 1
    assert google.log == []
