"""`score`: every row of a table on every criterion of a rubric."""

from __future__ import annotations

import asyncio
import platform
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sheetjudge import __version__
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import CellValue, Row, Table, Target
from sheetjudge.engine.budget import Amount
from sheetjudge.engine.caller import Tally
from sheetjudge.engine.plan import Plan, plan
from sheetjudge.engine.run import Outcome, Stop, interrupted, run
from sheetjudge.errors import JudgeUnusable, SheetjudgeError, Stopped
from sheetjudge.ops.checking import RowChecks
from sheetjudge.ops.judges import Bench
from sheetjudge.ops.reading import Reading, works
from sheetjudge.ops.row_values import headers, judged, values
from sheetjudge.ops.summary import Summary, tally_json


@dataclass(frozen=True)
class ScoreJob:
    """Everything that a scoring run needs, opened and checked.

    Attributes:
        table: the rows. rubric: the questions. reading: the columns that judges see.
        bench: the judges at work.
        target: where results go; None to keep them (a dry run).
        limit: judge the first so many rows only.
        keep_reasoning: write a `Reasoning` column.
        default_judge: nobody named a judge.
    """

    table: Table
    rubric: Rubric
    reading: Reading
    bench: Bench
    target: Target | None
    limit: int | None = None
    keep_reasoning: bool = False
    default_judge: bool = False


