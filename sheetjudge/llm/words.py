"""Text of servers made fit for a person's eyes: one line, short, no secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable

_KEYS = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sk|pk|gsk|fw|fk|tgp|xai|key|api)[-_][A-Za-z0-9*._\-]{6,}|AIza[A-Za-z0-9_\-]{10,})"
    r"|(?<=Bearer )[A-Za-z0-9*._~+/=\-]{6,}",
)
_SHORTEST_SECRET = 4
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def one_line(text: str, secrets: Iterable[str] = (), limit: int = 240) -> str:
    """`text` on one line, at most `limit` characters, without what is or looks like a key, and no full stop at its end.

    Args:
        text: what a server or a library said.
        limit: the most characters.
        secrets: strings that must not appear, whatever they look like.
    """
    text = text[: limit * 20]
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "[key]")
    text = " ".join(_UNSEEN.sub(" ", _KEYS.sub("[key]", text)).split())
    if len(text) > limit:
        text = text[: limit - 1].rstrip() + "…"
    return text.rstrip(". ")
