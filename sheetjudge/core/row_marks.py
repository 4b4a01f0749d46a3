"""Row marks: what the hidden column of a sheet remembers of a row, so that any machine can tell what became of it.

A mark is one short text: the row's id, the fingerprint of the texts that were judged, what they were judged by, and
a word for each value that was written. A mark means something only beside a row whose present texts have its
fingerprint: a person may sort a selection and leave the marks behind.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sheetjudge.core.table import CellValue

Shown = CellValue | bool
"""What a cell holds, as it is read back."""

NOT_JUDGED = "------"
"""In place of a version: the row has yet to be judged (its judge failed, or its texts changed)."""

_ID_LENGTH, _FINGERPRINT_LENGTH, _VERSION_LENGTH, _WORD_LENGTH = 8, 16, 6, 6
_MARK = re.compile(
    rf"1([a-z2-7]{{{_ID_LENGTH}}}) ([a-z2-7]{{{_FINGERPRINT_LENGTH}}})"
    rf" ([a-z2-7]{{{_VERSION_LENGTH}}}|-{{{_VERSION_LENGTH}}})([a-z2-7]{{{_VERSION_LENGTH}}})"
    rf"(?: ((?:[a-z2-7]{{{_WORD_LENGTH}}})+))?"
)


@dataclass(frozen=True, slots=True)
class Basis:
    """What results rest on, besides a row's own texts.

    Attributes:
        inputs: indexes of the columns that were read, in order.
        rubric: `version_of` the rubric.
        asked: `version_of` everything else: the judges, how they are asked, what the columns are called.
    """

    inputs: tuple[int, ...]
    rubric: str
    asked: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What is remembered of one row.

    Attributes:
        id: the row's own, wherever it goes.
        fingerprint: of the texts that were judged.
        rubric, asked: versions of what they were judged by; `rubric` is NOT_JUDGED where there is no verdict.
        words: a `word` for each value that was written.
    """

    id: str
    fingerprint: str
    rubric: str
    asked: str
    words: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """The text of the mark's cell."""
        words = "".join(sorted(self.words))
        return f"1{self.id} {self.fingerprint} {self.rubric}{self.asked}{' ' + words if words else ''}"


def parse_mark(text: object) -> Mark | None:
    """The mark in a cell; None for anything else, whoever wrote it."""
    found = _MARK.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    row_id, fingerprinted, rubric, asked, words = found.groups(default="")
    split = (words[i : i + _WORD_LENGTH] for i in range(0, len(words), _WORD_LENGTH))
    return Mark(row_id, fingerprinted, rubric, asked, frozenset(split))


def fingerprint(texts: Sequence[str]) -> str:
    """Sixteen letters for the texts of a row's cells, in order: 80 bits of BLAKE2b. Other texts, other letters."""
    return _letters((len(texts), *texts), _FINGERPRINT_LENGTH)


def version_of(*parts: str) -> str:
    """Six letters (30 bits) for a rubric's version, or whatever else results rest on."""
    return _letters(parts, _VERSION_LENGTH)


def word(role: str, value: Shown) -> str:
    """Six letters (30 bits) for a value under a header. A number is the same number however it is shown."""
    return _letters((role, value_text(value)), _WORD_LENGTH)


def value_text(value: Shown) -> str:
    """A value as it is compared: nothing and an empty text are one, as are 4 and 4.0, and the ways to end a line."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    return repr(float(value))


def words_of(roles: Iterable[str], values: Iterable[CellValue]) -> frozenset[str]:
    """A word for each value that isn't empty."""
    return frozenset(word(r, v) for r, v in zip(roles, values, strict=True) if value_text(v))


def new_id() -> str:
    """An id that no other row has."""
    return base64.b32encode(secrets.token_bytes(5)).decode("ascii").lower()


def _letters(parts: Iterable[object], length: int) -> str:
    state = hashlib.blake2b(digest_size=(length * 5 + 7) // 8)
    for part in parts:
        data = str(part).encode("utf-8", "surrogatepass")
        state.update(b"%d:" % len(data))
        state.update(data)
    return base64.b32encode(state.digest()).decode("ascii").lower()[:length]
