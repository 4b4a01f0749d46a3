"""What the workers of a cluster share: one journal, one budget, one rate for each judge, one stop.

All of it is kept by the desk, an actor on the machine where the run was started. A worker that dies takes nothing
with it but the calls that it had in flight: its answers are in the desk's journal, and what it had reserved of the
budget counts as spent.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sheetjudge.core.chat import AnyCompletion
from sheetjudge.engine.budget import Amount, Budget, Ceiling
from sheetjudge.engine.journal import Journal
from sheetjudge.engine.limits import Rate
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import SheetjudgeError

# A worker that wasn't heard of for so many seconds has died. They report every second.
_SILENCE = 60.0


@dataclass(frozen=True, slots=True)
class Report:
    """How far a worker is.

    Attributes:
        worker: its name. tally: of all that it did.
        rows: by the number of each block that it has at hand, rows done and rows with something unscored.
    """

    worker: str
    tally: Tally
    rows: Mapping[int, tuple[int, int]]


@dataclass
class Standing:
    """How far all workers are.

    Attributes:
        tally: of all that was done. rows, errors: rows done and rows with something unscored.
        spent: of the budget. workers: how many have been heard of. stopped: why the run was stopped, or None.
    """

    tally: Tally = field(default_factory=Tally)
    rows: int = 0
    errors: int = 0
    spent: Amount = field(default_factory=Amount)
    workers: int = 0
    stopped: SheetjudgeError | None = None


class Desk:
    """The actor. Its methods answer with values; errors are values too, so that they arrive as they are.

    Args:
        journal: path of the journal's file on this machine.
        ceiling: the most that the run may spend.
    """

    def __init__(self, journal: str, ceiling: Ceiling) -> None:
        self._journal = Journal(Path(journal))
        self._budget = Budget(ceiling)
        self._held: dict[str, Amount] = {}
        self._heard: dict[str, float] = {}
        self._rates: dict[tuple[str, float], Rate] = {}
        self._reports: dict[str, Report] = {}
        self._rows: dict[int, tuple[int, int]] = {}
        self._stopped: SheetjudgeError | None = None

    async def answers(self, keys: Sequence[bytes]) -> list[AnyCompletion | None]:
        """What the journal keeps under these keys."""
        return [self._journal.get(key) for key in keys]

    async def keep(self, answers: Sequence[tuple[bytes, str, AnyCompletion]]) -> SheetjudgeError | None:
        """Put answers into the journal; they are committed when this returns."""
        try:
            self._journal.put(answers)
        except SheetjudgeError as error:
            return error
        return None

    async def fact(self, name: str) -> Any:
        """A fact that the journal remembers."""
        return self._journal.fact(name)

    async def add_to_fact(self, name: str, values: Mapping[str, Any]) -> None:
        """Add to a fact that the journal remembers."""
        self._journal.add_to_fact(name, values)

    async def reserve(self, worker: str, most: Amount) -> SheetjudgeError | None:
        """Set `most` aside for a worker's call; waits while calls in flight may still free some."""
        try:
            await self._budget.reserve(most)
        except SheetjudgeError as error:
            return error
        self._held[worker] = self._held.get(worker, Amount()) + most
        return None

    async def settle(self, worker: str, reserved: Amount, spent: Amount) -> None:
        """A call for which `reserved` was set aside has cost `spent`."""
        if worker in self._held:
            self._held[worker] -= reserved
            self._budget.settle(reserved, spent)

    async def take(self, judge: str, per_minute: float, units: float) -> None:
        """Wait until `units` more of a judge's rate may go."""
        await self._rates.setdefault((judge, per_minute), Rate(per_minute)).take(units)

    async def report(self, report: Report) -> SheetjudgeError | None:
        """Take a worker's report; answers why the run is to be stopped, or None."""
        now = time.monotonic()
        self._reports[report.worker] = report
        self._heard[report.worker] = now
        self._rows.update(report.rows)
        for worker in [name for name in self._held if now - self._heard.get(name, now) > _SILENCE]:
            # It died; what it had reserved may have been billed.
            held = self._held.pop(worker)
            self._budget.settle(held, held)
        return self._stopped

    async def stop(self, reason: SheetjudgeError) -> None:
        """Stop the run; the first reason counts."""
        self._stopped = self._stopped or reason

    async def standing(self) -> Standing:
        """How far all workers are."""
        tally = Tally()
        for report in self._reports.values():
            tally.add(report.tally)
        done = sum(done for done, _ in self._rows.values())
        errors = sum(errors for _, errors in self._rows.values())
        return Standing(tally, done, errors, self._budget.spent, len(self._reports), self._stopped)

    async def run_started(self, run: str, story: Mapping[str, Any]) -> SheetjudgeError | None:
        """Note in the journal that a run began."""
        try:
            self._journal.run_started(run, story)
        except SheetjudgeError as error:
            return error
        return None

    async def run_ended(self, run: str, state: str, story: Mapping[str, Any]) -> None:
        """Note in the journal how it ended."""
        self._journal.run_ended(run, state, story)


