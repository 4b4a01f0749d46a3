"""What a ranking would do at the most, before it does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sheetjudge.core.verdict import RowScore
from sheetjudge.engine.plan import Plan, SeatPlan, plan
from sheetjudge.ops.rank_job import PER_ROW, RankJob
from sheetjudge.ops.rank_rows import Entrant, pair_work
from sheetjudge.ops.row_values import Judged

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
    count = most_comparisons(job, len(entrants), len(entrants) * (len(entrants) - 1))
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
        repeated=one.repeated + other.repeated,
        usage=one.usage + other.usage,
        usd=usd,
    )


def most_comparisons(job: RankJob, rows: int, possible: int) -> int:
    """The most comparisons that may be made among so many rows, of so many that there are."""
    wanted = PER_ROW * rows if job.comparisons is None else job.comparisons
    return min(wanted, possible)
