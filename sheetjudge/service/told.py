"""A job as a sidebar is told of it, and what the store keeps of it for that."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from sheetjudge.engine.job_store import Record
from sheetjudge.ops.progress import Progress

NO_PROGRESS: Mapping[str, Any] = {
    "doing": "Waiting",
    "done": 0,
    "total": None,
    "unscored": 0,
    "usd": None,
    "per_minute": None,
    "seconds_left": None,
}
_A_MOMENT = 0.5


def told(record: Record) -> dict[str, Any]:
    """A job of the store as JSON."""
    request = asked_of(record)
    return {
        "id": record.id,
        "state": record.state,
        "kind": request.get("kind", "run"),
        "operation": request.get("operation", ""),
        "submitted": record.submitted,
        "started": record.started,
        "ended": record.ended,
        "progress": {**NO_PROGRESS, **record.progress},
        "said": str(record.result.get("said", "")),
        "result": record.result.get("result", {}),
        "usd": record.usd,
    }


def spec_of(request: str, **more: Any) -> dict[str, Any]:
    """What the store keeps of a job: the request as it was written, so that it is read by the rules of the day."""
    return {"request": request, **more}


def asked_of(record: Record) -> dict[str, Any]:
    """The request as it was written; nothing where it can't be read."""
    try:
        found = json.loads(record.spec["request"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def progress_told(at: Progress | None, spent: float = 0.0, *, now: float | None = None) -> dict[str, Any]:
    """How far a run is, as JSON.

    Args:
        at: None where it hasn't begun to judge.
        spent: US dollars that went into the job before this run.
        now: `time.monotonic()`.
    """
    if at is None:
        return {**NO_PROGRESS, "doing": "Opening", "usd": spent}
    seconds = (time.monotonic() if now is None else now) - at.started
    rate = at.done / seconds if at.done and seconds > _A_MOMENT else None
    return {
        "doing": "Stopping" if at.stopping else at.doing,
        "done": at.done,
        "total": at.rows,
        "unscored": at.errors,
        "usd": None if at.tally.unpriced else spent + at.tally.usd,
        "per_minute": None if rate is None else round(rate * 60, 1),
        "seconds_left": None if rate is None else round(max(at.rows - at.done, 0) / rate, 1),
    }
