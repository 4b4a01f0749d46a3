"""Taking results out of a sheet again: afterwards it is as it was before."""

from __future__ import annotations

import dataclasses

import pytest

from sheetjudge.core.row_marks import Basis, version_of
from sheetjudge.errors import AccessError, TableError
from sheetjudge.sandbox.faults import Fault, first, server_error
from sheetjudge.tables.connecting import connect
from sheetjudge.tables.open import TableOptions
from sheetjudge.tables.sheet_clear import clear_tab, find_traces
from sheetjudge.tables.sheet_table import open_sheet
from sheetjudge.tables.sheets import Patience

HEADERS = ("Score", "clarity", "Why", "Status")
ROWS = [["Essay", "Note"], *[[f"essay {n}", f"note {n}"] for n in range(6)]]
BLUE = {"blue": 1}


@pytest.fixture
def patience():
    return Patience(tries=6, sleep=lambda _: None)


@pytest.fixture
def begun(google, patience):
    """A run that has written everything, but hasn't ended."""

    def begin(url, headers=HEADERS, tab=None):
        table = open_sheet(url, tab=tab, credentials=str(google.credentials), environment={}, patience=patience)
        basis = Basis((next(c.index for c in table.columns if c.header == "Essay"),), version_of("r"), version_of())
        target = table.target(basis)
        target.open(headers)
        for row in table.rows():
            target.put(row, (row.position + 0.5, row.position, f"Because of row {row.position}", "ok"))
        target.flush()
        return target

    return begin


@pytest.fixture
def run(begun):
    return lambda *args, **options: begun(*args, **options).close()


@pytest.fixture
def asked(google, patience):
    def ask(url, **options):
        address, api = connect(url, TableOptions(credentials=str(google.credentials), environment={}), patience)
        return {"api": api, "address": address, "tab": None, "header_row": 1} | options

    return ask


def state(person):
    """Everything of a spreadsheet, without the ways to write the same."""
    found = []
    for sheet in person.book.sheets:
        rows = [list(row) for row in sheet.rows]
        for row in rows:
            while row and row[-1] is None:
                row.pop()
        while rows and not rows[-1]:
            rows.pop()
        parts = {
            field.name: getattr(sheet, field.name) for field in dataclasses.fields(sheet) if field.name != "formulas"
        }
        found.append(parts | {"rows": rows})
    return found, person.book.named_ranges, person.book.metadata, person.book.properties


def area(first_column, end, top=0, bottom=7):
    rows = {"startRowIndex": top, "endRowIndex": bottom}
    return {"sheetId": 0, **rows, "startColumnIndex": first_column, "endColumnIndex": end}


def decorate(person):
    """As people leave their sheets."""
    style = {"backgroundColor": BLUE, "numberFormat": {"type": "DATE", "pattern": "yyyy-mm-dd"}}
    condition = {"type": "TEXT_CONTAINS", "values": [{"userEnteredValue": "3"}]}
    rule = {"ranges": [area(0, 12)], "booleanRule": {"condition": condition, "format": {"backgroundColor": BLUE}}}
    frozen = {"sheetId": 0, "gridProperties": {"frozenRowCount": 1, "frozenColumnCount": 1}}
    widths = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 5}
    person.type("H1", [["far", "away"], ["", "=2*21"]])
    person.do(
        {"repeatCell": {"range": area(0, 12), "cell": {"userEnteredFormat": style}, "fields": "userEnteredFormat"}},
        {"addConditionalFormatRule": {"rule": rule, "index": 0}},
        {"updateSheetProperties": {"properties": frozen, "fields": "gridProperties.frozenRowCount"}},
        {"updateSheetProperties": {"properties": frozen, "fields": "gridProperties.frozenColumnCount"}},
        {"updateDimensionProperties": {"range": widths, "properties": {"pixelSize": 77}, "fields": "pixelSize"}},
        {"setBasicFilter": {"filter": {"range": area(0, 9), "criteria": {"1": {"hiddenValues": ["note 2"]}}}}},
        {"addFilterView": {"filter": {"title": "Mine", "range": area(0, 9)}}},
        {"addBanding": {"bandedRange": {"range": area(0, 9), "rowProperties": {"firstBandColor": BLUE}}}},
        {"addNamedRange": {"namedRange": {"name": "all", "range": area(0, 9)}}},
        {"addProtectedRange": {"protectedRange": {"range": area(0, 1), "warningOnly": True}}},
        {"mergeCells": {"range": area(0, 2, top=20, bottom=21), "mergeType": "MERGE_ALL"}},
        {"addSheet": {"properties": {"sheetId": 9, "title": "Other"}}},
    )


