"""Text of a model never becomes a formula, and numbers stay numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_tools import cells, read, score

from sheetjudge.tables.files import open_table
from sheetjudge.tables.guard import as_text, number_text, without_formula


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0@", "\ufeff=", "\uff1d"])
def test_what_could_be_a_formula_gets_an_apostrophe(start):
    assert without_formula(f"{start}cmd") == f"'{start}cmd"


@pytest.mark.parametrize("text", ["", "Good.", "3 = 4", "a-b", "'quoted'", "5", "(=1)"])
def test_other_text_stays(text):
    assert without_formula(text) == text


@given(st.text())
def test_no_text_of_a_model_starts_a_formula(text):
    guarded = without_formula(text)
    assert not guarded.strip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert guarded in {text, f"'{text}"}


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63))
def test_numbers_read_back_the_same(number):
    assert float(number_text(number)) == float(number)
    assert as_text(number) == number_text(number)


@pytest.mark.parametrize(("number", "text"), [(3.0, "3"), (-2.5, "-2.5"), (0.1, "0.1"), (7, "7"), (1e300, "1e+300")])
def test_numbers_are_written_as_people_write_them(number, text):
    assert number_text(number) == text


def test_a_csv_guards_results_and_never_the_input(tmp_path):
    source = read('a,b\n=1+1,"-x"\n')
    score(source, tmp_path / "o.csv", values=(-1.5, "+1", "=HYPERLINK()", "ok"))
    assert cells(open_table(tmp_path / "o.csv")) == [("=1+1", "-x", "-1.5", "'+1", "'=HYPERLINK()", "ok")]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl", "parquet"])
def test_half_characters_of_a_model_are_replaced_and_break_nothing(tmp_path, ending):
    score(read("a\n1\n"), tmp_path / f"o.{ending}", values=(1, 2, "a\ud83d \ud83d\ude00", "ok"))
    assert cells(open_table(tmp_path / f"o.{ending}"))[0][3] == "a\ufffd 😀"
