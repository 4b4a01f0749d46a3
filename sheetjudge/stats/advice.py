"""What verdicts say of a rubric: criteria that never vary, that repeat each other, that follow length, that divide."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Scale
from sheetjudge.stats.agreement import too_few
from sheetjudge.stats.agreement_interval import LEVEL, Figure, Floats, LeftOut, figure, left_out
from sheetjudge.stats.agreement_measures import agreement, rounded

ALIKE_SHARE = 0.95
"""A criterion with one answer on more rows than this tells rows apart no more."""

REPEATED = 0.8
"""A rank correlation from which on two criteria order rows nearly alike."""

FOLLOWS_LENGTH = 0.2
"""A partial rank correlation with length that is worth a look."""

LEAST_ROWS = 20
MOST_ROWS = 5


@dataclass(frozen=True, slots=True)
class Apart:
    """A row on which a judge and people disagree.

    Attributes:
        row: its index. judge: the judge's answer. people: theirs by name, without those who gave none.
        apart: how far the judge is from their mean, in scale units; for labels without an order the share of people
            with another one.
    """

    row: int
    judge: float
    people: Mapping[str, float]
    apart: float


@dataclass(frozen=True, slots=True)
class Unvaried:
    """A criterion on which a rater gives nearly every row the same answer.

    Attributes:
        answer: the most common one. share: of rows with it. rows: answered.
    """

    criterion: str
    rater: str
    answer: str
    share: float
    rows: int


@dataclass(frozen=True, slots=True)
class Repeats:
    """Two criteria that order rows nearly alike.

    Attributes:
        correlation: Spearman's rho between a judge's answers to both. people: the same of people's mean answers; where
            it is much lower, the judge doesn't keep the criteria apart and the rubric does.
    """

    first: str
    second: str
    judge: str
    correlation: Figure
    people: Figure


@dataclass(frozen=True, slots=True)
class Follows:
    """A criterion on which a judge's answers go with the length of the text.

    Attributes:
        partial: Spearman's correlation with length where people's mean answer is held equal: liking for length that
            people don't share. plain: without that. people: of people's mean answer with length.
    """

    criterion: str
    judge: str
    partial: Figure
    plain: Figure
    people: Figure

    @property
    def shown(self) -> Figure:
        """The one that is judged by: beside people where there are enough labels, else the judge's own."""
        return self.partial if self.partial.low is not None else self.plain


def disagreements(
    judge: Floats, people: Mapping[str, Floats], scale: Scale, most: int = MOST_ROWS
) -> tuple[Apart, ...]:
    """The rows on which a judge and people are furthest apart, furthest first; rows without a difference aren't named.

    Args:
        judge: a value for each row in scale units, NaN where there is none. people: the same by name.
        scale: of the answers. most: rows at the most.
    """
    stacked = np.stack(list(people.values()))
    there = ~np.isnan(stacked)
    count = there.sum(axis=0)
    if scale.ordered:
        mean = np.where(there, stacked, 0.0).sum(axis=0) / np.maximum(count, 1)
        apart = np.abs(judge - mean)
    else:
        apart = np.sum(there & (stacked != judge), axis=0) / np.maximum(count, 1)
    apart = np.where((count > 0) & ~np.isnan(judge), apart, -1.0)
    order = np.argsort(-apart, kind="stable")[:most]
    return tuple(
        Apart(
            int(row),
            float(judge[row]),
            {name: float(values[row]) for name, values in people.items() if not np.isnan(values[row])},
            float(apart[row]),
        )
        for row in order
        if apart[row] > 0
    )


def unvaried(criterion: str, rater: str, values: Floats, scale: Scale, share: float = ALIKE_SHARE) -> Unvaried | None:
    """The most common answer, where it is that of more than `share` of the rows; None elsewhere, and for few rows."""
    told = rounded(values[~np.isnan(values)], scale)
    if len(told) < LEAST_ROWS:
        return None
    answers, counts = np.unique(told, return_counts=True)
    top = int(counts.argmax())
    if counts[top] <= share * len(told):
        return None
    return Unvaried(
        criterion, rater, scale.nearest_label(float(answers[top])), float(counts[top] / len(told)), len(told)
    )


