"""How far a run is, for whoever shows it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from sheetjudge.engine.tally import Tally


@dataclass
class Progress:
    """How far one pass of a run is.

    Attributes:
        rows: rows to go through, or whatever `unit` says. done: those that are through.
        errors: those with something unscored.
        doing, unit: in words: `Scoring`, `row`.
        started: `time.monotonic()` at the start.
        stopping: nothing new is begun; what is in flight is finished.
    """

    rows: int
    tally: Tally
    done: int = 0
    errors: int = 0
    doing: str = "Scoring"
    unit: str = "row"
    started: float = field(default_factory=time.monotonic)
    stopping: bool = False
