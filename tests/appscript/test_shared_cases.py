"""What the sidebar and the package must see alike: both answer the same cases, here the package does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sheetjudge.core.row_marks import parse_mark, word
from sheetjudge.core.rubric_grid import read_grid, rubric_grid
from sheetjudge.core.table import name_columns

CASES: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "shared_cases.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES["column_names"])
def test_columns_have_the_same_names(case: dict[str, Any]) -> None:
    found = name_columns(case["headers"], len(case["headers"]))
    assert [column.name for column in found] == case["names"]


@pytest.mark.parametrize("case", CASES["words"])
def test_values_have_the_same_words(case: dict[str, Any]) -> None:
    assert word(case["role"], case["value"]) == case["word"]


@pytest.mark.parametrize("case", CASES["marks"])
def test_marks_hold_the_same_words(case: dict[str, Any]) -> None:
    mark = parse_mark(case["cell"])
    assert (None if mark is None else sorted(mark.words)) == case["words"]


@pytest.mark.parametrize("case", CASES["rubrics"])
def test_a_rubric_that_the_sidebar_wrote_anew_is_the_same(case: dict[str, Any]) -> None:
    pushed, rewritten = (read_grid(case[key], "Rubric").rubric for key in ("grid", "rewritten"))
    assert pushed is not None
    assert rubric_grid(pushed) == case["grid"]
    assert rewritten is not None
    assert rewritten.version == pushed.version
