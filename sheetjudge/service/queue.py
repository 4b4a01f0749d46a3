"""The worker of the queue: the spreadsheets that it looks into, what it does for them, and how it is ended."""

from __future__ import annotations

import asyncio
import gc
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sheetjudge.errors import ConfigError, SheetjudgeError
from sheetjudge.ops.office import Office
from sheetjudge.ops.settings import load_settings
from sheetjudge.ops.signals import ended_by_signals
from sheetjudge.service.offer import Offer, offered_rubrics
from sheetjudge.service.queue_desk import Desk, Pace, Told
from sheetjudge.service.queue_doer import QueueDoer
from sheetjudge.service.requests import Place
from sheetjudge.tables.connecting import connect
from sheetjudge.tables.job_tab import JobTab
from sheetjudge.tables.open import TableOptions

RUNS_AT_ONCE = 4
"""Runs of one worker that go on at the same time, of all its spreadsheets."""

# A worker's looks take a third of what one user may read in a minute, at the most: the runs need the rest.
_SECONDS_A_SHEET = 3.0


def desks(
    sheets: Sequence[str],
    offer: Offer,
    office: Office,
    told: Told,
    *,
    credentials: str | None = None,
    pace: Pace | None = None,
) -> list[Desk]:
    """A desk for each spreadsheet.

    Args:
        sheets: URLs or IDs. offer: what may be asked. office: what the jobs work with.
        told: hears of what happens. credentials: a credentials file; None for the configured ones.
        pace: when to look; more sheets are looked at less often each.

    Raises:
        TableError: no URL or ID of a spreadsheet.
        ConfigError: one is named twice. AccessError: no credentials, or none for that host.
    """
    settings = load_settings(office.environment)
    chosen = credentials or settings.credentials
    options = TableOptions(credentials=chosen or None, home=settings.home, environment=office.environment)
    places = asyncio.Semaphore(RUNS_AT_ONCE)
    rubrics = offered_rubrics()
    usual = pace or Pace()
    least = max(usual.poll, _SECONDS_A_SHEET * len(sheets) if len(sheets) > 1 else 0.0)
    slower = replace(usual, poll=least, slowest=max(usual.slowest, least))
    found: dict[str, Desk] = {}
    for sheet in sheets:
        address, api = connect(sheet, options)
        if address.spreadsheet in found:
            raise ConfigError(f"The spreadsheet {address.spreadsheet} is named twice.", "Name it once.")
        doer = QueueDoer(office, offer, Place(address.host, chosen))
        found[address.spreadsheet] = Desk(JobTab(api), doer, rubrics, places, _name(), told, slower)
    return list(found.values())


async def work(at: Sequence[Desk], *, on_ready: Callable[[int], None] = lambda _: None) -> None:
    """Work until SIGINT or SIGTERM; jobs under way are then put back into the queue. A second one ends all at once.

    Args:
        at: desks. on_ready: is told how many of them can look into their spreadsheets; the others go on trying.

    Raises:
        SheetjudgeError: none of them can.
    """
    troubles: list[tuple[Desk, SheetjudgeError]] = []
    for desk in at:
        try:
            await desk.round()
        except SheetjudgeError as error:
            troubles.append((desk, error))
    if troubles and len(troubles) == len(at):
        raise troubles[0][1]
    for desk, trouble in troubles:
        desk.trouble(trouble)
    on_ready(len(at) - len(troubles))

    def close_all() -> None:
        for desk in at:
            desk.close()

    with ended_by_signals(close_all), _rare_collections():
        await asyncio.gather(*(desk.serve() for desk in at))


def _name() -> str:
    return f"{platform.node() or 'worker'} {os.getpid()}"


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Each run sets how often cycles are collected and puts back what it found: of several, the last one wins."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
