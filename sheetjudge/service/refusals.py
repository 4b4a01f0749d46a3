"""What a caller over HTTP is told in place of an answer."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """A request that isn't done.

    Args:
        status: of HTTP. error, advice: a sentence each; empty for 401 and 403, which tell nothing.
        retry_after: seconds to wait.
        why: a word for the log.
    """

    def __init__(
        self, status: int, error: str = "", advice: str = "", *, retry_after: int | None = None, why: str = ""
    ) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.advice = advice
        self.retry_after = retry_after
        self.why = why

    @property
    def body(self) -> Mapping[str, str]:
        """The answer's body."""
        return {"error": self.error or _PLAIN.get(self.status, "This can't be done."), "advice": self.advice}


_PLAIN = {
    401: "Not authorised.",
    403: "Forbidden.",
    404: "There is nothing here.",
    405: "That can't be done here.",
    503: "The backend is busy.",
}


def unknown_person(why: str) -> Refused:
    """401: who asks isn't known."""
    return Refused(401, why=why)


def not_allowed(why: str) -> Refused:
    """403: who asks is known, and may not."""
    return Refused(403, why=why)
