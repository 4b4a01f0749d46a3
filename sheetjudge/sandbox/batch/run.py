"""Runs the requests of one batch, in order, all or none."""

from __future__ import annotations

from typing import Any

from sheetjudge.sandbox.batch import cells, charts, dimensions, metadata, moves, ranges, sheets, tables
from sheetjudge.sandbox.batch.context import Batch, Handler
from sheetjudge.sandbox.problems import Json, bad_request, not_built, within
from sheetjudge.sandbox.values import finish

HANDLERS: dict[str, Handler] = {
    **sheets.HANDLERS,
    **cells.HANDLERS,
    **moves.HANDLERS,
    **dimensions.HANDLERS,
    **ranges.HANDLERS,
    **tables.HANDLERS,
    **charts.HANDLERS,
    **metadata.HANDLERS,
}


def run_batch(batch: Batch, requests: Any) -> list[Json]:
    """Apply the requests to the batch's draft.

    Returns:
        One reply a request, in order; `{}` where Google replies nothing.

    Raises:
        ApiError: a request is refused, so the draft must be thrown away.
    """
    if not isinstance(requests, list) or not requests:
        raise bad_request("Must specify at least one request.")
    replies = [_run_one(batch, at, request) for at, request in enumerate(requests)]
    finish(batch.book)
    return replies


def _run_one(batch: Batch, at: int, request: Json) -> Json:
    if not isinstance(request, dict) or len(request) != 1:
        raise bad_request(f"Invalid requests[{at}]: Must specify exactly one request.")
    [(kind, body)] = request.items()
    handler = HANDLERS.get(kind)
    if handler is None:
        raise not_built(f"the request {kind}")
    with within(f"requests[{at}].{kind}"):
        reply = handler(batch, body or {})
        batch.book.check_size()
    return reply
