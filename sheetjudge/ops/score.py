"""`score`: every row of a table on every criterion of a rubric."""

from __future__ import annotations

import asyncio
import gc
import platform
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sheetjudge import __version__
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import CellValue, Row, Table, Target
from sheetjudge.engine.budget import Amount
from sheetjudge.engine.plan import Plan, plan
from sheetjudge.engine.run import Outcome, Stop, Work, interrupted, run
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import SheetjudgeError, Stopped
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
        target: where results go; None to keep them (a dry run). in_place: that is the table itself, a sheet.
        limit: judge the first so many rows only.
        keep_reasoning: write a `Reasoning` column.
        default_judge: nobody named a judge.
        is_settled: tells which rows have their results already, and are left as they are.
    """

    table: Table
    rubric: Rubric
    reading: Reading
    bench: Bench
    target: Target | None
    limit: int | None = None
    keep_reasoning: bool = False
    default_judge: bool = False
    in_place: bool = False
    is_settled: Callable[[Row], bool] = lambda _: False

    def works(self) -> Iterator[Work]:
        """The rows to judge."""
        return works(self.table, self.reading, self.limit, self.is_settled)


@dataclass
class Progress:
    """How far a run is; read by whoever shows it.

    Attributes:
        rows: rows to go through. done: rows that are through. errors: those with something unscored.
        started: `time.monotonic()` at the start.
        stopping: nothing new is begun; what is in flight is finished.
    """

    rows: int
    tally: Tally
    done: int = 0
    errors: int = 0
    started: float = field(default_factory=time.monotonic)
    stopping: bool = False


@dataclass(frozen=True)
class ScoreResult:
    """What a scoring run came to.

    Attributes:
        stopped: why it ended early, or None. Whatever was judged until then has been written.
        seconds: wall time.
        notes: what a reader must know of how it was judged.
        unchanged: rows that had their results already.
    """

    run: str
    summary: Summary
    tally: Tally
    spent: Amount
    stopped: SheetjudgeError | None
    seconds: float
    notes: tuple[str, ...]
    unchanged: int = 0

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
            "results": job.target.name if job.target else None,
            **self.summary.as_json(),
            "unchanged": self.unchanged,
            "usage": tally_json(self.tally),
            "seconds": round(self.seconds, 3),
            "stopped": str(self.stopped) if self.stopped else None,
            "notes": list(self.notes),
            "sheetjudge": __version__,
            "python": platform.python_version(),
        }


def plan_score(job: ScoreJob) -> Plan:
    """What `score` would do: rows, calls, tokens, money, and where row text would go. Asks nobody, writes nothing."""
    return plan(job.works(), job.bench.seats, job.bench.journal)


async def score(job: ScoreJob, on_progress: Callable[[Progress], None] = lambda _: None) -> ScoreResult:
    """Judge the rows of `job` and write the results.

    Args:
        job: what to do.
        on_progress: called after each row and when the run is asked to stop, on the event loop; has to be quick.

    Returns:
        The result, also where the run was stopped early by a budget, a person or a judge that fell silent.

    Raises:
        SetupError, InputError, JudgeUnusable: the run could not begin; nothing has been written.
    """
    journal, target = job.bench.journal, job.target
    run_id = f"{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(3)}"
    scoring = _Scoring(job, run_id, on_progress)
    state = "failed"
    with _signals(job.bench.stop, scoring.stopping), _rare_collections():
        try:
            journal.run_started(run_id, {"operation": "score", "table": job.table.name, "rubric": job.rubric.version})
            if target is not None:
                names = headers(job.rubric, job.table.results, reasoning=job.keep_reasoning)
                await asyncio.to_thread(target.open, names)
            result = await scoring.go()
            state = "stopped" if result.stopped else "done"
        except BaseException:
            if target is not None:
                # What went wrong first is what a person has to know.
                with suppress(SheetjudgeError):
                    await asyncio.to_thread(target.abandon)
            raise
        finally:
            # The story of a run is for reading; the answers are safe without it, also on a disk that is full.
            with suppress(SheetjudgeError):
                journal.run_ended(run_id, state, {**scoring.summary.counts(), "usage": tally_json(job.bench.tally)})
    return result


class _Scoring:
    """One scoring run under way."""

    def __init__(self, job: ScoreJob, run_id: str, on_progress: Callable[[Progress], None]) -> None:
        self.job = job
        self.run_id = run_id
        self.summary = Summary(job.rubric)
        self._unchanged = sum(map(job.is_settled, job.table.rows())) if job.in_place else 0
        rows = job.table.row_count - self._unchanged
        self.progress = Progress(rows if job.limit is None else min(rows, job.limit), job.bench.tally)
        self._on_progress = on_progress
        self._done = bytearray(job.table.row_count)
        self._flushing: asyncio.Task[None] | None = None
        self._unwritable: SheetjudgeError | None = None
        self._checks = RowChecks(job.rubric, job.table, job.reading)
        self._title = next((c.index for c in job.table.columns if c.index not in job.table.managed), 0)

    def stopping(self) -> None:
        """Show that the run has been asked to stop."""
        self.progress.stopping = True
        self._on_progress(self.progress)

    async def go(self) -> ScoreResult:
        bench = self.job.bench
        async with aclosing(run(self.job.works(), bench.seats, at_once=bench.at_once, stop=bench.stop)) as outcomes:
            async for outcome in outcomes:
                self._take(outcome)
                await self._flush_if_due()
        if self._unwritable is not None:
            raise self._unwritable
        stopped = self._reason_to_stop()
        await self._finish(stopped)
        notes = [*getattr(self.job.table, "notes", ()), *bench.notes(self.summary)]
        notes += getattr(self.job.target, "notes", ())
        if self._unchanged:
            notes.append(f"{self._unchanged:,} rows have their results already; --all judges them again.")
        seconds = time.monotonic() - self.progress.started
        return ScoreResult(
            self.run_id, self.summary, bench.tally, bench.budget.spent, stopped, seconds, tuple(notes), self._unchanged
        )

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
        return Stopped(reason.what, f"{reason.advice} What was judged is kept; the same command takes up from there.")

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
                self._unwritable = error
                self.job.bench.stop.ask(error)
        if target is not None and self._flushing is None and self._unwritable is None and target.flush_due():
            self._flushing = asyncio.create_task(asyncio.to_thread(target.flush))

    async def _finish(self, stopped: SheetjudgeError | None) -> None:
        if self._flushing is not None:
            await self._flushing
        target = self.job.target
        if target is None:
            return
        if stopped is not None and not self.job.in_place:
            await asyncio.to_thread(self._fill, target)
        await asyncio.to_thread(target.close)

    def _fill(self, target: Target) -> None:
        """Say in a file which rows were not reached. A sheet keeps what an earlier run wrote beside them."""
        width = len(headers(self.job.rubric, (), reasoning=self.job.keep_reasoning))
        blank: tuple[CellValue, ...] = (*[None] * (width - 1), "skipped: not reached before the run stopped")
        for row in self.job.table.rows():
            if not self._done[row.position]:
                target.put(row, blank)
                if target.flush_due():
                    target.flush()


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Let the collector of reference cycles run less often.

    Replies are trees of many small objects that go as soon as they are read; at its usual pace the collector walks
    through all that is alive after every few of them, which took a fifth of a run's time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def _signals(stop: Stop, on_stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run cleanly; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    signals = 0

    def asked() -> None:
        nonlocal signals
        signals += 1
        if signals > 1 and task is not None:
            task.cancel()
            return
        stop.ask(interrupted())
        on_stop()

    handled = (signal.SIGINT, signal.SIGTERM)
    for number in handled:
        loop.add_signal_handler(number, asked)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