def open_desk(journal: Path, ceiling: Ceiling) -> Any:
    """Start the desk on this machine.

    Args:
        journal: the journal's file here. ceiling: the most that the run may spend.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(node_id=ray.get_runtime_context().get_node_id(), soft=False)
    actor = ray.remote(num_cpus=0, max_concurrency=10_000, scheduling_strategy=here)(Desk)
    return actor.remote(str(journal), ceiling)


class RemoteJournal:
    """A worker's side of the desk's journal. Answers are fetched ahead, a block's at a time.

    Args:
        desk: the actor.
    """

    def __init__(self, desk: Any) -> None:
        self._desk = desk
        self._fetched: dict[bytes, AnyCompletion] = {}

    async def fetch(self, keys: Sequence[bytes]) -> None:
        """Fetch what is kept under these keys, so that `get` finds it. What was fetched before is let go."""
        found = await self._desk.answers.remote(list(keys))
        self._fetched |= {key: answer for key, answer in zip(keys, found, strict=True) if answer is not None}

    def forget(self, keys: Iterable[bytes]) -> None:
        """Let go of what was fetched."""
        for key in keys:
            self._fetched.pop(key, None)

    def get(self, key: bytes) -> AnyCompletion | None:
        """The answer fetched under `key`, or None."""
        return self._fetched.get(key)

    def put(self, answers: Iterable[tuple[bytes, str, AnyCompletion]]) -> Awaitable[None]:
        """Keep answers; they are committed when the awaitable is done."""
        return _succeeded(self._desk.keep.remote(list(answers)))

    def fact(self, name: str) -> Any:
        """A remembered fact, or None."""
        import ray

        return ray.get(self._desk.fact.remote(name))

    def add_to_fact(self, name: str, values: Mapping[str, Any]) -> None:
        """Add to a fact; nobody waits for it."""
        self._desk.add_to_fact.remote(name, dict(values))

    def run_started(self, run: str, story: Mapping[str, Any]) -> None:
        """The whole run is noted by whoever started it; a block is none."""

    def run_ended(self, run: str, state: str, story: Mapping[str, Any]) -> None:
        """As `run_started`."""

    def close(self) -> None:
        """The desk closes the file."""


class RemoteBudget(Budget):
    """A worker's side of the desk's budget.

    Args:
        desk: the actor. worker: who asks. ceiling: the run's.
    """

    def __init__(self, desk: Any, worker: str, ceiling: Ceiling) -> None:
        super().__init__(ceiling)
        self._desk = desk
        self._worker = worker

    async def reserve(self, most: Amount) -> None:
        """As `Budget.reserve`."""
        if self._is_bound:
            await _succeeded(self._desk.reserve.remote(self._worker, most))

    def settle(self, reserved: Amount, spent: Amount) -> None:
        """As `Budget.settle`."""
        self.spent += spent
        if self._is_bound:
            self._desk.settle.remote(self._worker, reserved, spent)


class RemoteRate(Rate):
    """A worker's side of a rate that all workers keep together.

    Args:
        desk: the actor. judge: whose rate. per_minute: units a minute.
    """

    def __init__(self, desk: Any, judge: str, per_minute: float) -> None:
        super().__init__(per_minute)
        self._desk = desk
        self._judge = judge
        self._per_minute = per_minute

    async def take(self, units: float) -> None:
        """Wait until `units` more may go."""
        await self._desk.take.remote(self._judge, self._per_minute, units)


async def _succeeded(answer: Awaitable[SheetjudgeError | None]) -> None:
    error = await answer
    if error is not None:
        raise error
