"""Which of the ways to ask about given text an endpoint has: found out once, then remembered."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from sheetjudge.core.chat import LikelihoodRequest
from sheetjudge.errors import ContextTooLong, JudgeUnusable, ModelError, ServerFailed
from sheetjudge.llm.capabilities import LIKELIHOOD_WAYS, LikelihoodWay
from sheetjudge.llm.given_text import GivenText, NotServedError, Post, Scored
from sheetjudge.llm.posting import Posting
from sheetjudge.llm.refusals import Asker, failure
from sheetjudge.llm.wire import decoded, encoded

_UNKNOWN = frozenset({301, 302, 307, 308, 400, 404, 405, 410, 415, 421, 422, 501})
_FORBIDDEN = frozenset({401, 403})


def poster(transport: Posting, asker: Asker) -> Post:
    """How `GivenText` reaches the endpoint of `transport`."""

    async def post(path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = await transport.post(encoded(body), _address(transport.endpoint.url, path))
        found = decoded(answer.body) if answer.status == HTTPStatus.OK else None
        if isinstance(found, dict) and not found.get("error"):
            return found
        if answer.status == HTTPStatus.OK:
            raise NotServedError
        error = failure(answer.status, answer.headers, answer.body, asker)
        # A gateway may forbid what it doesn't know. The other paths are those that every judge needs.
        unknown = answer.status in _UNKNOWN or (path == "tokenize" and answer.status in _FORBIDDEN)
        if unknown and not isinstance(error, ContextTooLong):
            raise NotServedError from error
        raise error

    return post


def _address(url: str, path: str) -> str:
    """The address of `path` beside that of the chat completions. vLLM's `tokenize` stands outside of its `v1`."""
    base, _, query = url.partition("?")
    base = base.removesuffix("/chat/completions")
    base = base.removesuffix("/v1") if path == "tokenize" else base
    return f"{base}/{path}" + (f"?{query}" if query else "")


async def find_way(
    given: GivenText, known: LikelihoodWay, request: LikelihoodRequest, asker: Asker
) -> tuple[LikelihoodWay, Scored]:
    """The way in which the endpoint can be asked, and what came of `request`.

    Args:
        given: asks.
        known: the way that an earlier run found, tried first; "" for none.
        request: the question.
        asker: who asks, for the words of an error.

    Raises:
        JudgeUnusable: there is none.
        ModelError: as `OpenAIModel.complete` does; nothing is known then.
    """
    there = False
    said: BaseException | None = None
    for way in sorted(LIKELIHOOD_WAYS, key=lambda way: way != known):
        try:
            return way, await given.ask(way, request)
        except NotServedError as refusal:
            said = refusal.__cause__ or said
            there = there or not isinstance(refusal.__cause__, JudgeUnusable)
    if isinstance(said, JudgeUnusable) and not there:
        raise said
    raise JudgeUnusable(
        f"{asker.host} gives no probabilities of given text, so {asker.model} can't be asked by likelihood.",
        "Use --method chat, or a judge that gives them: embedded, gguf:FILE, or a model that vLLM serves.",
    ) from said


async def ask_known(given: GivenText, way: LikelihoodWay, request: LikelihoodRequest) -> Scored:
    """What comes of `request` by a way that has worked before: what is refused now is this request."""
    try:
        return await given.ask(way, request)
    except NotServedError as refusal:
        if isinstance(refusal.__cause__, ModelError):
            raise refusal.__cause__ from None
        raise ServerFailed("A reply came without the probabilities that were asked for.") from None
