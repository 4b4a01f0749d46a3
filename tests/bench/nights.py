"""Thirty nights of an unattended job, with everything that can go wrong, on the local Google and a judge of our own.

    python tests/bench/nights.py [--nights 30] [--seed 0]

A sheet grows and is edited between runs and while one is under way. Calls to the judge fail with 429, 500 and broken
connections, some nights all of them; Google answers 429 and 503 and drops connections; runs are killed, started twice,
find the disk full, reach the budget of the run and of the month; the clock is put forward and back. The clock is the
bench's own: a night is a day after the one before, two months in all. At the end every row has to have the verdict of
its present text, no text may have been paid for twice but for calls that were on their way when a run was killed, no
budget may have been passed, and the log has to tell of each night.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sheetjudge import sandbox  # noqa: E402
from sheetjudge.sandbox.faults import Fault, quota_error, server_error  # noqa: E402
from tests.bench.write_back_trials import expire_lease  # noqa: E402
from tests.ops.scoring import RUBRIC, Faults, JudgeServer, truth  # noqa: E402

CONCURRENCY = 6
RUN_USD, MONTH_USD = 1.2, 7.0
TOKENS = {"prompt_tokens": 500, "completion_tokens": 0, "total_tokens": 500}
CALL_USD = 0.01
LATENCY = 0.005
NIGHT = 12 * 3600.0
JOB = """\
name: Nights
table: {url}
credentials: {credentials}
rubric: rubric.yaml
read: [Answer]
judge: {judge}
price: "20,20"
max_tokens: 200
concurrency: {concurrency}
tries: 8
budget: {{run: {run}, month: {month}}}
"""
WORKER = """\
import asyncio, os, resource, signal, sys, time
sys.path.insert(0, {root!r})
room = {room!r}
if room is not None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
from sheetjudge.ops.job_file import read_job
from sheetjudge.ops.office import open_office
from sheetjudge.ops.told import exit_code
from sheetjudge.ops.unattended import run_jobs
began = time.time()
with open_office(os.environ, now=lambda: {at!r} + time.time() - began) as office:
    told = asyncio.run(run_jobs([read_job({job!r})], office, lambda one: print(one.sentence)))
sys.exit(exit_code(told))
"""
KINDS = (
    "calm", "killed", "network", "twice", "disk full", "nothing new", "judge down", "killed", "edited meanwhile",
    "clock back", "many rows", "calm",
)  # fmt: skip


@dataclass
class Figures:
    """What came of all nights."""

    nights: int = 0
    runs: int = 0
    kills: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    most_lost: int = 0
    dearest_run: float = 0.0
    months: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def check(self, holds: bool, what: str) -> None:  # noqa: FBT001
        """Note what doesn't hold."""
        if not holds:
            self.problems.append(what)


