"""What judging through vLLM costs beside vLLM itself: throughput, the prefix cache, and the ways of asking.

    python tests/bench/vllm_throughput.py FOLDER_OF_A_MODEL [--rows 64] [--rounds 3] [--tokens 48] [--option K=V]...

Both engines run in one process with the same settings. In each round the raw one (`LLM.generate`, all prompts at once)
and the judge (prompts made, calls put, replies read and kept in a journal on the disk) answer the same prompts, which
neither has seen before; who begins changes from round to round. The ratio is that of the medians; where other programs
use the CPU as well, that of the CPU seconds says more. On a machine with a GPU it runs unchanged.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sheetjudge.core.chat import Message, Request  # noqa: E402
from sheetjudge.core.rubric import Rubric  # noqa: E402
from sheetjudge.engine.budget import Ceiling  # noqa: E402
from sheetjudge.engine.journal import Journal  # noqa: E402
from sheetjudge.engine.run import Seat, Stop, run  # noqa: E402
from sheetjudge.judging.asking import Asking  # noqa: E402
from sheetjudge.judging.likelihood import LikelihoodJudge  # noqa: E402
from sheetjudge.judging.pointwise import PointwiseJudge  # noqa: E402
from sheetjudge.judging.protocol import Ask, Item  # noqa: E402
from sheetjudge.llm.providers import JudgeConfig, parse_judge  # noqa: E402
from sheetjudge.llm.vllm_engine import is_installed  # noqa: E402
from sheetjudge.llm.vllm_options import read_options  # noqa: E402
from sheetjudge.ops.judges import Bench, Pace, seat_judges  # noqa: E402
from sheetjudge.ops.rubrics import find_rubric  # noqa: E402

SECRET = b"a secret of the bench"
WORDS = ("the", "plan", "asks", "whether", "soil", "under", "old", "trees", "holds", "more", "water", "and", "will")


@dataclass(frozen=True)
class Work:
    item: Item
    cut: bool = False


def row(number: int) -> Work:
    text = " ".join(WORDS[(number * 7 + i * 3 + i // 9) % len(WORDS)] for i in range(70))
    return Work(Item((("Proposal", f"{number}: {text}."),)))


class Measured:
    """A judge's first questions, with replies of a bounded length that are kept as they come.

    Args:
        judge: the real one. tokens: of a reply for all criteria. row_first: turn the prompt around.
    """

    def __init__(self, judge: Any, tokens: int, *, row_first: bool = False) -> None:
        self.judge_, self.tokens, self.row_first = judge, tokens, row_first

    def asks(self, item: Item) -> list[Ask]:
        found = next(self.judge_.judge(item))
        return [Ask(self._bounded(ask.request, len(found)), lambda reply: reply) for ask in found]

    def _bounded(self, request: Any, calls: int) -> Any:
        if not isinstance(request, Request):
            return request
        messages = request.messages
        if self.row_first:
            messages = (Message("system", messages[1].content), Message("user", messages[0].content))
        return replace(request, messages=messages, max_tokens=max(1, self.tokens // calls))

    def judge(self, item: Item) -> Iterator[Any]:
        yield tuple(self.asks(item))


@dataclass(frozen=True)
class Took:
    """Seconds, CPU seconds of this process and of the engine's, and tokens."""

    seconds: float
    cpu: float
    engine_cpu: float
    prompt: int
    cached: int
    written: int


class Engines:
    """The processes of the raw engine and of the judge's, told apart by when they came."""

    def __init__(self) -> None:
        self.raw = self.now()
        self.others: set[Any] = set()

    def now(self) -> set[Any]:
        import psutil

        return set(psutil.Process().children(recursive=True))

    def judge_began(self) -> None:
        self.others = self.now() - self.raw

    def cpu(self, *, raw: bool) -> float:
        times = [process.cpu_times() for process in (self.raw if raw else self.others)]
        return sum(t.user + t.system for t in times)


async def judged(judge: Any, bench: Bench, rows: Sequence[Work], engines: Engines) -> Took:
    usage, engine_cpu = bench.tally.usage, engines.cpu(raw=False)
    wall, cpu = time.perf_counter(), time.process_time()
    count = 0
    async for _ in run(rows, (Seat(judge, bench.seats[0].caller),), at_once=bench.at_once, stop=Stop()):
        count += 1
    assert count == len(rows)
    now = bench.tally.usage
    return Took(
        time.perf_counter() - wall,
        time.process_time() - cpu,
        engines.cpu(raw=False) - engine_cpu,
        now.prompt - usage.prompt,
        now.cached - usage.cached,
        now.completion - usage.completion,
    )


def raw(engine: Any, model: Any, judge: Measured, rows: Sequence[Work], engines: Engines) -> Took:
    asks, settings = [], []
    for work in rows:
        for ask in judge.asks(work.item):
            asks.append({"prompt_token_ids": model._prompt(ask.request.messages).tokens})
            settings.append(model._settings(ask.request, ask.request.max_tokens, None))
    wall, cpu, engine_cpu = time.perf_counter(), time.process_time(), engines.cpu(raw=True)
    replies = engine.generate(asks, settings, use_tqdm=False)
    return Took(
        time.perf_counter() - wall,
        time.process_time() - cpu,
        engines.cpu(raw=True) - engine_cpu,
        sum(len(r.prompt_token_ids) for r in replies),
        sum(r.num_cached_tokens or 0 for r in replies),
        sum(len(r.outputs[0].token_ids) for r in replies),
    )


