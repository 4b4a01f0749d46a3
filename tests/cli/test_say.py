"""Whatever is quoted can be printed, and no terminal obeys it."""

from __future__ import annotations

import io
import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sheetjudge.cli.say import say, say_json
from sheetjudge.ops.run_log import LineLog

ANY = st.text(st.characters(exclude_categories=()), max_size=60)
TRICKS = "\x1b]8;;http://x\x1b\\\\\x9b2J\u202e\u2066\x07\ud83d\udfff\x7f"


def printed(call):
    """What a strict stream was given."""
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8", "strict", write_through=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", stream)
        call()
    return stream.buffer.getvalue().decode()


def is_obeyed(char):
    return (
        unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t"
    ) or char in "\u202a\u202b\u202d\u202e\u2066\u2069"


@given(ANY)
@example(TRICKS)
def test_words(text):
    assert not any(map(is_obeyed, printed(lambda: say(text))))


@given(ANY)
@example(TRICKS)
def test_data(text):
    said = printed(lambda: say_json({"text": text}))
    assert not any(map(is_obeyed, said))
    assert json.loads(said) == json.loads(json.dumps({"text": text}))


@given(ANY)
@example(TRICKS)
def test_a_line_of_a_log(text):
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8", "strict", write_through=True)
    LineLog(stream, lambda: 0.0).write("request", who=text)
    said = stream.buffer.getvalue().decode()
    assert not any(map(is_obeyed, said))
    assert json.loads(said)["who"] == json.loads(json.dumps(text))
