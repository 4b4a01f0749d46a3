"""`sheetjudge clear`, as a person and as a program use it."""

from __future__ import annotations

import json

import pytest

from sheetjudge import sandbox
from tests.ops.scoring import inside, write_rubric, write_table

ROWS = [["ID", "Answer"], ["1", "It says a little."], ["2", "It says more than that."]]


@pytest.fixture(scope="module")
def google(tmp_path_factory):
    with sandbox.start(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=1) as running:
        yield running


@pytest.fixture
def scored(google, tmp_path):
    url = google.load("Answers", ROWS)
    ran = inside(
        "score", url, "--rubric", write_rubric(tmp_path), "--read", "Answer", "--judge", "fake",
        "--credentials", google.credentials, "--journal", tmp_path / "journal",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    return url


def test_the_results_of_a_run_are_taken_out_again(google, scored):
    ran = inside("clear", scored, "--credentials", google.credentials)
    assert ran.code == 0
    assert "Answers › Sheet1: the columns Score, clear" in ran.out
    assert "the hidden column of row marks" in ran.out
    assert google.spreadsheet(scored).rows() == ROWS
    assert google.spreadsheet(scored).book.metadata == []
    again = inside("clear", scored, "--credentials", google.credentials)
    assert (again.code, again.out) == (0, "Answers › Sheet1 holds nothing of sheetjudge's.\n")


def test_a_dry_run_only_says_what_there_is(google, scored):
    before = google.spreadsheet(scored).book
    ran = inside("clear", scored, "--credentials", google.credentials, "--dry-run", "--json")
    found = json.loads(ran.out)
    assert found["columns"][0] == "Score"
    assert (found["cleared"], found["edited"]) == (False, [])
    assert google.spreadsheet(scored).book is before


def test_changed_cells_are_named_before_they_go(google, scored):
    google.spreadsheet(scored).type("C3", "9")
    said = inside("clear", scored, "--credentials", google.credentials, "--dry-run")
    assert "It takes --edited, since somebody changed 1 cell of these: Score in row 3." in said.out
    ran = inside("clear", scored, "--credentials", google.credentials)
    assert ran.code == 2
    assert "Score in row 3" in ran.err
    ran = inside("clear", scored, "--credentials", google.credentials, "--edited", "--json")
    assert json.loads(ran.out)["cleared"] is True
    assert google.spreadsheet(scored).rows() == ROWS


def test_a_file_is_refused(tmp_path):
    table = write_table(tmp_path / "table.csv", 2)
    ran = inside("clear", table)
    assert ran.code == 2
    assert "is no Google Sheet" in ran.err
    assert ran.err.count("\n") == 1


def test_a_tab_that_is_not_there_is_named(google, scored):
    ran = inside("clear", scored, "--tab", "Sheet2", "--credentials", google.credentials)
    assert ran.code == 2
    assert "Did you mean 'Sheet1'?" in ran.err
