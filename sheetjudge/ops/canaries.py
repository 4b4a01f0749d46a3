"""Canaries: before a run asks anything new, its judges answer about a few things whose verdicts are known."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sheetjudge.core.chat import AnyCompletion
from sheetjudge.engine.caller import Caller
from sheetjudge.engine.journal import AnswerStore
from sheetjudge.engine.run import Seat, drive
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import ReplyError, Stopped
from sheetjudge.judging.protocol import Ask, Reply
from sheetjudge.ops.canary_hearing import Fate, Heard, Hearing
from sheetjudge.ops.canary_things import Memory, chosen, questions_of
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.summary import tally_json

ROWS = 12
"""Rows that go along with each run."""


@dataclass(frozen=True)
class Wanted:
    """What a job says of its canaries.

    Attributes:
        rows: so many of the table's go along. stops: an alarm stops the run.
        file: a table of canaries in place of the job's own rows. known: its column with the scores that people gave.
    """

    rows: int = ROWS
    stops: bool = False
    file: str | None = None
    known: str | None = None


def wanted_canaries(said: Mapping[str, Any]) -> Wanted | None:
    """What a job says of them; None where it wants none."""
    given = said.get("canaries", True)
    if isinstance(given, bool):
        return Wanted() if given else None
    return Wanted(given.get("rows", ROWS), given.get("alarm") == "stop", given.get("file"), given.get("known"))


@dataclass(frozen=True)
class Watch:
    """What canaries have to know of their run.

    Attributes:
        job: whose canaries they are. run: answers are kept for this run; one that takes another up names that one.
        takes_anew: what the judges say in this run is what they are held against from now on.
    """

    job: str
    run: str
    takes_anew: bool = False


class Canaries:
    """The canaries of one run.

    Args:
        job: the run, opened. wanted: by its file. watch: what is to be known of the run.

    Attributes:
        tally: their calls and cost, which the run's own counts leave out. They share its budget.
        alarms: what is wrong with the judges, a sentence each.

    Raises:
        ConfigError, TableError: a file of canaries that can't be used.
    """

    def __init__(self, job: Opened, wanted: Wanted, watch: Watch) -> None:
        self.tally = Tally()
        self._job = job
        self._wanted = wanted
        self._watch = watch
        self._questions = questions_of(job, wanted.file, wanted.known)
        self._heard: list[Heard] = []
        self._passing: asyncio.Future[None] | None = None

    @property
    def alarms(self) -> list[str]:
        """What is wrong with the judges."""
        return [alarm for heard in self._heard for alarm in heard.alarms]

    def hold(self) -> None:
        """Let no judge be asked anything before the canaries are answered. A run that asks nothing asks none."""
        if self._questions.seats:
            for seat in self._job.bench.everyone:
                seat.caller.first = self.passed

    async def passed(self) -> None:
        """Wait until the canaries are answered; the first to come sets them off.

        Raises:
            Stopped: an alarm is to stop the run. SheetjudgeError: the judges can't be asked.
        """
        if self._passing is None:
            self._passing = asyncio.ensure_future(self._pass())
            # Where the run is ended at once, nobody is left to hear what became of them.
            self._passing.add_done_callback(lambda passing: passing.cancelled() or passing.exception())
        await asyncio.shield(self._passing)

    def as_json(self) -> dict[str, Any] | None:
        """What came of them, for machines; None where none were asked."""
        if not self._heard and not self.tally.calls:
            return None
        return {
            "usage": tally_json(self.tally),
            "judges": {heard.name: heard.as_json() for heard in self._heard},
            "alarms": self.alarms,
            "notes": [note for heard in self._heard for note in heard.notes()],
        }

    async def _pass(self) -> None:
        job, questions = self._job, self._questions
        journal, fact = job.bench.journal, f"canaries {self._watch.job}"
        memory = Memory(anew=True) if self._watch.takes_anew else Memory.of(journal.fact(fact))
        tricks, used = questions.tricks(), set[str]()
        for seat in questions.seats:
            things = chosen(questions, seat, journal, memory, self._wanted.rows)
            used.update(thing.key for thing in things)
            self._heard.append(await Hearing(questions, seat, things, tricks, memory, self._ask).go())
        journal.add_to_fact(fact, memory.as_json(used))
        job.tell("canaries", **(self.as_json() or {}))
        if self.alarms and self._wanted.stops:
            raise Stopped(
                " ".join(self.alarms),
                "Nothing new was judged. If the change is wanted, run the job once with --accept-judge.",
            )

    async def _ask(self, seat: Seat[Any], items: Iterable[Any], number: int) -> list[Fate]:
        store = _Afresh(self._job.bench.journal, f"{self._watch.run} {number}")
        caller = seat.caller.beside(store, self.tally)
        found = await asyncio.gather(*(self._asked(seat, caller, item) for item in items), return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return [one for one in found if not isinstance(one, BaseException)]

    async def _asked(self, seat: Seat[Any], caller: Caller, item: Any) -> Fate:
        noting = _Noting(caller)
        reading = self._questions.read(await drive(seat.judge.judge(item), noting))
        if reading is not None:
            return reading
        return "unreadable" if noting.is_unreadable and not noting.has_failed else "unanswered"


class _Afresh:
    """A journal as one run sees it: answers of other runs aren't there, and its own don't serve others."""

    def __init__(self, journal: AnswerStore, run: str) -> None:
        self._journal = journal
        self._run = run.encode()
        self.fact = journal.fact
        self.add_to_fact = journal.add_to_fact
        self.run_started = journal.run_started
        self.run_ended = journal.run_ended

    def get(self, key: bytes) -> AnyCompletion | None:
        """The answer that this run got."""
        return self._journal.get(self._own(key))

    def put(self, answers: Iterable[tuple[bytes, str, AnyCompletion]]) -> Awaitable[None] | None:
        """Keep answers for this run."""
        return self._journal.put([(self._own(key), judge, answer) for key, judge, answer in answers])

    def close(self) -> None:
        """Whoever opened the journal closes it."""

    def _own(self, key: bytes) -> bytes:
        return hashlib.sha256(key + b" canary of " + self._run).digest()


class _Noting:
    """Puts questions and notes what went wrong with them."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.is_unreadable = False
        self.has_failed = False

    async def put(self, ask: Ask, /) -> Reply:
        """The reply to one ask."""
        reply = await self._caller.put(ask)
        if reply.error is not None:
            self.is_unreadable |= isinstance(reply.error, ReplyError)
            self.has_failed |= not isinstance(reply.error, ReplyError)
        return reply
