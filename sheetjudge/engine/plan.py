"""What a run would do, before it does it: rows, calls, tokens, money."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sheetjudge.core.chat import Request, Usage, transcript
from sheetjudge.core.keys import answer_key
from sheetjudge.engine.journal import AnswerStore
from sheetjudge.engine.run import Seat, Task

# English text has four to five bytes a token; scripts with three bytes a character have about one token for each.
_BYTES_PER_TOKEN = 4.0
_TOKENS_PER_REASON = 80


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """What one judge would be asked.

    Attributes:
        judge: its name. host: where row text would go; "" where it stays on this machine.
        calls: questions to ask. answered: questions that the journal answers already.
        repeated: questions that are asked once with another one, since they are the same.
        usage: estimated tokens of the calls.
        usd: their estimated price; None where the price is unknown.
        priced: the day (ISO 8601) of the provider's prices; "" where a person gave them, or nothing is paid.
    """

    judge: str
    host: str
    calls: int
    answered: int
    usage: Usage
    usd: float | None
    priced: str = ""
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    Attributes:
        rows: rows to judge. skipped: rows without anything to judge. cut: rows too long to be shown whole.
        seats: one entry for each judge.
    """

    rows: int
    skipped: int
    cut: int
    seats: tuple[SeatPlan, ...]

    @property
    def usd(self) -> float | None:
        """Estimated price of the run, or None where a judge's price is unknown."""
        prices = [seat.usd for seat in self.seats]
        return None if None in prices else sum(p for p in prices if p is not None)


def plan(works: Iterable[Task], seats: Sequence[Seat[Any]], journal: AnswerStore) -> Plan:
    """Go through the rows without asking anybody.

    Counts each question as it would first be put: no retries, no repairs.
    """
    rows = skipped = cut = 0
    counts = [[0, 0, 0, 0, 0] for _ in seats]
    seen: list[set[bytes]] = [set() for _ in seats]
    for work in works:
        if work.item is None:
            skipped += 1
            continue
        rows += 1
        cut += work.cut
        for seat, count, keys in zip(seats, counts, seen, strict=True):
            for ask in next(seat.judge.judge(work.item), ()):
                key = answer_key(seat.caller.model.identity, ask.request)
                if key in keys:
                    count[4] += 1
                    continue
                if journal.get(key) is not None:
                    count[1] += 1
                    continue
                keys.add(key)
                count[0] += 1
                prompt, reply = _estimate(ask.request)
                count[2] += prompt
                count[3] += reply
    return Plan(rows, skipped, cut, tuple(_seat_plan(s, c) for s, c in zip(seats, counts, strict=True)))


def is_answered(work: Task, seats: Sequence[Seat[Any]], journal: AnswerStore) -> bool:
    """Whether the journal holds what these judges would first ask about a task."""
    if work.item is None:
        return True
    return all(
        journal.get(answer_key(seat.caller.model.identity, ask.request)) is not None
        for seat in seats
        for ask in next(seat.judge.judge(work.item), ())
    )


def _seat_plan(seat: Seat[Any], count: Sequence[int]) -> SeatPlan:
    model = seat.caller.model
    usage = Usage(prompt=count[2], completion=count[3])
    usd = None if model.price is None else model.price.cost(usage)
    priced = model.price.as_of if model.price else ""
    return SeatPlan(model.name, model.host, count[0], count[1], usage, usd, priced, count[4])


def _estimate(request: object) -> tuple[int, int]:
    if isinstance(request, Request):
        text = transcript(request.messages)
        criteria = len((request.schema or {}).get("properties", ())) or 1
        return int(len(text.encode("utf-8", "surrogatepass")) / _BYTES_PER_TOKEN), criteria * _TOKENS_PER_REASON
    return 0, 0
