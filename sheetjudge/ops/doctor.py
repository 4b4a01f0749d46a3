"""`doctor`: is what a run stands on as it should be? Each check says what it found, and what that means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from sheetjudge.errors import SheetjudgeError
from sheetjudge.ops.settings import load_settings

if TYPE_CHECKING:
    from sheetjudge.tables.probe import Probed

State = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        name: of what was looked at, short.
        state: `failed` where it isn't as it should be; `skipped` where it could not be looked at.
        says: a sentence or two for a person: what was found, and what to do about it.
        is_needed: nothing should be run before a failure of this one is put right.
    """

    name: str
    state: State
    says: str
    is_needed: bool = True

    @property
    def is_bad(self) -> bool:
        """Has something failed that is needed?"""
        return self.state == "failed" and self.is_needed


def exit_code(findings: Iterable[Finding]) -> int:
    """1 where something that is needed failed, else 0."""
    return 1 if any(one.is_bad for one in findings) else 0


def as_json(findings: Iterable[Finding]) -> dict[str, Any]:
    """The findings for machines."""
    found = list(findings)
    return {"ok": not any(one.is_bad for one in found), "findings": [asdict(one) for one in found]}


def check_machine(environment: Mapping[str, str]) -> Iterator[Finding]:
    """What every run needs: settings that can be read, and a journal that can be written."""
    from sheetjudge.engine.journal import Journal

    try:
        settings = load_settings(environment)
    except SheetjudgeError as error:
        yield Finding("settings", "failed", str(error))
        return
    yield Finding("settings", "ok", f"The configuration folder is {settings.home}.")
    try:
        Journal(settings.journal).close()
    except SheetjudgeError as error:
        yield Finding("journal", "failed", str(error))
    else:
        yield Finding("journal", "ok", f"{settings.journal} can be read and written.")


def check_sheet(sheet: str, credentials: str | None, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Whether Google behaves on a spreadsheet as write-back relies on.

    Args:
        sheet: its URL or ID. credentials: path of a credentials file; None for the configured one.

    Raises:
        SheetjudgeError: the spreadsheet can't be reached.
    """
    from sheetjudge.tables.connecting import connect
    from sheetjudge.tables.open import TableOptions
    from sheetjudge.tables.probe import run_probes
    from sheetjudge.tables.probes import NOT_PROBED, PROBES

    settings = load_settings(environment)
    chosen = credentials or settings.credentials or None
    _, api = connect(sheet, TableOptions(credentials=chosen, home=settings.home, environment=environment))
    title = api.describe("properties.title")["properties"]["title"]
    yield Finding("spreadsheet", "ok", f"{title!r} is open to {api.identity.shown}.")
    for found in run_probes(api, PROBES):
        yield _finding(found)
    for name, why in NOT_PROBED.items():
        yield Finding(name, "skipped", f"Not tried out: {why}.", is_needed=False)


def _finding(found: Probed) -> Finding:
    probe, seen = found.probe, found.seen.rstrip(".")
    if found.holds:
        return Finding(probe.name, "ok", probe.says, probe.is_needed)
    if found.holds is None:
        return Finding(probe.name, "skipped", f"{probe.says} Could not be tried out: {seen}.", probe.is_needed)
    matters = "Don't write into sheets before this is looked into." if probe.is_needed else "Nothing is written by it."
    return Finding(probe.name, "failed", f"{probe.says} But here {seen}. {matters}", probe.is_needed)
