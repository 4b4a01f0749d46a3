"""`sheetjudge runs`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from sheetjudge.errors import ConfigError

if TYPE_CHECKING:
    from sheetjudge.engine.job_store import JobStore, Record


@click.group()
def runs() -> None:
    """Past runs of jobs: their state, their cost, the whole story."""


@runs.command("list")
@click.option("--job", help="Only runs of this job.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="So many at the most.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(job: str | None, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """List past runs, the newest first."""
    from sheetjudge.cli.say import say, say_json

    with _store() as store:
        found = store.records(name=job, limit=limit)
    if as_json:
        say_json([_as_json(record) for record in found])
        return
    if not found:
        say("No job has been run yet." if job is None else f"No job {job!r} has been run yet.")
    for record in found:
        usage = record.result.get("usage", {})
        calls = f"{usage['calls']:,} calls" if "calls" in usage else "no calls"
        if canaries := (record.result.get("canaries") or {}):
            calls += f" and {canaries['usage']['calls']:,} of canaries"
        cost = "" if record.ended is None else "cost unknown" if record.usd is None else f"${record.usd:,.4f}"
        error = str(record.result.get("error") or record.result.get("stopped") or " ".join(canaries.get("alarms", ())))
        parts = [record.id, _time(record.started or record.submitted), f"{record.state:9}", record.name, calls, cost]
        say("  ".join(filter(None, [*parts, error])))


@runs.command()
@click.argument("run_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(run_id: str, as_json: bool) -> None:  # noqa: FBT001
    """Tell the whole story of a run. The first characters of its ID are enough."""
    import json

    from sheetjudge.cli.say import say, say_json

    with _store() as store:
        found = [record for record in store.records(limit=100_000) if record.id.startswith(run_id)]
    if len(found) != 1:
        what = "There is no run" if not found else f"{len(found)} runs begin with"
        raise ConfigError(f"{what} {run_id}.", "sheetjudge runs list shows them.")
    record = found[0]
    if as_json:
        say_json(_as_json(record))
        return
    cost = "unknown" if record.usd is None else f"${record.usd:,.4f}"
    say(f"{record.name}: {record.state}")
    for name, at in (("submitted", record.submitted), ("started", record.started), ("ended", record.ended)):
        if at is not None:
            say(f"  {name:10} {_time(at)}")
    say(f"  {'cost':10} {cost}")
    for title, told in (("job", record.spec.get("said", {})), ("progress", record.progress), ("result", record.result)):
        if told:
            say(f"{title}:")
            say("\n".join(f"  {line}" for line in json.dumps(told, indent=2, ensure_ascii=False).splitlines()))


@contextmanager
def _store() -> Iterator[JobStore]:
    from sheetjudge.engine.job_store import JobStore
    from sheetjudge.ops.office import JOBS_FILE
    from sheetjudge.ops.settings import load_settings

    store = JobStore(load_settings(os.environ).data / JOBS_FILE)
    try:
        yield store
    finally:
        store.close()


def _as_json(record: Record) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(record)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(sep=" ", timespec="seconds")
