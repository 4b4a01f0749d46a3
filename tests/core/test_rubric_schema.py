"""The JSON Schema for editors agrees with the reader, and a rubric survives being written out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rubric_strategies import rubrics

from sheetjudge.core.checks import compile_check
from sheetjudge.core.criterion_ids import LONGEST_ID, MANAGED_NAMES
from sheetjudge.core.rubric_advice import unwise
from sheetjudge.core.rubric_dump import dump_rubric, rubric_data
from sheetjudge.core.rubric_file import parse_rubric, read_rubric
from sheetjudge.core.rubric_reader import CRITERION_KEYS, RUBRIC_KEYS
from sheetjudge.core.yaml_nodes import load, plain_data
from sheetjudge.ops.rubrics import rubric_schema

SCHEMA = json.loads(rubric_schema())
VALIDATOR = Draft202012Validator(SCHEMA)
SHIPPED = sorted((Path(__file__).parents[2] / "rubrics").glob("*.yaml"))


def as_an_editor_sees(text: str):
    """YAML 1.2, as the editors' language server reads it."""
    root, wrong = load(text)
    assert root is not None, wrong
    return plain_data(root)


def test_the_schema_is_one_and_knows_the_readers_keys():
    Draft202012Validator.check_schema(SCHEMA)
    assert tuple(SCHEMA["properties"]) == RUBRIC_KEYS
    assert tuple(SCHEMA["$defs"]["criterion"]["properties"]) == CRITERION_KEYS
    ids = SCHEMA["$defs"]["criterion"]["properties"]["id"]
    assert ids["maxLength"] == LONGEST_ID
    assert set(ids["not"]["enum"]) == {*MANAGED_NAMES, *(name.lower() for name in MANAGED_NAMES)}
    kinds = [branch["required"][0] for branch in SCHEMA["$defs"]["check"]["anyOf"][1]["oneOf"]]
    with pytest.raises(Exception, match="The kinds are " + ", ".join(kinds) + "\\."):
        compile_check({})


def test_eight_rubrics_are_shipped():
    assert len(SHIPPED) == 8


@pytest.mark.parametrize("file", SHIPPED, ids=lambda f: f.stem)
def test_a_shipped_rubric_is_right_by_reader_and_schema_and_wise(file):
    text = file.read_text(encoding="utf-8")
    rubric = parse_rubric(text, file.name)
    VALIDATOR.validate(as_an_editor_sees(text))
    assert unwise(rubric) == ()
    assert parse_rubric(dump_rubric(rubric)) == rubric
    for criterion in rubric.asked:
        assert criterion.statement
        assert criterion.levels


@settings(max_examples=60)
@given(rubrics())
def test_what_is_written_out_reads_back_the_same(rubric):
    text = dump_rubric(rubric)
    again = parse_rubric(text)
    assert again == rubric
    assert again.version == rubric.version
    assert [list(c.levels) for c in again.criteria] == [list(c.levels) for c in rubric.criteria]
    VALIDATOR.validate(as_an_editor_sees(text))


