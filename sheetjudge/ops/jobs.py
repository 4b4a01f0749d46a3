"""A Job carried out: from what is written down to a result, whoever asked for it."""

from __future__ import annotations

import asyncio
import calendar
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sheetjudge.engine.run import Stop
from sheetjudge.errors import BudgetReached, ConfigError, SheetjudgeError
from sheetjudge.ops.canaries import Canaries, Watch, wanted_canaries
from sheetjudge.ops.job_file import Job, located
from sheetjudge.ops.opened import Opened, Tell, told_to_nobody
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.set_up import Shared
from sheetjudge.ops.verbs import verb_of

_NOT_OPTIONS = frozenset({"budget", "notify", "canaries"})
_LEASE = 0.01
_OTHER_NAMES = {"judge": "judges", "all": "judge_all", "contender": "contenders", "keep": "rubric"}


@dataclass(frozen=True)
class Ended:
    """What came of a job.

    Attributes:
        state: `done`, `stopped` (can be resumed) or `failed`.
        exit_code: as the command's.
        result: the whole result as JSON.
        usd: what it cost; None where that isn't known.
        said: what went wrong, or what is wrong with the judges; "" where nothing is.
        error: what went wrong, where it kept the job from having a result.
    """

    state: str
    exit_code: int
    result: Mapping[str, Any]
    usd: float | None
    said: str = ""
    error: SheetjudgeError | None = None


def options_of(job: Job, kind: type[RunOptions], left: float | None = None) -> RunOptions:
    """The options of a run.

    Args:
        job: with its variables in their places.
        kind: of the operation's options.
        left: US dollars that are left of the month's budget; None where there is none.

    Raises:
        ConfigError: something is said that the operation has no use for.
    """
    said = dict(located(job))
    budget = said.get("budget", {})
    known = {field.name for field in fields(kind)}
    values: dict[str, Any] = {}
    for key, value in said.items():
        if key in _NOT_OPTIONS:
            continue
        name = _OTHER_NAMES.get(key, key)
        if name not in known:
            raise ConfigError(f"The job {job.name!r} says {key!r}, which {job.operation} has no use for.")
        values[name] = _as_option(value)
    if job.operation == "filter" and (strong := values.get("escalate_to")):
        if len(strong) > 1:
            raise ConfigError(f"The job {job.name!r} names several judges to escalate to.", "A filter takes one.")
        values["escalate_to"] = strong[0]
    ceilings = [usd for usd in (budget.get("run"), left) if usd is not None]
    values |= {"budget": min(ceilings, default=None), "budget_tokens": budget.get("tokens")}
    values["budget_calls"] = budget.get("calls")
    # Standard output is not a place where a job's table could go.
    return kind(**values, as_json="out" not in values)


def _as_option(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple(f"{key}={inner}" for key, inner in value.items())
    return tuple(value) if isinstance(value, list) else value


async def run_job(
    job: Job,
    environment: Mapping[str, str],
    *,
    shared: Shared | None = None,
    spent: Callable[[float], float | None] = lambda _: 0.0,
    now: Callable[[], float] = time.time,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_open: Callable[[Stop], None] = lambda _: None,
    check: Callable[[Opened], None] = lambda _: None,
    tell: Tell = told_to_nobody,
    watch: Watch | None = None,
    lease: Callable[[float], None] | None = None,
) -> Ended:
    """Carry out a job. Whatever goes wrong with it becomes part of what is answered.

    Args:
        job: what to do.
        environment: environment variables.
        shared: what it has in common with other jobs of this process.
        spent: US dollars spent on this job since a time; None where that isn't known.
        now: the time, in seconds since 1970.
        on_progress: as for the operation.
        on_open: is given what ends the run early when asked.
        check: looks at what was opened, before anybody is asked; raises a SheetjudgeError where it may not be run.
        tell: hears of what happens, for a log.
        watch: canaries go along, as the job wants them; None for none, whatever it says.
        lease: is told, ahead of the calls, how many dollars the job may have spent by the time it is killed; only of a
            job with a budget for the month, which has to know.
    """
    usd: float | None = 0.0
    canaries: Canaries | None = None
    try:
        job = job.with_variables(environment)
        verb = verb_of(job.operation)
        options = options_of(job, verb.options, _left(job, spent, now()))
        # A slow sheet must not hold up the other jobs.
        opened = await asyncio.to_thread(verb.open, options, environment, shared)
        opened = replace(opened, answers_signals=False, tell=tell)
        on_open(opened.bench.stop)
        try:
            await asyncio.to_thread(check, opened)
            if opened.target is None:
                raise ConfigError(f"The job {job.name!r} doesn't say where a file's results go.", "Name a file: out.")
            _lease(job, opened, lease)
            canaries = _canaries(job, opened, watch)
            result = await verb.run(opened, on_progress)
        finally:
            usd = _cost(opened, canaries)
            await opened.bench.aclose()
    except SheetjudgeError as error:
        state = "stopped" if error.exit_code == 3 else "failed"  # noqa: PLR2004 - as the commands'
        told = {"canaries": canaries.as_json()} if canaries else {}
        return Ended(state, error.exit_code, {"error": str(error), **told}, usd, str(error), error)
    said, code, told = str(result.stopped or ""), result.exit_code, result.as_json(opened)
    if canaries is not None:
        told = {**told, "canaries": canaries.as_json()}
        if canaries.alarms and not said:
            # Done, but somebody has to look at it.
            said, code = " ".join(canaries.alarms), code or 1
    return Ended("stopped" if result.stopped else "done", code, told, usd, said)


def _lease(job: Job, opened: Opened, lease: Callable[[float], None] | None) -> None:
    month = job.said.get("budget", {}).get("month")
    if lease is None or month is None:
        return

    def noted(usd: float) -> float:
        # In steps: each is written to the disk, and a run that dies is counted with the whole of its last one.
        ahead = usd + _LEASE * float(month)
        lease(ahead)
        return ahead

    opened.bench.budget.lease = noted


def _canaries(job: Job, opened: Opened, watch: Watch | None) -> Canaries | None:
    wanted = wanted_canaries(located(job))
    if watch is None or wanted is None:
        return None
    canaries = Canaries(opened, wanted, watch)
    canaries.hold()
    return canaries


def _cost(opened: Opened, canaries: Canaries | None) -> float | None:
    tallies = [opened.bench.tally, *([canaries.tally] if canaries else [])]
    return None if any(tally.unpriced for tally in tallies) else sum(tally.usd for tally in tallies)


def _left(job: Job, spent: Callable[[float], float | None], now: float) -> float | None:
    """US dollars that are left of the month's budget.

    Raises:
        BudgetReached: none are. ConfigError: what was spent isn't known.
    """
    month = job.said.get("budget", {}).get("month")
    if month is None:
        return None
    then = time.gmtime(now)
    gone = spent(calendar.timegm((then.tm_year, then.tm_mon, 1, 0, 0, 0)))
    if gone is None:
        raise ConfigError(
            f"What the job {job.name!r} cost this month isn't known, so its month's budget can't be kept.",
            "Give the judge's price in the job (price: PROMPT,REPLY), or use the budget's tokens or calls.",
        )
    if gone >= month:
        raise BudgetReached(
            f"The month's budget of ${month:,.2f} for the job {job.name!r} is used up (${gone:,.2f}).",
            "Raise it, or wait for the next month.",
        )
    return float(month - gone)
