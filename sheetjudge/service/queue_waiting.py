"""Jobs that wait in the queue: which of them may be taken, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sheetjudge.errors import ConfigError, SheetjudgeError
from sheetjudge.service.offer import Offer
from sheetjudge.service.queue_job import FINAL, state_of
from sheetjudge.service.queue_offer import as_offer
from sheetjudge.service.queue_upkeep import Signs
from sheetjudge.service.requests import Request, read_request
from sheetjudge.tables.job_holds import Hold
from sheetjudge.tables.job_tab import JobRow, JobsSeen

_MOST_TRIES = 3


def asked_for(text: str, offer: Offer, spreadsheet: str, own_tab: int) -> Request:
    """What a job asks for.

    Args:
        text: of the job. offer: what may be asked.
        spreadsheet: in which it stands. own_tab: the gid of the tab of the jobs.

    Raises:
        ConfigError: it asks for nothing, or for what isn't to be had here; says so in words.
    """
    request = read_request(text, offer)
    if request.spreadsheet not in ("", spreadsheet):
        raise ConfigError("The job names another spreadsheet than the one that it stands in.", "Ask from inside that.")
    if request.kind != "draft" and request.sheet == own_tab:
        raise ConfigError("The tab of the jobs can't be judged itself.", "Go to the tab with your rows.")
    return request


def is_free(row: JobRow, seen: JobsSeen, signs: Signs) -> bool:
    """Does a job wait, or has its worker died?"""
    state, hold = state_of(row), seen.holds.get(row.key)
    if state in FINAL:
        return False
    if hold is not None:
        return not signs.lives(row, hold)
    return state == "queued" or signs.is_silent(row.key)


def is_for_others(text: str, offers: Mapping[str, Mapping[str, Any]]) -> bool:
    """Is a job that can't be done here in order by what another worker offers?"""
    for offer in offers.values():
        with suppress(SheetjudgeError):
            read_request(text, as_offer(offer))
            return True
    return False


def check_takeable(row: JobRow, hold: Hold) -> None:
    """See that a job may be begun.

    Raises:
        ConfigError: it may not; says why.
    """
    if row.is_copy:
        raise ConfigError("Another row of the queue has the same id, so this one isn't run.")
    if hold.tries >= _MOST_TRIES:
        raise ConfigError(f"{hold.tries} workers died while they worked on it, so it isn't tried again.")
    if hold.more:
        raise ConfigError("It was changed after it was taken, and its worker died.", "Ask again for what you want.")
