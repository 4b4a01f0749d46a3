"""A worker of a cluster: judges blocks of rows as `score` judges a file, each to its end."""

from __future__ import annotations

import asyncio
import json
import tempfile
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sheetjudge.core.keys import answer_key
from sheetjudge.core.rubric import Rubric
from sheetjudge.engine.ray_desk import RemoteBudget, RemoteJournal, RemoteRate, Report
from sheetjudge.errors import SheetjudgeError
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.score import ScoreJob, score
from sheetjudge.ops.set_up import Shared, ceiling_of, score_job
from sheetjudge.tables.blocks import Block, fetched, file_system, handed_over
from sheetjudge.tables.files import open_table
from sheetjudge.tables.output import open_target

_REPORT_EVERY = 1.0


@dataclass(frozen=True)
class Task:
    """What every worker of a run has to know.

    Attributes:
        desk: the actor that all share.
        options: of the run; `out` is the folder with the blocks. rubric: as it was found where the run was started.
        environment: variables, with the judges' keys and the secret of the row delimiters.
        blocks: all of them.
    """

    desk: Any
    options: RunOptions
    rubric: Rubric
    environment: Mapping[str, str]
    blocks: tuple[Block, ...]


class BlockJudge:
    """A callable for Ray Data: takes numbers of blocks, writes their parts, and answers with each part's summary.

    Args:
        task: what to do.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._worker = uuid.uuid4().hex
        self._fs, _ = file_system(task.options.out or "")
        self._job: ScoreJob | None = None
        self._opening = asyncio.Lock()
        self._progress: dict[int, Progress] = {}
        self._reporter: asyncio.Task[None] | None = None

    async def __call__(self, batch: Mapping[str, Any]) -> AsyncIterator[dict[str, list[str]]]:
        """Judge the blocks of a batch, one after the other."""
        for index in batch["block"]:
            yield {"story": [await self._judged(self._task.blocks[int(index)])]}

    async def _judged(self, block: Block) -> str:
        """The story of a block as JSON; empty where it wasn't finished because the run was stopped."""
        if self._fs.exists(block.part):
            # Another worker did it and died before it could say so.
            return str(self._fs.cat_file(story_of(block)).decode())
        try:
            with fetched(self._fs, block.staged) as path, tempfile.TemporaryDirectory(prefix="sheetjudge-") as folder:
                return await self._part(block, path, Path(folder) / "part.parquet")
        except SheetjudgeError as error:
            await self._task.desk.stop.remote(error)
            return ""
        finally:
            if self._job is not None:
                await self._report()
            self._progress.pop(block.index, None)

    async def _part(self, block: Block, path: str, local: Path) -> str:
        table = replace(open_table(path), name=block.source, first_number=block.first_number)
        job = replace(await self._opened(path), table=table, target=open_target(local, table))
        keys = _keys(job)
        journal = job.bench.journal
        assert isinstance(journal, RemoteJournal)  # noqa: S101 - made in `_open`
        await journal.fetch(keys)

        def show(progress: Progress) -> None:
            self._progress[block.index] = progress

        result = await score(job, show)
        journal.forget(keys)
        if result.stopped is not None:
            # Not the result's reason: that says how far this block is.
            await self._task.desk.stop.remote(job.bench.stop.reason)
            return ""
        story = json.dumps({"summary": result.summary.state(), "notes": list(result.notes)})
        self._fs.pipe_file(story_of(block), story.encode())
        handed_over(self._fs, local, block.part)
        return story

    async def _opened(self, path: str) -> ScoreJob:
        """The job with its judges, opened with the first block."""
        async with self._opening:
            if self._job is None:
                self._job = self._open(path)
                self._reporter = asyncio.create_task(self._reports())
            return self._job

    def _open(self, path: str) -> ScoreJob:
        task = self._task
        desk, worker = task.desk, self._worker
        shared = Shared(
            RemoteJournal(desk),
            lambda name, per_minute: RemoteRate(desk, name, per_minute),
            RemoteBudget(desk, worker, ceiling_of(task.options)),
        )
        options = replace(task.options, table=path, out=None, as_json=True, writes=False, file_format=None)
        return score_job(options, task.environment, rubric=task.rubric, shared=shared)

    async def _reports(self) -> None:
        while True:
            await self._report()
            await asyncio.sleep(_REPORT_EVERY)

    async def _report(self) -> None:
        assert self._job is not None  # noqa: S101 - there is nothing to tell before
        bench = self._job.bench
        rows = {index: (progress.done, progress.errors) for index, progress in self._progress.items()}
        reason = await self._task.desk.report.remote(Report(self._worker, bench.tally, rows))
        if reason is not None:
            bench.stop.ask(reason)


def story_of(block: Block) -> str:
    """Path of what is remembered of a finished block."""
    return f"{block.staged}.json"


def _keys(job: ScoreJob) -> list[bytes]:
    """The keys of the questions with which the judges begin on each row."""
    found: dict[bytes, None] = {}
    for work in job.works():
        if work.item is None:
            continue
        for seat in job.bench.seats:
            identity = seat.caller.model.identity
            steps = seat.judge.judge(work.item)
            with suppress(StopIteration):
                found |= {answer_key(identity, ask.request): None for ask in next(steps)}
    return list(found)
