"""From the decoded body of a chat completion to a `Completion`: pure functions.

Endpoints differ in where they put a reasoning model's thoughts, cached tokens and token probabilities; every such
difference is known here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, overload

import msgspec

from sheetjudge.core.chat import Completion, Price, ReplyFormat, TokenLogprob, Tokens, Usage, token_texts
from sheetjudge.llm.thoughts import split_reasoning
from sheetjudge.llm.wire import decoded

# What one call can have used and cost; a server that states more, or less than nothing, hasn't counted.
_MOST_TOKENS = 10**9
_MOST_USD = 10_000
# How a reply ended, in others' words than OpenAI's: Gemini, Mistral, Anthropic, Zhipu, DeepSeek, vLLM.
_CUT_OFF = {"max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"}
_WITHHELD = {"safety", "recitation", "blocklist", "prohibited_content", "spii", "sensitive"}
_BROKEN_OFF = {"abort", "network_error", "insufficient_system_resource"}
# Parts of a message that hold what it says; others hold thoughts, tools, citations.
_TEXT_PARTS = ("text", "output_text", None)


def completion_of(
    body: Mapping[str, Any], choice: Mapping[str, Any], used: ReplyFormat, price: Price | None
) -> Completion:
    """The completion in a reply's first choice.

    Args:
        body: the whole reply, a JSON object.
        choice: its first choice.
        used: the response format that was asked for.
        price: None where unknown; the cost is then None, unless the reply itself states one.
    """
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    content, reasoning = _content(message)
    finish = _finish(choice.get("finish_reason"))
    if not content and isinstance(refusal := message.get("refusal"), str) and refusal:
        content, finish = refusal, "refusal"
    text, thought = split_reasoning(content)
    usage = usage_of(body.get("usage"))
    return Completion(
        text=text,
        reasoning="\n\n".join(part for part in (reasoning, thought) if part),
        logprobs=logprobs_of(choice.get("logprobs"), text) if choice.get("logprobs") else None,
        finish=finish,
        model=model if isinstance(model := body.get("model"), str) else "",
        format=used,
        usage=usage or Usage(),
        cost=_cost(body.get("usage"), usage, price),
    )


def _finish(stated: Any) -> str:
    if not isinstance(stated, str) or not stated:
        return "stop"
    word = stated.casefold()
    if word in _CUT_OFF:
        return "length"
    # Gemini says which filter: "content_filter: PROHIBITED_CONTENT".
    if word.startswith("content_filter") or word in _WITHHELD:
        return "content_filter"
    return "error" if word in _BROKEN_OFF else word


def _cost(raw: Any, usage: Usage | None, price: Price | None) -> float | None:
    # A cost below nothing, or none at all (NaN), would lift the ceiling of a budget.
    if isinstance(raw, dict) and isinstance(stated := raw.get("cost"), int | float) and 0 <= stated <= _MOST_USD:
        return float(stated)
    if price is None:
        return None
    if usage is None:
        return 0.0 if price.prompt == price.completion == 0 else None
    return price.cost(usage)


def _content(message: Mapping[str, Any]) -> tuple[str, str]:
    """Text and reasoning of a message: two strings, or a list of parts as Mistral's reasoning models send."""
    content = message.get("content")
    reasoning = message.get("reasoning_content") or message.get("reasoning") or ""
    reasoning = reasoning if isinstance(reasoning, str) else ""
    if not isinstance(content, list):
        return (content if isinstance(content, str) else ""), reasoning
    texts, thoughts = list[str](), [reasoning] if reasoning else []
    for part in content:
        if not isinstance(part, dict):
            continue
        if isinstance(part.get("text"), str):
            (texts if part.get("type") in _TEXT_PARTS else thoughts).append(part["text"])
        inner = part.get("thinking")
        if isinstance(inner, str):
            thoughts.append(inner)
        elif isinstance(inner, list):
            thoughts += [p["text"] for p in inner if isinstance(p, dict) and isinstance(p.get("text"), str)]
    return "".join(texts), "".join(thoughts)


def usage_of(raw: Any) -> Usage | None:
    """Tokens as the endpoint counts them, or None where it doesn't say.

    Cached prompt tokens are `prompt_tokens_details.cached_tokens` (OpenAI and most), `prompt_cache_hit_tokens`
    (DeepSeek) or `cached_tokens`. Where the total is more than prompt and completion, the rest are thoughts that the
    endpoint bills as completion without counting them there (Gemini, xAI).
    """
    if not isinstance(raw, dict) or not isinstance(prompt := raw.get("prompt_tokens"), int):
        return None
    if not 0 <= prompt <= _MOST_TOKENS:
        return None
    completion = _count(raw, "completion_tokens")
    details = raw.get("prompt_tokens_details")
    cached = (
        _count(details, "cached_tokens")
        or _count(raw, "prompt_cache_hit_tokens")
        or _count(raw, "cached_tokens")
        or _count(raw, "cache_read_input_tokens")
    )
    reasoning = _count(raw.get("completion_tokens_details"), "reasoning_tokens") or _count(raw, "reasoning_tokens")
    beyond = _count(raw, "total_tokens") - prompt - completion
    if beyond > 0:
        completion += beyond
        reasoning = max(reasoning, beyond)
    return Usage(prompt, completion, min(cached, prompt), min(reasoning, completion))


