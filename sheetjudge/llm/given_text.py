"""How probable given texts are, asked of an OpenAI-compatible endpoint.

There are three ways, the better ones first:

- `tokens`: `/tokenize` and `/completions` with token numbers and `prompt_logprobs` (vLLM). The context ends and the
  continuation begins where they are put together, so no token can hold a part of both, and all continuations go in one
  call.
- `chat`: `/chat/completions` with `prompt_logprobs` and the continuation as the assistant's unfinished turn (vLLM
  behind a gateway that passes only `/v1` on).
- `echo`: `/completions` with `echo` and `logprobs`, the older form that many servers know. There is no chat template
  there, so the messages go as plain text.

In the last two the server cuts a text into tokens as a whole, and the first token of the continuation may take in the
end of the context. What is counted there is log P(context and continuation) - log P(context), from the token on at
which the two part.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sheetjudge.core.chat import LikelihoodRequest, Message, Usage
from sheetjudge.errors import RequestRefused, ServerFailed
from sheetjudge.llm.capabilities import LikelihoodWay
from sheetjudge.llm.replies import usage_of

# Tokens of one call: each comes back with some 80 bytes of JSON.
_MOST_TOKENS = 40_000
# Statements come back with every row, texts of rows don't; both fit.
_MOST_KEPT = 512

Post = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Posts a body to `tokenize`, `completions` or `chat/completions` and returns the JSON object that comes back."""


class NotServedError(Exception):
    """The endpoint hasn't got what this way needs. The cause, where there is one, is what it said."""


class _Text(NamedTuple):
    """The tokens of a whole text: (what it is, log probability)."""

    tokens: Sequence[tuple[str, float]]
    usage: Usage


class Scored(NamedTuple):
    """Log probabilities of each continuation's tokens, and what it took."""

    logprobs: tuple[tuple[float, ...], ...]
    usage: Usage


class GivenText:
    """Asks one model of an endpoint about given texts.

    Args:
        model: the model's name at the endpoint.
        post: raises ModelError, or NotServedError where the path or a parameter isn't known there.
        template_options: `chat_template_kwargs` for every request, or None.
    """

    def __init__(self, model: str, post: Post, template_options: Mapping[str, Any] | None = None) -> None:
        self._model = model
        self._post = post
        self._template = {"chat_template_kwargs": dict(template_options)} if template_options else {}
        self._tokens: dict[str, tuple[int, ...]] = {}

    async def ask(self, way: LikelihoodWay, request: LikelihoodRequest) -> Scored:
        """The log probabilities of the continuations, by a way that is known to be there.

        Raises:
            NotServedError: it isn't.
            ModelError: as `OpenAIModel.complete` does.
        """
        if way == "tokens":
            return await self._by_tokens(request)
        return await self._by_texts(request, self._chat if way == "chat" else self._echo)

    async def _by_tokens(self, request: LikelihoodRequest) -> Scored:
        context = await self._context(request)
        continuations = [await self._numbers(text) for text in request.continuations]
        if not context:
            raise RequestRefused("A text without anything before it has no probability at this endpoint.")
        rows: list[tuple[float, ...]] = []
        usage = Usage()
        for group in _groups([(*context, *c) for c in continuations]):
            body = await self._post("completions", {**self._asked(), "prompt": group, "prompt_logprobs": 0})
            choices = _choices(body)
            if len(choices) != len(group):
                raise ServerFailed(f"{len(group)} texts were asked about and {len(choices)} came back.")
            for choice, tokens in zip(choices, group, strict=True):
                entries = _entries(choice.get("prompt_logprobs"))
                count = len(tokens) - len(context)
                rows.append(_last(entries, tokens[len(context) :]) if count else ())
            usage += usage_of(body.get("usage")) or Usage()
        return Scored(tuple(rows), usage)

    async def _context(self, request: LikelihoodRequest) -> tuple[int, ...]:
        if not request.messages:
            return await self._tokenized({"prompt": request.context, "add_special_tokens": True})
        return await self._tokenized({"messages": _turns(request.messages), **self._template})

    async def _numbers(self, text: str) -> tuple[int, ...]:
        """The tokens of a continuation. The same sentences come with every row, so the last ones are kept."""
        if (known := self._tokens.get(text)) is None:
            known = await self._tokenized({"prompt": text, "add_special_tokens": False})
            if len(self._tokens) >= _MOST_KEPT:
                del self._tokens[next(iter(self._tokens))]
            self._tokens[text] = known
        return known

    async def _tokenized(self, body: Mapping[str, Any]) -> tuple[int, ...]:
        found = (await self._post("tokenize", {"model": self._model, **body})).get("tokens")
        if not isinstance(found, list) or not all(isinstance(token, int) for token in found):
            raise NotServedError
        return tuple(found)

    async def _by_texts(
        self, request: LikelihoodRequest, scored: Callable[[LikelihoodRequest, str], Awaitable[_Text]]
    ) -> Scored:
        """One call for the context and one for each continuation, in turn: a row counts as one call in flight."""
        before = await scored(request, "")
        usage = before.usage
        rows = []
        for continuation in request.continuations:
            whole = await scored(request, continuation)
            usage += whole.usage
            rows.append(_beyond(before, whole) if continuation else ())
        return Scored(tuple(rows), usage)

    async def _chat(self, request: LikelihoodRequest, continuation: str) -> _Text:
        messages = _turns(request.messages or (Message("user", request.context),))
        if continuation:
            messages.append({"role": "assistant", "content": continuation})
        whose = {"add_generation_prompt": not continuation, "continue_final_message": bool(continuation)}
        asked = {**self._asked(), "messages": messages, **whose, **self._template, "prompt_logprobs": 0}
        body = await self._post("chat/completions", asked)
        entries = _entries(body.get("prompt_logprobs"))
        # The very first token has no probability, and is the same in every text.
        return _Text([("", 0.0), *map(_chosen, entries[1:])], usage_of(body.get("usage")) or Usage())

    async def _echo(self, request: LikelihoodRequest, continuation: str) -> _Text:
        prompt = "".join(f"{m.content}\n\n" for m in request.messages) + request.context + continuation
        body = await self._post("completions", {**self._asked(), "prompt": prompt, "echo": True, "logprobs": 1})
        usage = usage_of(body.get("usage")) or Usage()
        return _Text(_echoed(_choices(body)[0].get("logprobs"), prompt, usage.prompt), usage)

    def _asked(self) -> dict[str, Any]:
        # Most servers refuse to generate nothing at all.
        return {"model": self._model, "max_tokens": 1, "temperature": 0}


