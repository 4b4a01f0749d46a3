"""One call to a hosted judge: what goes out, what comes back, what is remembered."""

from __future__ import annotations

import json

import pytest

from sheetjudge.core.chat import Message, Price, Request, Usage
from sheetjudge.errors import (
    CallTimedOut,
    ConnectionFailed,
    ContextTooLong,
    FormatRefused,
    JudgeUnusable,
    RateLimited,
    RequestRefused,
    ServerFailed,
)
from sheetjudge.llm.capabilities import Capabilities
from sheetjudge.llm.transport import Timeouts
from tests.llm.conftest import KEY, SCHEMA, ask, ask_one, model_at, question
from tests.servers.chat_server import Fault, Reply, chat, error, first_of, in_order, refuse


def test_a_question_goes_out_in_openai_s_form_and_its_answer_comes_back(serve):
    server = serve()
    model = model_at(server.url, price=Price(1.0, 2.0))
    reply = ask_one(model, question("Ünïcode 😀", temperature=0.0, max_tokens=50))
    sent = server.requests[0]
    assert sent["model"] == "test-model"
    assert sent["messages"] == [
        {"role": "system", "content": "Judge, in JSON."},
        {"role": "user", "content": "Ünïcode 😀"},
    ]
    assert sent["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA},
    }
    assert (sent["temperature"], sent["max_tokens"]) == (0.0, 50)
    assert "logprobs" not in sent
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert json.loads(reply.text)["clear"]["score"] in range(1, 6)
    assert reply.usage == Usage(10, 5)
    assert reply.cost == pytest.approx((10 * 1 + 5 * 2) / 1e6)
    assert (reply.format, reply.model, reply.finish) == ("json_schema", "test-model", "stop")
    assert model.notes == []


def test_options_and_extra_parameters_are_sent_and_each_sample_has_its_own_seed(serve):
    server = serve()
    model = model_at(server.url, options={"seed": 7, "top_p": 0.5})
    ask_one(model, question(sample=2, extra={"reasoning_effort": "low"}))
    sent = server.requests[0]
    assert (sent["seed"], sent["top_p"], sent["reasoning_effort"]) == (9, 0.5, "low")


def test_half_a_surrogate_pair_in_a_row_does_not_stop_the_call(serve):
    server = serve()
    ask_one(model_at(server.url), question("bad \ud800 text"))
    assert server.requests[0]["messages"][1]["content"] == "bad ? text"


def test_a_refused_schema_steps_down_to_json_mode_and_then_to_text_and_says_so(serve):
    server = serve(first_of(refuse("json_schema"), refuse("json_object")))
    model = model_at(server.url)
    reply = ask_one(model)
    assert reply.format == "text"
    formats = [r.get("response_format", {}).get("type") for r in server.requests]
    assert formats == ["json_schema", "json_object", None]
    assert model.capabilities.format == "text"
    assert ["JSON schemas" in model.notes[0], "JSON mode" in model.notes[1], len(model.notes)] == [True, True, 2]
    assert model.host in model.notes[0]


def test_a_hundred_first_calls_waste_at_most_one_refusal_each_and_one_for_each_further_rung(serve):
    server = serve(first_of(refuse("json_schema"), refuse("json_object")), latency=0.01)
    model = model_at(server.url)
    outcomes = ask(model, *[question(f"row {i}") for i in range(100)])
    assert {o.format for o in outcomes} == {"text"}
    assert server.statuses[400] <= 100 + 1
    assert server.statuses[200] == 100
    assert len(model.notes) == 2


def test_what_was_found_out_is_not_found_out_again_on_the_next_run(serve):
    server = serve(refuse("json_schema"))
    first = model_at(server.url)
    ask_one(first)
    second = model_at(server.url)
    second.restore(json.loads(json.dumps(first.capabilities.to_mapping())))
    assert second.identity == first.identity
    ask_one(second)
    assert server.statuses == {400: 1, 200: 2}
    # It is still said: the run doesn't get what it would like.
    assert any("JSON" in note for note in second.notes)


