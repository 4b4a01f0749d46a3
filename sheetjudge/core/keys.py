"""Keys of the journal: a hash over everything that an answer depends on, and of row text for its delimiters."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from sheetjudge.core.chat import AnyRequest, Request


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spare blanks: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def answer_key(identity: Mapping[str, Any], request: AnyRequest) -> bytes:
    """The journal's key of one answer: 32 bytes of SHA-256.

    Covers the model with its settings (`identity`) and the exact request: messages (and so the rubric and the row),
    schema, sampling parameters and the sample's index. Weights, names of files and the time of day are not in it.
    """
    messages = [(m.role, m.content) for m in request.messages]
    if isinstance(request, Request):
        question: list[Any] = [
            "chat",
            messages,
            request.schema,
            request.temperature,
            request.max_tokens,
            request.top_logprobs,
            request.sample,
            dict(request.extra),
        ]
    else:
        question = ["likelihood", messages, request.context, request.continuations]
    return hashlib.sha256(canonical([dict(identity), question])).digest()


def keyed_mark(secret: bytes, text: str) -> str:
    """Sixteen hex digits that nobody can guess without `secret`, the same on every run for the same text."""
    return hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]
