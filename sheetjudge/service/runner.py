"""Carries out the jobs of a store, several at once, in one process; takes up what an earlier process left behind."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sheetjudge.engine.holders import new_holder
from sheetjudge.engine.job_store import Record
from sheetjudge.engine.run import Stop, interrupted
from sheetjudge.errors import ConfigError, SheetjudgeError, TableBusy
from sheetjudge.ops.job_file import Job
from sheetjudge.ops.jobs import Ended, run_job
from sheetjudge.ops.office import Office
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.progress import Progress
from sheetjudge.service.offer import Offer
from sheetjudge.service.quick import drafted, estimated
from sheetjudge.service.requests import Place, Request, read_request
from sheetjudge.service.told import progress_told

RUNS_AT_ONCE, QUICK_AT_ONCE = 4, 4

CALM_SECONDS = 6.0
"""That runs get to end by themselves when the process is to end: with the rest, within the ten that Docker gives."""

_BEAT_SECONDS = 1.0
_LOOK_SECONDS = 1.0
_BUSY_PAUSE, _LONGEST_BUSY = 5.0, 660.0
_MOST_OPEN = 100_000
_MOST_SERVED = 1000


class Tell(Protocol):
    """Hears of what becomes of jobs, for a log: an event and its facts, with no text of a row and no secret."""

    def __call__(self, event: str, /, **facts: Any) -> None: ...  # noqa: D102


@dataclass
class _Running:
    """A job in the works."""

    record: Record
    request: Request | None
    task: asyncio.Task[None] | None = None
    stop: Stop | None = None
    progress: Progress | None = None
    is_wanted: bool = True
    took_up: bool = False

    def end(self) -> None:
        """Nothing new is begun; what is in flight is finished."""
        self.is_wanted = False
        if self.stop is not None:
            self.stop.ask(interrupted())

    @property
    def is_quick(self) -> bool:
        return self.request is None or self.request.kind != "run"

    @property
    def writes_to(self) -> str:
        return self.request.tab if self.request is not None and self.request.kind == "run" else ""


@dataclass
class Runner:
    """Takes jobs from a store and carries them out.

    One event loop runs it; `wake` and `ask_to_stop` may be called from other threads.

    Attributes:
        office: the store, the journal, the log. offer: what may be asked. place: where Google is.
        runs_at_once: runs under way. quick_at_once: estimates and drafts, which don't wait for runs.
        calm: seconds that runs get to end by themselves when the process is to end.
        changed: is told the id of a job as soon as something has become of it; for whoever mirrors jobs elsewhere.
    """

    office: Office
    offer: Offer
    place: Place
    runs_at_once: int = RUNS_AT_ONCE
    quick_at_once: int = QUICK_AT_ONCE
    calm: float = CALM_SECONDS
    changed: Callable[[str], None] = lambda _: None
    _running: dict[str, _Running] = field(default_factory=dict)
    _served: list[str] = field(default_factory=list)
    _known: dict[str, Request | None] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)
    _busy_since: dict[str, float] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _is_stopping: bool = False

    def wake(self) -> None:
        """There may be something new to do."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._woken.set)

    def ask_to_stop(self) -> None:
        """Begin nothing new, end what runs, put it back into the queue."""
        self._is_stopping = True
        self.wake()

    async def run(self) -> None:
        """Carry out jobs until asked to stop."""
        self._loop = asyncio.get_running_loop()
        # Each run sets this for itself and puts back what it found: with several at once the last would leave its own.
        usual = gc.get_threshold()
        gc.set_threshold(100_000, 20, 100)
        try:
            while not self._is_stopping:
                # A store that can't be used just now (a full disk, say) may be well again at the next look.
                with self._survived("jobs_not_taken"):
                    self._take_all()
                self._woken.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), _LOOK_SECONDS)
            await self._end_all()
        finally:
            gc.set_threshold(*usual)

    async def _end_all(self) -> None:
        for running in self._running.values():
            running.end()
        tasks = [running.task for running in self._running.values() if running.task is not None]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=self.calm)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- taking jobs --------------------------------------------------------------------------------------------------

    def _take_all(self) -> None:
        places = {True: self.quick_at_once, False: self.runs_at_once}
        for running in self._running.values():
            places[running.is_quick] -= 1
        if not any(count > 0 for count in places.values()):
            return
        now = self.office.now()
        waiting = self.office.store.records(is_open=True, limit=_MOST_OPEN)
        self._known = {record.id: self._known[record.id] for record in waiting if record.id in self._known}
        for record in self._in_turn(waiting):
            if record.id in self._running or self._not_before.get(record.id, now) > now:
                continue
            running = _Running(record, self._read(record))
            if places[running.is_quick] <= 0 or running.writes_to in self._tabs():
                continue
            holder = new_holder()
            running.took_up = record.started is not None
            taken = self.office.store.claim(record.id, holder, now=now)
            if taken is None:
                continue
            running.record = taken
            self._served = [*(owner for owner in self._served if owner != taken.owner), taken.owner][-_MOST_SERVED:]
            places[running.is_quick] -= 1
            self._running[record.id] = running
            running.task = asyncio.create_task(self._carry_out(running, holder))

    def _in_turn(self, waiting: Sequence[Record]) -> list[Record]:
        """The jobs by age, but those of people who were served last come last: nobody waits for all jobs of another."""
        turn = {owner: n for n, owner in enumerate(self._served)}
        return sorted(waiting, key=lambda record: (turn.get(record.owner, -1), record.submitted))

    def _tabs(self) -> set[str]:
        return {running.writes_to for running in self._running.values() if running.writes_to}

    def _read(self, record: Record) -> Request | None:
        if record.id not in self._known:
            self._known[record.id] = None
            with suppress(SheetjudgeError, KeyError):
                self._known[record.id] = read_request(record.spec["request"], self.offer)
        return self._known[record.id]

    # --- one job ------------------------------------------------------------------------------------------------------

    async def _carry_out(self, running: _Running, holder: str) -> None:
        record = running.record
        spent = _spent(record)
        tell = self._teller(record)
        tell("job_started", took_up=running.took_up)
        began = time.monotonic()
        beating = asyncio.create_task(self._beats(running, holder, spent))
        ended = Ended("stopped", 3, {}, 0.0, str(interrupted()))
        try:
            ended = await self._done(running, spent)
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise
        except SheetjudgeError as error:
            ended = Ended("failed", error.exit_code, {}, 0.0, str(error), error)
        except Exception as error:  # noqa: BLE001 - a job that fails in a new way must not end the others
            tell("job_broke", error=type(error).__name__, where=where(error))
            said = f"sheetjudge failed ({type(error).__name__}). Please tell whoever runs it."
            ended = Ended("failed", 2, {}, None, said)
        finally:
            beating.cancel()
            with self._survived("job_not_noted"):
                self._end(running, holder, replace(ended, usd=_sum(spent, ended.usd)))
            del self._running[record.id]
            tell("job_ended", state=ended.state, seconds=round(time.monotonic() - began, 3), usd=ended.usd)
            self.wake()
            self.changed(record.id)

    async def _done(self, running: _Running, spent: float) -> Ended:
        request = running.request
        if request is None:
            read_request(running.record.spec.get("request", ""), self.offer)
            raise ConfigError("The request can't be read.")
        if request.kind == "draft":
            return await drafted(request, self.office, self.offer)
        if request.kind == "estimate":
            return await estimated(request, self.place, self.office, self.offer)
        return await self._run(running, request, spent)

    async def _run(self, running: _Running, request: Request, spent: float) -> Ended:
        job = with_budget_left(request.job(self.place), spent)

        def opened(stop: Stop) -> None:
            running.stop = stop
            if not running.is_wanted:
                stop.ask(interrupted())

        def shown(at: Progress) -> None:
            running.progress = at

        return await run_job(
            job,
            self.office.environment,
            shared=self.office.shared(),
            now=self.office.now,
            on_progress=shown,
            on_open=opened,
            check=self._check,
            tell=self._teller(running.record),
        )

    def _check(self, opened: Opened) -> None:
        check_rows(opened, self.offer)

    async def _beats(self, running: _Running, holder: str, spent: float) -> None:
        record = running.record
        while True:
            with self._survived("job_not_noted"):
                told = progress_told(running.progress, spent)
                if not self.office.store.beat(record.id, holder, told, now=self.office.now()):
                    running.end()
                self.changed(record.id)
            await asyncio.sleep(_BEAT_SECONDS)

    def _end(self, running: _Running, holder: str, ended: Ended) -> None:
        store, record, now = self.office.store, running.record, self.office.now()
        known = store.get(record.id)
        is_cancelled = known is not None and known.is_cancelled
        told = progress_told(running.progress, _spent(record)) if running.progress else dict(record.progress)
        if isinstance(ended.error, TableBusy) and not is_cancelled and not self._is_stopping:
            since = self._busy_since.setdefault(record.id, now)
            if now - since < _LONGEST_BUSY:
                self._not_before[record.id] = now + _BUSY_PAUSE
                store.beat(record.id, holder, {**told, "doing": f"Waiting. {ended.error.what}"}, now=now)
                store.release(record.id, holder)
                return
        self._busy_since.pop(record.id, None)
        self._not_before.pop(record.id, None)
        store.beat(record.id, holder, told, now=now)
        if ended.state == "stopped" and self._is_stopping and not is_cancelled:
            store.release(record.id, holder)
            return
        state, said = ended.state, ended.said
        if is_cancelled and state == "stopped":
            state, said = "cancelled", "Cancelled. What was judged is kept."
        result = {"said": said, "result": {} if ended.error else dict(ended.result)}
        store.finish(record.id, holder, state, result, now=now, usd=ended.usd)

    @contextmanager
    def _survived(self, event: str) -> Iterator[None]:
        """Go on after whatever goes wrong, and tell of it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - one job, or one moment, must not end all jobs
            with suppress(SheetjudgeError):
                self.office.log.write(event, error=type(error).__name__, where=where(error))

    def _teller(self, record: Record) -> Tell:
        def tell(event: str, /, **facts: Any) -> None:
            with suppress(SheetjudgeError):
                self.office.log.write(event, job=record.id, **harmless(facts))

        return tell


def check_rows(opened: Opened, offer: Offer) -> None:
    """See that a job isn't about more rows than may be asked.

    Raises:
        ConfigError: it is.
    """
    count = 0
    for work in opened.works():
        count += work.item is not None
        if count > offer.max_rows:
            raise ConfigError(
                f"A job may judge {offer.max_rows:,} rows here, and {opened.table.name} has more to judge.",
                "Choose some rows, or set a limit.",
            )


def with_budget_left(job: Job, spent: float) -> Job:
    """The job with what an earlier process spent on it taken off its ceiling."""
    budget = job.said.get("budget")
    if not budget or not spent:
        return job
    return replace(job, said={**job.said, "budget": {**budget, "run": max(budget["run"] - spent, 0.0)}})


def _spent(record: Record) -> float:
    """US dollars that went into a job before it was taken up again."""
    usd = record.progress.get("usd")
    return float(usd) if isinstance(usd, int | float) else 0.0


def _sum(spent: float, usd: float | None) -> float | None:
    return None if usd is None else spent + usd


def harmless(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts for a log: a row's status may quote what a judge said, and a table's name is a person's."""
    return {key: value for key, value in facts.items() if key not in ("status", "table")}


def where(error: BaseException) -> str:
    """Module and line where an error was raised: nothing of what was worked on."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return "" if at is None else f"{at.tb_frame.f_globals.get('__name__', '')}:{at.tb_lineno}"
