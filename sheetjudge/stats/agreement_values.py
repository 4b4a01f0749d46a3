"""Agreement of judges and people, as values that reports are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sheetjudge.core.rubric import Scale
from sheetjudge.stats.agreement_interval import Figure

MOST_CONFUSED = 20
"""Answers of a scale up to which a confusion matrix is made."""


@dataclass(frozen=True)
class Pair:
    """Two raters.

    Attributes:
        first, second: their names.
        rows: rows that both answered.
        figures: by measure. `exact`, `within_one`: shares of rows; `kappa` (Cohen), `kappa_linear`, `kappa_quadratic`;
            `alpha` (Krippendorff, by the scale's kind); `spearman`, `kendall` (tau-b), and the mean of these over
            groups (`spearman_within`, `kendall_within`); `above`: how far the first lies above the second, in scale
            units.
        confusion: rows by the first's answer (one list each) and the second's; empty where the scale has more than
            MOST_CONFUSED answers.
    """

    first: str
    second: str
    rows: int
    figures: Mapping[str, Figure]
    confusion: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Ceiling:
    """People beside each other: what a judge can be held to.

    Attributes:
        pairs: each with each.
        mean: by measure the mean over those pairs.
        rest: by measure the mean over people of each one beside the mean (or most common) answer of the others;
            empty for fewer than three.
        alpha: Krippendorff's alpha of all people at once.
    """

    pairs: tuple[Pair, ...]
    mean: Mapping[str, Figure]
    rest: Mapping[str, Figure]
    alpha: Figure


@dataclass(frozen=True)
class JudgeBeside:
    """One judge beside people.

    Attributes:
        judge: its name.
        rows: rows that it and a person answered. unscored: rows that people answered and it did not.
        pairs: the judge (first) with each person (second).
        mean: by measure the mean over people.
        rest: the judge beside each rest of people that one of them was held against in `Ceiling.rest`.
        beyond: by measure `mean` less the ceiling's. beyond_rest: the same of `rest`. Empty without a ceiling.
        beyond_person: by person, the mean over the others of judge-with-other less person-with-other: whether the judge
            agrees with the others as well as this person does.
    """

    judge: str
    rows: int
    unscored: int
    pairs: tuple[Pair, ...]
    mean: Mapping[str, Figure]
    rest: Mapping[str, Figure] = field(default_factory=dict)
    beyond: Mapping[str, Figure] = field(default_factory=dict)
    beyond_rest: Mapping[str, Figure] = field(default_factory=dict)
    beyond_person: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict)


@dataclass(frozen=True)
class Agreement:
    """Everything about one criterion.

    Attributes:
        scale: of its answers. measures: the names of those that are told. level: what intervals hold.
        rows: rows that a person answered. groups: groups that rows are left out by; None where rows stand alone.
        people: their names, in order.
        ceiling: None for a single person.
        judges: in the order given.
    """

    scale: Scale
    measures: tuple[str, ...]
    level: float
    rows: int
    groups: int | None
    people: tuple[str, ...]
    ceiling: Ceiling | None
    judges: tuple[JudgeBeside, ...]


def main_measure(measures: Sequence[str]) -> str:
    """The measure by which a judge and people are compared in a sentence: the quadratic kappa where there is one."""
    return next(name for name in ("kappa_quadratic", "kappa", "spearman") if name in measures)
