"""A `Request` as the bytes that go out, and the bytes that come back as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
import orjson

from sheetjudge.core.chat import ReplyFormat, Request
from sheetjudge.llm.capabilities import TEMPERATURE_0, Capabilities


def encoded(value: Any) -> bytes:
    """`value` as JSON in UTF-8."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # Half a surrogate pair isn't text, and no endpoint takes it; and integers of more than 64 bits.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Call:
    """A request on the wire.

    Attributes:
        body: JSON in UTF-8.
        asked: what the endpoint may refuse: options by their names on the wire, the response format, `schema_mark`,
            `TEMPERATURE_0`, and `system` for a message in that role.
        format: the response format asked for.
        schema_mark: a name for this very schema: an endpoint that took one may refuse another. "" without a schema.
        given: what was known of the endpoint when the request was made.
    """

    body: bytes
    asked: frozenset[str]
    format: ReplyFormat
    schema_mark: str
    given: Capabilities


def call_for(
    model: str,
    request: Request,
    options: Mapping[str, Any],
    given: Capabilities,
    *,
    logprobs_as_count: bool = False,
) -> Call:
    """The chat completion to be asked for.

    Args:
        model: the model's name at the endpoint.
        request: the question; its `extra` parameters go before `options`.
        options: parameters of every request; to a `seed`, the sample's index is added. A `temperature` among them goes
            before the request's.
        given: what the endpoint takes; nothing else is sent.
        logprobs_as_count: `logprobs` is the number of alternatives.
    """
    messages = [{"role": m.role, "content": m.content} for m in request.messages]
    asked: set[str] = set()
    if len(messages) > 1 and messages[0]["role"] == "system":
        if given.system:
            asked.add("system")
        else:
            rules = messages.pop(0)["content"]
            messages[0]["content"] = f"{rules}\n\n{messages[0]['content']}"
    body: dict[str, Any] = {"model": model, "messages": messages, **options}
    if request.temperature is not None and given.temperature and "temperature" not in options:
        body["temperature"] = request.temperature
        asked |= {"temperature"} if request.temperature else {"temperature", TEMPERATURE_0}
    if request.max_tokens is not None and given.max_tokens:
        body[given.max_tokens] = request.max_tokens
        asked.add(given.max_tokens)
    if request.top_logprobs and given.logprobs:
        count = min(request.top_logprobs, given.top_logprobs)
        body |= {"logprobs": count} if logprobs_as_count else {"logprobs": True, "top_logprobs": count}
        asked |= {"logprobs", "top_logprobs"}
    if "seed" in options and given.seed:
        body["seed"] += request.sample
        asked.add("seed")
    elif "seed" in options:
        del body["seed"]
    body |= request.extra
    used, mark = _with_format(body, request, given)
    if used != "text":
        asked.add(used)
    if mark:
        asked.add(mark)
    return Call(encoded(body), frozenset(asked), used, mark, given)


def _with_format(body: dict[str, Any], request: Request, given: Capabilities) -> tuple[ReplyFormat, str]:
    """Put the response format into `body`; the format and, where there is one, the schema's mark."""
    if request.schema is None or given.format == "text":
        return "text", ""
    if given.format == "json_object":
        body["response_format"] = {"type": given.format}
        return given.format, ""
    schema = {"name": request.schema_name, "strict": True, "schema": request.schema}
    body["response_format"] = {"type": given.format, "json_schema": schema}
    return given.format, f"schema {hash(encoded(schema))}"


class _Token(TypedDict, total=False):
    token: str
    logprob: float
    top_logprobs: msgspec.Raw


class _Tokens(TypedDict, total=False):
    content: list[_Token] | None
    tokens: Any
    token_logprobs: Any
    top_logprobs: Any


class _Choice(TypedDict, total=False):
    message: Any
    finish_reason: Any
    logprobs: _Tokens | None
    error: Any


class _Reply(TypedDict, total=False):
    choices: list[_Choice]
    model: Any
    usage: Any
    error: Any


_REPLY = msgspec.json.Decoder(_Reply)


def decoded_reply(body: bytes) -> Any:
    """The JSON value of a chat completion as `replies` reads it, or None where it is none.

    The alternatives of its tokens are most of it (up to 50 kB) and are wanted at few places, so they come as they
    stand, as `msgspec.Raw`; what nobody reads is left out. A value of another form comes as from `decoded`.
    """
    try:
        return _REPLY.decode(body)
    except (ValueError, RecursionError):
        return decoded(body)


def decoded(body: bytes) -> Any:
    """The JSON value, or None where it is none.

    orjson takes a third of json's time; json takes what orjson is too strict for: half surrogate pairs, and halves of
    characters from servers that show each token (llama.cpp's did).
    """
    try:
        return orjson.loads(body)
    except ValueError:
        pass
    try:
        # As text: of bytes, json would guess that some are UTF-16, which JSON on the wire never is (RFC 8259).
        return json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
