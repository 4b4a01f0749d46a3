"""`doctor --judge`: does a judge answer, what does it support, how fast is it, and does it keep what prompts share?"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from sheetjudge.core.chat import Completion, LikelihoodModel, LikelihoodRequest, Message, Model, Request
from sheetjudge.errors import SheetjudgeError
from sheetjudge.llm.openai_api import OpenAIModel
from sheetjudge.ops.doctor import Finding
from sheetjudge.ops.starting import Begin, Startable, start_alone

_SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]}},
    "required": ["reason", "score"],
    "additionalProperties": False,
}
_ASKED = 'Judge how clear the text is. Reply with one JSON object: {"reason": "<reason>", "score": <1 to 5>}'
_MOST_TOKENS = 64
_COUNTER = re.compile(r"^vllm:prefix_cache_(hits|queries)(?:_total)?(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


def check_judge(
    spec: str, options: Mapping[str, str], environment: Mapping[str, str], begin: Begin = start_alone
) -> list[Finding]:
    """What there is to know of a judge, by asking it three short questions.

    Args:
        spec: the judge as a user names it.
        options: as `--judge-option` gives them.
        environment: variables.
        begin: starts a judge that has to be started.

    Raises:
        SheetjudgeError: there is no such judge, or its key isn't set.
    """
    from sheetjudge.llm.providers import parse_judge
    from sheetjudge.ops.judge_config import judge_config
    from sheetjudge.ops.settings import load_settings

    settings = load_settings(environment)
    config = judge_config(settings.providers, environment, timeout=settings.timeout, stored=lambda _: None)
    model = parse_judge(spec, options, config)

    async def all_of_it() -> list[Finding]:
        try:
            return [finding async for finding in _findings(model, begin)]
        finally:
            await model.aclose()

    return asyncio.run(all_of_it())


async def _findings(model: Model, begin: Begin) -> AsyncIterator[Finding]:
    started = time.monotonic()
    try:
        if isinstance(model, Startable):
            await begin(model)
            yield Finding("engine", "ok", f"{model.name} was started in {time.monotonic() - started:.1f} s.")
            started = time.monotonic()
        first = await model.complete(_question("The cat sat on the mat."))
    except SheetjudgeError as error:
        yield Finding("judge", "failed", str(error))
        return
    whose = f"on {model.host}" if model.host else "on this machine"
    seconds = time.monotonic() - started
    yield Finding("judge", "ok", f"{model.name} answers {whose} as {first.model!r}, the first time in {seconds:.1f} s.")
    facts = await _server(model) if isinstance(model, OpenAIModel) else {}
    reach = facts.get("context") or getattr(model, "reach", 0)
    if reach:
        yield Finding("context length", "ok", f"{reach:,} tokens.", is_needed=False)
    yield _supports(model, first)
    started = time.monotonic()
    second = await model.complete(_question("It rained all day, and nobody came."))
    seconds = time.monotonic() - started
    rate = second.usage.completion / seconds if seconds else 0.0
    says = f"{rate:,.1f} tokens a second for one call alone ({second.usage.completion} tokens in {seconds:.1f} s)."
    yield Finding("speed", "ok", says, is_needed=False)
    yield await _likelihood(model)
    yield _cache(second, facts.get("hit_rate"))


def _question(text: str) -> Request:
    return Request(
        (Message("system", _ASKED), Message("user", text)),
        schema=_SCHEMA,
        temperature=0.0,
        max_tokens=_MOST_TOKENS,
        top_logprobs=5,
    )


def _supports(model: Model, reply: Completion) -> Finding:
    form = {"json_schema": "JSON schemas", "json_object": "JSON mode", "text": "plain text only"}[reply.format]
    parts = [f"replies in {form}", "token probabilities" if reply.logprobs else "no token probabilities"]
    if reply.reasoning:
        parts.append("thoughts kept apart")
    notes = " ".join(getattr(model, "notes", ()))
    return Finding("supports", "ok", f"{', '.join(parts)}. {notes}".strip(), is_needed=False)


async def _likelihood(model: Model) -> Finding:
    if not isinstance(model, LikelihoodModel):
        return Finding("likelihood", "skipped", f"{model.name} gives no probabilities of given text.", is_needed=False)
    question = LikelihoodRequest((Message("user", "Describe the sky in one sentence."),), ("It is blue.",))
    try:
        await model.likelihoods(question)
    except SheetjudgeError as error:
        return Finding("likelihood", "skipped", str(error), is_needed=False)
    return Finding("likelihood", "ok", "Probabilities of given text come back: --method likelihood.", is_needed=False)


def _cache(reply: Completion, hit_rate: float | None) -> Finding:
    if hit_rate is not None:
        says = f"{hit_rate:.0%} of all prompt tokens since the server was started came from its cache."
        return Finding("prefix cache", "ok", says, is_needed=False)
    if reply.usage.cached:
        says = f"{reply.usage.cached:,} of a second prompt's {reply.usage.prompt:,} tokens came from the cache."
        return Finding("prefix cache", "ok", says, is_needed=False)
    return Finding("prefix cache", "skipped", "This judge doesn't say what came from a cache.", is_needed=False)


async def _server(model: OpenAIModel) -> dict[str, Any]:
    """What a server tells of itself where it is vLLM: `context` (tokens) and `hit_rate`; what it doesn't tell lacks."""
    import aiohttp

    base = model.endpoint.url.partition("?")[0].removesuffix("/chat/completions")
    found: dict[str, Any] = {}
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(headers=dict(model.endpoint.headers), timeout=timeout) as session:
        try:
            async with session.get(f"{base}/models", allow_redirects=False, proxy=model.endpoint.proxy) as response:
                listed = (await response.json(content_type=None))["data"]
            found["context"] = next(m.get("max_model_len") for m in listed if m.get("id") == model.model)
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError, AttributeError, StopIteration):
            pass
        try:
            async with session.get(
                f"{base.removesuffix('/v1')}/metrics", allow_redirects=False, proxy=model.endpoint.proxy
            ) as response:
                found["hit_rate"] = hit_rate(await response.text())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            pass
    return found


def hit_rate(metrics: str) -> float | None:
    """Share (0 to 1) of prompt tokens that came from vLLM's prefix cache by its `/metrics`, None if they don't say."""
    counts = {"hits": 0.0, "queries": 0.0}
    for which, value in _COUNTER.findall(metrics):
        counts[which] += float(value)
    return counts["hits"] / counts["queries"] if counts["queries"] else None
