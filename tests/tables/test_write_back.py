"""Writing back into a sheet in which people work meanwhile."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from sheetjudge.core.row_marks import Basis, version_of
from sheetjudge.errors import TableBusy, TableError
from sheetjudge.sandbox.faults import Fault, first, server_error
from sheetjudge.tables.sheet_layout import lease_number
from sheetjudge.tables.sheet_places import Lease
from sheetjudge.tables.sheet_table import open_sheet
from sheetjudge.tables.sheets import Patience

HEADERS = ("Score", "Why", "Status")
ROWS = [["Essay", "Note"], *[[f"essay {n}", f"note {n}"] for n in range(6)]]


def right(text):
    return len(text) * 10 + int(text[-1:].isdigit() and text[-1]), f"Because of {text}", "ok"


@pytest.fixture
def run(google):
    """Judge what has to be judged; `meanwhile` happens after the rows were judged and before the first is written."""

    def run_it(url, meanwhile=lambda _: None, rubric="r", before_close=lambda _: None):
        patience = Patience(tries=6, sleep=lambda _: None)
        table = open_sheet(url, credentials=str(google.credentials), environment={}, patience=patience)
        basis = Basis((next(c.index for c in table.columns if c.header == "Essay"),), version_of(rubric), version_of())
        target = table.target(basis, everything=False)
        is_settled = table.settled(HEADERS, basis)
        target.open(HEADERS)
        rows = [row for row in table.rows() if not is_settled(row)]
        for row in rows:
            target.put(row, right(row.cells[basis.inputs[0]]))
        meanwhile(google.spreadsheet(url))
        target.flush()
        before_close(google.spreadsheet(url))
        target.close()
        return len(rows), target.notes

    return run_it


def table_of(person, tab=None):
    """What stands beside each essay: {essay: (score, why, status)}."""
    rows = person.rows(tab)
    at = [rows[0].index(name) for name in ("Essay", *HEADERS)]
    cells = [[row[i] if i < len(row) else "" for i in at] for row in rows[1:]]
    return {essay: tuple(rest) for essay, *rest in cells if essay}


def expected(texts):
    return {text: (str(right(text)[0]), *right(text)[1:]) for text in texts}


ESSAYS = [f"essay {n}" for n in range(6)]


@pytest.mark.parametrize(
    "edit",
    [
        lambda p: p.sort("A2:Z7", 1, descending=True),
        lambda p: p.sort("A2:B7", 1, descending=True),
        lambda p: p.insert_rows(3, 2),
        lambda p: p.insert_rows(1, 1),
        lambda p: p.move_row(2, 6),
        lambda p: p.insert_columns(1, 2),
        lambda p: p.insert_columns(4, 1),
        lambda p: p.move_column(1, 3),
        lambda p: p.move_column(4, 1),
        lambda p: p.rename("Elsewhere"),
        lambda p: p.delete_columns(4),
        lambda p: p.delete_columns(5),
    ],
    ids=[
        "sort", "sort-of-a-selection", "insert-rows", "insert-above-the-header", "move-a-row", "insert-columns",
        "insert-among-ours", "move-a-column", "move-one-of-ours", "rename", "delete-one-of-ours", "delete-the-marks",
    ],
)  # fmt: skip
@pytest.mark.parametrize("moment", ["meanwhile", "before_close"])
def test_every_score_stands_beside_its_row_whatever_a_person_moves(google, run, edit, moment):
    url = google.load("T", ROWS)
    run(url, **{moment: edit})
    person = google.spreadsheet(url)
    rows = person.rows()
    head = next(row for row in rows if "Essay" in row)
    at = [head.index(name) for name in ("Essay", *HEADERS)]
    found = {row[at[0]]: tuple(row[i] for i in at[1:]) for row in rows if len(row) > max(at) and row is not head}
    assert found == expected(ESSAYS)


def test_a_sort_between_the_look_and_the_write_is_put_right(google, run):
    url = google.load("T", ROWS)
    person = google.spreadsheet(url)
    turns = []

    def sort_once(moment, seen):
        if moment == "before" and seen.name == "sheets.batchUpdate" and b"updateCells" in seen.body and len(turns) < 3:
            turns.append(seen.number)
            person.sort("A2:Z7", 1, descending=len(turns) % 2 == 1)

    run(url, meanwhile=lambda _: google.observe(sort_once))
    assert len(turns) == 3
    assert table_of(person) == expected(ESSAYS)


def test_columns_inserted_between_the_look_and_the_write_refuse_the_write(google, run):
    url = google.load("T", [[*row, f"mine {n}"] for n, row in enumerate(ROWS)])
    person = google.spreadsheet(url)
    turns = []

    def insert_once(moment, seen):
        if moment == "before" and seen.name == "sheets.batchUpdate" and b"updateCells" in seen.body and not turns:
            turns.append(seen.number)
            person.move_column(3, 7)
            person.insert_columns(1)

    run(url, meanwhile=lambda _: google.observe(insert_once))
    assert [one.status for one in google.log if one.seen.number == turns[0]] == [400]
    assert table_of(person) == expected(ESSAYS)
    assert sorted(cell for row in person.rows() for cell in row if cell.startswith("mine")) == [
        f"mine {n}" for n in range(7)
    ]


def test_a_row_that_changed_is_stale_and_is_judged_the_next_time(google, run):
    url = google.load("T", ROWS)
    _, notes = run(url, meanwhile=lambda p: p.type("A3", "changed"))
    person = google.spreadsheet(url)
    assert table_of(person) == expected([e for e in ESSAYS if e != "essay 1"]) | {"changed": ("", "", "stale")}
    assert notes == (
        "1 rows were changed or deleted while the run was under way.",
        "1 rows are marked stale: run the same command again to have them judged.",
    )
    assert run(url)[0] == 1
    assert table_of(person)["changed"] == expected(["changed"])["changed"]


def test_deleted_rows_leave_no_trace_and_copied_ones_keep_their_score(google, run):
    url = google.load("T", ROWS)
    person = google.spreadsheet(url)
    run(url, meanwhile=lambda p: p.delete_rows(7))
    assert table_of(person) == expected(ESSAYS[:5])
    source = {"sheetId": 0, "startRowIndex": 1, "endRowIndex": 2}
    person.do({"copyPaste": {"source": source, "destination": {"sheetId": 0, "startRowIndex": 6, "endRowIndex": 7}}})
    person.type("A8", "new")
    assert run(url)[0] == 1
    assert table_of(person) == expected([*ESSAYS[:5], "new"])
    marks = [row[4] for row in person.rows()[1:]]
    assert len({mark.split()[0] for mark in marks}) == len(marks) == 7


def test_a_cell_that_a_person_changed_is_kept_and_listed(google, run):
    url = google.load("T", ROWS)
    person = google.spreadsheet(url)
    run(url)
    person.type("C3", "1000")
    person.type("D4", "my own words")
    judged, notes = run(url)
    assert judged == 0
    assert table_of(person)["essay 1"] == ("1000", "Because of essay 1", "review: edited by a person: Score")
    assert table_of(person)["essay 2"][1:] == ("my own words", "review: edited by a person: Why")
    assert notes == ("Cells that a person edited were kept: Score in row 3; Why in row 4.",)
    assert run(url, rubric="another")[0] == 6
    assert table_of(person)["essay 1"] == ("1000", "Because of essay 1", "review: edited by a person: Score")


def test_nothing_new_is_no_write(google, run):
    url = google.load("T", ROWS)
    run(url)
    before = google.spreadsheet(url).book
    google.clear_log()
    assert run(url) == (0, ())
    assert not any(one.seen.writes for one in google.log)
    assert google.spreadsheet(url).book is before


def test_clearing_a_status_asks_for_the_row_to_be_judged_again(google, run):
    url = google.load("T", ROWS)
    run(url)
    google.spreadsheet(url).type("F3", "")
    assert run(url)[0] == 1
    assert table_of(google.spreadsheet(url)) == expected(ESSAYS)


def test_a_run_leaves_nothing_but_its_columns(google, run):
    url = google.load("T", ROWS)
    run(url)
    values = [one["metadataValue"] for one in google.spreadsheet(url).book.metadata]
    assert sorted(values) == ['{"marks": ""}', '{"role": "Score"}', '{"role": "Status"}', '{"role": "Why"}']
    assert google.spreadsheet(url).tab().column_properties[4]["hiddenByUser"] is True


def leased(person, lease):
    entry = {
        "metadataId": lease_number(person.book_id, 0),
        "metadataKey": "sheetjudge",
        "metadataValue": lease.text,
        "location": {"sheetId": 0},
        "visibility": "DOCUMENT",
    }
    person.do({"createDeveloperMetadata": {"developerMetadata": entry}})


def test_one_run_at_a_time_writes_to_a_tab(google, run):
    url = google.load("T", ROWS)
    person = google.spreadsheet(url)
    leased(person, Lease("another", "elsewhere", 1, 4e9))
    before = person.book
    with pytest.raises(TableError, match=r"Another run \(process 1 on elsewhere\) is writing to T › Sheet1"):
        run(url)
    assert person.book is before


def test_the_lease_of_a_dead_run_ends(google, run):
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    for lease in (Lease("another", "elsewhere", 1, 1e9), Lease("another", platform.node(), gone.pid, 4e9)):
        url = google.load("T", ROWS)
        leased(google.spreadsheet(url), lease)
        run(url)
        assert table_of(google.spreadsheet(url)) == expected(ESSAYS)


def test_a_run_whose_lease_was_taken_writes_no_more(google, run):
    url = google.load("T", ROWS)
    person = google.spreadsheet(url)
    number = lease_number(person.book_id, 0)

    def take(person):
        lookup = {"developerMetadataLookup": {"metadataId": number}}
        person.do(
            {
                "updateDeveloperMetadata": {
                    "dataFilters": [lookup],
                    "developerMetadata": {"metadataValue": Lease("another", "elsewhere", 1, 4e9).text},
                    "fields": "metadataValue",
                }
            }
        )

    with pytest.raises(TableError, match="Another run"):
        run(url, meanwhile=take)
    assert all(rest == ("", "", "") for rest in table_of(person).values())


@pytest.mark.parametrize("fault", [Fault(drop="after"), Fault(drop="before"), Fault(late_error=server_error(502))])
def test_an_answer_that_is_lost_does_no_harm(google, run, fault):
    url = google.load("T", ROWS)
    run(url, meanwhile=lambda _: google.faults.add(first(3, fault, matching="sheets.batchUpdate")))
    assert table_of(google.spreadsheet(url)) == expected(ESSAYS)


RANKED = ("Score", "Rank", "Tier", "Why", "Status")


def test_columns_of_other_commands_stay_beside_the_rows_that_they_belong_to(google, run):
    url = google.load("T", ROWS)
    person = google.spreadsheet(url)

    def rank(rows):
        table = open_sheet(url, credentials=str(google.credentials), environment={})
        basis = Basis((0,), version_of("r"), version_of("rank"))
        target = table.target(basis, everything=False)
        is_settled = table.settled(RANKED, basis)
        target.open(RANKED)
        for row in table.rows():
            if not is_settled(row):
                score, why, status = right(row.cells[0])
                target.put(row, (score, rows.index(row.cells[0]) + 1, "A", why, status))
        target.close()

    def ranks():
        rows = person.rows()
        at = [rows[0].index(name) for name in ("Essay", "Rank", "Tier")]
        return {row[at[0]]: [row[i] if i < len(row) else "" for i in at[1:]] for row in rows[1:]}

    right_ranks = {essay: [str(n + 1), "A"] for n, essay in enumerate(ESSAYS)}
    run(url)
    rank(ESSAYS)
    assert ranks() == right_ranks
    assert run(url) == (6, ())
    assert (table_of(person), ranks()) == (expected(ESSAYS), right_ranks)
    before = person.book
    assert run(url) == (0, ())
    assert person.book is before
    person.sort("A2:B7", 1, descending=True)
    person.type("A4", "changed")
    run(url)
    assert table_of(person) == expected([*ESSAYS[:3], *ESSAYS[4:], "changed"])
    assert ranks() == {**{e: r for e, r in right_ranks.items() if e != "essay 3"}, "changed": ["", ""]}
    rank([*ESSAYS, "changed"])
    assert ranks()["changed"] == ["7", "A"]
    assert all(rest[2] == "ok" for rest in table_of(person).values())
    before = person.book
    rank([*ESSAYS, "changed"])
    assert person.book is before


def test_a_table_that_another_run_writes_to_is_busy_for_who_would_write(google):
    url = google.load("T", ROWS)
    leased(google.spreadsheet(url), Lease("another", "elsewhere", 1, 4e9))
    options = {"credentials": str(google.credentials), "environment": {}}
    assert open_sheet(url, **options).row_count == 6
    google.clear_log()
    with pytest.raises(TableBusy, match=r"Another run \(process 1 on elsewhere\) is writing to T › Sheet1"):
        open_sheet(url, **options, to_write=True)
    assert len(google.log) == 1
    url = google.load("T", ROWS)
    leased(google.spreadsheet(url), Lease("another", "elsewhere", 1, 1e9))
    assert open_sheet(url, **options, to_write=True).row_count == 6


def test_another_machine_takes_up_where_a_run_died(google, run):
    """It has no journal: the marks in the sheet tell what is done."""
    url = google.load("T", ROWS)
    table = open_sheet(url, credentials=str(google.credentials), environment={})
    basis = Basis((0,), version_of("r"), version_of())
    target = table.target(basis, everything=False)
    target.open(HEADERS)
    for row in list(table.rows())[:4]:
        target.put(row, right(row.cells[0]))
    target.flush()
    person = google.spreadsheet(url)
    number = lease_number(person.book_id, 0)
    ended = {"metadataValue": Lease("the dead run", "elsewhere", 1, 1e9).text}
    lookup = {"developerMetadataLookup": {"metadataId": number}}
    change = {"dataFilters": [lookup], "developerMetadata": ended, "fields": "metadataValue"}
    person.do({"updateDeveloperMetadata": change})
    assert run(url)[0] == 2
    assert table_of(person) == expected(ESSAYS)
    assert number not in [one["metadataId"] for one in person.book.metadata]


def test_results_of_a_criterion_that_was_renamed_go_with_its_rubric(google):
    url = google.load("T", ROWS)
    person = google.spreadsheet(url)

    def judge(criterion, rubric, rows):
        table = open_sheet(url, credentials=str(google.credentials), environment={})
        basis = Basis((0,), version_of(rubric), version_of(criterion))
        target = table.target(basis, everything=False)
        target.open(("Score", criterion, "Status"))
        for row in list(table.rows())[:rows]:
            target.put(row, (4, 4, "ok"))
        target.close()
        return target.notes

    def column(header):
        rows = person.rows()
        return [row[rows[0].index(header)] if len(row) > rows[0].index(header) else "" for row in rows[1:]]

    assert judge("clear", "first", 6) == ()
    notes = judge("plain", "second", 2)
    assert column("clear") == ["", "", "4", "4", "4", "4"]
    assert column("plain") == ["4", "4", "", "", "", ""]
    assert column("Status") == ["ok", "ok", *["stale"] * 4]
    assert notes == ("4 rows are marked stale: run the same command again to have them judged.",)
    (note,) = judge("plain", "second", 6)
    assert note.startswith("Nothing stands in clear any more: that was of another version of the rubric.")


def test_rows_that_were_inserted_or_deleted_since_the_look_refuse_the_write(google, run):
    for edit in (lambda p: p.insert_rows(2, 1), lambda p: p.delete_rows(2)):
        url = google.load("T", ROWS)
        person = google.spreadsheet(url)
        states = []

        def edit_once(moment, seen, edit=edit, person=person, states=states):
            if seen.name != "sheets.batchUpdate" or b"updateCells" not in seen.body or len(states) > 1:
                return
            if moment == "before":
                edit(person)
            states.append(person.book)

        run(url, meanwhile=lambda _, observer=edit_once: google.observe(observer))
        google.forget()
        assert states[0] is states[1]
        essays = [row[0] for row in person.rows()[1:] if row]
        assert table_of(person) == expected([essay for essay in essays if essay])


def test_a_copied_tab_goes_its_own_way(google, run):
    """The copy takes its results along; what changes in either stays there."""
    url = google.load("Essays", ROWS)
    run(url)
    person = google.spreadsheet(url)
    (made,) = person.do({"duplicateSheet": {"sourceSheetId": 0, "newSheetName": "Copy"}})
    there = google.url(person.book_id, made["duplicateSheet"]["properties"]["sheetId"])
    person.type("Copy!A2", [["essay new"]])
    assert run(there)[0] == 1
    assert run(url)[0] == 0
    assert table_of(person, "Sheet1") == expected(f"essay {n}" for n in range(6))
    assert table_of(person, "Copy") == expected(["essay new", *(f"essay {n}" for n in range(1, 6))])
    assert run(there)[0] == 0


def test_a_copied_spreadsheet_goes_its_own_way(google, run):
    url = google.load("Essays", ROWS)
    run(url)
    book = google.spreadsheet(url).book_id
    session = google.session()
    answer = session.post(f"{google.base_url}/drive/v3/files/{book}/copy", json={"name": "Second"})
    there = google.url(answer.json()["id"])
    assert run(there)[0] == 0, "the copy has its results"
    google.spreadsheet(there).type("A2", [["essay new"]])
    assert run(there)[0] == 1
    assert run(url)[0] == 0
    assert table_of(google.spreadsheet(there)) == expected(["essay new", *(f"essay {n}" for n in range(1, 6))])


def test_a_column_of_marks_that_was_shown_is_hidden_again(google, run):
    url = google.load("Essays", ROWS)
    run(url)
    person = google.spreadsheet(url)
    at = person.rows()[0].index("sheetjudge")
    place = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    shown = {"range": place, "properties": {"hiddenByUser": False}, "fields": "hiddenByUser"}
    person.do({"updateDimensionProperties": shown})
    person.type("A2", [["essay new"]])
    assert run(url)[0] == 1
    hidden = google.session().get(
        f"{google.base_url}/v4/spreadsheets/{person.book_id}",
        params={"fields": "sheets(data(columnMetadata(hiddenByUser)))", "includeGridData": "true"},
    )
    columns = hidden.json()["sheets"][0]["data"][0]["columnMetadata"]
    assert columns[at]["hiddenByUser"]
