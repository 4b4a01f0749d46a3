"""What the commands that judge have in common: a dry run, or a run with its progress, and what is said of it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from sheetjudge.errors import TableBusy
from sheetjudge.ops.opened import Opened

if TYPE_CHECKING:
    from sheetjudge.engine.plan import Plan

LONGEST_WAIT = 660.0
"""Seconds after which the hold of a run that died without a word has ended."""


class _Result(Protocol):
    @property
    def exit_code(self) -> int: ...


R = TypeVar("R", bound=_Result)
Job = TypeVar("Job", bound=Opened)
Said = tuple[str, dict[str, Any]]
"""The same for a person and for a machine."""


def when_free(open_job: Callable[[], Job], *, wait: float = LONGEST_WAIT, pause: float = 5.0) -> Job:
    """Open a run's table as soon as no other run is writing to it; say so where that means waiting.

    Args:
        open_job: opens everything; raises TableBusy where somebody else is at work.
        wait: seconds to wait at the most. pause: seconds between two looks.
    """
    from sheetjudge.cli.say import say

    give_up, has_said = time.monotonic() + wait, False
    while True:
        try:
            return open_job()
        except TableBusy as busy:
            if time.monotonic() + pause > give_up:
                raise
            if not has_said:
                say(f"{busy.what} Waiting for it, up to {wait / 60:.0f} minutes (Ctrl-C to stop).", err=True)
                has_said = True
            time.sleep(pause)


def carry_out_verb(
    ctx: click.Context,
    operation: str,
    given: Mapping[str, Any],
    *,
    before: Callable[[Any], str],
    planned: Callable[[Plan, Any], str],
    said: Callable[[Any, Any, Collection[str]], str],
) -> None:
    """Do what a command is for, where that is an operation (see `ops.verbs`).

    Args:
        given: the command's options.
        before: the opened job in words, for the start. planned: a plan of it in words.
        said: a result of it in words, without the notes on the table that were shown already.
    """
    from sheetjudge.cli.texts import plan_json
    from sheetjudge.ops.options import as_options
    from sheetjudge.ops.verbs import verb_of

    verb = verb_of(operation)
    job = when_free(lambda: verb.open(as_options(verb.options, given), os.environ, None))
    noted = frozenset(job.table.notes)

    def plan() -> Said:
        found = verb.plan(job)
        return planned(found, job), plan_json(found, job, operation)

    carry_out(
        ctx,
        job,
        dry_run=given["dry_run"],
        as_json=given["as_json"],
        quiet=given["quiet"],
        verbose=given["verbose"],
        before=before(job),
        planned=plan,
        run=lambda show: verb.run(job, show),
        said=lambda result: (said(result, job, noted), result.as_json(job)),
    )


def carry_out(
    ctx: click.Context,
    job: Opened,
    *,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool = False,
    starts: bool = True,
    before: str,
    planned: Callable[[], Said],
    run: Callable[[Callable[[Any], None]], Awaitable[R]],
    said: Callable[[R], Said],
) -> None:
    """Do what a command is for, and end with its exit code.

    Args:
        job: what it works on; its judges and journal are closed.
        verbose: show what an engine says of its start.
        starts: the judges work in this process, and those that have to be started are.
        before: what a person should know at the start.
        planned: what a dry run found.
        run: the work; gets a callback for its progress.
        said: what came of it.
    """
    from sheetjudge.cli.progress import shown_progress
    from sheetjudge.cli.say import say, say_json
    from sheetjudge.cli.starting import shown_start
    from sheetjudge.ops.starting import start_judges

    def tell(what: Said, *, to_stdout: bool) -> None:
        if as_json:
            say_json(what[1])
        else:
            say(what[0], err=not to_stdout)

    async def go() -> int:
        try:
            if dry_run:
                tell(planned(), to_stdout=True)
                return 0
            say(before, err=True)
            if starts:
                await start_judges(job, shown_start(quiet=quiet, verbose=verbose))
            with shown_progress(quiet=quiet) as show:
                result = await run(show)
            tell(said(result), to_stdout=False)
            return result.exit_code
        finally:
            await job.bench.aclose()

    try:
        code = asyncio.run(go())
    except asyncio.CancelledError:
        raise click.Abort from None
    ctx.exit(code)