class Nights:
    """The job, its sheet, its judge, and the nights."""

    def __init__(self, folder: Path, google: sandbox.Sandbox, judge: JudgeServer, seed: int) -> None:
        self.rng = random.Random(seed)
        self.folder, self.google, self.judge = folder, google, judge
        self.figures = Figures()
        self.texts = 0
        self.canaries_lost = 0
        self.clock = datetime(2026, 9, 16, 2, 30, tzinfo=UTC).timestamp()
        self.url = google.load("Nights", [["ID", "Answer"], *[self.row() for _ in range(40)]])
        self.sheet = google.spreadsheet(self.url)
        self.job = folder / "job.yaml"
        (folder / "rubric.yaml").write_text(RUBRIC, encoding="utf-8")
        self.job.write_text(
            JOB.format(
                url=self.url, credentials=google.credentials, judge=f"{judge.url}#m", run=RUN_USD, month=MONTH_USD,
                concurrency=CONCURRENCY,
            ),
            encoding="utf-8",
        )  # fmt: skip

    # --- the sheet ----------------------------------------------------------------------------------------------------

    def row(self) -> list[str]:
        """A row whose text nobody has seen yet."""
        self.texts += 1
        return [f"id {self.texts}", self.text()]

    def text(self) -> str:
        self.texts += 1
        return f"It is row-{self.texts}. It says a little about its subject."

    def grow(self, count: int) -> None:
        """Type new rows below the others."""
        end = len(self.sheet.rows()) + 1
        self.sheet.type(f"A{end}", [self.row() for _ in range(count)])

    def edit(self, count: int) -> None:
        """Change texts, and now and then the rows' order."""
        last = len(self.sheet.rows())
        for row in self.rng.sample(range(2, last + 1), count):
            self.sheet.type(f"B{row}", self.text())
        if self.rng.random() < 0.3:
            self.sheet.move_row(self.rng.randrange(2, last), self.rng.randrange(2, last))
        if self.rng.random() < 0.2:
            self.sheet.delete_rows(self.rng.randrange(2, last))

    # --- runs ---------------------------------------------------------------------------------------------------------

    def start(self, room: int | None = None) -> subprocess.Popen[str]:
        """The job in a process of its own; `room` is the size that a file may have."""
        self.figures.runs += 1
        code = WORKER.format(root=str(ROOT), at=self.clock, job=str(self.job), room=room)
        environment = {**os.environ, "SHEETJUDGE_HOME": str(self.folder / "home")}
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=pipe, stderr=pipe, text=True)

    def run(self, *, kill_after: int | None = None, room: int | None = None) -> str:
        """One run to its end, or to its death after so many answers."""
        answered, kept = self.answered(), self.kept()
        process = self.start(room)
        if kill_after is not None:
            while process.poll() is None and self.answered() < answered + kill_after:
                time.sleep(0.002)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                self.figures.kills += 1
        out, err = process.communicate(timeout=300)
        self.figures.check("Traceback" not in err, err)
        self.settle(answered, kept)
        return out

    def settle(self, answered: int, kept: int) -> None:
        """Count what was paid for and not kept, and what was spent."""
        lost = (self.answered() - answered) - (self.kept() - kept)
        self.figures.lost += lost
        self.figures.most_lost = max(self.figures.most_lost, lost)
        line = self.log()[-1]
        has_told = any(one["event"] == "canaries" and one["id"] == line.get("id") for one in self.log())
        if line["event"] == "ended" and "canaries" in line and not has_told:
            # It ended while it asked its canaries: what was lost are answers about those.
            self.canaries_lost += lost
        usd = CALL_USD * (self.answered() - answered)
        self.figures.dearest_run = max(self.figures.dearest_run, usd)
        self.figures.months[datetime.fromtimestamp(self.clock, UTC).strftime("%Y-%m")] += round(usd / CALL_USD)
        # The hold of a run that died ends by itself in some minutes, which here don't pass.
        expire_lease(self.google, self.url)

    def answered(self) -> int:
        """Questions that the judge answered."""
        return sum(log.count("ok") for log in list(self.judge.logs.values()))

    def kept(self) -> int:
        """Answers in the journal."""
        path = self.folder / "home" / "journal.sqlite3"
        if not path.exists():
            return 0
        with sqlite3.connect(path) as db:
            try:
                return int(db.execute("SELECT count(*) FROM answers").fetchone()[0])
            except sqlite3.OperationalError:
                return 0

    def log(self) -> list[dict[str, Any]]:
        """The log's lines."""
        path = self.folder / "home" / "runs.log"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []

    # --- nights -------------------------------------------------------------------------------------------------------

    def night(self, kind: str) -> None:
        """One night of some kind."""
        figures, rng = self.figures, self.rng
        figures.nights += 1
        figures.kinds[kind] += 1
        before = len(self.log())
        self.usual_faults()
        if kind != "nothing new":
            self.grow(90 if kind == "many rows" else rng.randrange(4, 12))
            self.edit(rng.randrange(5))
        getattr(self, f"night_{kind.replace(' ', '_')}", self.run)()
        self.google.forget()
        self.judge.faults = Faults()
        told = [line["event"] for line in self.log()[before:]]
        is_told = "ended" in told or "not begun" in told or (kind == "killed" and "started" in told)
        figures.check(is_told, f"night {figures.nights}: the log has {told}")
        self.clock += 24 * 3600

    def usual_faults(self) -> None:
        """What goes wrong on any night."""
        self.judge.faults = Faults({"429": 0.04, "500": 0.02, "close": 0.005}, seed=self.rng.randrange(10**6))
        moods = random.Random(self.rng.random())
        troubles = [Fault(error=server_error(503)), Fault(drop="before"), Fault(drop="after")]
        self.google.faults.add(lambda _: moods.choice(troubles) if moods.random() < 0.02 else None)

    def night_killed(self) -> None:
        for _ in range(self.rng.randrange(1, 4)):
            self.run(kill_after=self.rng.randrange(1, 30))
        if self.rng.random() < 0.5:
            self.run()
        else:
            # Nothing more tonight: late enough, so that the log tells of the canaries.
            self.grow(24)
            self.run(kill_after=self.rng.randrange(23, 35))

    def night_network(self) -> None:
        moods = random.Random(self.rng.random())
        quota = Fault(error=quota_error("Read", 60, "p", per_user=True))
        self.google.faults.add(lambda _: quota if moods.random() < 0.1 else None)
        self.judge.faults = Faults({"429": 0.1, "500": 0.1, "close": 0.02}, seed=self.rng.randrange(10**6))
        self.run()

    def night_twice(self) -> None:
        answered, kept = self.answered(), self.kept()
        self.judge.latency = 2.0
        first = self.start()
        while first.poll() is None and self.answered() == answered:
            time.sleep(0.002)
        second = self.start()
        outs = [process.communicate(timeout=300)[0] for process in (second, first)]
        self.judge.latency = LATENCY
        if self.answered() > answered:
            self.figures.check("is running already" in outs[0], f"a second start said {outs[0]!r}")
        self.settle(answered, kept)

    def night_disk_full(self) -> None:
        self.run(room=60_000)

    def night_nothing_new(self) -> None:
        self.judge.faults = Faults()
        self.google.faults.clear()
        self.run()
        calls, book = len(self.judge.requests), self.sheet.book
        out = self.run()
        if "budget" not in out:
            self.figures.check(len(self.judge.requests) == calls, "nothing new, and the judge was asked")
            self.figures.check(self.sheet.book is book, "nothing new, and the sheet was written to")

    def night_judge_down(self) -> None:
        self.judge.faults = Faults({"close": 1.0})
        self.run()

    def night_edited_meanwhile(self) -> None:
        moments = sorted(self.rng.sample(range(2, 14), 3))
        seen = [0]

        def someone(moment: str, _seen: Any) -> None:
            if moment == "before":
                seen[0] += 1
                if seen[0] in moments:
                    self.edit(2)

        self.google.observe(someone)
        self.run()

    def night_clock_back(self) -> None:
        self.run()
        self.grow(3)
        self.clock -= 3600
        self.run()
        self.clock += 2 * 3600
        self.run()
        self.clock -= 3600

    def finish(self) -> None:
        """Two calm nights in the month after, then everything is looked at."""
        for _ in range(3):
            self.clock = datetime(2026, 12, 1 + self.figures.nights % 20, 2, 30, tzinfo=UTC).timestamp()
            self.figures.nights += 1
            self.run()
        self.look()

    def look(self) -> None:
        """Does everything hold?"""
        figures = self.figures
        rows = self.sheet.rows()
        score, status = rows[0].index("Score"), rows[0].index("Status")
        for number, row in enumerate(rows[1:], start=2):
            right = str(truth(int(row[1].split("row-")[1].split(".")[0])))
            shown = (row[score], row[status]) if len(row) > status else tuple(row)
            figures.check(shown == (right, "ok"), f"row {number} shows {shown}, not {right}")
        lines = self.log()
        for line in lines:
            if line["event"] == "ended":
                figures.states[line["state"]] += 1
            elif line["event"] == "busy":
                figures.states["busy"] += 1
        told = {line["id"] for line in lines if line["event"] == "ended"}
        told |= {line["id"] for line in lines if line["event"] == "died"}
        with sqlite3.connect(self.folder / "home" / "jobs.sqlite3") as db:
            runs = dict(db.execute("SELECT id, state FROM jobs"))
        figures.states["died"] = sum(line["event"] == "died" for line in lines)
        for run, state in runs.items():
            figures.check(run in told or state == "cancelled", f"the log doesn't tell of the run {run} ({state})")
        for month, calls in figures.months.items():
            figures.check(calls * CALL_USD <= MONTH_USD + 1e-9, f"{month}: ${calls * CALL_USD:.2f} were spent")
        figures.check(figures.dearest_run <= RUN_USD + 1e-9, f"a run cost ${figures.dearest_run:.2f}")
        figures.check(figures.most_lost <= CONCURRENCY, f"{figures.most_lost} answers were lost at once")

    def canaries(self) -> int:
        """Answers about canaries that were paid for and kept, by the log.

        Runs that take each other up in one night ask them once: the last one tells how many it asked and how many it
        found in the journal.
        """
        total, night, began, is_over = 0, 0, 0.0, True
        for line in self.log():
            at = datetime.fromisoformat(line["time"]).timestamp()
            if line["event"] == "started" and (is_over or at - began > NIGHT):
                total, night, began, is_over = total + night, 0, at, False
            told = line["usage"] if line["event"] == "canaries" else line.get("canaries")
            if told is not None:
                night = answers(told) + told["from_journal"]
            if line["event"] == "ended":
                is_over = line["state"] != "stopped"
        return total + night - self.canaries_lost

    def report(self) -> str:
        """The figures, a line each."""
        figures = self.figures
        total, canaries = self.answered(), self.canaries()
        told = {row for question, row in self.judge.rows.items() if "ok" in self.judge.logs[question]}
        texts = len(told - {-1})
        calls = total - canaries
        figures.check(calls == texts + figures.lost, f"{calls} answers for {texts} texts and {figures.lost} lost ones")
        failed = sum(len(log) for log in self.judge.logs.values()) - total
        spent = ", ".join(f"{month} ${calls * CALL_USD:.2f}" for month, calls in figures.months.items())
        lines = (
            f"{figures.nights} nights, {figures.runs} starts: {dict(figures.kinds)}; {dict(figures.states)}\n"
            f"{len(self.sheet.rows()) - 1} rows at the end, each with the verdict of its present text\n"
            f"{total} calls answered ({failed} more failed): {canaries} about canaries, {calls} about {texts} texts;"
            f" {figures.lost} answers lost at {figures.kills} kills and full disks\n"
            f"dearest run ${figures.dearest_run:.2f} of ${RUN_USD:.2f}; months of ${MONTH_USD:.2f}: {spent}"
        )
        return "\n".join([lines, *(f"PROBLEM: {problem}" for problem in figures.problems)])


def answers(usage: dict[str, Any]) -> int:
    """Calls that were answered."""
    return int(usage["calls"] - sum(usage["failed_calls"].values()))


def simulate(nights: int, seed: int) -> tuple[str, list[str]]:
    """So many nights; a report, and what doesn't hold."""
    with (
        tempfile.TemporaryDirectory() as name,
        sandbox.start(credentials=Path(name) / "key.json", seed=seed) as google,
        JudgeServer(usage=TOKENS, latency=LATENCY) as judge,
    ):
        at_work = Nights(Path(name), google, judge, seed)
        for number in range(nights):
            at_work.night(KINDS[number % len(KINDS)])
        at_work.finish()
        report = at_work.report()
        return report, at_work.figures.problems


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    began = time.monotonic()
    report, problems = simulate(given.nights, given.seed)
    print(report)
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
