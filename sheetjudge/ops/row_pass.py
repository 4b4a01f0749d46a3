"""Rows through judges, each drawn together with the checks' verdicts: the pass that every verb begins with."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing

from sheetjudge.engine.run import Work, run
from sheetjudge.ops.checking import RowChecks
from sheetjudge.ops.judges import RowSeat
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.row_values import Judged, judged
from sheetjudge.stats.jury import short_names


async def judged_rows(
    job: Opened, *, works: Iterable[Work] | None = None, seats: Sequence[RowSeat] | None = None
) -> AsyncGenerator[Judged, None]:
    """Judge rows; they come as they are done.

    Args:
        job: what to work on.
        works: the rows; None for all that the job is about.
        seats: the judges; None for all that sit on every row.

    Yields:
        One for each row that was judged to its end. Fewer than there are works where the run is stopped
        (`job.bench.stop`).
    """
    bench = job.bench
    seats = bench.seats if seats is None else seats
    judges = short_names([seat.caller.model.name for seat in seats])
    checks = RowChecks(job.rubric, job.table, job.reading)
    works = job.works() if works is None else works
    async with aclosing(run(works, seats, at_once=bench.at_once, stop=bench.stop)) as outcomes:
        async for outcome in outcomes:
            yield judged(job.rubric, outcome, checks.verdicts(outcome.work.row), judges, job.most_disagreement)
