"""A rubric as the cells of a tab: what people write there, and what they are told when it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rubric_strategies import rubrics

from sheetjudge.core.rubric import YES_NO, integer_scale, label_scale
from sheetjudge.core.rubric_file import parse_rubric
from sheetjudge.core.rubric_grid import read_grid, rubric_grid

HEAD = ["id", "ask", "scale", "weight", "required", "levels", "check", "statement"]


def read(*rows, title="Rubric"):
    reading = read_grid(rows, title)
    assert reading.problems == ()
    return reading.rubric


def problems(*rows, title="Rubric"):
    reading = read_grid(rows, title)
    assert reading.rubric is None
    assert all(1 <= p.line <= max(len(rows), 1) for p in reading.problems)
    return [f"{p.what} {p.advice}".strip() for p in reading.problems]


@settings(max_examples=60)
@given(rubrics())
def test_what_is_written_into_a_tab_reads_back_the_same(rubric):
    reading = read_grid(rubric_grid(rubric), "Another title")
    assert reading.problems == ()
    assert reading.rubric == rubric
    assert reading.rubric.version == rubric.version


@settings(max_examples=80)
@given(st.lists(st.lists(st.text(max_size=9) | st.sampled_from(HEAD) | st.integers() | st.booleans(), max_size=5),
                max_size=6))  # fmt: skip
def test_any_tab_is_a_rubric_or_is_told_where_it_is_none(rows):
    reading = read_grid(rows, "T")
    assert (reading.rubric is None) == bool(reading.problems)
    assert all(p.what and p.line >= 1 for p in reading.problems)


def test_a_tab_as_a_person_fills_it():
    rubric = read(
        ["Name:", "Grant report"],
        ["About", "One page."],
        ["Scale", "1 to 5"],
        [],
        ["ID", "Ask", "Scale", "Weight", "Required", "Levels", "Check", "# notes"],
        ["result", "Does it say what came out?", "", 2, "", "1: Only activities\n3: Results\nbut late\n5: All"],
        [],
        ["money", "Is it accounted for?", "yes/no", 0.5, True, "", "", "ask Jo"],
        ["topic", "Which?", "{labels: [bug, praise], ordered: false}", 0],
        ["mood", "How?", "[low, high]"],
        ["length", "", "", 0, "", "", "words: {min: 3}\ncolumn: Report"],
    )
    same = parse_rubric("""
name: Grant report
about: One page.
scale: 1-5
criteria:
  - id: result
    ask: Does it say what came out?
    weight: 2
    levels: {1: Only activities, 3: "Results\\nbut late", 5: All}
  - {id: money, ask: "Is it accounted for?", scale: yes/no, weight: 0.5, required: true}
  - {id: topic, ask: "Which?", scale: {labels: [bug, praise], ordered: false}, weight: 0}
  - {id: mood, ask: "How?", scale: [low, high]}
  - {id: length, check: {words: {min: 3}, column: Report}, weight: 0}
