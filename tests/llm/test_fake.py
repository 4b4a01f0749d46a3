"""The public fake: deterministic, scriptable, faulty on request, and counted."""

from __future__ import annotations

import asyncio
import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.chat import Completion, LikelihoodModel, LikelihoodRequest, Message, Price, Request
from sheetjudge.errors import RateLimited
from sheetjudge.llm.fake import FakeModel
from sheetjudge.llm.instances import Draws, instance_of
from tests.llm.conftest import ask, ask_one, question


def test_the_same_question_gets_the_same_answer_and_another_may_not():
    rows = [question(f"row {i}") for i in range(50)]
    first, second = ask(FakeModel(), *rows), ask(FakeModel(), *rows)
    assert first == second
    assert {json.loads(r.text)["clear"]["score"] for r in first} == {1, 2, 3, 4, 5}
    assert ask(FakeModel(seed=1), *rows) != first
    assert {ask_one(FakeModel(), question(sample=i)).text for i in range(20)} != {first[0].text}


def test_a_script_is_a_list_or_a_function():
    model = FakeModel(["one", Completion("two", finish="length"), RateLimited("three", retry_after=1.0), None])
    outcomes = [ask(model, question())[0] for _ in range(5)]
    assert [getattr(o, "text", type(o)) for o in outcomes[:3]] == ["one", "two", RateLimited]
    assert outcomes[3] == outcomes[4]
    assert ask_one(FakeModel(lambda r: r.messages[-1].content.upper()), question("row")).text == "ROW"


def test_faults_strike_the_calls_they_are_meant_for():
    model = FakeModel(faults={1: RateLimited("busy")})
    outcomes = ask(model, question(), question(), question())
    assert [isinstance(o, RateLimited) for o in outcomes] == [False, True, False]
    assert (model.calls, model.answered) == (3, 2)


def test_calls_in_flight_are_counted():
    model = FakeModel(latency=0.01, keep_requests=True)
    ask(model, *[question(str(i)) for i in range(10)])
    assert (model.most_in_flight, model.in_flight, model.closed) == (10, 0, True)
    assert [r.messages[-1].content for r in model.requests] == [str(i) for i in range(10)]


def test_probabilities_spell_the_text_and_sum_to_at_most_one():
    reply = ask_one(FakeModel(), question(top_logprobs=5))
    assert "".join(t.token for t in reply.logprobs) == reply.text
    for token in reply.logprobs:
        assert sum(2.718281828**p for _, p in token.top) <= 1.0001
    assert ask_one(FakeModel(logprobs=False), question(top_logprobs=5)).logprobs is None


def test_likelihoods_are_negative_deterministic_and_one_row_for_each_continuation():
    model = FakeModel()
    assert isinstance(model, LikelihoodModel)
    request = LikelihoodRequest((Message("user", "text"),), ("a statement", "another one here"))
    first, second = (asyncio.run(model.likelihoods(request)) for _ in range(2))
    assert first == second
    assert [len(row) for row in first.logprobs] == [2, 3]
    assert all(p <= 0 for row in first.logprobs for p in row)


def test_its_price_is_nothing_unless_said():
    assert ask_one(FakeModel()).cost == 0.0
    assert ask_one(FakeModel(price=Price(1, 1))).cost > 0
    assert ask_one(FakeModel(price=None)).cost is None


def schemas():
    scalar = st.one_of(
        st.just({"type": "string"}),
        st.just({"type": "boolean"}),
        st.just({"type": "null"}),
        st.builds(lambda c: {"const": c}, st.integers() | st.text(max_size=4)),
        st.builds(lambda e: {"enum": e}, st.lists(st.integers() | st.text(max_size=4), min_size=1, max_size=4)),
        st.builds(
            lambda a, b: {"type": "integer", "minimum": a, "maximum": a + b}, st.integers(-99, 99), st.integers(0, 9)
        ),
        st.builds(
            lambda a, b: {"type": "number", "minimum": a, "maximum": a + b}, st.integers(-99, 99), st.integers(0, 9)
        ),
        st.builds(lambda a: {"type": "string", "minLength": a, "maxLength": a + 3}, st.integers(0, 30)),
        st.builds(lambda a: {"type": "integer", "exclusiveMinimum": a}, st.integers(-9, 9)),
        st.builds(lambda a: {"type": "integer", "maximum": a}, st.integers(-9, 9)),
    )

    def wider(inner):
        names = st.dictionaries(st.text(max_size=5), inner, max_size=3)
        return st.one_of(
            st.builds(
                lambda p: {"type": "object", "properties": p, "required": list(p), "additionalProperties": False}, names
            ),
            st.builds(lambda i, n: {"type": "array", "items": i, "minItems": n}, inner, st.integers(0, 3)),
            st.builds(lambda o: {"anyOf": o}, st.lists(inner, min_size=1, max_size=3)),
        )

    return st.recursive(scalar, wider, max_leaves=8)


@given(schemas(), st.integers(0, 2**32))
def test_any_schema_gets_a_valid_instance(schema, seed):
    jsonschema.Draft202012Validator(schema).validate(instance_of(schema, Draws(seed)))


def test_references_within_the_schema_are_followed():
    schema = {"$defs": {"s": {"enum": [7]}}, "type": "object", "properties": {"a": {"$ref": "#/$defs/s"}}}
    assert instance_of(schema, Draws(0)) == {"a": 7}


@pytest.mark.parametrize("seed", range(5))
def test_draws_spread_over_their_range(seed):
    draws = Draws(seed)
    assert {draws.below(5) for _ in range(200)} == set(range(5))


def test_free_text_is_a_reply_too():
    assert ask_one(FakeModel(), Request((Message("user", "hi"),))).text
