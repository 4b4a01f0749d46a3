"""Jobs that take seconds and write nothing: estimates and drafts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sheetjudge.core.rubric_dump import dump_rubric
from sheetjudge.core.rubric_grid import rubric_grid
from sheetjudge.engine.job_store import Record
from sheetjudge.engine.plan import Plan
from sheetjudge.errors import SheetjudgeError
from sheetjudge.ops.jobs import Ended, options_of
from sheetjudge.ops.office import Office
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.rubric_draft import draft_rubric
from sheetjudge.ops.verbs import verb_of
from sheetjudge.service.offer import Offer
from sheetjudge.service.requests import Place, Request
from sheetjudge.service.told import asked_of

_LOOKED_AT = 200


async def drafted(request: Request, office: Office, offer: Offer) -> Ended:
    """A rubric from a sentence."""
    try:
        draft = await draft_rubric(
            request.sentence,
            request.judge,
            office.environment,
            budget=offer.ceiling,
            journal=office.shared().journal,
        )
    except SheetjudgeError as error:
        return Ended("failed", 2, {}, 0.0, str(error), error)
    result = {"yaml": dump_rubric(draft.rubric), "grid": rubric_grid(draft.rubric)}
    return Ended("done", 0, result, None if draft.tally.unpriced else draft.tally.usd, draft.note)


async def estimated(request: Request, place: Place, office: Office, offer: Offer) -> Ended:
    """What a run would take: nobody is asked and nothing is written."""
    pace = _pace(request, office.store.records(limit=_LOOKED_AT))
    try:
        result = await asyncio.to_thread(_plan, request, place, office, offer, pace)
    except SheetjudgeError as error:
        return Ended("failed", 2, {}, 0.0, str(error), error)
    return Ended("done", 0, result, 0.0)


def _plan(request: Request, place: Place, office: Office, offer: Offer, pace: float | None) -> dict[str, Any]:
    job = request.job(place).with_variables(office.environment)
    verb = verb_of(job.operation)
    options = replace(options_of(job, verb.options), dry_run=True)
    opened = verb.open(options, office.environment, office.shared())
    try:
        plan = verb.plan(opened)
        return {
            "rows": opened.rows.row_count,
            "to_judge": plan.rows,
            "calls": sum(seat.calls for seat in plan.seats),
            "usd": plan.usd,
            "seconds": None if pace is None else round(plan.rows / pace, 1),
            "notes": list(_notes(plan, opened, offer)),
        }
    finally:
        asyncio.run(opened.bench.aclose())


def _notes(plan: Plan, opened: Opened, offer: Offer) -> Iterable[str]:
    if plan.rows > offer.max_rows:
        yield f"These are more rows than one job may judge here ({offer.max_rows:,}). Choose some, or set a limit."
    if plan.skipped:
        yield f"{plan.skipped:,} without anything to judge."
    if plan.cut:
        yield f"{plan.cut:,} too long to be shown whole."
    if answered := sum(seat.answered for seat in plan.seats):
        yield f"{answered:,} answers are known already and cost nothing."
    if plan.usd is None:
        yield "The price isn't known."
    yield from opened.leaving
    yield from opened.table.notes


def _pace(request: Request, records: Iterable[Record]) -> float | None:
    """Rows a second of the last run with the same judge and operation; None where there was none."""
    for record in records:
        asked = asked_of(record)
        rate = record.progress.get("per_minute")
        is_alike = (asked.get("kind"), asked.get("operation")) == ("run", request.operation)
        if is_alike and record.spec.get("judge") == request.judge and rate and record.state == "done":
            return float(rate) / 60
    return None
