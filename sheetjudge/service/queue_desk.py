"""A worker at the jobs of one spreadsheet: takes what waits, shows how far it is, says what came of it.

One look at the tab, then one batch of changes, over and over. Whatever the look shows is taken as it stands: rows may
have been moved, changed or deleted, holds lost, and any write may have failed without a word.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sheetjudge.errors import SheetjudgeError
from sheetjudge.service.offer import Offer
from sheetjudge.service.queue_job import FINAL, JobInHand, Outcome, state_of
from sheetjudge.service.queue_offer import Offering, alive
from sheetjudge.service.queue_upkeep import PRUNED, Signs, pruning
from sheetjudge.service.queue_waiting import asked_for, check_takeable, is_for_others, is_free
from sheetjudge.service.requests import Request
from sheetjudge.service.runner import where
from sheetjudge.tables.job_holds import Change, Hold, given_up, kept, new_hold, removed
from sheetjudge.tables.job_tab import OFFER, JobRow, JobsSeen, JobTab

SILENCE = 120.0
"""Seconds without a sign of life after which a worker is taken for dead."""

_RUNS, _QUICK = 2, 2
_LONGEST_REST = 300.0
_MOMENT = 0.25


class Doer(Protocol):
    """Whoever carries out what a job asks for."""

    offer: Offer

    async def carry_out(self, request: Request, job: JobInHand) -> Outcome:
        """Carry out a request; the job takes progress and what ends it. Raises a SheetjudgeError in words."""


class Told(Protocol):
    """Hears of what happens, for a log: an event and its facts, none of which is a text that people or judges wrote."""

    def __call__(self, event: str, /, **facts: Any) -> None: ...  # noqa: D102


@dataclass(frozen=True)
class Pace:
    """When to look, in seconds.

    Attributes:
        poll: between two looks while there is nothing to do, at first; grows to `slowest`.
        beats: between the first two signs of life of a job, and the most that they grow to.
        silence: without a sign of life after which a worker is taken for dead.
    """

    poll: float = 5.0
    slowest: float = 15.0
    beats: tuple[float, float] = (2.0, 10.0)
    silence: float = SILENCE


@dataclass
class Desk:
    """A worker at one spreadsheet.

    Args:
        tab: the way to its jobs. doer: carries them out. rubrics: what the offer says of them.
        places: runs that may go on at once, of all spreadsheets of the worker together.
        name: what people call the worker. now: seconds since 1970. clock: seconds that only go forward.
    """

    tab: JobTab
    doer: Doer
    rubrics: Any
    places: asyncio.Semaphore
    name: str
    told: Told
    pace: Pace = field(default_factory=Pace)
    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
    owner: str = field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        self.jobs: dict[str, JobInHand] = {}
        self._wake = asyncio.Event()
        self._is_closing = False
        self._signs = Signs(self.owner, self.pace.silence, self.clock)
        self._offering = Offering(self.owner, self.name, self.doer.offer.as_json(), self.rubrics, self.now, self.clock)
        self._rest = self.pace.poll
        self._own_tab = -1
        self._has_found_trouble = ""

    async def serve(self) -> None:
        """Work until `close`, and until what was under way then has been put back."""
        while not (self._is_closing and not self.jobs and self._offering.has_ended):
            wait = await self._safely(self.round)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)
            self._wake.clear()

    def close(self) -> None:
        """Take no more, and put back what is under way."""
        self._is_closing = True
        for job in self.jobs.values():
            job.end("queued")
        self._wake.set()

    async def round(self) -> float:
        """Look once, and do what is to be done; answers how many seconds there are until the next look."""
        seen = await asyncio.to_thread(self.tab.look)
        self._signs.watch(seen)
        self._own_tab = seen.place["sheetId"]
        rows = {row.key: row for row in seen.rows}
        groups = [group for job in list(self.jobs.values()) if (group := self._tended(job, seen, rows.get(job.key)))]
        taken = [] if self._is_closing else self._taken(seen)
        groups += taken
        groups += self._offering.changes(seen, is_closing=self._is_closing)
        if not self._is_closing:
            groups += pruning(seen, self.owner, self._signs, self.jobs)
        if groups:
            await asyncio.to_thread(self.tab.change, *groups)
        return self._wait(is_urgent=bool(taken) or any(not job.has_begun for job in self.jobs.values()))

    # --- jobs that this worker has ----------------------------------------------------------------------------------

    def _tended(self, job: JobInHand, seen: JobsSeen, row: JobRow | None) -> list[Change]:
        """What a job of this worker's needs written."""
        hold = seen.holds.get(job.key)
        if row is None:
            self._lose(job, "deleted")
            return [removed(hold)] if hold is not None and hold.owner == self.owner else []
        if self._is_through(job, row, hold):
            self.jobs.pop(job.key)
            return []
        if hold is not None and hold.owner != self.owner:
            self._lose(job, "taken over")
            return []
        if hold is None or hold.index != row.index:
            # Not taken after all, sorted away from its hold, or somebody deleted that.
            return self._again(job, row, seen, hold)
        if not job.has_begun and (row.spec != job.spec or self._is_closing):
            self.jobs.pop(job.key)
            return [removed(hold)]
        return self._shown(job, row, seen, hold)

    def _shown(self, job: JobInHand, row: JobRow, seen: JobsSeen, hold: Hold) -> list[Change]:
        """What a job needs written whose hold stands beside it."""
        if not job.has_begun:
            job.has_begun = True
            job.task = asyncio.create_task(self._carried_out(job, row, hold))
        job.is_edited = job.is_edited or row.spec != job.spec
        if row.is_cancelled:
            job.end("cancelled")
        if not job.is_due():
            return []
        job.was_shown()
        stands = given_up(hold, seen.place) if job.outcome is not None else kept(hold, seen.place)
        return [*stands, *seen.written(row, job.cells())]

    def _is_through(self, job: JobInHand, row: JobRow, hold: Hold | None) -> bool:
        """Its end stands in its row."""
        if job.outcome is None or (hold is not None and hold.owner == self.owner):
            return False
        return state_of(row) == job.outcome.state and (job.outcome.state in FINAL or row.worker == self.name)

    def _again(self, job: JobInHand, row: JobRow, seen: JobsSeen, hold: Hold | None) -> list[Change]:
        if hold is None and not job.has_begun:
            # Somebody was quicker, or nothing was changed: the next look begins afresh.
            self.jobs.pop(job.key)
            return []
        return seen.held(job.hold, row)

    async def _carried_out(self, job: JobInHand, row: JobRow, hold: Hold) -> None:
        self.told("taken", job=job.id, tries=hold.tries + 1, **job.facts)
        try:
            outcome = await self._outcome(job, row, hold)
        except SheetjudgeError as error:
            outcome = Outcome("failed", said=str(error), kind=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others' jobs go on, and who asked is told
            self.told("broke", job=job.id, error=type(error).__name__, where=where(error))
            said = f"The worker failed ({type(error).__name__}). Please tell whoever runs it."
            outcome = Outcome("failed", usd=None, said=said, kind=type(error).__name__)
        job.ended(outcome)
        self.told("ended", job=job.id, state=job.outcome and job.outcome.state, usd=job.usd, error=outcome.kind or None)
        self._wake.set()

    async def _outcome(self, job: JobInHand, row: JobRow, hold: Hold) -> Outcome:
        """What comes of a job.

        Raises:
            SheetjudgeError: why nothing does.
        """
        if row.is_cancelled:
            return Outcome("cancelled", said="Cancelled before it began.")
        check_takeable(row, hold)
        request = asked_for(job.text, self.doer.offer, self.tab.api.spreadsheet, self._own_tab)
        if request.kind != "run":
            return await self.doer.carry_out(request, job)
        async with self.places:
            if job.wish:
                return Outcome("stopped")
            return await self.doer.carry_out(request, job)

    def _lose(self, job: JobInHand, why: str) -> None:
        """The job is this worker's no longer: end it, and write nothing about it."""
        if not job.is_lost:
            job.is_lost = True
            self.told("lost", job=job.id, why=why)
            job.end("lost")
        if job.task is None or job.task.done():
            self.jobs.pop(job.key, None)

    # --- jobs that wait -----------------------------------------------------------------------------------------------

    def _taken(self, seen: JobsSeen) -> list[list[Change]]:
        """Requests that take the jobs that there is room for, each a group."""
        offers = alive(offer.hold.more, self.now()) if (offer := seen.offer) and offer.hold else {}
        offers.pop(self.owner, None)
        busy = {
            self._tab(row.job) for row in seen.rows if row.hold and row.key not in self.jobs and self._signs.lives(row)
        }
        groups = []
        for row in sorted(seen.rows, key=lambda row: (row.asked, row.index)):
            if row.id == OFFER or row.key in self.jobs or not is_free(row, seen, self._signs):
                continue
            request = self._understood(row.job)
            if request is None and is_for_others(row.job, offers):
                continue
            is_run = request is not None and request.kind == "run" and not row.is_cancelled
            tab = request.tab if request is not None and is_run else ""
            if self._has_room(tab, busy):
                self.jobs[row.key] = job = self._in_hand(row, seen.holds.get(row.key))
                job.tab = tab
                job.facts = {"kind": request.kind, "operation": request.operation} if request is not None else {}
                groups.append(seen.held(job.hold, row))
        return groups

    def _in_hand(self, row: JobRow, over: Hold | None) -> JobInHand:
        """A job to be taken, perhaps over from a worker that died."""
        hold = new_hold(row.key, self.owner, row.spec)
        if over is not None and over.owner != self.owner and over.spec != PRUNED:
            # What it was before can't be told any more, so an edit isn't run unseen.
            hold = replace(hold, tries=over.tries + 1, more="" if over.spec == row.spec else "edited")
        return JobInHand(row, hold, self.name, beats=self.pace.beats, now=self.now, clock=self.clock)

    def _has_room(self, tab: str, busy: Iterable[str]) -> bool:
        """Is there a place? Results of a tab are written by one run at a time."""
        tabs = [job.tab for job in self.jobs.values()]
        if tab:
            has_place = len(list(filter(None, tabs))) < _RUNS and not self.places.locked()
            return has_place and tab not in tabs and tab not in busy
        return tabs.count("") < _QUICK

    def _understood(self, text: str) -> Request | None:
        try:
            return asked_for(text, self.doer.offer, self.tab.api.spreadsheet, self._own_tab)
        except SheetjudgeError:
            return None

    def _tab(self, text: str) -> str:
        request = self._understood(text)
        return request.tab if request is not None and request.kind == "run" else ""

    def trouble(self, error: Exception) -> None:
        """Say what keeps this worker from its work, once."""
        is_told = isinstance(error, SheetjudgeError)
        said = str(error) if is_told else f"The worker failed ({type(error).__name__} at {where(error)})."
        if self._has_found_trouble != said:
            self._has_found_trouble = said
            self.told("trouble", said=f"{self.tab.api.spreadsheet}: {said}")

    # --- when -------------------------------------------------------------------------------------------------------

    def _wait(self, *, is_urgent: bool) -> float:
        if is_urgent:
            self._rest = self.pace.poll
            return 0.0
        if self.jobs:
            self._rest = self.pace.poll
            soon = min(_MOMENT, self.pace.beats[0])
            return min(soon if job.outcome is not None else job.wait for job in self.jobs.values())
        if self._is_closing:
            return 0.0
        rest = self._rest
        self._rest = min(self._rest * 1.1, self.pace.slowest)
        return rest

    async def _safely(self, work: Callable[[], Awaitable[float]]) -> float:
        """Work, and where that fails say so once and try again later."""
        try:
            wait = await work()
        except Exception as error:  # noqa: BLE001 - what is odd about one sheet must not end the work at the others
            self.trouble(error)
            if self._is_closing:
                self.jobs = {key: job for key, job in self.jobs.items() if job.task and not job.task.done()}
                self._offering.has_ended = True
                return _MOMENT
            self._rest = min(self._rest * 2, _LONGEST_REST)
            return self._rest
        if self._has_found_trouble:
            self._has_found_trouble = ""
            self.told("fine again")
        return wait
