"""Jobs that nobody watches: many in one process, each once at a time, every run told of."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sheetjudge import __version__
from sheetjudge.engine.holders import new_holder
from sheetjudge.engine.job_store import JobStore, Record
from sheetjudge.engine.run import Stop, interrupted
from sheetjudge.errors import SheetjudgeError
from sheetjudge.ops.canaries import Watch, wanted_canaries
from sheetjudge.ops.canary_things import questions_of
from sheetjudge.ops.job_file import Job, located
from sheetjudge.ops.jobs import Ended, options_of, run_job
from sheetjudge.ops.notify import News, notify
from sheetjudge.ops.office import Office
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.signals import ended_by_signals
from sheetjudge.ops.told import TOOK_UP, Told, changes, counts, sentence
from sheetjudge.ops.verbs import verb_of

JOBS_AT_ONCE = 4
"""Jobs of one process that run at the same time."""

_BEAT_SECONDS = 10.0
# Of `notify`: who has it can write to the chat, end the alarm, or send mail.
_SECRETS = frozenset({"webhook", "ping", "ping_failure", "password"})
# A run that takes up another one doesn't ask its canaries again, if that was so recently begun, in seconds.
_SAME_NIGHT = 12 * 3600.0


async def run_jobs(
    jobs: Sequence[Job],
    office: Office,
    on_told: Callable[[Told], None] = lambda _: None,
    *,
    accepts_judge: bool = False,
) -> list[Told]:
    """Run jobs, some at a time.

    Args:
        jobs: what to do. office: what they work with.
        on_told: called with each as it ends.
        accepts_judge: what the judges say of the canaries in this run is what they are held against from now on.

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
                told = await _run(job, office, opened, accepts_judge=accepts_judge)
        on_told(told)
        return told

    with ended_by_signals(stop_all):
        return list(await asyncio.gather(*(one(job) for job in jobs)))


def check_job(job: Job, office: Office) -> str:
    """Open everything that a job needs, ask nobody and write nothing; answers one sentence.

    Raises:
        SheetjudgeError: whatever is wrong with it.
    """
    filled = job.with_variables(office.environment)
    verb = verb_of(filled.operation)
    options = replace(options_of(filled, verb.options), writes=False)
    opened = verb.open(options, office.environment, office.shared())
    rows = sum(work.item is not None for work in opened.works())
    judges = ", ".join(seat.caller.model.name for seat in opened.bench.everyone) or "checks alone"
    if (wanted := wanted_canaries(located(filled))) is not None:
        questions_of(opened, wanted.file, wanted.known)
    asyncio.run(opened.bench.aclose())
    where = f"{rows:,} row{'' if rows == 1 else 's'} of {opened.table.name}"
    return f"{job.name}: in order. {where} would be judged by {judges}."


async def _run(job: Job, office: Office, on_open: Callable[[Stop], None], *, accepts_judge: bool) -> Told:
    store, now = office.store, office.now
    holder = new_holder()
    try:
        dead, run = _begun(job, office, holder)
    except SheetjudgeError as error:
        return await _not_begun(job, office, error)
    if run is None:
        _noted(office, "busy", job=job.name)
        return Told(job.name, "", None, f"{job.name}: is running already, so nothing was begun.")
    before = next((r for r in store.latest(job.name, limit=20) if r.id != run and r.state != "cancelled"), None)
    progress: list[Progress] = []
    stops: list[Stop] = []

    def opened(stop: Stop) -> None:
        stops.append(stop)
        on_open(stop)

    def shown(at: Progress) -> None:
        progress[:] = [at]

    def tell(event: str, /, **facts: Any) -> None:
        _noted(office, event, job=job.name, id=run, **facts)

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
            watch=Watch(job.name, _night_of(store, job.name, run, now()), accepts_judge),
            lease=lambda usd: store.lease(run, holder, usd),
        )
    finally:
        beating.cancel()
    changed = changes(before.result if before else {}, ended.result)
    said = sentence(job.name, ended, [*changed, *([TOOK_UP] if dead else [])])
    try:
        store.finish(run, holder, ended.state, ended.result, now=now(), usd=ended.usd)
    except SheetjudgeError as error:
        # It is done all the same, or failed for the same reason; the next start finds it as one that died.
        said = f"{said} {error}"
    failures = await asyncio.to_thread(_notify, job, office, ended, before, said)
    facts: dict[str, Any] = {"took_up": dead} if dead else {}
    facts |= {"changed": changed} if changed else {}
    tell(
        "ended",
        state=ended.state,
        exit_code=ended.exit_code,
        seconds=round(time.monotonic() - began, 3),
        usd=ended.usd,
        **counts(ended),
        **facts,
        error=ended.said or None,
        not_told=failures or None,
        sheetjudge=__version__,
        python=platform.python_version(),
    )
    return Told(job.name, run, ended, " ".join([said, *failures]))


def _begun(job: Job, office: Office, holder: str) -> tuple[list[str], str | None]:
    """The runs of this job that had died, and the id of the one that begins; None where another is under way."""
    store, now = office.store, office.now
    dead = store.bury(job.name, "", {"error": "Its process ended before it was done."}, now=now())
    for gone in dead:
        # At once: this run may die as well, and then nobody else would tell.
        _noted(office, "died", job=job.name, id=gone)
    run = store.submit(job.name, _to_keep(job), now=now())
    if store.claim(run, holder, now=now()) is None:
        store.cancel(run, now=now())
        return dead, None
    return dead, run


def _to_keep(job: Job) -> dict[str, Any]:
    """The job as JSON, without the addresses and the password that let whoever has them speak in its name."""
    said = dict(job.said)
    if "notify" in said:
        said["notify"] = _without_secrets(said["notify"])
    return replace(job, said=said).as_json()


def _without_secrets(notify: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in notify.items():
        if isinstance(value, Mapping):
            kept[key] = _without_secrets(value)
        else:
            is_secret = key in _SECRETS and "${" not in str(value)
            kept[key] = "(as the job file says)" if is_secret else value
    return kept


async def _not_begun(job: Job, office: Office, error: SheetjudgeError) -> Told:
    """The store of jobs can't be written: it is told wherever that can be done."""
    ended = Ended("failed", error.exit_code, {"error": str(error)}, 0.0, str(error), error)
    said = sentence(job.name, ended)
    failures = await asyncio.to_thread(_notify, job, office, ended, None, said)
    _noted(office, "not begun", job=job.name, error=str(error), not_told=failures or None)
    return Told(job.name, "", ended, " ".join([said, *failures]))


def _noted(office: Office, event: str, **facts: Any) -> None:
    """Write into the log. A disk that is full doesn't keep a job from its work."""
    with suppress(SheetjudgeError):
        office.log.write(event, **facts)


def _night_of(store: JobStore, job: str, run: str, now: float) -> str:
    """The run for which canaries were asked already, where this one takes it up in the same night; else this one."""
    night = run
    for record in store.latest(job, limit=50):
        if record.id == run or record.state == "cancelled":
            continue
        alarms = (record.result.get("canaries") or {}).get("alarms")
        if record.state != "stopped" or now - record.submitted > _SAME_NIGHT or alarms:
            break
        night = record.id
    return night


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
        with suppress(SheetjudgeError):
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
    is_news = not is_well or has_recovered or bool(counts(ended).get("calls"))
    return notify(wanted, News(job.name, is_well, is_news, sentence))
