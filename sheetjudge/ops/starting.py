"""Judges that have to be started, an engine on a GPU say: where they are needed, and before results have a place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from sheetjudge.engine.plan import is_answered
from sheetjudge.ops.judges import RowSeat
from sheetjudge.ops.opened import Opened


@runtime_checkable
class Startable(Protocol):
    """A model that takes a while before it can be asked.

    Attributes:
        name: the judge's.
        is_running: it was started.
        log: a file with what it says of its start, as soon as there is one.
    """

    name: str

    @property
    def is_running(self) -> bool: ...  # noqa: D102
    @property
    def log(self) -> Path | None: ...  # noqa: D102

    async def start(self) -> None:
        """Start it where it doesn't run yet. Raises SetupError with what is wrong."""
        ...


Begin = Callable[[Startable], Awaitable[None]]
"""Starts one model."""


async def start_alone(model: Startable) -> None:
    """Start a model, showing nobody."""
    await model.start()


async def start_judges(job: Opened, begin: Begin = start_alone) -> None:
    """Start the judges of `job` that have something to answer which the journal doesn't.

    Args:
        job: what they are for.
        begin: starts one of them; may show how that goes.

    Raises:
        SetupError: one can't be started. Nothing has been written then.
    """
    for seat in job.bench.everyone:
        model = seat.caller.model
        if isinstance(model, Startable) and not model.is_running and _is_needed(job, seat):
            await begin(model)


def _is_needed(job: Opened, whose: RowSeat) -> bool:
    works, seats = job.asked()
    own = [seat for seat in seats if seat.caller is whose.caller]
    return any(not is_answered(work, own, job.bench.journal) for work in works)
