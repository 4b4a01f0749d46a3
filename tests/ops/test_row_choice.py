"""Rows chosen by their numbers: these are judged, and nothing becomes of the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.table import Row
from sheetjudge.errors import ConfigError
from sheetjudge.ops.row_choice import parse_rows
from tests.ops.scoring import JudgeServer, inside, read_csv, truth, write_rubric, write_table

RANGES = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)), min_size=1, max_size=8)


@given(RANGES)
def test_a_choice_holds_exactly_what_it_names(ranges):
    text = ", ".join(f"{first}-{first + more}" if more else str(first) for first, more in ranges)
    named = {n for first, more in ranges for n in range(first, first + more + 1)}
    choice = parse_rows(text)
    assert {n for n in range(80) if Row(0, n, ()) in choice} == named


@pytest.mark.parametrize("text", ["", ",", "x", "0", "5-2", "1-", "-3", "1..4", "2;3", "9999999999"])
def test_what_names_no_rows_is_refused(text):
    with pytest.raises(ConfigError, match="names no rows"):
        parse_rows(text)


def run(folder, *args):
    return inside(*args, "--journal", folder / "journal.sqlite3", env={"SHEETJUDGE_HOME": str(folder)})


def test_score_judges_the_chosen_rows_alone(tmp_path):
    table = write_table(tmp_path / "table.csv", 12)
    rubric = write_rubric(tmp_path)
    with JudgeServer() as judge:
        ran = run(tmp_path, "score", table, "--rubric", rubric, "--judge", f"{judge.url}#m", "--rows", "3-4,9",
                  "--out", tmp_path / "out.csv")  # fmt: skip
    assert ran.code == 0, ran.err
    assert sorted(judge.per_row) == [1, 2, 7]
    rows = read_csv(tmp_path / "out.csv")
    assert len(rows) == 12
    assert {n: row["Score"] for n, row in enumerate(rows) if row["Score"]} == {n: str(truth(n)) for n in (1, 2, 7)}
    assert {row["Status"] for n, row in enumerate(rows) if n not in (1, 2, 7)} == {""}


def test_results_of_rows_that_were_not_chosen_are_left_as_they_are(tmp_path):
    table = write_table(tmp_path / "table.csv", 6)
    rubric = write_rubric(tmp_path)
    with JudgeServer() as judge:
        common = ("--rubric", rubric, "--read", "Answer", "--judge", f"{judge.url}#m")
        first = tmp_path / "first.csv"
        run(tmp_path, "score", table, *common, "--out", first)
        text = first.read_text().replace("row-3.", "row-33.").replace("row-4.", "row-44.")
        first.write_text(text)
        ran = run(tmp_path, "score", first, *common, "--rows", "5", "--out", tmp_path / "second.csv")
    assert ran.code == 0, ran.err
    scores = [row["Score"] for row in read_csv(tmp_path / "second.csv")]
    assert scores == [str(truth(n)) for n in (0, 1, 2, 33, 4, 5)]
    assert {row["Status"] for row in read_csv(tmp_path / "second.csv")} == {"ok"}
    assert 44 not in judge.per_row


@pytest.mark.parametrize(
    "verb",
    [("rank", "--rubric", "Is it clear?"), ("filter", "--keep", "is clear"),
     ("compare", "--rubric", "Is it clear?", "--contender", "Answer", "--contender", "ID")],
)  # fmt: skip
def test_every_verb_takes_them(tmp_path, verb):
    table = write_table(tmp_path / "table.csv", 10)
    ran = run(tmp_path, verb[0], table, *verb[1:], "--judge", "fake", "--rows", "2,5-7", "--out", tmp_path / "out.csv")
    assert ran.code in (0, 1), ran.err
    rows = read_csv(tmp_path / "out.csv")
    assert [n + 2 for n, row in enumerate(rows) if row["Status"]] == [2, 5, 6, 7]


def test_rows_that_the_table_hasnt_are_told(tmp_path):
    table = write_table(tmp_path / "table.csv", 5)
    ran = run(tmp_path, "score", table, "--rubric", "Is it clear?", "--judge", "fake", "--rows", "50-60", "--dry-run")
    assert ran.code == 2
    assert "none of the rows 50-60" in ran.err
    assert "last row is 6" in ran.err
