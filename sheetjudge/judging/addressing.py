"""Does a row's text speak to whoever judges it? For a person to look at: nothing is left out and no score is changed.

It reads what is written, so it finds what is said as such attacks say it, and is no defence: that is what the marker
lines and the rules of the prompt are for. Where it isn't sure it says nothing, for a false alarm costs a person's time.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from sheetjudge.judging.addressing_languages import OTHER_LANGUAGES
from sheetjudge.judging.addressing_words import HIDDEN, KINDS, LONE_OPENINGS, OPENING, OPENINGS, RULES, Rule
from sheetjudge.judging.prompts import columns_shown
from sheetjudge.judging.protocol import Item

ADDRESSED = "text addresses the judge"
"""What a status says of such a row."""

_RULES = (*RULES, *OTHER_LANGUAGES)
# Words that are not sure by themselves count where others stand within so many characters.
_NEAR = 400
_LONGEST_OPENING = 60

_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_ODD = re.compile(f"{_UNSEEN.pattern[:-1]}\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Ordinary text has a zero-width space here and there, a flag has tags, an emoji has a selector: never so many, nor alone.
_HIDES = re.compile(
    "[\u202d\u202e]|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0001-\U000e007f]|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}"
    "|[\u200b-\u200d\u2060-\u2064\ufeff]{8,}"
)
_BEGINS = re.compile(
    r"(?:^|[\n.!?:;,>*#\-–—\[\](){}|\"'`“”„«»。！？：，、]"
    r"|\b(?:please|kindly|now|then|and|but|you must|you should|you will|you shall|you have to|you need to|just|simply"
    r"|always|instead|first|therefore|so|you to|are to))\s*$"
)
_QUOTES = (
    ('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"), ("`", "`"), ("‘", "’"), ("「", "」"), (r"(?<!\w)'", r"'(?!\w)"),
)  # fmt: skip
_LEAST_AROUND = 2
"""Words before a quotation, on its line, that make it one."""


def addressing(item: Item) -> tuple[str, ...]:
    """What the texts of a row do that only speaks to a judge.

    Args:
        item: what a judge sees of the row.

    Returns:
        Some of `KINDS`, each once, in that order; none for an ordinary row.
    """
    columns = [text for _, text in columns_shown(item)]
    found = {kind for text in columns for kind in addresses(text)}
    written = [text for _, text in item.fields if text.strip()]
    if len(written) == 1 and _is_lone_opening(written[0]):
        found.add(OPENING)
    return tuple(kind for kind in KINDS if kind in found)


def said_of(kinds: tuple[str, ...]) -> str:
    """What a status says where `addressing` found something; "" where it didn't."""
    return f"{ADDRESSED} ({'; '.join(kinds)})" if kinds else ""


def addresses(text: str) -> tuple[str, ...]:
    """The same for one text, wherever it stands; a lone word or sign is not held against it."""
    found = {HIDDEN} if not text.isascii() and _ODD.search(text) and _HIDES.search(text) else set()
    text = _plain(text)
    if len(text) <= _LONGEST_OPENING and text in OPENINGS:
        found.add(OPENING)
    unsure: list[tuple[int, Rule]] = []
    quotations = _Quotations(text)
    for rule in _RULES:
        if rule.kind in found:
            continue
        for stem in rule.stems:
            if stem in text:
                break
        else:
            continue
        for start in _places(rule, text, quotations):
            if rule.is_sure:
                found.add(rule.kind)
                break
            unsure.append((start, rule))
    found.update(_together(unsure))
    return tuple(kind for kind in KINDS if kind in found)


def _plain(text: str) -> str:
    """The text as the rules read it: no unseen characters, no capitals, no second white space behind another."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
    text = text.casefold().replace("’", "'")
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.splitlines())))


def _places(rule: Rule, text: str, quotations: _Quotations) -> Iterator[int]:
    for match in rule.pattern.finditer(text):
        start, end = match.span()
        if rule.as_order and not _BEGINS.search(text, max(0, start - _NEAR // 4), start):
            continue
        if rule.may_be_quoted and quotations.hold(start, end):
            continue
        yield start


def _together(unsure: list[tuple[int, Rule]]) -> set[str]:
    """What is not sure by itself, and stands near something else of the sort."""
    found = set()
    unsure.sort(key=lambda one: one[0])
    for (start, rule), (other, beside) in pairwise(unsure):
        if rule is not beside and other - start <= _NEAR:
            found |= {rule.kind, beside.kind}
    return found


class _Quotations:
    """The quotations of a text. Its marks are looked for once: a text may hold the same words a thousand times."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._marks: dict[str, list[int]] = {}

    def hold(self, start: int, end: int) -> bool:
        """Does a part of the text stand between marks, in a line that says something before them?"""
        first, last = self._text.rfind("\n", 0, start) + 1, self._text.find("\n", end)
        last = len(self._text) if last < 0 else last
        for opening, closing in _QUOTES:
            (count, opened), (_, closed) = self._between(opening, first, start), self._between(closing, first, start)
            is_open = count % 2 == 1 if opening == closing else opened >= max(closed, 0)
            if is_open and self._between(closing, end, last)[0] and self._is_begun(first, opened):
                return True
        return False

    def _between(self, mark: str, start: int, end: int) -> tuple[int, int]:
        """How many of a mark stand there, and where the last does; -1 where none does."""
        if mark not in self._marks:
            self._marks[mark] = [found.start() for found in re.finditer(mark, self._text)]
        places = self._marks[mark]
        first, beyond = bisect_left(places, start), bisect_left(places, end)
        return beyond - first, places[beyond - 1] if beyond > first else -1

    def _is_begun(self, first: int, at: int) -> bool:
        """Are there words enough before a mark?"""
        return len(self._text[first:at].split(maxsplit=_LEAST_AROUND)) >= _LEAST_AROUND


def _is_lone_opening(text: str) -> bool:
    """Nothing but signs, or the word that an answer begins with (Zhao et al., 2025)."""
    text = " ".join(unicodedata.normalize("NFKC", text[: 2 * _LONGEST_OPENING]).casefold().split())
    return text in LONE_OPENINGS or text in {":", ".", ",", ";", "...", "…"}
