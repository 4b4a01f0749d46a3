"""Questions, and how tests put them to a model."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from sheetjudge.core.chat import LikelihoodModel, LikelihoodRequest, Message, Request
from sheetjudge.errors import ContextTooLong
from sheetjudge.llm.providers import JudgeConfig, parse_judge

OPTIONS = {"dtype": "float32", "max_model_len": "2048", "max_num_seqs": "16", "enforce_eager": "yes"}
# Log probabilities of two engines on the same weights: batches of another size are summed in another order.
NOISE = 0.05
SCHEMA = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "maxLength": 40},
        "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
    },
    "required": ["reason", "score"],
    "additionalProperties": False,
}
RULES = "You judge how clear a text is. " * 30 + "Reply in JSON with a reason and a score."


def question(text: str, **changes: Any) -> Request:
    messages = (Message("system", RULES), Message("user", text))
    return replace(Request(messages, schema=SCHEMA, temperature=0.0, max_tokens=120, top_logprobs=10), **changes)


def described(text: str, *continuations: str) -> LikelihoodRequest:
    return LikelihoodRequest((Message("user", f"{text}\n\nDescribe this text in one sentence."),), continuations)


def ask(judge: str, options: dict[str, str], *rounds: list[Any]) -> list[list[Any]]:
    """The answers, the requests of a round put at the same time."""
    model = parse_judge(judge, options, JudgeConfig())
    assert isinstance(model, LikelihoodModel)

    async def one(request: Any) -> Any:
        call = model.complete if isinstance(request, Request) else model.likelihoods
        try:
            return await call(request)
        except ContextTooLong as error:
            return error

    async def run() -> list[list[Any]]:
        try:
            return [list(await asyncio.gather(*map(one, requests))) for requests in rounds]
        finally:
            await model.aclose()
            await model.aclose()

    return asyncio.run(run())
