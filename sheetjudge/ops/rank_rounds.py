"""The comparisons of a ranking: many at once, in rounds, each chosen in the light of those before it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from sheetjudge.engine.aside import Aside
from sheetjudge.engine.run import run
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.rank_job import RankJob
from sheetjudge.ops.rank_result import Compared
from sheetjudge.ops.rank_rows import Entrant, Field, PairWork, drawn, pair_work
from sheetjudge.stats.jury import short_names
from sheetjudge.stats.pairing import Asked
from sheetjudge.stats.ranking import Ranking
from sheetjudge.stats.ranking_search import MANY, Heard, Search

CERTAIN = "the certainty that was asked for is reached"
USED_UP = "the comparisons are used up"
ALL_MADE = "every comparison has been made"
SCORES_ALONE = "rows were ranked on scores alone"
STOPPED = "the run was stopped"


class Rounds:
    """Makes the comparisons of one ranking.

    Args:
        job: what to do.
        on_step: called with the progress after each comparison.

    Attributes:
        compared: counts over all comparisons.
    """

    def __init__(self, job: RankJob, on_step: Callable[[Progress], None]) -> None:
        self.compared = Compared()
        self._job = job
        self._on_step = on_step
        # Of few rows the next round is a matter of milliseconds, and a process would take longer to start.
        self._search = Aside(Search, in_process=bool(job.seats) and job.row_count >= MANY)

    def close(self) -> None:
        """Let go of what chooses the comparisons. May be called twice."""
        self._search.close()

    async def go(self, field: Field, progress: Progress) -> tuple[Ranking, str]:
        """Make them.

        Args:
            field: the rows that compete; at least one.
            progress: of this pass.

        Returns:
            The places that comparisons give the entrants, and why no more were made.
        """
        job, entrants = self._job, field.entrants
        scores = [entrant.score for entrant in entrants]
        copies = [len(entrant.rows) for entrant in entrants]
        groups = [entrant.group for entrant in entrants]
        await self._search.make(scores, groups, copies, _top(job, field), job.both_orders)
        at_once, asked = self._at_a_time(len(entrants)), 0
        looks_ahead = len(entrants) >= MANY
        heard: list[Heard] = []
        ahead: _Round | None = None
        try:
            while True:
                sure, pairs = await self._search.call("next", min(at_once, progress.rows - asked), heard)
                if ahead is not None:
                    await ahead.begun()
                if why := self._reason(sure, asked, progress.rows, pairs):
                    break
                asked += len(pairs)
                # Of many rows the next round is looked for while this one is under way, without its answers; and it
                # begins when the last calls of this one are out.
                ahead, before = self._round(entrants, pairs, progress), ahead
                heard = await before.answers if before else []
                if not looks_ahead:
                    heard, ahead = await ahead.answers, None
            heard = await ahead.answers if ahead else []
        finally:
            if ahead is not None:
                await ahead.close()
        return await self._search.call("found", heard), why

    def _at_a_time(self, rows: int) -> int:
        """Comparisons of a round: as few as keep the judges busy, so that each round knows of more answers."""
        share = 3 if rows >= MANY else 6
        return max(rows // share, min(self._job.bench.at_once // 2, rows // 2), 2)

    def _reason(self, sure: float, asked: int, most: int, pairs: Sequence[Asked]) -> str:
        """Why no more comparisons are made, or ""."""
        if self._job.bench.stop.asked():
            return STOPPED
        if sure >= self._job.certainty:
            return CERTAIN
        if not pairs and asked < most:
            return ALL_MADE
        return "" if pairs else USED_UP

    def _round(self, entrants: Sequence[Entrant], pairs: Sequence[Asked], progress: Progress) -> _Round:
        all_begun = asyncio.Event()

        def works() -> Iterator[PairWork]:
            for place, (first, second) in enumerate(pairs):
                yield pair_work(place, entrants[first], entrants[second])
            all_begun.set()

        return _Round(all_begun, asyncio.create_task(self._heard(works(), progress)))

    async def _heard(self, works: Iterator[PairWork], progress: Progress) -> list[Heard]:
        """The answers of a round, in the order of its pairs whatever order they come in."""
        job, bench = self._job, self._job.bench
        answers: dict[int, Heard] = {}
        judges = short_names([seat.caller.model.name for seat in job.seats])
        async with aclosing(run(works, job.seats, at_once=bench.at_once, stop=bench.stop)) as outcomes:
            async for outcome in outcomes:
                work = outcome.work
                verdict = drawn(job.rubric, work, outcome.verdicts)
                self.compared.add(work, verdict, dict(zip(judges, outcome.verdicts, strict=True)))
                if verdict.preference is not None:
                    answers[work.place] = (work.first.number, work.second.number, verdict.preference)
                progress.done += 1
                progress.errors = self.compared.failed
                self._on_step(progress)
        return [answers[place] for place in sorted(answers)]


@dataclass(frozen=True)
class _Round:
    """Comparisons under way.

    Attributes:
        all_begun: set when the last of them is being asked about. answers: all of them.
    """

    all_begun: asyncio.Event
    answers: asyncio.Task[list[Heard]]

    async def begun(self) -> None:
        """Wait until the last of them is being asked about, or the run was stopped."""
        begun = asyncio.ensure_future(self.all_begun.wait())
        await asyncio.wait((begun, self.answers), return_when=asyncio.FIRST_COMPLETED)
        begun.cancel()

    async def close(self) -> None:
        """Ask no more."""
        self.answers.cancel()
        await asyncio.gather(self.answers, return_exceptions=True)


def _top(job: RankJob, field: Field) -> int | None:
    """How many are wanted of each group; None where that is all of them, so that their order is."""
    sizes = Counter(entrant.group for entrant in field.entrants for _ in entrant.rows)
    top = job.top
    return top if top is not None and top < max(sizes.values(), default=0) else None