def test_what_is_found_out_is_told_before_the_first_answer_that_depends_on_it(serve):
    events = []

    def behave(request, number):
        events.append(request.get("response_format", {}).get("type"))
        return refuse("json_schema")(request, number)

    model = model_at(serve(behave).url, on_learned=lambda key, values: events.append((key, values["format"])))
    ask_one(model)
    assert events == ["json_schema", (model.capabilities_key, "json_object"), "json_object"]


def test_the_identity_holds_the_format_in_force_and_no_secret(serve):
    server = serve(refuse("json_schema"))
    model = model_at(server.url, options={"reasoning_effort": "low"})
    before = dict(model.identity)
    ask_one(model)
    assert before["format"] == "json_schema"
    assert model.identity["format"] == "json_object"
    assert model.identity["model"] == "test-model"
    assert KEY not in json.dumps(model.identity)


def test_a_format_that_was_accepted_is_not_given_up_for_one_row_s_refusal(serve):
    server = serve(in_order(None, error(400, "response_format json_schema: bad row", param="response_format"), None))
    model = model_at(server.url)
    ask_one(model)
    with pytest.raises(FormatRefused):
        ask_one(model)
    assert ask_one(model).format == "json_schema"
    assert model.notes == []


def test_another_schema_may_be_refused_where_the_first_was_accepted(serve):
    other = {**SCHEMA, "title": "other"}

    def behave(request, _number):
        schema = request.get("response_format", {}).get("json_schema", {}).get("schema", {})
        return error(400, "Invalid schema for response_format", param="response_format") if "title" in schema else None

    model = model_at(serve(behave).url)
    assert ask_one(model).format == "json_schema"
    assert ask_one(model, Request(question().messages, schema=other)).format == "json_object"


def test_parameters_that_a_reasoning_model_refuses_are_left_out_from_then_on(serve):
    server = serve(
        first_of(
            refuse("max_tokens", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
            refuse(
                "temperature", "Unsupported value: 'temperature' does not support 0. Only the default is supported."
            ),
            refuse("logprobs", "'logprobs' is not supported with this model."),
        )
    )
    model = model_at(server.url)
    reply = ask_one(model, question(temperature=0.0, max_tokens=9, top_logprobs=20))
    sent = server.requests[-1]
    assert sent["max_completion_tokens"] == 9
    assert not {"max_tokens", "temperature", "logprobs", "top_logprobs"} & sent.keys()
    assert reply.format == "json_schema"
    assert reply.logprobs is None
    given = model.capabilities
    assert (given.logprobs, given.temperature, given.max_tokens) == (False, False, "max_completion_tokens")
    assert len(model.notes) == 2
    assert server.statuses[400] == 3


def test_a_value_out_of_range_is_the_user_s_error_and_gives_nothing_up(serve):
    server = serve(in_order(error(400, "temperature: 9 is greater than the maximum of 2", param="temperature")))
    model = model_at(server.url)
    with pytest.raises(RequestRefused, match="maximum of 2"):
        ask_one(model, question(temperature=9.0))
    assert model.capabilities.temperature


def test_fewer_alternatives_are_asked_for_where_the_endpoint_names_its_limit(serve):
    def behave(request, _number):
        return error(400, "top_logprobs must be at most 5") if request["top_logprobs"] > 5 else None

    server = serve(behave)
    model = model_at(server.url)
    ask_one(model, question(top_logprobs=20))
    assert [r["top_logprobs"] for r in server.requests] == [20, 5]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "System role not supported"),
        (422, "Template error: invalid operation: System role not supported (in <string>:1)"),
        (500, "Conversation roles must alternate user/assistant/user/assistant/..."),
        (400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
        (400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        (400, "This model doesn't support system messages. Try again without a system message."),
    ],
)
def test_where_the_system_has_no_role_its_text_goes_before_the_row_s(serve, status, said):
    def behave(request, _number):
        return error(status, said) if request["messages"][0]["role"] == "system" else None

    server = serve(behave)
    first = model_at(server.url)
    usual = dict(first.identity)
    ask_one(first)
    ask_one(first, question("Another."))
    again = model_at(server.url)
    again.restore(first.capabilities.to_mapping())
    ask_one(again, question("A third."))
    merged = [f"Judge, in JSON.\n\n{row}" for row in ("a row", "Another.", "A third.")]
    assert [sent["messages"] for sent in server.requests[1:]] == [
        [{"role": "user", "content": text}] for text in merged
    ]
    assert again.identity == first.identity != usual, "answers to what was asked otherwise are others"
    assert all("takes no system message" in note for model in (first, again) for note in model.notes)
    assert len(first.notes) == len(again.notes) == 1


