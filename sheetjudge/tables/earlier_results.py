"""Find the columns that an earlier run wrote into a file.

A file has no place for hidden marks that every format keeps, so the columns are known by what they are:
`Score`, …, `Why`, `Status` side by side (all under the same prefix, if any), where every filled cell of
`Status` is a word that sheetjudge writes and agrees with the score beside it; or `Winner`, `Margin`, `Why`, `Status`
in the same way. A person's own column called `Score` or `Winner` has no such neighbours, so it is never taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

PREFIX_MARK = " · "

_STATUS = re.compile(r"(?:ok|stale)(?!\w).*|(?:review|skipped|error):.*", re.DOTALL)
# Formats that want each name once get `Score (2)` beside a person's own `Score`.
_NUMBERED = re.compile(r" \(\d+\)$")
_SCORE = re.compile(r"(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)?")


@dataclass(frozen=True, slots=True)
class Block:
    """Results of one earlier run.

    Attributes:
        columns: their indexes, side by side.
        first_role: what the first was called when it was made, `Score` or `Style · Score`: which results they are.
        number: index of the column that holds a number beside each verdict.
    """

    columns: range
    first_role: str
    number: int


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
            record[index] if index < len(record) else "" for index in (self._block.number, self._block.columns[-1])
        )
        self._statuses += bool(status)
        self._possible = bool(_SCORE.fullmatch(score)) and (bool(_STATUS.fullmatch(status)) if status else not score)

    @property
    def block(self) -> Block | None:
        """The block, or None where a row showed that sheetjudge didn't write it (or no row that it did)."""
        return self._block if self._possible and self._statuses else None


def possible_blocks(header: Sequence[str]) -> list[Candidate]:
    """Runs of columns headed `Score` … `Why`, `Status`, or `Winner`, `Margin`, `Why`, `Status`, left to right.

    A criterion between them may be called anything but `Score`; `Reasoning` may stand before `Status`.
    """
    roles = [_NUMBERED.sub("", text) for text in header]
    found = []
    for end, role in enumerate(roles):
        mark = role.rfind(PREFIX_MARK)
        prefix = role[: mark + len(PREFIX_MARK)] if mark >= 0 else ""
        if role != f"{prefix}Status":
            continue
        before = [text.removeprefix(prefix) for text in roles[max(0, end - 2) : end]]
        why = end - 1 if before[-1:] == ["Why"] else end - 2 if before == ["Why", "Reasoning"] else 0
        starts = [i for i in range(why) if roles[i] == f"{prefix}Score"]
        if starts:
            found.append(Candidate(Block(range(starts[-1], end + 1), f"{prefix}Score", starts[-1])))
        elif roles[max(0, why - 2) : why] == [f"{prefix}Winner", f"{prefix}Margin"]:
            found.append(Candidate(Block(range(why - 2, end + 1), f"{prefix}Winner", why - 1)))
    return found
