"""Find the columns that an earlier run wrote into a file.

A file has no place for hidden marks that every format keeps, so the columns are known by what they are:
`Score`, …, `Why`, `Status` side by side (all under the same prefix, if any), where every filled cell of
`Status` is a word that sheetjudge writes and agrees with the score beside it. A person's own column called
`Score` has no such neighbours, so it is never taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

PREFIX_MARK = " · "

_STATUS = re.compile(r"(?:ok|stale)(?!\w).*|(?:review|skipped|error):.*", re.DOTALL)
_SCORE = re.compile(r"(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)?")


@dataclass(frozen=True, slots=True)
class Block:
    """Results of one earlier run.

    Attributes:
        columns: their indexes, side by side.
        first_header: the header of the first, `Score` or `Style · Score`: which results they are.
    """

    columns: range
    first_header: str


class Candidate:
    """Columns whose headers are right; the rows decide."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._possible = True
        self._statuses = 0

    def look_at(self, record: Sequence[str]) -> None:
        """Take the cells of one row into account."""
        if not self._possible:
            return
        score, status = (
            record[index] if index < len(record) else "" for index in (self._block.columns[0], self._block.columns[-1])
        )
        self._statuses += bool(status)
        self._possible = bool(_SCORE.fullmatch(score)) and (bool(_STATUS.fullmatch(status)) if status else not score)

    @property
    def block(self) -> Block | None:
        """The block, or None where a row showed that sheetjudge didn't write it (or no row that it did)."""
        return self._block if self._possible and self._statuses else None


def possible_blocks(header: Sequence[str]) -> list[Candidate]:
    """Runs of columns headed `Score` … `Why`, `Status`, left to right.

    A criterion between them may be called anything but `Score`, `Why` or `Status`.
    """
    found = []
    for end, text in enumerate(header):
        mark = text.rfind(PREFIX_MARK)
        prefix = text[: mark + len(PREFIX_MARK)] if mark >= 0 else ""
        if text != f"{prefix}Status" or not end or header[end - 1] != f"{prefix}Why":
            continue
        starts = [i for i in range(end - 1) if header[i] == f"{prefix}Score"]
        if starts:
            found.append(Candidate(Block(range(starts[-1], end + 1), f"{prefix}Score")))
    return found