WRONG = {
    "an unknown key": lambda d: d.update(weigth=1),
    "no name": lambda d: d.pop("name"),
    "no criteria": lambda d: d.pop("criteria"),
    "an empty list": lambda d: d.update(criteria=[]),
    "criteria as text": lambda d: d.update(criteria="Is it good?"),
    "a name that is a list": lambda d: d.update(name=["a"]),
    "an empty about": lambda d: d.update(about=None),
    "an empty scale": lambda d: d.update(scale=None),
    "a scale of one label": lambda d: d.update(scale=["one"]),
    "labels twice": lambda d: d.update(scale=["one", "one"]),
    "a scale with other keys": lambda d: d.update(scale={"labels": ["a", "b"], "order": False}),
    "a locale in a mapping": lambda d: d.update(locale={"de": 1}),
}
WRONG_CRITERION = {
    "an unknown key": lambda c: c.update(level={}),
    "neither ask nor check": lambda c: (c.pop("ask", None), c.pop("check", None)),
    "both ask and check": lambda c: c.update(ask="Is it?", check={"words": {"max": 3}}),
    "a negative weight": lambda c: c.update(weight=-0.5),
    "a weight in words": lambda c: c.update(weight="much"),
    "levels as a list": lambda c: c.update(levels=["a"]),
    "levels of lists": lambda c: c.update(levels={1: ["a"]}, scale="1-5"),
    "a managed id": lambda c: c.update(id="Score"),
    "a long id": lambda c: c.update(id="x" * 41),
    "required as a list": lambda c: c.update(required=[1]),
    "an empty ask": lambda c: (c.pop("check", None), c.update(ask=None)),
    "a check of no kind": lambda c: (c.pop("ask", None), c.update(check={"column": "A"})),
    "a check of two kinds": lambda c: (c.pop("ask", None), c.update(check={"url": {}, "words": {"min": 1}})),
    "a check by a wrong name": lambda c: (c.pop("ask", None), c.update(check="word")),
    "words of a wrong option": lambda c: (c.pop("ask", None), c.update(check={"words": {"mim": 1}})),
    "words without a number": lambda c: (c.pop("ask", None), c.update(check={"words": {"min": "few"}})),
    "words without bounds": lambda c: (c.pop("ask", None), c.update(check={"words": {}})),
    "nothing to contain": lambda c: (c.pop("ask", None), c.update(check={"contains": []})),
    "equal to nothing": lambda c: (c.pop("ask", None), c.update(check={"equals": {"tolerance": 1}})),
    "a bound in words": lambda c: (c.pop("ask", None), c.update(check={"number": {"min": "1,5"}})),
    "a date in words": lambda c: (c.pop("ask", None), c.update(check={"date": {"after": "yesterday"}})),
}  # fmt: skip


def both_refuse(data) -> None:
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    reading = read_rubric(text)
    assert reading.rubric is None, text
    assert all(problem.line and problem.what for problem in reading.problems)
    assert not VALIDATOR.is_valid(as_an_editor_sees(text)), text


@settings(max_examples=40)
@given(rubric=rubrics(), slip=st.sampled_from(sorted(WRONG)))
def test_reader_and_schema_refuse_a_wrong_file(slip, rubric):
    data = rubric_data(rubric)
    WRONG[slip](data)
    both_refuse(data)


@settings(max_examples=40)
@given(rubric=rubrics(), which=st.integers(0, 2), slip=st.sampled_from(sorted(WRONG_CRITERION)))
def test_reader_and_schema_refuse_a_wrong_criterion(slip, rubric, which):
    data = rubric_data(rubric)
    WRONG_CRITERION[slip](data["criteria"][which % len(data["criteria"])])
    both_refuse(data)


@pytest.mark.parametrize("slip", WRONG)
def test_each_slip_in_a_file_is_refused(slip):
    data = as_an_editor_sees(SHIPPED[0].read_text(encoding="utf-8"))
    WRONG[slip](data)
    both_refuse(data)


@pytest.mark.parametrize("slip", WRONG_CRITERION)
@pytest.mark.parametrize("criterion", [{"ask": "Is it?"}, {"check": {"words": {"min": 1}}}], ids=["ask", "check"])
def test_each_slip_in_a_criterion_is_refused(slip, criterion):
    data = {"name": "N", "criteria": [{"id": "other", "ask": "Is it so?"}, dict(criterion)]}
    WRONG_CRITERION[slip](data["criteria"][1])
    both_refuse(data)


def test_unwise_but_legal():
    rubric = parse_rubric(
        "name: N\ncriteria:\n- {id: a, ask: Is it so}\n- {id: b, ask: 'Is it? And why?', levels: {1: low, 5: high}}\n"
        "- {id: c, check: url, weight: 0}\n- {id: d, check: url, weight: 0, required: true}\n"
        f"- {{id: e, ask: {'very ' * 120}good, scale: yes/no}}\n"
    )
    assert [(rubric.criteria[n].id, part) for (n, note), part in zip(
        unwise(rubric),
        ["none of its 5", "more than one question", "doesn't describe 2, 3, 4", "doesn't count", "604 characters"],
        strict=True,
    ) if part in note] == [("a", "none of its 5"), ("b", "more than one question"), ("b", "doesn't describe 2, 3, 4"),
                           ("c", "doesn't count"), ("e", "604 characters")]  # fmt: skip
