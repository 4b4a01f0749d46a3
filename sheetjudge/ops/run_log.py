"""The log of unattended work: one JSON object a line, in a file that doesn't grow for ever."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any, Protocol, TextIO

from sheetjudge.core.visible import escaped_json
from sheetjudge.errors import SetupError

_MOST_BYTES = 10_000_000
_KEPT = 5


class Log(Protocol):
    """Where lines of a log go."""

    def write(self, event: str, /, **facts: Any) -> None:
        """Add a line: an event and its facts."""
        ...


class LineLog:
    """A log on a stream, for whoever collects it.

    Args:
        stream: where to. now: the time, in seconds since 1970.
    """

    def __init__(self, stream: TextIO, now: Callable[[], float]) -> None:
        self._stream = stream
        self._now = now

    def write(self, event: str, /, **facts: Any) -> None:
        """Add a line. One that can't be written is lost."""
        with suppress(OSError, ValueError):
            self._stream.write(_line(self._now(), event, facts))
            self._stream.flush()


class RunLog:
    """A log in a file that several processes may write to. A full file is moved aside (`runs.log.1`), the oldest goes.

    Args:
        path: the file. now: the time, in seconds since 1970.
        most_bytes: of one file. kept: files beside it at the most.
    """

    def __init__(
        self, path: Path, now: Callable[[], float], *, most_bytes: int = _MOST_BYTES, kept: int = _KEPT
    ) -> None:
        self.path = path
        self._now = now
        self._most_bytes = most_bytes
        self._kept = kept

    def write(self, event: str, /, **facts: Any) -> None:
        """Add a line.

        Raises:
            SetupError: the file can't be written.
        """
        line = _line(self._now(), event, facts)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self.path.with_name(f"{self.path.name}.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._make_room(len(line))
                handle = os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
                with os.fdopen(handle, "ab", buffering=0) as file:
                    _add_whole(file, line.encode("utf-8", "replace"))
        except OSError as error:
            raise SetupError(f"The log {self.path} can't be written: {error.strerror or error}.") from error

    def _make_room(self, size: int) -> None:
        if not self.path.exists() or self.path.stat().st_size + size <= self._most_bytes:
            return
        files = [self.path, *(self.path.with_name(f"{self.path.name}.{n}") for n in range(1, self._kept + 1))]
        for older, newer in zip(reversed(files), reversed(files[:-1]), strict=False):
            if newer.exists():
                newer.replace(older)


def _add_whole(file: FileIO, line: bytes) -> None:
    """Add a line, or nothing: half of one would spoil the next as well."""
    end = os.fstat(file.fileno()).st_size
    try:
        written = 0
        while written < len(line):
            written += file.write(line[written:])
    except OSError:
        os.ftruncate(file.fileno(), end)
        raise


def _line(now: float, event: str, facts: Mapping[str, Any]) -> str:
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    return escaped_json(json.dumps({"time": at, "event": event, **facts}, ensure_ascii=False)) + "\n"
