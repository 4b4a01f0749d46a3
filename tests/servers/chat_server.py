"""An OpenAI-compatible server on the loopback that answers as it is told, faults included, and counts.

`ChatServer` runs in a thread of its own, so that the client under test has its event loop to itself.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from sheetjudge.llm.instances import Draws, instance_of


@dataclass(frozen=True)
class Reply:
    """One answer: status, headers and a body (bytes as they are, anything else as JSON)."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """No answer: `close` the connection, `half` an answer and then close it, or `hang` until the server stops."""

    kind: str


Answer = Reply | Fault | None
Behaviour = Callable[[dict[str, Any], int], Answer]


def chat(content: Any = "ok", **changes: Any) -> dict[str, Any]:
    """The body of a chat completion; `changes` go to the message (`reasoning_content`) or the top (`usage`)."""
    top = {"usage", "model", "error"}
    choice = {"finish_reason", "logprobs"}
    message = {"role": "assistant", "content": content} | {
        k: v for k, v in changes.items() if k not in top and k not in choice
    }
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "test-model",
        "choices": [
            {
                "index": 0,
                "message": message,
                "finish_reason": changes.get("finish_reason", "stop"),
                "logprobs": changes.get("logprobs"),
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
    return body | {k: v for k, v in changes.items() if k in top}


def error(status: int, message: str, headers: Mapping[str, str] | None = None, **fields: Any) -> Reply:
    """An error as OpenAI words it."""
    return Reply(status, {"error": {"message": message, "type": "invalid_request_error", **fields}}, headers or {})


def refuse(option: str, message: str | None = None) -> Behaviour:
    """Refuse requests that hold `option`: a parameter's name, or the type of a response format."""

    def behave(request: dict[str, Any], _number: int) -> Answer:
        held = request.get("response_format", {}).get("type") == option or option in request
        return error(400, message or f"'{option}' is not supported with this model.", param=option) if held else None

    return behave


def in_order(*answers: Answer) -> Behaviour:
    """The answers one after the other, then normal ones."""
    rest: Iterator[Answer] = iter(answers)
    return lambda _request, _number: next(rest, None)


def first_of(*behaviours: Behaviour) -> Behaviour:
    """The first answer that any behaviour has."""

    def behave(request: dict[str, Any], number: int) -> Answer:
        return next((a for b in behaviours if (a := b(request, number)) is not None), None)

    return behave


@contextmanager
def closed_port() -> Iterator[int]:
    """A port at which nobody listens, and nobody else can meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


class ChatServer:
    """The server. Use as a context manager; `url` is what a client takes as base URL.

    Args:
        behave: decides on each request's answer, by its JSON body and its number; None for a normal answer, which is
            a valid instance of the schema asked for, else "ok".
        latency: seconds before each answer.
        together: answer nothing until so many calls have been in flight at once.
        tls: speak TLS with this context.
    """

    def __init__(
        self,
        behave: Behaviour | None = None,
        *,
        latency: float = 0.0,
        together: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.tls = tls
        self.together = together
        self.behave = behave
        self.latency = latency
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.paths: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.in_flight = 0
        self.most_in_flight = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._asked = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    def wait_for_request(self) -> None:
        """Wait until a request has come in."""
        assert self._asked.wait(60)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop, self._met = asyncio.Event(), asyncio.Event()
        app = web.Application(client_max_size=2**26)
        app.router.add_route("POST", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self.tls)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw)
        number = len(self.requests)
        self.requests.append(body)
        self.headers.append(request.headers)
        self.paths.append(request.path_qs)
        self._asked.set()
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.most_in_flight >= self.together:
                self._met.set()
            await self._met.wait()
            if self.latency:
                await asyncio.sleep(self.latency)
            answer = self.behave(body, number) if self.behave else None
            if isinstance(answer, Fault):
                return await self._fault(answer, request)
            answer = answer or Reply(body=chat(_content(body)))
            self.statuses[answer.status] += 1
            if isinstance(answer.body, bytes):
                return web.Response(body=answer.body, status=answer.status, headers=answer.headers)
            return web.json_response(answer.body, status=answer.status, headers=answer.headers)
        finally:
            self.in_flight -= 1

    async def _fault(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        if fault.kind == "hang":
            await self._stop.wait()
        if fault.kind == "half":
            request.transport.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"choices": [')
            await asyncio.sleep(0)
        request.transport.close()
        return web.Response()


def _content(body: Mapping[str, Any]) -> str:
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    return json.dumps(instance_of(schema, Draws(hash(body["messages"][-1]["content"])))) if schema else "ok"
