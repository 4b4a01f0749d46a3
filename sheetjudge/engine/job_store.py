"""Jobs and what becomes of them: submitted, run, watched, cancelled, taken up again. One SQLite file for a machine.

A job is taken by one runner at a time, who holds it by a heartbeat: a runner that died is known by its silence, and
the job goes to the next. Times are seconds since 1970, handed in.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sheetjudge.engine.holders import is_dead
from sheetjudge.errors import SetupError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, spec TEXT NOT NULL, state TEXT NOT NULL,
  submitted REAL NOT NULL, started REAL, ended REAL, progress TEXT NOT NULL, result TEXT NOT NULL,
  cancelled INTEGER NOT NULL DEFAULT 0, holder TEXT NOT NULL DEFAULT '', beat REAL NOT NULL DEFAULT 0, usd REAL
);
CREATE INDEX IF NOT EXISTS by_name ON jobs (name, submitted);
CREATE INDEX IF NOT EXISTS by_state ON jobs (state, submitted);
"""
_VERSION = 1

SILENCE = 90.0
"""Seconds without a heartbeat after which a runner is taken for dead."""

OPEN = ("queued", "running")
"""States of a job that isn't through."""


@dataclass(frozen=True)
class Record:
    """A job in the store.

    Attributes:
        id: its own. name: what people call it; runs of one job file share it. owner: who asked for it.
        spec: what is to be done, as JSON.
        state: `queued`, `running`, `done`, `stopped` (can be resumed), `failed`, `cancelled`.
        submitted, started, ended: when.
        progress, result: as JSON; whatever the runner says.
        usd: what it cost; None where that isn't known.
        is_cancelled: somebody asked for its end.
    """

    id: str
    name: str
    owner: str
    spec: Mapping[str, Any]
    state: str
    submitted: float
    started: float | None = None
    ended: float | None = None
    progress: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    usd: float | None = None
    is_cancelled: bool = False


