"""A model at a local server, and a way to ask it from a plain test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sheetjudge.core.chat import Completion, Message, Request
from sheetjudge.llm.openai_api import OpenAIModel
from sheetjudge.llm.transport import Endpoint, Timeouts
from tests.servers.chat_server import Behaviour, ChatServer

SCHEMA = {
    "type": "object",
    "properties": {
        "clear": {
            "type": "object",
            "properties": {"reason": {"type": "string"}, "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]}},
            "required": ["reason", "score"],
            "additionalProperties": False,
        }
    },
    "required": ["clear"],
    "additionalProperties": False,
}
KEY = "sk-secret-0123456789abcdef"


def question(row: str = "a row", **changes: Any) -> Request:
    return Request((Message("system", "Judge, in JSON."), Message("user", row)), schema=SCHEMA, **changes)


@pytest.fixture
def serve() -> Iterator[Callable[..., ChatServer]]:
    started: list[ChatServer] = []

    def start(behave: Behaviour | None = None, **changes: Any) -> ChatServer:
        server = ChatServer(behave, **changes)
        server.__enter__()
        started.append(server)
        return server

    yield start
    for server in started:
        server.__exit__()


def model_at(url: str, *, timeouts: Timeouts | None = None, key: str = KEY, **changes: Any) -> OpenAIModel:
    endpoint = Endpoint(
        f"{url}/chat/completions",
        {"Authorization": f"Bearer {key}"},
        timeouts=timeouts or Timeouts(30, 60),
        **{k: changes.pop(k) for k in ("proxy", "max_reply_bytes", "ca_file") if k in changes},
    )
    return OpenAIModel("test-model", endpoint, key_variable="TEST_KEY", secrets=(key,), **changes)


def ask(model: Any, *requests: Request) -> list[Completion | BaseException]:
    """The outcomes of the requests, put at the same time."""

    async def run() -> list[Completion | BaseException]:
        try:
            return await asyncio.gather(*map(model.complete, requests), return_exceptions=True)
        finally:
            await model.aclose()

    return asyncio.run(run())


def ask_one(model: Any, request: Request | None = None) -> Completion:
    outcome = ask(model, request or question())[0]
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
