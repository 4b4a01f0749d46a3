"""`compare`: which contender answers best, prompt by prompt and over all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from sheetjudge.engine.plan import Plan, plan
from sheetjudge.engine.run import Outcome, Seat, Task, Work, run
from sheetjudge.judging.pairwise_orders import TwoOrders
from sheetjudge.judging.protocol import Item
from sheetjudge.ops.compare_pairs import Compared, PairWork, compared, compared_scores, pair_work
from sheetjudge.ops.compare_prompts import Contest, Entry, Prompt, shown_alone
from sheetjudge.ops.compare_result import CompareResult, CompareSummary
from sheetjudge.ops.compare_rows import PromptOutcome, cells, headers
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.row_values import Judged, judged
from sheetjudge.ops.under_way import UnderWay, under_way
from sheetjudge.stats.jury import short_names


@dataclass(frozen=True, kw_only=True)
class CompareJob(Opened):
    """Everything that a comparison needs.

    Attributes:
        contest: the contenders and their answers.
        seats: the judges, asked about pairs; None where each answer is scored by itself and scores are compared.
        remarks: what a reader must know of how contenders are compared.
        keep_reasoning: write a `Reasoning` column.
    """

    contest: Contest
    seats: tuple[Seat[TwoOrders], ...] | None
    remarks: tuple[str, ...] = ()
    keep_reasoning: bool = False

    def asked(self) -> tuple[Iterable[Task], Sequence[Seat[Any]]]:
        """What the judges are first asked about, and those judges."""
        prompts = (prompt for prompt in self.contest.prompts(self.limit) if not prompt.skipped)
        if self.seats is None:
            return (work for p in prompts for work in self.texts(p)), self.bench.seats
        return (work for p in prompts for work in self.pairs(p)), self.seats

    def pairs(self, prompt: Prompt) -> Iterator[PairWork]:
        """What is to be asked about the answers to a prompt."""
        for two in prompt.pairs():
            yield pair_work(
                self.rubric, prompt, two, self.contest.contenders, most=self.reading.most, secret=self.bench.secret
            )

    def texts(self, prompt: Prompt) -> Iterator[TextWork]:
        """The same where each answer is scored by itself."""
        for entry in prompt.entries:
            item, note = shown_alone(prompt, entry, self.contest.contenders, self.reading.most)
            yield TextWork(prompt, entry, item, note, bool(note))


@dataclass(frozen=True, slots=True)
class TextWork:
    """One answer to be scored.

    Attributes:
        prompt: what it answers. entry: the answer.
        item: as judges see it. note: what a reader must know. cut: it was too long to be shown whole.
    """

    prompt: Prompt
    entry: Entry
    item: Item | None
    note: str
    cut: bool


def plan_compare(job: CompareJob) -> Plan:
    """What `compare` would do: comparisons (or answers), calls, tokens, money. Asks nobody, writes nothing."""
    works, seats = job.asked()
    return plan(works, seats, job.bench.journal)


async def compare(job: CompareJob, on_progress: Callable[[Progress], None] = lambda _: None) -> CompareResult:
    """Compare the contenders' answers and write the winners.

    Args:
        job: what to do.
        on_progress: called after each comparison and when the run is asked to stop, on the event loop; has to be
            quick.

    Returns:
        The result, also where the run was stopped early by a budget, a person or a judge that fell silent.

    Raises:
        SetupError, InputError, JudgeUnusable: the run could not begin; nothing has been written.
    """
    comparing = _Comparing(job, on_progress)
    names = headers(job.rubric, job.table.results, reasoning=job.keep_reasoning)
    async with under_way(job, "compare", names, on_stop=comparing.stopping, story=comparing.story) as this_run:
        return await comparing.go(this_run)


class _Comparing:
    """One comparison of contenders under way."""

    def __init__(self, job: CompareJob, on_progress: Callable[[Progress], None]) -> None:
        self.job = job
        self.summary = CompareSummary(job.contest.contenders)
        count = len(job.contest.contenders)
        self._each = count if job.seats is None else _pairs_of(count)
        prompts = job.contest.count if job.limit is None else min(job.limit, job.contest.count)
        unit = "answer" if job.seats is None else "comparison"
        self.progress = Progress(prompts * self._each, job.bench.tally, doing="Comparing", unit=unit, is_most=True)
        self._on_progress = on_progress
        self._compared: dict[int, list[Compared]] = {}
        self._scores: dict[int, dict[int, Judged]] = {}

    def stopping(self) -> None:
        """Show that the run has been asked to stop."""
        self.progress.stopping = True
        self._on_progress(self.progress)

    def story(self) -> dict[str, Any]:
        """What the journal keeps of it."""
        return {"found_by": dict(self.job.contest.found_by), **self.summary.story()}

    async def go(self, this_run: UnderWay) -> CompareResult:
        job = self.job
        await (self._through_scores(this_run) if job.seats is None else self._through_pairs(this_run, job.seats))
        stopped = await this_run.finish(self.progress, has_results=bool(self.summary.decided))
        notes = [*job.table.notes, *job.remarks, *job.bench.notes_on(self.summary.bases)]
        notes += getattr(job.target, "notes", ())
        seconds = time.monotonic() - self.progress.started
        return CompareResult(
            this_run.id, self.summary, job.bench.tally, job.bench.budget.spent, stopped, seconds, tuple(notes)
        )

    async def _through_pairs(self, this_run: UnderWay, seats: Sequence[Seat[TwoOrders]]) -> None:
        job = self.job
        works = (work for prompt in self._prompts(this_run) for work in job.pairs(prompt))
        async with aclosing(run(works, seats, at_once=job.bench.at_once, stop=job.bench.stop)) as outcomes:
            async for outcome in outcomes:
                prompt = outcome.work.prompt
                done = self._compared.setdefault(prompt.number, [])
                done.append(compared(job.rubric, outcome.work, outcome.verdicts))
                if len(done) == _pairs_of(len(prompt.entries)):
                    pairs = sorted(self._compared.pop(prompt.number), key=lambda pair: (pair.first, pair.second))
                    self._finish(PromptOutcome(prompt, tuple(pairs)), this_run)
                await self._step(this_run)

    async def _through_scores(self, this_run: UnderWay) -> None:
        job, bench = self.job, self.job.bench
        judges = short_names([seat.caller.model.name for seat in bench.seats])
        works = (work for prompt in self._prompts(this_run) for work in job.texts(prompt))
        async with aclosing(run(works, bench.seats, at_once=bench.at_once, stop=bench.stop)) as outcomes:
            async for outcome in outcomes:
                work = outcome.work
                row = Work(work.prompt.rows[0], work.item, work.note, work.cut)
                done = self._scores.setdefault(work.prompt.number, {})
                done[work.entry.contender] = judged(
                    job.rubric, Outcome(row, outcome.verdicts), work.entry.checks, judges, job.most_disagreement
                )
                if len(done) == len(work.prompt.entries):
                    self._finish(_by_scores(work.prompt, self._scores.pop(work.prompt.number)), this_run)
                await self._step(this_run)

    def _prompts(self, this_run: UnderWay) -> Iterator[Prompt]:
        """The prompts with something to compare; the others are through at once."""
        for prompt in self.job.contest.prompts(self.job.limit):
            entries = len(prompt.entries)
            if prompt.skipped:
                entries = 0
                self._finish(PromptOutcome(prompt), this_run)
            self.progress.rows -= self._each - (entries if self.job.seats is None else _pairs_of(entries))
            if entries:
                yield prompt

    async def _step(self, this_run: UnderWay) -> None:
        self.progress.done += 1
        self._on_progress(self.progress)
        await this_run.flush_if_due()

    def _finish(self, found: PromptOutcome, this_run: UnderWay) -> None:
        self.summary.add(found)
        self.progress.errors = self.summary.failed
        job = self.job
        values = cells(job.rubric, found, job.contest.contenders, reasoning=job.keep_reasoning)
        for row in found.prompt.rows:
            this_run.put(row, values)


def _pairs_of(count: int) -> int:
    return count * (count - 1) // 2


def _by_scores(prompt: Prompt, scores: Mapping[int, Judged]) -> PromptOutcome:
    in_order = {entry.contender: scores[entry.contender] for entry in prompt.entries}
    pairs = tuple(compared_scores(prompt, first, second, scores) for first, second in prompt.pairs())
    return PromptOutcome(prompt, pairs, in_order)
