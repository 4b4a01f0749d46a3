"""Jobs that nobody watches: many in one process, each once at a time, every run told of."""

from __future__ import annotations

import asyncio
import platform
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sheetjudge import __version__
from sheetjudge.engine.holders import new_holder
from sheetjudge.engine.job_store import JobStore, Record
from sheetjudge.engine.journal import Journal
from sheetjudge.engine.limits import Rate
from sheetjudge.engine.run import Stop, interrupted
from sheetjudge.errors import SheetjudgeError
from sheetjudge.ops.job_file import Job
from sheetjudge.ops.jobs import Ended, options_of, run_job, verb_of
from sheetjudge.ops.notify import News, notify
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.run_log import Log, RunLog
from sheetjudge.ops.set_up import Shared
from sheetjudge.ops.settings import load_settings

JOBS_AT_ONCE = 4
"""Jobs of one process that run at the same time."""

JOBS_FILE, LOG_FILE = "jobs.sqlite3", "runs.log"

_BEAT_SECONDS = 10.0


@dataclass(frozen=True)
class Office:
    """What all jobs of a process work with.

    Attributes:
        environment: environment variables. store: of the jobs. log: of the runs. journal: of the answers.
        now: the time, in seconds since 1970.
    """

    environment: Mapping[str, str]
    store: JobStore
    log: Log
    journal: Journal
    now: Callable[[], float] = time.time
    rates: dict[tuple[str, float], Rate] = field(default_factory=dict)

    def shared(self) -> Shared:
        """What the jobs have in common."""

        def rate(name: str, per_minute: float) -> Rate:
            return self.rates.setdefault((name, per_minute), Rate(per_minute))

        return Shared(_KeptOpen(self.journal), rate)


@dataclass(frozen=True)
class Told:
    """What became of one job.

    Attributes:
        job: its name. run: its id in the store; "" where it didn't begin.
        ended: what came of it; None where it didn't begin.
        sentence: for a person.
    """

    job: str
    run: str
    ended: Ended | None
    sentence: str


@contextmanager
def open_office(
    environment: Mapping[str, str], *, log: str | None = None, now: Callable[[], float] = time.time
) -> Iterator[Office]:
    """The store, the log and the journal where the settings have them; closed at the end.

    Args:
        environment: environment variables. log: path of the log's file; None for the usual one.
        now: the time, in seconds since 1970.
    """
    settings = load_settings(environment)
    journal = Journal(settings.journal)
    store = JobStore(settings.data / JOBS_FILE)
    try:
        yield Office(environment, store, RunLog(Path(log) if log else settings.data / LOG_FILE, now), journal, now)
    finally:
        store.close()
        journal.close()


class _KeptOpen:
    """A journal that several runs share: none of them closes it."""

    def __init__(self, journal: Journal) -> None:
        self.get = journal.get
        self.put = journal.put
        self.fact = journal.fact
        self.add_to_fact = journal.add_to_fact
        self.run_started = journal.run_started
        self.run_ended = journal.run_ended

    def close(self) -> None:
        """Whoever opened it closes it."""


async def run_jobs(jobs: Sequence[Job], office: Office, on_told: Callable[[Told], None] = lambda _: None) -> list[Told]:
    """Run jobs, some at a time.

    Args:
        jobs: what to do. office: what they work with.
        on_told: called with each as it ends.

    Returns:
        What became of each, in order.
    """
    stops: list[Stop] = []
    places = asyncio.Semaphore(JOBS_AT_ONCE)
    is_stopping = False

    def stop_all() -> None:
        nonlocal is_stopping
        is_stopping = True
        for stop in stops:
            stop.ask(interrupted())

    def opened(stop: Stop) -> None:
        stops.append(stop)
        if is_stopping:
            stop.ask(interrupted())

    async def one(job: Job) -> Told:
        async with places:
            if is_stopping:
                told = Told(job.name, "", None, f"{job.name}: not begun before the stop.")
            else:
                told = await _run(job, office, opened)
        on_told(told)
        return told

    with _signals(stop_all):
        return list(await asyncio.gather(*(one(job) for job in jobs)))


def check_job(job: Job, office: Office) -> str:
    """Open everything that a job needs, ask nobody and write nothing; answers one sentence.

    Raises:
        SheetjudgeError: whatever is wrong with it.
    """
    filled = job.with_variables(office.environment)
    verb = verb_of(filled.operation)
    options = replace(options_of(filled, verb.options), dry_run=True)
    opened = verb.open(options, office.environment, office.shared())
    rows = sum(work.item is not None for work in opened.works())
    judges = ", ".join(seat.caller.model.name for seat in opened.bench.everyone) or "checks alone"
    asyncio.run(opened.bench.aclose())
    where = f"{rows:,} row{'' if rows == 1 else 's'} of {opened.table.name}"
    return f"{job.name}: in order. {where} would be judged by {judges}."


def exit_code(told: Sequence[Told]) -> int:
    """Of all jobs: 2 where one could not begin, 3 where one was stopped, 1 where rows went unscored, else 0."""
    codes = {one.ended.exit_code if one.ended else 0 for one in told}
    return next((code for code in (2, 3, 1) if code in codes), 0)


