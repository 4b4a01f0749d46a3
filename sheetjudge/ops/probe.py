"""`probe`: how far a judge can be moved by what isn't merit, tried on a person's own rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from sheetjudge.core.verdict import Verdict
from sheetjudge.engine.plan import Plan, SeatPlan, plan
from sheetjudge.engine.run import Outcome, run
from sheetjudge.judging.addressing import addressing
from sheetjudge.judging.attacks import Attack
from sheetjudge.judging.biases import Bias
from sheetjudge.ops.checking import RowChecks
from sheetjudge.ops.judges import RowSeat
from sheetjudge.ops.probe_job import TIMES, ProbeJob, Trial
from sheetjudge.ops.probe_pairs import orders
from sheetjudge.ops.probe_result import AttackResult, BiasResult, OwnResult, PlaceResult, ProbeResult
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.row_values import judged
from sheetjudge.ops.under_way import UnderWay, under_way
from sheetjudge.stats.order_agreement import order_agreement
from sheetjudge.stats.probe_effects import LEVEL, Effect, effect, gap

_FAIR = 0.5

Scores = dict[tuple[str, int, str], float | None]
"""By pass, the row's number and the change: the score, None where there is none."""


def plan_probe(job: ProbeJob) -> Plan:
    """What `probe` would ask, in all its passes. Asks nobody."""
    journal = job.bench.journal
    found, *others = (plan(trials, seats, journal) for _, seats, trials in job.passes())
    if job.pairs:
        others.append(plan(job.pair_trials(), job.pairs, journal))
    for other in others:
        seats = tuple(_sum(one, beside) for one, beside in zip(found.seats, other.seats, strict=True))
        found = replace(found, rows=found.rows + other.rows, cut=found.cut + other.cut, seats=seats)
    return found


def _sum(one: SeatPlan, other: SeatPlan) -> SeatPlan:
    usd = None if one.usd is None or other.usd is None else one.usd + other.usd
    return replace(
        one,
        calls=one.calls + other.calls,
        answered=one.answered + other.answered,
        repeated=one.repeated + other.repeated,
        usage=one.usage + other.usage,
        usd=usd,
    )


async def probe(job: ProbeJob, on_progress: Callable[[Progress], None] = lambda _: None) -> ProbeResult:
    """Judge the drawn rows as they are and after each change; under attacks without the defences, too.

    Args:
        job: what to do.
        on_progress: called after each text that was judged and when the run is asked to stop, on the event loop; has
            to be quick.

    Returns:
        What each change did. Also where the run was stopped early: then of the rows that were judged until then.

    Raises:
        SetupError, InputError, JudgeUnusable: the run could not begin, or has nothing to show.
    """
    probing = _Probing(job, on_progress)
    async with under_way(job, "probe", (), on_stop=probing.stopping, story=probing.story) as this_run:
        return await probing.go(this_run)


