"""`score` on many machines: blocks of rows through a pool of workers on Ray Data.

Moritz et al., Ray (OSDI 2018); Ray Data's actor pool keeps one judge's engine in each worker, scales the pool, and
gives a dead worker's blocks to another.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from sheetjudge.engine.plan import Plan, plan
from sheetjudge.engine.ray_desk import Standing, open_desk
from sheetjudge.engine.run import interrupted
from sheetjudge.errors import ConfigError, MissingExtra, SetupError, SheetjudgeError
from sheetjudge.ops.judges import AT_ONCE
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.ray_worker import BlockJudge, Task, story_of
from sheetjudge.ops.score import ScoreJob, ScoreResult
from sheetjudge.ops.set_up import ceiling_of, journal_path, score_job
from sheetjudge.ops.settings import delimiter_secret, load_settings
from sheetjudge.ops.signals import told_of_signals
from sheetjudge.ops.summary import Summary, tally_json
from sheetjudge.ops.under_way import new_run_id
from sheetjudge.tables.blocks import Block, DataSet, fetched, find_data_set
from sheetjudge.tables.files import open_table

_POLL_SECONDS = 0.5
_BLOCKS_AT_ONCE = 2
_IN_PROCESS = ("vllm", "embedded", "gguf", "fake")


@dataclass(frozen=True)
class RayOptions(RunOptions):
    """What a person can say of a run on a cluster.

    Attributes:
        ray_address: of the cluster; `auto` for the one that this machine belongs to, None for one of its own.
        workers: workers at the most; None for one on each machine, or for each GPU.
        block_rows: rows that are judged and written as a whole.
    """

    ray_address: str | None = None
    workers: int | None = None
    block_rows: int = 1000


@dataclass(frozen=True)
class RayJob:
    """A scoring run on a cluster.

    Attributes:
        sample: a run over the first block on this machine, for what all blocks have in common.
        data: the files, and where the results go. blocks: all that the rows were cut into.
        options: as given. environment: variables for the workers.
    """

    sample: ScoreJob
    data: DataSet
    blocks: tuple[Block, ...]
    options: RayOptions
    environment: Mapping[str, str]


@contextmanager
def ray_job(options: RayOptions, environment: Mapping[str, str]) -> Iterator[RayJob]:
    """A scoring run on a cluster, with the rows cut into blocks, opened and checked; closed at the end.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise MissingExtra("ray", "ray", "--engine ray") from error
    if options.out is None:
        raise ConfigError("A run on Ray writes Parquet files.", "Name a folder or a store's URL for them with --out.")
    if options.limit is not None or options.rows is not None:
        what = "--rows" if options.limit is None else "--limit"
        raise ConfigError(f"{what} goes with one machine.", "Leave it out, or leave --engine ray out.")
    with tempfile.TemporaryDirectory(prefix="sheetjudge-") as folder:
        data = find_data_set(options.table, folder if options.dry_run else options.out, options.block_rows)
        blocks = data.blocks()
        with fetched(data.out_fs, blocks[0].staged) as first:
            alone = replace(options, table=first, out=None, as_json=True, file_format=None, writes=False)
            found = score_job(alone, environment)
            secret = delimiter_secret(load_settings(environment).home, environment).decode()
            sample = replace(found, table=replace(open_table(first), name=data.name))
            yield RayJob(sample, data, blocks, options, {**environment, "SHEETJUDGE_SECRET": secret})


def plan_on_ray(job: RayJob) -> Plan:
    """What `score_on_ray` would do, but for the blocks that are finished. Asks nobody, writes nothing."""

    def works(block: Block) -> Iterator[Any]:
        with fetched(job.data.out_fs, block.staged) as path:
            yield from replace(job.sample, table=open_table(path)).works()

    return plan(chain.from_iterable(map(works, _unfinished(job))), job.sample.bench.seats, job.sample.bench.journal)


async def score_on_ray(job: RayJob, on_progress: Callable[[Progress], None] = lambda _: None) -> ScoreResult:
    """Judge the blocks of `job` on a cluster, each into a Parquet file of its own.

    Returns:
        The result over all blocks, those that an earlier run finished among them.

    Raises:
        SheetjudgeError: the run could not begin, or has nothing to show.
    """
    run_id, started = new_run_id(), time.monotonic()
    unfinished = _unfinished(job)
    progress = Progress(sum(block.rows for block in unfinished), job.sample.bench.tally, started=started)
    summary = Summary(job.sample.rubric, job.sample.most_disagreement)
    async with _desk(job) as desk:
        await desk.run_started.remote(
            run_id,
            {
                "operation": "score",
                "engine": "ray",
                "table": job.sample.table.name,
                "rubric": job.sample.rubric.version,
            },
        )
        with _signals(desk, progress, on_progress):
            working = asyncio.create_task(asyncio.to_thread(_work, job, desk, unfinished))
            while not working.done():
                await asyncio.wait([working], timeout=_POLL_SECONDS)
                _show(progress, await desk.standing.remote(), on_progress)
        standing: Standing = await desk.standing.remote()
        with suppress(Exception):
            # What the workers say of their end is told by the desk; a cluster that broke has its own words.
            await working
        notes = _add_stories(summary, job)
        stopped = progress.early_end(_reason(standing, working), has_results=bool(summary.scored))
        story = {**summary.counts(), "usage": tally_json(standing.tally)}
        await desk.run_ended.remote(run_id, "stopped" if stopped else "done", story)
    before = len(job.blocks) - len(unfinished)
    if before:
        notes.append(f"{before:,} of {len(job.blocks):,} blocks were finished by an earlier run.")
    seconds = time.monotonic() - started
    return ScoreResult(run_id, summary, standing.tally, standing.spent, stopped, seconds, tuple(notes))


