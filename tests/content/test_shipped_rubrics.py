"""What every rubric that comes with sheetjudge keeps to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sheetjudge.core.rubric import Criterion, Rubric
from sheetjudge.core.rubric_file import parse_rubric

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "rubrics").glob("*.yaml"))
NAMES = {
    "answer-helpfulness",
    "code-review",
    "community-submission",
    "customer-support-reply",
    "essay",
    "research-proposal",
    "summary-faithfulness",
    "translation-quality",
}


def read(file: Path) -> Rubric:
    return parse_rubric(file.read_text("utf-8"), file.name)


def asked() -> list[tuple[str, Criterion]]:
    return [(f"{file.stem}: {c.id}", c) for file in FILES for c in read(file).asked]


def test_all_are_there() -> None:
    assert {file.stem for file in FILES} == NAMES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_says_what_it_judges(file: Path) -> None:
    rubric = read(file)
    assert len(rubric.about) > 100
    assert 4 <= len(rubric.asked) <= 7
    # Some endpoints refuse other characters in the keys of a reply.
    assert all(re.fullmatch(r"[a-z][a-z0-9_-]*", c.id) for c in rubric.criteria)


@pytest.mark.parametrize(("name", "criterion"), asked(), ids=[name for name, _ in asked()])
def test_each_answer_is_described_by_what_one_sees(name: str, criterion: Criterion) -> None:
    assert set(criterion.levels) == set(criterion.scale.labels), name
    texts = list(criterion.levels.values())
    assert len(set(texts)) == len(texts)
    # "Good" or "rather weak" would leave the judge to its own taste.
    assert all(len(text.split()) >= 5 for text in texts)


@pytest.mark.parametrize(("name", "criterion"), asked(), ids=[name for name, _ in asked()])
def test_each_criterion_has_a_statement_that_stands_alone(name: str, criterion: Criterion) -> None:
    assert criterion.statement.endswith("."), name
    # A row's text inside the statement would be scored along with it.
    assert "{" not in criterion.statement


def test_columns_that_a_rubric_needs_are_named_in_its_about_and_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for file in FILES:
        rubric = read(file)
        needed = sorted({name for c in rubric.asked for name in c.references})
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{file.stem}`"))
        assert re.findall(r"`([A-Z]\w*)`", row) == needed
        assert all(f"column {name}" in rubric.about for name in needed)
