"""Naming a judge: which model, address, key, price and options come of it, and what a mistake says."""

from __future__ import annotations

import json

import pytest

from sheetjudge.core.chat import Model, Price
from sheetjudge.errors import AccessError, ConfigError
from sheetjudge.llm.fake import FakeModel
from sheetjudge.llm.openai_api import OpenAIModel
from sheetjudge.llm.presets import PRESETS
from sheetjudge.llm.prices import price_of, priced_models
from sheetjudge.llm.providers import JudgeConfig, ProviderConfig, parse_judge
from sheetjudge.llm.transport import Timeouts
from tests.llm.conftest import ask_one, question

KEYS = {p.key_variable: f"key-of-{name}" for name, p in PRESETS.items() if p.key_variable}
KEYS["AZURE_OPENAI_ENDPOINT"] = "https://mine.openai.azure.com/"


def hosted(spec: str, options: dict[str, str] | None = None, **changes) -> OpenAIModel:
    changes.setdefault("environ", KEYS)
    model = parse_judge(spec, options or {}, JudgeConfig(**changes))
    assert isinstance(model, OpenAIModel)
    return model


@pytest.mark.parametrize("provider", PRESETS)
def test_every_provider_makes_a_model_with_its_own_key_and_host(provider):
    model = hosted(f"{provider}:some/model:tag")
    assert isinstance(model, Model)
    assert model.name == f"{provider}:some/model:tag"
    assert model.model == "some/model:tag"
    assert model.endpoint.url.endswith("/chat/completions")
    assert model.host
    assert model.host in model.endpoint.url
    keys = [v for v in model.endpoint.headers.values() if "key-of-" in v]
    assert keys == ([] if provider == "ollama" else [v for v in keys if v.endswith(f"key-of-{provider}")])
    assert len(keys) == (provider != "ollama")
    assert "key-of" not in repr(model.endpoint) + json.dumps(model.identity) + model.capabilities_key


@pytest.mark.parametrize("provider", [p for p in PRESETS if p != "ollama"])
def test_a_missing_key_names_its_variable(provider):
    environ = {"AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com"}
    with pytest.raises(AccessError, match=PRESETS[provider].key_variable):
        hosted(f"{provider}:m", environ=environ)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("opnai:gpt-5-mini", "openai:gpt-5-mini"),
        ("gpt-5-mini", "openai:gpt-5-mini"),
        ("OpenAI:gpt-5", "openai:gpt-5"),
        ("embeded", "embedded"),
        ("nothing-like-it", "openai"),
        ("", "embedded"),
        ("openai:", "openai:MODEL"),
        ("http://localhost:8000/v1", "#MODEL"),
        ("http://#m", "https://HOST/v1"),
        ("http://u:p@host/v1#m", "password"),
        ("fake:x", "fake:SEED"),
        ("gguf:", "gguf:PATH"),
    ],
)
def test_a_wrong_judge_is_answered_with_the_nearest_right_one(spec, words):
    if spec == "gguf:":
        pytest.importorskip("sheetjudge.llm.llama_cpp")
    with pytest.raises(ConfigError) as caught:
        parse_judge(spec, {}, JudgeConfig(environ=KEYS))
    assert words in str(caught.value)
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"reasoning_efort": "low"}, "reasoning_effort"),
        ({"whatever": "1"}, "body.whatever"),
        ({"format": "xml"}, "json_schema"),
        ({"logprobs": "maybe"}, "yes"),
        ({"timeout": "long"}, "timeout"),
        ({"timeout": "-1"}, "timeout"),
        ({"price_prompt": "1"}, "price_completion"),
        ({"seed": "x"}, "whole number"),
        ({"base_url": "ftp://h"}, "https://HOST/v1"),
    ],
)
def test_a_wrong_option_says_what_is_right(options, words):
    with pytest.raises(ConfigError, match=words):
        hosted("openai:m", options)


