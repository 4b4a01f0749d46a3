"""The same content in another manner: laid out as Markdown, without such marks, or in formal words.

Nothing is added and nothing left out, so that whatever a judge gives more or less is for the manner. Where a text may
be code, in which such marks say something, it stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
_BLOCK = re.compile(r"\n[ \t]*\n")
_CODE = re.compile(
    r"```|^(?:@@|diff |\+)|[{}][ \t]*$|\);[ \t]*$|^[ \t]*(?:def |class |import |return\b|#include)", re.MULTILINE
)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(?=\S)", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*[-*•][ \t]+(?=\S)", re.MULTILINE)
_BOLD = re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*")
_MARKS = (_HEADING, _BULLET, _BOLD)
_SHORT = 60
"""Characters of a sentence that can be a heading."""
_LEAST = 3
"""Sentences below which there is nothing to lay out."""


def as_markdown(text: str) -> str:
    """The text under headings or behind bold words, its sentences as bullets; as it is where it has such marks."""
    if _CODE.search(text) or any(mark.search(text) for mark in _MARKS):
        return text
    blocks = [parts for block in _BLOCK.split(text) if (parts := _sentences(block))]
    if sum(map(len, blocks)) < _LEAST:
        return text
    return "\n\n".join(_laid_out(*parts) for parts in blocks)


def _sentences(block: str) -> list[str]:
    return [part for line in block.splitlines() for part in _SENTENCE.split(line.strip()) if part]


def _laid_out(lead: str, *rest: str) -> str:
    top = f"### {lead}" if len(lead) <= _SHORT else f"**{lead}**"
    return "\n\n".join(filter(None, (top, "\n".join(f"- {part}" for part in rest))))


def as_plain(text: str) -> str:
    """The text without headings', bullets' and bold marks."""
    if _CODE.search(text):
        return text
    return _BOLD.sub(r"\1", _BULLET.sub("", _HEADING.sub("", text)))


# Only where the other word fits whatever stands around it.
_WORDS: Mapping[str, str] = {
    "also": "additionally", "often": "frequently", "maybe": "perhaps", "big": "substantial", "kids": "children",
    "begin": "commence", "begins": "commences", "began": "commenced", "buy": "purchase", "bought": "purchased",
    "hard to": "difficult to", "a lot of": "a great deal of", "lots of": "a great deal of", "so that": "in order that",
    "try to": "attempt to", "tries to": "attempts to", "tried to": "attempted to",
    "want to": "wish to", "wants to": "wishes to", "wanted to": "wished to",
    "find out": "determine", "finds out": "determines", "found out": "determined",
    "look at": "examine", "looks at": "examines", "looked at": "examined",
    "think about": "consider", "thinks about": "considers", "thought about": "considered",
    "talk about": "discuss", "talks about": "discusses", "talked about": "discussed",
    "leave out": "omit", "leaves out": "omits", "left out": "omitted",
    "make sure": "ensure", "makes sure": "ensures", "made sure": "ensured",
    "carry out": "conduct", "carries out": "conducts", "carried out": "conducted",
    "can't": "cannot", "won't": "will not",
}  # fmt: skip
_BEGINNINGS: Mapping[str, str] = {"But": "However,", "And": "Furthermore,", "So": "Consequently,"}
_FORMAL: Mapping[str, str] = {**_WORDS, **{word.capitalize(): other.capitalize() for word, other in _WORDS.items()}}
_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_FORMAL, key=len, reverse=True))})\b")
_BEGINNING = re.compile(
    r"(?:(?<=[.!?] )|^)(But|And|So)(?= [a-z])"
    r"(?! (?:far|much|many|long|that|what|too|is|are|was|were|do|does|did|as|be|to|for|few|little)\b)",
    re.MULTILINE,
)
# "Don't they?" would become "Do not they?".
_NOT = re.compile(
    r"\b(do|does|did|is|are|was|were|has|have|had|could|would|should|must)n't\b"
    r"(?!\s+(?:I|you|he|she|it|we|they|there|this|that)\b)",
    re.IGNORECASE,
)
_SHORTENED = re.compile(r"\b(I|you|we|they|he|she|it)'(m|re|ve|ll)\b", re.IGNORECASE)
_CURLY = "\u2019"
_LONG: Mapping[str, str] = {"m": "am", "re": "are", "ve": "have", "ll": "will"}


def as_formal(text: str) -> str:
    """English in stiffer words: nothing shortened, `however` for `but`, `determine` for `find out`."""
    if _CODE.search(text):
        return text
    found = text.replace(_CURLY, "'")
    formal = _NOT.sub(r"\1 not", found)
    formal = _SHORTENED.sub(lambda m: f"{m[1]} {_LONG[m[2].lower()]}", formal)
    formal = _WORD.sub(lambda m: _FORMAL[m[0]], _BEGINNING.sub(lambda m: _BEGINNINGS[m[1]], formal))
    return text if formal == found else formal
