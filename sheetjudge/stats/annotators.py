"""The alternative annotator test: may a judge take a person's place?

Calderon, Reichart and Dror, "The Alternative Annotator Test for LLM-as-a-Judge" (ACL 2025). Each person is left out in
turn; on each row the judge and that person are compared by how well either matches the other people. The judge wins
against a person where its chance to be as good or better exceeds the person's chance, less a bonus `epsilon` for what
a judge saves, by a t-test, with the share of false wins controlled (Benjamini and Yekutieli, 2001). It passes where it
wins against half of the people.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from sheetjudge.core.rubric import Scale
from sheetjudge.stats.agreement_interval import LEVEL, Figure, Floats, figure, left_out

EPSILON = 0.15
"""The paper's advice for skilled people; 0.2 for experts, 0.1 for crowd workers."""

FALSE_WINS = 0.05
LEAST_PEOPLE = 3
LEAST_ROWS = 30
"""Rows of a person, as the paper asks for the t-test."""

# Matches nearer to each other are ties: 0.3 is as far from 0.2 as 0.1 is, but for the last digit.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Contest:
    """The judge against one person.

    Attributes:
        person: who. rows: on which the two were compared.
        judge: share of rows on which the judge matches the others as well as the person does, or better.
        own: share of rows on which the person does as well as the judge, or better. Ties count for both.
        p: of the t-test that the judge is no better than the person less epsilon.
        adjusted: the same for all people together (Benjamini–Yekutieli).
        won: the judge wins.
    """

    person: str
    rows: int
    judge: float
    own: float
    p: float
    adjusted: float
    won: bool


@dataclass(frozen=True, slots=True)
class AnnotatorTest:
    """What came of the test.

    Attributes:
        epsilon: the bonus. false_wins: share of false wins that is allowed for.
        contests: one for each person with rows enough.
        left_out: people with too few rows, and how many those are.
        winning_rate: share of the contests that were won; None where there were none.
        advantage: the judge's chance to be as good as a person or better, the mean over people.
        passed: the winning rate is a half or more; None where it can't be told.
        why: why it can't be told; "" where it can.
    """

    epsilon: float
    false_wins: float
    contests: tuple[Contest, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    winning_rate: float | None = None
    advantage: Figure = field(default_factory=lambda: Figure(None))
    passed: bool | None = None
    why: str = ""


def annotator_test(
    people: Mapping[str, Floats],
    judge: Floats,
    scale: Scale,
    *,
    epsilon: float = EPSILON,
    groups: Sequence[Hashable] | None = None,
    false_wins: float = FALSE_WINS,
    level: float = LEVEL,
) -> AnnotatorTest:
    """Test whether a judge can stand in for people.

    Rows count on which the judge, the person and at least one other person answered. On labels without an order a match
    is the share of others with the same label, elsewhere it is minus the root mean square of the differences. With
    groups, the t-test's variance and its degrees of freedom are those of groups, as rows of a group aren't independent.

    Args:
        people: by name a value for each row, NaN where there is none.
        judge: its values, of the same rows.
        scale: the answers that were possible.
        epsilon: bonus for the judge, 0…1.
        groups: for each row what it belongs to.
        false_wins: share of false wins among the wins that is allowed for.
        level: of the interval of `advantage`.
    """
    empty = AnnotatorTest(epsilon, false_wins)
    if len(people) < LEAST_PEOPLE:
        return _without(empty, f"it takes {LEAST_PEOPLE} people or more")
    wins = {name: _wins(people, name, judge, scale) for name in people}
    rows = {name: int(np.count_nonzero(~np.isnan(won))) for name, (won, _) in wins.items()}
    left = tuple((name, count) for name, count in rows.items() if count < LEAST_ROWS)
    taken = [name for name, count in rows.items() if count >= LEAST_ROWS]
    if not taken:
        return _without(
            empty, f"it takes {LEAST_ROWS} rows or more that a person, another and the judge answered", left
        )
    values = [_p_value(own - won, epsilon, groups) for won, own in (wins[name] for name in taken)]
    from scipy.stats import false_discovery_control

    adjusted = [float(p) for p in false_discovery_control(values, method="by")]
    contests = tuple(
        Contest(
            name,
            rows[name],
            float(np.nanmean(wins[name][0])),
            float(np.nanmean(wins[name][1])),
            p,
            total,
            total <= false_wins,
        )
        for name, p, total in zip(taken, values, adjusted, strict=True)
    )
    rate = sum(contest.won for contest in contests) / len(contests)
    advantage = _advantage([wins[name][0] for name in taken], groups, level)
    return AnnotatorTest(epsilon, false_wins, contests, left, rate, advantage, rate >= 0.5)  # noqa: PLR2004


def _without(empty: AnnotatorTest, why: str, left: tuple[tuple[str, int], ...] = ()) -> AnnotatorTest:
    return AnnotatorTest(empty.epsilon, empty.false_wins, left_out=left, why=why)


def _wins(people: Mapping[str, Floats], person: str, judge: Floats, scale: Scale) -> tuple[Floats, Floats]:
    """For each row whether the judge does as well as the person, and the other way round; NaN where nobody can tell."""
    others = np.stack([values for name, values in people.items() if name != person])
    there = ~np.isnan(others)
    counts = there.any(axis=0) & ~np.isnan(people[person]) & ~np.isnan(judge)

    def match(values: Floats) -> Floats:
        size = np.maximum(there.sum(axis=0), 1)
        if not scale.ordered:
            same: Floats = np.sum(there & (others == values), axis=0) / size
            return same
        apart: Floats = np.sqrt(np.sum(np.where(there, (others - values) ** 2, 0.0), axis=0) / size)
        return -apart

    ahead = match(judge) - match(people[person])
    return (
        np.where(counts, (ahead >= -_SAME).astype(float), np.nan),
        np.where(counts, (ahead <= _SAME).astype(float), np.nan),
    )


def _p_value(apart: Floats, epsilon: float, groups: Sequence[Hashable] | None) -> float:
    """Of the one-sided t-test that the mean is epsilon or more."""
    from scipy.stats import t, ttest_1samp

    used = ~np.isnan(apart)
    values = apart[used]
    if groups is None:
        if np.ptp(values) == 0:
            return 0.0 if values[0] < epsilon else 1.0
        return float(ttest_1samp(values, epsilon, alternative="less").pvalue)
    sums: dict[Hashable, float] = {}
    for row, value in zip(np.flatnonzero(used).tolist(), values - values.mean(), strict=True):
        sums[groups[row]] = sums.get(groups[row], 0.0) + float(value)
    count = len(sums)
    error = sqrt(count / max(count - 1, 1) * sum(s * s for s in sums.values())) / len(values)
    if count < 2 or error == 0:  # noqa: PLR2004
        return 0.0 if count > 1 and values.mean() < epsilon else 1.0
    return float(t.cdf((values.mean() - epsilon) / error, count - 1))


def _advantage(wins: Sequence[Floats], groups: Sequence[Hashable] | None, level: float) -> Figure:
    plan = left_out(len(wins[0]), groups)
    means = []
    for won in wins:
        used = ~np.isnan(won)
        weights = plan.weights[:, used]
        with np.errstate(divide="ignore", invalid="ignore"):
            means.append(weights @ won[used] / weights.sum(axis=1))
    used_by_any = np.any([~np.isnan(won) for won in wins], axis=0)
    return figure(np.mean(means, axis=0), plan, used_by_any, "rate", level=level)
