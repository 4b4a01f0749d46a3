"""HTTP calls from a process of their own, once the event loop of this one has no time left for them.

Python runs one thread at a time. Beside reading, scoring and journalling answers the thread of the event loop does the
HTTP of each call, and with enough calls a second that thread is what a run waits for. So where it is busy most of the
time and a processor is left, a second process posts: bodies go there over a socket, whole answers come back, and those
of one turn of an event loop travel together.

The process is started by hand and not by `multiprocessing`, which would run the caller's main module again. It learns
the endpoint with its key over that socket alone, and ends with it: when this process is killed, so are its calls.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from sheetjudge.errors import ConnectionFailed, SheetjudgeError
from sheetjudge.llm.transport import Answer, Endpoint, Transport

_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from sheetjudge.llm.posting import serve; serve()"
# A process of its own takes about a second of a processor to start, as much as it saves in so many calls.
_CALLS_A_LOOK = 2000
_FEWEST_IN_FLIGHT = 32
# Of its time; above it the thread of the event loop is what calls wait for.
_BUSY = 0.7
_LENGTH = struct.Struct("<Q")


class Posting:
    """Posts to one endpoint as a Transport does: from here, and from a process of its own once that pays.

    Args:
        endpoint: where to.
        pays: asked before each call until it says yes; None for whether the event loop is busy.
    """

    def __init__(self, endpoint: Endpoint, pays: Callable[[int], bool] | None = None) -> None:
        self.endpoint = endpoint
        self._pays = pays or Busy()
        self._in_flight = 0
        self._here = Transport(endpoint)
        self._there: _There | None = None

    async def post(self, body: bytes, url: str = "") -> Answer:
        """As `Transport.post`. ConnectionFailed also where the process has ended; the next calls go from here then."""
        if self._there is None and self._pays(self._in_flight):
            self._there = _There(self.endpoint)
        if self._there is not None and self.is_apart:
            return await self._there.post(body, url)
        self._in_flight += 1
        try:
            return await self._here.post(body, url)
        finally:
            self._in_flight -= 1

    @property
    def is_apart(self) -> bool:
        """Would a call go from the process of its own now?"""
        return self._there is not None and self._there.is_ready()

    async def aclose(self) -> None:
        """Close the connections, and end the process. May be called twice."""
        if self._there is not None:
            self._there.close()
        await self._here.aclose()


def _processors() -> int:
    """How many this process may use; 1 where the system doesn't say (there is nothing to be gained there)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


class Busy:
    """Says when the thread of the event loop is busy with many calls at once, and another processor is there.

    Args:
        clock, used: seconds of the day and of this thread's work; injected by tests, as `processors` is.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.thread_time,
        processors: Callable[[], int] = _processors,
    ) -> None:
        self._clock, self._thread_time, self._processors = clock, used, processors
        self._calls = 0
        self._used = self._began = 0.0

    def __call__(self, in_flight: int) -> bool:
        """Asked before each call, with how many are in flight."""
        looks = not self._calls % _CALLS_A_LOOK
        self._calls += 1
        if not looks:
            return False
        used, now = self._thread_time(), self._clock()
        share = (used - self._used) / (now - self._began) if self._calls > 1 else 0.0
        self._used, self._began = used, now
        return share > _BUSY and in_flight >= _FEWEST_IN_FLIGHT and self._processors() > 1


class _There:
    """The process, as this one sees it. It serves the event loop that it was started in."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_ready = False
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._numbers = count()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
                [sys.executable, "-P", "-c", _START, json.dumps(sys.path)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
            )
        self._frames = _Frames(self._heard, self._ended)
        self._starting = self._loop.create_task(self._start(endpoint))

    async def _start(self, endpoint: Endpoint) -> None:
        await self._loop.create_unix_connection(lambda: self._frames, sock=self._socket)
        self._frames.send(endpoint)

    def is_ready(self) -> bool:
        """Can it post for the running event loop?"""
        return self._is_ready and self._loop is asyncio.get_running_loop()

    async def post(self, body: bytes, url: str) -> Answer:
        number = next(self._numbers)
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting[number] = answer
        self._frames.send((number, body, url))
        try:
            return await answer
        except asyncio.CancelledError:
            self._frames.send((number, None, ""))
            raise
        finally:
            self._waiting.pop(number, None)

    def _heard(self, said: Any) -> None:
        if said is None:
            self._is_ready = True
            return
        number, answer = said
        waiting = self._waiting.get(number)
        if waiting is None or waiting.done():
            return
        if isinstance(answer, Exception):
            waiting.set_exception(answer)
        else:
            waiting.set_result(Answer(*answer))

    def _ended(self) -> None:
        self._is_ready = False
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionFailed("The process that posts the calls of this one has ended."))

    def close(self) -> None:
        """End it."""
        self._is_ready = False
        self._process.kill()
        self._process.wait()
        if self._loop is asyncio.get_running_loop():
            self._starting.cancel()
            self._frames.close()
        self._socket.close()


class _Frames(asyncio.Protocol):
    """Values over a socket, those of one turn of the event loop in one frame."""

    def __init__(self, heard: Callable[[Any], None], ended: Callable[[], None]) -> None:
        self._heard = heard
        self._ended = ended
        self._transport: asyncio.Transport | None = None
        self._read = bytearray()
        self._unsent: list[Any] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a socket's
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while len(self._read) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._read)[0]
            if len(self._read) < end:
                return
            values = pickle.loads(self._read[_LENGTH.size : end])  # noqa: S301 - between our own processes
            del self._read[:end]
            for value in values:
                self._heard(value)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._ended()

    def send(self, value: Any) -> None:
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(value)

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._transport is not None:
            values = pickle.dumps(unsent, protocol=pickle.HIGHEST_PROTOCOL)
            self._transport.write(_LENGTH.pack(len(values)) + values)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def serve() -> None:
    """Be the process: post what comes over the socket that is standard input, until that ends."""
    # Ctrl-C, a manager's SIGTERM and a closed terminal reach every process of a group; the one that asks decides when
    # this one ends.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    asyncio.run(_serve(socket.socket(fileno=sys.stdin.fileno())))


async def _serve(asked: socket.socket) -> None:
    import aiohttp  # noqa: F401 - before it says that it is ready

    ended = asyncio.Event()
    transport: Transport | None = None
    posts: dict[int, asyncio.Task[None]] = {}

    async def post(transport: Transport, number: int, body: bytes, url: str) -> None:
        said: Any
        try:
            answer = await transport.post(body, url)
            said = answer.status, {str(name): value for name, value in answer.headers.items()}, answer.body
        except SheetjudgeError as error:
            said = error
        except Exception as error:  # noqa: BLE001 - somebody waits for it; it may hold what can't be pickled
            said = RuntimeError(repr(error))
        finally:
            posts.pop(number, None)
        frames.send((number, said))

    def heard(value: Any) -> None:
        nonlocal transport
        if transport is None:
            transport = Transport(value)
            frames.send(None)
            return
        number, body, url = value
        if body is not None:
            posts[number] = asyncio.create_task(post(transport, number, body, url))
        elif (task := posts.pop(number, None)) is not None:
            task.cancel()

    frames = _Frames(heard, ended.set)
    await asyncio.get_running_loop().create_unix_connection(lambda: frames, sock=asked)
    await ended.wait()
    # Nobody is left to hear of the calls under way, and nothing is to be put in order.
    os._exit(0)
