"""`score --batch`: the questions go through a Batch API first, and what is left is asked directly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sheetjudge.core.keys import answer_key
from sheetjudge.engine.batch_api import Batches
from sheetjudge.engine.batch_book import BatchBook
from sheetjudge.engine.batch_values import Batched, Limits, Question
from sheetjudge.errors import ConfigError, ReplyError, SheetjudgeError
from sheetjudge.llm.batches import BatchState, batch_api
from sheetjudge.llm.openai_api import OpenAIModel
from sheetjudge.ops.judges import RowSeat
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.progress import Progress


@dataclass(frozen=True)
class BatchNotes:
    """What a reader must know of a run by batches."""

    result: Batched
    judge: str

    @property
    def text(self) -> str:
        """In one sentence."""
        sent = f"{self.result.submitted:,} batches were submitted"
        resumed = f", {self.result.resumed:,} of an earlier run were taken up" if self.result.resumed else ""
        missed = sum(self.result.failed.values())
        rest = f"; {missed:,} answers could not be used, and what was left was asked directly" if missed else ""
        return f"{self.judge}: {self.result.answered:,} answers came by batch ({sent}{resumed}){rest}."


async def through_batches(
    job: Opened,
    on_progress: Callable[[Progress], None] = lambda _: None,
    limits: Limits | None = None,
    seats: Sequence[RowSeat] | None = None,
) -> list[str]:
    """Put the questions of a run through its judges' Batch APIs; the answers are in the journal then.

    The first row that no batch holds is asked directly, so that what an endpoint doesn't support is found out by one
    call.

    Args:
        job: what to work on.
        on_progress: called whenever a batch has moved.
        limits: of one batch; None for OpenAI's.
        seats: the judges; None for all that sit on every row.

    Returns:
        What a reader must know of it, one sentence for each judge.

    Raises:
        ConfigError: a judge that has no such API. ModelError, Stopped: as `engine.batch_api`.
    """
    notes = []
    for seat in job.bench.seats if seats is None else seats:
        model = seat.caller.model
        if not isinstance(model, OpenAIModel):
            raise ConfigError(f"{model.name} has no Batch API.", "Leave --batch out.")
        notes.append(BatchNotes(await _one(job, seat, model, on_progress, limits), model.name).text)
    return notes


async def _one(
    job: Opened, seat: RowSeat, model: OpenAIModel, on_progress: Callable[[Progress], None], limits: Limits | None
) -> Batched:
    bench = job.bench
    path = getattr(bench.journal, "path", None)
    if path is None:
        raise ConfigError("Batches are written down in this machine's journal.", "Leave --batch out.")
    progress = Progress(sum(1 for _ in _questions(job, seat)), bench.tally, doing="Waiting for batches", unit="answer")
    ended: dict[str, int] = {}

    def show(state: BatchState) -> None:
        ended[state.id] = state.done
        progress.done = min(sum(ended.values()), progress.rows)
        on_progress(progress)

    book = BatchBook(path, model.capabilities_key)
    try:
        if progress.rows:
            await seat.caller.ready()
            await _first_directly(job, seat, book)
        async with batch_api(model.endpoint) as api:
            batches = Batches(
                model,
                api,
                book,
                journal=bench.journal,
                budget=bench.budget,
                tally=bench.tally,
                questions=lambda: _questions(job, seat),
                stopping=bench.stop.asked,
                sleep=bench.stop.sleep,
                on_state=show,
                limits=limits,
            )
            return await batches.go()
    finally:
        book.close()


def _questions(job: Opened, seat: RowSeat) -> Iterator[Question]:
    """What a judge begins with on each row, where the journal doesn't answer it."""
    for work in job.works():
        if work.item is None:
            continue
        with suppress(StopIteration):
            for ask in next(seat.judge.judge(work.item)):
                key = answer_key(seat.caller.model.identity, ask.request)
                kept = job.bench.journal.get(key)
                if kept is not None:
                    with suppress(ReplyError):
                        ask.read(kept)
                        continue
                yield Question(key, ask)


async def _first_directly(job: Opened, seat: RowSeat, book: BatchBook) -> None:
    first = next((q for q in _questions(job, seat) if not book.is_on_its_way(q.key)), None)
    if first is not None:
        reply = await seat.caller.put(first.ask)
        if isinstance(reply.error, SheetjudgeError) and not isinstance(reply.error, ReplyError):
            raise reply.error
    await asyncio.sleep(0)
