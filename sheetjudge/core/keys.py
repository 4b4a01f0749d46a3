"""Keys of the journal: a hash over everything that an answer depends on, and of row text for its delimiters."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Mapping
from typing import Any

import orjson

from sheetjudge.core.chat import AnyRequest, Request


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spare blanks: equal values give equal bytes."""
    try:
        found = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        # An infinity and a NaN come out as null, which is something else.
        if b"null" not in found or _is_finite(value):
            return found
    except TypeError:
        # Half a surrogate pair, or an integer of more than 64 bits.
        pass
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    return not isinstance(value, list | tuple) or all(map(_is_finite, value))


def answer_key(identity: Mapping[str, Any], request: AnyRequest) -> bytes:
    """The journal's key of one answer: 32 bytes of SHA-256.

    Covers the model with its settings (`identity`) and the exact request: messages (and so the rubric and the row),
    schema, sampling parameters and the sample's index. Weights, names of files and the time of day are not in it.
    What the identity says under `likelihood` concerns a LikelihoodRequest alone.
    """
    settings = dict(identity)
    if isinstance(request, Request):
        settings.pop("likelihood", None)
        texts: tuple[str, ...] = ()
        asked: list[Any] = [
            "chat",
            request.schema,
            request.temperature,
            request.max_tokens,
            request.top_logprobs,
            request.sample,
            dict(request.extra),
        ]
    else:
        texts = (request.context, *request.continuations)
        asked = ["likelihood"]
    # The long texts go in as they are, each after its length: as JSON they would take ten times as long.
    framed = [text.encode("utf-8", "surrogatepass") for m in request.messages for text in (m.role, m.content)]
    framed += [text.encode("utf-8", "surrogatepass") for text in texts]
    head = canonical([settings, asked, len(request.messages), [len(text) for text in framed]])
    return hashlib.sha256(b"".join((head, b"\0", *framed))).digest()


def keyed_mark(secret: bytes, text: str) -> str:
    """Sixteen hex digits that nobody can guess without `secret`, the same on every run for the same text."""
    return hmac.digest(secret, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]
