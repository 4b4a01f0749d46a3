"""What people write in a rubric file, and what they are told when it is wrong."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.rubric import YES_NO, integer_scale, label_scale
from sheetjudge.core.rubric_file import parse_rubric, read_rubric, rubric_from_sentence
from sheetjudge.errors import RubricError

PLAN = """\
name: Research proposal
about: A proposal of up to two pages for a small research grant.
scale: 1-5
criteria:
  - id: question
    ask: Does it state one clear research question that the work can answer?     # {Ideal answer} names a column
    weight: 2
    levels: {1: No question, or a topic only, 3: A question, but broad, 5: One sharp question that the plan answers}
  - id: budget
    ask: Is every item of the budget justified?
    scale: yes/no
    required: true          # a "no" sets the row's score to the bottom of the scale and says so
  - id: length
    check: {words: {min: 150, max: 900}}      # deterministic, costs nothing
"""


def criterion(lines: str, head: str = "scale: 1-5") -> str:
    indented = lines.strip().replace("\n", "\n    ")
    return f"name: N\n{head}\ncriteria:\n  - {indented}\n"


def only(lines: str, head: str = "scale: 1-5"):
    return parse_rubric(criterion(lines, head)).criteria[0]


def refused(text: str, source: str = "r.yaml") -> RubricError:
    with pytest.raises(RubricError) as caught:
        parse_rubric(text, source)
    return caught.value


def test_the_plans_example_reads_as_it_is_meant():
    rubric = parse_rubric(PLAN)
    question, budget, length = rubric.criteria
    assert (rubric.name, rubric.scale, rubric.locale) == ("Research proposal", integer_scale(1, 5), "en")
    assert (question.id, question.weight, question.references) == ("question", 2.0, ())
    assert question.levels == {
        "1": "No question, or a topic only",
        "3": "A question, but broad",
        "5": "One sharp question that the plan answers",
    }
    assert (budget.scale, budget.required) == (YES_NO, 1.0)
    assert (length.scale, length.check, length.ask) == (YES_NO, {"words": {"min": 150, "max": 900}}, "")


@pytest.mark.parametrize(
    ("written", "scale"),
    [
        ("1-5", integer_scale(1, 5)),
        ("0 - 100", integer_scale(0, 100)),
        ("-2..2", integer_scale(-2, 2)),
        ("-2 to 2", integer_scale(-2, 2)),
        ("-5--1", integer_scale(-5, -1)),
        ("1–7", integer_scale(1, 7)),
        ("−2–2", integer_scale(-2, 2)),  # noqa: RUF001
        ("yes/no", YES_NO),
        ("No / Yes", YES_NO),
        ("[no, yes]", YES_NO),
        ("[1, 2, 3]", integer_scale(1, 3)),
        ("[low, medium, high]", label_scale(("low", "medium", "high"))),
        ("{labels: [bug, praise], ordered: false}", label_scale(("bug", "praise"), ordered=False)),
        ("{labels: [no, yes], ordered: no}", label_scale(("no", "yes"), ordered=False)),
    ],
)
def test_scales(written, scale):
    assert only(f"ask: Is it?\nscale: {written}").scale == scale


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("5-1", "Write 1-5."),
        ("5", "Write 1-5 or 0-5."),
        ("3-3", "lower one"),
        ("true/false", "Write yes/no."),
        ("low, high", "[low, high]"),
        ("pass/fail", "[pass, fail]"),
        ("0-1000000", "more than"),
        ("[0, 5, 10]", "gaps"),
        ("[one]", "two labels"),
        ("[a, A]", "twice"),
        ("{label: [a, b]}", "'labels'"),
        ("{labels: [a, b], ordered: maybe}", "neither true nor false"),
        ("1.5-3", "no scale"),
        ("{}", "no labels"),
    ],
)
def test_a_scale_that_is_none_says_what_to_write(written, advice):
    error = refused(criterion(f"ask: Is it?\nscale: {written}"))
    assert advice in str(error)
    assert error.line == 5


def test_text_stays_text_where_yaml_would_make_something_else_of_it():
    rubric = parse_rubric(
        "name: 007\nabout: 2025-01-02\ncriteria:\n- {id: no, ask: 1:30, scale: yes/no, levels: {yes: on, no: off}}\n"
    )
    found = rubric.criteria[0]
    assert (rubric.name, rubric.about, found.id, found.ask) == ("007", "2025-01-02", "no", "1:30")
    assert found.levels == {"no": "off", "yes": "on"}


@pytest.mark.parametrize("yes", ["yes", "Yes", "true", "TRUE", "'yes'"])
def test_levels_of_yes_and_no_in_every_spelling(yes):
    assert only(f"ask: Is it?\nscale: yes/no\nlevels: {{{yes}: It is}}").levels == {"yes": "It is"}


def test_levels_come_in_the_order_of_the_scale():
    found = only("ask: Is it?\nlevels:\n  5: top\n  1: bottom\n  3: middle")
    assert list(found.levels.items()) == [("1", "bottom"), ("3", "middle"), ("5", "top")]


def test_a_comma_in_bracketed_levels_belongs_to_the_text():
    found = only("ask: Is it?\nscale: [bad, fair, good]\nlevels: {bad: a, b, b, c, good: 'd, e', f}")
    assert found.levels == {"bad": "a, b, b, c", "good": "d, e, f"}


def test_an_answer_without_text_in_bracketed_levels_is_no_comma():
    error = refused(criterion("ask: Is it?\nscale: yes/no\nlevels: {yes: fine, no}"))
    assert "levels.no is empty" in error.what


@pytest.mark.parametrize(
    ("scale", "required", "least"),
    [
        ("yes/no", "true", 1.0),
        ("yes/no", "yes", 1.0),
        ("yes/no", "false", None),
        ("1-5", "true", 2.0),
        ("1-5", "3", 3.0),
        ("1-5", "3.5", 3.5),
        ("-2..2", "0", 0.0),
        ("[low, medium, high]", "true", 1.0),
        ("[low, medium, high]", "high", 2.0),
        ("0-1", "1", 1.0),
    ],
)
def test_required(scale, required, least):
    assert only(f"ask: Is it?\nscale: {scale}\nrequired: {required}").required == least


@pytest.mark.parametrize(
    ("scale", "required", "said"),
    [
        ("1-5", "1", "always met"),
        ("1-5", "6", "never met"),
        ("1-5", "high", "not a number"),
        ("[low, high]", "low", "always met"),
        ("[low, high]", "hihg", "Did you mean 'high'?"),
        ("{labels: [a, b], ordered: false}", "b", "labels with an order"),
        ("yes/no", "often", "no answer of the scale"),
    ],
)
def test_a_gate_that_can_mean_nothing_is_refused(scale, required, said):
    assert said in str(refused(criterion(f"ask: Is it?\nscale: {scale}\nrequired: {required}")))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("weigth", "weight"),
        ("Ask", "ask"),
        ("level", "levels"),
        ("requird", "required"),
        ("question", "ask"),
        ("type", "scale"),
    ],
)
def test_an_unknown_key_names_its_line_and_the_nearest(wrong, right):
    text = criterion(f"ask: Is it?\n{wrong}: 2")
    error = refused(text, "proposal.yaml")
    assert str(error).startswith(f"proposal.yaml line 5: criteria[1] has no key '{wrong}'. Did you mean '{right}'?")
    assert (error.line, error.key) == (5, f"criteria[1].{wrong}")


def test_all_problems_are_told_at_once():
    text = (
        PLAN.replace("weight", "weigth")
        .replace("3: A", "7: A")
        .replace("min: 150", "mim: 150")
        .replace("name:", "nam:")
    )
    error = refused(text)
    assert error.line == 1
    for line, said in [(1, "'name'"), (7, "'weight'"), (8, "nearest answer is 5"), (14, "'min'")]:
        assert f"line {line}:" in str(error)
        assert said in str(error)
    assert [p.line for p in read_rubric(text).problems] == [1, 1, 7, 8, 14]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "empty"),
        ("# nothing but a comment\n", 1, "empty"),
        ("- a\n- b\n", 1, "not a mapping"),
        ("Is it good?\n", 1, "not a mapping"),
        ("name: N\n", 1, "no 'criteria'"),
        ("name: N\ncriteria:\n", 2, "criteria is empty"),
        ("name: N\ncriteria: []\n", 2, "empty list"),
        ("name: N\ncriteria: [Is it good]\n", 2, "criteria[1] is 'Is it good', not a mapping"),
        ("name: N\nname: M\ncriteria: [{ask: a}]\n", 2, "lines 1 and 2"),
        ("name: N\ncriteria:\n\t- ask: a\n", 3, "tab"),
        ("name: N\ncriteria:\n- ask: Is this: good?\n", 3, "quotes"),
        ("name: N\ncriteria:\n- ask: {Column} is it?\n", 3, "quotes"),
        ("name: N\ncriteria:\n- {ask: Is it clear, and short}\n", 3, "comma"),
        ("name: N\ncriteria:\n- {ask: Is it clear?}\n", 3, "question mark"),
        ("name: N\n---\nname: M\n", 2, "second document"),
        ("name: 'N\ncriteria: []\n", 1, "never closed"),
        ("name: [N\ncriteria:\n", 2, "bracket"),
        ("name: [N, M\n", 1, "bracket"),
        ("name: *x\n", 1, "quotes"),
        ("name: !!python/name:os.system x\n", 1, "tag"),
        ("name: &a [*a]\n", 1, "contains itself"),
        ("name: a\x07b\n", 1, "U+0007"),
        ("name: {a: b}\ncriteria: [{ask: a}]\n", 1, "quotes"),
        ("? [a]\n: b\n", 1, "no text"),
        ("name: " + "[" * 5000, 1, "nested too deeply"),
        ("name: [" + "[]," * 9 + "{" * 5000, 1, "nested too deeply"),
        ("name: " + "x" * 300_000, 1, "characters"),
        ("name: N\nscale: {labels: [a, b], ordered: no}\ncriteria: [{ask: a}]\n", 2, "no order"),
        ("name: N\nlocale: germn\ncriteria: [{ask: a}]\n", 2, "'de'"),
        ("name: N\ncriteria:\n- {ask: a, weight: 0}\n- {ask: b, weight: 0}\n", 3, "weight 0"),
        ("name: N\ncriteria: [{id: x, ask: a}, {id: x, ask: b}]\n", 2, "also on line 2"),
        ("name: N\ncriteria:\n- id: x\n  ask: a\n- id: X\n  ask: b\n", 5, "also on line 3"),
    ],
)
def test_files_that_are_no_rubric(text, line, said):
    error = refused(text)
    assert said in str(error)
    assert error.line == line
    assert str(error).startswith(f"r.yaml line {line}: ")


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        ("ask: Is it?\nweight: heavy", 5, "'heavy', not a number"),
        ("ask: Is it?\nweight: -1", 5, "0 or more"),
        ("ask: Is it?\nweight: nan", 5, "not a number"),
        ("ask: Is it?\nweight: 1e999", 5, "not a number"),
        ("ask: Is it?\nweight: 1_0", 5, "not a number"),
        ("ask:", 4, "ask is empty"),
        ("ask: ~", 4, "ask is empty"),
        ("id: x", 4, "neither an ask nor a check"),
        ("ask: Is it?\ncheck: url", 5, "both an ask and a check"),
        ("ask: Is it {?", 4, "names no column"),
        ("ask: Is it }?", 4, "names no column"),
        ("ask: Is it {}?", 4, "names no column"),
        ("ask: 'Is it { }?'", 4, "names no column"),
        ("ask: Is it {a {b}}?", 4, "names no column"),
        ("ask: Is it?\nstatement: It is {", 5, "names no column"),
        ("id: score\nask: Is it?", 4, "writes itself"),
        ("id: SheetJudge\nask: Is it?", 4, "writes itself"),
        ("id: 'a b'\nask: Is it?", 4, "letters, digits"),
        ("id: -a\nask: Is it?", 4, "letters, digits"),
        ("id: " + "a" * 41 + "\nask: Is it?", 4, "letters, digits"),
        ("ask: Is it?\nlevels: [a, b]", 5, "not a mapping"),
        ("ask: Is it?\nlevels: {6: a}", 5, "nearest answer is 5"),
        ("ask: Is it?\nlevels:\n  1: a\n  01: b", 7, "nearest answer is 1"),
        ("ask: Is it?\nscale: yes/no\nlevels: {yes: a, true: b}", 6, "twice"),
        ("ask: Is it?\nscale: [low, high]\nlevels: {hihg: a}", 6, "Did you mean 'high'?"),
        ("check: {wrods: {max: 3}}", 4, "Did you mean 'words'?"),
        ("check:\n  words:\n    max: 3\n    min: many", 7, "not a whole number"),
        ("check: {}", 4, "nothing to check"),
        ("check: {words: {max: 3}, url: {}}", 4, "2 kinds"),
        ("check: url\nscale: {labels: [a, b], ordered: no}", 5, "need an order"),
    ],
)
def test_criteria_that_are_wrong(lines, line, said):
    error = refused(criterion(lines))
    assert said in str(error)
    assert error.line == line


@pytest.mark.parametrize("text", ['name: "\\UFFFFFFFF"', 'name: "\\U00110000"', f"%YAML 1.{'1' * 5000}\n---\nname: x"])
def test_what_the_yaml_reader_itself_stumbles_over_is_told(text):
    with pytest.raises(RubricError, match="isn't YAML"):
        parse_rubric(f"{text}\n")


@pytest.mark.parametrize(
    "line", ['name: "\\ud83d"', 'about: "\\udc00"', 'criteria: [{ask: x, levels: {1: "\\ud83d"}}]', '"\\ud83d": 1']
)
def test_half_a_character_is_refused_wherever_it_stands(line):
    rest = "".join(f"{key}\n" for key in ("name: n", "criteria: [{ask: x}]") if key[:4] != line[:4])
    with pytest.raises(RubricError, match="isn't valid Unicode"):
        parse_rubric(f"{line}\n{rest}")


def test_an_alias_repeats_what_was_written_once():
    text = "name: N\ncriteria:\n- {id: a, ask: Is it, levels: &l {1: low, 5: high}}\n"
    text += "- {id: b, ask: Is it so, levels: *l}\n"
    first, second = parse_rubric(text).criteria
    assert first.levels == second.levels == {"1": "low", "5": "high"}


def test_an_alias_bomb_is_refused():
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for this, last in zip("bcdefghi", "abcdefgh", strict=True):
        bomb += f"{this}: &{this} [{', '.join([f'*{last}'] * 10)}]\n"
    assert "by alias" in str(refused(bomb))


def test_missing_ids_are_made_of_the_ask():
    rubric = parse_rubric(
        "name: N\ncriteria:\n- ask: Does it state one clear research question?\n- ask: Is the tone polite?\n"
        "- ask: Is the tone polite?\n- ask: What is its score?\n- ask: Is it?\n- check: url\n- ask: 这个回答有礼貌吗?\n"
    )
    assert [c.id for c in rubric.criteria] == [
        "state-clear-research-question", "tone-polite", "tone-polite-2", "score-2", "is-it", "url", "这个回答有礼貌吗",
    ]  # fmt: skip


def test_a_made_id_yields_to_one_that_was_given():
    rubric = parse_rubric("name: N\ncriteria:\n- ask: Is the tone polite?\n- {id: Tone-Polite, ask: Is it}\n")
    assert [c.id for c in rubric.criteria] == ["tone-polite-2", "Tone-Polite"]


@pytest.mark.parametrize("name", ["Länge", "नमस्ते", "長さ", "no-advert", "q_1", "1"])
def test_ids_in_any_language(name):
    assert only(f"id: {name}\nask: Is it?").id == name


@pytest.mark.parametrize(
    ("written", "locale"), [("de", "de"), ("pt_br", "pt-BR"), ("DE-at", "de-AT"), ("en-GB", "en-GB")]
)
def test_locales(written, locale):
    assert parse_rubric(f"name: N\nlocale: {written}\ncriteria: [{{ask: a}}]\n").locale == locale


def test_a_sentence_is_a_rubric_of_one_criterion():
    rubric = rubric_from_sentence("  Does the answer say\nthe same as {Ideal answer}? ")
    (found,) = rubric.criteria
    assert rubric.name == found.ask == "Does the answer say the same as {Ideal answer}?"
    assert (found.id, found.scale, found.references) == ("say-same-ideal", integer_scale(1, 5), ("Ideal answer",))


@pytest.mark.parametrize("text", ["", "  \n", "Is it {?", "Is it \udcff?"])
def test_a_sentence_that_can_be_no_criterion(text):
    with pytest.raises(RubricError):
        rubric_from_sentence(text)


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(lambda t: t.strip() and "{" not in t and "}" not in t))
def test_any_sentence_has_an_id_of_its_own(text):
    found = rubric_from_sentence(text).criteria[0]
    assert found.ask == " ".join(text.split())
    assert only(f"id: '{found.id}'\nask: Is it?").id == found.id


@given(st.text())
def test_any_text_is_a_rubric_or_refused(text):
    reading = read_rubric(text)
    ends = sum(text.count(end) for end in "\n\r\x85\u2028\u2029")
    assert (reading.rubric is None) == bool(reading.problems)
    assert all(problem.line is not None and 1 <= problem.line <= ends + 1 for problem in reading.problems)


@given(st.integers(0, len(PLAN)), st.integers(0, 8), st.text(string.printable + "äé漢{}[]&*!|>'\"%@`", max_size=6))
def test_a_slip_of_the_keyboard_is_read_or_refused_with_its_line(at, cut, typed):
    text = PLAN[:at] + typed + PLAN[at + cut :]
    reading = read_rubric(text)
    assert (reading.rubric is None) == bool(reading.problems)
    for problem in reading.problems:
        assert problem.line is not None
        assert 1 <= problem.line <= len(text.splitlines()) + 1
        assert problem.what.strip()
