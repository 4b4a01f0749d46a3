"""Which nonces were used: kept for good, so that a proof counts once, whoever shows it again, and after a restart."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from sheetjudge.engine.job_store import unusable

_TABLE = "CREATE TABLE IF NOT EXISTS used_nonces (digest BLOB PRIMARY KEY, used REAL NOT NULL) WITHOUT ROWID"


class UsedNonces:
    """The nonces that were used, as digests, in the file of the jobs.

    Args:
        path: the file; there already.

    Raises:
        SetupError: it can't be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with closing(self._opened()) as database:
                # Readers, who tell how far jobs are, need not wait for whoever writes.
                database.execute("PRAGMA journal_mode=WAL")
                database.execute(_TABLE)
        except sqlite3.Error as error:
            raise unusable(path, error) from error

    def use(self, nonce: str, *, now: float) -> bool:
        """Mark a nonce as used; False where it was already. Of several at the same moment, one gets True."""
        digest = hashlib.sha256(nonce.encode()).digest()
        with closing(self._opened()) as database:
            added = database.execute("INSERT OR IGNORE INTO used_nonces VALUES (?, ?)", (digest, now))
            return bool(added.rowcount)

    def _opened(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30.0, isolation_level=None)
