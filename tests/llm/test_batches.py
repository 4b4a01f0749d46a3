"""Lines of a batch's answers, however a server writes them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.engine.batch_answers import lines_of
from sheetjudge.llm.batches import answer_of, error_of

some = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["status_code", "body", "code", "message"]), inner, max_size=3)
    ),
)


@given(st.dictionaries(st.sampled_from(["custom_id", "response", "error"]), some))
def test_any_line_has_a_status_or_none_and_a_word_on_one_line(line):
    _, status, _ = answer_of(line)
    assert status == 0 or 100 <= status <= 999
    word = error_of(line)
    assert word
    assert len(word.splitlines()) == 1


@pytest.mark.parametrize(
    ("line", "status", "word"),
    [
        ({"response": {"status_code": 200, "body": {}}, "error": None}, 200, "no answer"),
        ({"response": {"status_code": "400"}}, 400, "no answer"),
        ({"response": None, "error": {"code": "batch_expired", "message": "m"}}, 0, "batch_expired"),
        ({"response": None, "error": "timed\nout"}, 0, "timed out"),
        ({"response": "none"}, 0, "no answer"),
    ],
)
def test_what_a_line_says(line, status, word):
    assert (answer_of(line)[1], error_of(line)) == (status, word)


def test_a_line_with_half_a_character_is_a_line(tmp_path):
    line = {"custom_id": "ab12", "response": {"status_code": 200, "body": {"text": "\ud83d"}}}
    (tmp_path / "out.jsonl").write_text(f"{json.dumps(line)}\nnone\n")
    assert list(lines_of(tmp_path / "out.jsonl")) == [(b"\xab\x12", line)]
