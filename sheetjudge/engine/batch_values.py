"""What the Batch API's state machine works with: questions, the limits of a batch, and what came of them."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Protocol

from sheetjudge.judging.protocol import Ask


class Sleep(Protocol):
    """Waits; ends early where the run is to stop."""

    def __call__(self, seconds: float, /) -> Awaitable[None]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Limits:
    """What one batch may hold, by OpenAI's rules, and how often it is looked after.

    Attributes:
        requests, size: at the most, in one file; bytes.
        first_wait, most_wait: seconds between two looks; they grow.
    """

    requests: int = 50_000
    size: int = 190_000_000
    first_wait: float = 5.0
    most_wait: float = 120.0


@dataclass(frozen=True, slots=True)
class Question:
    """An ask and its key in the journal."""

    key: bytes
    ask: Ask


@dataclass
class Batched:
    """What went through batches.

    Attributes:
        submitted: batches sent by this run. resumed: batches of earlier runs that were taken up.
        answered: questions that got a readable answer. failed: by what became of the others.
    """

    submitted: int = 0
    resumed: int = 0
    answered: int = 0
    failed: dict[str, int] = field(default_factory=dict)

    def missed(self, why: str) -> None:
        """Count a question without an answer."""
        self.failed[why] = self.failed.get(why, 0) + 1