def test_options_reach_the_request_and_the_transport():
    model = hosted(
        "openai:m",
        {"reasoning_effort": "low", "seed": "3", "body.thing": '{"a": 1}', "timeout": "9", "format": "text"},
    )
    assert model.options == {"reasoning_effort": "low", "seed": 3, "thing": {"a": 1}}
    assert model.endpoint.timeouts == Timeouts(10.0, 9.0)
    assert model.capabilities.format == "text"


def test_the_openai_package_s_variables_are_kept():
    environ = {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": "https://proxy.example/v1/",
        "OPENAI_ORG_ID": "org",
        "OPENAI_PROJECT_ID": "proj",
    }
    model = hosted("openai:m", environ=environ)
    assert model.endpoint.url == "https://proxy.example/v1/chat/completions"
    assert model.endpoint.headers["OpenAI-Organization"] == "org"
    assert model.endpoint.headers["OpenAI-Project"] == "proj"


def test_azure_by_its_v1_path_by_version_and_by_token():
    assert hosted("azure:dep").endpoint.url == "https://mine.openai.azure.com/openai/v1/chat/completions"
    dated = hosted("azure:dep", environ={**KEYS, "OPENAI_API_VERSION": "2024-10-21"})
    assert dated.endpoint.url == (
        "https://mine.openai.azure.com/openai/deployments/dep/chat/completions?api-version=2024-10-21"
    )
    assert dated.endpoint.headers == {"api-key": "key-of-azure"}
    assert "2024" not in dated.capabilities_key
    token = hosted("azure:dep", environ={**KEYS, "AZURE_OPENAI_AD_TOKEN": "aad"})
    assert token.endpoint.headers == {"Authorization": "Bearer aad"}
    with pytest.raises(AccessError, match="AZURE_OPENAI_ENDPOINT"):
        hosted("azure:dep", environ={"AZURE_OPENAI_API_KEY": "k"})


def test_a_key_that_was_read_from_a_file_loses_its_line_end_wherever_it_goes():
    for spec, variable in (("openai:m", "OPENAI_API_KEY"), ("http://h/v1#m", "SHEETJUDGE_API_KEY")):
        model = hosted(spec, environ={variable: "secret-key\r\n"})
        assert "Bearer secret-key" in model.endpoint.headers.values()
        with pytest.raises(AccessError, match=variable):
            hosted(spec, environ={variable: "secret\nkey"})


def test_no_provider_s_key_goes_to_an_address_given_in_full(serve):
    server = serve()
    model = hosted(f"{server.url}#local", environ={**KEYS, "OPENAI_API_KEY": "sk-precious"})
    ask_one(model)
    assert "Authorization" not in server.headers[0]
    named = hosted(f"{server.url}#local", {"api_key_env": "MINE"}, environ={"MINE": "given"})
    ask_one(named)
    assert server.headers[1]["Authorization"] == "Bearer given"
    own = hosted(f"{server.url}#local", environ={"SHEETJUDGE_API_KEY": "ours"})
    ask_one(own)
    assert server.headers[2]["Authorization"] == "Bearer ours"
    assert server.paths == ["/v1/chat/completions"] * 3


def test_ollama_is_on_this_machine_unless_its_variable_says_otherwise():
    assert hosted("ollama:m").host == "localhost:11434"
    assert hosted("ollama:m").price == Price(0, 0)
    assert hosted("ollama:m:120b-cloud").price is None
    assert hosted("ollama:m", environ={"OLLAMA_HOST": "0.0.0.0"}).endpoint.url.startswith("http://localhost:11434/v1")
    far = hosted("ollama:m", environ={"OLLAMA_HOST": "gpu.example:99"})
    assert (far.host, far.price) == ("gpu.example:99", None)


