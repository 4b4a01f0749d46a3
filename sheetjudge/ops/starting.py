"""Judges that have to be started, an engine on a GPU say: where they are needed, and before results have a place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from sheetjudge.core.chat import AnyRequest
from sheetjudge.engine.plan import is_answered
from sheetjudge.errors import SetupError
from sheetjudge.ops.judges import RowSeat
from sheetjudge.ops.opened import Opened


@runtime_checkable
class Startable(Protocol):
    """A model that takes a while before it can be asked.

    Attributes:
        name: the judge's.
        is_running: it was started.
        log: a file with what it says of its start, as soon as there is one.
        reach: tokens that it reads, question and reply together; known once it runs. 0 where that isn't known.
    """

    name: str
    reach: int

    @property
    def is_running(self) -> bool: ...  # noqa: D102
    @property
    def log(self) -> Path | None: ...  # noqa: D102

    async def start(self) -> None:
        """Start it where it doesn't run yet. Raises SetupError with what is wrong."""
        ...

    def tokens(self, text: str) -> int:
        """How many tokens a text takes. Asked once it runs."""
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
        SetupError: one can't be started, or the rubric leaves it no room for a row. Nothing has been written then.
    """
    for seat in job.bench.everyone:
        model = seat.caller.model
        if isinstance(model, Startable) and not model.is_running and (asked := _first_asked(job, seat)):
            await begin(model)
            _check_room(model, asked)


def _first_asked(job: Opened, whose: RowSeat) -> AnyRequest | None:
    """The first request that the journal doesn't answer, near enough; None where it answers all."""
    works, seats = job.asked()
    own = [seat for seat in seats if seat.caller is whose.caller]
    work = next((work for work in works if not is_answered(work, own, job.bench.journal)), None)
    return None if work is None else next(own[0].judge.judge(work.item))[0].request


def _check_room(model: Startable, request: AnyRequest) -> None:
    """Refuse a rubric that fills the whole context: every row would be refused for it."""
    tokens = sum(model.tokens(message.content) for message in request.messages if message.role == "system")
    if model.reach and tokens >= model.reach:
        raise SetupError(
            f"The rubric takes {tokens:,} tokens; {model.name} reads {model.reach:,}, with the row.",
            "Shorten the rubric, or raise --judge-option max_model_len where the model allows.",
        )
