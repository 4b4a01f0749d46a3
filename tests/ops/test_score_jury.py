"""Several judges on every row: the mean, each one's own answer, and what is said where they disagree."""

from __future__ import annotations

import json

import pytest

from sheetjudge.cli.score import score
from sheetjudge.core.rubric import Criterion, Rubric, integer_scale
from sheetjudge.core.verdict import Verdict, unscored
from sheetjudge.ops.summary import Summary
from sheetjudge.sandbox import start as start_sandbox
from sheetjudge.stats.jury import MOST_DISAGREEMENT, voice
from tests.ops.scoring import Faults, JudgeServer, inside, read_csv, write_rubric, write_table
from tests.servers.panel_server import PanelServer

TWO = """\
name: Answers
criteria:
  - id: clear
    ask: Is the answer clear?
    scale: 1-5
  - id: kind
    ask: Is it kind?
    scale: yes/no
    weight: 0
"""


def script(model, row, _call):
    """`mild` gives 4 to all; `stern` gives 4, 3, 2, 1, …; `silent` refuses row 1."""
    if model == "silent" and row == 1:
        return None
    clear = 4 if model == "mild" else 4 - row % 4
    return {"clear": clear, "kind": "yes" if model == "mild" else "no"}


def scored(tmp_path, server, *options, models=("mild", "stern"), rows=4, rubric=TWO):
    table, out = write_table(tmp_path / "t.csv", rows), tmp_path / "out.csv"
    judges = [part for model in models for part in ("--judge", server.judge(model))]
    rubric = write_rubric(tmp_path, rubric)
    ran = inside("score", table, "--rubric", rubric, "--read", "Answer", *judges, "--out", out, *options)
    return ran, read_csv(out)


def test_the_score_is_the_mean_and_why_names_each_judge(tmp_path):
    with PanelServer(script) as server:
        ran, rows = scored(tmp_path, server)
    assert ran.code == 0
    assert [row["Score"] for row in rows] == ["4", "3.5", "3", "2.5"]
    assert rows[2]["Why"].splitlines() == [
        "clear, mild: 4. mild says 4.",
        "clear, stern: 2. stern says 2.",
        "kind, mild: yes. mild says yes.",
        "kind, stern: no. stern says no.",
    ]


def test_rows_on_which_they_disagree_are_to_be_reviewed(tmp_path):
    with PanelServer(script) as server:
        _, rows = scored(tmp_path, server)
    assert [row["Status"] for row in rows] == [
        "ok",
        "ok",
        "review: judges disagree (mild 4, stern 2)",
        "review: judges disagree (mild 4, stern 1)",
    ]


@pytest.mark.parametrize(("most", "reviewed"), [("0", 3), ("0.5", 1), ("0.75", 0), ("1", 0)])
def test_how_much_is_too_much_can_be_said(tmp_path, most, reviewed):
    with PanelServer(script) as server:
        _, rows = scored(tmp_path, server, "--disagreement", most)
    assert sum(row["Status"].startswith("review: judges disagree") for row in rows) == reviewed


def test_how_much_it_is_unless_it_is_said():
    (option,) = (p for p in score.params if p.name == "disagreement")
    assert option.default == MOST_DISAGREEMENT


def test_the_summary_has_each_judge_and_their_agreement(tmp_path):
    with PanelServer(script) as server:
        ran, _ = scored(tmp_path, server, "--json", rows=8)
        jury = json.loads(ran.out)["jury"]
        said, _ = scored(tmp_path, server, rows=8)
    assert jury["judges"]["mild"] == {
        "rows": 8, "unscored": 0, "mean": 4.0, "compared": 8, "above_others": 1.5
    }  # fmt: skip
    assert jury["judges"]["stern"]["mean"] == 2.5
    assert (jury["rows"], jury["disputed"], jury["mean_disagreement"]) == (8, 4, 0.375)
    assert jury["alpha"] < 0 or jury["alpha"] is None
    assert "mild: mean 4.00 over 8 rows, 1.50 above the others on the same rows" in said.err
    assert "4 of 8 rows to review" in said.err


def test_a_judge_without_a_verdict_is_named_and_counts_for_nothing(tmp_path):
    with PanelServer(script) as server:
        ran, rows = scored(tmp_path, server, "--json", models=("mild", "silent"))
    assert rows[1]["Score"] == "4"
    assert "clear, silent: no verdict" in rows[1]["Why"]
    assert rows[1]["Status"].startswith("review: ")
    assert json.loads(ran.out)["jury"]["judges"]["silent"]["unscored"] == 1


def test_one_judge_alone_is_written_as_ever(tmp_path):
    with PanelServer(script) as server:
        ran, rows = scored(tmp_path, server, "--json", models=("stern",))
    assert rows[0]["Why"] == "clear: stern says 4.\nkind: stern says no."
    assert json.loads(ran.out)["jury"] is None


def test_a_jury_under_faults_gives_each_row_its_own_scores(tmp_path):
    with JudgeServer(Faults({"500": 0.1, "broken": 0.1})) as server:
        table, out = write_table(tmp_path / "t.csv", 40), tmp_path / "o.csv"
        judges = ("--judge", f"{server.url}#a", "--judge", f"{server.url}#b")
        ran = inside("score", table, "--rubric", write_rubric(tmp_path), *judges, "--out", out)
    assert ran.code == 0
    # Both judges tell the truth, so that they agree wherever both answered.
    assert not [row for row in read_csv(out) if "disagree" in row["Status"]]


def test_in_a_sheet(tmp_path):
    key = tmp_path / "key.json"
    with start_sandbox(credentials=key) as google, PanelServer(script) as server:
        url = google.load("Answers", [["Answer"], *([f"This is row-{n}. So."] for n in range(4))])
        judges = ("--judge", server.judge("mild"), "--judge", server.judge("stern"))
        assert inside("score", url, "--rubric", write_rubric(tmp_path), *judges, "--credentials", key).code == 0
        header, *rows = google.spreadsheet(url).rows()
    status, why = header.index("Status"), header.index("Why")
    assert rows[3][status] == "review: judges disagree (mild 4, stern 1)"
    assert rows[3][why] == "clear, mild: 4. mild says 4.\nclear, stern: 1. stern says 1."


def test_summaries_of_parts_add_up():
    clear = Criterion("clear", "Is it clear?", integer_scale(1, 5))
    rubric = Rubric("R", (clear,), clear.scale)

    def voices(*scores):
        found = [unscored("clear", "timed out") if s is None else Verdict("clear", float(s), str(s)) for s in scores]
        return [voice(rubric, f"judge {n}", [verdict]) for n, verdict in enumerate(found)]

    whole, parts, total = Summary(rubric), [Summary(rubric), Summary(rubric)], Summary(rubric)
    for n, scores in enumerate([(5, 3), (4, 4), (2, None), (1, 5), (3, 2)]):
        for summary in (whole, parts[n % 2]):
            summary.jury.add(voices(*scores))
    for part in parts:
        total.add_state(json.loads(json.dumps(part.state())))
    assert total.jury.as_json() == whole.jury.as_json()
