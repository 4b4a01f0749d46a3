"""Regular expressions that can't hang: bounded when they are compiled, and in time when they search."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sheetjudge.core.yaml_nodes import shorten

if TYPE_CHECKING:
    import regex

PATTERN_SECONDS = 0.5
LONGEST_PATTERN = 1000
LARGEST_PATTERN = 20_000

_PIECE = re.compile(
    r"(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<times>\{(\d+)(?:,\d*)?\})|(?P<open>\()|(?P<close>\))|\\?.", re.DOTALL
)


class TookTooLong(Exception):
    """The search was given up after `PATTERN_SECONDS`."""


def compile_pattern(pattern: str) -> regex.Pattern[str]:
    """A regular expression in the dialect of the package `regex`.

    Raises:
        ValueError: it is none, or too large; the message goes on after "is".
    """
    import regex

    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"longer than {LONGEST_PATTERN:,} characters")
    if _size(pattern) > LARGEST_PATTERN:
        raise ValueError(f"too large: its repeats come to more than {LARGEST_PATTERN:,} parts")
    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError, TypeError, KeyError, IndexError) as error:
        raise ValueError(f"no regular expression: {error}") from None


def search(pattern: regex.Pattern[str], text: str) -> str | None:
    """The first match, or None.

    Raises:
        TookTooLong: no answer in time.
    """
    try:
        found = pattern.search(text, timeout=PATTERN_SECONDS)
    except (TimeoutError, MemoryError, RecursionError):
        raise TookTooLong(f"the pattern {shorten(pattern.pattern)} took too long") from None
    return found[0] if found else None


def _size(pattern: str) -> int:
    """About how many parts the compiled pattern has: `regex` writes `(ab){1000}` out a thousand times."""
    totals, last = [0], 0
    for piece in _PIECE.finditer(pattern):
        if piece["open"]:
            totals.append(0)
            last = 0
        elif piece["close"] and len(totals) > 1:
            last = totals.pop() + 1
            totals[-1] += last
        elif piece["times"]:
            repeated = last * min(max(int(piece[3]), 1), LARGEST_PATTERN + 1)
            totals[-1] += repeated - last
            last = repeated
        else:
            last = 1
            totals[-1] += 1
    return sum(totals)
