"""Sheets as people leave them: protected, merged, hidden, full, right to left."""

from __future__ import annotations

import pytest

from sheetjudge.core.row_marks import Basis, version_of
from sheetjudge.errors import AccessError, TableError
from sheetjudge.tables.address import sheet_address
from sheetjudge.tables.connecting import connect
from sheetjudge.tables.open import TableOptions
from sheetjudge.tables.sheet_clear import clear_tab
from sheetjudge.tables.sheet_table import open_sheet
from sheetjudge.tables.sheets import Patience

HEADERS = ("Score", "Why", "Status")
ROWS = [["Essay", "Note"], *[[f"essay {n}", f"note {n}"] for n in range(6)]]


@pytest.fixture
def run(google):
    def run_it(url, *, header_row=1, why=lambda row: f"Because of row {row.position}"):
        patience = Patience(tries=6, sleep=lambda _: None)
        table = open_sheet(
            url, header_row=header_row, credentials=str(google.credentials), environment={}, patience=patience
        )
        basis = Basis((0,), version_of("r"), version_of())
        target = table.target(basis)
        target.open(HEADERS)
        for row in table.rows():
            target.put(row, (row.position, why(row), "ok"))
        target.close()

    return run_it


def area(first_column, end, top=0, bottom=7):
    rows = {"startRowIndex": top, "endRowIndex": bottom}
    return {"sheetId": 0, **rows, "startColumnIndex": first_column, "endColumnIndex": end}


def results(person, header=0):
    rows = person.rows()
    places = [rows[header].index(name) for name in HEADERS]
    return [[row[at] if at < len(row) else "" for at in places] for row in rows[header + 1 :]]


EXPECTED = [[str(n), f"Because of row {n}", "ok"] for n in range(6)]


@pytest.mark.parametrize(
    ("protected", "words"),
    [
        ({"range": {"sheetId": 0}, "description": "Hands off"}, r"the whole of 'Sheet1' \('Hands off'\)"),
        ({"range": {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1}}, "1 of 'Sheet1'"),
        ({"range": {"sheetId": 0, "startColumnIndex": 2, "endColumnIndex": 9}}, "C:I of 'Sheet1'"),
    ],
)
def test_what_is_protected_is_named_before_anything_is_paid(google, run, protected, words):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    person.do({"addSheet": {"properties": {"sheetId": 9, "title": "Other"}}})
    person.do({"addProtectedRange": {"protectedRange": {"range": {"sheetId": 9}}}})
    person.do({"addProtectedRange": {"protectedRange": protected}})
    with pytest.raises(AccessError, match=words) as refused:
        run(url)
    assert google.email in str(refused.value)
    assert "Other" not in str(refused.value)
    assert person.rows() == ROWS
    assert person.book.metadata == []


def test_a_protected_range_of_others_is_left_alone(google, run):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    person.do({"addProtectedRange": {"protectedRange": {"range": area(0, 2)}}})
    run(url)
    assert results(person) == EXPECTED
    assert [row[:2] for row in person.rows()] == ROWS


def test_a_range_that_only_warns_or_that_names_us_is_no_obstacle(google, run):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    person.do(
        {"addProtectedRange": {"protectedRange": {"range": area(0, 12), "warningOnly": True}}},
        {"addProtectedRange": {"protectedRange": {"range": area(0, 12), "editors": {"users": [google.email]}}}},
    )
    run(url)
    assert results(person) == EXPECTED


def test_merged_cells_stay_merged_and_the_hidden_part_of_them_is_empty(google, run):
    url = google.load("Essays", [["A title over everything"], *ROWS])
    person = google.spreadsheet(url)
    person.do(
        {"mergeCells": {"range": area(0, 4, bottom=1), "mergeType": "MERGE_ALL"}},
        {"mergeCells": {"range": area(0, 1, top=3, bottom=5), "mergeType": "MERGE_ALL"}},
    )
    before = person.tab().merges
    run(url, header_row=2)
    found = results(person, header=1)
    assert [row[0] for row in found] == ["0", "1", "2", "3", "4", "5"]
    assert person.cell("A1") == "A title over everything"
    address, api = connect(url, TableOptions(credentials=str(google.credentials), environment={}))
    clear_tab(api, address, None, 2)
    assert person.tab().merges == before


