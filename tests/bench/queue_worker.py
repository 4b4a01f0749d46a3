"""Jobs through the sheet: how long until one begins, how many requests it takes, and what a kill costs.

    python tests/bench/queue_worker.py [--jobs 6] [--rows 200] [--latency 0.05]

One spreadsheet with a tab for each job, one worker, a judge that takes `latency` seconds. Half-way the worker is killed
(SIGKILL) and started again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sheetjudge import sandbox
from tests.ops.scoring import JudgeServer, ended, send, start
from tests.service.queue_tools import Queue, answers, until


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("--jobs", type=int, default=6)
    given.add_argument("--rows", type=int, default=200)
    given.add_argument("--latency", type=float, default=0.05)
    asked = given.parse_args()
    home = Path(tempfile.mkdtemp())
    with sandbox.start(credentials=home / "key.json", seed=1) as google, JudgeServer(latency=asked.latency) as judge:
        queue = Queue(google, google.load("Answers", answers(asked.rows)))
        sheets = [0]
        for n in range(1, asked.jobs):
            (made,) = queue.person.do({"addSheet": {"properties": {"title": f"Sheet{n + 1}"}}})
            sheets.append(made["addSheet"]["properties"]["sheetId"])
            rows = [[f"{n}-{i}", f"This is row-{n * 10_000 + i}. It says a little."] for i in range(asked.rows)]
            queue.person.type(f"Sheet{n + 1}!A1", [["ID", "Answer"], *rows])

        def worker():
            return start(
                "worker", queue.url, "--judge", f"ours={judge.url}#m", "--credentials", google.credentials,
                env={"SHEETJUDGE_HOME": str(home)},
            )  # fmt: skip

        running = worker()
        asyncio.run(until(lambda: queue.row("offer"), seconds=120))
        google.clear_log()
        began = time.monotonic()
        jobs = [queue.ask(sheet=sheet) for sheet in sheets]
        asyncio.run(until(lambda: queue.state(jobs[0]) == "running", seconds=120))
        print(f"from asking to running: {time.monotonic() - began:.1f} s")
        judge.wait_for_calls(asked.jobs * asked.rows // 2, 600)
        running.kill()
        ended(running)
        print(f"killed after {judge.calls:,} calls, with {sum(queue.has_ended(job) for job in jobs)} jobs done")
        running = worker()
        asyncio.run(until(lambda: queue.has_ended(*jobs), seconds=900))
        took = time.monotonic() - began
        send(running, signal.SIGTERM)
        ran = ended(running)
        assert ran.code == 0, ran.err
        assert {queue.state(job) for job in jobs} == {"done"}
        reads = sum(not one.seen.writes for one in google.log)
        writes = len(google.log) - reads
        seconds = [p["ended"] - p["started"] for job in jobs if (p := json.loads(queue.row(job)["progress"]))]
        median = statistics.median(seconds)
        print(f"{asked.jobs} jobs of {asked.rows} rows: {took:.0f} s in all, {median:.1f} s for one (median)")
        print(f"{judge.calls:,} calls for {asked.jobs * asked.rows:,} rows")
        print(f"{reads} reads and {writes} writes of the sheet, {(reads + writes) / asked.jobs:.0f} requests a job")


if __name__ == "__main__":
    main()
