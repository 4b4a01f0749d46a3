"""Which column is taken for whose answers to what, and what is refused."""

from __future__ import annotations

import pytest

from sheetjudge.core.table import name_columns
from sheetjudge.errors import TableError
from sheetjudge.ops.agree_columns import match_columns

CRITERIA = ("question", "budget", "who will do it")


def matched(named, header, criteria=CRITERIA):
    columns = name_columns(header, len(header))
    found = match_columns(named, columns, criteria, "t.csv", "--human")
    return [(m.rater, m.criterion, m.column.index) for m in found]


@pytest.mark.parametrize(
    "header",
    [
        "Ana · question", "Ana: question", "ANA : Question", "Ana - question", "Ana | question", "Ana/question",
        "Ana – question", "question (Ana)", "Ana (question)", "question · Ana", "Ana question", "Question: Ana",
    ],
)  # fmt: skip
def test_a_header_says_whose_answer_and_to_what(header):
    ((rater, criterion, index),) = matched([header], ["Text", header])
    assert (rater.casefold(), criterion, index) == ("ana", "question", 1)


def test_a_criterion_of_several_words():
    assert matched(["Ana: who will do it"], ["Ana: who will do it"]) == [("Ana", "who will do it", 0)]


@pytest.mark.parametrize("header", ["Human", "Ana", "Reviewer 2", "Human (2)", "Research question mark"])
def test_a_name_alone_is_about_the_row_as_a_whole(header):
    assert matched([header], ["Text", header])[0][1:] == ("overall", 1)


@pytest.mark.parametrize("header", ["Ana · overall", "Ana: Score", "Ana - total", "grade (Ana)"])
def test_the_row_as_a_whole_by_name(header):
    assert matched([header], [header]) == [("Ana", "overall", 0)]


def test_a_persons_name_stands_for_all_of_their_columns():
    header = ["Text", "Ana", "Ana · question", "ANA: budget", "Ana's notes", "Ben · question"]
    expected = [("Ana", "overall", 1), ("Ana", "question", 2), ("Ana", "budget", 3)]
    assert matched(["Ana"], header) == expected
    assert matched(["ana"], header[:1] + header[2:]) == [("ana", "question", 1), ("ana", "budget", 2)]
    assert matched(["Ana", "Ben"], header) == [*expected, ("Ben", "question", 5)]


def test_a_criterion_alone_is_a_label_by_human():
    assert matched(["question"], ["Text", "question"]) == [("Human", "question", 1)]
    assert matched(["Human"], ["Human question", "Human · budget"]) == [
        ("Human", "question", 0),
        ("Human", "budget", 1),
    ]


def test_a_label_of_ones_own_reads_a_column_as_if_it_were_headed_so():
    header = ["Mark 1", "Mark 2", "Ana · question"]
    assert matched(["question=Mark 1"], header) == [("Mark 1", "question", 0)]
    assert matched(["Ben · budget=Mark 2"], header) == [("Ben", "budget", 1)]
    assert matched(["Ben=Mark 2"], header) == [("Ben", "overall", 1)]
    assert matched(["question=Ana · question"], header) == [("Ana", "question", 2)]
    assert matched(["overall=Mark 1"], header) == [("Mark 1", "overall", 0)]


def test_a_header_with_an_equals_sign_is_a_column_first():
    assert matched(["question=yes"], ["question=yes", "yes"])[0][2] == 0


def test_without_known_criteria_the_first_part_is_the_rater():
    assert matched(["Ana"], ["Ana · tone", "Ana: wit"], ()) == [("Ana", "tone", 0), ("Ana", "wit", 1)]
    assert matched(["tone=Ana · tone"], ["Ana · tone"], ()) == [("Ana", "tone", 0)]


@pytest.mark.parametrize(
    ("named", "header", "said"),
    [
        (["Anna"], ["Ana", "Ben"], "no column 'Anna'"),
        (["question=Nothing"], ["Ana"], "no column 'Nothing'"),
        (["Ana · questoin"], ["Ana · questoin"], "--human 'question=Ana · questoin'"),
        (["Ana · tone"], ["Ana · tone"], "and 'overall=Ana · tone' if"),
        (["Ana"], ["Ana · question", "question: ana"], "Both 'Ana · question' and 'question: ana'"),
        (["Ana", "Ben=Ana"], ["Ana"], "named twice"),
    ],
)
def test_what_is_not_clear_is_refused_with_a_way_to_say_it(named, header, said):
    with pytest.raises(TableError, match=r"(?s).*") as raised:
        matched(named, header)
    assert said in str(raised.value)


def test_naming_a_column_again_is_no_harm():
    assert matched(["Ana", "Ana · question"], ["Ana · question"]) == [("Ana", "question", 0)]


@pytest.mark.usefixtures("no_hang")
@pytest.mark.parametrize("text", ["a " * 40_000, "a" + " " * 80_000 + "b", "a (" * 30_000, "a - " * 20_000])
@pytest.mark.parametrize("criteria", [CRITERIA, ()])
def test_a_text_in_the_place_of_a_header_is_looked_at_in_a_moment(text, criteria):
    named = matched(["Ana · question"], ["ID", text, "Ana · question"], criteria)
    assert [index for _, _, index in named] == [2]
    assert matched([f"budget={text}"], ["ID", text], CRITERIA)[0][1:] == ("budget", 1)
