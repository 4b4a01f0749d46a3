"""What a ranking would do at the most, before it does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from sheetjudge.core.verdict import RowScore
from sheetjudge.engine.plan import Plan, SeatPlan, plan
from sheetjudge.ops.rank_job import PER_ROW, RankJob
from sheetjudge.ops.rank_rows import Entrant, pair_work, shared_in_group
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
    groups: dict[str, list[Entrant]] = {}
    for work in job.works():
        shared = shared_in_group(job, work.row).strip()
        item = None if work.item is None else job.pair_reading.work(work.row).item
        if item is not None and (shared or job.group is None):
            groups.setdefault(shared, []).append(Entrant(0, 0, Judged(work.row, (), _NO_SCORE, "ok"), item))
    rows, possible = sum(map(len, groups.values())), sum(len(g) * (len(g) - 1) for g in groups.values())
    count = most_comparisons(job, rows, possible)
    asked = islice(_neighbours([*groups.values()]), count)
    pairs = plan((pair_work(0, one, other) for one, other in asked), job.seats, job.bench.journal)
    seats = tuple(_together(one, other) for one, other in zip(scores.seats, pairs.seats, strict=True))
    return replace(scores, seats=seats)


def _neighbours(groups: Sequence[Sequence[Entrant]]) -> Iterator[tuple[Entrant, Entrant]]:
    """Each two of a group in both orders, those next to each other first."""
    for step in range(1, max(map(len, groups), default=0)):
        for group in groups:
            if step < len(group):
                yield from ((one, group[(n + step) % len(group)]) for n, one in enumerate(group))


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
