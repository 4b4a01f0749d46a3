"""`score`: every row of a table on every criterion of a rubric."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetjudge.engine.budget import Amount
from sheetjudge.engine.plan import Plan, plan
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import SheetjudgeError, Stopped
from sheetjudge.ops.cascade import Cascade, CascadePass, CascadeStory
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.result_json import exit_code, result_json
from sheetjudge.ops.row_pass import judged_rows
from sheetjudge.ops.row_values import Judged, headers, values
from sheetjudge.ops.summary import Summary
from sheetjudge.ops.under_way import UnderWay, under_way

if TYPE_CHECKING:
    from sheetjudge.engine.batch_values import Limits


@dataclass(frozen=True)
class ScoreJob(Opened):
    """Everything that a scoring run needs.

    Attributes:
        keep_reasoning: write a `Reasoning` column.
        cascade: who is asked about which rows; None where all judges are asked about all.
        batch: ask by the judges' Batch APIs first. batch_limits: of one batch; None for OpenAI's.
    """

    keep_reasoning: bool = False
    cascade: Cascade | None = None
    batch: bool = False
    batch_limits: Limits | None = None


@dataclass(frozen=True)
class ScoreResult:
    """What a scoring run came to.

    Attributes:
        stopped: why it ended early, or None. Whatever was judged until then has been written.
        seconds: wall time.
        notes: what a reader must know of how it was judged.
        unchanged: rows that had their results already.
        cascade: whom a cascade asked; None where there was none.
    """

    run: str
    summary: Summary
    tally: Tally
    spent: Amount
    stopped: SheetjudgeError | None
    seconds: float
    notes: tuple[str, ...]
    unchanged: int = 0
    cascade: CascadeStory | None = None

    @property
    def exit_code(self) -> int:
        """0 done, 1 some rows unscored, 3 stopped and resumable."""
        return exit_code(self.stopped, self.summary.failed)

    def as_json(self, job: ScoreJob) -> dict[str, Any]:
        """The whole result for machines."""
        own: dict[str, Any] = {
            "judges": [seat.caller.model.name for seat in job.bench.everyone],
            **self.summary.as_json(),
            "unchanged": self.unchanged,
            "cascade": self.cascade.as_json() if self.cascade else None,
        }
        return result_json("score", self, job, own)


def plan_score(job: ScoreJob) -> Plan:
    """What `score` would do: rows, calls, tokens, money, and where row text would go. Asks nobody, writes nothing.

    With a cascade, every row counts with all answers that it can get: nobody knows beforehand which will be close.
    """
    seats = job.cascade.turns if job.cascade else job.bench.seats
    return plan(job.works(), seats, job.bench.journal)


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
    scoring = _Scoring(job, on_progress)
    names = headers(job.rubric, job.table.results, reasoning=job.keep_reasoning)
    async with under_way(job, "score", names, on_stop=scoring.stopping, story=scoring.summary.counts) as this_run:
        return await scoring.go(this_run)


class _Scoring:
    """One scoring run under way."""

    def __init__(self, job: ScoreJob, on_progress: Callable[[Progress], None]) -> None:
        self.job = job
        self.summary = Summary(job.rubric, job.most_disagreement)
        self._unchanged = sum(map(job.is_settled, job.rows.rows())) if job.in_place else 0
        rows = job.rows.row_count - self._unchanged
        self.progress = Progress(rows if job.limit is None else min(rows, job.limit), job.bench.tally)
        self._on_progress = on_progress
        self._started = time.monotonic()

    def stopping(self) -> None:
        """Show that the run has been asked to stop."""
        self.progress.stopping = True
        self._on_progress(self.progress)

    async def go(self, this_run: UnderWay) -> ScoreResult:
        job, bench = self.job, self.job.bench
        story = None
        notes = await self._batched() if job.batch else []
        if job.cascade is None:
            found = judged_rows(job)
        else:
            cascade = CascadePass(job, job.cascade, self._begin, self._moved)
            found, story = cascade.rows(), cascade.story
        async with aclosing(found) as rows:
            async for row in rows:
                self._take(row, this_run)
                if job.cascade is None:
                    self._moved()
                await this_run.flush_if_due()
        stopped = await this_run.finish(self.progress, has_results=bool(self.summary.scored))
        notes = [*getattr(job.table, "notes", ()), *notes, *bench.notes(self.summary)]
        notes += getattr(job.target, "notes", ())
        if self._unchanged:
            notes.append(f"{self._unchanged:,} rows have their results already; --all judges them again.")
        seconds = time.monotonic() - self._started
        return ScoreResult(
            this_run.id,
            self.summary,
            bench.tally,
            bench.budget.spent,
            stopped,
            seconds,
            tuple(notes),
            self._unchanged,
            story,
        )

    def _begin(self, progress: Progress) -> None:
        """Another pass begins."""
        progress.stopping = self.progress.stopping
        self.progress = progress

    def _moved(self) -> None:
        """One more row is through."""
        self.progress.done += 1
        self.progress.errors = self.summary.failed
        self._on_progress(self.progress)

    async def _batched(self) -> list[str]:
        """Ask by batches first; answers what a reader must know of it."""
        from sheetjudge.ops.batch import through_batches

        try:
            first = None if (cascade := self.job.cascade) is None else cascade.turns[: cascade.first]
            return await through_batches(self.job, self._on_progress, self.job.batch_limits, first)
        except Stopped as stopped:
            self.job.bench.stop.ask(stopped)
            return []

    def _take(self, row: Judged, this_run: UnderWay) -> None:
        self.summary.add(row, self.job.title(row.row))
        this_run.put(row.row, values(self.job.rubric, row, reasoning=self.job.keep_reasoning))