@pytest.mark.parametrize("looks", [lambda _: None, decorate], ids=["plain", "decorated"])
@pytest.mark.parametrize("runs", [[HEADERS], [HEADERS, HEADERS], [HEADERS, [f"Style · {name}" for name in HEADERS]]])
def test_afterwards_all_is_as_it_was_before(google, run, asked, looks, runs):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    looks(person)
    before = state(person)
    for headers in runs:
        run(url, headers)
    assert state(person) != before
    clear_tab(**asked(url))
    assert state(person) == before


def test_a_grid_that_had_to_grow_shrinks_back(google, run, asked):
    url = google.load("Wide", [["Essay", *[f"h{n}" for n in range(25)]], ["x"] * 26])
    before = state(google.spreadsheet(url))
    run(url)
    clear_tab(**asked(url))
    assert state(google.spreadsheet(url)) == before


def test_columns_that_were_moved_and_renamed_go_and_the_rest_stays(google, run, asked):
    url = google.load("Essays", ROWS)
    run(url)
    person = google.spreadsheet(url)
    person.type("C1", "Mark")
    person.move_column(5, 1)
    person.insert_columns(3)
    person.type("C1", [["mine"], ["my note"]])
    traces = clear_tab(**asked(url))
    assert traces.columns == ("Why", "Mark", "clarity", "Status")
    assert traces.results == 24
    assert [row[:3] for row in person.rows()][:2] == [["Essay", "mine", "Note"], ["essay 0", "my note", "note 0"]]
    assert person.book.metadata == []


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (lambda p: p.type("C3", "7"), "Score in row 3"),
        (lambda p: p.type("G9", "Sum"), "Status in row 9"),
        (lambda p: p.type("D2", "=1+1"), "clarity in row 2"),
        (
            lambda p: p.do(
                {
                    "updateCells": {
                        "start": {"sheetId": 0, "rowIndex": 3, "columnIndex": 4},
                        "rows": [{"values": [{"note": "Really?"}]}],
                        "fields": "note",
                    }
                }
            ),
            "the note at Why in row 4",
        ),
    ],
)
def test_what_a_person_wrote_is_named_and_kept_until_it_is_asked_for(google, run, asked, edit, named):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    before = state(person)
    run(url)
    edit(person)
    edited = state(person)
    assert find_traces(**asked(url)).edited == (named,)
    with pytest.raises(TableError, match=named) as refused:
        clear_tab(**asked(url))
    assert "--edited" in str(refused.value)
    assert state(person) == edited
    assert clear_tab(**asked(url), even_edited=True).edited == (named,)
    assert state(person) == before


def test_results_that_a_sort_moved_apart_from_their_rows_are_not_taken_for_a_persons(google, run, asked):
    url = google.load("Essays", ROWS)
    run(url)
    person = google.spreadsheet(url)
    person.sort("A2:B7", 1, descending=True)
    person.sort("E2:E7", 5, descending=True)
    assert find_traces(**asked(url)).edited == ()
    clear_tab(**asked(url))
    assert person.rows()[0] == ROWS[0]


def test_without_its_mark_nothing_in_a_row_is_taken_for_sheetjudges(google, run, asked):
    url = google.load("Essays", ROWS)
    run(url)
    google.spreadsheet(url).type("F4", "done")
    found = find_traces(**asked(url)).edited
    assert found == tuple(f"{name} in row 4" for name in ("Score", "clarity", "Why", "Status", "sheetjudge"))


def test_a_look_changes_nothing(google, run, asked):
    url = google.load("Essays", ROWS)
    run(url)
    before = google.spreadsheet(url).book
    traces = find_traces(**asked(url))
    assert (traces.columns, traces.marked, traces.results, traces.leftovers) == (HEADERS, 1, 24, False)
    assert google.spreadsheet(url).book is before


def test_where_there_is_nothing_nothing_is_changed(google, asked):
    url = google.load("Essays", ROWS)
    assert clear_tab(**asked(url)).is_empty
    assert not any(one.seen.writes for one in google.log)


