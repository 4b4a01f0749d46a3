"""What the workers of a spreadsheet offer together: one row of the tab, kept fresh by whoever is alive."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from sheetjudge.service.offer import Offer, OfferedJudge
from sheetjudge.service.queue_job import iso
from sheetjudge.tables.job_holds import Change, kept, new_hold
from sheetjudge.tables.job_tab import OFFER, JobsSeen

OFFER_SECONDS = 60.0
SILENT_SECONDS = 300.0

_MOST_WORKERS = 16
_LONGEST = 49_000


@dataclass
class Offering:
    """A worker's part in what is offered.

    What each worker offers is kept in the hold of the row, so that none overwrites another's; the row shows them all.

    Args:
        owner, name: of the worker. offer: as `Offer.as_json` says it. rubrics: as `GET /v1/rubrics` says them.
        now: seconds since 1970. clock: seconds that only go forward.

    Attributes:
        has_ended: the worker offers nothing any more.
    """

    owner: str
    name: str
    offer: Mapping[str, Any]
    rubrics: Any
    now: Callable[[], float]
    clock: Callable[[], float]
    has_ended: bool = False
    _offered: float = -OFFER_SECONDS

    def changes(self, seen: JobsSeen, *, is_closing: bool) -> list[list[Change]]:
        """Requests that say what this worker and the others offer, where that is due."""
        row, old = seen.offer, seen.holds.get(OFFER)
        if row is not None and (old is None or old.index != row.index):
            # Somebody sorted the rows, or wrote the row: what it says comes with the next look.
            self._offered = -OFFER_SECONDS
            return [seen.held(old or new_hold(OFFER, self.owner), row)]
        now = self.now()
        offers = alive(old.more, now) if old else {}
        mine = offers.pop(self.owner, None)
        if is_closing:
            self.has_ended = True
            if mine is None:
                return []
        elif row is not None and mine is not None and self.clock() - self._offered < OFFER_SECONDS:
            return []
        else:
            self._offered = self.clock()
            offers[self.owner] = {**self.offer, "seen": round(now, 1)}
        hold = new_hold(OFFER, self.owner, more=_kept_text(offers))
        cells = {"state": "open" if offers else "closed", "worker": self.name, "beat": iso(now)}
        # Should rows be sorted at this very moment, it tells that this isn't the job's whose row it came to.
        cells["progress"] = _dump({"id": OFFER})
        # When the last worker goes, what it offered stays to be seen: another start may be a moment away.
        cells["result"] = _text(_together(offers.values() or [self.offer], self.rubrics))
        if row is None or old is None:
            return [seen.offered(hold, cells)]
        return [[*kept(old, seen.place, hold), *seen.written(row, cells)]]


def alive(kept: str, now: float) -> dict[str, dict[str, Any]]:
    """Offers by worker, of those that gave a sign of life lately, from what is kept in the hold of the row."""
    try:
        found = orjson.loads(kept)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    offers = {worker: read for worker, offer in found.items() if (read := _read(offer)) is not None}
    return {worker: offer for worker, offer in offers.items() if abs(now - offer["seen"]) < SILENT_SECONDS}


def _read(offer: Any) -> dict[str, Any] | None:
    """What a worker told of its offer; None where it can't be that: whoever edits the sheet may write there, too."""
    if not isinstance(offer, dict) or not isinstance(offer.get("judges"), list) or not _is_number(offer.get("seen")):
        return None
    judges = [
        {"name": judge["name"], "local": judge.get("local") is True, "price_known": judge.get("price_known") is True}
        for judge in offer["judges"]
        if isinstance(judge, dict) and isinstance(judge.get("name"), str)
    ]
    if not judges:
        return None
    default, ceiling, max_rows = offer.get("default"), offer.get("ceiling"), offer.get("max_rows")
    return {
        "judges": judges,
        "default": default if isinstance(default, str) else "",
        "ceiling": ceiling if _is_number(ceiling) else None,
        "max_rows": max_rows if _is_number(max_rows) else 0,
        "seen": offer["seen"],
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kept_text(offers: Mapping[str, Mapping[str, Any]]) -> str:
    """Offers as they are kept: the latest, should there be many."""
    latest = sorted(offers.items(), key=lambda one: -one[1]["seen"])[:_MOST_WORKERS]
    return _dump(dict(latest))


def _together(offers: Iterable[Mapping[str, Any]], rubrics: Any) -> dict[str, Any]:
    """What all offer together, as the row shows it: every judge once, the most that any of them allows."""
    known = list(offers)
    judges = {judge["name"]: judge for offer in known for judge in offer["judges"]}
    ceilings = [offer["ceiling"] for offer in known]
    most = [ceiling for ceiling in ceilings if ceiling is not None]
    return {
        "judges": list(judges.values()),
        "default": next((offer["default"] for offer in known if offer["default"]), ""),
        "ceiling": max(most, default=None) if len(most) == len(ceilings) else None,
        "max_rows": max((offer["max_rows"] for offer in known), default=0),
        "rubrics": rubrics,
    }


def as_offer(said: Mapping[str, Any]) -> Offer:
    """Another worker's offer, as far as it was told of."""
    judges = (
        OfferedJudge(judge["name"], judge["name"], judge["local"], judge["price_known"]) for judge in said["judges"]
    )
    return Offer(tuple(judges), said["ceiling"])


def _text(offer: Mapping[str, Any]) -> str:
    """An offer as its cell holds it: without the longest rubrics' tables, should it be too long."""
    rubrics = [dict(rubric) for rubric in offer["rubrics"]]
    while len(text := _dump({**offer, "rubrics": rubrics})) > _LONGEST and any("grid" in one for one in rubrics):
        max(rubrics, key=lambda rubric: len(_dump(rubric.get("grid", 0)))).pop("grid", None)
    return text


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
