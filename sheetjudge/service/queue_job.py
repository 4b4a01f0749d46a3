"""One job of the queue in a worker's hands: how far it is, what came of it, and what its row is to show."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from sheetjudge.engine.run import Stop, interrupted
from sheetjudge.service.told import NO_PROGRESS
from sheetjudge.tables.job_holds import Hold
from sheetjudge.tables.job_tab import JobRow

FINAL = frozenset({"done", "stopped", "failed", "cancelled"})
EDITED = "The job was changed after it was taken. The change isn't obeyed: what runs is what was asked for first."

_ENDED_EARLY = {
    "cancelled": "Stopped as asked. Asked for again, it goes on with what is missing.",
    "queued": "Its worker was stopped; the next one takes it up where it is.",
}
_LONGEST_RESULT = 48_000
_GROWTH = 1.3


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    Attributes:
        state: `done`, `stopped` (can be asked for again and goes on), `failed`, `cancelled`, or `queued`: it is put
            back for another worker.
        result: as JSON. usd: what it cost in this worker; None where that isn't known.
        said: one sentence; "" where nothing went wrong. kind: of what went wrong, for a log that holds no texts.
    """

    state: str
    result: Mapping[str, Any] = field(default_factory=dict)
    usd: float | None = 0.0
    said: str = ""
    kind: str = ""


class JobInHand:
    """A job that this worker has taken.

    Args:
        row: as it was when it was taken. hold: the worker's. worker: what people call it.
        beats: seconds between the first two signs of life, and the most that they grow to.
        now: seconds since 1970. clock: seconds that only go forward.

    Attributes:
        tab: that it writes results to; "" where to none. before: US dollars that went into it in other workers.
        has_begun: the hold was seen to stand beside the job that it is for. ending: is set when it is to end early.
        outcome: what came of it; None while it goes on. facts: for its row and the log.
    """

    def __init__(
        self,
        row: JobRow,
        hold: Hold,
        worker: str,
        *,
        beats: tuple[float, float] = (2.0, 10.0),
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.key, self.id, self.text, self.spec = row.key, row.id, row.job, row.spec
        self.hold = hold
        self.tab = ""
        self.ending = asyncio.Event()
        self.has_begun = False
        self.is_edited = False
        self.is_lost = False
        self.outcome: Outcome | None = None
        self.task: asyncio.Task[None] | None = None
        self.facts: dict[str, Any] = {}
        self.before = _spent(row)
        self._told: Callable[[], Mapping[str, Any]] = lambda: NO_PROGRESS
        self._worker = worker
        self._now, self._clock = now, clock
        self._started = now()
        self._stops: list[Stop] = []
        self._wish = ""
        self._pause, self._longest_pause = beats
        self._due = clock()

    def opened(self, stop: Stop) -> None:
        """Take what ends the run early when asked."""
        self._stops.append(stop)
        if self._wish:
            stop.ask(interrupted())

    def end(self, wish: str) -> None:
        """Have it end early, as `cancelled`, `queued` (to be taken up again) or `lost` (it is another's now)."""
        if self.outcome is None and not self._wish:
            self._wish = wish
            self.ending.set()
            for stop in self._stops:
                stop.ask(interrupted())

    @property
    def wish(self) -> str:
        """How it is to end early; "" where nobody asked for that."""
        return self._wish

    def shows(self, told: Callable[[], Mapping[str, Any]]) -> None:
        """Take what tells how far it is, as `told.progress_told` does."""
        self._told = told

    def ended(self, outcome: Outcome) -> None:
        """Take what came of it."""
        if self._wish and outcome.state == "stopped":
            state = "cancelled" if self._wish == "cancelled" else "queued"
            outcome = Outcome(state, outcome.result, outcome.usd, _ENDED_EARLY[state])
        self.outcome = outcome

    @property
    def usd(self) -> float | None:
        """What it cost in all workers together; None where that isn't known."""
        if self.outcome is None:
            usd: float | None = self._told().get("usd", self.before)
            return usd
        return None if self.outcome.usd is None else self.before + self.outcome.usd

    def is_due(self) -> bool:
        """Is it time to show how far it is? The times grow apart."""
        return self.outcome is not None or self._clock() >= self._due

    @property
    def wait(self) -> float:
        """Seconds until it is due."""
        return max(self._due - self._clock(), 0.0)

    def was_shown(self) -> None:
        """Its row has been written."""
        self._due = self._clock() + self._pause
        self._pause = min(self._pause * _GROWTH, self._longest_pause)

    def cells(self) -> dict[str, str]:
        """What its row is to show."""
        done = self.outcome
        state = "running" if done is None else done.state
        told = [done.said if done is not None else "", EDITED if self.is_edited and done is None else ""]
        progress = {
            "id": self.id,
            **self.facts,
            **self._told(),
            "usd": self.usd,
            "started": round(self._started, 1),
            "ended": round(self._now(), 1) if state in FINAL else None,
        }
        found = {
            "state": state,
            "worker": self._worker,
            "beat": iso(self._now()),
            "progress": _dump(progress),
            "said": " ".join(filter(None, told)),
        }
        return found | ({"result": cut_result(done.result)} if done is not None and state in FINAL else {})


def state_of(row: JobRow) -> str:
    """A row's state: `queued`, `running` or a final one.

    What was written for another job, and came to stand here because rows were sorted meanwhile, is not its own.
    """
    stated = row.state.strip().lower()
    return stated if stated in FINAL | {"running"} and is_own(row) else "queued"


def is_own(row: JobRow) -> bool:
    """Was what a worker wrote into this row written for its job?"""
    return not row.progress or progress_of(row).get("id", row.id) == row.id


def progress_of(row: JobRow) -> Mapping[str, Any]:
    """How far a job is, as its row says; empty where it doesn't."""
    try:
        found = orjson.loads(row.progress)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def iso(now: float) -> str:
    """A time as the tab has it."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cut_result(result: Mapping[str, Any]) -> str:
    """A result as JSON that fits into a cell: without its largest parts where it is too long, which are named."""
    kept = dict(result)
    gone: list[str] = []
    while len(text := _dump(kept | ({"left_out": gone} if gone else {}))) > _LONGEST_RESULT and kept:
        largest = max(kept, key=lambda name: len(_dump(kept[name])))
        kept.pop(largest)
        gone.append(largest)
    return text


def _spent(row: JobRow) -> float:
    """US dollars that the workers before spent on it, as far as they said."""
    usd = progress_of(row).get("usd") if is_own(row) else None
    return float(usd) if isinstance(usd, int | float) and 0 <= usd < float("inf") else 0.0


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
