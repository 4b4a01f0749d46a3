"""A rubric in a tab of the spreadsheet whose rows it judges, through the commands."""

from __future__ import annotations

import json

import pytest

from sheetjudge import sandbox
from sheetjudge.core.rubric_file import parse_rubric
from sheetjudge.ops.rubrics import find_rubric
from tests.ops.scoring import inside

ROWS = [["ID", "Answer"], ["1", "One."], ["2", "Two."], ["3", "Three."]]


@pytest.fixture(scope="module")
def google(tmp_path_factory):
    with sandbox.start(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=1) as server:
        yield server


@pytest.fixture
def url(google):
    return google.load("Answers", ROWS)


@pytest.fixture
def go(google):
    def run(*args, code=0):
        ran = inside(*args, "--credentials", google.credentials)
        assert ran.code == code, ran.said
        return ran

    return run


def status(google, url):
    header, *rows = google.spreadsheet(url).rows()
    return [row[header.index("Status")] for row in rows]


def score(go, url, *more, code=0):
    return go(
        "score", url, "--rubric", "tab:Rubric", "--read", "Answer", "--judge", "fake", "--quiet", *more, code=code
    )


def test_pushed_edited_by_a_person_and_pulled(go, google, url, tmp_path):
    assert "'Essay' is now in the new tab 'Rubric'" in go("rubric", "push", "essay", url).out
    google.spreadsheet(url).type("Rubric!B1", [["Our essays"]])
    file = tmp_path / "ours.yaml"
    go("rubric", "pull", url, "--tab", "Rubric", "--out", file)
    found = find_rubric(str(file))
    assert (found.name, found.criteria) == ("Our essays", find_rubric("essay").criteria)
    assert "is there already" in go("rubric", "pull", url, "--out", file, code=2).err
    assert parse_rubric(go("rubric", "pull", url).out) == found
    assert json.loads(go("rubric", "pull", url, "--json").out)["version"] == found.version
    assert "--overwrite" in go("rubric", "push", "essay", url, code=2).err
    assert json.loads(go("rubric", "push", file, url, "--json").out)["done"] == "unchanged"


def test_rows_are_judged_by_the_tab_and_show_that_it_changed(go, google, url):
    go("rubric", "push", "Is the answer clear?", url)
    score(go, url)
    assert status(google, url) == ["ok", "ok", "ok"]
    again = score(go, url).err
    assert "3 rows have their results already" in again
    assert "(1-5" not in again, "no chart of nothing"
    google.spreadsheet(url).type("Rubric!B7", [["Is the answer clear to a child?"]])
    # The first row is judged by the new words; the others still show what the old ones came to.
    score(go, url, "--limit", "1")
    assert status(google, url) == ["ok", "stale", "stale"]
    score(go, url)
    assert status(google, url) == ["ok", "ok", "ok"]


def test_the_rubric_is_not_judged_by_itself(go, google, url):
    go("rubric", "push", "essay", url)
    gid = google.spreadsheet(url).tab("Rubric").sheet_id
    before = google.spreadsheet(url).rows("Rubric")
    for args in ((url, "--tab", "Rubric"), (url.replace("gid=0", f"gid={gid}"),)):
        said = score(go, *args, code=2).err
        assert "The tab 'Rubric' holds the rubric, so it can't be the table too." in said
    assert google.spreadsheet(url).rows("Rubric") == before


def test_a_wrong_tab_stops_before_anything_is_written(go, google, url):
    go("rubric", "push", "essay", url)
    google.spreadsheet(url).type("Rubric!A6", [["idd"]])
    assert "row 6 column A: A criterion has no key 'idd'. Did you mean 'id'?" in score(go, url, code=2).err
    assert google.spreadsheet(url).rows() == ROWS


def test_a_file_has_no_tabs(tmp_path, go):
    (tmp_path / "t.csv").write_text("A\n1\n", encoding="utf-8")
    assert "has no tab 'Rubric'" in score(go, tmp_path / "t.csv", code=2).err