class _Probing:
    """One probe under way."""

    def __init__(self, job: ProbeJob, on_progress: Callable[[Progress], None]) -> None:
        self._job = job
        texts = sum(1 for _, _, trials in job.passes() for _ in trials) + sum(1 for _ in job.pair_trials())
        self._progress = Progress(texts, job.bench.tally, doing="Probing", unit="text")
        self._on_progress = on_progress
        self._checks = RowChecks(job.rubric, job.table, job.reading)
        self._bases: set[str] = set()
        self._scores: Scores = {}
        self._by_judge: dict[tuple[int, int], float] = {}
        self._orders: list[tuple[float, float] | None] = []
        tried = len(job.attacks) + len(job.biases) + bool(job.pairs) + len(job.authors.own if job.authors else ())
        # Of so many changes one would seem to work now and then by chance alone (Bonferroni).
        self._sure = 1 - (1 - LEVEL) / max(tried, 1)

    def stopping(self) -> None:
        """Show that the run has been asked to stop."""
        self._progress.stopping = True
        self._on_progress(self._progress)

    def story(self) -> dict[str, int]:
        """Counts for the journal's record of the run."""
        return {"rows": len(self._job.drawn), "texts": self._progress.done}

    async def go(self, this_run: UnderWay) -> ProbeResult:
        job, scores = self._job, self._scores
        for name, seats, trials in job.passes():
            if not job.bench.stop.asked():
                await self._ask(name, seats, trials)
        if job.pairs and not job.bench.stop.asked():
            await self._compare()
        stopped = await this_run.finish(self._progress, has_results=any(score is not None for score in scores.values()))
        unscored = [*scores.values(), *self._orders].count(None)
        return ProbeResult(
            this_run.id,
            tuple(work.row.number for work in job.drawn),
            tuple(self._attack(attack) for attack in job.attacks),
            tuple(self._bias(bias) for bias in job.biases),
            self._repeated() if job.again else None,
            self._place() if job.pairs else None,
            tuple(self._owns()),
            unscored,
            job.bench.tally,
            job.bench.budget.spent,
            stopped,
            time.monotonic() - self._progress.started,
            (*job.table.notes, *job.remarks, *job.bench.notes_on(self._bases)),
        )

    async def _ask(self, name: str, seats: Sequence[RowSeat], trials: Iterable[Trial]) -> None:
        bench = self._job.bench
        async with aclosing(run(trials, seats, at_once=bench.at_once, stop=bench.stop)) as outcomes:
            async for outcome in outcomes:
                trial = outcome.work
                self._scores[name, trial.number, trial.change] = self._score(name, trial, outcome.verdicts)
                self._progress.done += 1
                self._on_progress(self._progress)

    async def _compare(self) -> None:
        job, bench = self._job, self._job.bench
        async with aclosing(run(job.pair_trials(), job.pairs, at_once=bench.at_once, stop=bench.stop)) as outcomes:
            async for outcome in outcomes:
                self._orders.append(orders(outcome.verdicts))
                self._progress.errors += self._orders[-1] is None
                self._progress.done += 1
                self._on_progress(self._progress)

    def _score(self, name: str, trial: Trial, verdicts: tuple[tuple[Verdict, ...], ...]) -> float | None:
        job = self._job
        # Checks are of the row as it is: what a change does to a count of words is no matter of the judge's.
        checks = self._checks.verdicts(trial.work.row)
        names = [seat.caller.model.name for seat in job.bench.seats]
        row = judged(job.rubric, Outcome(trial.work, verdicts), checks, names, job.most_disagreement)
        self._bases.update(v.basis for v in row.verdicts if not v.unscored and v.basis != "check")
        self._progress.errors += row.score.score is None
        if job.authors is not None and not name and not trial.change:
            for judge, alone in enumerate(verdicts):
                score = judged(job.rubric, Outcome(trial.work, (alone,)), checks).score.score
                if score is not None:
                    self._by_judge[trial.number, judge] = score
        return row.score.score

    def _attack(self, attack: Attack) -> AttackResult:
        job = self._job
        rises = self._rises("", attack.id)
        flags = [bool(addressing(attack.on(w.item, n))) for n, w in enumerate(job.drawn) if w.item is not None]
        bare = self._effect(self._rises("bare", attack.id)) if job.bare else None
        is_sure = self._effect(rises, self._sure).is_rise
        return AttackResult(attack.id, attack.name, attack.replaces, self._effect(rises), bare, sum(flags), is_sure)

    def _bias(self, bias: Bias) -> BiasResult:
        rises = self._rises("", bias.id)
        surely = self._effect(rises, self._sure)
        return BiasResult(bias.id, bias.name, self._effect(rises), surely.is_rise or surely.is_fall)

    def _place(self) -> PlaceResult:
        both = [pair for pair in self._orders if pair is not None]
        surely = order_agreement(both, self._sure)
        is_sure = surely is not None and not surely.first_low <= _FAIR <= surely.first_high
        return PlaceResult(order_agreement(both, LEVEL), is_sure)

    def _owns(self) -> Iterator[OwnResult]:
        """For each judge with texts of its own: what it gives to those, beside others, less what people gave."""
        job, authors = self._job, self._job.authors
        if authors is None:
            return
        scale = job.rubric.scale
        span = float(scale.high - scale.low) * (2 if authors.people else 1)
        for judge, (seat, own) in enumerate(zip(job.bench.seats, authors.own, strict=True)):
            if not own:
                continue
            kinds: tuple[list[float], list[float]] = ([], [])
            for number, work in enumerate(job.drawn):
                if (score := self._by_judge.get((number, judge))) is not None:
                    people = authors.given(work.row) or 0.0
                    kinds[authors.of(work.row) not in own].append(score - people)
            found, surely = gap(*kinds, span=span), gap(*kinds, span=span, level=self._sure)
            is_sure = surely.is_more or surely.is_less
            yield OwnResult(seat.caller.model.name, tuple(sorted(own)), found, bool(authors.people), is_sure)

    def _repeated(self) -> Effect:
        """How far the answers about the same row lie apart, where all were given."""
        passes = ["", *(f"again {time}" for time in range(1, TIMES))]
        answers = [[self._scores.get((name, n, "")) for name in passes] for n in range(len(self._job.drawn))]
        whole = [[score for score in row if score is not None] for row in answers]
        found = self._effect([max(row) - min(row) for row in whole if len(row) == TIMES])
        return found if found.low is None else replace(found, low=max(found.low, 0.0))

    def _rises(self, name: str, change: str) -> list[float]:
        scores = self._scores
        both = [(scores.get((name, n, "")), scores.get((name, n, change))) for n in range(len(self._job.drawn))]
        return [after - before for before, after in both if before is not None and after is not None]

    def _effect(self, rises: Sequence[float], level: float = LEVEL) -> Effect:
        scale = self._job.rubric.scale
        span = float(scale.high - scale.low)
        return effect(rises, step=span / (len(scale.labels) - 1), span=span, level=level)
