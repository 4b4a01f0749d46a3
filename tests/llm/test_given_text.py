"""Asking an endpoint how probable given text is: each way, the token boundary, and finding out which way there is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.chat import LikelihoodModel, LikelihoodRequest, Likelihoods, Message, Price, Request, Usage
from sheetjudge.core.keys import answer_key
from sheetjudge.errors import ContextTooLong, JudgeUnusable, ServerFailed
from sheetjudge.llm.openai_api import OpenAIModel
from tests.llm.conftest import model_at
from tests.servers.chat_server import Reply, error
from tests.servers.likelihood_server import LikelihoodServer, cut, logprobs, templated

EVERYTHING = ("tokenize", "prompt_logprobs", "echo")


def asked(text: str, *continuations: str) -> LikelihoodRequest:
    return LikelihoodRequest((Message("user", text),), continuations)


@pytest.fixture
def endpoint() -> Iterator[Callable[..., LikelihoodServer]]:
    started: list[LikelihoodServer] = []

    def start(*knows: str, **changes: Any) -> LikelihoodServer:
        server = LikelihoodServer(*knows, **changes)
        server.__enter__()
        started.append(server)
        return server

    yield start
    for server in started:
        server.__exit__()


def put(model: OpenAIModel, *requests: LikelihoodRequest) -> list[Likelihoods]:
    async def run() -> list[Likelihoods]:
        try:
            return await asyncio.gather(*map(model.likelihoods, requests))
        finally:
            await model.aclose()

    return asyncio.run(run())


def after(context: str, continuation: str) -> list[float]:
    """What the model behind the server says of a continuation that is cut into tokens on its own."""
    tokens = [*cut(context)[-1:], *cut(continuation)]
    return logprobs(tokens)


def whole(context: str, continuation: str) -> float:
    """Log P(continuation | context) of texts that are cut into tokens as a whole."""
    return sum(logprobs(cut(context + continuation))) - sum(logprobs(cut(context)))


CONTEXT = templated([{"content": "tea."}])


class TestTheWays:
    def test_by_token_numbers_all_continuations_go_in_one_call_and_come_back_in_order(self, endpoint):
        server = endpoint(*EVERYTHING)
        model = model_at(server.url, price=Price(1.0, 2.0))
        (reply,) = put(model, asked("tea.", "It is a tea", "no"))
        assert [list(row) for row in reply.logprobs] == [
            pytest.approx(after(CONTEXT, text)) for text in ("It is a tea", "no")
        ]
        assert server.paths.count("/v1/completions") == 1
        tokens = sum(len(cut(CONTEXT)) + len(cut(text)) for text in ("It is a tea", "no"))
        assert reply.usage == Usage(tokens, 2)
        assert reply.cost == pytest.approx((tokens + 4) / 1e6)
        assert isinstance(model, LikelihoodModel)

    def test_a_sentence_that_comes_with_every_row_is_cut_into_tokens_once(self, endpoint):
        server = endpoint(*EVERYTHING)
        put(model_at(server.url), *(asked(f"row {i}", "It is a tea") for i in range(5)))
        assert server.paths.count("/tokenize") == 5 + 1

    def test_many_long_texts_go_in_several_calls(self, endpoint):
        server = endpoint(*EVERYTHING)
        server.reach = 100_000
        texts = [f"{i}{'b' * 15_000}" for i in range(5)]
        (reply,) = put(model_at(server.url), asked("tea.", *texts))
        assert [len(row) for row in reply.logprobs] == [15_001] * 5
        assert server.paths.count("/v1/completions") == 3

    def test_through_the_chat_the_continuation_is_the_assistant_s_unfinished_turn(self, endpoint):
        server = endpoint("prompt_logprobs")
        (reply,) = put(model_at(server.url), asked("tea.", "It is a tea", "no"))
        assert [sum(row) for row in reply.logprobs] == [
            pytest.approx(whole(CONTEXT, text)) for text in ("It is a tea", "no")
        ]
        last = server.requests[-1]
        assert last["messages"][-1] == {"role": "assistant", "content": "no"}
        assert (last["add_generation_prompt"], last["continue_final_message"]) == (False, True)

    def test_by_echo_the_messages_are_plain_text_and_the_run_says_so(self, endpoint):
        model = model_at(endpoint("echo").url)
        (reply,) = put(model, asked("tea.", "It is a tea"))
        assert sum(reply.logprobs[0]) == pytest.approx(whole("tea.\n\n", "It is a tea"))
        assert "plain text" in model.notes[0]
        assert model.identity["likelihood"] == "plain text"

    @pytest.mark.parametrize("knows", [EVERYTHING, ("prompt_logprobs",), ("echo",)])
    def test_an_empty_continuation_has_no_tokens(self, endpoint, knows):
        (reply,) = put(model_at(endpoint(*knows).url), asked("tea.", "", "no"))
        assert [bool(row) for row in reply.logprobs] == [False, True]

    def test_options_of_the_chat_template_go_along(self, endpoint):
        server = endpoint(*EVERYTHING)
        options = {"chat_template_kwargs": {"enable_thinking": False}, "seed": 7}
        put(model_at(server.url, options=options), asked("tea.", "no"))
        assert server.requests[0]["chat_template_kwargs"] == {"enable_thinking": False}
        assert not any("seed" in request for request in server.requests)


class TestTheBoundary:
    def test_a_token_that_takes_in_the_end_of_the_context_counts_for_what_it_adds(self, endpoint):
        request = LikelihoodRequest((), ("It",), context="a tea.")
        (reply,) = put(model_at(endpoint("echo").url), request)
        # "." and "I" are one token together: log P(".It" | "a tea") - log P("." | "a tea").
        expected = sum(logprobs(["a", ".I", "t"])) - sum(logprobs(["a", "."]))
        assert sum(reply.logprobs[0]) == pytest.approx(expected)
        assert len(reply.logprobs[0]) == 2

    @given(st.text("aIist. h", min_size=1, max_size=8), st.text("aIist. h", min_size=1, max_size=8))
    def test_context_and_continuation_together_are_as_probable_as_the_whole(self, context, continuation):
        with LikelihoodServer("echo") as server:
            (reply,) = put(model_at(server.url), LikelihoodRequest((), (continuation,), context=context))
        before, together = sum(logprobs(cut(context))), sum(logprobs(cut(context + continuation)))
        if cut(context)[0] == cut(context + continuation)[0]:
            assert before + sum(reply.logprobs[0]) == pytest.approx(together)


class TestFindingOut:
    def test_it_is_found_out_once_however_many_ask(self, endpoint):
        server = endpoint("echo", latency=0.005)
        learned = []
        model = model_at(server.url, on_learned=lambda _key, values: learned.append(values))
        put(model, *(asked(f"row {i}", "no") for i in range(20)))
        assert server.paths.count("/tokenize") == 1
        assert server.paths.count("/v1/chat/completions") == 1
        assert learned == [{"likelihood": "echo"}]

    def test_the_next_run_knows_it(self, endpoint):
        server = endpoint("echo")
        first = model_at(server.url)
        put(first, asked("row", "no"))
        second = model_at(server.url)
        second.restore(json.loads(json.dumps(first.capabilities.to_mapping())))
        asked_before = len(server.requests)
        put(second, asked("row", "no"))
        assert len(server.requests) == asked_before + 2
        assert second.identity == first.identity
        assert "plain text" in second.notes[0]

    def test_a_way_that_is_gone_is_looked_for_again(self, endpoint):
        server = endpoint("echo")
        model = model_at(server.url)
        model.restore({"likelihood": "tokens"})
        put(model, asked("row", "no"))
        assert model.capabilities.likelihood == "echo"

    def test_an_endpoint_that_gives_none_is_refused_in_one_line(self, endpoint):
        model = model_at(endpoint().url)
        with pytest.raises(JudgeUnusable, match="gives no probabilities of given text") as caught:
            put(model, asked("row", "no"))
        assert "--method chat" in str(caught.value)
        assert model.capabilities.likelihood == ""

    def test_an_endpoint_that_is_nothing_of_the_kind_says_what_any_call_would_say(self, serve):
        model = model_at(serve(lambda *_: error(404, "The model `x` does not exist")).url)
        with pytest.raises(JudgeUnusable, match="does not exist"):
            put(model, asked("row", "no"))

    def test_a_wrong_key_is_no_reason_to_look_further(self, serve):
        server = serve(lambda *_: error(401, "Incorrect API key"))
        with pytest.raises(JudgeUnusable, match="TEST_KEY"):
            put(model_at(server.url), asked("row", "no"))
        assert server.paths == ["/tokenize", "/v1/chat/completions"]

    def test_a_failure_that_passes_teaches_nothing(self, serve):
        server = serve(lambda *_: error(503, "loading"))
        model = model_at(server.url)
        with pytest.raises(ServerFailed):
            put(model, asked("row", "no"))
        assert model.capabilities.likelihood == ""
        assert len(server.requests) == 1

    def test_a_text_that_is_too_long_is_this_row_s_affair(self, endpoint):
        server = endpoint(*EVERYTHING)
        server.reach = 20
        model = model_at(server.url)
        with pytest.raises(ContextTooLong):
            put(model, asked("a" * 50, "no"))
        put(model, asked("a", "no"))
        assert model.capabilities.likelihood == "tokens"

    def test_an_endpoint_that_stops_giving_them_is_a_failure_and_no_number(self, endpoint):
        server = endpoint(*EVERYTHING)
        model = model_at(server.url)

        async def twice() -> None:
            await model.likelihoods(asked("row", "no"))
            server.behave = lambda *_: Reply(body={"tokens": [1, 2], "choices": [{"prompt_logprobs": None}]})
            try:
                await model.likelihoods(asked("row", "yes"))
            finally:
                await model.aclose()

        with pytest.raises(ServerFailed, match="without the probabilities"):
            asyncio.run(twice())


def test_what_is_found_out_of_given_text_concerns_no_chat_answer(endpoint):
    model = model_at(endpoint("echo").url)
    question, given_text = Request((Message("user", "row"),)), asked("row", "no")
    before = [answer_key(model.identity, r) for r in (question, given_text)]
    put(model, given_text)
    now = [answer_key(model.identity, r) for r in (question, given_text)]
    assert now[0] == before[0]
    assert now[1] != before[1]
