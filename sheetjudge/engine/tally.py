"""What a run has done so far, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from sheetjudge.core.chat import AnyCompletion, Usage


@dataclass(slots=True)
class Tally:
    """What a run has done so far; read by whoever shows progress.

    Attributes:
        calls: calls made to judges, retries included. retries: those beyond a question's first.
        served: answers that came from the journal.
        errors: failed calls by kind.
        unpriced: answers whose cost is unknown.
    """

    calls: int = 0
    retries: int = 0
    served: int = 0
    answered: int = 0
    in_flight: int = 0
    usage: Usage = field(default_factory=Usage)
    usd: float = 0.0
    unpriced: int = 0
    errors: dict[str, int] = field(default_factory=dict)

    def failed(self, error: BaseException) -> None:
        """Count a failed call."""
        kind = type(error).__name__
        self.errors[kind] = self.errors.get(kind, 0) + 1

    def paid(self, answer: AnyCompletion) -> None:
        """Count an answer that was asked for now."""
        self.answered += 1
        self.usage += answer.usage
        if answer.cost is None:
            self.unpriced += 1
        else:
            self.usd += answer.cost

    def add(self, other: Tally) -> None:
        """Count what another has counted too."""
        self.calls += other.calls
        self.retries += other.retries
        self.served += other.served
        self.answered += other.answered
        self.in_flight += other.in_flight
        self.usage += other.usage
        self.usd += other.usd
        self.unpriced += other.unpriced
        for kind, count in other.errors.items():
            self.errors[kind] = self.errors.get(kind, 0) + count