def test_a_row_that_speaks_of_the_system_s_role_takes_it_from_nobody(serve):
    said = "Invalid text: 'System role not supported'"
    model = model_at(serve(in_order(None, error(400, said), None)).url)
    ask_one(model)
    with pytest.raises(RequestRefused):
        ask_one(model)
    ask_one(model)
    assert model.capabilities.system
    assert model.notes == []


def test_openrouter_s_refusal_that_names_nothing_gives_up_logprobs_before_the_schema(serve):
    def behave(request, _number):
        return (
            error(404, "No endpoints found that can handle the requested parameters.")
            if "logprobs" in request
            else None
        )

    model = model_at(serve(behave).url)
    assert ask_one(model, question(top_logprobs=5)).format == "json_schema"
    assert not model.capabilities.logprobs


def test_token_probabilities_come_back_in_order_best_first(serve):
    logprobs = {
        "content": [
            {"token": '{"s":', "logprob": -0.1, "top_logprobs": []},
            {
                "token": "4",
                "logprob": -0.5,
                "top_logprobs": [{"token": "3", "logprob": -1.5}, {"token": "4", "logprob": -0.5}],
            },
            {"token": "}", "logprob": 0.0, "top_logprobs": []},
        ]
    }
    server = serve(lambda *_: Reply(body=chat('{"s":4}', logprobs=logprobs)))
    reply = ask_one(model_at(server.url), question(top_logprobs=2))
    assert (server.requests[0]["logprobs"], server.requests[0]["top_logprobs"]) == (True, 2)
    assert [t.token for t in reply.logprobs] == ['{"s":', "4", "}"]
    assert reply.logprobs[1].top == (("4", -0.5), ("3", -1.5))


def test_a_temperature_among_the_options_goes_before_the_requests(serve):
    server = serve()
    ask_one(model_at(server.url, options={"temperature": 0.7}), question(temperature=0.0))
    ask_one(model_at(server.url), question(temperature=0.0))
    assert [r["temperature"] for r in server.requests] == [0.7, 0.0]


def test_half_a_character_among_the_tokens_leaves_the_reply_standing(serve):
    body = json.dumps(chat("\u00e9 4", logprobs={"content": [{"token": "HALF", "logprob": -0.1}]}))
    server = serve(lambda *_: Reply(200, body.encode().replace(b"HALF", b"\xc3")))
    assert ask_one(model_at(server.url), question(top_logprobs=5)).text == "\u00e9 4"


def test_together_wants_the_number_of_alternatives_and_answers_in_lists(serve):
    logprobs = {"tokens": ["4"], "token_logprobs": [-0.5], "top_logprobs": [{"3": -1.5, "4": -0.5}]}
    server = serve(lambda *_: Reply(body=chat("4", logprobs=logprobs)))
    reply = ask_one(model_at(server.url, logprobs_as_count=True), question(top_logprobs=2))
    assert server.requests[0]["logprobs"] == 2
    assert "top_logprobs" not in server.requests[0]
    assert reply.logprobs[0].top == (("4", -0.5), ("3", -1.5))


def test_an_endpoint_that_silently_gives_no_probabilities_is_said(serve):
    model = model_at(serve().url)
    assert ask_one(model, question(top_logprobs=5)).logprobs is None
    assert ["probabilities" in n for n in model.notes] == [True]


