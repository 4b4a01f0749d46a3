"""`score --batch`: half the price, never twice, whatever happens on the way."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections import Counter
from dataclasses import replace

import pytest

from sheetjudge.engine.batch_values import Limits
from sheetjudge.engine.budget import Ceiling
from sheetjudge.ops.score import score
from tests.ops.scoring import ended, hosted, inside, make_job, read_csv, start, truth, write_rubric, write_table
from tests.servers.batch_server import BatchServer

QUICK = Limits(first_wait=0.01, most_wait=0.02)


def run(tmp_path, server, rows=20, *, limits=QUICK, ceiling=None, model=None):
    write_table(tmp_path / "table.csv", rows)
    rubric = write_rubric(tmp_path)
    judge = model or hosted(server.url)
    job = make_job(
        tmp_path / "table.csv", rubric, [judge], journal=tmp_path / "journal.sqlite3", out=tmp_path / "out.csv",
        ceiling=ceiling,
    )  # fmt: skip

    async def go():
        try:
            return await score(replace(job, batch=True, batch_limits=limits))
        finally:
            await job.bench.aclose()

    return asyncio.run(go())


def check_whole(tmp_path, rows):
    found = read_csv(tmp_path / "out.csv")
    assert [row["Score"] for row in found] == [str(truth(n)) for n in range(rows)]
    assert {row["Status"] for row in found} == {"ok"}


def test_all_but_the_first_row_goes_by_batch(tmp_path):
    with BatchServer() as server:
        result = run(tmp_path, server)
        check_whole(tmp_path, 20)
        assert result.exit_code == 0
        assert (server.chats, len(server.batches), server.answered.total()) == (1, 1, 19)
        assert any("19 answers came by batch (1 batches were submitted)" in note for note in result.notes)
        assert server.files == {}, "nothing of the rows stays at the server"
        again = run(tmp_path, server)
        assert (server.chats, len(server.batches)) == (1, 1), "nothing is left to ask"
        assert again.exit_code == 0


def test_half_the_price(tmp_path):
    from sheetjudge.core.chat import Price

    with BatchServer() as server:
        result = run(tmp_path, server, 11, model=hosted(server.url, price=Price(1.0, 10.0)))
    direct = (1000 * 1.0 + 100 * 10.0) / 1e6
    assert result.tally.usd == pytest.approx(direct + 10 * direct / 2)


def test_more_than_one_batch_holds(tmp_path):
    with BatchServer() as server:
        run(tmp_path, server, 26, limits=replace(QUICK, requests=10))
        check_whole(tmp_path, 26)
        assert [len(batch.lines) for batch in server.batches.values()] == [10, 10, 5]
        assert server.steps.index("look") > [i for i, s in enumerate(server.steps) if s == "submit"][-1], "side by side"


def test_a_file_may_only_be_so_large(tmp_path):
    with BatchServer() as server:
        run(tmp_path, server, 12, limits=replace(QUICK, size=12_000))
        check_whole(tmp_path, 12)
        assert len(server.batches) > 1
        assert server.answered.total() == 11


def test_what_failed_or_expired_is_asked_again_and_nothing_else(tmp_path):
    tried = Counter()

    def fate(line):
        tried[line["custom_id"]] += 1
        first = tried[line["custom_id"]] == 1
        number = int(line["custom_id"][:4], 16) % 5
        return {0: "expired", 1: "500", 2: "broken"}.get(number, "ok") if first else "ok"

    with BatchServer(fate=fate) as server:
        result = run(tmp_path, server, 40)
        check_whole(tmp_path, 40)
        assert result.exit_code == 0
        assert len(server.batches) == 2
        assert set(tried.values()) == {1, 2}
        assert server.chats == 1


def test_what_no_batch_answers_is_asked_directly(tmp_path):
    with BatchServer(fate=lambda line: "expired" if line["custom_id"] < "8" else "ok") as server:
        result = run(tmp_path, server, 20)
        check_whole(tmp_path, 20)
        assert server.chats > 1
        assert any("asked directly" in note for note in result.notes)
        assert max(server.answered.values()) == 1


def test_too_much_that_waits_is_sent_in_smaller_parts(tmp_path):
    with BatchServer(waiting=8) as server:
        run(tmp_path, server, 30)
        check_whole(tmp_path, 30)
        assert max(server.answered.values()) == 1


@pytest.mark.parametrize("step", ["upload", "submit", "look", "content", "delete"])
@pytest.mark.parametrize("fault", ["drop", "lose", "500", "429"])
def test_a_step_that_fails_is_repeated_and_no_question_is_paid_for_twice(tmp_path, step, fault):
    failures = Counter()

    def strike(name):
        failures[name] += 1
        return fault if name == step and failures[name] <= 2 else ""

    with BatchServer(fault=strike, lag=1) as server:
        run(tmp_path, server)
        check_whole(tmp_path, 20)
        assert set(server.answered.values()) == {1}
        assert len(server.batches) == 1


def test_a_server_without_batches_is_told(tmp_path):
    with BatchServer(fault=lambda name: "404" if name == "upload" else "") as server:
        write_table(tmp_path / "table.csv", 3)
        ran = inside(
            "score", tmp_path / "table.csv", "--rubric", write_rubric(tmp_path), "--judge", f"{server.url}#m",
            "--batch", "--out", tmp_path / "o.csv", env={"SHEETJUDGE_HOME": str(tmp_path)},
        )  # fmt: skip
        assert ran.code == 2
        assert "Leave --batch out" in ran.err
    ran = inside("score", tmp_path / "table.csv", "--rubric", tmp_path / "rubric.yaml", "--judge", "fake", "--batch")
    assert ran.code == 2
    assert "fake has no Batch API" in ran.err


def test_a_budget_bounds_what_is_submitted(tmp_path):
    with BatchServer() as server:
        result = run(tmp_path, server, 30, ceiling=Ceiling(calls=12))
        assert result.exit_code == 3
        assert server.answered.total() + server.chats <= 12


KILLED = """
import asyncio, os, signal, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from dataclasses import replace
from tests.ops.test_batch import QUICK
from tests.ops.scoring import make_job, hosted
from sheetjudge.ops.score import score
folder = Path({folder!r})
job = make_job(folder / "table.csv", folder / "rubric.yaml", [hosted({url!r})], journal=folder / "journal.sqlite3",
               out=folder / "out.csv")
