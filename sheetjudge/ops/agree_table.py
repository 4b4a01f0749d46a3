"""A table of labels and verdicts as numbers: a value for each row, rater and criterion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Scale
from sheetjudge.core.table import Table
from sheetjudge.ops.agree_labels import Unread
from sheetjudge.ops.judged_table import ScoreColumns, result_roles
from sheetjudge.ops.jury_voices import Voices

Floats = NDArray[np.float64]
Answers = dict[str, Floats]

JUDGE = "the judge"
"""What the judge is called whose results stand in the table."""

_NO_CRITERIA = frozenset({
    "Score", "Rank", "Rank from", "Rank to", "Tier", "Strength", "Strength from", "Strength to", "Comparisons", "Keep",
    "Why", "Reasoning", "Status",
})  # fmt: skip


@dataclass(frozen=True)
class Results:
    """Where what sheetjudge wrote stands.

    Attributes:
        columns: of the score and the status. criteria: by id the column of its answer.
        why: the column of the reasons, which hold what each judge of a jury said; None for none.
        prefix: what their headers begin with where another rubric's results stand beside them, `Style · `, or "".
        is_filtered: `filter` wrote them.
    """

    columns: ScoreColumns
    criteria: Mapping[str, int]
    why: int | None = None
    prefix: str = ""
    is_filtered: bool = False


@dataclass
class Criterion:
    """All answers to one criterion.

    Attributes:
        scale: of the answers. people, judges: by name a value for each row, NaN where there is none.
        by_order: why only the order is compared; "" where the marks are on one scale.
        notes: what a reader must know of how the answers were read.
    """

    scale: Scale
    people: Answers = field(default_factory=dict)
    judges: Answers = field(default_factory=dict)
    by_order: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a row: its text may be long, and there may be many.

    Attributes:
        number: as a person finds it. title: how to call it. length: of its text, in characters. group: what it belongs
            to; "" where nothing groups it. cells: by index those with answers.
        voices: what each judge of a jury said.
    """

    number: int
    title: str
    length: int
    group: str
    cells: Mapping[int, str]
    voices: Voices = field(default_factory=dict)


@dataclass
class Labels:
    """Every answer of a table.

    Attributes:
        rows: rows that hold anything.
        criteria: in order, the row as a whole (`OVERALL`) last.
        unread: cells that hold no answer. unscored: for each row without results that count, why.
        checks: by id what the rubric's deterministic checks found, which is a fact for people too.
        left: which criteria were left out and why, one sentence each.
    """

    rows: tuple[Kept, ...]
    criteria: dict[str, Criterion] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    unscored: list[str] = field(default_factory=list)
    checks: Answers = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def results_in(table: Table, columns: ScoreColumns) -> Results:
    """The criteria whose answers stand beside a score that sheetjudge wrote."""
    for roles in result_roles(table):
        if columns.score in roles.values():
            prefix = next(role for role, index in roles.items() if index == columns.score).removesuffix("Score")
            names = {role.removeprefix(prefix): index for role, index in roles.items()}
            criteria = {name: index for name, index in names.items() if name not in _NO_CRITERIA}
            return Results(columns, criteria, names.get("Why"), prefix, "Keep" in names and not criteria)
    return Results(columns, {})


def reasons(labels: Labels, labelled: NDArray[np.bool_]) -> Counter[str]:
    """Why rows that people labelled have no results, by how many."""
    return Counter(why for why, wanted in zip(labels.unscored, labelled, strict=True) if wanted and why)
