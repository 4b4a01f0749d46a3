"""The process around a command: streams that nobody reads, and signals that ask it to end."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

# The last one: the terminal was closed.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def make_ready() -> None:
    """Standard error that never fails, descriptors 0 to 2 open, and SIGTERM and SIGHUP as if Ctrl-C was pressed."""
    _open_descriptors()
    if sys.stderr is sys.__stderr__:
        sys.stderr = _forgiving(sys.stderr)
    if threading.current_thread() is threading.main_thread():
        for number in _ENDING:
            # Where it is ignored (nohup), it goes on being ignored.
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _interrupt)


def end_at_once_when_asked_again() -> None:
    """From now on a signal ends the process without a word: it is ending."""
    if threading.current_thread() is threading.main_thread():
        for number in _ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_: os._exit(3))


def drop_output() -> None:
    """Let go of what standard output still holds, and of what comes: nobody reads it, also not at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class _Lossy(io.FileIO):
    """What can't be said is lost: a person who has gone, or a full disk under a log, must not end the work."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def _forgiving(stream: io.TextIOBase | None) -> io.TextIOWrapper:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    lossy = io.BufferedWriter(_Lossy(2, "w", closefd=False))
    return io.TextIOWrapper(lossy, encoding=encoding, errors="backslashreplace", line_buffering=True)


def _open_descriptors() -> None:
    """Without them the next file that is opened would be taken for standard output. One that was closed refuses."""
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)
            os.set_inheritable(number, True)  # noqa: FBT003 - as it is called
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
