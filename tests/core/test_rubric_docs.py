"""What the rubrics' page shows is what the reader says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sheetjudge.core.checks import compile_check
from sheetjudge.core.checks.check import KINDS
from sheetjudge.core.rubric_file import parse_rubric
from sheetjudge.errors import RubricError

PAGE = (Path(__file__).parents[2] / "rubrics" / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_first_example_has_the_mistake_that_is_shown():
    with pytest.raises(RubricError) as caught:
        parse_rubric(BLOCKS[0], "answer.yaml")
    assert f"```text\n{caught.value}\n```" in PAGE
    right = BLOCKS[0].replace("check: url ", "check: {url: {}, column: Source} ").replace("    column: Source\n", "")
    assert parse_rubric(right).criteria[2].check == {"url": {}, "column": "Source"}


def test_the_second_example_is_right():
    assert [c.id for c in parse_rubric(BLOCKS[1]).criteria] == ["amount", "sum", "paid", "reason", "clear"]


def test_every_kind_is_in_the_table_as_it_can_be_written():
    table = re.findall(r"^\| `((\w+): .*?)` \|", PAGE[PAGE.index("## Checks") :], re.MULTILINE)
    assert {kind for _, kind in table} == set(KINDS)
    for written, kind in table:
        rubric = parse_rubric(f"name: N\ncriteria:\n- check:\n    {written}\n")
        assert list(compile_check(rubric.criteria[0].check).spec) == [kind]