def test_reasoning_is_kept_apart(serve):
    server = serve(
        in_order(
            Reply(body=chat("verdict", reasoning_content="thought")),
            Reply(body=chat("<think>thought</think>\nverdict")),
            Reply(body=chat("<think>never finished")),
            Reply(body=chat([{"type": "thinking", "thinking": [{"text": "thought"}]}, {"text": "verdict"}])),
        )
    )
    model = model_at(server.url)
    got = [(r.text, r.reasoning) for r in (ask_one(model) for _ in range(4))]
    assert got == [("verdict", "thought"), ("verdict", "thought"), ("", "never finished"), ("verdict", "thought")]


def test_a_reply_without_text_keeps_its_true_reason_and_its_cost(serve):
    server = serve(
        in_order(
            Reply(body=chat(None, refusal="I can't help with that.")),
            Reply(body=chat(None, finish_reason="length")),
            Reply(body=chat("", finish_reason="content_filter")),
        )
    )
    model = model_at(server.url, price=Price(1, 1))
    got = [ask_one(model) for _ in range(3)]
    assert [(r.text, r.finish) for r in got] == [
        ("I can't help with that.", "refusal"),
        ("", "length"),
        ("", "content_filter"),
    ]
    assert all(r.cost for r in got)


def test_missing_usage_is_unknown_cost_and_not_nothing(serve):
    model = model_at(serve(lambda *_: Reply(body=chat("x", usage=None))).url, price=Price(1, 1))
    reply = ask_one(model)
    assert (reply.usage, reply.cost) == (Usage(), None)
    assert any("tokens" in n for n in model.notes)


def test_groq_s_failed_generation_is_a_reply_and_no_refusal_of_the_format(serve):
    failed = error(
        400, "Generated JSON does not match the expected schema", code="json_validate_failed", failed_generation="{oops"
    )
    model = model_at(serve(in_order(failed)).url)
    reply = ask_one(model)
    assert (reply.text, reply.finish) == ("{oops", "invalid_json")
    assert model.capabilities.format == "json_schema"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (error(401, f"Incorrect API key provided: {KEY}"), JudgeUnusable, "TEST_KEY"),
        (error(403, "no access"), JudgeUnusable, "TEST_KEY"),
        (error(403, "flagged by moderation"), RequestRefused, "moderation"),
        (error(404, "The model `test-model` does not exist", code="model_not_found"), JudgeUnusable, "test-model"),
        (error(402, "Insufficient Balance"), JudgeUnusable, "credit"),
        (error(429, "You exceeded your current quota", code="insufficient_quota"), JudgeUnusable, "credit"),
        (error(429, "slow down"), RateLimited, "slow down"),
        (
            error(400, "This model's maximum context length is 8192 tokens."),
            ContextTooLong,
            "more than test-model takes",
        ),
        (
            error(400, "'max_tokens' is too large: 5000. This model's maximum context length is 4096"),
            ContextTooLong,
            "",
        ),
        (error(413, "Request too large"), ContextTooLong, ""),
        (error(400, "bad thing"), RequestRefused, "bad thing"),
        (error(408, "timeout"), CallTimedOut, ""),
        (error(409, "conflict"), ServerFailed, ""),
        (error(500, "oops"), ServerFailed, "oops"),
        (error(529, "overloaded"), ServerFailed, "overloaded"),
        (Reply(502, b"<html><head><title>502 Bad Gateway</title></head>"), ServerFailed, "502 Bad Gateway"),
        (Reply(307, b"", {"Location": "https://elsewhere.example/v1"}), JudgeUnusable, "elsewhere.example"),
        (Reply(200, b'{"choices": [{"mess'), ServerFailed, "isn't a chat completion"),
        (Reply(200, b"<!doctype html><title>Welcome</title>"), ServerFailed, "Welcome"),
        (Reply(200, {"choices": []}), ServerFailed, "without any reply"),
        (Reply(200, {"code": 1113, "msg": "no balance"}), ServerFailed, "without any reply in it: no balance"),
        (Reply(200, {"error": {"code": 429, "message": "upstream is busy"}}), RateLimited, "upstream is busy"),
        (Reply(200, {"error": {"message": "provider fell over"}}), ServerFailed, "provider fell over"),
        (Reply(200, {"choices": [{"error": {"code": 502, "message": "x"}, "message": {}}]}), ServerFailed, "x"),
    ],
    ids=lambda v: str(getattr(v, "status", getattr(v, "__name__", "")))[:20],
)
def test_each_failure_is_its_own_kind_in_one_line_without_the_key(serve, answer, kind, words):
    server = serve(lambda *_: answer)
    with pytest.raises(kind) as caught:
        ask_one(model_at(server.url))
    text = str(caught.value)
    assert type(caught.value) is kind
    assert words in text
    assert KEY not in text
    assert "\n" not in text
    assert len(text) < 500
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", ["close", "half"])
def test_a_connection_that_breaks_is_retryable_and_says_how(serve, kind):
    server = serve(lambda *_: Fault(kind))
    with pytest.raises(ConnectionFailed, match="closed the connection") as caught:
        ask_one(model_at(server.url))
    assert caught.value.retryable
    assert len(server.requests) == 1


