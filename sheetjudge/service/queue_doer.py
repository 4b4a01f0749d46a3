"""What a worker does for a job of the queue: the same runs, estimates and drafts as over HTTP, without a store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sheetjudge.errors import SheetjudgeError, TableBusy
from sheetjudge.ops.jobs import Ended, run_job
from sheetjudge.ops.office import Office
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.progress import Progress
from sheetjudge.service.offer import Offer
from sheetjudge.service.queue_job import JobInHand, Outcome
from sheetjudge.service.quick import drafted, estimated
from sheetjudge.service.requests import Place, Request
from sheetjudge.service.runner import check_rows, harmless, with_budget_left
from sheetjudge.service.told import progress_told

_BUSY_PAUSE, _LONGEST_BUSY = 5.0, 660.0


@dataclass
class QueueDoer:
    """Carries out what jobs of one place ask for.

    Args:
        office: the journal, the log and the environment. offer: what may be asked. place: where the spreadsheets are.
        clock: seconds that only go forward.
    """

    office: Office
    offer: Offer
    place: Place
    clock: Callable[[], float] = time.monotonic
    _paces: dict[tuple[str, str], float] = field(default_factory=dict)

    async def carry_out(self, request: Request, job: JobInHand) -> Outcome:
        """Carry out a request; the job takes its progress, and what ends it.

        Args:
            request: what is asked for. job: whose it is.
        """
        if request.kind == "draft":
            return _outcome(await drafted(request, self.office, self.offer))
        if request.kind == "estimate":
            return _outcome(self._with_seconds(await estimated(request, self.place, self.office, self.offer), request))
        began = self.clock()
        while True:
            ended = await self._run(request, job)
            if not isinstance(ended.error, TableBusy) or self.clock() - began > _LONGEST_BUSY:
                return _outcome(ended)
            job.shows(partial(_waiting, ended.error, job.before))
            with suppress(TimeoutError):
                await asyncio.wait_for(job.ending.wait(), _BUSY_PAUSE)
            if job.wish:
                return Outcome("stopped")

    async def _run(self, request: Request, job: JobInHand) -> Ended:
        latest: list[Progress] = []

        def shown(at: Progress) -> None:
            latest[:] = [at]

        def check(opened: Opened) -> None:
            check_rows(opened, self.offer)

        def tell(event: str, /, **facts: Any) -> None:
            with suppress(SheetjudgeError):
                self.office.log.write(event, job=job.id, **harmless(facts))

        job.shows(lambda: progress_told(latest[0] if latest else None, job.before))
        ended = await run_job(
            with_budget_left(request.job(self.place), job.before),
            self.office.environment,
            shared=self.office.shared(),
            now=self.office.now,
            on_progress=shown,
            on_open=job.opened,
            check=check,
            tell=tell,
        )
        if latest and (rate := progress_told(latest[0])["per_minute"]):
            self._paces[request.judge, request.operation] = rate / 60
        return ended

    def _with_seconds(self, ended: Ended, request: Request) -> Ended:
        """An estimate, with the time that it would take at the pace of the last run of its kind."""
        pace = self._paces.get((request.judge, request.operation))
        if pace is None or "to_judge" not in ended.result:
            return ended
        return replace(ended, result={**ended.result, "seconds": round(ended.result["to_judge"] / pace, 1)})


def _waiting(busy: TableBusy, spent: float) -> dict[str, Any]:
    return {**progress_told(None, spent), "doing": f"Waiting. {busy.what}"}


def _outcome(ended: Ended) -> Outcome:
    kind = "" if ended.error is None else type(ended.error).__name__
    return Outcome(ended.state, {} if ended.error else ended.result, ended.usd, ended.said, kind)
