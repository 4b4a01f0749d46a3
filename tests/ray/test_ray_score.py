"""`score --engine ray` on a real cluster of several nodes on this machine."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.ops.scoring import ROOT, RUBRIC, JudgeServer, ended, sheetjudge, start, truth, write_rubric, write_table

pytest.importorskip("ray")
pytestmark = pytest.mark.ray

import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    # Workers import the package from where the tests run.
    os.environ["PYTHONPATH"] = str(ROOT)
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    yield made
    made.shutdown()


def command(tmp_path, cluster, judge, *more, table="table.csv", out="out"):
    return (
        "score", tmp_path / table, "--rubric", tmp_path / "rubric.yaml", "--judge", judge, "--out", tmp_path / out,
        "--engine", "ray", "--ray-address", cluster.address, "--block-rows", "100", *more,
    )  # fmt: skip


def home(tmp_path):
    return {"SHEETJUDGE_HOME": str(tmp_path / "home")}


def read(folder):
    return pd.concat([pd.read_parquet(part) for part in sorted(folder.glob("part-*.parquet"))], ignore_index=True)


def check_whole(folder, count):
    rows = read(folder)
    assert list(rows["ID"]) == [str(n) for n in range(count)]
    assert list(rows["Score"]) == [truth(n) for n in range(count)]
    assert set(rows["Status"]) == {"ok"}


def test_the_same_verdicts_and_keys_as_on_one_machine(tmp_path, cluster):
    write_table(tmp_path / "table.csv", 450)
    write_rubric(tmp_path)
    with JudgeServer() as server:
        judge = f"{server.url}#m"
        there = sheetjudge(*command(tmp_path, cluster, judge, "--json"), env=home(tmp_path))
        assert there.code == 0, there.err
        assert server.calls == 450
        alone = sheetjudge(
            "score", tmp_path / "table.csv", "--rubric", tmp_path / "rubric.yaml", "--judge", judge,
            "--out", tmp_path / "alone.parquet", "--quiet", env=home(tmp_path),
        )  # fmt: skip
        assert alone.code == 0, alone.err
        assert server.calls == 450, "the journal answers the same questions"
    check_whole(tmp_path / "out", 450)
    pd.testing.assert_frame_equal(read(tmp_path / "out"), pd.read_parquet(tmp_path / "alone.parquet"))
    assert "450 rows" in sheetjudge(*command(tmp_path, cluster, judge), env=home(tmp_path)).err


def test_a_journal_from_one_machine_answers_the_cluster(tmp_path, cluster):
    write_table(tmp_path / "table.csv", 250)
    write_rubric(tmp_path)
    with JudgeServer() as server:
        judge = f"{server.url}#m"
        alone = ("score", tmp_path / "table.csv", "--rubric", tmp_path / "rubric.yaml", "--judge", judge)
        assert sheetjudge(*alone, "--out", tmp_path / "alone.csv", env=home(tmp_path)).code == 0
        there = sheetjudge(*command(tmp_path, cluster, judge), env=home(tmp_path))
        assert there.code == 0, there.err
        assert server.calls == 250
    assert "250 answers from the journal" in there.err
    check_whole(tmp_path / "out", 250)


def kill_workers(tmp_path, cluster, *, rows, kills, seed):
    """Kill a worker's process at random moments of a run, and once a whole node."""
    rng = random.Random(seed)
    write_table(tmp_path / "table.csv", rows)
    write_rubric(tmp_path)
    in_flight = 16
    node = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    with JudgeServer(latency=0.05) as server:
        moments = sorted(rng.sample(range(rows // 20, rows * 9 // 10), kills))
        run = start(
            *command(tmp_path, cluster, f"{server.url}#m", "--concurrency", in_flight, "--workers", 2),
            env=home(tmp_path),
        )
        for number, moment in enumerate(moments):
            server.wait_for_calls(moment, seconds=180)
            if number == kills // 2:
                cluster.remove_node(node, allow_graceful=False)
            else:
                kill_one(rng)
        ran = ended(run, timeout=240)
        assert ran.code == 0, ran.err
        calls = server.calls
    check_whole(tmp_path / "out", rows)
    assert rows <= calls <= rows + kills * in_flight
    return calls


def kill_one(rng, seconds=60.0):
    """SIGKILL to one of the processes that judge blocks."""
    deadline = time.monotonic() + seconds
    while not (found := workers()):
        assert time.monotonic() < deadline, "no worker was found"
        threading.Event().wait(0.05)
    os.kill(rng.choice(found), signal.SIGKILL)


def workers():
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                if b"ray::MapWorker" in (process / "cmdline").read_bytes()[:64]:
                    found.append(int(process.name))
    return found


def test_a_dead_worker_takes_nothing_with_it(tmp_path, cluster):
    kill_workers(tmp_path, cluster, rows=600, kills=1, seed=3)


@pytest.mark.slow
def test_five_dead_workers_in_two_thousand_rows(tmp_path, cluster):
    kill_workers(tmp_path, cluster, rows=2000, kills=5, seed=4)


def test_blocks_are_spread_over_all_workers(tmp_path, cluster):
    workers = 4
    nodes = [cluster.add_node(num_cpus=1) for _ in range(workers - 1)]
    cluster.wait_for_nodes()
    write_table(tmp_path / "table.csv", 80)
    write_rubric(tmp_path)
    # Each worker has one call in flight: the first answer comes when all of them are at work.
    with JudgeServer(together=workers) as server:
        many = ("--workers", workers, "--concurrency", workers, "--block-rows", 10)
        ran = ended(start(*command(tmp_path, cluster, f"{server.url}#m", *many), env=home(tmp_path)), timeout=180)
    for node in nodes:
        cluster.remove_node(node)
    assert ran.code == 0, ran.err
    check_whole(tmp_path / "out", 80)


def test_an_interrupted_run_is_taken_up_by_blocks(tmp_path, cluster):
    write_table(tmp_path / "table.csv", 500)
    write_rubric(tmp_path)
    with JudgeServer(latency=0.05) as server:
        whole = command(tmp_path, cluster, f"{server.url}#m", "--concurrency", 8)
        run = start(*whole, env=home(tmp_path))
        server.wait_for_calls(150)
        run.send_signal(signal.SIGINT)
        ran = ended(run)
        assert ran.code == 3, ran.err
        done = int(re.search(r"Interrupted\. Scoring: (\d+) of 500 rows done, ", ran.err)[1])
        assert f" {500 - done} remain; what was judged is kept. Run the same command again" in ran.err
        assert "Traceback" not in ran.err
        at_stop = server.calls
        assert at_stop < 450
        again = ended(start(*whole, env=home(tmp_path)))
        assert again.code == 0, again.err
        assert server.calls == 500
    check_whole(tmp_path / "out", 500)


def test_a_folder_of_files_keeps_the_types_of_parquet(tmp_path, cluster):
    write_rubric(tmp_path)
    (tmp_path / "in").mkdir()
    for part in range(3):
        table = pa.table({"ID": pa.array(range(part * 70, part * 70 + 70)), "Answer": ["text"] * 70})
        pq.write_table(table, tmp_path / "in" / f"{part}.parquet")
    ran = sheetjudge(*command(tmp_path, cluster, "fake", table="in"), env=home(tmp_path))
    assert ran.code == 0, ran.err
    rows = read(tmp_path / "out")
    assert list(rows["ID"]) == list(range(210))


def test_one_budget_for_all_workers(tmp_path, cluster):
    write_table(tmp_path / "table.csv", 400)
    write_rubric(tmp_path)
    with JudgeServer() as server:
        budget = ("--budget-calls", 150, "--workers", 2)
        ran = sheetjudge(*command(tmp_path, cluster, f"{server.url}#m", *budget), env=home(tmp_path))
        assert ran.code == 3, ran.err
        assert server.calls == 150


def test_what_is_wrong_is_told_in_one_line(tmp_path, cluster):
    write_table(tmp_path / "table.csv", 30)
    write_rubric(tmp_path)
    env = home(tmp_path)

    def told(*more, **changes):
        ran = sheetjudge(*command(tmp_path, cluster, "fake", *more, **changes), env=env)
        assert ran.code == 2, ran.err
        assert "Traceback" not in ran.err
        return ran.error_lines[-1]

    assert "no file or folder" in told(table="missing.csv")
    assert "isn't empty" in told(out=".")
    assert "--limit" in told("--limit", 3)
    (tmp_path / "both").mkdir()
    write_table(tmp_path / "both" / "a.csv", 3)
    write_table(tmp_path / "both" / "b.csv", [["1"]], header=("Other",))
    assert "b.csv has other columns (Other) than a.csv" in told(table="both")
    with JudgeServer() as server:
        refused = sheetjudge(
            *command(tmp_path, cluster, "openai:gpt-5-mini", "--judge-option", f"base_url={server.url}", out="no"),
            env={**env, "OPENAI_API_KEY": ""},
        )
    assert refused.code == 2
    assert "OPENAI_API_KEY" in refused.err


def test_a_dry_run_writes_nothing(tmp_path, cluster):
    write_table(tmp_path / "table.csv", 250)
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    ran = sheetjudge(*command(tmp_path, cluster, "fake", "--dry-run"), env=home(tmp_path))
    assert ran.code == 0, ran.err
    assert "250 rows to judge" in ran.out
    assert not (tmp_path / "out").exists()
