"""Taking the sidebar's traces out of a spreadsheet, as far as that can be done from outside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheetjudge.errors import TableBusy, TableError
from sheetjudge.ops import clear as clearing
from sheetjudge.ops.settings import load_settings
from sheetjudge.tables.open import TableOptions
from sheetjudge.tables.sheet_clear import Traces

RUBRIC_TAB = "Rubric"

_PROBE = re.compile(r"sheetjudge probe [0-9a-f]{8} [0-9]+")
_FIELDS = "properties.title,sheets.properties(sheetId,title,hidden,sheetType),developerMetadata(metadataId,metadataKey)"
_OWN_KEY = re.compile(r"sheetjudge(-[a-z]+)?")


@dataclass(frozen=True)
class Removed:
    """What was, or would be, taken away.

    Attributes:
        name: the spreadsheet's title. tabs: titles. waiting: jobs that were waiting in the queue.
        notes: pieces of metadata of the spreadsheet itself. results: names of tabs whose results were cleared.
    """

    name: str
    tabs: tuple[str, ...]
    waiting: int
    notes: int
    results: tuple[str, ...] = ()


def remove(
    sheet: str,
    environment: Mapping[str, str],
    *,
    credentials: str | None = None,
    rubric: bool = False,
    results: bool = False,
    even_edited: bool = False,
    dry_run: bool = False,
) -> Removed:
    """Delete sheetjudge's tabs and the spreadsheet's own metadata of sheetjudge's.

    Args:
        sheet: URL or ID of the spreadsheet. environment: environment variables.
        credentials: a credentials file; None for the configured ones.
        rubric: the tab `Rubric`, too. results: the results in every tab, too.
        even_edited: also what a person wrote into the columns of results.
        dry_run: only say what there is.

    Raises:
        TableBusy: a job is under way. TableError: no such spreadsheet, or a person's cells would be lost.
        AccessError: it can't be reached or changed.
    """
    from sheetjudge.tables.connecting import connect
    from sheetjudge.tables.job_tab import TAB, JobTab

    settings = load_settings(environment)
    chosen = credentials or settings.credentials or None
    options = TableOptions(credentials=chosen, home=settings.home, environment=environment)
    _, api = connect(sheet, options)
    found = api.describe(_FIELDS)
    title = str(found.get("properties", {}).get("title", ""))
    properties = [one["properties"] for one in found.get("sheets", [])]
    own = [one for one in properties if _is_own(one, TAB) or (rubric and one["title"] == RUBRIC_TAB)]
    waiting = 0
    if any(one["title"] == TAB for one in own):
        waiting = _waiting(JobTab(api), title)
    notes = [one["metadataId"] for one in found.get("developerMetadata", ()) if _OWN_KEY.fullmatch(one["metadataKey"])]
    # First what may be refused: a person's cells are named before anything is gone.
    kept = {one["title"] for one in own}
    grids = [p["title"] for p in properties if p["title"] not in kept and p.get("sheetType", "GRID") == "GRID"]
    cleared = _cleared(sheet, environment, grids, chosen, even_edited=even_edited, dry_run=dry_run) if results else ()
    changes: list[dict[str, Any]] = [{"deleteSheet": {"sheetId": one.get("sheetId", 0)}} for one in own]
    changes += [
        {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": number}}}}
        for number in notes
    ]
    if changes and not dry_run:
        if len(own) == len(properties):
            raise TableError(
                f"{title!r} has no other tab, and the last one can't be deleted.", "Add a tab to it first."
            )
        api.change(changes)
    return Removed(title, tuple(one["title"] for one in own), waiting, len(notes), cleared)


def as_json(removed: Removed, *, dry_run: bool) -> dict[str, Any]:
    """What was found, for machines."""
    return {
        "spreadsheet": removed.name,
        "tabs": list(removed.tabs),
        "waiting": removed.waiting,
        "notes": removed.notes,
        "results": list(removed.results),
        "removed": not dry_run,
    }


def _is_own(properties: Mapping[str, Any], jobs: str) -> bool:
    is_probe = bool(properties.get("hidden")) and _PROBE.fullmatch(properties["title"]) is not None
    return properties["title"] == jobs or is_probe


def _waiting(tab: Any, title: str) -> int:
    """Jobs that wait.

    Raises:
        TableBusy: one is under way.
    """
    from sheetjudge.tables.job_tab import OFFER

    try:
        rows = tab.look().rows
    except TableError:
        # Somebody changed its columns: whatever it holds, no worker works on it.
        return 0
    held = next((row for row in rows if row.hold and row.id != OFFER and not row.hold.is_gone()), None)
    if held is not None:
        raise TableBusy(
            f"A worker ({held.worker or 'just begun'}) is at work on a job of {title!r}.",
            "Stop that worker first: Ctrl-C in its terminal. If it died, delete the tab by hand.",
        )
    return sum(row.state in ("", "queued") for row in rows if row.id != OFFER)


def _cleared(
    sheet: str,
    environment: Mapping[str, str],
    tabs: Sequence[str],
    credentials: str | None,
    *,
    even_edited: bool,
    dry_run: bool,
) -> tuple[str, ...]:
    def clear(tab: str, *, only_look: bool) -> Traces:
        return clearing.clear(
            sheet, environment, tab=tab, credentials=credentials, even_edited=even_edited, dry_run=only_look
        )

    traces = {tab: found for tab in tabs if not (found := clear(tab, only_look=True)).is_empty}
    # A person's cells are named before anything is gone, so the tabs that hold such come first.
    for tab in sorted(traces, key=lambda tab: not traces[tab].edited):
        if not dry_run:
            clear(tab, only_look=False)
    return tuple(traces)
