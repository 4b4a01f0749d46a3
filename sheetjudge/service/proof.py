"""Proof that whoever asks may edit the spreadsheet: they have written into it what nobody else could know.

The script puts a hash of a random nonce, the person's address and the exact request into the spreadsheet's developer
metadata, and sends the nonce. A viewer can read the hash, and can't make the nonce of it.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from google.auth.exceptions import TransportError
from requests import RequestException

from sheetjudge.errors import SheetjudgeError
from sheetjudge.service.nonces import UsedNonces
from sheetjudge.service.refusals import Refused, not_allowed
from sheetjudge.service.requests import Place
from sheetjudge.tables.address import SheetAddress
from sheetjudge.tables.credentials import find_identity
from sheetjudge.tables.quota import quota_of

KEY = "sheetjudge-proof"
_LONGEST_WAIT = 20.0
_PASSING = frozenset({429, 500, 502, 503, 504})


class _TooLong(Exception):
    """The quota leaves no room within the time that a script waits."""


@dataclass(frozen=True)
class Prover:
    """Checks proofs. Blocks.

    Attributes:
        place: where Google is, and who asks it. home: folder of the configuration, where the quota is kept.
        environment: environment variables. nonces: those that were used.
        now: the time, in seconds since 1970.
    """

    place: Place
    home: Path
    environment: Mapping[str, str]
    nonces: UsedNonces
    now: Callable[[], float] = field(default=time.time)

    def check(self, spreadsheet: str, nonce: str, email: str, job: str) -> None:
        """See that the spreadsheet holds the proof, take it out, and never take it again.

        Raises:
            Refused: 403 where it doesn't, or it was used; 400 where the spreadsheet isn't shared with this backend;
                503 where Google can't be asked just now.
        """
        from sheetjudge.tables.sheet_places import delete_metadata
        from sheetjudge.tables.sheets import Patience, SheetsApi, Uncertain

        address = SheetAddress(spreadsheet, host=self.place.host)
        pause = _bounded(_LONGEST_WAIT)
        try:
            identity = find_identity(
                self.place.credentials or None, home=self.home, environment=self.environment, host=address.host
            )
            quota = quota_of(self.home, identity.who, address.host, sleep=pause)
            api = SheetsApi(
                spreadsheet, identity, host=address.host, patience=Patience(4, 0.5, 4.0, sleep=pause), quota=quota
            )
            wanted = proof_of(nonce, email, job)
            number = _found(api.metadata(KEY), wanted)
            if number is None:
                raise not_allowed("no proof")
            # The one moment that decides between two who show the same nonce.
            if not self.nonces.use(nonce, now=self.now()):
                raise not_allowed("used nonce")
            with suppress(Uncertain):
                api.change([delete_metadata(number)])
        except _TooLong:
            raise Refused(
                503, "Google's quota is used up for the moment.", "Try again in a minute.", retry_after=30, why="quota"
            ) from None
        except SheetjudgeError as error:
            if _is_passing(error.__cause__):
                raise Refused(
                    503, "Google can't be asked just now.", "Try again in a minute.", retry_after=30, why="Google"
                ) from None
            raise Refused(400, error.what, error.advice, why=type(error).__name__) from None


def proof_of(nonce: str, email: str, job: str) -> str:
    """What the script writes into the spreadsheet: lower-case hexadecimal SHA-256."""
    return hashlib.sha256(f"{nonce}\n{email}\n{job}".encode()).hexdigest()


def _found(answer: Mapping[str, object], wanted: str) -> int | None:
    """The id of the piece of metadata with the proof."""
    found = None
    matched = answer.get("matchedDeveloperMetadata", [])
    assert isinstance(matched, list)  # noqa: S101 - Google's form
    for one in matched:
        entry = one["developerMetadata"]
        value = str(entry.get("metadataValue", ""))
        if value.isascii() and hmac.compare_digest(value, wanted):
            found = int(entry["metadataId"])
    return found


def _is_passing(cause: BaseException | None) -> bool:
    """Was it Google, or the way there, that failed, so that the same may work in a minute?"""
    status = getattr(getattr(cause, "response", None), "status_code", 0)
    return isinstance(cause, ConnectionError | TimeoutError | RequestException | TransportError) or status in _PASSING


def _bounded(seconds: float) -> Callable[[float], None]:
    """Sleeps, but not for longer than so many seconds together."""
    until = time.monotonic() + seconds

    def sleep(wait: float) -> None:
        if time.monotonic() + wait > until:
            raise _TooLong
        time.sleep(wait)

    return sleep
