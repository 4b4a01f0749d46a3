"""`filter`: which rows of a table to keep, by one question in plain words."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sheetjudge.engine.budget import Amount
from sheetjudge.engine.plan import Plan, plan
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import SheetjudgeError
from sheetjudge.ops.filter_headers import headers, remember
from sheetjudge.ops.filter_job import FilterJob
from sheetjudge.ops.filter_rows import KEEP, Counts
from sheetjudge.ops.filtering import Filtering
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.result_json import exit_code, result_json
from sheetjudge.ops.under_way import under_way
from sheetjudge.stats.guarantee_promise import Bounds, Promise


@dataclass(frozen=True)
class FilterResult:
    """What a filter came to.

    Attributes:
        counts: rows by what became of them.
        bounds: what holds; None where nothing was promised, or the run was stopped before anything was known.
        rows: rows with something to judge. asked: those that the strong judge was asked about.
        stopped: why it ended early, or None. Whatever was decided until then has been written.
        seconds: wall time.
        notes: what a reader must know.
    """

    run: str
    counts: Counts
    bounds: Bounds | None
    rows: int
    asked: int
    tally: Tally
    spent: Amount
    stopped: SheetjudgeError | None
    seconds: float
    notes: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 done, 1 some rows unscored, 3 stopped and resumable."""
        return exit_code(self.stopped, self.counts.errors)

    @property
    def saved(self) -> int | None:
        """Rows that the strong judge need not see; None where that isn't known, since the run was stopped."""
        return None if self.stopped is not None else self.rows - self.asked

    def as_json(self, job: FilterJob) -> dict[str, Any]:
        """The whole result for machines."""
        counts = self.counts
        own: dict[str, Any] = {
            "keep": job.rubric.name,
            "judges": [] if job.proxy == "text" else [seat.caller.model.name for seat in job.bench.seats],
            "strong_judge": job.strong.caller.model.name if job.strong else None,
            "rows": {**{kind: counts.keep[kind] for kind in KEEP}, "skipped": counts.skipped},
            "errors": counts.errors,
            "unscored": dict(counts.unscored.most_common()),
            "addressing_the_judge": {"rows": counts.addressed},
            "decided_by_strong_judge": counts.strong,
            "promise": _promise_json(job.promise, self.bounds),
            "strong_rows": {"asked": self.asked, "naive": self.rows, "saved": self.saved} if job.strong else None,
        }
        return result_json("filter", self, job, own)


def _promise_json(promise: Promise | None, bounds: Bounds | None) -> dict[str, Any] | None:
    if promise is None:
        return None
    told = {"recall": promise.recall, "precision": promise.precision, "confidence": promise.confidence}
    if bounds is None:
        return {**told, "met": False}
    return {
        **told,
        "met": bounds.met,
        "recall_at_least": bounds.recall if bounds.met else None,
        "precision_at_least": bounds.precision if bounds.met else None,
        "missed_at_most": bounds.hidden if bounds.met else None,
        "wrongly_kept_at_most": bounds.wrong if bounds.met else None,
    }


def plan_filter(job: FilterJob) -> Plan:
    """What `filter` would do at the most: nobody can know before how many rows the strong judge will see."""
    return plan(job.works(), job.bench.everyone, job.bench.journal)


async def filter_rows(job: FilterJob, on_progress: Callable[[Progress], None] = lambda _: None) -> FilterResult:
    """Decide on the rows of `job` and write the decisions.

    Args:
        job: what to do.
        on_progress: called after each row and when the run is asked to stop, on the event loop; has to be quick.

    Returns:
        The result, also where the run was stopped early by a budget, a person or a judge that fell silent.

    Raises:
        SetupError, InputError, JudgeUnusable: the run could not begin; nothing has been written.
    """
    began = time.monotonic()
    filtering = Filtering(job, on_progress)
    names = headers(job)
    async with under_way(job, "filter", names, on_stop=filtering.stopping, story=filtering.story) as this_run:
        bounds = await filtering.go(this_run)
        stopped = await this_run.finish(filtering.progress, has_results=bool(filtering.counts.rows))
        remember(job, names)
        notes = [*job.table.notes, *job.bench.notes(filtering.seen), *getattr(job.target, "notes", ())]
        return FilterResult(
            this_run.id,
            filtering.counts,
            bounds,
            filtering.rows,
            filtering.asked,
            job.bench.tally,
            job.bench.budget.spent,
            stopped,
            time.monotonic() - began,
            tuple(notes),
        )
