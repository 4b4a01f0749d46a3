"""A filter under way: every row through the judges that see all, some through the strong one, round by round."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass

from sheetjudge.core.keys import canonical
from sheetjudge.core.table import Row
from sheetjudge.judging.protocol import Item
from sheetjudge.ops.filter_job import FilterJob
from sheetjudge.ops.filter_rows import KEEP, Counts, Decided, Keep, answer, decided
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.row_pass import judged_rows
from sheetjudge.ops.row_values import Judged
from sheetjudge.ops.summary import Summary
from sheetjudge.ops.under_way import UnderWay
from sheetjudge.stats.guarantee_promise import Bounds, Promise
from sheetjudge.stats.guarantees import Cascade
from sheetjudge.stats.text_proxy import TextProxy


@dataclass(frozen=True, slots=True)
class _Known:
    """A row that the promise is about: what tells it from others, and what is known of it before the strong judge.

    Attributes:
        first: what the judges that see every row said. None where a classifier takes their place, which reads `text`.
    """

    row: Row
    digest: bytes
    first: Judged | None = None
    text: str = ""


class Filtering:
    """One filter under way.

    Attributes:
        counts: rows by what became of them. seen: what judges said, for the notes on how they were asked.
        rows: rows with something to judge. asked: those that the strong judge was asked about.
        progress: of the pass under way.
    """

    def __init__(self, job: FilterJob, on_progress: Callable[[Progress], None]) -> None:
        self.counts = Counts()
        self.seen = Summary(job.rubric)
        self.rows = 0
        self.asked = 0
        self._job = job
        self._on_progress = on_progress
        self.progress = Progress(job.row_count, job.bench.tally, doing="Filtering")
        cheap = ", ".join(seat.caller.model.name for seat in job.bench.seats)
        # Who decided need not be said where nobody else could have.
        self._cheap = cheap if job.strong is not None else ""
        self._strong = job.strong.caller.model.name if job.strong is not None and job.proxy == "judge" else ""

    def stopping(self) -> None:
        """Show that the run has been asked to stop."""
        self.progress.stopping = True
        self._on_progress(self.progress)

    def story(self) -> dict[str, object]:
        """Counts for the journal's record of the run."""
        rows: dict[str, int] = {kind: self.counts.keep[kind] for kind in KEEP}
        return {"rows": {**rows, "skipped": self.counts.skipped}, "asked": self.asked}

    async def go(self, this_run: UnderWay) -> Bounds | None:
        """Decide on every row.

        Returns:
            What holds; None where nothing was promised, or the run was stopped too early to tell.
        """
        promise = self._job.promise
        if promise is None:
            await self._by_score(this_run)
            return None
        known = self._texts(this_run) if self._job.proxy == "text" else await self._first_pass(this_run)
        self.rows = len(known)
        return None if self._job.bench.stop.asked() else await self._keeping(promise, known, this_run)

    # --- without a promise --------------------------------------------------------------------------------------------

    async def _by_score(self, this_run: UnderWay) -> None:
        """Each row by what the judges that see all of them say; close ones by the strong judge, where there is one."""
        close: set[int] = set()
        async with aclosing(judged_rows(self._job)) as rows:
            async for row in rows:
                self.rows += bool(row.verdicts)
                self.seen.add(row, "")
                self._step()
                if self._job.strong is not None and row.verdicts and self._sure(row) is None:
                    close.add(row.row.position)
                    continue
                self._put_by_score(row, this_run, self._cheap)
                await this_run.flush_if_due()
        if close and not self._job.bench.stop.asked():
            self._next_pass("Asking again", len(close))
            async with aclosing(self._strong_rows(close)) as rows:
                async for row in rows:
                    self._put_by_score(row, this_run, self._strong)
                    await this_run.flush_if_due()

    def _sure(self, row: Judged) -> Keep | None:
        score, (low, high) = row.score.score, self._job.unsure
        if score is None or low < score < high:
            return None
        return "yes" if score >= high else "no"

    def _put_by_score(self, row: Judged, this_run: UnderWay, judge: str) -> None:
        keep, score = self._sure(row), row.score.score
        note = "" if keep or score is None else f"between yes and no ({score:.2f})"
        self._put(row.row, decided(row, keep or "review", judge, note), this_run, strong=judge == self._strong)

    # --- with a promise -----------------------------------------------------------------------------------------------

    async def _first_pass(self, this_run: UnderWay) -> list[_Known]:
        """Every row through the judges that see all of them."""
        known = []
        async with aclosing(judged_rows(self._job)) as rows:
            async for row in rows:
                self.seen.add(row, "")
                self._step()
                work = self._job.reading.work(row.row)
                if work.item is None:
                    self._put(row.row, decided(row, "review", ""), this_run)
                else:
                    known.append(_Known(row.row, _digest(work.item), row))
        return known

    def _texts(self, this_run: UnderWay) -> list[_Known]:
        """The rows as a classifier of their words sees them."""
        known = []
        for work in self._job.works():
            if work.item is None:
                self._put(work.row, Decided(None, None, "", f"skipped: {work.note}"), this_run)
            else:
                known.append(_Known(work.row, _digest(work.item), text=work.item.text))
        return known

    async def _keeping(self, promise: Promise, known: list[_Known], this_run: UnderWay) -> Bounds:
        """Round by round, until the promise is met or the run is stopped."""
        # In an order and with draws that rest on nothing but the rows' texts: a run that takes up where another
        # stopped asks about the same rows, whatever was sorted since.
        known.sort(key=lambda row: (row.digest, row.row.position))
        seed = hashlib.sha256(b"".join([self._job.rubric.version.encode(), *(row.digest for row in known)])).digest()
        proxy = TextProxy([row.text for row in known], self._job.rubric.name) if self._job.proxy == "text" else None
        scores: list[float | None] = [row.first.score.score if row.first else None for row in known]
        if proxy is not None:
            scores = [*proxy.scores({})]
        cascade = Cascade(scores, promise, seed=int.from_bytes(seed[:8]), batch=max(16, self._job.bench.at_once))
        told: dict[int, bool] = {}
        self._next_pass("Asking the strong judge", len(known))
        while (rows := (await asyncio.to_thread(cascade.ask)).tolist()) and not self._job.bench.stop.asked():
            answers = await self._round({known[row].row.position for row in rows}, this_run)
            if self._job.bench.stop.asked():
                break
            given = [answers[known[row].row.position] for row in rows]
            cascade.tell(given)
            told |= {row: yes for row, yes in zip(rows, given, strict=True) if yes is not None}
            if proxy is not None:
                cascade.rescore(await asyncio.to_thread(proxy.scores, told))
        self._put_unseen(cascade, known, this_run)
        return cascade.bounds()

    async def _round(self, positions: Collection[int], this_run: UnderWay) -> dict[int, bool | None]:
        """What the strong judge says of some rows. Fewer than were asked about where the run was stopped."""
        answers = {}
        async with aclosing(self._strong_rows(positions)) as rows:
            async for row in rows:
                said = answer(row)
                answers[row.row.position] = said
                self._put(row.row, decided(row, "yes" if said else "no", self._strong), this_run, strong=True)
                await this_run.flush_if_due()
        return answers

    def _put_unseen(self, cascade: Cascade, known: list[_Known], this_run: UnderWay) -> None:
        """The rows that the strong judge was not asked about, where the promise allows to decide on them."""
        found = cascade.decided()
        if not found.bounds.met:
            return
        for row, keep, asked in zip(known, found.keep, found.asked, strict=True):
            if asked:
                continue
            first = Decided(keep, None, "Decided by a classifier of the row's words.", "ok")
            self._put(row.row, first if row.first is None else decided(row.first, keep, self._cheap), this_run)

    # --- both ---------------------------------------------------------------------------------------------------------

    async def _strong_rows(self, positions: Collection[int]) -> AsyncGenerator[Judged, None]:
        strong = self._job.strong
        assert strong is not None  # noqa: S101 - a promise has one
        works = (work for work in self._job.works() if work.row.position in positions)
        async with aclosing(judged_rows(self._job, works=works, seats=(strong,))) as rows:
            async for row in rows:
                self.asked += 1
                self.seen.add(row, "")
                self._step()
                yield row

    def _put(self, row: Row, what: Decided, this_run: UnderWay, *, strong: bool = False) -> None:
        self.counts.add(what, strong=strong)
        self.progress.errors = self.counts.errors
        this_run.put(row, what.values())

    def _step(self) -> None:
        self.progress.done += 1
        self._on_progress(self.progress)

    def _next_pass(self, doing: str, rows: int) -> None:
        self.progress = Progress(
            rows,
            self._job.bench.tally,
            doing=doing,
            errors=self.counts.errors,
            is_most=self._job.promise is not None,
        )
        self._on_progress(self.progress)


def _digest(item: Item) -> bytes:
    return hashlib.sha256(canonical([item.fields, sorted(item.references.items())])).digest()
