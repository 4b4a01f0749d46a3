"""How long to go on trying: one question, and a judge that doesn't answer."""

from __future__ import annotations

from dataclasses import dataclass

import tenacity

from sheetjudge.errors import ModelError, SetupError, Stopped


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a failed call is tried again.

    Attributes:
        tries: the most calls for one question, the first included.
        seconds: no further try is begun after so many seconds of trying one question.
        first_wait, most_wait: seconds of exponential backoff with full jitter (Brooker, AWS, 2015).
        most_retry_after: a longer Retry-After than this ends the attempts.
    """

    tries: int = 6
    seconds: float = 300.0
    first_wait: float = 0.5
    most_wait: float = 30.0
    most_retry_after: float = 120.0

    def waiting(self, state: tenacity.RetryCallState) -> float:
        """Seconds before the next try: what the server asked for, else the backoff."""
        jitter = tenacity.wait_random_exponential(multiplier=self.first_wait, max=self.most_wait)(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, ModelError) else None
        return jitter if asked is None else asked + min(jitter, 0.1 * asked + 0.05)

    def worth_it(self, error: BaseException) -> bool:
        """Can a retry after this error help?"""
        if not isinstance(error, ModelError) or not error.retryable:
            return False
        return error.retry_after is None or error.retry_after <= self.most_retry_after


class Health:
    """Notices a judge that stopped answering, so that a run doesn't go through its rows for nothing.

    Args:
        most_failures: questions in a row that may fail for want of an answer.

    Attributes:
        ever_answered: some call was answered. unconnected: calls that ended without a connection or in its breaking.
    """

    def __init__(self, most_failures: int) -> None:
        self.most_failures = most_failures
        self.ever_answered = False
        self.unconnected = 0
        self._failures = 0

    def answered(self) -> None:
        """A call was answered."""
        self.ever_answered = True
        self._failures = 0

    def refused(self, judge: str, error: ModelError) -> None:
        """A question was refused for good, which costs nothing but time.

        Raises:
            SetupError: so were all before it, as many as may fail.
        """
        self._failures += 1
        if not self.ever_answered and self._failures >= self.most_failures:
            raise SetupError(f"{judge} refused every question: {error.what.rstrip('.')}.", error.advice)

    def gave_up(self, judge: str, error: ModelError) -> None:
        """Every try of a question failed.

        Raises:
            SetupError: nothing was ever answered. Stopped: answers came before, but no more.
        """
        self._failures += 1
        if not self.ever_answered:
            raise SetupError(f"{judge} gave no answer: {error.what.rstrip('.')}.", error.advice)
        if self._failures >= self.most_failures:
            raise Stopped(
                f"{judge} stopped answering: {error.what.rstrip('.')}.",
                "Run the same command again later: it takes up where it stopped.",
            )
