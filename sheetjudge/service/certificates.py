"""The certificates by which Google's ID tokens are checked: fetched when needed, kept for as long as Google says."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sheetjudge.service.refusals import Refused

GOOGLE = "https://www.googleapis.com"
_PATH = "/oauth2/v1/certs"
_LEAST_SECONDS, _MOST_SECONDS, _USUAL_SECONDS = 60.0, 86_400.0, 3600.0
_LOOK_AGAIN_SECONDS = 60.0
_TIMEOUT = 10.0
_MOST_BYTES = 1_000_000
_MAX_AGE = re.compile(r"max-age=(\d+)")


@dataclass(frozen=True, slots=True)
class Fetched:
    """Certificates, and for how many seconds they hold."""

    certificates: Mapping[str, str]
    seconds: float


Fetch = Callable[[], Fetched]


def from_host(host: str) -> Fetch:
    """Fetches the certificates of a server other than Google, or Google's where `host` is ""."""

    def fetch() -> Fetched:
        import requests

        with requests.Session() as session:
            # A proxy for the outside world must not stand in for a server on this machine.
            session.trust_env = not host
            response = session.get(f"{host or GOOGLE}{_PATH}", timeout=_TIMEOUT, allow_redirects=False)
        if response.status_code != 200 or len(response.content) > _MOST_BYTES:  # noqa: PLR2004
            raise OSError(f"the certificates came with status {response.status_code}")
        found = json.loads(response.content)
        if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
            raise TypeError("that is no mapping of certificates")
        age = _MAX_AGE.search(response.headers.get("Cache-Control", ""))
        seconds = float(age[1]) if age else _USUAL_SECONDS
        return Fetched(found, min(max(seconds, _LEAST_SECONDS), _MOST_SECONDS))

    return fetch


@dataclass
class Certificates:
    """The certificates of the moment.

    Attributes:
        fetch: gets them; blocks. clock: seconds, monotonic.
    """

    fetch: Fetch
    clock: Callable[[], float] = time.monotonic
    _found: Mapping[str, str] = field(default_factory=dict)
    _until: float = 0.0
    _looked: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def for_key(self, key_id: Any) -> Mapping[str, str]:
        """The certificates, fresh ones where they are too old, or know nothing of this key.

        Raises:
            Refused: they can't be had.
        """
        if self._is_good(key_id):
            return self._found
        async with self._lock:
            # Whoever held the lock has looked meanwhile. A key that nobody knows isn't looked for all the time.
            is_old = self.clock() >= self._until
            if not self._is_good(key_id) and (is_old or self.clock() - self._looked >= _LOOK_AGAIN_SECONDS):
                await self._look()
        return self._found

    def _is_good(self, key_id: Any) -> bool:
        return self.clock() < self._until and key_id in self._found

    async def _look(self) -> None:
        import requests

        self._looked = self.clock()
        try:
            fetched = await asyncio.to_thread(self.fetch)
        except (OSError, TypeError, ValueError, requests.RequestException) as error:
            if self.clock() < self._until:
                return
            raise Refused(
                503, "Google's certificates can't be fetched just now.", "Try again in a minute.", retry_after=30,
                why=f"certificates: {type(error).__name__}",
            ) from None  # fmt: skip
        self._found = fetched.certificates
        self._until = self.clock() + fetched.seconds
