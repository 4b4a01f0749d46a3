"""Where sheetjudge's developer metadata is in a tab, and the fence and lease that are made of it.

The Sheets API knows no conditional write, but a batch is applied whole or not at all, and an id of metadata can be
given only once. So a batch that deletes a piece of metadata where it is thought to be, and makes it again under the
same id, is refused as a whole if the piece is elsewhere by now: the id is still taken. On columns and rows that
shows that they have not moved (the fence); with the expected value, that nobody else took it (the lease).
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from sheetjudge.errors import TableBusy
from sheetjudge.tables.processes import is_running
from sheetjudge.tables.sheet_layout import METADATA_KEY, marks_of, metadata_meaning, metadata_value

Change = dict[str, Any]
LEASE_SECONDS = 600.0

_NO_TIME = 1e11


@dataclass(frozen=True, slots=True)
class Place:
    """One piece of developer metadata on a row or column.

    Attributes:
        number: its id. value: what it says, as JSON text.
        dimension: `ROWS` or `COLUMNS`. index: 0-based.
    """

    number: int
    value: str
    dimension: str
    index: int

    def location(self, sheet_id: int) -> dict[str, Any]:
        """The place in the form of a DeveloperMetadataLocation."""
        span = {"startIndex": self.index, "endIndex": self.index + 1}
        return {"dimensionRange": {"sheetId": sheet_id, "dimension": self.dimension, **span}}

    def created(self, sheet_id: int) -> Change:
        """The request that makes it."""
        return create_metadata(self.number, self.value, self.location(sheet_id))

    def fence(self, sheet_id: int) -> list[Change]:
        """The requests that are refused unless it is where it is thought to be."""
        where = {"metadataLocation": self.location(sheet_id), "locationMatchingStrategy": "EXACT_LOCATION"}
        return [_delete({"metadataId": self.number, **where}), self.created(sheet_id)]


@dataclass(frozen=True, slots=True)
class Lease:
    """Who writes to a tab.

    Attributes:
        owner: a run. host, process: where it is. until: when the lease ends, in seconds since 1970.
    """

    owner: str
    host: str
    process: int
    until: float

    @property
    def text(self) -> str:
        """As it stands in the metadata."""
        return metadata_value("lease", [self.owner, self.host, self.process, self.until])

    def is_dead(self, now: float) -> bool:
        """Has it ended, or is its run known to be gone?"""
        renewed = self.until - LEASE_SECONDS
        return self.until <= now or (self.host == platform.node() and not is_running(self.process, renewed))

    def renewed(self, now: float) -> Lease:
        """The same for longer."""
        return replace(self, until=round(now + LEASE_SECONDS))


def new_lease(owner: str) -> Lease:
    """A lease for a run of this process."""
    return Lease(owner, platform.node(), os.getpid(), 0).renewed(time.time())


@dataclass(frozen=True)
class Places:
    """Sheetjudge's metadata in one tab.

    Attributes:
        roles, marks: columns of results and of row marks. inputs: the columns that a run reads, by their number.
        fence: a row and a column at the far ends, which move with whatever is inserted or deleted before them.
        lease: its text as it stands, and its meaning; None where there is none.
    """

    sheet_id: int
    roles: Mapping[str, Place] = field(default_factory=dict)
    marks: Mapping[str, Place] = field(default_factory=dict)
    inputs: Mapping[int, Place] = field(default_factory=dict)
    fence: Mapping[str, Place] = field(default_factory=dict)
    lease_text: str = ""
    lease: Lease | None = None
    is_empty: bool = True

    def is_where(self, other: Places) -> bool:
        """Is everything where it is in `other`?"""
        return (self.roles, self.marks, self.inputs, self.fence) == (
            other.roles,
            other.marks,
            other.inputs,
            other.fence,
        )

    def passing(self) -> list[Change]:
        """Requests that delete what only serves a run: the fence and the marks of the columns that it reads."""
        return [_delete({"metadataId": place.number}) for place in (*self.inputs.values(), *self.fence.values())]


def find_places(answer: Mapping[str, Any], sheet_id: int, lease: int) -> Places:
    """The metadata of one tab, from an answer of `developerMetadata.search`.

    Args:
        lease: the id of the tab's lease.
    """
    kinds: dict[str, dict[Any, Place]] = {"role": {}, "marks": {}, "input": {}, "fence": {}}
    lease_text, is_empty = "", True
    for matched in answer.get("matchedDeveloperMetadata", []):
        entry = matched["developerMetadata"]
        place = entry.get("location", {})
        span = place.get("dimensionRange")
        if entry.get("metadataId") == lease:
            lease_text = entry.get("metadataValue", "")
        if span is None or span.get("sheetId", 0) != sheet_id:
            continue
        for kind, says in metadata_meaning(entry).items():
            if kind in kinds and isinstance(says, str | int):
                is_empty = False
                index = span.get("startIndex", 0)
                one = Place(entry["metadataId"], entry["metadataValue"], span["dimension"], index)
                if says not in kinds[kind] or index < kinds[kind][says].index:
                    kinds[kind][says] = one
    held = read_lease(lease_text)
    return Places(
        sheet_id, kinds["role"], kinds["marks"], kinds["input"], kinds["fence"], lease_text, held, is_empty=is_empty
    )


def take_lease(number: int, places: Places, lease: Lease) -> list[Change]:
    """Requests that give the lease to `lease`, refused if anybody took it since `places`."""
    old = [_delete({"metadataId": number, "metadataValue": places.lease_text})] if places.lease_text else []
    return [*old, create_metadata(number, lease.text, {"sheetId": places.sheet_id})]


def give_up_lease(number: int, places: Places) -> list[Change]:
    """The request that ends a lease."""
    return [_delete({"metadataId": number, "metadataValue": places.lease_text})] if places.lease_text else []


def check_lease(lease: Lease | None, owner: str, name: str) -> None:
    """See that nobody else writes to the tab.

    Raises:
        TableBusy: somebody does; says who and until when.
    """
    if lease is None or lease.owner == owner or lease.is_dead(time.time()):
        return
    until = time.strftime("%H:%M", time.localtime(lease.until))
    raise TableBusy(
        f"Another run (process {lease.process} on {lease.host}) is writing to {name}.",
        f"Wait until it is done and run the same command again. If it died, its hold on the tab ends at {until}.",
    )


def carried_by(headers: Sequence[str], roles: Mapping[str, Any], prefixes: Iterable[str]) -> tuple[str, ...]:
    """The roles of other columns that have their row marks together with the results under these headers.

    Args:
        headers: of the results.
        roles: all roles in the tab. prefixes: those under which row marks are kept.
    """
    prefix = marks_of(headers)
    longer = tuple(other for other in prefixes if len(other) > len(prefix))
    return tuple(
        sorted(
            role for role in roles if role.startswith(prefix) and role not in headers and not role.startswith(longer)
        )
    )


def delete_metadata(number: int) -> Change:
    """The request that deletes the piece with this id."""
    return _delete({"metadataId": number})


def columns_of(places: Sequence[Place]) -> list[int]:
    """Their indexes."""
    return [place.index for place in places]


def read_lease(text: str) -> Lease | None:
    """What a lease's text says; None where it is none."""
    try:
        owner, host, process, until = orjson.loads(text)["lease"]
        found = Lease(str(owner), str(host), int(process), float(until))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return found if 0 <= found.until < _NO_TIME else None


def create_metadata(number: int, value: str, location: Mapping[str, Any]) -> Change:
    """The request that makes a piece under an id, which is refused if the id is taken."""
    entry = {"metadataId": number, "metadataKey": METADATA_KEY, "metadataValue": value, "visibility": "DOCUMENT"}
    return {"createDeveloperMetadata": {"developerMetadata": {**entry, "location": location}}}


def _delete(lookup: Mapping[str, Any]) -> Change:
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": dict(lookup)}}}