asyncio.run(score(replace(job, batch=True, batch_limits=QUICK)))
"""


@pytest.mark.parametrize("step", ["chat", "upload", "submit", "look", "content", "delete"])
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_a_run_that_is_killed_at_any_step_is_taken_up(tmp_path, step, is_done):
    """The process dies while the server works on a step: before it is done, or after it and before its answer."""
    import subprocess
    import sys

    from tests.ops.scoring import ROOT

    held = threading.Event()

    def strike(name):
        return ("lose" if is_done else "drop") if name == step and not held.is_set() else ""

    write_table(tmp_path / "table.csv", 12)
    write_rubric(tmp_path)
    with BatchServer(fault=strike, lag=1) as server:
        code = KILLED.format(root=str(ROOT), folder=str(tmp_path), url=server.url)
        process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
        server.wait_for(step)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        held.set()
        result = run(tmp_path, server, 12)
        check_whole(tmp_path, 12)
        assert result.exit_code == 0
        assert max(server.answered.values()) == 1, "submitted once"
        lines = Counter(line["custom_id"] for batch in server.batches.values() for line in batch.lines)
        assert max(lines.values()) == 1


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_wait_that_was_ended_is_taken_up_and_nothing_more_is_asked(tmp_path, end):
    write_table(tmp_path / "table.csv", 12)
    rubric = write_rubric(tmp_path)
    with BatchServer(looks=10**6) as server:
        command = (
            "score", tmp_path / "table.csv", "--rubric", rubric, "--judge", f"{server.url}#m", "--batch",
            "--out", tmp_path / "out.csv",
        )  # fmt: skip
        env = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
        process = start(*command, env=env)
        server.wait_for("look")
        process.send_signal(end)
        ran = ended(process)
        assert ran.code == (3 if end == signal.SIGINT else -signal.SIGKILL), ran.err
        assert "Traceback" not in ran.err
        server.looks = 1
        again = inside(*command, env=env)
        assert again.code == 0, again.err
        assert "1 of an earlier run were taken up" in again.err
        assert (server.chats, server.answered.total(), len(server.batches)) == (1, 11, 1), "it is paid for already"
    check_whole(tmp_path, 12)


def test_two_runs_at_once_submit_each_question_once(tmp_path):
    write_table(tmp_path / "table.csv", 30)
    rubric = write_rubric(tmp_path)
    with BatchServer(looks=30) as server:
        command = ("score", tmp_path / "table.csv", "--rubric", rubric, "--judge", f"{server.url}#m", "--batch")
        env = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
        first = start(*command, "--out", tmp_path / "one.csv", env=env)
        server.wait_for("look")
        second = inside(*command, "--out", tmp_path / "two.csv", env=env)
        assert second.code == 3
        assert "batches of another run" in second.err
        server.looks = 1
        assert ended(first).code == 0
        assert set(server.answered.values()) == {1}
