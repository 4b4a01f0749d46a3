"""What the commands that judge have in common: a dry run, or a run with its progress, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import click

from sheetjudge.ops.opened import Opened


class _Result(Protocol):
    @property
    def exit_code(self) -> int: ...


R = TypeVar("R", bound=_Result)
Said = tuple[str, dict[str, Any]]
"""The same for a person and for a machine."""


def carry_out(
    ctx: click.Context,
    job: Opened,
    *,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    before: str,
    planned: Callable[[], Said],
    run: Callable[[Callable[[Any], None]], Awaitable[R]],
    said: Callable[[R], Said],
) -> None:
    """Do what a command is for, and end with its exit code.

    Args:
        job: what it works on; its judges and journal are closed.
        before: what a person should know at the start.
        planned: what a dry run found.
        run: the work; gets a callback for its progress.
        said: what came of it.
    """
    from sheetjudge.cli.progress import shown_progress
    from sheetjudge.cli.say import say, say_json

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
