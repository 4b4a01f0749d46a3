"""How results look in a sheet, and what of the person's own looks they leave alone."""

from __future__ import annotations

import pytest

from sheetjudge.core.row_marks import Basis, version_of
from sheetjudge.sandbox.faults import Fault
from sheetjudge.sandbox.problems import ApiError
from sheetjudge.tables.sheet_table import open_sheet
from sheetjudge.tables.sheets import Patience

HEADERS = ("Score", "clarity", "Why", "Status")
ROWS = [["Essay", "Note"], *[[f"essay {n}", f"note {n}"] for n in range(6)]]
BLUE = {"blue": 1}


@pytest.fixture
def run(google):
    def run_it(url, headers=HEADERS, *, score=lambda n: n + 0.25, everything=True):
        patience = Patience(tries=6, sleep=lambda _: None)
        table = open_sheet(url, credentials=str(google.credentials), environment={}, patience=patience)
        basis = Basis((next(c.index for c in table.columns if c.header == "Essay"),), version_of("r"), version_of())
        target = table.target(basis, everything=everything)
        target.open(headers)
        for row in table.rows():
            target.put(row, (score(row.position), row.position % 5 + 1, f"Because of row {row.position}", "ok"))
        target.flush()
        target.close()
        return target.notes

    return run_it


def at(tab, header):
    return [cell.effective if cell else None for cell in tab.rows[0]].index(header)


def area(first, last, top=0, bottom=7):
    rows = {"startRowIndex": top, "endRowIndex": bottom}
    return {"sheetId": 0, **rows, "startColumnIndex": first, "endColumnIndex": last}


def columns_of(value):
    return value["range"]["startColumnIndex"], value["range"]["endColumnIndex"]


def test_fractions_are_shown_with_two_digits_and_whole_numbers_as_they_are(google, run):
    url = google.load("Essays", ROWS)
    run(url)
    rows = google.spreadsheet(url).rows()
    assert [row[2] for row in rows] == ["Score", "0.25", "1.25", "2.25", "3.25", "4.25", "5.25"]
    assert [row[3] for row in rows] == ["clarity", "1", "2", "3", "4", "5", "1"]


def test_what_is_shown_rounded_is_read_in_full(google, run):
    url = google.load("Essays", ROWS)
    run(url, score=lambda n: n + 0.1234)
    person = google.spreadsheet(url)
    percent = {"numberFormat": {"type": "PERCENT", "pattern": "0%"}}
    change = {"range": area(3, 4), "cell": {"userEnteredFormat": percent}, "fields": "userEnteredFormat"}
    person.do({"repeatCell": change})
    assert person.rows()[2][2:4] == ["1.12", "200%"]
    table = open_sheet(url, credentials=str(google.credentials), environment={})
    assert [row.cells[2:4] for row in table.rows()][1] == ("1.1234", "2")


def test_rows_that_are_sorted_while_they_are_read_keep_their_results(google, run):
    url = google.load("Essays", ROWS)
    run(url, score=lambda n: n + 0.1234)
    person = google.spreadsheet(url)
    reads = []

    def sort(moment, seen):
        if moment == "before" and seen.name == "sheets.values.batchGetByDataFilter":
            reads.append(1)
            if len(reads) == 2:
                person.sort("A2:G7", 1, descending=True)

    google.observe(sort)
    table = open_sheet(url, credentials=str(google.credentials), environment={})
    assert [(row.cells[0], row.cells[2]) for row in table.rows()] == [
        (f"essay {n}", f"{n}.1234") for n in range(5, -1, -1)
    ]


def test_scores_have_a_quiet_scale_of_colours_behind_the_persons_own_rules(google, run):
    url = google.load("Essays", ROWS)
    condition = {"type": "TEXT_CONTAINS", "values": [{"userEnteredValue": "3"}]}
    theirs = {"ranges": [area(0, 1)], "booleanRule": {"condition": condition, "format": {"backgroundColor": BLUE}}}
    google.spreadsheet(url).do({"addConditionalFormatRule": {"rule": theirs, "index": 0}})
    run(url)
    tab = google.spreadsheet(url).tab()
    first, *ours = tab.conditional_formats
    assert "booleanRule" in first
    spans = [(rule["ranges"][0]["startColumnIndex"], rule["ranges"][0]["endColumnIndex"]) for rule in ours]
    assert spans == [(at(tab, name), at(tab, name) + 1) for name in ("Score", "clarity")]
    assert all(rule["ranges"][0]["startRowIndex"] == 1 for rule in ours)
    assert {rule["gradientRule"]["minpoint"]["type"] for rule in ours} == {"MIN"}