def _turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in messages]


def _groups(prompts: Sequence[tuple[int, ...]]) -> list[list[tuple[int, ...]]]:
    """The prompts in order, in groups whose replies stay small."""
    groups: list[list[tuple[int, ...]]] = []
    room = 0
    for prompt in prompts:
        if not groups or len(prompt) > room:
            groups.append([])
            room = _MOST_TOKENS
        groups[-1].append(prompt)
        room -= len(prompt)
    return groups


def _choices(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    choices = body.get("choices")
    found = [c for c in choices if isinstance(c, dict)] if isinstance(choices, list) else []
    if not found:
        raise NotServedError
    return sorted(found, key=lambda c: c["index"] if isinstance(c.get("index"), int) else 0)


def _entries(raw: Any) -> list[Mapping[str, Any]]:
    """`prompt_logprobs` as vLLM writes it: for each token {its number: {"logprob": …}}, null for the first."""
    if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw[1:]):
        raise NotServedError
    return [entry or {} for entry in raw]


def _last(entries: Sequence[Mapping[str, Any]], tokens: Sequence[int]) -> tuple[float, ...]:
    """The log probabilities of the last tokens, which have to be `tokens`."""
    if len(entries) <= len(tokens):
        raise NotServedError
    return tuple(_finite(entry.get(str(token))) for entry, token in zip(entries[-len(tokens) :], tokens, strict=True))


def _chosen(entry: Mapping[str, Any]) -> tuple[str, float]:
    """(number, log probability) of the token that stands there, the first of those listed."""
    number = next(iter(entry), "")
    return number, _finite(entry.get(number))


def _finite(stated: Any) -> float:
    value = stated.get("logprob") if isinstance(stated, dict) else stated
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise NotServedError
    return float(value)


def _echoed(raw: Any, prompt: str, counted: int) -> list[tuple[str, float]]:
    """The tokens of the prompt from the parallel lists of the older form; what was generated after it is left out.

    Args:
        raw: `logprobs` of a choice.
        prompt: the text that was sent.
        counted: its tokens by the server's count, 0 where it gives none.
    """
    tokens, logprobs = (raw.get("tokens"), raw.get("token_logprobs")) if isinstance(raw, dict) else (None, None)
    if not (isinstance(tokens, list) and isinstance(logprobs, list) and len(tokens) == len(logprobs) > 0):
        raise NotServedError
    texts = [str(token) for token in tokens]
    # A mark of the beginning may stand before the text.
    if "".join(texts[:-1]).endswith(prompt):
        count = len(texts) - 1
    elif "".join(texts).endswith(prompt):
        count = len(texts)
    else:
        # Characters that are cut across tokens can't be put together from them.
        count = min(counted or len(texts) - 1, len(texts))
    if sum(map(len, texts[:count])) < len(prompt) // 2:
        # Only what was generated came back.
        raise NotServedError
    first = 0.0 if logprobs[0] is None else _finite(logprobs[0])
    return [(texts[0], first), *((text, _finite(p)) for text, p in zip(texts[1:count], logprobs[1:count], strict=True))]


def _beyond(before: _Text, whole: _Text) -> tuple[float, ...]:
    """Log probabilities of the continuation's tokens: those of `whole` from where it parts from `before`.

    What `before` has from there on (a token that the continuation merged with) is taken off the first.
    """
    same = 0
    while same < min(len(before.tokens), len(whole.tokens)) and before.tokens[same][0] == whole.tokens[same][0]:
        same += 1
    first, *rest = [p for _, p in whole.tokens[same:]] or [0.0]
    return (first - math.fsum(p for _, p in before.tokens[same:]), *rest)