def test_a_cell_that_keeps_nothing_is_named_and_not_written_for_ever(google, run):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)

    def clear(moment, seen):
        if moment == "after" and b"stringValue" in seen.body:
            person.type("C4", "")

    google.observe(clear)
    with pytest.raises(TableError, match=r"Row 4 of Essays › Sheet1 doesn't keep what is written into it\."):
        run(url)
    assert len(google.log) < 50
    assert [row for row in results(person) if row[0]] == EXPECTED[:2] + EXPECTED[3:]


def test_hidden_and_filtered_rows_are_judged_and_stay_hidden(google, run):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    hidden = {"range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 4}}
    person.do(
        {"updateDimensionProperties": hidden | {"properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}},
        {"setBasicFilter": {"filter": {"range": area(0, 2), "criteria": {"0": {"hiddenValues": ["essay 4"]}}}}},
    )
    before = person.tab().row_properties
    run(url)
    assert results(person) == EXPECTED
    assert person.tab().row_properties == before


def test_a_full_spreadsheet_says_so_and_stays_as_it_is(google, run):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    full = {"sheetId": 0, "gridProperties": {"rowCount": 2_500_000, "columnCount": 4}}
    fields = "gridProperties.rowCount,gridProperties.columnCount"
    small = {"sheetId": 0, "gridProperties": {"rowCount": 1000, "columnCount": 4}}
    person.do(
        {"updateSheetProperties": {"properties": small, "fields": fields}},
        {"updateSheetProperties": {"properties": full, "fields": fields}},
    )
    with pytest.raises(TableError, match="10,000,000 cells"):
        run(url)
    assert person.rows() == ROWS
    assert person.book.metadata == []


def test_a_reason_that_is_too_long_for_a_cell_is_cut_once_and_for_all(google, run):
    url = google.load("Essays", ROWS[:2])
    run(url, why=lambda _: "x" * 60_000)
    (row,) = results(google.spreadsheet(url))
    assert len(row[1]) == 50_000
    assert row[1].endswith("… [cut]")
    assert row[2] == "ok"


def test_a_thousand_empty_rows_cost_nothing(google, run):
    url = google.load("Essays", ROWS)
    google.spreadsheet(url).do({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 50_000}})
    run(url)
    assert results(google.spreadsheet(url)) == EXPECTED
    assert len(google.log) <= 20
    assert max(one.received for one in google.log) < 10_000


def test_text_from_right_to_left_is_kept_as_it_is(google, run):
    arabic = "\u0645\u0631\u062d\u0628\u0627"
    texts = ["שלום עולם", f"\u200f{arabic} (1)\u200f", "a\u202eb\u202c", "\u202bx\u202c 😀"]
    url = google.load("Essays", [["מאמר"], *[[text] for text in texts]])
    person = google.spreadsheet(url)
    person.do({"updateSheetProperties": {"properties": {"sheetId": 0, "rightToLeft": True}, "fields": "rightToLeft"}})
    run(url, why=lambda row: f"כי: {row.cells[0]}")
    assert [row[0] for row in person.rows()] == ["מאמר", *texts]
    assert [row[1] for row in results(person)] == [f"כי: {text}" for text in texts]
    assert person.tab().properties["rightToLeft"] is True


@pytest.mark.parametrize("gid", ["0x", "x", "-1", "1.5", "٣", "12;drop"])
def test_a_gid_that_is_no_number_is_refused(gid):
    url = f"https://docs.google.com/spreadsheets/d/{'a' * 44}/edit#gid={gid}"
    with pytest.raises(TableError, match=f"gid={gid}"):
        sheet_address(url)


@pytest.mark.parametrize("rest", ["#gid=", "", "#range=A1", "?usp=sharing#gid=&range=A1"])
def test_an_address_without_a_gid_names_no_tab(rest):
    assert sheet_address(f"https://docs.google.com/spreadsheets/d/{'a' * 44}/edit{rest}").gid is None


@pytest.mark.parametrize("rest", ["#gid=7", "#gid=7&range=A1", "?gid=7#gid=7", "?gid=7"])
def test_an_address_with_a_gid_names_its_tab(rest):
    assert sheet_address(f"https://docs.google.com/spreadsheets/d/{'a' * 44}/edit{rest}").gid == 7
