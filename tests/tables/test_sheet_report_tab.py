"""The tab of a report: made once, written anew in place, and never over what a person wrote."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetjudge.errors import AccessError, TableError
from sheetjudge.sandbox.batch import run
from sheetjudge.sandbox.faults import Fault, first, server_error
from sheetjudge.sandbox.problems import ApiError, bad_request
from sheetjudge.tables.chart_specs import ChartSource
from sheetjudge.tables.report_lines import ReportLine
from sheetjudge.tables.report_tab import ReportContent, write_report_tab
from sheetjudge.tables.sheet_table import open_sheet
from sheetjudge.tables.sheets import Patience

ROWS = [["ID", "Answer", "Score"], ["1", "One.", "3"], ["2", "Two.", "4"]]
FAULTS = (
    Fault(drop="after"),
    Fault(drop="before"),
    Fault(error=server_error()),
    Fault(late_error=server_error()),
    Fault(error=ApiError(429, "Quota exceeded.")),
)
MEANS = ChartSource("columns", "Means", "", 3, 6, 0, (2,), (3, 4))
SPREAD = ChartSource("columns", "Spread", "", 3, 6, 0, (2,))


def content(n=1, charts=("means", "spread"), lines=6):
    """A report; `n` changes its figures, `lines` its length."""
    found = [
        ReportLine((f"Report {n}",), "title"),
        ReportLine(("Judge", f"judge {n} " * 20), "fact"),
        ReportLine(("Sum", "=1+1"), "fact"),
        ReportLine(("What", "", "Mean", "From", "To"), "header"),
        *(ReportLine((f"c{at}", "", n + at / 8, n - 1.0, n + 1.0), "line", {2: "0.00"}) for at in range(lines - 4)),
    ]
    known = {"means": MEANS, "spread": SPREAD}
    return ReportContent("Score", tuple(found), {name: known[name] for name in charts})


@pytest.fixture
def url(google):
    return google.load("Grants", ROWS)


@pytest.fixture
def person(google, url):
    return google.spreadsheet(url)


@pytest.fixture
def table(google, url):
    return opened(google, url)


def opened(google, url, **more):
    patience = Patience(tries=4, sleep=lambda _: None)
    return open_sheet(url, credentials=str(google.credentials), environment={}, patience=patience, **more)


def tab_of(person, title="sheetjudge report"):
    (found,) = [sheet for sheet in person.book.sheets if sheet.title == title]
    return found


def told(sheet):
    """The texts and numbers of a tab, by row and column."""
    return {(row, column): cell.effective for row, column, cell in sheet.filled(sheet.whole)}


def wanted(report):
    return {
        (row, column): value
        for row, line in enumerate(report.lines)
        for column, value in enumerate(line.cells)
        if value not in (None, "")
    }


def anchor(chart):
    cell = chart["position"]["overlayPosition"]["anchorCell"]
    return cell["rowIndex"], cell["columnIndex"]


def test_a_tab_is_made_behind_the_others_with_the_lines_and_the_charts(google, url, person, table):
    google.clear_log()
    made = write_report_tab(table, content())
    assert [sheet.title for sheet in person.book.sheets] == ["Sheet1", "sheetjudge report"]
    sheet = tab_of(person)
    assert (made.title, made.is_new, made.charts, made.notes) == (sheet.title, True, 2, ())
    assert made.url == f"{url.partition('#')[0].partition('?')[0]}#gid={sheet.sheet_id}"
    assert told(sheet) == wanted(content())
    assert sheet.cell(2, 1).effective == "=1+1", "a text is a text"
    assert [chart["spec"]["title"] for chart in sheet.charts] == ["Means", "Spread"]
    assert google.counts() == {"sheets.developerMetadata.search": 1, "sheets.get": 1, "sheets.batchUpdate": 1}


def test_a_second_report_goes_into_the_same_tab_and_changes_the_same_charts(google, person, table):
    first_made = write_report_tab(table, content(1))
    before = [chart["chartId"] for chart in tab_of(person).charts]
    google.clear_log()
    again = write_report_tab(table, content(2))
    sheet = tab_of(person)
    assert (again.url, again.is_new) == (first_made.url, False)
    assert [chart["chartId"] for chart in sheet.charts] == before
    assert len(person.book.sheets) == 2
    assert told(sheet) == wanted(content(2))
    assert sum(google.counts().values()) == 4
    assert google.counts()["sheets.batchUpdate"] == 1


def test_the_same_report_again_writes_nothing(google, table):
    write_report_tab(table, content(1))
    google.clear_log()
    again = write_report_tab(table, content(1))
    assert (again.is_new, again.is_unchanged) == (False, True)
    assert "sheets.batchUpdate" not in google.counts()


def test_it_can_grow_and_shrink_and_keeps_charts_clear_of_each_other(person, table):
    for lines, charts in ((60, ("means",)), (7, ("means", "spread")), (90, ("spread",)), (90, ("means", "spread"))):
        report = content(lines, charts, lines)
        write_report_tab(table, report)
        sheet = tab_of(person)
        assert told(sheet) == wanted(report)
        assert sorted(chart["spec"]["title"].lower() for chart in sheet.charts) == sorted(charts)
        assert len({anchor(chart) for chart in sheet.charts}) == len(charts)
        assert sheet.row_count < 150


def test_a_persons_tab_of_that_name_is_left_alone(person, table):
    person.do({"addSheet": {"properties": {"sheetId": 5, "title": "Sheetjudge Report"}}})
    person.type("Sheetjudge Report!A1", [["mine"]])
    made = write_report_tab(table, content())
    assert made.title == "sheetjudge report 2"
    assert "'sheetjudge report' that was there isn't this report's and was left alone" in made.notes[0]
    assert told(tab_of(person, "Sheetjudge Report")) == {(0, 0): "mine"}
    again = write_report_tab(table, content(2))
    assert (again.title, again.notes, len(person.book.sheets)) == ("sheetjudge report 2", (), 3)


def test_reports_on_two_tables_have_a_tab_each(google, url, person, table):
    person.do({"addSheet": {"properties": {"sheetId": 8, "title": "More"}}})
    person.type("More!A1", ROWS)
    write_report_tab(table, content(1))
    other = write_report_tab(opened(google, url, tab="More"), content(2))
    assert other.title == "sheetjudge report 2"
    write_report_tab(table, content(3))
    assert told(tab_of(person)) == wanted(content(3))
    assert told(tab_of(person, "sheetjudge report 2")) == wanted(content(2))


def test_what_a_person_wrote_into_the_report_is_named_and_kept_until_asked(person, table):
    write_report_tab(table, content(1))
    person.type("sheetjudge report!B1", [["look into this"]])
    person.type("sheetjudge report!C5", [["9.99"]])
    before = told(tab_of(person))
    with pytest.raises(TableError, match=r"somebody changed cells of the report: B1, C5\."):
        write_report_tab(table, content(2))
    assert told(tab_of(person)) == before
    assert not write_report_tab(table, content(2), even_edited=True).is_new
    assert told(tab_of(person)) == wanted(content(2))


def test_notes_and_charts_of_people_stay_where_they_are(person, table):
    write_report_tab(table, content(1))
    sheet = tab_of(person)
    cells = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 3, "startColumnIndex": 2, "endColumnIndex": 3}
    mine = {"title": "Mine", "histogramChart": {"series": [{"data": {"sourceRange": {"sources": [cells]}}}]}}
    place = {"overlayPosition": {"anchorCell": {"sheetId": sheet.sheet_id, "rowIndex": 1, "columnIndex": 15}}}
    person.do({"addChart": {"chart": {"chartId": 77, "spec": mine, "position": place}}})
    person.type("sheetjudge report!P3", [["right of it"]])
    person.type(f"sheetjudge report!A{sheet.row_count}", [["below it"]])
    person.do({"updateCells": {"rows": [{"values": [{"note": "a note"}]}], "fields": "note",
                               "start": {"sheetId": sheet.sheet_id, "rowIndex": 1, "columnIndex": 1}}})  # fmt: skip
    for report in (content(2, lines=120), content(3, charts=()), content(4, lines=150)):
        write_report_tab(table, report)
    sheet = tab_of(person)
    assert {"right of it", "below it"} <= set(told(sheet).values())
    assert [chart["spec"]["title"] for chart in sheet.charts] == ["Mine", "Means", "Spread"]
    assert sheet.cell(1, 1).note == "a note"


def test_a_chart_that_a_person_moved_stays_there_and_one_that_is_gone_comes_again(person, table):
    write_report_tab(table, content(1))
    means, spread = (chart["chartId"] for chart in tab_of(person).charts)
    to = {"overlayPosition": {"anchorCell": {"sheetId": tab_of(person).sheet_id, "rowIndex": 40, "columnIndex": 1}}}
    person.do(
        {"updateEmbeddedObjectPosition": {"objectId": means, "newPosition": to, "fields": "anchorCell"}},
        {"deleteEmbeddedObject": {"objectId": spread}},
    )
    for n in (2, 3):
        write_report_tab(table, content(n))
        by_title = {chart["spec"]["title"]: chart for chart in tab_of(person).charts}
        assert anchor(by_title["Means"]) == (40, 1)
        assert by_title["Means"]["chartId"] == means
        assert set(by_title) == {"Means", "Spread"}


def test_a_chart_takes_the_place_of_one_that_is_over(person, table):
    write_report_tab(table, content(1))
    before = {chart["spec"]["title"]: anchor(chart) for chart in tab_of(person).charts}
    write_report_tab(table, content(2, charts=("spread",)))
    (chart,) = tab_of(person).charts
    assert anchor(chart) == before["Means"]


def test_a_renamed_tab_is_found_and_a_copy_is_a_persons(person, table):
    write_report_tab(table, content(1))
    number = tab_of(person).sheet_id
    person.do(
        {"duplicateSheet": {"sourceSheetId": number, "newSheetName": "Kept"}},
        {"updateSheetProperties": {"properties": {"sheetId": number, "title": "For the board"}, "fields": "title"}},
    )
    assert write_report_tab(table, content(2)).title == "For the board"
    assert told(tab_of(person, "Kept")) == wanted(content(1))
    assert told(tab_of(person, "For the board")) == wanted(content(2))
    assert len(person.book.sheets) == 3


def test_a_deleted_tab_is_made_again(person, table):
    write_report_tab(table, content(1))
    person.do({"deleteSheet": {"sheetId": tab_of(person).sheet_id}})
    assert write_report_tab(table, content(2)).is_new
    assert told(tab_of(person)) == wanted(content(2))


def test_what_changes_between_the_look_and_the_write_is_looked_at_again(google, person, table):
    write_report_tab(table, content(1))
    span = {"sheetId": tab_of(person).sheet_id, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}
    edits = iter([{"insertDimension": {"range": span}}, {"deleteDimension": {"range": span}}])

    def meddle(when, seen):
        if when == "before" and seen.name == "sheets.batchUpdate":
            edit = next(edits, None)
            if edit is not None:
                person.do(edit)

    google.observe(meddle)
    write_report_tab(table, content(2))
    assert set(told(tab_of(person)).values()) == set(wanted(content(2)).values())
    assert next(edits, None) is None


def test_of_two_that_make_it_at_once_one_tab_comes(google, url, person, table):
    other, is_done = opened(google, url), []

    def meddle(when, seen):
        if when == "before" and seen.name == "sheets.batchUpdate" and not is_done:
            is_done.append(True)
            write_report_tab(other, content(1))

    google.observe(meddle)
    made = write_report_tab(table, content(2))
    assert is_done
    assert not made.is_new
    assert len(person.book.sheets) == 2
    assert told(tab_of(person)) == wanted(content(2))
    assert len(tab_of(person).charts) == 2


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_that_is_lost_makes_no_second_tab_and_no_second_charts(google, person, table, fault, is_first):
    if not is_first:
        write_report_tab(table, content(1))
    google.faults.add(first(1, fault, matching="sheets.batchUpdate"))
    made = write_report_tab(table, content(2))
    google.faults.clear()
    assert (made.is_new, made.is_unchanged) == (is_first, False)
    assert told(tab_of(person)) == wanted(content(2))
    assert len(person.book.sheets) == 2
    assert len(tab_of(person).charts) == 2


def test_a_server_that_never_answers_is_said_so(google, table):
    google.faults.add(first(99, Fault(drop="before"), matching="sheets.batchUpdate"))
    with pytest.raises(AccessError, match="doesn't answer"):
        write_report_tab(table, content())
    google.faults.clear()


def test_charts_that_are_refused_are_left_out_and_it_is_said(person, table, monkeypatch):
    def refuse(_batch, _request):
        raise bad_request("No such chart type.")

    monkeypatch.setitem(run.HANDLERS, "addChart", refuse)
    made = write_report_tab(table, content())
    assert made.charts == 0
    assert "left out" in made.notes[0]
    assert told(tab_of(person)) == wanted(content())


def test_a_protected_tab_is_not_written(person, table):
    write_report_tab(table, content(1))
    area = {"sheetId": tab_of(person).sheet_id}
    person.do({"addProtectedRange": {"protectedRange": {"range": area, "editors": {"users": [person.email]}}}})
    with pytest.raises(AccessError, match="sheetjudge report"):
        write_report_tab(table, content(2))
    assert told(tab_of(person)) == wanted(content(1))


def test_a_report_is_no_table(google, url, person, table):
    made = write_report_tab(table, content())
    with pytest.raises(TableError, match=r"'sheetjudge report' of 'Grants' is a report that sheetjudge wrote"):
        opened(google, made.url)
    with pytest.raises(TableError, match=r"is a report .* --tab: 'Sheet1'"):
        opened(google, url, tab="sheetjudge report")
    move = {"properties": {"sheetId": tab_of(person).sheet_id, "index": 0}, "fields": "index"}
    person.do({"updateSheetProperties": move})
    assert opened(google, url.partition("#")[0]).layout.title == "Sheet1"


def test_a_copied_spreadsheet_has_its_report_written_anew_in_place(google, url, person, table):
    write_report_tab(table, content(1))
    session = google.session()
    copy = session.post(f"https://www.googleapis.com/drive/v3/files/{person.book_id}/copy", json={}).json()["id"]
    there = url.replace(person.book_id, copy)
    account = json.loads(google.credentials.read_text())["client_email"]
    grant = {"type": "user", "role": "writer", "emailAddress": account}
    session.post(f"https://www.googleapis.com/drive/v3/files/{copy}/permissions", json=grant)
    made = write_report_tab(opened(google, there), content(2))
    assert not made.is_new
    assert told(tab_of(google.spreadsheet(there))) == wanted(content(2))
    assert told(tab_of(person)) == wanted(content(1))


dimensions = st.sampled_from(["ROWS", "COLUMNS"])
places = st.tuples(st.integers(0, 70), st.integers(0, 14))
edits = st.lists(
    st.one_of(
        st.tuples(st.just("type"), places, st.integers(1, 3)),
        st.tuples(st.sampled_from(["insertDimension", "deleteDimension"]), dimensions, places),
        st.tuples(st.just("sort"), st.integers(0, 6), st.just(0)),
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(edits, st.integers(5, 60)), min_size=1, max_size=3))
def test_whatever_people_do_nothing_of_theirs_is_lost_unasked(google, steps):
    url = google.load("Any", ROWS)
    person, table = google.spreadsheet(url), opened(google, url)
    write_report_tab(table, content(1))
    theirs = set()
    for n, (done, lines) in enumerate(steps, start=2):
        for at, (kind, what, more) in enumerate(done):
            sheet = tab_of(person)
            if kind == "type":
                text = f"mine {n} {at}"
                cell = {"userEnteredValue": {"stringValue": text}}
                row, column = min(what[0], sheet.row_count - 1), min(what[1], sheet.column_count - 1)
                start = {"sheetId": sheet.sheet_id, "rowIndex": row, "columnIndex": column}
                overwritten = told(tab_of(person)).get((row, column))
                theirs.discard(overwritten)
                person.do({"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": "userEnteredValue"}})
                theirs.add(text)
            elif kind == "sort":
                area = {"sheetId": sheet.sheet_id, "startRowIndex": 0, "endRowIndex": tab_of(person).row_count,
                        "startColumnIndex": 0, "endColumnIndex": tab_of(person).column_count}  # fmt: skip
                specs = [{"dimensionIndex": min(what, tab_of(person).column_count - 1)}]
                person.do({"sortRange": {"range": area, "sortSpecs": specs}})
            else:
                room = tab_of(person).row_count if what == "ROWS" else tab_of(person).column_count
                start = min(more[0] if what == "ROWS" else more[1], room - 2)
                span = {"sheetId": sheet.sheet_id, "dimension": what, "startIndex": start, "endIndex": start + 1}
                person.do({kind: {"range": span}})
                theirs &= set(told(tab_of(person)).values())
        before = told(tab_of(person))
        report = content(n, lines=lines)
        try:
            write_report_tab(table, report)
        except TableError:
            assert told(tab_of(person)) == before, "refused, and nothing was changed"
            write_report_tab(table, report, even_edited=True)
            theirs &= set(told(tab_of(person)).values())
            continue
        now = told(tab_of(person))
        assert theirs <= set(now.values())
        assert set(wanted(report).values()) <= set(now.values())
        assert len(tab_of(person).charts) == 2
        assert len(person.book.sheets) == 2