""")
    assert rubric == same


def test_the_least_tab_is_a_list_of_questions():
    rubric = read(["Ask"], ["Is it clear?"], ["Is it short?"], title="Style")
    assert (rubric.name, rubric.scale) == ("Style", integer_scale(1, 5))
    assert [c.ask for c in rubric.criteria] == ["Is it clear?", "Is it short?"]


def test_the_table_may_stand_anywhere():
    rubric = read([], ["", "name", "N"], [], ["", "ask", "scale"], ["", "Is it?", "yes/no"])
    assert (rubric.name, rubric.criteria[0].scale) == ("N", YES_NO)


def test_words_that_are_keys_too():
    rubric = read(["name", "ask"], ["about", "scale"], ["scale", "1-3"], ["scale", "ask"], ["[no way, surely]", "name"])
    assert (rubric.name, rubric.about, rubric.criteria[0].ask) == ("ask", "scale", "name")
    assert rubric.criteria[0].scale == label_scale(("no way", "surely"))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [["ask", "weigth"], ["Is it?", 2]],
            "row 1 column B: A criterion has no key 'weigth'. Did you mean 'weight'?",
        ),
        ([["Question"], ["Is it?"]], "row 1 column A: A criterion has no key 'Question'. Did you mean 'ask'?"),
        (
            [["title", "N"], ["ask"], ["Is it?"]],
            "row 1 column A: The rubric has no key 'title'. Did you mean 'name'?",
        ),
        (
            [["scael", "1-5"], ["ask"], ["Is it?"]],
            "row 1 column A: The rubric has no key 'scael'. Did you mean 'scale'?",
        ),
        (
            [["scale", "1-"], ["ask"], ["Is it?"]],
            "row 1 column B: scale is '1-', which is no scale. Write a range such as 1-5, yes/no, or labels",
        ),
        (
            [["scale", 46027], ["ask"], ["Is it?"]],
            "row 1 column B: scale has become a date. Format the cell as plain text",
        ),
        (
            [["ask", "scale"], ["Is it?", "2026-01-05"]],
            "row 2 column B: scale has become a date. Format the cell as plain text",
        ),
        (
            [["locale", "German"], ["ask"], ["Is it?"]],
            "row 1 column B: locale 'German' is not known. Did you mean 'de'?",
        ),
        (
            [["ask", "weight"], ["Is it?", "heavy"]],
            "row 2 column B: weight is 'heavy', not a number. Write a number such as 2 or 0.5.",
        ),
        (
            [["ask", "levels"], ["Is it?", "1: Bad\n9: Good"]],
            "row 2 column B: levels has '9', which is no answer of the scale 1-5. The nearest answer is 5.",
        ),
        (
            [["ask", "levels"], ["Is it?", "bad or good"]],
            "row 2 column B: levels is 'bad or good', not a mapping. Write what each answer means, '1: …' to '5: …'.",
        ),
        (
            [["check"], ["wrods: 3"]],
            "row 2 column A: check.wrods is no kind of check. Did you mean 'words'?",
        ),
        (
            [["check"], ["words: {max: many}"]],
            "row 2 column A: check.words.max is 'many', not a whole number from 0 on.",
        ),
        ([["check"], ["words: {max: 3"]], "row 2 column A: check: "),
        ([["ask", "check"], ["Is it?", "url"]], "row 2 has both an ask and a check. Make them two criteria."),
        ([["id", "ask"], ["a", ""]], "row 2 has neither an ask nor a check. Add what to ask."),
        (
            [["id", "ask"], ["a", "Is it?"], [], ["A", "Or is it?"]],
            "row 4 column A: id 'A' is also in row 2. Give each its own id.",
        ),
        (
            [["id", "ask"], ["Score", "Is it?"]],
            "row 2 column A: id is 'Score', a column that sheetjudge writes itself.",
        ),
        ([["ask", ""], ["Is it?", "stray"]], "row 2 column B: 'stray' stands under no header. Write one of "),
        ([["ask", "ask"], ["Is it?", ""]], "row 1 column B: ask heads two columns. Keep one."),
        ([["name", "a"], ["name", "b"], ["ask"], ["Is it?"]], "row 2 column A: name is also in row 1. Keep one."),
        ([["name", "a"]], "There is no row of headers. Write id, ask, "),
        ([["name", "a"], ["ask"]], "There is no criterion below row 2."),
        ([["ask", "weight"], ["Is it?", 0]], "row 1: Every criterion has the weight 0. Give one of them "),
        ([], "There is no row of headers. "),
    ],
)
def test_what_is_wrong_is_told_with_its_row_column_and_key(rows, said):
    found = problems(*rows)
    assert len(found) == 1, found
    assert found[0].startswith(said)


def test_all_that_is_wrong_is_told_at_once():
    found = problems(
        ["nmae", "N"],
        ["id", "aks", "scale"],
        ["a", "Is it?", "yes or no"],
        ["b", "", "1-5"],
    )
    assert [text.split(":")[0].split(" has ")[0] for text in found] == [
        "row 1 column A",
        "row 2 column B",
        "row 3 column C",
        "row 4",
    ]


@pytest.mark.usefixtures("no_hang")
@pytest.mark.parametrize("bracket", ["[", "{", "[{"])
def test_cells_full_of_brackets_are_refused_in_a_moment(bracket):
    rows = [["id", "ask", "scale"], *([f"c{n}", "Is it clear?", bracket * 500] for n in range(100))]
    found = read_grid(rows, "Rubric")
    assert len(found.problems) == 100
    assert all("nested too deeply" in str(problem) for problem in found.problems)
