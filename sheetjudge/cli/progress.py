"""A line that says how far a run is: live on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sheetjudge.cli.say import counted
from sheetjudge.ops.progress import Progress

if TYPE_CHECKING:
    from rich.progress import TaskID

_QUIET_SECONDS = 2.0
_PLAIN_EVERY = 10.0


class _Plain:
    """A line every ten seconds, on standard error."""

    def __init__(self) -> None:
        self._next: float | None = None
        self._stopping = False

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.stopping and not self._stopping:
            self._stopping = True
            sys.stderr.write(f"{_stopping(progress)}\n")
            sys.stderr.flush()
        if self._next is None:
            self._next = progress.started + _QUIET_SECONDS
        if now < self._next:
            return
        self._next = now + _PLAIN_EVERY
        sys.stderr.write(f"{progress.done:,} of {progress.rows:,} {progress.unit}s, {_details(progress, now)}\n")
        sys.stderr.flush()


def _stopping(progress: Progress) -> str:
    calls = counted(progress.tally.in_flight, "call in flight is", "calls in flight are") + " finished first"
    return f"Stopping: {calls}; Ctrl-C again ends at once and loses them."


def _details(progress: Progress, now: float) -> str:
    if progress.stopping:
        return _stopping(progress)
    seconds = max(now - progress.started, 1e-6)
    rate = progress.done / seconds
    tally = progress.tally
    pace = f"{rate:,.1f} {progress.unit}s/s" if rate >= 1 else f"{rate * 60:,.1f} {progress.unit}s/min"
    parts = [pace, cost_text(tally.usd, unpriced=tally.unpriced)]
    if progress.errors:
        parts.append(f"{progress.errors:,} with errors")
    if tally.retries:
        parts.append(f"{tally.retries:,} retries")
    if rate:
        parts.append(f"{duration((progress.rows - progress.done) / rate)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as a person says them: `4 s`, `2 min 5 s`, `1 h 10 min`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def cost_text(usd: float, *, unpriced: int) -> str:
    """Money so far; an unknown price is said to be unknown."""
    if unpriced:
        return "cost unknown"
    return f"${usd:,.4f}" if usd < 1 else f"${usd:,.2f}"


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[Any]:
    """A callback that shows `Progress` on standard error while the block runs."""
    if quiet:
        yield lambda _: None
        return
    if not sys.stderr.isatty():
        yield _Plain()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[details]}"),
        console=Console(stderr=True),
        transient=True,
    )
    task: TaskID | None = None

    def show(progress: Progress) -> None:
        nonlocal task
        now = time.monotonic()
        if task is None:
            task = bar.add_task(progress.doing, total=progress.rows, details="")
        bar.update(
            task,
            description=progress.doing,
            total=progress.rows,
            completed=progress.done,
            details=_details(progress, now),
        )

    with bar:
        yield show
