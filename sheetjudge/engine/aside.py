"""An object that reckons beside the event loop: in a thread, or in a process of its own.

Python runs one thread at a time, and a thread that reckons holds up each socket that the event loop would read by some
milliseconds. So whatever reckons for seconds while calls are in flight has a process. It is started by hand and not by
`multiprocessing`, which would run the caller's main module again.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, Generic, TypeVar

from sheetjudge.errors import SetupError

T = TypeVar("T")

# What the other end of a pipe leaves behind: nothing, or half of what it was about to say.
_GONE = (OSError, EOFError, pickle.UnpicklingError)
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from sheetjudge.engine.aside import serve; serve()"


class Aside(Generic[T]):
    """One object, made by the first call, whose methods are called one at a time.

    Args:
        kind: makes the object; can be imported by its name. Its `get_ready`, where it has one, is called in the
            process at once.
        in_process: it gets a process of its own; its arguments and results have to be picklable then. The process
            starts at once, so that it is ready when it is needed, and ends with this one.
    """

    def __init__(self, kind: Callable[..., T], *, in_process: bool) -> None:
        self._kind = kind
        self._here: T | None = None
        self._process = _started(kind) if in_process else None

    async def make(self, *given: Any) -> None:
        """Make the object with these arguments."""
        if self._process is None:
            self._here = await asyncio.to_thread(self._kind, *given)
        else:
            await asyncio.to_thread(self._put, ("", given))

    async def call(self, method: str, *given: Any) -> Any:
        """What the object's method returns.

        Raises:
            SetupError: the process is gone.
            Exception: whatever the method raises.
        """
        if self._process is None:
            return await asyncio.to_thread(getattr(self._here, method), *given)
        return await asyncio.to_thread(self._put, (method, given))

    def close(self) -> None:
        """End the process. May be called twice."""
        if self._process is not None:
            process = self._process
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None  # noqa: S101 - as it was started
                with suppress(OSError):
                    pipe.close()

    def _put(self, question: tuple[str, tuple[Any, ...]]) -> Any:
        process = self._process
        assert process is not None  # noqa: S101 - asked where there is one
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - pipes
        try:
            _write(process.stdin, question)
            good, value = pickle.load(process.stdout)  # noqa: S301 - from our own process
        except _GONE:
            raise SetupError(
                f"The process that reckons beside this one has ended (exit code {process.wait()}).",
                "If the machine is short of memory, free some, and run the same command again: it takes up from there.",
            ) from None
        if not good:
            raise value
        return value


def _started(kind: Callable[..., Any]) -> subprocess.Popen[bytes]:
    # A folder that is worked in may hold anybody's files: none of them (-P) is taken for a module.
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-P", "-c", _START, json.dumps(sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None  # noqa: S101 - a pipe
    # Where it has ended already, the first question finds that out.
    with suppress(OSError):
        _write(process.stdin, kind)
    return process


def _write(pipe: IO[bytes], value: Any) -> None:
    pickle.dump(value, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def serve() -> None:
    """Be the process: make the object and call its methods, as standard input says, until that ends."""
    # Ctrl-C, a manager's SIGTERM and a closed terminal reach every process of a group; the one that asks decides when
    # this one ends.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    said, asked = sys.stdout.buffer, sys.stdin.buffer
    # Whatever a library prints must not get between the answers.
    sys.stdout = sys.stderr
    kind = pickle.load(asked)  # noqa: S301 - from the process that started this one
    if get_ready := getattr(kind, "get_ready", None):
        get_ready()
    made: Any = None
    while True:
        try:
            method, given = pickle.load(asked)  # noqa: S301 - as above
        except _GONE:
            return
        answer: tuple[bool, Any]
        try:
            if method:
                answer = True, getattr(made, method)(*given)
            else:
                made = kind(*given)
                answer = True, None
        except Exception as error:  # noqa: BLE001 - whatever it is, it goes to the one who asked
            answer = False, error
        try:
            _write(said, answer)
        except BrokenPipeError:
            return
