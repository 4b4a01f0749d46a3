"""The journal's key: the same for the same question, another for whatever could change the answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.chat import LikelihoodRequest, Message, Request
from sheetjudge.core.keys import answer_key, canonical, keyed_mark

IDENTITY = {"endpoint": "https://api.example.com/v1", "model": "m", "options": {"seed": 1}}
REQUEST = Request(
    messages=(Message("system", "Judge."), Message("user", "A row.")),
    schema={"type": "object", "properties": {"a": {"type": "integer"}}},
    temperature=0.0,
    max_tokens=100,
    top_logprobs=20,
    extra={"reasoning_effort": "low"},
)
CHANGES = {
    "messages": [
        (),
        REQUEST.messages[:1],
        REQUEST.messages[::-1],
        (Message("user", "Judge."), Message("user", "A row.")),
        (Message("system", "Judge.A row."), Message("user", "")),
    ],
    "schema": [None, {}, {"type": "object", "properties": {"b": {"type": "integer"}}}],
    "temperature": [None, 1.0, 0.1],
    "max_tokens": [None, 101],
    "top_logprobs": [0, 5],
    "sample": [1, 2],
    "extra": [{}, {"reasoning_effort": "high"}, {"reasoning_effort": "low", "seed": 1}],
}
LIKELIHOOD = LikelihoodRequest((Message("user", "U"),), ("a", "b"), "C")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=8,
)


def test_it_is_32_bytes_and_the_same_on_every_machine():
    key = answer_key(IDENTITY, REQUEST)
    assert len(key) == 32
    assert key == answer_key(
        json.loads(json.dumps(IDENTITY)), replace(REQUEST, schema=json.loads(json.dumps(REQUEST.schema)))
    )
    text = '[{"model":"m"},["chat",null,null,null,0,0,{}],1,[4,10]]\0userÜnal 😀'
    assert answer_key({"model": "m"}, Request((Message("user", "Ünal 😀"),))) == hashlib.sha256(text.encode()).digest()


def test_every_field_of_a_request_that_changes_the_answer_is_in_it():
    # The schema's name is a label on the wire, the same for all.
    assert set(CHANGES) == {f.name for f in fields(Request)} - {"schema_name"}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in CHANGES.items() for value in values])
def test_another_request_has_another_key(name, value):
    assert answer_key(IDENTITY, replace(REQUEST, **{name: value})) != answer_key(IDENTITY, REQUEST)


@pytest.mark.parametrize(
    "identity", [{}, IDENTITY | {"model": "n"}, IDENTITY | {"options": {"seed": 2}}, IDENTITY | {"options": {}}]
)
def test_another_model_has_another_key(identity):
    assert answer_key(identity, REQUEST) != answer_key(IDENTITY, REQUEST)


@pytest.mark.parametrize(
    "other",
    [
        replace(LIKELIHOOD, continuations=("ab",)),
        replace(LIKELIHOOD, continuations=("b", "a")),
        replace(LIKELIHOOD, context=""),
        replace(LIKELIHOOD, messages=()),
        replace(LIKELIHOOD, continuations=("a",), context="bC"),
        Request((Message("user", "U"),)),
    ],
)
def test_likelihoods_have_keys_of_their_own(other):
    assert answer_key(IDENTITY, other) != answer_key(IDENTITY, LIKELIHOOD)
    assert answer_key(IDENTITY, LIKELIHOOD) == answer_key(IDENTITY, replace(LIKELIHOOD))


@given(st.dictionaries(st.text(), st.integers(), max_size=5))
def test_the_order_of_settings_means_nothing(settings):
    turned = dict(reversed(settings.items()))
    assert answer_key(settings, REQUEST) == answer_key(turned, REQUEST)
    assert answer_key(IDENTITY, replace(REQUEST, extra=settings)) == answer_key(
        IDENTITY, replace(REQUEST, extra=turned)
    )


@given(json_values, json_values)
def test_equal_bytes_mean_equal_values(first, second):
    assert (canonical(first) == canonical(second)) == (
        json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    )


@given(st.binary(max_size=40), st.text(st.characters(), max_size=60))
def test_a_mark_is_sixteen_hex_digits_of_secret_and_text(secret, text):
    mark = keyed_mark(secret, text)
    assert len(mark) == 16
    assert int(mark, 16) >= 0
    assert mark == keyed_mark(secret, text)
    assert mark != keyed_mark(secret, text + " ")
    assert mark != keyed_mark(secret + b"!", text)
