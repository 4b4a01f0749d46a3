"""The report of a table that holds winners: leaderboard, wins, every prompt."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from sheetjudge.report.spread import share_interval
from sheetjudge.sandbox import start as start_sandbox
from tests.ops.scoring import inside, read_csv, write_rubric, write_table
from tests.report.pages import HOSTILE, page, table_in, told_of_contenders

MODELS = ("GPT, the first", "Ours", "Theirs")
PROMPTS = [f"How does thing {n} work?" for n in range(9)]
LONG = [[p, m, f"{m} says: {'because ' * (n % 3 + len(m))}"] for n, p in enumerate(PROMPTS) for m in MODELS]


def answers(tmp_path, rows=LONG, header=("Question", "Model", "Answer")):
    return write_table(tmp_path / "answers.csv", rows, header)


def compared(tmp_path, *more, home="home"):
    """The table that `compare` wrote, and what it printed."""
    out = tmp_path / "compared.csv"
    how = more or ("--by", "Model", "--group", "Question", "--read", "Answer")
    ran = inside(
        "compare", answers(tmp_path), *how, "--rubric", write_rubric(tmp_path), "--judge", "fake", "--out", out,
        "--json", env={"SHEETJUDGE_HOME": str(tmp_path / home)},
    )  # fmt: skip
    assert ran.code == 0, ran.err
    return out, json.loads(ran.out)


def reported(tmp_path, table, *options, home="home"):
    out = tmp_path / "report.html"
    ran = inside("report", table, "--out", out, *options, env={"SHEETJUDGE_HOME": str(tmp_path / home)})
    assert ran.code == 0, ran.err
    return page(out.read_text("utf-8"))


def figures(tmp_path, table, *options, home="home"):
    ran = inside("report", table, "--json", *options, env={"SHEETJUDGE_HOME": str(tmp_path / home)})
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_the_leaderboard_is_the_runs_and_the_wins_are_the_tables(tmp_path):
    table, told = compared(tmp_path)
    found = reported(tmp_path, table)
    ids = [section.attributes["id"] for section in found.all("section")]
    assert ids == ["judged", "board", "wins", "prompts", "costs", "repeat"]
    board = table_in(found.named("board"))[1:]
    assert [line[1] for line in board] == [one["contender"] for one in told["leaderboard"]]
    for line, one in zip(board, told["leaderboard"], strict=True):
        assert f"{one['strength']['value']:+.2f} [{one['strength']['low']:+.2f}" in line[4]
        assert line[-1] == f"{one['wins']} / {one['ties']} / {one['losses']}"
    rows = read_csv(table)
    by_prompt = {row["Question"]: row["Winner"] for row in rows}
    wins = {line[0]: line[1] for line in table_in(found.named("wins"))[1:]}
    assert wins == {name: str(list(by_prompt.values()).count(name)) for name in MODELS}
    assert [line[0] for line in table_in(found.named("prompts"))[1:] if len(line) > 2] == [
        str(2 + len(MODELS) * n) for n in range(len(PROMPTS))
    ]


def test_every_prompt_is_there_with_its_winner_its_margin_and_its_reasons(tmp_path):
    table, _ = compared(tmp_path)
    first = {row["Question"]: row for row in reversed(read_csv(table))}
    shown = table_in(reported(tmp_path, table).named("prompts"))[1:]
    assert len(shown) == 2 * len(PROMPTS), "a line, and one with the reasons"
    for line, reasons in zip(shown[::2], shown[1::2], strict=True):
        row = first[line[1]]
        assert line[2] == row["Winner"]
        assert float(line[3]) == pytest.approx(float(row["Margin"]), abs=0.006)
        assert " ".join(row["Why"].split()) in reasons[1]


def test_a_column_for_each_contender_does_as_well(tmp_path):
    rows = [[p, f"one says {n}", f"two says {'much ' * n}"] for n, p in enumerate(PROMPTS)]
    answers_ = write_table(tmp_path / "wide.csv", rows, ("Question", "One", "Two"))
    out, env = tmp_path / "won.csv", {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    asked = ("--contender", "One", "--contender", "Two", "--read", "Question", "--judge", "fake")
    ran = inside("compare", answers_, *asked, "--rubric", write_rubric(tmp_path), "--out", out, env=env)
    assert ran.code == 0, ran.err
    found = reported(tmp_path, out)
    assert f"{len(PROMPTS)} prompts" in found.text
    assert "--contender One --contender Two --read Question" in found.named("repeat").text


def test_without_the_run_it_says_what_it_can_and_what_it_cannot(tmp_path):
    table, _ = compared(tmp_path)
    found = reported(tmp_path, table, home="elsewhere")
    assert "Strengths aren't known" in found.named("board").text
    assert "Each row counts by itself" in found.named("judged").text
    told = figures(tmp_path, table, "--group", "Question", home="elsewhere")
    assert told["prompts"] == len(PROMPTS)
    assert told["leaderboard"] is None


def test_what_the_run_printed_is_enough(tmp_path):
    table, told = compared(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps(told))
    found = figures(tmp_path, table, "--run", tmp_path / "run.json", home="elsewhere")
    assert found["leaderboard"] == told["leaderboard"]
    assert found["prompts"] == len(PROMPTS)


def test_a_skipped_row_is_no_prompt_of_its_own(tmp_path):
    header = ["Prompt", "Model", "Text", "Winner", "Margin", "Why", "Status"]
    nothing = ["", "", "", "skipped: no answer in Text"]
    outcome = ["GPT", "0.5", "", "review: no answer of Theirs"]
    rows = [
        ["p1", "Theirs", "", *nothing], ["p1", "GPT", "x", *outcome], ["p1", "Ours", "y", *outcome],
        ["p2", "GPT", "x", "Ours", "1", "", "ok"], ["p2", "Ours", "y", "Ours", "1", "", "ok"],
        ["p2", "Theirs", "", *nothing],
        ["p3", "GPT", "", *nothing], ["p3", "Ours", "", *nothing],
    ]  # fmt: skip
    table = write_table(tmp_path / "t.csv", rows, header)
    told = figures(tmp_path, table, "--group", "Prompt")
    assert (told["prompts"], told["decided"]) == (3, 2)
    assert told["unscored"] == {"skipped: no answer in Text": 1}
    said = reported(tmp_path, table, "--group", "Prompt").text
    assert "Prompts without a winner, and why. They are in no share." in said


def test_prompts_without_an_outcome_are_in_no_share(tmp_path):
    rows = [
        ["p1", "x", "Ours", "0.5", "", "ok"],
        ["p2", "x", "tie: Ours, GPT, the first", "0", "", "review: judges disagree"],
        ["p3", "x", "", "", "", "error: no verdict"],
        ["p4", "x", "Ours", "0.5", "", "stale"],
        ["p5", "x", "GPT, the first", "1", "", "ok"],
    ]
    table = write_table(tmp_path / "t.csv", rows, ["Prompt", "Text", "Winner", "Margin", "Why", "Status"])
    told = figures(tmp_path, table)
    assert (told["prompts"], told["decided"]) == (5, 3)
    assert told["unscored"] == {"error: no verdict": 1, "its text changed since it was compared": 1}
    assert told["review"] == {"judges disagree": 1}
    assert {name: (one["won"], one["shared"]) for name, one in told["contenders"].items()} == {
        "Ours": (1, 1), "GPT, the first": (1, 1),
    }  # fmt: skip
    assert told["contenders"]["Ours"]["share"] == 0.5


def test_scores_go_before_winners_unless_the_winners_are_named(tmp_path):
    header = ["Text", "Score", "Why", "Status", "Style · Winner", "Style · Margin", "Style · Why", "Style · Status"]
    rows = [["a", "3", "", "ok", "Ours", "1", "", "ok"], ["b", "4", "", "ok", "Theirs", "1", "", "ok"]]
    table = write_table(tmp_path / "t.csv", rows, header)
    assert figures(tmp_path, table)["mean"] == 3.5
    assert set(figures(tmp_path, table, "--score", "Style · Winner")["contenders"]) == {"Ours", "Theirs"}


def test_labels_have_nothing_to_say_of_winners(tmp_path):
    table, _ = compared(tmp_path)
    ran = inside("report", table, "--human", "Ana", "--out", tmp_path / "r.html")
    assert (ran.code, "--human is about scores" in ran.err) == (2, True)


def test_names_and_texts_are_shown_as_texts(tmp_path):
    rows = [[HOSTILE[n % 6], HOSTILE[n % 6], "x", HOSTILE[n % 2], "1", HOSTILE[3], "ok"] for n in range(8)]
    table = write_table(tmp_path / "t.csv", rows, ["Prompt", "By", "Text", "Winner", "Margin", "Why", "Status"])
    found = reported(tmp_path, table)
    tags = [element.tag for element in found.every()]
    assert not {"script", "img"} & set(tags)
    assert tags.count("h1") == tags.count("style") == 1
    (tmp_path / "run.json").write_text(json.dumps(told_of_contenders(HOSTILE)))
    found = reported(tmp_path, table, "--run", tmp_path / "run.json")
    assert not {"script", "img"} & {element.tag for element in found.every()}
    assert HOSTILE[0] in found.named("board").text


def test_a_sheet_has_its_leaderboard_in_the_tab(tmp_path):
    with start_sandbox(credentials=tmp_path / "key.json") as google:
        url = google.load("Answers", [["Question", "Model", "Answer"], *LONG])
        env = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
        where = (url, "--credentials", tmp_path / "key.json")
        asked = ("--by", "Model", "--group", "Question", "--read", "Answer", "--judge", "fake")
        ran = inside("compare", *where, *asked, "--rubric", write_rubric(tmp_path), "--json", env=env)
        assert ran.code == 0, ran.err
        board = json.loads(ran.out)["leaderboard"]
        ran = inside("report", *where, "--in-sheet", env=env)
        assert ran.code == 0, ran.err
        sheet = google.spreadsheet(url).book.sheets[-1]
    assert [chart["spec"]["title"] for chart in sheet.charts] == [
        "Strength of the contenders",
        "Share of the prompts won",
    ]
    rows = [[None if cell is None else cell.effective for cell in row] for row in sheet.rows]
    start = next(at for at, row in enumerate(rows) if row and row[0] == "Contender") + 1
    shown = [(row[0], row[2]) for row in rows[start : start + len(board)]]
    assert shown == [(one["contender"], pytest.approx(one["strength"]["value"], abs=1e-5)) for one in board]
    assert any(str(row[1]).startswith(f"sheetjudge compare '{url}'") for row in rows if len(row) > 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1 / 3, 0.5, 1.0]), min_size=1, max_size=200), st.sampled_from([0.8, 0.9, 0.95]))
def test_the_interval_of_a_share_holds_it_and_is_wider_the_surer(shares, level):
    low, high = share_interval(np.array(shares), level)
    assert 0 <= low <= np.mean(shares) <= high <= 1
    wider = share_interval(np.array(shares), 0.99)
    assert wider[0] <= low
    assert wider[1] >= high


@pytest.mark.parametrize(("won", "of"), [(0, 3), (3, 3), (5, 20), (400, 1000)])
def test_of_wins_and_losses_the_interval_is_jeffreys(won, of):
    low, high = share_interval(np.array([1.0] * won + [0.0] * (of - won)), 0.9)
    exact = beta(won + 0.5, of - won + 0.5).ppf([0.05, 0.95])
    assert low == pytest.approx(min(exact[0], won / of), abs=0.02)
    assert high == pytest.approx(max(exact[1], won / of), abs=0.02)


def test_without_shares_there_is_no_interval():
    assert share_interval(np.array([]), 0.9) is None
