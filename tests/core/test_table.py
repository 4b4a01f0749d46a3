"""Columns have names of their own, whatever their headers say."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sheetjudge.core.table import Row, column_letters, name_columns, same_headers

headers = st.lists(
    st.one_of(
        st.sampled_from(["", " ", "A", "A ", "A (2)", "A (3)", "Column B", "Column C", "Column C (2)", "a"]),
        st.text(max_size=4),
    ),
    max_size=12,
)


@given(headers, st.integers(0, 14))
@example(["A", "A", "A (2)", "A (2)"], 4)
@example(["", "Column A", "Column A", ""], 4)
def test_names_are_unique_and_headers_kept(given_headers, width):
    columns = name_columns(given_headers, width)
    assert len(columns) == max(len(given_headers), width)
    assert [c.index for c in columns] == list(range(len(columns)))
    assert [c.header for c in columns[: len(given_headers)]] == given_headers
    assert all(c.header == "" for c in columns[len(given_headers) :])
    assert len({c.name for c in columns}) == len(columns)
    assert all(c.name.strip() == c.name != "" for c in columns)


@given(headers)
def test_the_first_of_a_header_keeps_its_name(given_headers):
    columns = name_columns(given_headers, 0)
    for wanted in {h.strip() for h in given_headers} - {""}:
        first = next(c for c in columns if c.header.strip() == wanted)
        assert first.name == wanted


@given(st.lists(st.sampled_from(["A", "B", "C", "D", "E", "", " A "]), max_size=12), st.sets(st.integers(0, 11)))
def test_headers_over_several_columns_are_told_of_with_their_names(texts, managed):
    columns = name_columns(texts, 0)
    told = " ".join(same_headers(columns, managed))
    own = {c.header.strip(): [] for c in columns if c.index not in managed and c.header.strip()}
    for column in columns:
        if column.index not in managed and column.header.strip():
            own[column.header.strip()].append(column.name)
    same = [(header, names) for header, names in own.items() if len(names) > 1 and names[0] == header]
    assert bool(told) == bool(same)
    for header, names in same[:3]:
        assert f"{len(names)} columns are headed {header!r}" in told
        assert f"called {', '.join(map(repr, names[1:4]))}" in told


@pytest.mark.parametrize(
    ("given_headers", "names"),
    [
        (["Grade", "Grade", "Grade"], ["Grade", "Grade (2)", "Grade (3)"]),
        (["Grade", "Grade (2)", "Grade"], ["Grade", "Grade (2)", "Grade (3)"]),
        (["", "x", " "], ["Column A", "x", "Column C"]),
        (["", "Column A"], ["Column A (2)", "Column A"]),
        (["Two\nlines"], ["Two\nlines"]),
    ],
)
def test_names(given_headers, names):
    assert [c.name for c in name_columns(given_headers, 0)] == names


def test_a_hundred_thousand_equal_headers():
    columns = name_columns(["x"] * 100_000, 0)
    assert columns[-1].name == "x (100000)"


@given(st.integers(0, 20_000))
def test_letters_count_as_a_sheet_does(index):
    value = 0
    for letter in column_letters(index):
        value = value * 26 + ord(letter) - ord("A") + 1
    assert value == index + 1


def test_letters_at_the_turns():
    assert [column_letters(i) for i in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


@pytest.mark.parametrize(
    ("cells", "empty"), [((), True), (("", " \t\n"), True), (("", "0"), False), (("\u200b",), False)]
)
def test_an_empty_row(cells, empty):
    assert Row(0, 2, cells).is_empty is empty
