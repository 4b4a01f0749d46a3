"""The error that a server wrote into the body of its reply, in any of the shapes in which servers write them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sheetjudge.llm.words import one_line

_MARKUP = re.compile(r"\s*<[A-Za-z!?]")
_MOST_WRAPPED = 6


@dataclass(frozen=True, slots=True)
class ServerSaid:
    """The error that a server wrote into its body; every field "" where it didn't say."""

    message: str = ""
    code: str = ""
    type: str = ""
    param: str = ""


def read_error(body: bytes | Any, secrets: Collection[str] = ()) -> ServerSaid:
    """The error in a body of any of the usual shapes: OpenAI's, FastAPI's, Google's (a list), HTML, plain text.

    Where a gateway hands on another server's error, it is that one's.
    """
    value = body
    if isinstance(body, bytes):
        text = body[:100_000].decode("utf-8", "replace")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return ServerSaid(_page_title(text, secrets))
    value = _innermost(value)
    if isinstance(value, str):
        return ServerSaid(_page_title(value, secrets))
    if not isinstance(value, dict):
        return ServerSaid()

    def field(name: str) -> str:
        found = value.get(name)
        return one_line(str(found), secrets) if isinstance(found, str | int | float) else ""

    message = _details(value.get("detail"), secrets) or field("message") or field("msg")
    return ServerSaid(message, field("code"), field("type") or field("status"), field("param"))


def _innermost(value: Any) -> Any:
    """The error itself: gateways wrap the one that they were told in one of their own, often as the JSON of it.

    In `message` (Mistral's endpoint with FastAPI's errors), in `error` as text, or in `metadata.raw` (OpenRouter).
    """
    for _ in range(_MOST_WRAPPED):
        if isinstance(value, list) and value:
            value = value[0]
        inner = _wrapped(value)
        if inner is None:
            break
        value = inner
    return value


def _wrapped(value: Any) -> Any:
    """What a wrapper holds; None where it is none."""
    if isinstance(value, str):
        return _object_in(value)
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("error"), dict | list | str) and value["error"]:
        return value["error"]
    metadata = value.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if isinstance(raw, str) and raw.strip():
        return _object_in(raw) or raw
    message = value.get("message")
    return message if message and isinstance(message, dict | list) else _object_in(message)


def _object_in(text: Any) -> Any:
    """The object or list whose JSON `text` is, else None."""
    if not isinstance(text, str) or not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _details(detail: Any, secrets: Collection[str]) -> str:
    """FastAPI's list of what is wrong: place and words, never the input that it repeats."""
    if isinstance(detail, str):
        return one_line(detail, secrets)
    if not isinstance(detail, list):
        return ""
    parts = []
    for entry in detail[:3]:
        if isinstance(entry, dict):
            place = ".".join(str(p) for p in entry.get("loc", ()) if p != "body")
            parts.append(f"{place}: {entry.get('msg', '')}".strip(": "))
    return one_line("; ".join(parts), secrets)


def _page_title(text: str, secrets: Collection[str]) -> str:
    if not _MARKUP.match(text):
        return one_line(text, secrets)
    found = re.search(r"<(title|h1)[^>]*>(.*?)</\1>", text[:20_000], re.IGNORECASE | re.DOTALL)
    title = one_line(re.sub(r"<[^>]*>", " ", found[2]), secrets, 100) if found else ""
    return f"a web page{f' “{title}”' if title else ''} instead of JSON"
