"""Google's quota of the Sheets API, shared by every sheetjudge on this machine that asks with the same credentials.

So many reads and so many writes a minute and user. Each request is written down in a small database before it is
sent; who would be one too many waits until the oldest is a minute old. Where Google refuses one all the same (another
machine asks too), everybody waits.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

_A_MINUTE = 60
_SECONDS = 61.5
"""A minute, and what requests may take longer or shorter to get there."""
_HOLD_SECONDS = 5.0
_LOCK_SECONDS = 10.0
_QUIET_SECONDS = 2.0
_TABLES = (
    "CREATE TABLE IF NOT EXISTS calls (kind TEXT, at REAL)",
    "CREATE TABLE IF NOT EXISTS holds (kind TEXT PRIMARY KEY, until REAL)",
)


def _told(seconds: float) -> None:
    """Wait, and say so where somebody may wonder: a warning, which stands on a terminal unless it is sent elsewhere."""
    if seconds >= _QUIET_SECONDS:
        logging.getLogger(__name__).warning("Google's quota of requests a minute is used up: waiting %.0f s.", seconds)
    time.sleep(seconds)


class Quota:
    """What one user may still ask.

    Args:
        file: the database; made where there is none.
        most: requests of each kind in `seconds`.
        now: seconds, on a clock that all processes share. sleep: how to wait; the default says that it does.
    """

    def __init__(
        self,
        file: Path,
        *,
        most: int = _A_MINUTE,
        seconds: float = _SECONDS,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = _told,
    ) -> None:
        self._file = file
        self._most = most
        self._seconds = seconds
        self._now = now
        self._sleep = sleep

    def take(self, kind: str) -> None:
        """Wait until a request may be sent, and count it.

        Args:
            kind: `read` or `write`.
        """
        while (wait := self._wait(kind)) > 0:
            self._sleep(wait)

    def refused(self, kind: str) -> None:
        """Google said that it was too much: everybody pauses."""
        with suppress(OSError, sqlite3.Error), closing(self._opened()) as database, database:
            database.execute("REPLACE INTO holds VALUES (?, ?)", (kind, self._now() + _HOLD_SECONDS))

    def _wait(self, kind: str) -> float:
        """Seconds until the next look; 0 where the request may be sent, and has been counted."""
        # A folder that can't be written is no reason not to ask: Google's own refusals still hold.
        with suppress(OSError, sqlite3.Error), closing(self._opened()) as database, database:
            database.execute("BEGIN IMMEDIATE")
            now = self._now()
            # What lies in the future was written before the clock was set back.
            database.execute("DELETE FROM calls WHERE at <= ? OR at > ?", (now - self._seconds, now + 1))
            held = database.execute("SELECT until FROM holds WHERE kind = ?", (kind,)).fetchone()
            if held is not None and now < held[0] <= now + _HOLD_SECONDS:
                return float(held[0]) - now
            asked = "SELECT at FROM calls WHERE kind = ? ORDER BY at DESC LIMIT 1 OFFSET ?"
            first = database.execute(asked, (kind, self._most - 1)).fetchone()
            if first is not None:
                return max(float(first[0]) + self._seconds - now, 0.001)
            database.execute("INSERT INTO calls VALUES (?, ?)", (kind, now))
        return 0.0

    def _opened(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = sqlite3.connect(self._file, timeout=_LOCK_SECONDS)
        # What a crash of the machine loses is older than a minute when it is up again.
        database.execute("PRAGMA synchronous = OFF")
        for table in _TABLES:
            database.execute(table)
        return database


def quota_of(home: Path | None, who: str, host: str, sleep: Callable[[float], None] = _told) -> Quota | None:
    """The quota of one user at one host.

    Args:
        home: folder with sheetjudge's configuration; None for no quota.
        who: the user's address, "" where it isn't known: everybody of whom that is true shares one.
        host: "" for Google.
        sleep: how to wait.
    """
    if home is None:
        return None
    name = hashlib.blake2b(os.fsencode(f"{host} {who}"), digest_size=8).hexdigest()
    return Quota(home / f"quota-{name}.sqlite3", sleep=sleep)
