"""What a filter promises of the rows that it keeps and drops, and what it can be held to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Keep = Literal["yes", "no", "review"]

ROUNDING = 1e-9
"""By how much a share of whole rows may miss what was promised: 0.95 of 20 is reached by 19."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised, with what confidence.

    Attributes:
        recall: least share of the rows that the strong judge would keep that are kept, in (0, 1]; None: all are.
        precision: least share of the kept rows that the strong judge would keep, in (0, 1]; None: all are.
        confidence: that all of it holds, in (0, 1).
    """

    recall: float | None = None
    precision: float | None = None
    confidence: float = 0.95

    def __post_init__(self) -> None:
        """Raises ValueError where a share is out of its range, or nothing is promised."""
        shares = [s for s in (self.recall, self.precision) if s is not None]
        if not shares or any(not 0 < s <= 1 for s in shares):
            raise ValueError("a promise needs a recall or a precision above 0 and up to 1")
        if not 0 < self.confidence < 1:
            raise ValueError("a confidence lies between 0 and 1")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What can be promised of the rows as they are decided now, each and together at the promise's confidence.

    Attributes:
        recall, precision: at least so much. 1 where no row of that kind was decided unseen, or none is wanted.
        hidden: at most so many wanted rows were dropped unseen. wrong: so many unwanted ones were kept unseen.
        met: that is what was promised.
    """

    recall: float
    precision: float
    hidden: int
    wrong: int
    met: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of every row.

    Attributes:
        keep: for each row. Unseen rows are for review until the bounds are met.
        asked: for each row, whether the strong judge was asked about it.
        bounds: what holds.
    """

    keep: tuple[Keep, ...]
    asked: tuple[bool, ...]
    bounds: Bounds
