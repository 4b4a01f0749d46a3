"""The journal: every answer that was paid for, kept before anyone sees it, under the hash of its exact request.

One SQLite file in WAL mode, safe for several processes at once. It holds hashes, verdicts and counts; no row text
(a judge's reason may quote a row). A commit outlives the process that made it, however that is killed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson
import tenacity

from sheetjudge.core.chat import AnyCompletion, Completion, Likelihoods, TokenLogprob, Usage
from sheetjudge.errors import SetupError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
  key BLOB NOT NULL UNIQUE, made REAL NOT NULL, judge TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (
  id TEXT PRIMARY KEY, started REAL NOT NULL, ended REAL, state TEXT NOT NULL, story TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (
  token TEXT PRIMARY KEY, judge TEXT NOT NULL, state TEXT NOT NULL, file TEXT NOT NULL, batch TEXT NOT NULL,
  made REAL NOT NULL, holder TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batched (key BLOB PRIMARY KEY, token TEXT NOT NULL) WITHOUT ROWID;
"""
_VERSION = 2


@dataclass(frozen=True, slots=True)
class Purged:
    """What `Journal.purge` erased."""

    answers: int
    runs: int


@dataclass(frozen=True, slots=True)
class KeptRun:
    """What is kept of a run.

    Attributes:
        id: its name. started, ended: seconds since 1970. state: `running`, `done`, `stopped` or `failed`.
        story: what it worked on, and what came of it.
    """

    id: str
    started: float
    ended: float | None
    state: str
    story: Mapping[str, Any]


class AnswerStore(Protocol):
    """What a run needs of a journal, wherever it is kept."""

    def get(self, key: bytes) -> AnyCompletion | None:
        """The answer kept under `key`, or None."""
        ...

    def put(self, answers: Iterable[tuple[bytes, str, AnyCompletion]]) -> Awaitable[None] | None:
        """Keep answers. They are committed when this returns, or when the awaitable is done where it returns one."""
        ...

    def fact(self, name: str) -> Any:
        """A remembered fact, or None."""
        ...

    def add_to_fact(self, name: str, values: Mapping[str, Any]) -> None:
        """Add entries to a fact that is a mapping."""
        ...

    def run_started(self, run: str, story: Mapping[str, Any]) -> None:
        """Note that a run began."""
        ...

    def run_ended(self, run: str, state: str, story: Mapping[str, Any]) -> None:
        """Note how it ended."""
        ...

    def close(self) -> None:
        """Let go of it. May be called twice."""
        ...