@dataclass
class Progress:
    """How far a run is; read by whoever shows it.

    Attributes:
        rows: rows to go through. done: rows that are through. errors: those with something unscored.
        started: `time.monotonic()` at the start.
    """

    rows: int
    tally: Tally
    done: int = 0
    errors: int = 0
    started: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class ScoreResult:
    """What a scoring run came to.

    Attributes:
        stopped: why it ended early, or None. Whatever was judged until then has been written.
        seconds: wall time.
        notes: what a reader must know of how it was judged.
    """

    run: str
    summary: Summary
    tally: Tally
    spent: Amount
    stopped: SheetjudgeError | None
    seconds: float
    notes: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 done, 1 some rows unscored, 3 stopped and resumable."""
        if self.stopped is not None:
            return 3
        return 1 if self.summary.failed else 0

    def as_json(self, job: ScoreJob) -> dict[str, Any]:
        """The whole result for machines."""
        return {
            "run": self.run,
            "operation": "score",
            "table": job.table.name,
            "rubric": {"name": job.rubric.name, "version": job.rubric.version},
            "judges": [seat.caller.model.name for seat in job.bench.seats],
            "columns": list(job.reading.leaving),
            **self.summary.as_json(),
            "usage": tally_json(self.tally),
            "seconds": round(self.seconds, 3),
            "stopped": str(self.stopped) if self.stopped else None,
            "notes": list(self.notes),
            "sheetjudge": __version__,
            "python": platform.python_version(),
        }


def plan_score(job: ScoreJob) -> Plan:
    """What `score` would do: rows, calls, tokens, money, and where row text would go. Asks nobody, writes nothing."""
    return plan(works(job.table, job.reading, job.limit), job.bench.seats, job.bench.journal)


async def score(job: ScoreJob, on_progress: Callable[[Progress], None] = lambda _: None) -> ScoreResult:
    """Judge the rows of `job` and write the results.

    Args:
        job: what to do.
        on_progress: called after each row, on the event loop; has to be quick.

    Returns:
        The result, also where the run was stopped early by a budget, a person or a judge that fell silent.

    Raises:
        SetupError, InputError, JudgeUnusable: the run could not begin; nothing has been written.
    """
    bench, target = job.bench, job.target
    names = headers(job.rubric, job.table.results, reasoning=job.keep_reasoning)
    if target is not None:
        await asyncio.to_thread(target.open, names)
    run_id = f"{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(3)}"
    scoring = _Scoring(job, run_id, on_progress)
    bench.journal.run_started(run_id, {"operation": "score", "table": job.table.name, "rubric": job.rubric.version})
    state = "failed"
    try:
        with _signals(bench.stop):
            result = await scoring.go()
        state = "stopped" if result.stopped else "done"
    except BaseException:
        if target is not None:
            await asyncio.to_thread(target.abandon)
        raise
    finally:
        bench.journal.run_ended(run_id, state, {**scoring.summary.as_json(), "usage": tally_json(bench.tally)})
        bench.remember()
    return result


class _Scoring:
    """One scoring run under way."""

    def __init__(self, job: ScoreJob, run_id: str, on_progress: Callable[[Progress], None]) -> None:
        self.job = job
        self.run_id = run_id
        self.summary = Summary(job.rubric)
        self.progress = Progress(job.table.row_count if job.limit is None else job.limit, job.bench.tally)
        self._on_progress = on_progress
        self._done = bytearray(job.table.row_count)
        self._flushing: asyncio.Task[None] | None = None
        self._checks = RowChecks(job.rubric, job.table, job.reading)
        self._title = next((c.index for c in job.table.columns if c.index not in job.table.managed), 0)

    async def go(self) -> ScoreResult:
        bench = self.job.bench
        source = works(self.job.table, self.job.reading, self.job.limit)
        async for outcome in run(source, bench.seats, at_once=bench.at_once, stop=bench.stop):
            self._take(outcome)
            await self._flush_if_due()
        stopped = self._reason_to_stop()
        await self._finish(stopped)
        notes = (*getattr(self.job.table, "notes", ()), *bench.notes(self.summary))
        seconds = time.monotonic() - self.progress.started
        return ScoreResult(self.run_id, self.summary, bench.tally, bench.budget.spent, stopped, seconds, notes)

    def _reason_to_stop(self) -> SheetjudgeError | None:
        """Why the run was stopped early, if it was.

        Raises:
            SheetjudgeError: it has nothing to show and can't be resumed as it is.
        """
        reason = self.job.bench.stop.reason
        if reason is None or isinstance(reason, Stopped):
            return reason
        if not self.summary.scored:
            raise reason
        advice = reason.advice if isinstance(reason, JudgeUnusable) else ""
        return Stopped(reason.what, f"{advice} What was judged is kept; the same command takes up from there.")

    def _take(self, outcome: Outcome) -> None:
        row = judged(self.job.rubric, outcome, self._checks.verdicts(outcome.work.row))
        cells = row.row.cells
        self.summary.add(row, cells[self._title] if self._title < len(cells) else "")
        self._put(row.row, values(self.job.rubric, row, reasoning=self.job.keep_reasoning))
        self.progress.done += 1
        self.progress.errors = self.summary.failed
        self._on_progress(self.progress)

    def _put(self, row: Row, cells: Sequence[CellValue]) -> None:
        self._done[row.position] = 1
        if self.job.target is not None:
            self.job.target.put(row, cells)

    async def _flush_if_due(self) -> None:
        """Write in the background: a slow sheet must not hold up the judges."""
        target = self.job.target
        if self._flushing is not None and self._flushing.done():
            flushed, self._flushing = self._flushing, None
            try:
                await flushed
            except SheetjudgeError as error:
                self.job.bench.stop.ask(error)
        if target is not None and self._flushing is None and target.flush_due():
            self._flushing = asyncio.create_task(asyncio.to_thread(target.flush))

    async def _finish(self, stopped: SheetjudgeError | None) -> None:
        if self._flushing is not None:
            await self._flushing
        target = self.job.target
        if target is None:
            return
        await asyncio.to_thread(self._fill, stopped)
        await asyncio.to_thread(target.close)

    def _fill(self, stopped: SheetjudgeError | None) -> None:
        """The rows that were not reached: a file has to hold them all the same."""
        target = self.job.target
        if target is None or all(self._done):
            return
        width = len(headers(self.job.rubric, (), reasoning=self.job.keep_reasoning))
        status = "skipped: not reached before the run stopped" if stopped else None
        blank: tuple[CellValue, ...] = (*[None] * (width - 1), status)
        for row in self.job.table.rows():
            if not self._done[row.position]:
                target.put(row, blank)
                if target.flush_due():
                    target.flush()


@contextmanager
def _signals(stop: Stop) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run cleanly; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def asked() -> None:
        if stop.asked() and task is not None:
            task.cancel()
        stop.ask(interrupted())

    handled = (signal.SIGINT, signal.SIGTERM)
    for number in handled:
        loop.add_signal_handler(number, asked)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
