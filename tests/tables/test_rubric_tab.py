"""Rubrics in tabs of a spreadsheet, against the local Google."""

from __future__ import annotations

import pytest

from sheetjudge.errors import RubricError, TableError
from sheetjudge.ops.rubrics import find_rubric, list_rubrics
from sheetjudge.sandbox.cells import CellError
from sheetjudge.sandbox.faults import Fault, first
from sheetjudge.tables.open import TableOptions
from sheetjudge.tables.rubric_tab import push_rubric, read_rubric_tab
from sheetjudge.tables.sheets import Patience

ESSAY, REVIEW = find_rubric("essay"), find_rubric("code-review")


@pytest.fixture
def options(google):
    return TableOptions(credentials=str(google.credentials), environment={})


@pytest.fixture
def push(options):
    def push_it(rubric, url, tab="Rubric", **more):
        return push_rubric(rubric, url, tab, options, patience=Patience(tries=3, sleep=lambda _: None), **more)

    return push_it


@pytest.fixture
def url(google):
    return google.load("Answers", [["ID", "Answer"], ["1", "One."]])


@pytest.mark.parametrize("shipped", list_rubrics(), ids=lambda s: s.name)
def test_a_shipped_rubric_comes_back_the_same(shipped, push, url, options):
    assert push(shipped.rubric, url) == "made"
    found = read_rubric_tab(url, "Rubric", options)
    assert (found, found.version) == (shipped.rubric, shipped.rubric.version)


def test_few_requests_make_it_and_fewer_read_it(google, push, url, options):
    push(ESSAY, url)
    made = len(google.log)
    read_rubric_tab(url, "Rubric", options)
    assert (made, len(google.log) - made) == (4, 2)


def test_pushed_again_it_changes_nothing(google, push, url):
    push(ESSAY, url)
    google.clear_log()
    assert push(ESSAY, url) == "unchanged"
    assert "sheets.batchUpdate" not in google.counts()


def test_what_a_person_filled_is_replaced_only_when_asked(google, push, url, options):
    push(ESSAY, url)
    person = google.spreadsheet(url)
    person.type("Rubric!B1", [["Our essays"]])
    before = person.rows("Rubric")
    with pytest.raises(TableError, match="'Rubric' of 'Answers' holds something else already"):
        push(REVIEW, url)
    assert person.rows("Rubric") == before
    assert push(REVIEW, url, overwrite=True) == "replaced"
    assert read_rubric_tab(url, "Rubric", options) == REVIEW


def test_a_smaller_rubric_leaves_nothing_of_a_larger_one(push, url, options):
    push(REVIEW, url)
    small = find_rubric("Is it so?")
    push(small, url, overwrite=True)
    assert read_rubric_tab(url, "Rubric", options) == small


def test_an_empty_tab_is_filled_and_grown(google, push, url, options):
    google.spreadsheet(url).do(
        {"addSheet": {"properties": {"title": "Rubric", "gridProperties": {"rowCount": 2, "columnCount": 2}}}}
    )
    assert push(ESSAY, url) == "filled"
    assert read_rubric_tab(url, "Rubric", options) == ESSAY


def test_the_table_itself_is_never_overwritten_by_accident(google, push, url):
    before = google.spreadsheet(url).rows()
    with pytest.raises(TableError, match="holds something else"):
        push(ESSAY, url, "Sheet1")
    assert google.spreadsheet(url).rows() == before


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_lost_answer_is_looked_after(google, push, url, options, drop):
    google.faults.add(first(1, Fault(drop=drop), matching="sheets.batchUpdate"))
    assert push(ESSAY, url) == "made"
    assert read_rubric_tab(url, "Rubric", options) == ESSAY


def test_what_a_person_types_counts_as_they_mean_it(google, push, url, options):
    push(find_rubric("Is it so?"), url)
    person = google.spreadsheet(url)
    person.type("Rubric!A6", [["id", "ask", "scale", "weight", "required"]])
    person.type("Rubric!A7", [["so", "Is it so?", "yes/no", "0.5", "TRUE"], ["good", "Is it good?", "1 to 7", "2", ""]])
    person.type("Rubric!F6", [["", "", ""]])
    so, good = read_rubric_tab(url, "Rubric", options).criteria
    assert (so.scale.kind, so.weight, so.required) == ("yes/no", 0.5, 1.0)
    assert (good.scale.high, good.weight, good.required) == (7, 2.0, None)


def test_a_wrong_tab_is_refused_with_row_column_and_key(google, push, url, options):
    push(ESSAY, url)
    person = google.spreadsheet(url)
    person.type("Rubric!E6", [["wieght"]])
    with pytest.raises(RubricError) as caught:
        read_rubric_tab(url, "Rubric", options)
    said = "The tab 'Rubric' of 'Answers': row 6 column E: A criterion has no key 'wieght'. Did you mean 'weight'?"
    assert str(caught.value) == said
    assert caught.value.line == 6


def test_a_formula_without_a_value_is_no_rubric(google, push, url, options):
    push(ESSAY, url)
    google.spreadsheet(url).put_formula("Rubric!B7", "=1/0", CellError("DIVIDE_BY_ZERO", "Division by zero."))
    with pytest.raises(RubricError, match=r"row 7 column B shows #DIV/0!"):
        read_rubric_tab(url, "Rubric", options)


def test_a_tab_that_is_not_there(push, url, options):
    push(ESSAY, url)
    with pytest.raises(TableError, match=r"'Answers' has no tab 'Rubrik'\. Did you mean 'Rubric'\?"):
        read_rubric_tab(url, "Rubrik", options)


def test_a_tab_of_a_workbook(tmp_path, options):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["Answer"])
    sheet = book.create_sheet("Style")
    for row in (["name", "Style"], ["scale", "1-5"], [], ["id", "ask", "weight"], ["so", "Is it so?", 0.5]):
        sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    found = read_rubric_tab(str(tmp_path / "book.xlsx"), "Style", options)
    assert (found.name, found.criteria[0].weight) == ("Style", 0.5)


def test_a_file_without_tabs(tmp_path, options):
    (tmp_path / "t.csv").write_text("A\n1\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"t\.csv has no tab 'Style'. A rubric is read from a tab of a Google Sheet"):
        read_rubric_tab(str(tmp_path / "t.csv"), "Style", options)
