"""A server that goes wrong in every way: each row has the server's own score, or is unscored with the true reason."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

import pytest

from tests.ops.scoring import (
    MIXED,
    QUICK,
    Faults,
    JudgeServer,
    hosted,
    make_job,
    read_csv,
    run_job,
    sheetjudge,
    truth,
    write_rubric,
    write_table,
)

TIMEOUT = 5.0
REASONS = {
    "429": "Rate limit reached",
    "500": "The server had an error",
    "hang": "gave no complete answer within",
    "close": "closed the connection without an answer",
    "broken": "holds no JSON object",
}
RETRIED = {"429", "500", "hang", "close"}


def check(server, rows, tries):
    """Every row as the server's own log says that it has to be."""
    logs = defaultdict(list)
    for question, log in server.logs.items():
        assert len(log) <= tries, "a question was put more often than the policy allows"
        assert set(log[:-1]) <= RETRIED, "a question was put again after it was answered"
        assert log[-1] not in RETRIED or len(log) == tries, "a question was given up too soon"
        logs[server.rows[question]].append(log)
    for number, row in enumerate(rows):
        log = logs[number]
        # The question, and where its reply could not be read, the same with what was wrong.
        assert len(log) == 1 + (log[0][-1] == "broken")
        last = log[-1][-1]
        if last == "ok":
            assert (row["Score"], row["Status"]) == (str(truth(number)), "ok")
        else:
            assert row["Score"] == ""
            assert row["clear"] == ""
            assert row["Status"].startswith("error: ")
            assert REASONS[last] in row["Status"]
    return sum(log[-1][-1] != "ok" for log in logs.values())


def run(tmp_path, count, tries, *, seed, concurrency):
    table = write_table(tmp_path / "table.csv", count)
    out = tmp_path / "out.csv"
    with JudgeServer(Faults(MIXED, seed)) as server:
        job = make_job(
            table,
            write_rubric(tmp_path),
            [hosted(server.url, timeout=TIMEOUT)],
            journal=tmp_path / "journal",
            out=out,
            policy=replace(QUICK, tries=tries),
            concurrency=concurrency,
        )
        result = run_job(job)
    rows = read_csv(out)
    assert len(rows) == count
    unscored = check(server, rows, tries)
    assert result.summary.failed == unscored
    assert result.exit_code == (1 if unscored else 0)
    assert result.tally.calls == server.calls
    assert result.summary.rows["ok"] == count - unscored
    return unscored


def test_every_row_ends_with_its_own_score_or_the_true_reason(tmp_path):
    # Two tries, so that some rows do stay unscored.
    assert run(tmp_path, 300, 2, seed=1, concurrency=32) > 0


@pytest.mark.slow
@pytest.mark.parametrize(("tries", "seed"), [(6, 2), (2, 3)])
def test_two_thousand_rows(tmp_path, tries, seed):
    unscored = run(tmp_path, 2000, tries, seed=seed, concurrency=64)
    assert unscored > 0 if tries == 2 else unscored < 20


def test_the_command_with_its_own_waits(tmp_path):
    table = write_table(tmp_path / "table.csv", 60)
    out = tmp_path / "out.csv"
    with JudgeServer(Faults(MIXED, 5)) as server:
        ran = sheetjudge(
            "score", table, "--rubric", write_rubric(tmp_path), "--judge", f"{server.url}#m",
            "--timeout", TIMEOUT, "--tries", 3, "--out", out, "--concurrency", 16,
        )  # fmt: skip
    unscored = check(server, read_csv(out), 3)
    assert ran.code == (1 if unscored else 0)
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("kind", ["429", "500", "close", "broken"])
def test_a_fault_that_stays_is_the_reason(tmp_path, kind):
    """One row that always fails among others that don't."""

    class OneBad(JudgeServer):
        def _answer(self, _kind, row, body):
            return super()._answer(kind if row == 7 else "ok", row, body)

    table, out = write_table(tmp_path / "table.csv", 20), tmp_path / "out.csv"
    with OneBad() as server:
        result = run_job(
            make_job(
                table, write_rubric(tmp_path), [hosted(server.url)], journal=tmp_path / "journal", out=out,
                policy=replace(QUICK, tries=3),
            )
        )  # fmt: skip
    rows = read_csv(out)
    assert [row["Status"] == "ok" for row in rows] == [n != 7 for n in range(20)]
    assert REASONS[kind] in rows[7]["Status"]
    assert rows[7]["Score"] == ""
    assert math.isclose(result.summary.mean, sum(truth(n) for n in range(20) if n != 7) / 19)
    assert server.per_row[7] == (2 if kind == "broken" else 3)
