"""`probe`: how far a judge can be moved by what isn't merit, tried on a person's own rows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from sheetjudge.core.verdict import Verdict
from sheetjudge.engine.plan import Plan, SeatPlan, plan
from sheetjudge.engine.run import Outcome, run
from sheetjudge.judging.attacks import Attack
from sheetjudge.ops.checking import RowChecks
from sheetjudge.ops.judges import RowSeat
from sheetjudge.ops.probe_job import ProbeJob, Trial
from sheetjudge.ops.probe_result import AttackResult, ProbeResult, flagged
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.row_values import judged
from sheetjudge.ops.under_way import UnderWay, under_way
from sheetjudge.stats.probe_effects import LEVEL, Effect, effect

Scores = dict[tuple[int, str], float | None]
"""By the number of the row and the attack's id ("" for the row as it is): its score, None where it has none."""


def plan_probe(job: ProbeJob) -> Plan:
    """What `probe` would ask, with the defences and without. Asks nobody."""
    journal = job.bench.journal
    found = plan(job.trials(), job.bench.seats, journal)
    if not job.bare:
        return found
    bare = plan(job.trials(), job.bare, journal)
    seats = tuple(_sum(one, other) for one, other in zip(found.seats, bare.seats, strict=True))
    return replace(found, seats=seats)


def _sum(one: SeatPlan, other: SeatPlan) -> SeatPlan:
    usd = None if one.usd is None or other.usd is None else one.usd + other.usd
    return replace(
        one,
        calls=one.calls + other.calls,
        answered=one.answered + other.answered,
        usage=one.usage + other.usage,
        usd=usd,
    )


async def probe(job: ProbeJob, on_progress: Callable[[Progress], None] = lambda _: None) -> ProbeResult:
    """Judge the drawn rows as they are and under each attack, with the defences and without.

    Args:
        job: what to do.
        on_progress: called after each text that was judged and when the run is asked to stop, on the event loop; has
            to be quick.

    Returns:
        What each attack did. Also where the run was stopped early: then of the rows that were judged until then.

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
        texts = len(job.drawn) * (1 + len(job.attacks)) * (2 if job.bare else 1)
        self._progress = Progress(texts, job.bench.tally, doing="Probing", unit="text")
        self._on_progress = on_progress
        self._checks = RowChecks(job.rubric, job.table, job.reading)
        self._bases: set[str] = set()
        self._guarded: Scores = {}
        self._bare: Scores = {}

    def stopping(self) -> None:
        """Show that the run has been asked to stop."""
        self._progress.stopping = True
        self._on_progress(self._progress)

    def story(self) -> dict[str, int]:
        """Counts for the journal's record of the run."""
        return {"rows": len(self._job.drawn), "texts": self._progress.done}

    async def go(self, this_run: UnderWay) -> ProbeResult:
        job = self._job
        await self._ask(job.bench.seats, self._guarded)
        if job.bare and not job.bench.stop.asked():
            await self._ask(job.bare, self._bare)
        stopped = await this_run.finish(has_results=any(score is not None for score in self._guarded.values()))
        found = tuple(self._result(attack) for attack in job.attacks)
        scores = (*self._guarded.values(), *self._bare.values())
        return ProbeResult(
            this_run.id,
            tuple(work.row.number for work in job.drawn),
            found,
            sum(score is None for score in scores),
            job.bench.tally,
            job.bench.budget.spent,
            stopped,
            time.monotonic() - self._progress.started,
            (*job.table.notes, *job.bench.notes_on(self._bases)),
        )

    async def _ask(self, seats: Sequence[RowSeat], scores: Scores) -> None:
        bench = self._job.bench
        async with aclosing(run(self._job.trials(), seats, at_once=bench.at_once, stop=bench.stop)) as outcomes:
            async for outcome in outcomes:
                trial = outcome.work
                scores[trial.number, trial.attack.id if trial.attack else ""] = self._score(trial, outcome.verdicts)
                self._progress.done += 1
                self._on_progress(self._progress)

    def _score(self, trial: Trial, verdicts: tuple[tuple[Verdict, ...], ...]) -> float | None:
        job = self._job
        # Checks are of the row as it is: what an attack does to a count of words is no matter of the judge's.
        checks = self._checks.verdicts(trial.work.row)
        names = [seat.caller.model.name for seat in job.bench.seats]
        row = judged(job.rubric, Outcome(trial.work, verdicts), checks, names, job.most_disagreement)
        self._bases.update(v.basis for v in row.verdicts if not v.unscored and v.basis != "check")
        self._progress.errors += row.score.score is None
        return row.score.score

    def _result(self, attack: Attack) -> AttackResult:
        job = self._job
        kinds = Counter(flagged(attack.on(w.item, n)) for n, w in enumerate(job.drawn) if w.item is not None)
        return AttackResult(
            attack.id,
            attack.name,
            attack.replaces,
            self._effect(self._guarded, attack),
            self._effect(self._bare, attack) if job.bare else None,
            kinds[True],
            # Of so many attacks one would seem to work now and then by chance alone (Bonferroni).
            self._effect(self._guarded, attack, 1 - (1 - LEVEL) / len(job.attacks)).is_rise,
        )

    def _effect(self, scores: Scores, attack: Attack, level: float = LEVEL) -> Effect:
        scale = self._job.rubric.scale
        both = [(scores.get((n, "")), scores.get((n, attack.id))) for n in range(len(self._job.drawn))]
        rises = [after - before for before, after in both if before is not None and after is not None]
        span = float(scale.high - scale.low)
        return effect(rises, step=span / (len(scale.labels) - 1), span=span, level=level)
