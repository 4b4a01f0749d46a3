"""Row marks: what the hidden column of a sheet remembers of a row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.row_marks import (
    NOT_JUDGED,
    Mark,
    fingerprint,
    new_id,
    parse_mark,
    value_text,
    version_of,
    word,
    words_of,
)

TEXTS = st.lists(st.text(max_size=20), max_size=5)
VALUES = st.one_of(st.none(), st.text(max_size=12), st.integers(-100, 100), st.floats(allow_nan=False))
ROLES = st.sampled_from(["Score", "Why", "Status"])


@given(texts=TEXTS, rubric=st.text(), asked=st.text(), values=st.lists(st.tuples(ROLES, VALUES), max_size=9))
def test_a_mark_is_read_back_as_it_was_written(texts, rubric, asked, values):
    words = words_of([role for role, _ in values], [value for _, value in values])
    mark = Mark(new_id(), fingerprint(texts), version_of(rubric), version_of(asked), words)
    assert parse_mark(str(mark)) == mark


def test_a_row_that_has_yet_to_be_judged_keeps_its_id():
    mark = Mark(new_id(), fingerprint(["x"]), NOT_JUDGED, version_of("a"))
    assert parse_mark(str(mark)) == mark


@given(st.one_of(st.text(), st.none(), st.integers(), st.booleans(), st.floats()))
def test_anything_else_is_no_mark(cell):
    assert parse_mark(cell) is None


@pytest.mark.parametrize("change", [str.upper, lambda t: t + " ", lambda t: t[:-1], lambda t: "2" + t[1:], str.title])
def test_a_mark_that_was_edited_is_no_mark(change):
    text = str(Mark(new_id(), fingerprint(["x"]), version_of("r"), version_of("a"), words_of(["Why"], ["because"])))
    assert parse_mark(change(text)) is None


@given(one=TEXTS, other=TEXTS)
def test_other_texts_have_another_fingerprint(one, other):
    assert (fingerprint(one) == fingerprint(other)) == (one == other)


def test_where_a_cell_ends_is_part_of_the_fingerprint():
    assert len({fingerprint(texts) for texts in (["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"])}) == 5


def test_a_number_has_one_word_however_it_is_written():
    assert word("Score", 4) == word("Score", 4.0)
    assert word("Score", 4) != word("Score", "4")
    assert word("Score", 4) != word("clarity", 4)
    assert word("Why", "a\r\nb") == word("Why", "a\nb")


@given(value=VALUES)
def test_nothing_and_an_empty_text_have_no_word(value):
    assert bool(words_of(["Why"], [value])) == bool(value_text(value)) == (value not in (None, ""))


def test_half_characters_of_a_model_have_a_word():
    assert word("Why", "\ud83d") != word("Why", "\ud83e")


def test_ids_are_all_different():
    assert len({new_id() for _ in range(2000)}) == 2000
