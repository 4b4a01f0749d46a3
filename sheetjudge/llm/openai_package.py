"""The `openai` package's conventions, without its client on the way of a call.

Three bridges. `environment` reads the variables that its client reads. `endpoint_of` takes a client that somebody has
made and configured (keys, headers, base URL, Azure), so that its settings serve here. `as_openai_error` turns an error
of ours into the exception that the package's client would have raised, for code that catches those.

Only the last two import the package, which takes about a second: no run of the command line does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetjudge.errors import CallTimedOut, ModelError
from sheetjudge.llm.refusals import HttpFailure
from sheetjudge.llm.transport import Endpoint, Timeouts

if TYPE_CHECKING:
    from openai import APIError, AsyncOpenAI, OpenAI

BASE_URL = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class OpenAIEnvironment:
    """What the environment says, by the package's names; "" where it doesn't."""

    api_key: str = field(default="", repr=False)
    base_url: str = BASE_URL
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def environment(environ: Mapping[str, str]) -> OpenAIEnvironment:
    """`OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_ORG_ID`, `OPENAI_PROJECT_ID` and `OPENAI_CUSTOM_HEADERS`."""
    headers: dict[str, str] = {}
    if organization := environ.get("OPENAI_ORG_ID"):
        headers["OpenAI-Organization"] = organization
    if project := environ.get("OPENAI_PROJECT_ID"):
        headers["OpenAI-Project"] = project
    for line in environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip()] = value.strip()
    return OpenAIEnvironment(environ.get("OPENAI_API_KEY", ""), environ.get("OPENAI_BASE_URL") or BASE_URL, headers)


def endpoint_of(client: AsyncOpenAI | OpenAI, model: str = "") -> Endpoint:
    """The chat-completions endpoint that `client` is configured for.

    A key that the client gets from a function is taken once, as it is now.

    Args:
        client: `OpenAI()`, `AsyncOpenAI()` or one of their Azure kinds.
        model: for Azure clients that put the deployment into the address.
    """
    from openai._models import FinalRequestOptions

    options = FinalRequestOptions.construct(method="post", url="/chat/completions", json_data={"model": model})
    request = client._build_request(options, retries_taken=0)  # noqa: SLF001 - the one place that knows all settings
    # What describes the client and this one message, not the account.
    unwanted = ("host", "content-", "accept", "connection", "user-agent", "x-stainless-")
    headers = {name: value for name, value in request.headers.items() if not name.lower().startswith(unwanted)}
    total = request.extensions.get("timeout", {})
    return Endpoint(
        str(request.url),
        headers,
        timeouts=Timeouts(connect=total.get("connect") or 10.0, total=total.get("read") or 120.0),
    )


def as_openai_error(error: ModelError) -> APIError:
    """The exception of the package that stands for `error`: by status where there was a reply, else by kind."""
    import httpx2
    import openai

    request = httpx2.Request("POST", BASE_URL)
    cause = error.__cause__
    if isinstance(cause, HttpFailure):
        response = httpx2.Response(cause.status, headers=dict(cause.headers), request=request)
        body = {"message": cause.said.message, "code": cause.said.code or None, "type": cause.said.type or None}
        kinds = {
            400: openai.BadRequestError,
            401: openai.AuthenticationError,
            403: openai.PermissionDeniedError,
            404: openai.NotFoundError,
            409: openai.ConflictError,
            422: openai.UnprocessableEntityError,
            429: openai.RateLimitError,
        }
        fallback = openai.InternalServerError if cause.status >= 500 else openai.APIStatusError  # noqa: PLR2004
        kind = kinds.get(cause.status, fallback)
        return kind(str(error), response=response, body={**body, "param": cause.said.param or None})
    if isinstance(error, CallTimedOut):
        return openai.APITimeoutError(request)
    return openai.APIConnectionError(message=str(error), request=request)