def test_a_second_run_changes_nothing_of_how_it_looks(google, run):
    url = google.load("Essays", ROWS)
    google.spreadsheet(url).do({"setBasicFilter": {"filter": {"range": area(0, 2)}}})
    first = run(url)
    before = google.spreadsheet(url).tab()
    assert first == ("The filter now covers the columns of results, too.",)
    assert run(url) == ()
    after = google.spreadsheet(url).tab()
    assert after.conditional_formats == before.conditional_formats
    assert after.column_properties == before.column_properties
    assert after.basic_filter == before.basic_filter
    assert [[cell and cell.format for cell in row] for row in after.rows] == [
        [cell and cell.format for cell in row] for row in before.rows
    ]


def test_a_format_that_a_person_gave_a_column_of_results_stays(google, run):
    url = google.load("Essays", ROWS)
    run(url)
    person = google.spreadsheet(url)
    style = {"numberFormat": {"type": "PERCENT", "pattern": "0%"}, "backgroundColor": BLUE}
    change = {"range": area(2, 3), "cell": {"userEnteredFormat": style}, "fields": "userEnteredFormat"}
    person.do({"repeatCell": change}, {"deleteConditionalFormatRule": {"sheetId": 0, "index": 0}})
    run(url, score=lambda n: n + 0.5)
    assert [row[2] for row in person.rows()][1:3] == ["50%", "150%"]
    assert len(person.tab().conditional_formats) == 1


def test_an_earlier_runs_column_gets_its_format_with_its_first_fraction(google, run):
    url = google.load("Essays", ROWS)
    run(url, score=lambda n: n)
    person = google.spreadsheet(url)
    assert person.rows()[3][2] == "2"
    run(url, score=lambda n: n + 1 / 3)
    assert [row[2] for row in person.rows()][1:3] == ["0.33", "1.33"]
    # Whoever takes it away again wants it so.
    person.do({"repeatCell": {"range": area(2, 3), "cell": {}, "fields": "userEnteredFormat.numberFormat"}})
    run(url, score=lambda n: n + 2 / 3)
    assert person.rows()[1][2].startswith("0.666")


def test_a_persons_format_of_whole_numbers_stays_when_fractions_come(google, run):
    url = google.load("Essays", ROWS)
    run(url, score=lambda n: n)
    person = google.spreadsheet(url)
    style = {"numberFormat": {"type": "PERCENT", "pattern": "0%"}}
    fields = "userEnteredFormat.numberFormat"
    person.do({"repeatCell": {"range": area(2, 3, top=1), "cell": {"userEnteredFormat": style}, "fields": fields}})
    run(url, score=lambda n: n + 0.5)
    assert [row[2] for row in person.rows()][1:3] == ["50%", "150%"]


def test_the_persons_formats_and_frozen_panes_stay(google, run):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    style = {"backgroundColor": BLUE, "textFormat": {"italic": True}}
    person.do(
        {"repeatCell": {"range": area(0, 2), "cell": {"userEnteredFormat": style}, "fields": "userEnteredFormat"}},
        {
            "updateSheetProperties": {
                "properties": {"sheetId": 0, "gridProperties": {"frozenRowCount": 1, "frozenColumnCount": 2}},
                "fields": "gridProperties.frozenRowCount,gridProperties.frozenColumnCount",
            }
        },
    )
    before = person.tab()
    run(url)
    after = person.tab()
    assert [row[:2] for row in after.rows[:7]] == [row[:2] for row in before.rows]
    assert after.properties["gridProperties"]["frozenRowCount"] == 1
    assert after.properties["gridProperties"]["frozenColumnCount"] == 2
    assert after.cell(0, 2).format["textFormat"] == {"bold": True}
    assert "backgroundColor" not in (after.cell(1, 2).format or {})


def test_a_filter_keeps_its_criteria_and_hides_what_it_hid(google, run):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    criteria = {"1": {"hiddenValues": ["note 2"]}}
    person.do({"setBasicFilter": {"filter": {"range": area(0, 2), "criteria": criteria}}})
    run(url)
    tab = person.tab()
    assert columns_of(tab.basic_filter) == (0, 7)
    assert tab.basic_filter["criteria"] == criteria
    assert [row for row, known in tab.row_properties.items() if known.get("hiddenByFilter")] == [3]
    assert [row[2] for row in person.rows()][3] == "2.25"


