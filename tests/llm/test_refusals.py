"""What a server's refusal means: how long to wait, which option it was, and nothing that must not be shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.errors import ContextTooLong, FormatRefused, JudgeUnusable, RateLimited, RequestRefused
from sheetjudge.llm.error_bodies import ServerSaid, read_error
from sheetjudge.llm.refusals import Asker, failure, refused_option, retry_after
from sheetjudge.llm.words import one_line

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({}, "", None),
        ({"retry-after": "7"}, "", 7.0),
        ({"Retry-After": "0"}, "", 0.0),
        ({"retry-after-ms": "250", "retry-after": "7"}, "", 0.25),
        ({"retry-after": format_datetime(datetime.fromtimestamp(NOW + 30, UTC), usegmt=True)}, "", 30.0),
        ({"retry-after": format_datetime(datetime.fromtimestamp(NOW - 30, UTC), usegmt=True)}, "", 0.0),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "nan"}, "", None),
        ({"retry-after": "-3"}, "", None),
        ({"x-ratelimit-reset-requests": "1s"}, "", None),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-remaining-requests": "0"}, "", 1.0),
        ({"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "0"}, "", 360.0),
        ({"x-ratelimit-reset-tokens": "120ms", "x-ratelimit-remaining-tokens": "0"}, "", 0.12),
        ({"x-ratelimit-reset-tokens": "2m59.5s", "x-ratelimit-remaining-tokens": "0"}, "", 179.5),
        ({"X-RateLimit-Reset": str(int((NOW + 5) * 1000)), "X-RateLimit-Remaining": "0"}, "", 5.0),
        ({"X-RateLimit-Reset": str(int(NOW + 5)), "X-RateLimit-Remaining": "0"}, "", 5.0),
        ({}, "Rate limit reached. Please try again in 1.2s.", 1.2),
        ({}, "Please try again in 7m12s. Visit", 432.0),
        ({}, "Please retry after 10 seconds.", 10.0),
        ({}, "try again in 20ms", 0.02),
        ({}, "try again in a while", None),
    ],
)
def test_how_long_to_wait(headers, message, seconds):
    got = retry_after(headers, message, NOW)
    assert got == (None if seconds is None else pytest.approx(seconds))


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset"]), st.text()), st.text())
def test_whatever_the_headers_say_the_wait_is_none_or_a_number_from_zero_on(headers, message):
    wait = retry_after(headers, message, NOW)
    assert wait is None or 0 <= wait < float("inf")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "m", "code": 5, "param": null}}', "m"),
        (b'{"error": "m"}', "m"),
        (b'[{"error": {"message": "m", "status": "INVALID_ARGUMENT"}}]', "m"),
        (b'{"object": "error", "message": "m"}', "m"),
        (b'{"detail": "m"}', "m"),
        (b'{"detail": [{"loc": ["body", "response_format"], "msg": "m", "input": "a row"}]}', "response_format: m"),
        (b'{"object": "error", "message": {"detail": [{"loc": ["body", "logprobs"], "msg": "m"}]}}', "logprobs: m"),
        (b'{"message": "{\\"detail\\": [{\\"loc\\": [\\"body\\", \\"seed\\"], \\"msg\\": \\"m\\"}]}"}', "seed: m"),
        (b'{"message": "{half"}', "{half"),
        (b"<html><title>Bad\nGateway</title>", "a web page “Bad Gateway” instead of JSON"),
        (b"<html>", "a web page instead of JSON"),
        (b"plain words.\nmore", "plain words. more"),
        (b"n must be <= 5", "n must be <= 5"),
        (b"", ""),
        (b"[]", ""),
        (b"7", ""),
    ],
)
def test_the_servers_words_are_found_in_every_usual_shape(body, message):
    assert read_error(body).message == message


@given(st.binary(max_size=300))
def test_any_body_and_status_make_one_line(body):
    for status in (300, 400, 401, 404, 422, 429, 500):
        line = str(failure(status, {}, body, Asker("h", "m", "K"), {"json_schema"}))
        assert "\n" not in line
        assert len(line) < 600


@pytest.mark.parametrize(
    ("message", "param", "option"),
    [
        (
            "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
            "",
            "json_schema",
        ),
        ("This response_format type is unavailable now", "", "json_schema"),
        ("This model does not support response format `json_schema`.", "", "json_schema"),
        ('Unknown name "response_schema" at generation_config', "", "json_schema"),
        ("structured outputs are not enabled", "", "json_schema"),
        ("nope", "response_format", "json_schema"),
        ("logprobs: Extra inputs are not permitted", "", "logprobs"),
        (
            "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
            "",
            "max_tokens",
        ),
        ("Unsupported value: 'temperature' does not support 0.0", "temperature", "temperature"),
        ("logprobs are not available for this model", "logprobs", "logprobs"),
        ("temperature must be a number", "temperature", None),
        ("top_logprobs must be between 0 and 5", "", "top_logprobs"),
        ("Invalid 'max_tokens': must be less than or equal to 8192", "max_tokens", None),
        ("Unsupported parameter: 'foo'", "foo", None),
        ("bad request", "", None),
    ],
)
def test_which_option_was_refused(message, param, option):
    asked = {"json_schema", "max_tokens", "temperature", "logprobs", "top_logprobs"}
    assert refused_option(400, ServerSaid(message, param=param), asked) == option
    assert refused_option(400, ServerSaid(message, param=param), set()) is None
    assert refused_option(401, ServerSaid(message, param=param), asked) is None


@given(st.text(), st.text(min_size=4, max_size=40))
def test_a_secret_never_shows(before, secret):
    shown = one_line(f"{before} {secret} tail", [secret])
    assert secret not in shown.replace("[key]", "\0")


@pytest.mark.parametrize("key", ["sk-proj-abc123DEF456", "gsk_abcdefghij", "AIzaSyAbcdefghijklm", "sk-ab***xyz9"])
def test_what_looks_like_a_key_never_shows(key):
    assert one_line(f"Incorrect API key provided: {key} See") == "Incorrect API key provided: [key] See"


@given(st.text(max_size=2000))
def test_one_line_is_short_and_one_line(text):
    line = one_line(text, limit=50)
    assert len(line) <= 50
    assert len(line.splitlines()) <= 1


@pytest.mark.parametrize(
    "message",
    [
        (
            "Rate limit reached on requests per min (RPM). Please try again in 20s. You can increase your rate "
            "limit by adding a payment method to your account at https://platform.openai.com/account/billing."
        ),
        "You exceeded your current quota, please check your plan and billing details. Please retry in 20s.",
    ],
)
def test_a_rate_limit_that_speaks_of_paying_is_still_a_rate_limit(message):
    error = failure(429, {}, json.dumps({"error": {"message": message}}).encode(), Asker("h", "m"))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 20.0


ASKED = {"json_schema", "max_tokens", "temperature", "temperature 0", "logprobs", "top_logprobs", "seed"}
# (status, code, message, what is made of it): as servers of many makes put it.
SAID = [
    # OpenAI, Moonshot, TGI, GigaChat, Anthropic
    (403, None, "You are not allowed to request logprobs from this model", "logprobs"),
    (400, None, "invalid temperature: only 1 is allowed for this model", "temperature"),
    (422, None, "Input validation error: `temperature` must be strictly positive", "temperature"),
    (422, None, "Invalid params: temperature must be in range (0, +inf)", "temperature"),
    (400, None, "temperature: range: 0..1", "temperature"),
    # TGI, vLLM, DashScope
    (422, None, "Input validation error: `top_n_tokens` must be >= 0 and <= 5. Given: 20", "top_logprobs"),
    (400, 400, "Requested sample logprobs of 20, which is greater than max allowed: 5", "top_logprobs"),
    (400, None, "<400> InvalidParameter: 'top_logprobs' parameter range should be [0,5]", "top_logprobs"),
    # Gemini, Zhipu, Cerebras, xAI
    (400, 400, "Logprobs is not enabled for models/gemini-2.5-pro", "logprobs"),
    (400, "1210", "该模型不支持logprobs", "logprobs"),
    (422, None, "body.logprobs: property 'body.logprobs' is unsupported", "logprobs"),
    (400, None, "Argument not supported on this model: logprobs", "logprobs"),
    (501, 501, "This server does not support logprobs", "logprobs"),
    (400, None, "Invalid schema for response_format 'verdict': In context=(), 'required' is missing", "json_schema"),
    # The user's own: nothing is given up.
    (400, "invalid_value", "max_tokens is too large: 40960. This model supports at most 16384", RequestRefused),
    (400, None, "Invalid request: `top_p` must be at most 1", RequestRefused),
    (403, None, "Input was flagged: the structured_output of json_schema", RequestRefused),
    # TGI, vLLM
    (422, None, "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 1000 and 4096", ContextTooLong),
    (400, 400, "'max_tokens' is too large: 4096. This model's maximum context length is 4096 tokens", ContextTooLong),
    # Gemini, xAI, Anthropic, DeepSeek, OpenRouter, Mistral, LiteLLM, Groq, LM Studio
    (400, 400, "API key not valid. Please pass a valid API key.", JudgeUnusable),
    (400, None, "Incorrect API key provided: xa***.", JudgeUnusable),
    (400, None, "Your credit balance is too low to access the API.", JudgeUnusable),
    (403, 30001, "Sorry, your account balance is insufficient", JudgeUnusable),
    (400, None, "Model Not Exist", JudgeUnusable),
    (400, 400, "some-model is not a valid model ID", JudgeUnusable),
    (400, "1500", "Invalid model: foo", JudgeUnusable),
    (400, None, "/chat/completions: Invalid model name passed in model=foo. Call `/v1/models`", JudgeUnusable),
    (400, None, "The model `old` has been decommissioned and is no longer supported.", JudgeUnusable),
    (400, None, "No models loaded. Please load a model.", JudgeUnusable),
]


def error_of(status, body):
    error = failure(status, {}, json.dumps(body).encode(), Asker("h", "m", "K"), ASKED)
    return error.option if isinstance(error, FormatRefused) else type(error)


wrappers = st.lists(
    st.sampled_from(
        [
            lambda inner: {"error": inner},
            lambda inner: [{"error": inner}],
            lambda inner: {"error": json.dumps({"error": inner})},
            lambda inner: {"error": {"message": json.dumps({"error": inner}, indent=2), "status": "Bad Request"}},
            lambda inner: {"message": "Provider returned error", "metadata": {"raw": json.dumps({"error": inner})}},
            lambda inner: {"message": "Provider returned error", "metadata": {"raw": " " + json.dumps(inner)}},
            lambda inner: {"message": inner},
        ]
    ),
    max_size=2,
)


@given(st.sampled_from(SAID), wrappers)
def test_what_servers_say_is_understood_however_many_gateways_hand_it_on(said, wrapped):
    status, code, message, meant = said
    body = {"message": message, "code": code}
    for wrap in wrapped:
        body = wrap(body)
    assert error_of(status, body) == meant


@given(st.sampled_from(SAID), st.sampled_from([400, 422]))
def test_a_rows_text_that_a_server_repeats_ends_no_run_and_gives_no_option_up(said, status):
    if said[3] is JudgeUnusable:
        assert error_of(status, {"message": f"Could not read messages[1]: {said[2]}"}) is RequestRefused
    if said[3] == "temperature":
        text = "At an invalid time of day the mean of all stations had been compared with the temperature of the sea"
        assert error_of(status, {"message": f"Could not read messages[1]: {text}"}) is RequestRefused


def test_a_temperature_that_the_user_chose_is_not_given_up_for_its_value():
    said = ServerSaid("temperature must be at most 2")
    assert refused_option(400, said, {"temperature"}) is None
    assert refused_option(400, said, {"temperature", "temperature 0"}) == "temperature"
