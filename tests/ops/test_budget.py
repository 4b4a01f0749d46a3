"""The ceiling on money, tokens and calls, counted at the server; and the dry run that asks nobody."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.ops.scoring import Faults, JudgeServer, inside, read_csv, truth, write_rubric, write_table

USAGE = {"prompt_tokens": 400, "completion_tokens": 100, "total_tokens": 500}
PRICE = "1,10"  # dollars per million: 0.0014 a call


@pytest.fixture
def paths(tmp_path):
    return write_table(tmp_path / "table.csv", 60), write_rubric(tmp_path), tmp_path / "out.csv"


def score(paths, server, *more):
    table, rubric, out = paths
    return inside(
        "score", table, "--rubric", rubric, "--judge", f"{server.url}#m", "--out", out, "--json", "--max-tokens", "100",
        *more,
    )  # fmt: skip


def check_stopped(paths, ran, judged):
    assert ran.code == 3
    assert "udget" in json.loads(ran.out)["stopped"]
    rows = read_csv(paths[2])
    ok = [row for row in rows if row["Status"] == "ok"]
    assert len(rows) == 60
    assert len(ok) == judged
    assert all(row["Score"] == str(truth(int(row["ID"]))) for row in ok)
    assert {row["Score"] for row in rows if row not in ok} <= {""}


@pytest.mark.parametrize("calls", [1, 17, 59])
def test_calls_are_counted_exactly(paths, calls):
    with JudgeServer(latency=0.002) as server:
        check_stopped(paths, score(paths, server, "--budget-calls", calls, "--concurrency", 8), calls)
        assert server.calls == calls
        again = score(paths, server)
        assert again.code == 0
        assert server.calls == 60, "the same command without the budget makes the missing calls"


def test_a_budget_that_just_suffices_stops_nothing(paths):
    with JudgeServer() as server:
        assert score(paths, server, "--budget-calls", 60).code == 0


@pytest.mark.parametrize("flag", ["--budget", "--budget-tokens", "--budget-calls"])
def test_a_budget_of_nothing_makes_no_call(paths, flag):
    with JudgeServer() as server:
        check_stopped(paths, score(paths, server, flag, 0, "--price", PRICE), 0)
        assert server.calls == 0


def test_dollars_are_not_passed(paths):
    budget = 0.05
    with JudgeServer(latency=0.002, usage=USAGE) as server:
        ran = score(paths, server, "--budget", budget, "--price", PRICE, "--concurrency", 8)
        billed = server.calls * 0.0014
        assert ran.code == 3
        assert 0 < billed <= budget
        # The most of one call is a byte a token: near the end only one is in flight, and then none fits.
        assert json.loads(ran.out)["usage"]["usd"] == pytest.approx(billed)
        check_stopped(paths, ran, server.calls)


def test_tokens_are_not_passed(paths):
    with JudgeServer(latency=0.002, usage=USAGE) as server:
        ran = score(paths, server, "--budget-tokens", 20_000, "--concurrency", 8)
        assert 0 < server.calls * 500 <= 20_000
        check_stopped(paths, ran, server.calls)


def test_faults_do_not_lead_past_a_budget(paths):
    faults = Faults({"500": 0.1, "429": 0.1, "close": 0.05}, seed=3)
    with JudgeServer(faults, usage=USAGE) as server:
        ran = score(paths, server, "--budget-calls", 40, "--concurrency", 4)
        assert server.calls == 40
        assert ran.code == 3


def test_answers_of_the_journal_cost_nothing(paths):
    with JudgeServer() as server:
        score(paths, server)
        ran = score(paths, server, "--budget", 0, "--price", PRICE)
        assert ran.code == 0
        assert json.loads(ran.out)["usage"]["usd"] == 0


def test_an_unknown_price_is_unknown_and_not_nothing(paths):
    with JudgeServer(usage=USAGE) as server:
        ran = score(paths, server)
        assert json.loads(ran.out)["usage"]["usd"] is None
        assert json.loads(ran.out)["usage"]["tokens"] == {
            "prompt": 24_000, "completion": 6_000, "cached": 0, "reasoning": 0,
        }  # fmt: skip


# --- the dry run ------------------------------------------------------------------------------------------------------


def test_a_dry_run_asks_nobody_and_writes_nothing(paths):
    table, rubric, out = paths
    with JudgeServer() as server:
        ran = inside(
            "score", table, "--rubric", rubric, "--judge", f"{server.url}#m", "--out", out, "--dry-run",
            "--price", "1,2", "--read", "Answer",
        )  # fmt: skip
        assert server.calls == 0
    assert ran.code == 0
    assert not out.exists()
    assert "60 rows to judge" in ran.out
    assert "60 calls" in ran.out
    assert "$" in ran.out
    assert f"Columns sent to 127.0.0.1:{server.port}: Answer." in ran.out
    assert ran.err == ""


def counted_in(told):
    seat = told["seats"][0]
    return seat["calls"], seat["answered"], seat["repeated"]


def test_a_dry_run_knows_what_is_in_the_journal_and_what_comes_twice(tmp_path):
    rows = [["One."], [""], ["One."], ["Two."]]
    table, rubric = write_table(tmp_path / "t.csv", rows, header=["Answer"]), write_rubric(tmp_path)
    with JudgeServer() as server:
        command = ("score", table, "--rubric", rubric, "--judge", f"{server.url}#m", "--json")
        before = json.loads(inside(*command, "--dry-run").out)
        said = inside(*command[:-1], "--dry-run").out
        inside(*command)
        after = json.loads(inside(*command, "--dry-run").out)
    assert (before["rows"], before["skipped"]) == (3, 1)
    assert counted_in(before) == (2, 0, 1)
    assert counted_in(after) == (0, 3, 0)
    assert "2 calls" in said
    assert "; 1 question more is the same as one of these and costs nothing" in said
    assert "in the journal" not in said
    assert before["usd"] is None
    assert before["columns"] == ["Answer"]


@pytest.mark.parametrize("judge", ["openai:gpt-5-mini", "portkey:@a/m"])
@pytest.mark.parametrize("verb", ["score", "rank", "probe"])
def test_a_dry_run_needs_no_key_and_a_run_does(paths, verb, judge):
    table, rubric, _ = paths
    more = ["--attacks"] if verb == "probe" else []
    asked = (verb, table, "--rubric", rubric, "--judge", judge, *more, "--json")
    assert json.loads(inside(*asked, "--dry-run").out)["seats"][0]["calls"] > 0
    ran = inside(*asked)
    assert (ran.code, ran.out) == (2, "")
    assert "_API_KEY isn't set" in ran.err


def test_a_dry_run_says_of_which_day_a_published_price_is(paths):
    table, rubric, _ = paths
    asked = ("score", table, "--rubric", rubric, "--judge", "openai:gpt-5-mini", "--dry-run")
    assert re.search(r"about \$0\.\d+ at the prices of 20\d\d-\d\d-\d\d", inside(*asked).out)
    assert "at the prices of" not in inside(*asked, "--price", "1,2").out


def test_a_dry_run_leaves_no_answer_behind(paths):
    table, rubric, _ = paths
    inside("score", table, "--rubric", rubric, "--judge", "fake", "--dry-run")
    assert "Erased 0 answers and 0 runs" in inside("journal", "purge", "--all").out
    assert {p.name for p in Path(os.environ["SHEETJUDGE_HOME"]).iterdir()} <= {"journal.sqlite3", "secret"}
