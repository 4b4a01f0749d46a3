"""The OpenAI Batch API and those that speak it: files of requests that are answered within a day, at half the price.

Calls are few and slow, so they go through the `openai` package's client; its own retries are off, because a submission
that is sent twice is paid for twice.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sheetjudge.errors import (
    CallTimedOut,
    ConnectionFailed,
    JudgeUnusable,
    ModelError,
    RateLimited,
    RequestRefused,
    ServerFailed,
)
from sheetjudge.llm.transport import Endpoint, host_of
from sheetjudge.llm.words import one_line

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types import Batch

T = TypeVar("T")

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
WINDOW: Literal["24h"] = "24h"
DISCOUNT = 0.5
"""What a token costs in a batch, as a share of its usual price."""

_UPLOAD_SECONDS = 600.0
_MOST_LISTED = 1000
_TOO_MUCH_WAITING = ("token_limit_exceeded", "request_limit_exceeded")


@dataclass(frozen=True, slots=True)
class BatchState:
    """How a batch stands.

    Attributes:
        id: the server's. status: `validating`, `in_progress`, `finalizing`, `completed`, `failed`, `expired`,
            `cancelling` or `cancelled`.
        output, errors: ids of the files with the answers; "" where there are none.
        done, total: requests.
        is_too_much: it was refused because too many tokens wait already.
        said: why it failed, in the server's words.
    """

    id: str
    status: str
    output: str = ""
    errors: str = ""
    done: int = 0
    total: int = 0
    is_too_much: bool = False
    said: str = ""

    @property
    def is_ended(self) -> bool:
        """Nothing more will come of it."""
        return self.status in {"completed", "failed", "expired", "cancelled"}


class BatchApi:
    """Batches at one endpoint.

    Args:
        endpoint: of the chat completions; files and batches are beside it.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._made: AsyncOpenAI | None = None

    async def upload(self, path: Path, name: str) -> str:
        """Upload a file of requests; answers its id. Done twice, it lies there twice, which costs nothing."""

        async def go() -> str:
            data = await asyncio.to_thread(path.read_bytes)
            file = await self._client.files.create(
                file=(name, data, "application/jsonl"), purpose="batch", timeout=_UPLOAD_SECONDS
            )
            return file.id

        return await self._told(go)

    async def submit(self, file: str, token: str) -> BatchState:
        """Have a file's requests answered. Sent twice, they are paid for twice: `find` comes before another try.

        Args:
            file: its id. token: kept with the batch, to find it again.
        """

        async def go() -> BatchState:
            batch = await self._client.batches.create(
                input_file_id=file, endpoint=ENDPOINT, completion_window=WINDOW, metadata={"sheetjudge": token}
            )
            return _state(batch)

        return await self._told(go)

    async def find(self, file: str, token: str) -> BatchState | None:
        """The batch that was submitted with a token, or of a file; None where there is none."""

        async def go() -> BatchState | None:
            count = 0
            async for batch in self._client.batches.list(limit=100):
                if (batch.metadata or {}).get("sheetjudge") == token or batch.input_file_id == file:
                    return _state(batch)
                count += 1
                if count >= _MOST_LISTED:
                    break
            return None

        return await self._told(go)

    async def look(self, batch: str) -> BatchState:
        """How a batch stands."""

        async def go() -> BatchState:
            return _state(await self._client.batches.retrieve(batch))

        return await self._told(go)

    async def fetch(self, file: str, into: Path) -> None:
        """Write a file of answers to a path."""

        async def go() -> None:
            content = await self._client.files.content(file, timeout=_UPLOAD_SECONDS)
            await asyncio.to_thread(into.write_bytes, content.content)

        await self._told(go)

    async def forget(self, file: str) -> None:
        """Delete a file at the server: rows lie there no longer than they have to."""

        async def go() -> None:
            await self._client.files.delete(file)

        await self._told(go)

    async def aclose(self) -> None:
        """Close the connections. May be called twice."""
        made, self._made = self._made, None
        if made is not None:
            await made.close()

    @property
    def _client(self) -> AsyncOpenAI:
        if self._made is None:
            from openai import AsyncOpenAI

            self._made = AsyncOpenAI(
                api_key="in the headers",
                base_url=self._endpoint.url.partition("?")[0].removesuffix("/chat/completions"),
                default_headers=dict(self._endpoint.headers),
                max_retries=0,
                timeout=self._endpoint.timeouts.total,
            )
        return self._made

    async def _told(self, go: Callable[[], Awaitable[T]]) -> T:
        """The package's exceptions as errors of ours."""
        import openai

        host = host_of(self._endpoint.url)
        try:
            return await go()
        except openai.APITimeoutError as error:
            raise CallTimedOut(f"{host} gave no answer about a batch.") from error
        except openai.APIConnectionError as error:
            raise ConnectionFailed(f"{host} can't be reached for a batch.") from error
        except openai.APIStatusError as error:
            raise _failure(host, error) from error


@asynccontextmanager
async def batch_api(endpoint: Endpoint) -> AsyncIterator[BatchApi]:
    """Batches at an endpoint, closed at the end."""
    api = BatchApi(endpoint)
    try:
        yield api
    finally:
        await api.aclose()


def _failure(host: str, error: Any) -> ModelError:
    status = error.status_code
    if status == 429:  # noqa: PLR2004
        return RateLimited(f"{host} takes no more about batches just now.")
    if status >= 500:  # noqa: PLR2004
        return ServerFailed(f"{host} failed about a batch (status {status}).")
    if status in {401, 403}:
        return JudgeUnusable(f"{host} doesn't let this key use batches.", "Check the key and what it may do.")
    if status in {404, 405, 501}:
        return RequestRefused(f"{host} has no such thing as this batch, or no batches at all.", "Leave --batch out.")
    return RequestRefused(f"{host} refused a batch (status {status}).")


def _state(batch: Batch) -> BatchState:
    problems = (batch.errors.data if batch.errors else None) or []
    counts = batch.request_counts
    return BatchState(
        batch.id,
        batch.status,
        batch.output_file_id or "",
        batch.error_file_id or "",
        counts.completed + counts.failed if counts else 0,
        counts.total if counts else 0,
        any(problem.code in _TOO_MUCH_WAITING for problem in problems),
        "; ".join(problem.message or problem.code or "" for problem in problems[:3]),
    )


def answer_of(line: Mapping[str, Any]) -> tuple[str, int, Any]:
    """(custom id, status, body) of one line of a file of answers; status 0 where there is no answer at all."""
    response = line.get("response")
    response = response if isinstance(response, dict) else {}
    found = re.fullmatch("[1-9][0-9]{2}", str(response.get("status_code")))
    return str(line.get("custom_id", "")), int(found[0]) if found else 0, response.get("body")


def error_of(line: Mapping[str, Any]) -> str:
    """Why a line holds no answer, in a word of the server's."""
    error = line.get("error")
    code = error.get("code") if isinstance(error, dict) else error
    said = one_line(str(code), limit=60) if isinstance(code, str | int) and code else ""
    return said or "no answer"