async def _run(job: Job, office: Office, on_open: Callable[[Stop], None]) -> Told:
    store, now = office.store, office.now
    holder = new_holder()
    dead = store.bury(job.name, "", {"error": "Its process ended before it was done."}, now=now())
    run = store.submit(job.name, job.as_json(), now=now())
    if store.claim(run, holder, now=now()) is None:
        store.cancel(run, now=now())
        office.log.write("busy", job=job.name)
        return Told(job.name, "", None, f"{job.name}: is running already, so nothing was begun.")
    before = next((r for r in store.records(name=job.name, limit=5) if r.id != run and r.state != "cancelled"), None)
    progress: list[Progress] = []
    stops: list[Stop] = []

    def opened(stop: Stop) -> None:
        stops.append(stop)
        on_open(stop)

    def shown(at: Progress) -> None:
        progress[:] = [at]

    def tell(event: str, /, **facts: Any) -> None:
        with suppress(SheetjudgeError):
            office.log.write(event, job=job.name, id=run, **facts)

    began = time.monotonic()
    beating = asyncio.create_task(_beats(store, run, holder, progress, stops, now))
    try:
        ended = await run_job(
            job,
            office.environment,
            shared=office.shared(),
            spent=lambda since: store.spent(job.name, since),
            now=now,
            on_progress=shown,
            on_open=opened,
            tell=tell,
        )
    finally:
        beating.cancel()
    store.finish(run, holder, ended.state, ended.result, now=now(), usd=ended.usd)
    sentence = _sentence(job, ended, dead)
    failures = await asyncio.to_thread(_notify, job, office, ended, before, sentence)
    facts = {"took_up": dead} if dead else {}
    tell(
        "ended",
        state=ended.state,
        exit_code=ended.exit_code,
        seconds=round(time.monotonic() - began, 3),
        usd=ended.usd,
        **_counts(ended),
        **facts,
        error=ended.said or None,
        not_told=failures or None,
        sheetjudge=__version__,
        python=platform.python_version(),
    )
    return Told(job.name, run, ended, " ".join([sentence, *failures]))


async def _beats(
    store: JobStore,
    run: str,
    holder: str,
    progress: Sequence[Progress],
    stops: Sequence[Stop],
    now: Callable[[], float],
) -> None:
    while True:
        at = progress[0] if progress else None
        told = {"rows": at.rows, "done": at.done, "errors": at.errors, "usd": at.tally.usd} if at else {}
        if not store.beat(run, holder, told, now=now()):
            for stop in stops:
                stop.ask(interrupted())
        await asyncio.sleep(_BEAT_SECONDS)


def _notify(job: Job, office: Office, ended: Ended, before: Record | None, sentence: str) -> list[str]:
    try:
        wanted = job.with_variables(office.environment).said.get("notify", {})
    except SheetjudgeError as error:
        # The run failed for want of that variable too; who was to hear of it may need no variable.
        wanted = {k: v for k, v in job.said.get("notify", {}).items() if "${" not in str(v)}
        if not wanted:
            return [str(error)] if ended.exit_code == 0 else []
    is_well = ended.state == "done" and ended.exit_code == 0
    has_recovered = is_well and before is not None and before.state != "done"
    is_news = not is_well or has_recovered or bool(_counts(ended).get("calls"))
    return notify(wanted, News(job.name, is_well, is_news, sentence))


def _counts(ended: Ended) -> dict[str, Any]:
    """The counts of a result, whichever operation it is of, without any text of a row."""
    result = ended.result
    usage = result.get("usage", {})
    found = {key: result[key] for key in ("run", "rows", "scored", "unchanged", "unscored") if key in result}
    return found | {key: usage[key] for key in ("calls", "from_journal", "tokens") if key in usage}


def _sentence(job: Job, ended: Ended, dead: Sequence[str]) -> str:
    counts = _counts(ended)
    rows = counts.get("rows", {})
    told = [f"{rows[kind]:,} {kind}" for kind in ("ok", "review", "skipped", "error") if rows.get(kind)]
    parts = [f"{job.name}: {ended.state}"]
    if ended.said:
        parts[0] = f"{job.name} {'failed' if ended.state == 'failed' else 'stopped'}: {ended.said}"
    elif rows:
        parts.append(f"{', '.join(told) or 'nothing new'}; {counts.get('calls', 0):,} calls")
        parts.append("cost unknown" if ended.usd is None else f"${ended.usd:,.4f}")
    text = ", ".join(parts)
    text += "" if text.endswith(".") else "."
    return f"{text} An earlier run had died; this one took up from there." if dead else text


@contextmanager
def _signals(stop_all: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM end all runs cleanly; a second one ends them at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    asked = 0

    def ask() -> None:
        nonlocal asked
        asked += 1
        if asked > 1 and task is not None:
            task.cancel()
        stop_all()

    handled = (signal.SIGINT, signal.SIGTERM)
    try:
        for number in handled:
            loop.add_signal_handler(number, ask)
    except (RuntimeError, ValueError):
        # Not in the main thread: whoever runs us looks after signals.
        yield
        return
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
