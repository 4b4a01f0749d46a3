"""Google's error answers, as values that handlers raise and the server writes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Json = dict[str, Any]

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class ApiError(Exception):
    """One refused request, in the form of Google's newer APIs (Sheets).

    Args:
        code: the HTTP status.
        message: Google's sentence.
        details: the typed details of the error, where Google sends some.
    """

    def __init__(self, code: int, message: str, details: list[Json] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def body(self) -> Json:
        """The JSON body of the answer."""
        error: Json = {"code": self.code, "message": self.message, "status": _STATUS.get(self.code, "UNKNOWN")}
        if self.details:
            error["details"] = self.details
        return {"error": error}


class DriveError(ApiError):
    """One refused request, in the form of Drive v3: a list of `errors` with a reason, and no status."""

    def __init__(self, code: int, reason: str, message: str, *, location: str = "") -> None:
        super().__init__(code, message)
        self.reason = reason
        self.location = location

    def body(self) -> Json:
        """The JSON body of the answer."""
        one: Json = {"message": self.message, "domain": "global", "reason": self.reason}
        if self.location:
            one |= {"location": self.location, "locationType": "parameter"}
        return {"error": {"code": self.code, "message": self.message, "errors": [one]}}


def bad_request(message: str) -> ApiError:
    """A 400 INVALID_ARGUMENT with this sentence."""
    return ApiError(400, message)


@contextmanager
def within(place: str) -> Iterator[None]:
    """Name the part of a request in what is refused about it: `Invalid data[0]: Unable to parse range: ...`."""
    try:
        yield
    except ApiError as problem:
        if problem.code != 400:  # noqa: PLR2004 - only what is wrong with the request has a place in it
            raise
        raise ApiError(400, f"Invalid {place}: {problem.message}", problem.details) from problem


def bad_field(field: str, description: str) -> ApiError:
    """A 400 for a value that doesn't fit its field: the sentence comes again inside the details."""
    violation = {"field": field, "description": description}
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    return ApiError(400, description, details)


def not_built(what: str) -> ApiError:
    """A 501 that names what the local Google can't do, so that nothing is answered with an empty success."""
    return ApiError(501, f"The local Google has not been taught {what}.")


def no_permission() -> ApiError:
    """Google's answer to a caller who may not do this to the spreadsheet."""
    return ApiError(403, "The caller does not have permission")


def not_found() -> ApiError:
    """Google's answer to an unknown spreadsheet."""
    return ApiError(404, "Requested entity was not found.")