def _count(raw: Any, name: str) -> int:
    value = raw.get(name) if isinstance(raw, dict) else None
    return value if isinstance(value, int) and 0 < value <= _MOST_TOKENS else 0


def logprobs_of(raw: Any, text: str) -> Sequence[TokenLogprob] | None:
    """The tokens of `text` with their probabilities, or None where the endpoint gave none that belong to it.

    Tokens of a reasoning part before the text, and of an end mark after it, are left out.
    """
    if not isinstance(raw, dict):
        return None
    entries = raw.get("content")
    try:
        if isinstance(entries, list):
            tokens: Sequence[TokenLogprob] = _tokens(entries)
        elif isinstance(raw.get("tokens"), list):
            tokens = _legacy(raw)
        else:
            return None
        return belonging(tokens, text) or None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _tokens(entries: Sequence[Any]) -> Tokens:
    logprobs = [float(e["logprob"]) for e in entries]

    def read(index: int) -> TokenLogprob:
        entry = entries[index]
        return TokenLogprob(entry["token"], logprobs[index], _alternatives(entry.get("top_logprobs")))

    return Tokens([e["token"] for e in entries], read)


_of_pair = itemgetter(1)


class Alternatives(Sequence[tuple[str, float]]):
    """A token's alternatives as the endpoint sent them, read when somebody looks.

    A reply has twenty for each of its tokens, and only those where a score stands are ever looked at. An entry that
    can't be read is left out.

    Args:
        raw: a list, or the JSON of one.
    """

    __slots__ = ("_pairs", "_raw")

    def __init__(self, raw: list[Any] | msgspec.Raw) -> None:
        self._raw: list[Any] | msgspec.Raw = raw
        self._pairs: tuple[tuple[str, float], ...] | None = None

    def _read(self) -> tuple[tuple[str, float], ...]:
        if self._pairs is None:
            given = decoded(bytes(self._raw)) if isinstance(self._raw, msgspec.Raw) else self._raw
            entries = given if isinstance(given, list) else []
            readable = [a for a in entries if isinstance(a, dict) and isinstance(a.get("token"), str)]
            pairs = [(a["token"], float(p)) for a in readable if isinstance(p := a.get("logprob"), int | float)]
            self._pairs = tuple(sorted(pairs, key=_of_pair, reverse=True))
        return self._pairs

    @overload
    def __getitem__(self, index: int) -> tuple[str, float]: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[tuple[str, float], ...]: ...
    def __getitem__(self, index: int | slice) -> tuple[str, float] | tuple[tuple[str, float], ...]:
        return self._read()[index]

    def __iter__(self) -> Iterator[tuple[str, float]]:
        return iter(self._read())

    def __reversed__(self) -> Iterator[tuple[str, float]]:
        return reversed(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._read() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._read())


def _alternatives(raw: Any) -> Sequence[tuple[str, float]]:
    return Alternatives(raw) if isinstance(raw, msgspec.Raw) or (raw and isinstance(raw, list)) else ()


def _legacy(raw: Mapping[str, Any]) -> Sequence[TokenLogprob]:
    """The older form with parallel lists, that Together sends."""
    tops = raw.get("top_logprobs") or [None] * len(raw["tokens"])
    return [
        TokenLogprob(token, float(logprob), tuple(sorted((top or {}).items(), key=_of_pair, reverse=True)))
        for token, logprob, top in zip(raw["tokens"], raw["token_logprobs"], tops, strict=True)
    ]


def belonging(tokens: Sequence[TokenLogprob], text: str) -> Sequence[TokenLogprob]:
    """Those of a reply's tokens that `text`, its last part, is made of.

    Raises:
        TypeError: the text of some token isn't one.
    """
    texts = token_texts(tokens)
    written = "".join(texts)
    if written == text or not text:
        return tokens if text else ()
    start = written.rfind(text)
    if start < 0:
        # Characters cut across tokens come as escapes, so the two can't be matched: all of them, unless thoughts
        # stand before the text and could be taken for it.
        return () if split_reasoning(written)[1] or len(written) > 2 * len(text) else tokens
    kept, at = [], 0
    for index, part in enumerate(texts):
        end = at + len(part)
        if end > start and at < start + len(text):
            kept.append(tokens[index])
        at = end
    return tuple(kept)
