"""What goes wrong on demand: quotas, server errors, waiting, and connections that drop."""

from __future__ import annotations

import threading
import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sheetjudge.sandbox.problems import ApiError, Json

_HIGHER_QUOTA = "https://cloud.google.com/docs/quotas/help/request_increase"
_TROUBLE = {
    500: "Internal error encountered.",
    502: "Bad Gateway",
    503: "The service is currently unavailable.",
    504: "Deadline expired before operation could complete.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request.

    Args:
        error: answer this instead of doing what was asked.
        wait: seconds before anything else.
        drop: close the connection without an answer: `before` or `after` the request was done.
        late_error: do what was asked, then answer this.
    """

    error: ApiError | None = None
    wait: float = 0.0
    drop: str = ""
    late_error: ApiError | None = None


def server_error(code: int = 503) -> ApiError:
    """A 5xx in Google's words."""
    return ApiError(code, _TROUBLE.get(code, "Internal error encountered."))


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as faults and observers see it: the method's name (`sheets.values.get`), who called, and its number."""

    name: str
    method: str
    path: str
    writes: bool
    email: str
    project: str
    number: int
    body: bytes = b""


Rule = Callable[[Seen], Fault | None]


def every(count: int, fault: Fault, *, matching: str = "") -> Rule:
    """A rule that strikes each `count`-th request whose name starts with `matching`."""
    state = {"seen": 0}

    def rule(seen: Seen) -> Fault | None:
        if not seen.name.startswith(matching):
            return None
        state["seen"] += 1
        return fault if state["seen"] % count == 0 else None

    return rule


def first(count: int, fault: Fault, *, matching: str = "") -> Rule:
    """A rule that strikes the next `count` requests whose name starts with `matching`."""
    state = {"left": count}

    def rule(seen: Seen) -> Fault | None:
        if state["left"] <= 0 or not seen.name.startswith(matching):
            return None
        state["left"] -= 1
        return fault

    return rule


@dataclass
class Quota:
    """A rule like Google's quotas of the Sheets API: so many requests in any minute, a user and a project.

    Args:
        per_user, per_project: requests a minute, for reads and for writes each.
        now: seconds, on any clock that only goes forward.
        window: seconds of the window.
    """

    per_user: int = 60
    per_project: int = 300
    now: Callable[[], float] = time.monotonic
    window: float = 60.0
    _times: dict[tuple[str, str, str], deque[float]] = field(default_factory=dict)

    def __call__(self, seen: Seen) -> Fault | None:
        """Refuse the request if it is one too many; refused ones don't count."""
        if not seen.name.startswith("sheets."):
            return None
        kind = "Write" if seen.writes else "Read"
        over_user = self._over((kind, "user", seen.email), self.per_user)
        over_project = self._over((kind, "project", seen.project), self.per_project)
        if over_user:
            return Fault(error=quota_error(kind, self.per_user, seen.project, per_user=True))
        if over_project:
            return Fault(error=quota_error(kind, self.per_project, seen.project, per_user=False))
        return None

    def _over(self, key: tuple[str, str, str], limit: int) -> bool:
        times = self._times.setdefault(key, deque())
        now = self.now()
        while times and times[0] <= now - self.window:
            times.popleft()
        if len(times) >= limit:
            return True
        times.append(now)
        return False


def quota_error(kind: str, limit: int, project: str, *, per_user: bool) -> ApiError:
    """Google's 429 to one read or write (`kind` is Read or Write) too many; it carries no Retry-After."""
    number = f"{zlib.crc32(project.encode()):012d}"
    scope = "User" if per_user else "Project"
    metadata: Json = {
        "service": "sheets.googleapis.com",
        "consumer": f"projects/{number}",
        "quota_limit": f"{kind}RequestsPerMinutePer{scope}",
        "quota_limit_value": str(limit),
        "quota_location": "global",
        "quota_metric": f"sheets.googleapis.com/{kind.lower()}_requests",
        "quota_unit": "1/min/{project}" + ("/{user}" if per_user else ""),
    }
    said = (
        f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per minute"
        f"{' per user' if per_user else ''}' of service 'sheets.googleapis.com' for consumer 'project_number:{number}'."
    )
    info = "type.googleapis.com/google.rpc.ErrorInfo"
    help_link = {"description": "Request a higher quota limit.", "url": _HIGHER_QUOTA}
    return ApiError(
        429,
        said,
        [
            {"@type": info, "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com", "metadata": metadata},
            {"@type": "type.googleapis.com/google.rpc.Help", "links": [help_link]},
        ],
    )


class Faults:
    """The rules in force, asked in order; the first that strikes decides."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, rule: Rule) -> None:
        """Put a rule in force."""
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._rules.clear()

    def strike(self, seen: Seen) -> Fault | None:
        """What happens to a request, if anything."""
        with self._lock:
            for rule in self._rules:
                fault = rule(seen)
                if fault is not None:
                    return fault
        return None