def repeats(
    judge: str,
    answers: Mapping[str, Floats],
    people: Mapping[str, Floats],
    scales: Mapping[str, Scale],
    groups: Sequence[Hashable] | None = None,
    *,
    least: float = REPEATED,
    level: float = LEVEL,
) -> tuple[Repeats, ...]:
    """Pairs of criteria that a judge orders rows by nearly alike: with a correlation of `least` or more.

    Args:
        judge: its name. answers: by criterion its values. people: by criterion their mean answers.
        scales: by criterion; those without an order are left out.
        groups: for each row what it belongs to.
        least: correlation that is told of.
        level: of the intervals.
    """
    found = []
    ordered = [name for name in answers if scales[name].ordered]
    for first, second in combinations(ordered, 2):
        plan = left_out(len(answers[first]), groups)
        own = _correlation(answers[first], answers[second], plan, level)
        if own.rows >= LEAST_ROWS and own.value is not None and own.value >= least:
            nobody = np.full(len(answers[first]), np.nan)
            theirs = _correlation(people.get(first, nobody), people.get(second, nobody), plan, level)
            found.append(Repeats(first, second, judge, own, theirs))
    return tuple(sorted(found, key=lambda pair: -(pair.correlation.value or 0)))


def follows_length(
    criterion: str,
    judge: str,
    values: Floats,
    people: Floats,
    lengths: Floats,
    groups: Sequence[Hashable] | None = None,
    *,
    level: float = LEVEL,
) -> Follows:
    """How a judge's answers to a criterion go with the length of the text.

    Args:
        criterion, judge: their names.
        values: the judge's answers, NaN where there is none. people: the mean of people's.
        lengths: of the texts, in characters.
        groups: for each row what it belongs to.
        level: of the intervals.
    """
    plan = left_out(len(values), groups)
    used = ~(np.isnan(values) | np.isnan(people) | np.isnan(lengths))
    masked = [np.where(used, series, np.nan) for series in (values, people, lengths)]
    by_people, by_length, shared = (_draws(masked[a], masked[b], plan) for a, b in ((0, 1), (0, 2), (1, 2)))
    with np.errstate(divide="ignore", invalid="ignore"):
        partial = (by_length - by_people * shared) / np.sqrt((1 - by_people**2) * (1 - shared**2))
    return Follows(
        criterion,
        judge,
        _told(np.where(np.isfinite(partial), partial, np.nan), plan, used, level),
        _correlation(values, lengths, plan, level),
        _correlation(people, lengths, plan, level),
    )


def is_marked(found: Follows, least: float = FOLLOWS_LENGTH) -> bool:
    """Whether a liking for length is worth telling: strong enough, and not by chance."""
    shown = found.shown
    if shown.value is None or shown.low is None or shown.high is None:
        return False
    return abs(shown.value) >= least and (shown.low > 0 or shown.high < 0)


_ANY = Scale("integer", 0, 1)


def _draws(first: Floats, second: Floats, plan: LeftOut) -> Floats:
    return agreement(first, second, plan.weights, _ANY, ("spearman",))["spearman"]


def _correlation(first: Floats, second: Floats, plan: LeftOut, level: float) -> Figure:
    return _told(_draws(first, second, plan), plan, ~(np.isnan(first) | np.isnan(second)), level)


def _told(draws: Floats, plan: LeftOut, used: NDArray[np.bool_], level: float) -> Figure:
    rows = int(np.count_nonzero(used))
    if rows < LEAST_ROWS:
        return Figure(None, rows=rows, chance=0.0, why=too_few(rows))
    return figure(draws, plan, used, "coefficient", level=level, chance=0.0)