def test_a_call_that_hangs_ends_at_its_timeout(serve):
    server = serve(lambda *_: Fault("hang"))
    with pytest.raises(CallTimedOut, match=r"0\.2 s"):
        ask_one(model_at(server.url, timeouts=Timeouts(5, 0.2)))


def test_an_unreachable_host_is_named(serve):
    server = serve()
    port = server.port
    server.__exit__()
    with pytest.raises(ConnectionFailed, match=rf"127\.0\.0\.1:{port} can't be reached"):
        ask_one(model_at(f"http://127.0.0.1:{port}/v1"))


def test_an_unknown_name_is_said_to_be_unresolvable():
    with pytest.raises(ConnectionFailed, match=r"nowhere\.invalid"):
        ask_one(model_at("http://nowhere.invalid/v1"))


def test_https_to_a_plain_server_is_one_clear_line(serve):
    server = serve()
    with pytest.raises(ConnectionFailed, match="TLS"):
        ask_one(model_at(server.url.replace("http:", "https:")))


def test_an_endless_reply_is_cut_off(serve):
    server = serve(lambda *_: Reply(body=chat("x" * 3_000_000)))
    with pytest.raises(RequestRefused, match="more than 1 MiB"):
        ask_one(model_at(server.url, max_reply_bytes=2**20))


def test_a_model_can_be_used_in_one_event_loop_after_another_and_closed_twice(serve):
    model = model_at(serve().url)
    assert ask_one(model).text
    assert ask_one(model).text
    ask(model)


def test_connections_are_kept_and_all_calls_run_at_once(serve):
    server = serve(together=64)
    model = model_at(server.url)
    assert all(reply.text for reply in ask(model, *[question(str(i)) for i in range(64)]))
    assert server.most_in_flight == 64


def test_text_is_asked_for_without_a_response_format(serve):
    server = serve()
    reply = ask_one(model_at(server.url), Request((Message("user", "hi"),)))
    assert "response_format" not in server.requests[0]
    assert reply.format == "text"


def test_stored_nonsense_changes_nothing():
    base = Capabilities(format="json_object")
    stored = {"format": "xml", "logprobs": "no", "top_logprobs": True, "max_tokens": 5, "other": 1}
    assert Capabilities.from_mapping(stored, base) == base


def test_a_key_that_a_gateway_shows_the_model_comes_back_from_no_reply(serve):
    server = serve(in_order(Reply(body=chat(f"The header says {KEY}.", reasoning_content=f"So it is {KEY}."))))
    answer = ask_one(model_at(server.url))
    assert (answer.text, answer.reasoning) == ("The header says [key].", "So it is [key].")