def _work(job: RayJob, desk: Any, blocks: Sequence[Block]) -> None:
    """Put the blocks through the workers. Blocks for as long as that takes."""
    import ray

    if not blocks:
        return
    workers, gpus = _pool(job)
    options = _for_a_worker(job.options, workers, job.sample.bench.pace.concurrency or AT_ONCE)
    task = Task(desk, options, job.sample.rubric, job.environment, job.blocks)
    ray.data.DataContext.get_current().enable_progress_bars = False
    _only_errors()
    pool = ray.data.ActorPoolStrategy(
        min_size=1,
        max_size=workers,
        initial_size=workers,
        # No queue: with few blocks the workers that were there first would take them all.
        max_tasks_in_flight_per_actor=_BLOCKS_AT_ONCE,
        max_concurrent_calls_per_actor=_BLOCKS_AT_ONCE,
    )
    numbers = ray.data.from_items([{"block": block.index} for block in blocks], override_num_blocks=len(blocks))
    judged = numbers.map_batches(
        BlockJudge,
        fn_constructor_args=(task,),
        batch_size=1,
        compute=pool,
        num_cpus=0 if gpus else 1,
        num_gpus=gpus or None,
    )
    for _ in judged.iter_rows():
        pass


def _only_errors() -> None:
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("ray"):
            logging.getLogger(name).setLevel(logging.ERROR)


def _pool(job: RayJob) -> tuple[int, float]:
    """(workers at the most, GPUs for each)."""
    import ray

    options = job.options
    here = ray.cluster_resources()
    names = [seat.caller.model.name for seat in job.sample.bench.everyone]
    wants_gpu = any(name.startswith("vllm:") for name in names) and here.get("GPU", 0) > 0
    each = 1.0
    for text in options.judge_option:
        if text.startswith("tensor_parallel_size="):
            each = float(text.partition("=")[2])
    gpus = each if wants_gpu else 0.0
    most = int(here.get("GPU", 0) // gpus) if gpus else sum(node["Alive"] for node in ray.nodes())
    return options.workers or max(most, 1), gpus


def _for_a_worker(options: RayOptions, workers: int, concurrency: int) -> RayOptions:
    """Judges behind a network share their calls in flight among the workers; an engine in a worker is its own."""
    is_own = all(judge.partition(":")[0] in _IN_PROCESS for judge in options.judges)
    return options if is_own else replace(options, concurrency=max(1, concurrency // workers))


@asynccontextmanager
async def _desk(job: RayJob) -> AsyncIterator[Any]:
    """The cluster, joined or started, and the run's desk on this machine."""
    import ray

    options = job.options
    is_joined = ray.is_initialized()
    # Ray's own log lines are for its developers; what goes wrong is told in ours.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        if not is_joined:
            ray.init(address=options.ray_address, log_to_driver=False, logging_level="ERROR", include_dashboard=None)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise SetupError(
            f"The Ray cluster {options.ray_address or ''} can't be joined: {error}.",
            "Start it, or name another address.",
        ) from error
    try:
        settings = load_settings(job.environment)
        yield open_desk(journal_path(options, settings), ceiling_of(options))
    finally:
        if not is_joined:
            ray.shutdown()


@contextmanager
def _signals(desk: Any, progress: Progress, on_progress: Callable[[Progress], None]) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end the run cleanly; a second one ends it at once."""
    task = asyncio.current_task()

    def asked() -> None:
        if progress.stopping and task is not None:
            task.cancel()
            return
        progress.stopping = True
        desk.stop.remote(interrupted())
        on_progress(progress)

    with told_of_signals(asked):
        yield


def _show(progress: Progress, standing: Standing, on_progress: Callable[[Progress], None]) -> None:
    progress.tally, progress.done, progress.errors = standing.tally, standing.rows, standing.errors
    on_progress(progress)


def _add_stories(summary: Summary, job: RayJob) -> list[str]:
    """Count the rows of all finished blocks; answers what a reader must know of how they were judged."""
    notes: dict[str, None] = {}
    fs = job.data.out_fs
    for block in job.blocks:
        if fs.exists(block.part):
            story = json.loads(fs.cat_file(story_of(block)))
            summary.add_state(story["summary"])
            notes |= dict.fromkeys(story["notes"])
    return list(notes)


def _reason(standing: Standing, working: asyncio.Task[None]) -> SheetjudgeError | None:
    """Why the run was stopped early, or None."""
    reason = standing.stopped
    if reason is None and not working.cancelled() and (error := working.exception()) is not None:
        words = (str(error).splitlines() or [type(error).__name__])[-1].rstrip(".")
        reason = SetupError(f"The cluster failed: {words}.", "Finished blocks are kept; run the same command again.")
    return reason


def _unfinished(job: RayJob) -> list[Block]:
    data = job.data
    return [block for block in job.blocks if not data.is_finished(block)]
