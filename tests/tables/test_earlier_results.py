"""Results of an earlier run are known, replaced, and never confused with a person's own columns."""

from __future__ import annotations

import pytest
from table_tools import RESULTS, headers, read, score, write

from sheetjudge.tables.files import open_table


def test_results_are_known_and_replaced(tmp_path):
    score(read("id,Score\n1,my own\n"), tmp_path / "a.csv")
    table = open_table(tmp_path / "a.csv")
    assert headers(table) == ["id", "Score", *RESULTS]
    assert table.managed == {2, 3, 4, 5}
    new = ("Score", "depth", "style", "Why", "Reasoning", "Status")
    score(table, tmp_path / "b.csv", values=(1, 2, 3, "W", "R", "review: cut"), new=new)
    again = open_table(tmp_path / "b.csv")
    assert headers(again) == ["id", "Score", *new]
    assert again.managed == {2, 3, 4, 5, 6, 7}


def test_results_of_another_rubric_stay(tmp_path):
    score(read("id\n1\n"), tmp_path / "a.csv")
    other = ("Style · Score", "Style · tone", "Style · Why", "Style · Status")
    score(open_table(tmp_path / "a.csv"), tmp_path / "b.csv", new=other)
    table = open_table(tmp_path / "b.csv")
    assert headers(table) == ["id", *RESULTS, *other]
    assert len(table.managed) == 8
    score(table, tmp_path / "c.csv")
    assert headers(open_table(tmp_path / "c.csv")) == ["id", *other, *RESULTS]


@pytest.mark.parametrize("name", ["t.jsonl", "t.parquet"])
def test_a_persons_own_score_stays_where_names_must_differ(tmp_path, name):
    score(read("id,Score,Status\n1,,done\n"), tmp_path / name)
    table = open_table(tmp_path / name)
    assert headers(table) == ["id", "Score", "Status", "Score (2)", "clarity", "Why", "Status (2)"]
    assert table.managed == {3, 4, 5, 6}
    score(table, tmp_path / f"again-{name}")
    assert headers(open_table(tmp_path / f"again-{name}")) == headers(table)


@pytest.mark.parametrize(
    "content",
    [
        "id,Score\n1,5\n",
        "id,Score,Status\n1,5,ok\n",
        "Score,Notes,Why,Status\n5,x,because,done\n",
        "Score,Notes,Why,Status\nhigh,x,because,ok\n",
        "Score,Notes,Why,Status\n5,x,because,\n",
        "Score,Notes,Why,Status\n5,x,because,okay\n",
        "Score,Notes,Why,Status\n5,x,because,ok\n4,x,because,fine\n",
        "Score,Notes,Status,Why\n5,x,ok,because\n",
        "score,Notes,Why,Status\n5,x,because,ok\n",
        "Style · Score,Why,Status\n5,because,ok\n",
    ],
)
def test_a_persons_own_columns_are_never_taken(content):
    assert read(content).managed == frozenset()


@pytest.mark.parametrize(
    "status", ["ok", "stale", "ok; cut", "review: cut in the middle", "skipped: empty row", "error: no verdict\nat all"]
)
def test_every_status_that_is_written_is_known(tmp_path, status):
    score(read("id\n1\n2\n"), tmp_path / "a.csv", values=(None, None, "", status))
    assert len(open_table(tmp_path / "a.csv").managed) == 4


def test_a_changed_status_makes_the_columns_a_persons(tmp_path):
    score(read("id\n1\n2\n"), tmp_path / "a.csv")
    content = (tmp_path / "a.csv").read_text().replace("ok\n", "checked by me\n", 1)
    assert open_table(write(tmp_path / "b.csv", content)).managed == frozenset()


COMPARED = ("Winner", "Margin", "Why", "Status")


def test_results_of_a_comparison_are_known_and_replaced(tmp_path):
    score(read("id,Winner\n1,my own\n"), tmp_path / "a.csv", values=("Ours", 0.5, "So.", "ok"), new=COMPARED)
    table = open_table(tmp_path / "a.csv")
    assert table.managed == {2, 3, 4, 5}
    score(table, tmp_path / "b.csv", values=(None, None, None, "error: no"), new=COMPARED)
    assert headers(open_table(tmp_path / "b.csv")) == ["id", "Winner", *COMPARED]
    with_thoughts = (*COMPARED[:3], "Reasoning", "Status")
    score(read("id\n1\n"), tmp_path / "c.csv", values=("Ours", 0.5, "So.", "Hm.", "ok"), new=with_thoughts)
    assert open_table(tmp_path / "c.csv").managed == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    "content",
    [
        "Winner,Margin,Why,Status\nOurs,wide,because,ok\n",
        "Winner,Margin,Why,Status\nOurs,1,because,won\n",
        "Winner,Why,Status\nOurs,because,ok\n",
        "Margin,Winner,Why,Status\n1,Ours,because,ok\n",
    ],
)
def test_a_persons_own_winners_are_never_taken(content):
    assert read(content).managed == frozenset()
