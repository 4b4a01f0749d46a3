"""`rank`: the order of a table's rows by a rubric: scores first, then comparisons where the scores leave it open."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing, closing

from sheetjudge.ops.progress import Progress
from sheetjudge.ops.rank_job import RankJob
from sheetjudge.ops.rank_plan import most_comparisons
from sheetjudge.ops.rank_result import Compared, RankResult, Standing
from sheetjudge.ops.rank_rounds import SCORES_ALONE, STOPPED, Rounds
from sheetjudge.ops.rank_rows import Entrant, Field, cells, field_of, headers, noted
from sheetjudge.ops.row_pass import judged_rows
from sheetjudge.ops.row_values import Judged
from sheetjudge.ops.summary import Summary
from sheetjudge.ops.under_way import UnderWay, under_way
from sheetjudge.stats.ranking import Place, Ranking, placed_by_scores


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
    names = headers(job.rubric, job.table.results, reasoning=job.keep_reasoning)
    ranking_run = _Ranking(job, on_progress)
    with closing(ranking_run.rounds):
        async with under_way(job, "rank", names, on_stop=ranking_run.stopping, story=ranking_run.story) as this_run:
            return await ranking_run.go(this_run)


class _Ranking:
    """One ranking under way."""

    def __init__(self, job: RankJob, on_progress: Callable[[Progress], None]) -> None:
        self.job = job
        self.summary = Summary(job.rubric)
        self.rounds = Rounds(job, on_progress)
        self.progress = Progress(job.row_count, job.bench.tally)
        self._began = time.monotonic()
        self._on_progress = on_progress

    def stopping(self) -> None:
        """Show that the run has been asked to stop."""
        self.progress.stopping = True
        self._on_progress(self.progress)

    def story(self) -> dict[str, object]:
        """Counts for the journal's record of the run."""
        return {**self.summary.counts(), "comparisons": self.rounds.compared.counts()}

    async def go(self, this_run: UnderWay) -> RankResult:
        job, bench = self.job, self.job.bench
        rows = await self._scored()
        scored_all = bench.stop.reason is None
        field = field_of(job, rows)
        found, why = await self._ranked(field) if scored_all else (None, STOPPED)
        standings = _standings(field, found, self.rounds.compared) if scored_all else ()
        self._put(rows, standings, field, this_run)
        stopped = await this_run.finish(self.progress, has_results=bool(self.summary.scored))
        bases = {basis for c in self.summary.criteria.values() for basis in c.basis} | self.rounds.compared.bases
        notes = [*job.table.notes, *job.remarks, *bench.notes_on(bases), *getattr(job.target, "notes", ())]
        return RankResult(
            this_run.id,
            self.summary,
            self.rounds.compared,
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

    async def _ranked(self, field: Field) -> tuple[Ranking | None, str]:
        """The places that comparisons give the entrants, and why no more were made."""
        job, rows = self.job, len(field.entrants)
        if not job.seats or not rows:
            return None, SCORES_ALONE
        most = most_comparisons(job, rows, field.most_comparisons)
        self.progress = Progress(most, job.bench.tally, doing="Comparing", unit="comparison", is_most=True)
        return await self.rounds.go(field, self.progress)

    def _put(self, rows: Sequence[Judged], standings: Sequence[Standing], field: Field, this_run: UnderWay) -> None:
        job = self.job
        places = {standing.row.row.position: standing.place for standing in standings}
        notes = {standing.row.row.position: standing.note for standing in standings}
        if job.group is not None:
            notes |= {row.row.position: f"nothing in {job.group.name}, so it has no rank" for row in field.ungrouped}
        for row in rows:
            said = noted(row, notes.get(row.row.position, ""))
            self.summary.restate(row, said)
            place = places.get(row.row.position)
            this_run.put(row.row, cells(job.rubric, said, place, reasoning=job.keep_reasoning))


def _standings(field: Field, found: Ranking | None, compared: Compared) -> tuple[Standing, ...]:
    """All rows with a place, best first in each group."""
    rows = [(entrant, row) for entrant in field.entrants for row in entrant.rows]
    groups = [entrant.group for entrant, _ in rows]
    if found is None:
        places = placed_by_scores([row.score.score or 0.0 for _, row in rows], groups)
    else:
        places = tuple(found.places[entrant.number] for entrant, _ in rows)
    standings = [
        Standing(entrant.group, row, place, _note(entrant, place, compared, has_pairs=found is not None))
        for (entrant, row), place in zip(rows, places, strict=True)
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
