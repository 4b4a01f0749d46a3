"""`rank`: the order of a table's rows by a rubric: scores first, then comparisons where the scores leave it open."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeVar

from sheetjudge.core.verdict import RowScore
from sheetjudge.engine.plan import Plan, SeatPlan, plan
from sheetjudge.engine.run import run
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.rank_job import PER_ROW, RankJob
from sheetjudge.ops.rank_result import Compared, RankResult, Standing
from sheetjudge.ops.rank_rows import Entrant, Field, PairWork, cells, drawn, field_of, headers, pair_work
from sheetjudge.ops.row_pass import judged_rows
from sheetjudge.ops.row_values import Judged
from sheetjudge.ops.summary import Summary
from sheetjudge.ops.under_way import UnderWay, under_way
from sheetjudge.stats.pairing import Asked, next_pairs
from sheetjudge.stats.ranking import Place, Ranking, certainty, placed_by_scores, ranking
from sheetjudge.stats.ranking_belief import Belief, comparisons, fitted, prior_belief

T = TypeVar("T")

CERTAIN = "the certainty that was asked for is reached"
USED_UP = "the comparisons are used up"
ALL_MADE = "every comparison has been made"
SCORES_ALONE = "rows were ranked on scores alone"
STOPPED = "the run was stopped"
# The same table and answers are to lead to the same questions again, which the journal then answers.
_SEED = 20_231
# Rows from which on the next round is looked for while one is under way.
_MANY = 1000
_NO_SCORE = RowScore(None)


def plan_rank(job: RankJob) -> Plan:
    """What `rank` would do at the most: the scores, and every comparison that may be made. Asks nobody.

    Nobody can know before which rows will be compared, nor how many it takes: those of rows near each other in the
    table are counted in their place.
    """
    scores = plan(job.works(), job.bench.seats, job.bench.journal)
    if not job.seats:
        return scores
    entrants = [
        Entrant(n, 0, Judged(work.row, (), _NO_SCORE, "ok"), item)
        for n, work in enumerate(map(job.pair_reading.work, (w.row for w in job.works() if w.item is not None)))
        if (item := work.item) is not None
    ]
    count = _most(job, len(entrants), len(entrants) * (len(entrants) - 1))
    pairs = plan(
        (pair_work(0, one, other) for one, other in _neighbours(entrants, count)), job.seats, job.bench.journal
    )
    seats = tuple(_together(one, other) for one, other in zip(scores.seats, pairs.seats, strict=True))
    return replace(scores, seats=seats)


def _neighbours(entrants: Sequence[Entrant], count: int) -> list[tuple[Entrant, Entrant]]:
    rows = len(entrants)
    return [(entrants[n % rows], entrants[(n + 1 + n // rows) % rows]) for n in range(count)]


def _together(one: SeatPlan, other: SeatPlan) -> SeatPlan:
    usd = None if one.usd is None or other.usd is None else one.usd + other.usd
    return replace(
        one,
        calls=one.calls + other.calls,
        answered=one.answered + other.answered,
        usage=one.usage + other.usage,
        usd=usd,
    )


def _most(job: RankJob, rows: int, possible: int) -> int:
    wanted = PER_ROW * rows if job.comparisons is None else job.comparisons
    return min(wanted, possible)


async def rank(job: RankJob, on_progress: Callable[[Progress], None] = lambda _: None) -> RankResult:
    """Rank the rows of `job` and write their places.

    Args:
        job: what to do.
        on_progress: called after each row and each comparison and when the run is asked to stop, on the event loop;
            has to be quick.

    Returns:
        The result, also where the run was stopped early by a budget, a person or a judge that fell silent.

    Raises:
        SetupError, InputError, JudgeUnusable: the run could not begin; nothing has been written.
    """
    ranking_run = _Ranking(job, on_progress)
    names = headers(job.rubric, job.table.results, reasoning=job.keep_reasoning)
    async with under_way(job, "rank", names, on_stop=ranking_run.stopping, story=ranking_run.story) as this_run:
        return await ranking_run.go(this_run)


class _Ranking:
    """One ranking under way."""

    def __init__(self, job: RankJob, on_progress: Callable[[Progress], None]) -> None:
        self.job = job
        self.summary = Summary(job.rubric)
        self.compared = Compared()
        self.progress = Progress(job.row_count, job.bench.tally)
        self._began = time.monotonic()
        self._on_progress = on_progress

    def stopping(self) -> None:
        """Show that the run has been asked to stop."""
        self.progress.stopping = True
        self._on_progress(self.progress)

    def story(self) -> dict[str, object]:
        """Counts for the journal's record of the run."""
        return {**self.summary.counts(), "comparisons": self.compared.counts()}

    async def go(self, this_run: UnderWay) -> RankResult:
        job, bench = self.job, self.job.bench
        rows = await self._scored()
        scored_all = bench.stop.reason is None
        field = field_of(job, rows)
        found, why = await self._compared(field) if scored_all else (None, STOPPED)
        standings = _standings(field, found, self.compared) if scored_all else ()
        self._put(rows, standings, this_run)
        stopped = await this_run.finish(has_results=bool(self.summary.scored))
        bases = {basis for c in self.summary.criteria.values() for basis in c.basis} | self.compared.bases
        notes = [*job.table.notes, *job.remarks, *bench.notes_on(bases), *getattr(job.target, "notes", ())]
        return RankResult(
            this_run.id,
            self.summary,
            self.compared,
            found,
            standings,
            field.groups if job.group is not None else (),
            why,
            bench.tally,
            bench.budget.spent,
            stopped,
            time.monotonic() - self._began,
            tuple(notes),
        )

    async def _scored(self) -> list[Judged]:
        rows: list[Judged] = []
        async with aclosing(judged_rows(self.job)) as judged:
            async for row in judged:
                rows.append(row)
                self.summary.add(row, self.job.title(row.row))
                self.progress.done += 1
                self.progress.errors = self.summary.failed
                self._on_progress(self.progress)
        rows.sort(key=lambda row: row.row.position)
        return rows

    async def _compared(self, field: Field) -> tuple[Ranking | None, str]:
        """The places that comparisons give the entrants, and why no more were made."""
        import numpy as np

        job, entrants = self.job, field.entrants
        if not job.seats or not entrants:
            return None, SCORES_ALONE
        scores = [entrant.row.score.score for entrant in entrants]
        belief = prior_belief(len(entrants), scores, [entrant.group for entrant in entrants])
        search = _Search(top=self._top(field), both_orders=job.both_orders)
        most = _most(job, len(entrants), field.most_comparisons)
        self.progress = Progress(most, job.bench.tally, doing="Comparing", unit="comparison")
        asked: set[Asked] = set()
        answers: list[tuple[int, int, float]] = []
        # Of many rows a round is long, and finding the next one takes a while: it is looked for meanwhile, without the
        # answers of the round under way.
        looks_ahead = len(entrants) >= _MANY
        under_way: asyncio.Task[list[tuple[int, int, float]]] | None = None
        while True:
            # The next round begins where this one leaves off.
            belief = await _aside(fitted, belief, comparisons(answers), sweeps=8 if looks_ahead else 30)
            count = min(self._at_a_time(len(entrants)), most - len(asked))
            sure, pairs = await _aside(search.next, belief, count, asked)
            answers += await under_way if under_way else []
            if why := self._reason(sure, len(asked), most, pairs):
                break
            asked.update(pairs)
            under_way = asyncio.create_task(self._round(entrants, pairs))
            if not looks_ahead:
                answers += await under_way
                under_way = None
        belief = await _aside(fitted, belief, comparisons(answers))
        found = await _aside(ranking, belief, np.random.default_rng(_SEED), top=search.top)
        return found, why

    def _top(self, field: Field) -> int | None:
        """How many are wanted of each group; None where that is all of them, so that their order is."""
        sizes = Counter(entrant.group for entrant in field.entrants)
        top = self.job.top
        return top if top is not None and top < max(sizes.values(), default=0) else None

    def _at_a_time(self, rows: int) -> int:
        """Comparisons of a round: as few as keep the judges busy, so that each round knows of more answers."""
        share = 3 if rows >= _MANY else 6
        return max(rows // share, min(self.job.bench.pace.concurrency, rows // 2), 2)

    def _reason(self, sure: float, asked: int, most: int, pairs: Sequence[Asked]) -> str:
        """Why no more comparisons are made, or ""."""
        if self.job.bench.stop.asked():
            return STOPPED
        if sure >= self.job.certainty:
            return CERTAIN
        if not pairs and asked < most:
            return ALL_MADE
        return "" if pairs else USED_UP

    async def _round(self, entrants: Sequence[Entrant], pairs: Sequence[Asked]) -> list[tuple[int, int, float]]:
        """The answers of a round, in the order of its pairs whatever order they come in."""
        job, bench = self.job, self.job.bench
        works = [pair_work(n, entrants[i], entrants[j]) for n, (i, j) in enumerate(pairs)]
        answers: dict[int, tuple[int, int, float]] = {}
        async with aclosing(run(works, job.seats, at_once=bench.at_once, stop=bench.stop)) as outcomes:
            async for outcome in outcomes:
                work: PairWork = outcome.work
                verdict = drawn(job.rubric, work, outcome.verdicts)
                self.compared.add(work, verdict)
                if verdict.preference is not None:
                    answers[work.place] = (work.first.number, work.second.number, verdict.preference)
                self.progress.done += 1
                self.progress.errors = self.compared.failed
                self._on_progress(self.progress)
        return [answers[place] for place in sorted(answers)]

    def _put(self, rows: Sequence[Judged], standings: Sequence[Standing], this_run: UnderWay) -> None:
        placed = {standing.row.row.position: standing for standing in standings}
        for row in rows:
            standing = placed.get(row.row.position)
            place, note = (standing.place, standing.note) if standing else (None, "")
            this_run.put(row.row, cells(self.job.rubric, row, place, note, reasoning=self.job.keep_reasoning))


async def _aside(work: Callable[..., T], *given: object, **named: object) -> T:
    """Reckon beside the event loop, on one core: threads for small matrices would only take it from the calls."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    def go() -> T:
        with threadpool_limits(1):
            return work(*given, **named)

    return await asyncio.to_thread(go)


@dataclass
class _Search:
    """Looks for the comparisons to make next.

    Attributes:
        top: the best so many are wanted; None for the order.
        both_orders: ask about every pair in both orders.
        rounds: rounds so far.
    """

    top: int | None
    both_orders: bool
    rounds: int = 0

    def next(self, belief: Belief, count: int, asked: set[Asked]) -> tuple[float, list[Asked]]:
        """How sure the ranking is, and what to ask next."""
        import numpy as np

        rng = np.random.default_rng([_SEED, self.rounds])
        self.rounds += 1
        sure = certainty(belief, belief.draws(max(min(400, 250_000 // len(belief.mean)), 64), rng), rng, top=self.top)
        return sure, next_pairs(belief, count, rng, asked=asked, top=self.top, both_orders=self.both_orders)


def _standings(field: Field, found: Ranking | None, compared: Compared) -> tuple[Standing, ...]:
    """All rows with a place, best first in each group."""
    groups = [entrant.group for entrant in field.entrants]
    scores = [entrant.row.score.score or 0.0 for entrant in field.entrants]
    places = placed_by_scores(scores, groups) if found is None else found.places
    standings = [
        Standing(entrant.group, entrant.row, place, _note(entrant, place, compared, has_pairs=found is not None))
        for entrant, place in zip(field.entrants, places, strict=True)
    ]
    above = Counter(groups)
    lowest: dict[int, int] = {}
    for standing in standings:
        lowest[standing.group] = max(lowest.get(standing.group, 0), standing.place.tier)
    below = Counter(group for _, group in field.beaten)
    for row, group in field.beaten:
        first, last = above[group] + 1, above[group] + below[group]
        standings.append(Standing(group, row, Place(first, first, last, lowest.get(group, 0) + 1), ""))
    return tuple(sorted(standings, key=lambda s: (s.group, s.place.rank, s.row.row.position)))


def _note(entrant: Entrant, place: Place, compared: Compared, *, has_pairs: bool) -> str:
    notes = []
    if has_pairs and entrant.note:
        notes.append(f"in comparisons {entrant.note}")
    if has_pairs and not place.comparisons and compared.tried[entrant.number]:
        notes.append("no comparison of it had a verdict, so its place is by its score")
    return "; ".join(notes)