class JobStore:
    """The jobs of this machine.

    Args:
        path: the file; made with its folder where it doesn't exist, readable by its owner only.
        patience: seconds to wait for another process that is writing.

    Raises:
        SetupError: the file can't be opened or isn't a store of jobs.
    """

    def __init__(self, path: Path, *, patience: float = 30.0) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            self._db = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            with self._transaction():
                if self._db.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
                    for statement in _SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version={_VERSION}")
        except (sqlite3.Error, OSError) as error:
            raise unusable(path, error) from error

    def submit(self, name: str, spec: Mapping[str, Any], *, now: float, owner: str = "") -> str:
        """Put a job into the queue; answers its id."""
        job = secrets.token_hex(8)
        values = (job, name, owner, json.dumps(spec), "queued", now, "{}", "{}")
        with self._transaction():
            self._db.execute(
                "INSERT INTO jobs (id, name, owner, spec, state, submitted, progress, result)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        return job

    def claim(self, job: str, holder: str, *, now: float) -> Record | None:
        """Take a job that waits, or whose runner died or let it go; None where somebody else has it or it is through.

        Of jobs with one name only one runs at a time.
        """
        with self._transaction():
            found = self._found(job)
            if found is None or found["state"] not in OPEN or self._is_held(found, now):
                return None
            others = self._db.execute(
                "SELECT * FROM jobs WHERE name = ? AND owner = ? AND state = 'running' AND id != ?",
                (found["name"], found["owner"], job),
            ).fetchall()
            if any(self._is_held(other, now) for other in others):
                return None
            self._db.execute(
                "UPDATE jobs SET state = 'running', holder = ?, beat = ?, started = coalesce(started, ?) WHERE id = ?",
                (holder, now, now, job),
            )
        return self.get(job)

    def claim_next(self, holder: str, *, now: float) -> Record | None:
        """Take the job that has waited longest; None where none can be taken."""
        waiting = self._rows("SELECT id FROM jobs WHERE state IN ('queued', 'running') ORDER BY submitted, rowid")
        return next((taken for row in waiting if (taken := self.claim(row["id"], holder, now=now))), None)

    def beat(self, job: str, holder: str, progress: Mapping[str, Any], *, now: float) -> bool:
        """Tell that a job goes on. False where it is to end: it was cancelled, or somebody else has taken it."""
        with self._transaction():
            done = self._db.execute(
                "UPDATE jobs SET beat = ?, progress = ? WHERE id = ? AND holder = ? AND state = 'running'",
                (now, json.dumps(progress), job, holder),
            ).rowcount
            found = self._found(job)
        return bool(done) and found is not None and not found["cancelled"]

    def lease(self, job: str, holder: str, usd: float) -> None:
        """Note how much a job may have cost by now: what it is counted with if its runner dies."""
        with self._transaction():
            self._db.execute("UPDATE jobs SET usd = ? WHERE id = ? AND holder = ?", (usd, job, holder))

    def finish(
        self, job: str, holder: str, state: str, result: Mapping[str, Any], *, now: float, usd: float | None
    ) -> bool:
        """Tell how a job ended. False where somebody else has taken it meanwhile: then nothing is noted."""
        with self._transaction():
            changed = self._db.execute(
                "UPDATE jobs SET state = ?, result = ?, ended = ?, usd = ?, holder = '' WHERE id = ? AND holder = ?",
                (state, json.dumps(result), now, usd, job, holder),
            )
        return bool(changed.rowcount)

    def bury(self, name: str, owner: str, result: Mapping[str, Any], *, now: float) -> list[str]:
        """Note of runs of a name whose runner died that they are stopped; answers their ids."""
        with self._transaction():
            rows = self._db.execute(
                "SELECT * FROM jobs WHERE name = ? AND owner = ? AND state = 'running'", (name, owner)
            ).fetchall()
            dead = [row["id"] for row in rows if not self._is_held(row, now)]
            for job in dead:
                self._db.execute(
                    "UPDATE jobs SET state = 'stopped', result = ?, ended = ?, holder = '' WHERE id = ?",
                    (json.dumps(result), now, job),
                )
        return dead

    def release(self, job: str, holder: str) -> None:
        """Put a job back into the queue, for the next start of its runner."""
        with self._transaction():
            self._db.execute(
                "UPDATE jobs SET state = 'queued', holder = '' WHERE id = ? AND holder = ? AND state = 'running'",
                (job, holder),
            )

    def resume(self, job: str, *, now: float) -> bool:
        """Put a job that was stopped or cancelled, or failed, into the queue again. False where it is none of these."""
        with self._transaction():
            changed = self._db.execute(
                "UPDATE jobs SET state = 'queued', submitted = ?, ended = NULL, cancelled = 0, holder = '',"
                " progress = '{}', result = '{}', usd = NULL"
                " WHERE id = ? AND state IN ('stopped', 'cancelled', 'failed')",
                (now, job),
            )
        return bool(changed.rowcount)

    def cancel(self, job: str, *, now: float) -> bool:
        """Ask for a job's end. One that waits ends at once. False where it is through, or there is none."""
        with self._transaction():
            found = self._found(job)
            if found is None or found["state"] not in OPEN:
                return False
            waits = found["state"] == "queued" or not self._is_held(found, now)
            self._db.execute(
                "UPDATE jobs SET cancelled = 1, state = ?, ended = ? WHERE id = ?",
                ("cancelled" if waits else found["state"], now if waits else None, job),
            )
        return True

    def get(self, job: str) -> Record | None:
        """The job with an id, or None."""
        found = self._found(job)
        return None if found is None else _record(found)

    def records(
        self, *, name: str | None = None, owner: str | None = None, limit: int = 100, is_open: bool = False
    ) -> list[Record]:
        """Jobs, the newest first.

        Args:
            name, owner: only theirs. limit: so many at the most. is_open: only those that aren't through.
        """
        rows = self._rows(
            "SELECT * FROM jobs WHERE (?1 IS NULL OR name = ?1) AND (?2 IS NULL OR owner = ?2)"
            " AND (NOT ?3 OR state IN ('queued', 'running')) ORDER BY submitted DESC, rowid DESC LIMIT ?4",
            (name, owner, is_open, limit),
        )
        return [_record(row) for row in rows]

    def latest(self, name: str, *, limit: int) -> list[Record]:
        """Jobs of a name, the one that was submitted last comes first, whatever the clock said."""
        rows = self._rows("SELECT * FROM jobs WHERE name = ? ORDER BY rowid DESC LIMIT ?", (name, limit))
        return [_record(row) for row in rows]

    def spent(self, name: str, since: float) -> float | None:
        """US dollars of all runs of a name since a time; None where the cost of one isn't known."""
        rows = self._rows(
            "SELECT usd, result FROM jobs WHERE name = ? AND coalesce(ended, submitted) >= ? AND started IS NOT NULL"
            " AND state NOT IN ('queued', 'running')",
            (name, since),
        )
        return None if any(row["usd"] is None for row in rows) else sum(row["usd"] for row in rows)

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._db.close()

    def _found(self, job: str) -> sqlite3.Row | None:
        return next(iter(self._rows("SELECT * FROM jobs WHERE id = ?", (job,))), None)

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error

    def _is_held(self, row: sqlite3.Row, now: float) -> bool:
        if not row["holder"] or row["state"] != "running" or now - row["beat"] >= SILENCE:
            return False
        return not is_dead(row["holder"])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error


def unusable(path: Path, error: Exception) -> SetupError:
    """Why the jobs in a file can't be read or written, and what to do."""
    text = str(error)
    if "locked" in text:
        return SetupError(f"The jobs in {path} are in use by another program.", "Run the same command again later.")
    is_full = any(sign in text for sign in ("full", "No space", "disk I/O"))
    advice = "Free some space, or check the disk." if is_full else "Look after that file."
    return SetupError(f"The jobs in {path} can't be used: {text}.", advice)


def _record(row: sqlite3.Row) -> Record:
    return Record(
        row["id"],
        row["name"],
        row["owner"],
        json.loads(row["spec"]),
        row["state"],
        row["submitted"],
        row["started"],
        row["ended"],
        json.loads(row["progress"]),
        json.loads(row["result"]),
        row["usd"],
        bool(row["cancelled"]),
    )
