"""What stands before the routes: size, rate, time and number of requests, errors in JSON, and a line in the log."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sheetjudge.ops.run_log import Log
from sheetjudge.service.limits import Buckets
from sheetjudge.service.refusals import Refused

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 512 * 1024
"""Of a request's body."""

_BODY_SECONDS = 20.0
_DRAIN_SECONDS = 5.0
_ODD = (b"%", b"..", b"//", b"\\", b";")
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


@dataclass
class Guard:
    """An ASGI app around the routes.

    Attributes:
        app: the routes. log: gets a line for each request.
        addresses: how often one address may ask. most_at_once: requests under way.
    """

    app: App
    log: Log
    addresses: Buckets
    most_at_once: int
    _under_way: int = field(default=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        began = time.monotonic()
        answer = _Answer(send)
        refused: Refused | None = None
        body = _Body(receive)
        self._under_way += 1
        try:
            self._let_in(scope)
            scope["state"] = {"person": ""}
            await self.app(scope, body.receive, answer.send)
        except Refused as error:
            refused = error
        except Exception as error:  # noqa: BLE001 - the caller gets an answer, the log says where
            at = _last(error)
            self.log.write("request_broke", error=type(error).__name__, where=at)
            refused = Refused(500, "The backend failed.", "Tell whoever runs it.", why=type(error).__name__)
        finally:
            self._under_way -= 1
        if refused is not None and not answer.has_begun:
            has_body = bool(_header(scope, b"content-length") or _header(scope, b"transfer-encoding"))
            await answer.refuse(refused, body, has_body=has_body)
        self._note(scope, answer.status, refused, began)

    def _let_in(self, scope: Scope) -> None:
        path = scope.get("raw_path") or scope["path"].encode()
        if any(odd in path for odd in _ODD) or len(path) > 500 or not path.startswith(b"/"):  # noqa: PLR2004
            raise Refused(404, why="odd path")
        if self._under_way > self.most_at_once:
            raise Refused(503, retry_after=2, why="too many at once")
        length = _header(scope, b"content-length")
        if length and (not length.isdigit() or len(length) > 18 or int(length) > MOST_BYTES):  # noqa: PLR2004
            raise _too_large()
        wait = self.addresses.take(_address(scope))
        if wait:
            raise Refused(
                429, "Too many requests.", "Wait a moment.", retry_after=int(wait) + 1, why="rate of an address"
            )

    def _note(self, scope: Scope, status: int, refused: Refused | None, began: float) -> None:
        """A line without anything that the caller made up: no path but a known one, no header."""
        route = scope.get("state", {}).get("route", "")
        facts = {"why": refused.why or refused.error} if refused is not None else {}
        with suppress(Exception):
            self.log.write(
                "request",
                method=scope["method"][:10],
                route=route,
                status=status,
                ms=round((time.monotonic() - began) * 1000, 1),
                who=scope.get("state", {}).get("person", ""),
                address=_address(scope),
                **facts,
            )


class _Body:
    """A request's body as it comes: never more of it than may be, and not for longer than it may take."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._size = 0
        self._until: float | None = None
        self.is_whole = False

    async def receive(self) -> Message:
        """The next part.

        Raises:
            Refused: 413 where it is too large, 408 where it doesn't come.
        """
        if self.is_whole:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + _BODY_SECONDS
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise Refused(408, "The request took too long to arrive.", why="slow body") from None
        self._size += len(message.get("body", b""))
        if self._size > MOST_BYTES:
            raise _too_large()
        self.is_whole = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Take what still comes and keep none of it, so that the answer reaches who reads only after sending."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self.is_whole:
                    message = await self._receive()
                    self.is_whole = message["type"] == "http.disconnect" or not message.get("more_body", False)


class _Answer:
    """What is sent back."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.has_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            self.status = message["status"]
            kept = [(k, v) for k, v in message.get("headers", []) if k not in dict(_HEADERS)]
            message = {**message, "headers": [*kept, *_HEADERS]}
        await self._send(message)

    async def refuse(self, refused: Refused, body: _Body, *, has_body: bool) -> None:
        text = json.dumps(refused.body).encode()
        headers = [(b"content-length", str(len(text)).encode())]
        if refused.retry_after is not None:
            headers.append((b"retry-after", str(refused.retry_after).encode()))
        if refused.status == 401:  # noqa: PLR2004
            headers.append((b"www-authenticate", b"Bearer"))
        has_more = not body.is_whole and has_body
        if has_more:
            headers.append((b"connection", b"close"))
        with suppress(OSError):
            await self.send({"type": "http.response.start", "status": refused.status, "headers": headers})
            await self.send({"type": "http.response.body", "body": text, "more_body": True})
            if has_more:
                await body.drain()
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})


def _too_large() -> Refused:
    return Refused(413, f"A request may have {MOST_BYTES // 1024} KB.", "Choose fewer columns.", why="too large")


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _last(error: BaseException) -> str:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return "" if at is None else f"{at.tb_frame.f_globals.get('__name__', '')}:{at.tb_lineno}"
