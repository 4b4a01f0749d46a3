"""A line that says that an engine is being started, in place of all that it says of that itself."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from sheetjudge.cli.progress import duration
from sheetjudge.cli.say import say, shown

if TYPE_CHECKING:
    from sheetjudge.ops.starting import Begin, Startable

_LOOK_SECONDS = 0.2


def shown_start(*, quiet: bool, verbose: bool) -> Begin:
    """What starts a model and says so on standard error.

    Args:
        quiet: say nothing. verbose: show the model's own log, too.
    """

    async def begin(model: Startable) -> None:
        since = time.monotonic()
        log = _Log(model)
        with _line(model.name, since, is_live=sys.stderr.isatty() and not verbose, quiet=quiet) as refresh:
            starting = asyncio.create_task(model.start())
            try:
                while not starting.done():
                    await asyncio.wait([starting], timeout=_LOOK_SECONDS)
                    refresh()
                    if verbose:
                        log.show()
            finally:
                # Whoever doesn't want to wait for it doesn't want it either.
                starting.cancel()
                await asyncio.wait([starting])
        await starting
        if not quiet:
            say(f"Started {model.name} in {duration(time.monotonic() - since)}.", err=True)

    return begin


@contextmanager
def _line(name: str, since: float, *, is_live: bool, quiet: bool) -> Iterator[Callable[[], None]]:
    if quiet or not is_live:
        if not quiet:
            say(f"Starting {name}.", err=True)
        yield lambda: None
        return
    from rich.console import Console
    from rich.text import Text

    def line() -> Text:
        return Text(f"Starting {shown(name)}: {duration(time.monotonic() - since)}")

    with Console(stderr=True).status(line()) as status:
        yield lambda: status.update(line())


class _Log:
    """Shows what was added to a model's log since the last time, also after the file is gone."""

    def __init__(self, model: Startable) -> None:
        self._model = model
        self._file: IO[str] | None = None

    def show(self) -> None:
        path = self._model.log
        if self._file is None and path is not None and path.is_file():
            self._file = path.open(encoding="utf-8", errors="replace")
        if self._file is not None:
            for line in self._file:
                say(line.rstrip("\n"), err=True)
