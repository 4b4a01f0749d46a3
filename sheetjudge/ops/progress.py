"""How far a run is, for whoever shows it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from sheetjudge.core.words import counted
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import SheetjudgeError, Stopped


@dataclass
class Progress:
    """How far one pass of a run is.

    Attributes:
        rows: rows to go through, or whatever `unit` says. done: those that are through.
        errors: those with something unscored.
        doing, unit: in words: `Scoring`, `row`.
        started: `time.monotonic()` at the start.
        stopping: nothing new is begun; what is in flight is finished.
        is_most: no more than `rows` is certain, and it may be fewer.
    """

    rows: int
    tally: Tally
    done: int = 0
    errors: int = 0
    doing: str = "Scoring"
    unit: str = "row"
    started: float = field(default_factory=time.monotonic)
    stopping: bool = False
    is_most: bool = False

    def early_end(self, reason: SheetjudgeError | None, *, has_results: bool) -> Stopped | None:
        """Why a run ended before its last row, and how far it came; None where it didn't.

        Args:
            reason: of the stop, or None. has_results: there is something to show.

        Raises:
            SheetjudgeError: the reason, where it has no results and can't be resumed as it is.
        """
        if reason is None:
            return None
        left = f"{max(self.rows - self.done, 0):,} remain{' at the most' if self.is_most else ''}"
        far = f"{self.doing}: {self.done:,} of {counted(self.rows, self.unit)} done, {left}; what was judged is kept."
        if isinstance(reason, Stopped):
            return type(reason)(reason.what, f"{far} {reason.advice}")
        if not has_results:
            raise reason
        return Stopped(reason.what, f"{reason.advice} {far} The same command takes up from there.")
