"""What judging through vLLM costs beside vLLM itself: throughput, the prefix cache, and the ways of asking.

    python tests/bench/vllm_throughput.py FOLDER_OF_A_MODEL [--rows 64] [--option KEY=VALUE]...

The raw engine (`LLM.generate`, all prompts at once) gets the same token numbers and sampling as the judge. On a machine
with a GPU it runs unchanged.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from typing import Any

from sheetjudge.core.chat import LikelihoodRequest, Message, Request
from sheetjudge.llm.providers import JudgeConfig, parse_judge
from sheetjudge.llm.vllm_engine import is_installed, read_options

CRITERIA = ("question", "method", "budget", "risks")
RULES = "You are an expert assessor. You judge one row of a table against the rubric. " * 12
WORDS = ("the", "plan", "asks", "whether", "soil", "under", "old", "trees", "holds", "more", "water", "and", "will")


def row(number: int) -> str:
    return " ".join(WORDS[(number * 7 + i * 3) % len(WORDS)] for i in range(60)) + f" {number}."


def schema(criteria: Sequence[str]) -> dict[str, Any]:
    answer = {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "maxLength": 60},
            "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
        },
        "required": ["reason", "score"],
        "additionalProperties": False,
    }
    properties = dict.fromkeys(criteria, answer)
    return {
        "type": "object",
        "properties": properties,
        "required": list(criteria),
        "additionalProperties": False,
    }


def asked(number: int, criteria: Sequence[str] = CRITERIA, *, row_first: bool = False) -> Request:
    rubric = f"{RULES}Criteria: {', '.join(criteria)}. Reply in JSON."
    texts = (row(number), rubric) if row_first else (rubric, row(number))
    messages = (Message("system", texts[0]), Message("user", texts[1]))
    return Request(messages, schema=schema(criteria), temperature=0.0, max_tokens=400, top_logprobs=20)


def likelihood(number: int) -> LikelihoodRequest:
    text = f"{row(number)}\n\nDescribe this text in one sentence."
    return LikelihoodRequest((Message("user", text),), tuple(f"It has a clear {c}." for c in CRITERIA))


async def timed(model: Any, requests: Sequence[Any]) -> tuple[float, int, int, int]:
    """Seconds, prompt tokens, cached tokens and written tokens."""
    begun = time.perf_counter()
    calls = [model.complete(r) if isinstance(r, Request) else model.likelihoods(r) for r in requests]
    replies = await asyncio.gather(*calls)
    usages = [r.usage for r in replies]
    return (
        time.perf_counter() - begun,
        sum(u.prompt for u in usages),
        sum(u.cached for u in usages),
        sum(u.completion for u in usages),
    )


async def judged(spec: str, options: dict[str, str], rows: int) -> tuple[list[list[int]], float]:
    model: Any = parse_judge(spec, options, JudgeConfig())
    try:
        await model.start()
        await timed(model, [asked(-1)])
        numbers = range(rows)
        ways = {
            "one call a row": [asked(n) for n in numbers],
            "row first": [asked(n + rows, row_first=True) for n in numbers],
            "one call a criterion": [asked(n + 2 * rows, (c,)) for n in numbers for c in CRITERIA],
            "likelihood": [likelihood(n + 3 * rows) for n in numbers],
        }
        base = 0.0
        for name, requests in ways.items():
            seconds, prompt, cached, written = await timed(model, requests)
            base = base or seconds
            print(
                f"{name:<22}{seconds:8.1f} s {seconds / base:6.2f} x   a row: {prompt / rows:7.0f} prompt tokens"
                f" ({cached / prompt:4.0%} cached), {written / rows:6.0f} written"
            )
        return [model._prompt(r.messages) for r in ways["one call a row"]], base
    finally:
        await model.aclose()


def raw(folder: str, options: dict[str, Any], prompts: list[list[int]]) -> float:
    from vllm import LLM, SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    engine = LLM(folder, enable_prefix_caching=True, **options)
    settings = SamplingParams(
        temperature=0.0,
        max_tokens=400,
        logprobs=20,
        structured_outputs=StructuredOutputsParams(json=schema(CRITERIA)),
    )
    asks = [{"prompt_token_ids": prompt} for prompt in prompts]
    engine.generate(asks[:1], settings, use_tqdm=False)
    begun = time.perf_counter()
    engine.generate(asks, settings, use_tqdm=False)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--option", action="append", default=[])
    given = parser.parse_args()
    if given.model is None or not is_installed():
        print("Needs vLLM and the folder of a model: see the head of this file.")
        return
    options = dict(text.split("=", 1) for text in given.option)
    prompts, ours = asyncio.run(judged(f"vllm:{given.model}", options, given.rows))
    bare = raw(given.model, read_options(options), prompts)
    print(f"raw LLM.generate      {bare:8.1f} s; throughput of the judge: {bare / ours:.2f} of it")


if __name__ == "__main__":
    main()
