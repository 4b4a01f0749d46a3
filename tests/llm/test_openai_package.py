"""The `openai` package's own client and ours, side by side: same settings, same request; same reply, same error."""

from __future__ import annotations

import asyncio

import openai
import pytest

from sheetjudge.errors import ModelError
from sheetjudge.llm.openai_api import OpenAIModel
from sheetjudge.llm.openai_package import as_openai_error, endpoint_of
from sheetjudge.llm.providers import JudgeConfig, parse_judge
from tests.llm.conftest import SCHEMA, ask, ask_one, question
from tests.servers.chat_server import Fault, Reply, chat, error

ACCOUNT = ("Authorization", "api-key", "OpenAI-Organization", "OpenAI-Project", "X-Custom")


def theirs(client, **changes):
    messages = [{"role": "system", "content": "Judge, in JSON."}, {"role": "user", "content": "a row"}]
    schema = {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA}}

    async def run():
        async with client:
            return await client.chat.completions.create(model="m", messages=messages, response_format=schema, **changes)

    return asyncio.run(run())


@pytest.mark.parametrize("azure", [False, True])
def test_the_environment_leads_both_to_the_same_request(serve, monkeypatch, azure):
    server = serve()
    environ = {
        "OPENAI_API_KEY": "sk-one",
        "OPENAI_ORG_ID": "org",
        "OPENAI_PROJECT_ID": "proj",
        "OPENAI_BASE_URL": server.url,
        "OPENAI_CUSTOM_HEADERS": "X-Custom: yes",
    }
    if azure:
        environ = {
            "AZURE_OPENAI_API_KEY": "az",
            "AZURE_OPENAI_ENDPOINT": server.url.removesuffix("/v1"),
            "OPENAI_API_VERSION": "2024-10-21",
        }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    theirs(openai.AsyncAzureOpenAI() if azure else openai.AsyncOpenAI(), temperature=0.0)
    ask_one(
        parse_judge("azure:m" if azure else "openai:m", {}, JudgeConfig(environ=environ)), question(temperature=0.0)
    )
    one, two = server.requests
    assert one == two
    assert server.paths[0] == server.paths[1]
    assert [server.headers[0].get(n) for n in ACCOUNT] == [server.headers[1].get(n) for n in ACCOUNT]


def test_a_client_that_somebody_configured_serves_as_endpoint(serve):
    server = serve()
    client = openai.AsyncOpenAI(api_key="sk-mine", base_url=server.url, default_headers={"X-Custom": "yes"}, timeout=7)
    endpoint = endpoint_of(client)
    assert endpoint.timeouts.total == 7
    ask_one(OpenAIModel("m", endpoint))
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == "Bearer sk-mine"
    assert server.headers[0]["X-Custom"] == "yes"


def test_their_types_read_the_replies_that_ours_reads(serve):
    server = serve(lambda *_: Reply(body=chat("text", reasoning_content="thought")))
    reply = theirs(openai.AsyncOpenAI(api_key="k", base_url=server.url))
    ours = ask_one(OpenAIModel("m", endpoint_of(openai.AsyncOpenAI(api_key="k", base_url=server.url))))
    assert ours.text == reply.choices[0].message.content
    assert ours.usage.prompt == reply.usage.prompt_tokens
    assert ours.model == reply.model


@pytest.mark.parametrize(
    "answer",
    [
        *(error(status, "words", code="c", param="p") for status in (400, 401, 403, 404, 409, 418, 422, 429, 500, 503)),
        Fault("close"),
        Fault("hang"),
    ],
    ids=lambda a: str(getattr(a, "status", getattr(a, "kind", ""))),
)
def test_an_error_of_ours_turns_into_the_one_that_they_would_have_raised(serve, answer):
    server = serve(lambda *_: answer)
    client = openai.AsyncOpenAI(api_key="k", base_url=server.url, max_retries=0, timeout=0.3)
    endpoint = endpoint_of(client)
    with pytest.raises(openai.APIError) as their:
        theirs(client)
    ours = ask(OpenAIModel("m", endpoint), question())[0]
    assert isinstance(ours, ModelError)
    translated = as_openai_error(ours)
    assert type(translated) is type(their.value)
    assert (translated.code, translated.param) == (their.value.code, their.value.param)
    if isinstance(their.value, openai.APIStatusError):
        assert translated.status_code == their.value.status_code
