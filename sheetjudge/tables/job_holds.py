"""Who works on a job of the jobs' tab: a piece of developer metadata on the job's row, made by the rules of leases.

An id of metadata can be given only once, and a batch is applied whole or not at all: so a job is taken by making the
piece with the job's own number, and taken over from a worker that died by deleting the piece with the value that was
seen and making it again. The same on the row where the piece is thought to be fences the row in: a batch that begins so
is refused if the row has moved.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

Change = dict[str, Any]

KEY = "sheetjudge-job"


@dataclass(frozen=True, slots=True)
class Hold:
    """A worker's hold on one row of the tab.

    Attributes:
        key: of the job. owner: the worker; no other has its name. host, process: where it is.
        spec: fingerprint of the job's text when it was taken. tries: workers that had it before and died.
        beat: changes with each sign of life. more: what else is kept with it, as JSON.
        number, value, index: the piece of metadata as it stands, 0 and "" where it is yet to be made.
    """

    key: str
    owner: str
    host: str
    process: int
    spec: str = ""
    tries: int = 0
    beat: int = 0
    more: str = ""
    number: int = 0
    value: str = ""
    index: int = -1

    def renewed(self) -> Hold:
        """The same with another sign of life."""
        return replace(self, beat=self.beat + 1)

    @property
    def text(self) -> str:
        """What its metadata is to say."""
        said = [self.key, self.owner, self.host, self.process, self.spec, self.tries, self.beat, self.more]
        return json.dumps({"hold": said}, ensure_ascii=False)

    def is_gone(self) -> bool:
        """Is its process known to have ended? That of another machine never is."""
        if self.host != _here() or not self.process:
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            # It is there, and not ours to signal; or it is no number of a process.
            return False
        return False


def new_hold(key: str, owner: str, spec: str = "", tries: int = 0, more: str = "") -> Hold:
    """A hold of a worker in this process."""
    return Hold(key, owner, _here(), os.getpid(), spec, tries, 0, more)


def taken(hold: Hold, spreadsheet: str, place: Mapping[str, int], index: int, over: Hold | None = None) -> list[Change]:
    """Requests that put a hold on a row, refused if anybody holds that job who wasn't there in `over`.

    Args:
        hold: what is to stand. place: `sheetId` of the tab. index: 0-based row.
        over: what stands, wherever in the tab that is; None where nothing does.
    """
    number = hold_number(spreadsheet, hold.key)
    old = [] if over is None else [_delete({"metadataId": over.number, "metadataValue": over.value})]
    return [*old, _create(number, hold.text, _row(place, index))]


def kept(hold: Hold, place: Mapping[str, int], new: Hold | None = None) -> list[Change]:
    """Requests that renew a hold (as `new`), refused if its row has moved or somebody else took it."""
    return [_fence(hold, place), _create(hold.number, (new or hold.renewed()).text, _row(place, hold.index))]


def given_up(hold: Hold, place: Mapping[str, int]) -> list[Change]:
    """Requests that end a hold, refused if its row has moved or somebody else took it."""
    return [
        _fence(hold, place),
        _create(hold.number, hold.text, _row(place, hold.index)),
        _delete({"metadataId": hold.number}),
    ]


def removed(hold: Hold) -> Change:
    """The request that deletes a hold, where it stands as it was seen."""
    return _delete({"metadataId": hold.number, "metadataValue": hold.value})


def read_hold(entry: Mapping[str, Any], index: int) -> Hold | None:
    """What a piece of metadata on a row says; None where it is no hold."""
    if entry.get("metadataKey") != KEY:
        return None
    value = str(entry.get("metadataValue", ""))
    try:
        key, owner, host, process, spec, tries, beat, more = orjson.loads(value)["hold"]
        found = Hold(str(key), str(owner), str(host), int(process), str(spec), int(tries), int(beat), str(more))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return replace(found, number=int(entry.get("metadataId", 0)), value=value, index=index)


def hold_number(spreadsheet: str, key: str) -> int:
    """The id of a job's hold, the same for every worker."""
    digest = hashlib.blake2b(f"job {spreadsheet} {key}".encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest, "big") % (2**31 - 1) + 1


def _here() -> str:
    """Where processes have numbers of their own: this machine, or a container that may share its name."""
    try:
        numbers = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - the link leads to no file
    except OSError:
        numbers = ""
    return f"{platform.node()} {numbers}".strip()


def _fence(hold: Hold, place: Mapping[str, int]) -> Change:
    where = {"metadataLocation": _row(place, hold.index), "locationMatchingStrategy": "EXACT_LOCATION"}
    return _delete({"metadataId": hold.number, "metadataValue": hold.value, **where})


def _row(place: Mapping[str, int], index: int) -> Change:
    return {"dimensionRange": {**place, "dimension": "ROWS", "startIndex": index, "endIndex": index + 1}}


def _create(number: int, value: str, location: Change) -> Change:
    entry = {"metadataId": number, "metadataKey": KEY, "metadataValue": value, "visibility": "DOCUMENT"}
    return {"createDeveloperMetadata": {"developerMetadata": {**entry, "location": location}}}


def _delete(lookup: Change) -> Change:
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": lookup}}}
