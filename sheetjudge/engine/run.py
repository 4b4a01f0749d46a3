"""Many rows through one or more judges: a bounded number at once, from a producer that reads as it goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from sheetjudge.core.table import Row
from sheetjudge.engine.caller import Caller
from sheetjudge.errors import Interrupted, SheetjudgeError
from sheetjudge.judging.protocol import Ask, Item, Judge, Reply, Steps, T

R = TypeVar("R")
V = TypeVar("V")
W = TypeVar("W", bound="Task")


class Task(Protocol):
    """Something to be judged.

    Attributes:
        item: what the judges see of it; None where there is nothing to judge.
        cut: it was too long to be shown whole.
    """

    @property
    def item(self) -> Any: ...  # noqa: D102
    @property
    def cut(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Work:
    """One row to be judged.

    Attributes:
        row: the row.
        item: what the judges see of it; None where there is nothing to judge.
        note: what a reader must know of it (what was cut, why it is skipped).
        cut: it was too long to be shown whole.
    """

    row: Row
    item: Item | None
    note: str = ""
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Outcome(Generic[W, V]):
    """What came of one task: for each judge, in order, what it said."""

    work: W
    verdicts: tuple[V, ...]


@dataclass(slots=True)
class Stop:
    """A request to end a run early, and its reason.

    What is in flight is finished and kept, nothing new is begun.
    """

    reason: SheetjudgeError | None = None
    _event: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self, reason: SheetjudgeError) -> None:
        """Ask for the stop; the first reason counts."""
        if self.reason is None:
            self.reason = reason
            self._event.set()

    def asked(self) -> bool:
        """Has somebody asked?"""
        return self.reason is not None

    async def sleep(self, seconds: float) -> None:
        """Sleep, but no longer than until the stop is asked for."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)


class Asker(Protocol):
    """Puts questions to a model, as a Caller does."""

    async def put(self, ask: Ask, /) -> Reply:
        """The reply to one ask."""
        ...


@dataclass(frozen=True, slots=True)
class Seat(Generic[V]):
    """One judge at work: how it asks, and through whom."""

    judge: Judge[Any, V]
    caller: Caller


async def run(
    works: Iterable[W], seats: Sequence[Seat[V]], *, at_once: int, stop: Stop
) -> AsyncGenerator[Outcome[W, V], None]:
    """Judge every row, or pair of rows; outcomes come as they are done.

    Args:
        works: the rows, read one by one as places get free.
        seats: the judges. Each sees every row.
        at_once: rows under way at the same time, 1 or more.
        stop: ends the run early when asked. Set by the run itself when it can't go on; `stop.reason` says why.

    Yields:
        One Outcome for each that was judged to its end.
    """
    # Small: a consumer that falls behind (a slow sheet) holds the workers back instead of filling the memory.
    done: asyncio.Queue[Outcome[W, V] | None] = asyncio.Queue(maxsize=4 * at_once)
    source = iter(works)

    async def worker() -> None:
        while not stop.asked():
            try:
                work = next(source, None)
                if work is None:
                    return
                outcome = await _judged(work, seats)
            except SheetjudgeError as error:
                stop.ask(error)
                return
            if done.full():
                await done.put(outcome)
            else:
                done.put_nowait(outcome)
                # Rows that the journal answers never wait: let the others have a turn all the same.
                await asyncio.sleep(0)

    async def all_workers() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(worker())
        finally:
            await done.put(None)

    running = asyncio.create_task(all_workers())
    try:
        while (outcome := await done.get()) is not None:
            yield outcome
        await running
    finally:
        running.cancel()
        while not done.empty():
            # Nobody reads any more, and a worker that waits to put could not end.
            done.get_nowait()
        await asyncio.gather(running, return_exceptions=True)


async def _judged(work: W, seats: Sequence[Seat[V]]) -> Outcome[W, V]:
    if work.item is None:
        return Outcome(work, ())
    if len(seats) == 1:
        return Outcome(work, (await drive(seats[0].judge.judge(work.item), seats[0].caller),))
    verdicts = await _all(drive(seat.judge.judge(work.item), seat.caller) for seat in seats)
    return Outcome(work, tuple(verdicts))


async def drive(steps: Steps[T], caller: Asker) -> T:
    """Run a judge's steps to their end, putting its asks through `caller`."""
    try:
        asks = next(steps)
        while True:
            asks = steps.send(await _replies(asks, caller))
    except StopIteration as end:
        result: T = end.value
        return result


async def _replies(asks: tuple[Ask, ...], caller: Asker) -> tuple[Reply, ...]:
    if len(asks) == 1:
        return (await caller.put(asks[0]),)
    return tuple(await _all(caller.put(ask) for ask in asks))


async def _all(parts: Iterable[Coroutine[Any, Any, R]]) -> list[R]:
    """The results of all, or the first error, but only when every one has ended: an answer on its way is paid for."""
    results = await asyncio.gather(*parts, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [r for r in results if not isinstance(r, BaseException)]


def interrupted() -> Interrupted:
    """The reason of a stop that a person or the system asked for."""
    return Interrupted("Interrupted.", "Run the same command again: it takes up where it stopped.")