def test_a_filter_that_is_sorted_keeps_its_order(google, run):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    specs = [{"dimensionIndex": 1, "sortOrder": "DESCENDING"}]
    person.do({"setBasicFilter": {"filter": {"range": area(0, 2), "sortSpecs": specs}}})
    run(url)
    assert person.tab().basic_filter["sortSpecs"] == specs
    person.do({"setBasicFilter": {"filter": person.tab().basic_filter | {"sortSpecs": [{"dimensionIndex": 1}]}}})
    assert [row[0] for row in person.rows()][1:] == [f"essay {n}" for n in range(6)]
    assert [row[4] for row in person.rows()][1:] == [f"Because of row {n}" for n in range(5, -1, -1)]


def test_filter_views_tables_and_alternating_colours_cover_the_results(google, run):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    colours = {"headerColor": BLUE, "firstBandColor": {"red": 1}, "secondBandColor": {}}
    person.do(
        {"addFilterView": {"filter": {"title": "Mine", "range": area(0, 2)}}},
        {"addBanding": {"bandedRange": {"range": area(0, 2), "rowProperties": colours}}},
        {"addTable": {"table": {"name": "Essays", "range": area(0, 2)}}},
    )
    notes = run(url)
    tab = person.tab()
    assert [columns_of(one) for one in (*tab.filter_views, *tab.banded_ranges, *tab.tables)] == [(0, 7)] * 3
    assert notes == (
        "The filter view 'Mine' now covers the columns of results, too.",
        "The table 'Essays' now covers the columns of results, too.",
    )


def test_what_lies_over_other_cells_stays_as_it_is(google, run):
    url = google.load("Essays", [*ROWS, *[[]] * 3, ["Sum", "x"]])
    person = google.spreadsheet(url)
    person.do(
        {"addFilterView": {"filter": {"title": "Far", "range": area(0, 2, top=9, bottom=11)}}},
        {"addFilterView": {"filter": {"title": "Wide", "range": area(0, 12)}}},
        {"addFilterView": {"filter": {"title": "Narrow", "range": area(0, 1)}}},
        {"setBasicFilter": {"filter": {"range": area(0, 1)}}},
    )
    notes = run(url)
    tab = person.tab()
    assert [columns_of(view) for view in tab.filter_views] == [(0, 2), (0, 17), (0, 1)]
    assert columns_of(tab.basic_filter) == (0, 1)
    assert notes == ("The filter covers the column A only: sorting by it leaves the results behind.",)


def test_a_table_that_has_a_column_of_the_same_name_is_left_alone(google, run):
    url = google.load("Essays", [[*row, "mine"] if n else [*row, "score"] for n, row in enumerate(ROWS)])
    google.spreadsheet(url).do({"addTable": {"table": {"name": "Essays", "range": area(0, 3)}}})
    notes = run(url)
    assert columns_of(google.spreadsheet(url).tab().tables[0]) == (0, 3)
    assert notes == (
        "The table 'Essays' has a column 'Score' already, so that it doesn't cover the columns of results.",
    )


def test_results_made_before_the_filter_are_covered_by_the_next_run(google, run):
    url = google.load("Essays", ROWS)
    run(url)
    person = google.spreadsheet(url)
    person.do({"setBasicFilter": {"filter": {"range": area(0, 2), "criteria": {"0": {"hiddenValues": []}}}}})
    assert run(url) == ("The filter now covers the columns of results, too.",)
    assert columns_of(person.tab().basic_filter) == (0, 7)


@pytest.mark.parametrize("kind", [b"setBasicFilter", b"updateTable"])
def test_what_refuses_to_be_extended_is_no_obstacle(google, run, kind):
    url = google.load("Essays", ROWS)
    person = google.spreadsheet(url)
    if kind == b"updateTable":
        person.do({"addTable": {"table": {"name": "Essays", "range": area(0, 2)}}})
    else:
        person.do({"setBasicFilter": {"filter": {"range": area(0, 2)}}})
    refused = Fault(error=ApiError(400, "It lies there for good."))
    google.faults.add(lambda seen: refused if kind in seen.body else None)
    notes = run(url)
    (note,) = notes
    assert note.startswith("What lies over the data wasn't extended over the results.")
    assert "It lies there for good" in note
    assert [row[4] for row in person.rows()][1:] == [f"Because of row {n}" for n in range(6)]
    assert person.book.metadata


def test_results_of_another_rubric_are_covered_too(google, run):
    url = google.load("Essays", ROWS)
    google.spreadsheet(url).do({"setBasicFilter": {"filter": {"range": area(0, 2), "criteria": {}}}})
    run(url)
    run(url, [f"Style · {name}" for name in HEADERS])
    tab = google.spreadsheet(url).tab()
    assert columns_of(tab.basic_filter) == (0, 12)
    assert tab.column_properties[at(tab, "Style · Why")]["pixelSize"] > 300
    assert len(tab.conditional_formats) == 4