def test_a_run_under_way_is_not_disturbed(google, begun, asked):
    url = google.load("Essays", ROWS)
    target = begun(url)
    with pytest.raises(TableError, match="Another run"):
        clear_tab(**asked(url))
    target.close()
    clear_tab(**asked(url))
    assert google.spreadsheet(url).rows() == ROWS


def test_what_a_dead_run_left_goes_too(google, begun, asked, monkeypatch):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    before = state(person)
    begun(url)
    assert len(person.book.metadata) > 6
    monkeypatch.setattr("sheetjudge.tables.sheet_places.time.time", lambda: 4e9)
    assert find_traces(**asked(url)).leftovers
    clear_tab(**asked(url))
    assert state(person) == before


def test_leftovers_alone_go(google, begun, asked, monkeypatch):
    url = google.load("Essays", ROWS)
    begun(url)
    person = google.spreadsheet(url)
    person.delete_columns(3, 5)
    monkeypatch.setattr("sheetjudge.tables.sheet_places.time.time", lambda: 4e9)
    assert clear_tab(**asked(url)).leftovers
    assert person.book.metadata == []


def test_only_the_tab_that_is_named(google, run, asked):
    url = google.load("Essays", ROWS)
    run(url)
    person = google.spreadsheet(url)
    person.do({"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 5, "newSheetName": "Copy"}})
    before = state(person)[0]
    clear_tab(**asked(url, tab="Copy"))
    assert person.rows("Copy") == ROWS
    assert [one for one in state(person)[0] if one["properties"]["sheetId"] == 0] == [
        one for one in before if one["properties"]["sheetId"] == 0
    ]
    assert find_traces(**asked(url)).columns == HEADERS


@pytest.mark.parametrize("fault", [Fault(drop="after"), Fault(late_error=server_error(503)), Fault(drop="before")])
def test_a_lost_answer_does_no_harm(google, run, asked, fault):
    url = google.load("Essays", ROWS)
    run(url)
    google.faults.add(first(1, fault, matching="sheets.batchUpdate"))
    assert clear_tab(**asked(url)).columns == HEADERS
    assert google.spreadsheet(url).rows() == ROWS


@pytest.mark.parametrize("edit", [lambda p: p.move_column(1, 9), lambda p: p.insert_columns(3, 2)])
def test_what_is_moved_at_that_moment_is_not_hit(google, run, asked, edit):
    url = google.load("Essays", ROWS)
    run(url)
    person = google.spreadsheet(url)
    texts = {cell for row in person.rows() for cell in row if cell.startswith(("essay", "note"))}
    moved = []

    def move(moment, seen):
        if moment == "before" and seen.name == "sheets.batchUpdate" and not moved:
            moved.append(1)
            edit(person)

    google.observe(move)
    clear_tab(**asked(url))
    assert {cell for row in person.rows()[1:] for cell in row if cell} == texts
    assert person.book.metadata == []


def test_a_sheet_that_may_only_be_read_stays(google, run, asked):
    url = google.load("Essays", ROWS)
    run(url)
    google.share(url, "reader")
    with pytest.raises(AccessError, match="may be read but not changed"):
        clear_tab(**asked(url))


def test_a_run_that_gives_up_before_its_first_result_leaves_nothing(google, patience):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    decorate(person)
    before = state(person)
    table = open_sheet(url, credentials=str(google.credentials), environment={}, patience=patience)
    target = table.target()
    target.open(HEADERS)
    assert state(person) != before
    target.abandon()
    assert state(person) == before


def test_where_only_frozen_columns_would_be_left_it_says_what_to_do(google, run, asked):
    url = google.load("Frozen", ROWS)
    person = google.spreadsheet(url)
    grid = {"columnCount": len(ROWS[0]), "frozenColumnCount": 0}

    def set_grid():
        fields = ",".join(f"gridProperties.{name}" for name in grid)
        person.do({"updateSheetProperties": {"properties": {"sheetId": 0, "gridProperties": grid}, "fields": fields}})

    set_grid()
    before = person.rows()
    run(url)
    grid = {"frozenColumnCount": len(ROWS[0])}
    set_grid()
    with pytest.raises(TableError, match="Only frozen rows or columns would be left") as refused:
        clear_tab(**asked(url))
    assert "View > Freeze" in str(refused.value.advice)
    grid = {"frozenColumnCount": 1}
    set_grid()
    clear_tab(**asked(url))
    assert person.rows() == before