def test_a_known_price_has_its_day_and_an_unknown_one_is_not_nothing():
    assert hosted("openai:gpt-5-mini").price.as_of
    assert hosted("openai:gpt-5-mini-2099-01-01").price is None
    assert hosted("http://localhost:1/v1#gpt-5-mini").price is None
    assert hosted("openai:gpt-5-mini", {"base_url": "https://proxy.example/v1"}).price is None
    assert hosted("openai:x", {"price_prompt": "1", "price_completion": "2"}).price == Price(1.0, 2.0)
    for provider in PRESETS:
        for model in priced_models(provider):
            price = price_of(provider, model)
            assert 0 < price.prompt <= price.completion
            assert price.cached is None or 0 < price.cached < price.prompt
            assert price.as_of


def test_the_configuration_overrides_a_preset_and_the_user_s_options_override_both():
    config = {
        "groq": ProviderConfig(
            base_url="https://proxy.example/groq",
            key_env="OTHER",
            prices={"m": Price(9, 9)},
            supports={"format": "text", "logprobs": True},
            headers={"X-Team": "secret-team"},
        )
    }
    model = hosted("groq:m", providers=config, environ={"OTHER": "k"})
    assert model.endpoint.url == "https://proxy.example/groq/chat/completions"
    assert model.endpoint.headers == {"Authorization": "Bearer k", "X-Team": "secret-team"}
    assert model.price == Price(9, 9)
    assert (model.capabilities.format, model.capabilities.logprobs) == ("text", True)
    model = hosted("groq:m", {"format": "json_object"}, providers=config, environ={"OTHER": "k"})
    assert model.capabilities.format == "json_object"


def test_what_an_earlier_run_found_out_is_taken_up():
    asked = []

    def stored(key):
        asked.append(key)
        return {"format": "text", "logprobs": False}

    model = hosted("openai:m", stored=stored)
    assert asked == [model.capabilities_key] == ["https://api.openai.com/v1#m"]
    assert (model.capabilities.format, model.capabilities.logprobs) == ("text", False)
    assert hosted("openai:m", {"logprobs": "yes"}, stored=stored).capabilities.logprobs


def test_notes_are_told_as_they_come():
    told = []
    hosted("ollama:m", on_note=told.append)
    assert ["OLLAMA_CONTEXT_LENGTH" in n for n in told] == [True]
    told.clear()
    hosted("http://far.example/v1#m", {"api_key_env": "K"}, environ={"K": "k"}, on_note=told.append)
    assert ["without encryption" in n for n in told] == [True]


def test_a_documented_lack_is_said_at_the_first_reply(serve):
    server = serve()
    model = hosted("deepseek:m", {"base_url": server.url})
    assert ask_one(model, question(top_logprobs=3)).format == "json_object"
    assert any("JSON" in n for n in model.notes)
    assert server.statuses == {200: 1}


def test_a_proxy_is_taken_from_the_environment_unless_it_is_bypassed(serve):
    server = serve()
    proxy = server.url.removesuffix("/v1")
    environ = {"HTTP_PROXY": proxy, "NO_PROXY": "localhost,.inner.example"}
    ask_one(hosted("http://judge.example/v1#m", environ=environ))
    assert server.headers[0]["Host"] == "judge.example"
    assert hosted("http://a.inner.example/v1#m", environ=environ).endpoint.proxy is None
    assert hosted("http://localhost:5/v1#m", environ=environ).endpoint.proxy is None
    with pytest.raises(ConfigError, match="HTTPS_PROXY"):
        hosted("https://h/v1#m", environ={"all_proxy": "socks5://127.0.0.1:1"})


def test_the_fake_judge_can_be_named():
    model = parse_judge("fake:3", {"latency_ms": "1"}, JudgeConfig())
    assert isinstance(model, FakeModel)
    assert ask_one(model).text == ask_one(FakeModel(seed=3)).text
    priced = parse_judge("fake", {"price_prompt": "1", "price_completion": "2"}, JudgeConfig())
    assert priced.price == Price(1.0, 2.0)
    with pytest.raises(ConfigError, match="latency_ms"):
        parse_judge("fake", {"late": "1"}, JudgeConfig())
