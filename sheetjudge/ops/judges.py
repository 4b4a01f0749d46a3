"""Judges at work: models, the way each is asked, and what they share in a run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from sheetjudge.core.chat import Model
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.verdict import Verdict
from sheetjudge.engine.budget import Budget, Ceiling
from sheetjudge.engine.caller import Caller
from sheetjudge.engine.journal import AnswerStore
from sheetjudge.engine.limits import Gate, Rate
from sheetjudge.engine.patience import Health, RetryPolicy
from sheetjudge.engine.run import Seat, Stop
from sheetjudge.engine.tally import Tally
from sheetjudge.judging.asking import Asking
from sheetjudge.judging.likelihood import LikelihoodJudge
from sheetjudge.judging.pointwise import PointwiseJudge
from sheetjudge.judging.protocol import RowJudge
from sheetjudge.ops.summary import Summary

AT_ONCE = 32
"""Calls in flight to a judge that doesn't say how many it likes."""

# Questions in a row that may go without an answer before the run is stopped.
_MOST_FAILURES = 50


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard judges may be worked.

    Attributes:
        concurrency: calls in flight to each judge; None for as many as the judge likes.
        requests, tokens: the most a minute, or None.
        policy: retries.
    """

    concurrency: int | None = None
    requests: float | None = None
    tokens: float | None = None
    policy: RetryPolicy = field(default_factory=RetryPolicy)


RowSeat = Seat[tuple[Verdict, ...]]
"""A judge of rows at work."""


@dataclass(frozen=True)
class Bench:
    """The judges of a run and what they share.

    Attributes:
        seats: one for each judge. at_once: rows under way at the same time.
        further: judges that are asked about some rows only.
        journal, budget, tally, stop: shared by all seats.
        asking: how chat judges are asked. secret: key of the row delimiters.
        pace: how hard they may be worked.
    """

    seats: tuple[RowSeat, ...]
    at_once: int
    journal: AnswerStore
    budget: Budget
    tally: Tally
    stop: Stop
    asking: Asking
    secret: bytes
    pace: Pace
    further: tuple[RowSeat, ...] = ()

    @property
    def everyone(self) -> tuple[RowSeat, ...]:
        """All judges that may be asked."""
        return (*self.seats, *self.further)

    def notes(self, summary: Summary) -> tuple[str, ...]:
        """What a reader must know of how the judges were asked."""
        return self.notes_on({basis for c in summary.criteria.values() for basis in c.basis})

    def notes_on(self, bases: Collection[str]) -> tuple[str, ...]:
        """The same, where verdicts came about in these ways."""
        notes: list[str] = []
        for seat in self.everyone:
            notes += getattr(seat.caller.model, "notes", ())
        if "stated" in bases and "expectation" not in bases and any(_asks_logprobs(s.judge) for s in self.everyone):
            # An endpoint that was found to give none has said so itself.
            said = any("no token probabilities" in note for note in notes)
            notes += [] if said else ["No token probabilities came back: scores are the replies' own figures."]
        elif "stated" in bases and "expectation" in bases:
            notes.append("Some replies came without usable token probabilities: those scores are their own figures.")
        return tuple(dict.fromkeys(notes))

    async def aclose(self) -> None:
        """Close the models and the journal."""
        try:
            for seat in self.everyone:
                await seat.caller.model.aclose()
        finally:
            self.journal.close()


def _asks_logprobs(judge: object) -> bool:
    return isinstance(judge, PointwiseJudge) and judge.asking.logprobs and judge.asking.samples == 1


def seat_judges(
    models: Sequence[tuple[Model, bool]],
    rubric: Rubric,
    *,
    asking: Asking,
    secret: bytes,
    pace: Pace,
    ceiling: Ceiling,
    journal: AnswerStore,
    further: Sequence[tuple[Model, bool]] = (),
    budget: Budget | None = None,
    rate: Callable[[str, float], Rate] | None = None,
) -> Bench:
    """Put models to work on a rubric.

    Args:
        models: (model, whether it judges by likelihood instead of in chat) for each judge.
        rubric: what they are asked.
        asking: how chat judges are asked.
        secret: key of the row delimiters.
        pace: how hard they may be worked.
        ceiling: the most that the run may spend.
        journal: open; `Bench.aclose` closes it.
        further: models that are asked about some rows only.
        budget: where the ceiling is kept together with other processes; None for this run alone.
        rate: makes the rate that is kept under a name, of so many units a minute; None for one of this run alone.
    """
    budget, tally, stop = budget or Budget(ceiling), Tally(), Stop()
    rate = rate or (lambda _, per_minute: Rate(per_minute, sleep=stop.sleep))

    def seat(model: Model, *, by_likelihood: bool) -> RowSeat:
        judge: RowJudge = LikelihoodJudge(rubric) if by_likelihood else PointwiseJudge(rubric, asking, secret)
        most = _most(model, pace)
        caller = Caller(
            model,
            journal=journal,
            gate=Gate(most),
            budget=budget,
            policy=pace.policy,
            health=Health(max(_MOST_FAILURES, 2 * most)),
            tally=tally,
            requests=rate(f"{model.name} requests", pace.requests) if pace.requests else None,
            tokens=rate(f"{model.name} tokens", pace.tokens) if pace.tokens else None,
            stopping=stop.asked,
            sleep=stop.sleep,
        )
        return Seat(judge, caller)

    # Twice as many rows as calls: while one call of a row is read and kept, the next row's is ready to go.
    mosts = [_most(model, pace) for model, _ in (*models, *further)]
    at_once = max([1, *(most if most == 1 else 2 * most for most in mosts)])
    return Bench(
        tuple(seat(model, by_likelihood=by_likelihood) for model, by_likelihood in models),
        at_once,
        journal,
        budget,
        tally,
        stop,
        asking,
        secret,
        pace,
        tuple(seat(model, by_likelihood=by_likelihood) for model, by_likelihood in further),
    )


def _most(model: Model, pace: Pace) -> int:
    """Calls to a model that may be in flight at the same time."""
    wanted = pace.concurrency or int(getattr(model, "at_once", AT_ONCE))
    return min(wanted, getattr(model, "most_at_once", None) or wanted)