class Journal:
    """An open journal.

    Args:
        path: the file; made with its folder where it doesn't exist, readable by its owner only.
        patience: seconds to wait for another process that is writing.

    Raises:
        SetupError: the file can't be opened or isn't a journal.
    """

    def __init__(self, path: Path, *, patience: float = 30.0) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            self._db = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
            self._check()
            self._switch_to_log(patience)
            # In WAL mode NORMAL survives the death of the process; only a power cut can lose the last moments.
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA secure_delete=ON")
            if self._pragma("user_version") < _VERSION:
                self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT;")
        except (sqlite3.Error, OSError) as error:
            raise _unusable(path, error) from error

    def _check(self) -> None:
        """Leave a database that isn't ours as it is."""
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if tables and not tables >= {"answers", "facts", "runs"}:
            raise SetupError(f"{self.path} is not a sheetjudge journal.", "Name another file with --journal.")
        if self._pragma("user_version") > _VERSION:
            raise SetupError(
                f"The journal {self.path} was written by a newer sheetjudge.",
                "Update sheetjudge, or name another file with --journal.",
            )

    def _switch_to_log(self, patience: float) -> None:
        """Put the file into WAL mode. For this one change SQLite doesn't wait for others that hold the file."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, sqlite3.OperationalError) and "locked" in str(e)),
            stop=tenacity.stop_after_delay(patience),
            wait=tenacity.wait_random(0.01, 0.05),
            reraise=True,
        )
        retrying(self._db.execute, "PRAGMA journal_mode=WAL")

    def _pragma(self, name: str) -> int:
        value: int = self._db.execute(f"PRAGMA {name}").fetchone()[0]
        return value

    def get(self, key: bytes) -> AnyCompletion | None:
        """The answer kept under `key`, or None."""
        found = self._execute("SELECT body FROM answers WHERE key = ?", (key,)).fetchone()
        return None if found is None else _from_json(_loaded(found[0]))

    def put(self, answers: Iterable[tuple[bytes, str, AnyCompletion]]) -> None:
        """Keep answers, each as (key, judge's name, answer). They are committed when this returns.

        What was kept before under a key stays.
        """
        now = time.time()
        rows = [(key, now, judge, _to_json(answer)) for key, judge, answer in answers]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR IGNORE INTO answers (key, made, judge, body) VALUES (?, ?, ?, ?)", rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise _unusable(self.path, error) from error

    def fact(self, name: str) -> Any:
        """A remembered fact (what an endpoint supports, say), or None."""
        found = self._execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if found is None else json.loads(found[0])

    def remember(self, name: str, value: Any) -> None:
        """Keep a fact, in place of what was known before."""
        self._execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value)))

    def add_to_fact(self, name: str, values: Mapping[str, Any]) -> None:
        """Add entries to a fact that is a mapping, or put them in place of older ones."""
        known = self.fact(name)
        self.remember(name, {**(known if isinstance(known, dict) else {}), **values})

    def run_started(self, run: str, story: Mapping[str, Any]) -> None:
        """Note that a run began."""
        self._execute("INSERT INTO runs VALUES (?, ?, NULL, 'running', ?)", (run, time.time(), json.dumps(story)))

    def run_ended(self, run: str, state: str, story: Mapping[str, Any]) -> None:
        """Note how a run ended: `done`, `stopped` or `failed`."""
        values = (time.time(), state, json.dumps(story), run)
        self._execute("UPDATE runs SET ended = ?, state = ?, story = ? WHERE id = ?", values)

    def runs(self, limit: int) -> list[KeptRun]:
        """The runs that began last, the newest first."""
        found = self._execute(
            "SELECT id, started, ended, state, story FROM runs ORDER BY started DESC LIMIT ?", (limit,)
        )
        return [KeptRun(run, began, ended, state, json.loads(story)) for run, began, ended, state, story in found]

    def purge(self, older_than: float | None = None) -> Purged:
        """Erase answers, runs and facts, overwriting what they held.

        Args:
            older_than: Unix time; only what was made before it goes. None erases everything.
        """
        limit = time.time() + 1e9 if older_than is None else older_than
        answers = self._execute("DELETE FROM answers WHERE made < ?", (limit,)).rowcount
        runs = self._execute("DELETE FROM runs WHERE started < ?", (limit,)).rowcount
        if older_than is None:
            self._execute("DELETE FROM facts", ())
            self._execute("DELETE FROM batched", ())
            self._execute("DELETE FROM batches", ())
        self._execute("VACUUM", ())
        if self._execute("PRAGMA wal_checkpoint(TRUNCATE)", ()).fetchone()[0]:
            raise SetupError(
                f"The journal {self.path} is in use by another run, so what was erased can still be read in its log.",
                "Purge again when that run has ended.",
            )
        return Purged(answers, runs)

    def close(self) -> None:
        """Close the file. May be called twice."""
        with suppress(sqlite3.Error):
            self._db.close()

    def _execute(self, statement: str, values: tuple[Any, ...]) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise _unusable(self.path, error) from error


def _unusable(path: Path, error: Exception) -> SetupError:
    text = str(error)
    if "disk I/O" in text:
        return SetupError(
            f"The journal {path} can't be written or read: the disk fails or is full.",
            "Free some space, or check the disk, and run the same command again.",
        )
    if "full" in text or "No space" in text:
        return SetupError(
            f"The disk is full: the journal {path} can't grow.", "Free some space and run the same command again."
        )
    if "not a database" in text:
        return SetupError(f"{path} is not a sheetjudge journal.", "Name another file with --journal.")
    if "locked" in text:
        return SetupError(f"The journal {path} is in use by another program.", "Run the same command again later.")
    return SetupError(
        f"The journal {path} can't be used ({text}).",
        "Check the folder's permissions, or name another file with --journal.",
    )


def _to_json(answer: AnyCompletion) -> str:
    usage = answer.usage
    body: dict[str, Any] = {
        "model": answer.model,
        "usage": [usage.prompt, usage.completion, usage.cached, usage.reasoning],
        "cost": answer.cost,
    }
    if isinstance(answer, Likelihoods):
        body["logprobs"] = answer.logprobs
        return _dumped({"likelihoods": body})
    body |= {"text": answer.text, "finish": answer.finish, "format": answer.format}
    if answer.reasoning:
        body["reasoning"] = answer.reasoning
    if answer.logprobs is not None:
        body["logprobs"] = [[t.token, t.logprob, list(t.top)] for t in answer.logprobs]
    return _dumped({"completion": body})


def _dumped(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        # Half a surrogate pair, which a reply may hold and which only an escape can keep.
        return json.dumps(value)


def _loaded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        # Half a surrogate pair, kept as an escape.
        return json.loads(text)


def _logprob(kept: float | None) -> float:
    """JSON has no minus infinity: it was kept as null."""
    return float("-inf") if kept is None else kept


def _from_json(data: dict[str, Any]) -> AnyCompletion:
    kind, body = next(iter(data.items()))
    usage = Usage(*body.pop("usage"))
    logprobs = body.pop("logprobs", None)
    if kind == "likelihoods":
        return Likelihoods(tuple(tuple(tokens) for tokens in logprobs), usage=usage, **body)
    tokens = None
    if logprobs is not None:
        tokens = tuple(TokenLogprob(t, _logprob(p), tuple((a, _logprob(q)) for a, q in top)) for t, p, top in logprobs)
    return Completion(logprobs=tokens, usage=usage, **body)
