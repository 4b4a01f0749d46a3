"""What the journal knows of batches: which questions are on their way, and how far each batch is.

A batch goes from `made` (nothing has left this machine) to `uploaded` (its file lies at the server) to `submitted`
(the server's id is known); then it is forgotten, for its answers are in the journal. A question belongs to one batch
at a time, whoever asks: the first claim counts.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sheetjudge.engine.holders import is_dead, is_here, new_holder
from sheetjudge.errors import SetupError


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch on its way.

    Attributes:
        token: its name here and in its metadata. state: `made`, `uploaded` or `submitted`.
        file, batch: the server's ids, as far as they are known.
        made: when, in seconds since 1970.
    """

    token: str
    state: str
    file: str
    batch: str
    made: float


class BatchBook:
    """The batches of one judge, in a journal's file.

    Args:
        path: the journal's file; the journal has made its tables. judge: whose batches.

    Raises:
        SetupError: the file can't be used.
    """

    def __init__(self, path: Path, judge: str) -> None:
        self._judge = judge
        self._holder = new_holder()
        try:
            self._db = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise SetupError(f"The journal {path} can't be used ({error}).") from error

    def claim(self, keys: Iterable[bytes], now: float) -> tuple[str, set[bytes]]:
        """Begin a batch with the questions that are on their way in none; answers its token and those."""
        token = secrets.token_hex(12)
        taken = set()
        with self._transaction():
            self._db.execute(
                "INSERT INTO batches VALUES (?, ?, 'made', '', '', ?, ?)", (token, self._judge, now, self._holder)
            )
            for key in keys:
                if self._db.execute("INSERT OR IGNORE INTO batched VALUES (?, ?)", (key, token)).rowcount:
                    taken.add(key)
        return token, taken

    def uploaded(self, token: str, file: str) -> None:
        """A batch's file lies at the server."""
        self._db.execute("UPDATE batches SET state = 'uploaded', file = ? WHERE token = ?", (file, token))

    def submitted(self, token: str, batch: str) -> None:
        """A batch was taken by the server."""
        self._db.execute("UPDATE batches SET state = 'submitted', batch = ? WHERE token = ?", (batch, token))

    def forget(self, token: str) -> None:
        """A batch is through, or never left: its questions are free."""
        with self._transaction():
            self._db.execute("DELETE FROM batched WHERE token = ?", (token,))
            self._db.execute("DELETE FROM batches WHERE token = ?", (token,))

    def adopt(self) -> list[Sent]:
        """Take over the batches of runs that are gone; answers those."""
        with self._transaction():
            for token, holder in self._db.execute(
                "SELECT token, holder FROM batches WHERE judge = ?", (self._judge,)
            ).fetchall():
                # The journal is this machine's own, so that a holder from elsewhere is this machine under another name.
                if is_dead(holder) or not is_here(holder):
                    self._db.execute("UPDATE batches SET holder = ? WHERE token = ?", (self._holder, token))
        return self.sent()

    def sent(self) -> list[Sent]:
        """The batches of this run that aren't through, the oldest first."""
        rows = self._db.execute(
            "SELECT token, state, file, batch, made FROM batches WHERE judge = ? AND holder = ? ORDER BY made, token",
            (self._judge, self._holder),
        )
        return [Sent(*row) for row in rows]

    def keys(self, token: str) -> list[bytes]:
        """The questions of a batch."""
        return [key for (key,) in self._db.execute("SELECT key FROM batched WHERE token = ?", (token,))]

    def is_on_its_way(self, key: bytes) -> bool:
        """Does a batch hold this question?"""
        return self._db.execute("SELECT 1 FROM batched WHERE key = ?", (key,)).fetchone() is not None

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