def shared_tokens(model: Any, judge: Measured) -> int:
    """With how many tokens the prompts of any two rows begin alike."""
    one, other = (model._prompt(judge.asks(row(n).item)[0].request.messages).tokens for n in (900_001, 900_002))
    return next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)


def shown(name: str, took: Took, rows: int, base: float) -> None:
    print(
        f"{name:<22}{took.seconds:8.1f} s {took.seconds / base:6.2f}x   a row: {took.prompt / rows:7.0f} prompt tokens,"
        f" {(took.prompt - took.cached) / rows:6.0f} of them computed, {took.written / rows:5.0f} written;"
        f" CPU {took.engine_cpu:.1f} s of the engine, {took.cpu:.2f} s of this process",
        flush=True,
    )


async def measured(given: argparse.Namespace, engine: Any, rubric: Rubric, bench: Bench) -> None:
    model: Any = bench.seats[0].caller.model
    engines = Engines()
    await model.start()
    engines.judge_began()
    size, tokens = given.rows, given.tokens
    judge = Measured(PointwiseJudge(rubric, Asking(), SECRET), tokens)
    await judged(judge, bench, [row(-1)], engines)
    raw(engine, model, judge, [row(-1)], engines)
    shared = shared_tokens(model, judge)
    pairs: list[tuple[Took, Took]] = []
    for number in range(given.rounds):
        rows = [row(number * size + i) for i in range(size)]
        if number % 2:
            ours, bare = await judged(judge, bench, rows, engines), raw(engine, model, judge, rows, engines)
        else:
            bare = raw(engine, model, judge, rows, engines)
            ours = await judged(judge, bench, rows, engines)
        pairs.append((ours, bare))
        shown(f"round {number + 1}: raw", bare, size, bare.seconds)
        shown(f"round {number + 1}: judge", ours, size, bare.seconds)
    rates = [[took.written / took.seconds for took in one] for one in zip(*pairs, strict=True)]
    ours_rate, raw_rate = map(statistics.median, rates)
    print(f"tokens a second, medians: judge {ours_rate:.1f}, raw {raw_rate:.1f}: ratio {ours_rate / raw_rate:.3f}")
    hits = sum(ours.cached for ours, _ in pairs) / (shared * size * given.rounds)
    all_prompts = sum(ours.cached for ours, _ in pairs) / sum(ours.prompt for ours, _ in pairs)
    print(
        f"prefix cache: {hits:.3f} of the {shared} tokens that all rows share, {all_prompts:.3f} of all prompt tokens"
    )
    work = [[took.written / (took.cpu + took.engine_cpu) for took in one] for one in zip(*pairs, strict=True)]
    ours_work, raw_work = map(statistics.median, work)
    print(f"tokens a CPU second, medians: judge {ours_work:.1f}, raw {raw_work:.1f}: ratio {ours_work / raw_work:.3f}")
    await other_ways(given, rubric, bench, judge, engines)


async def other_ways(
    given: argparse.Namespace, rubric: Rubric, bench: Bench, judge: Measured, engines: Engines
) -> None:
    size, tokens = given.rows, given.tokens
    ways = {
        "one call a row": judge,
        "row first": Measured(judge.judge_, tokens, row_first=True),
        "one call a criterion": Measured(PointwiseJudge(rubric, Asking(per_criterion=True), SECRET), tokens),
        "likelihood": Measured(LikelihoodJudge(rubric), tokens),
    }
    base = 0.0
    for number, (name, way) in enumerate(ways.items()):
        rows = [row((number + given.rounds) * size + i) for i in range(size)]
        took = await judged(way, bench, rows, engines)
        base = base or took.seconds
        shown(name, took, size, base)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--option", action="append", default=[])
    given = parser.parse_args()
    if given.model is None or not is_installed():
        print("Needs vLLM and the folder of a model: see the head of this file.")
        return
    # On a CPU an engine would take nearly all of the memory for its cache, and there are two of them.
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    options = dict(text.split("=", 1) for text in given.option)
    rubric = find_rubric("research-proposal")
    with tempfile.TemporaryDirectory() as folder:
        bench = seat_judges(
            [(parse_judge(f"vllm:{given.model}", options, JudgeConfig()), False)],
            rubric,
            asking=Asking(),
            secret=SECRET,
            pace=Pace(),
            ceiling=Ceiling(),
            journal=Journal(Path(folder) / "journal.sqlite3"),
        )

        async def all_of_it() -> None:
            try:
                await measured(given, engine, rubric, bench)
            finally:
                await bench.aclose()

        from vllm import LLM, __version__

        engine = LLM(given.model, enable_prefix_caching=True, **read_options(options).engine)
        print(f"{platform.machine()}, {os.cpu_count()} cores, vLLM {__version__}, {given.rows} rows", flush=True)
        asyncio.run(all_of_it())


if __name__ == "__main__":
    main()
