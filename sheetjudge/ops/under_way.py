"""A run under way: its record in the journal, its signals, and the writing of its results."""

from __future__ import annotations

import asyncio
import gc
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from typing import Any

from sheetjudge import __version__
from sheetjudge.core.table import CellValue, Row
from sheetjudge.engine.run import Stop, interrupted
from sheetjudge.errors import SheetjudgeError, Stopped
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.signals import told_of_signals
from sheetjudge.ops.starting import start_judges
from sheetjudge.ops.summary import tally_json


@asynccontextmanager
async def under_way(
    job: Opened,
    operation: str,
    headers: Sequence[str],
    *,
    on_stop: Callable[[], None],
    story: Callable[[], Mapping[str, Any]],
) -> AsyncIterator[UnderWay]:
    """Carry out a run: everything that is the same for each verb.

    Args:
        job: what to work on.
        operation: the verb.
        headers: of the results; the last one holds the status.
        on_stop: called on the event loop when a person or the system asks the run to stop.
        story: counts for the journal's record of the run; asked at the end.

    Raises:
        SheetjudgeError: the run could not begin (nothing has been written), or whatever the block raises: then a
            target without results is left as it was.
    """
    journal, run = job.bench.journal, UnderWay(job, headers)
    state = "failed"
    signals = _signals(job.bench.stop, on_stop) if job.answers_signals else nullcontext()
    with signals, _rare_collections():
        try:
            job.tell("started", run=run.id, operation=operation, table=job.table.name)
            journal.run_started(run.id, _about(job, operation))
            await start_judges(job)
            if job.target is not None:
                await asyncio.to_thread(job.target.open, headers)
            yield run
            state = "done" if job.bench.stop.reason is None else "stopped"
        except BaseException:
            if job.target is not None:
                # What went wrong first is what a person has to know.
                with suppress(SheetjudgeError):
                    await asyncio.to_thread(job.target.abandon)
            raise
        finally:
            # The story of a run is for reading; the answers are safe without it, also on a disk that is full.
            with suppress(SheetjudgeError):
                told = {**story(), "usage": tally_json(job.bench.tally)}
                journal.run_ended(run.id, state, {**_about(job, operation), **told})


def _about(job: Opened, operation: str) -> dict[str, Any]:
    """What a run works on, for a report: names and versions, and no text of a row."""
    return {
        "operation": operation,
        "table": job.table.name,
        "results": job.target.name if job.target is not None else None,
        "rubric": job.rubric.version,
        "rubric_name": job.rubric.name,
        "judges": [seat.caller.model.name for seat in job.bench.seats],
        "columns": list(job.reading.leaving),
        "sheetjudge": __version__,
    }


def new_run_id() -> str:
    """A name for a run: when it began, and a word that no other has."""
    return f"{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(3)}"


class UnderWay:
    """One run under way.

    Attributes:
        id: the run's name in the journal.
    """

    def __init__(self, job: Opened, headers: Sequence[str]) -> None:
        self.id = new_run_id()
        self._job = job
        self._headers = tuple(headers)
        self._done = bytearray(job.table.row_count)
        self._flushing: asyncio.Task[None] | None = None
        self._unwritable: SheetjudgeError | None = None

    def put(self, row: Row, cells: Sequence[CellValue]) -> None:
        """Take the results of one row."""
        self._done[row.position] = 1
        status = cells[-1] if cells else None
        if isinstance(status, str) and status != "ok":
            self._job.tell("row", run=self.id, row=row.number, status=status)
        if self._job.target is not None:
            self._job.target.put(row, cells)

    async def flush_if_due(self) -> None:
        """Write in the background: a slow sheet must not hold up the judges."""
        target = self._job.target
        if self._flushing is not None and self._flushing.done():
            flushed, self._flushing = self._flushing, None
            try:
                await flushed
            except SheetjudgeError as error:
                self._unwritable = error
                self._job.bench.stop.ask(error)
        if target is not None and self._flushing is None and self._unwritable is None and target.flush_due():
            self._flushing = asyncio.create_task(asyncio.to_thread(target.flush))

    async def finish(self, progress: Progress, *, has_results: bool) -> Stopped | None:
        """Write what is left.

        Args:
            progress: of the last pass.
            has_results: there is something to show, though the run was stopped early.

        Returns:
            Why the run was stopped early and how far it came, or None.

        Raises:
            SheetjudgeError: the results can't be written, or the run has none and can't be resumed as it is.
        """
        if self._unwritable is not None:
            raise self._unwritable
        stopped = progress.early_end(self._job.bench.stop.reason, has_results=has_results)
        if self._flushing is not None:
            await self._flushing
        target = self._job.target
        if target is not None:
            if stopped is not None and not self._job.in_place:
                await asyncio.to_thread(self._fill)
            if self._job.chosen is not None and not self._job.in_place:
                await asyncio.to_thread(self._leave)
            await asyncio.to_thread(target.close)
        return stopped

    def _leave(self) -> None:
        """Keep in a file what an earlier run said of rows that were not chosen."""
        from sheetjudge.tables.output import results_before

        target, chosen, table = self._job.target, self._job.chosen, self._job.table
        assert target is not None  # noqa: S101 - asked by `finish`
        assert chosen is not None  # noqa: S101 - asked by `finish`
        if (before := results_before(table, self._headers)) is None:
            return
        for row in table.rows():
            if row not in chosen:
                target.put(row, before(row))
                if target.flush_due():
                    target.flush()

    def _fill(self) -> None:
        """Say in a file which rows were not reached. A sheet keeps what an earlier run wrote beside them."""
        target = self._job.target
        assert target is not None  # noqa: S101 - asked by `finish`
        blank: tuple[CellValue, ...] = (
            *[None] * (len(self._headers) - 1),
            "skipped: not reached before the run stopped",
        )
        chosen = self._job.chosen
        for row in self._job.table.rows():
            if not self._done[row.position] and (chosen is None or row in chosen):
                target.put(row, blank)
                if target.flush_due():
                    target.flush()


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Let the collector of reference cycles run less often.

    Replies are trees of many small objects that go as soon as they are read; at its usual pace the collector walks
    through all that is alive after every few of them, which took a fifth of a run's time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def _signals(stop: Stop, on_stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end the run cleanly; a second one ends it at once."""
    task = asyncio.current_task()

    signals = 0

    def asked() -> None:
        nonlocal signals
        signals += 1
        if signals > 1 and task is not None:
            task.cancel()
            return
        stop.ask(interrupted())
        on_stop()

    with told_of_signals(asked):
        yield
