"""A run that is killed, interrupted or stopped: nothing is paid for twice, every row is scored once."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from tests.ops.scoring import JudgeServer, ended, read_csv, send, start, truth, write_rubric, write_table


def command(tmp_path, server, in_flight, *more):
    return (
        "score", tmp_path / "table.csv", "--rubric", tmp_path / "rubric.yaml", "--judge", f"{server.url}#m",
        "--out", tmp_path / "out.csv", "--concurrency", in_flight, *more,
    )  # fmt: skip


def check_whole(path, count):
    rows = read_csv(path)
    assert [row["ID"] for row in rows] == [str(n) for n in range(count)]
    assert [row["Score"] for row in rows] == [str(truth(n)) for n in range(count)]
    assert {row["Status"] for row in rows} == {"ok"}


def kill_often(tmp_path, *, rows, kills, in_flight, seed):
    """Kill a run `kills` times at random moments of its calls, then let it end."""
    rng = random.Random(seed)
    write_table(tmp_path / "table.csv", rows)
    write_rubric(tmp_path)
    with JudgeServer(latency=0.01) as server:
        moments = sorted(rng.sample(range(1, rows * 9 // 10), kills))
        for moment in moments:
            process = start(*command(tmp_path, server, in_flight))
            # Calls that a kill lost are made again, so the count runs ahead of the rows: any moment will come.
            server.wait_for_calls(moment)
            time.sleep(rng.random() * 0.01)
            process.kill()
            ended(process)
            assert process.returncode == -signal.SIGKILL
            assert not (tmp_path / "out.csv").exists()
        ran = ended(start(*command(tmp_path, server, in_flight)))
        calls = server.calls
        again = ended(start(*command(tmp_path, server, in_flight)))
        assert server.calls == calls, "the same command again makes no call"
    assert (ran.code, again.code) == (0, 0), ran.err + again.err
    check_whole(tmp_path / "out.csv", rows)
    assert rows <= calls <= rows + kills * in_flight
    return calls


def test_a_killed_run_is_taken_up_where_it_stopped(tmp_path):
    kill_often(tmp_path, rows=300, kills=3, in_flight=16, seed=1)


@pytest.mark.slow
def test_twenty_kills_of_two_thousand_rows(tmp_path):
    kill_often(tmp_path, rows=2000, kills=20, in_flight=32, seed=2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_writes_what_it_has_and_resumes(tmp_path, number):
    write_table(tmp_path / "table.csv", 200)
    write_rubric(tmp_path)
    with JudgeServer(latency=0.05) as server:
        process = start(*command(tmp_path, server, 8))
        server.wait_for_calls(40)
        send(process, number)
        ran = ended(process)
        calls = server.calls
        assert ran.code == 3
        assert "Traceback" not in ran.err
        rows = read_csv(tmp_path / "out.csv")
        judged = [row for row in rows if row["Status"] == "ok"]
        rest = [row for row in rows if row["Status"] != "ok"]
        assert len(rows) == 200
        assert len(judged) == calls, "every call that was made is in the file"
        assert ran.err.splitlines()[-1] == (
            f"Stopped: Interrupted. Scoring: {calls} of 200 rows done, {200 - calls} remain; what was judged is kept. "
            "Run the same command again: it takes up where it stopped."
        )
        assert all(row["Score"] == str(truth(int(row["ID"]))) for row in judged)
        assert {(row["Score"], row["Status"]) for row in rest} == {("", "skipped: not reached before the run stopped")}
        again = ended(start(*command(tmp_path, server, 8)))
        assert again.code == 0
        assert server.calls == 200, "only the missing calls were made"
    check_whole(tmp_path / "out.csv", 200)


def test_what_killed_runs_left_is_removed(tmp_path):
    write_table(tmp_path / "table.csv", 30)
    write_rubric(tmp_path)
    with JudgeServer(latency=0.05) as server:
        for _ in range(2):
            process = start(*command(tmp_path, server, 2))
            server.wait_for_calls(server.calls + 1)
            process.kill()
            ended(process)
        left = list(tmp_path.glob(".out.csv.*.part"))
        assert len(left) == 2
        for path in left:
            # A while goes by.
            os.utime(path, (1, 1))
        assert ended(start(*command(tmp_path, server, 8))).code == 0
    check_whole(tmp_path / "out.csv", 30)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "rubric.yaml", "table.csv"]


def test_a_second_interrupt_ends_at_once(tmp_path):
    write_table(tmp_path / "table.csv", 50)
    write_rubric(tmp_path)
    with JudgeServer(latency=300) as server:
        process = start(*command(tmp_path, server, 4))
        server.wait_for_calls(4)
        send(process, signal.SIGINT)
        line = next(line for line in process.stderr if line.startswith("Stopping"))
        assert "4 calls in flight" in line
        send(process, signal.SIGINT)
        ran = ended(process, timeout=30)
    assert ran.code == 3
    assert ran.err.splitlines()[-1] == "sheetjudge: Interrupted."
    assert "Traceback" not in ran.err
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == [], "nothing half-written is left"


def test_an_interrupt_ends_the_wait_before_a_retry(tmp_path):
    class Busy(JudgeServer):
        def _answer(self, kind, row, body):
            answer = super()._answer("429" if row > 5 else kind, row, body)
            if row > 5:
                answer.headers["Retry-After"] = "100"
            return answer

    write_table(tmp_path / "table.csv", 30)
    write_rubric(tmp_path)
    with Busy() as server:
        process = start(*command(tmp_path, server, 4))
        server.wait_for_calls(10)
        send(process, signal.SIGINT)
        ran = ended(process, timeout=60)
    assert ran.code == 3
    rows = read_csv(tmp_path / "out.csv")
    assert [row["Status"] == "ok" for row in rows] == [n <= 5 for n in range(30)]
    assert {row["Status"] for row in rows[6:]} == {"skipped: not reached before the run stopped"}


def test_an_interrupt_ends_the_wait_for_a_rate(tmp_path):
    write_table(tmp_path / "table.csv", 30)
    write_rubric(tmp_path)
    with JudgeServer() as server:
        process = start(*command(tmp_path, server, 4, "--rpm", 1))
        server.wait_for_calls(1)
        send(process, signal.SIGINT)
        ran = ended(process, timeout=60)
        assert server.calls == 1
    assert ran.code == 3
