"""How values are spread, and how a judge's lie beside people's: the numbers that charts are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Scale

Floats = NDArray[np.float64]

LEVEL = 0.95
LEAST_FOR_INTERVAL = 5
"""Rows in a bin below which the interval of their mean tells nothing."""

_MOST_ANSWERS = 12
_FINE, _COARSE = 20, 8
_DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class Bin:
    """Values from `low` to `high`.

    Attributes:
        label: what to call it. count: values in it.
    """

    label: str
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Values in a few figures: the mean, the quartiles, the least and the most. None where there are no values."""

    count: int
    mean: float | None
    lowest: float | None
    first: float | None
    median: float | None
    third: float | None
    highest: float | None


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Rows whose scores lie together.

    Attributes:
        judge: mean of the judge's values. people: mean of people's.
        low, high: interval of the latter, None for few rows. rows: how many.
    """

    judge: float
    people: float
    low: float | None
    high: float | None
    rows: int


def summary(values: Floats) -> Summary:
    """Values in a few figures; NaN counts for nothing."""
    told = values[~np.isnan(values)]
    if not told.size:
        return Summary(0, None, None, None, None, None, None)
    points = [float(point) for point in np.percentile(told, [0, 25, 50, 75, 100])]
    return Summary(int(told.size), float(told.mean()), *points)


def mean_interval(values: Floats) -> tuple[float, float] | None:
    """Student's interval of LEVEL for the mean of the values, NaN left out; None where there are too few to tell."""
    from scipy.stats import t

    told = values[~np.isnan(values)]
    if told.size < LEAST_FOR_INTERVAL:
        return None
    reach = float(t.ppf((1 + LEVEL) / 2, told.size - 1)) * float(told.std(ddof=1)) / sqrt(told.size)
    return float(told.mean()) - reach, float(told.mean()) + reach


def share_interval(shares: Floats, level: float) -> tuple[float, float] | None:
    """Interval of a mean share in 0 … 1; None where there are none.

    A Bayesian bootstrap (Rubin, 1981) with half a made-up 1 and half a made-up 0, so that three of three aren't
    certainty: of shares that are 0 or 1 it is Jeffreys' interval.
    """
    if not shares.size:
        return None
    draw = np.random.default_rng(0)
    # The weights of those with the same share are drawn together.
    values, counts = np.unique(shares, return_counts=True)
    weights = draw.gamma(counts, size=(_DRAWS, counts.size))
    ends = draw.gamma(0.5, size=(_DRAWS, 2))
    drawn = (weights @ values + ends[:, 0]) / (weights.sum(axis=1) + ends.sum(axis=1))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    mean = float(shares.mean())
    # A share of all lies at the edge of what could be.
    return min(float(low), mean), max(float(high), mean)


def score_bins(values: Floats, scale: Scale) -> tuple[Bin, ...]:
    """Scores by equal parts of their scale, or by its values where all scores are such. Each lies in one bin."""
    told = values[~np.isnan(values)]
    size = scale.high - scale.low
    if size < _MOST_ANSWERS and not np.any(told % 1):
        return answer_bins(told, scale)
    return _equal(told, scale, _FINE if size != 4 else 16)  # noqa: PLR2004 - quarters of 1-5


def answer_bins(values: Floats, scale: Scale) -> tuple[Bin, ...]:
    """Values of a criterion by the nearest answer, or by equal parts of a scale with many answers."""
    told = values[~np.isnan(values)]
    if scale.high - scale.low >= _MOST_ANSWERS and scale.kind == "integer":
        return _equal(told, scale, 10)
    nearest = np.clip(np.floor(told - scale.low + 0.5), 0, scale.high - scale.low).astype(int)
    counts = np.bincount(nearest, minlength=len(scale.labels))
    return tuple(
        Bin(label, scale.low + at - 0.5, scale.low + at + 0.5, int(counts[at])) for at, label in enumerate(scale.labels)
    )


def _equal(told: Floats, scale: Scale, parts: int) -> tuple[Bin, ...]:
    # A score may lie off the scale where a person named the column: it counts at the end that it is beyond.
    counts, edges = np.histogram(np.clip(told, scale.low, scale.high), bins=parts, range=(scale.low, scale.high))
    return tuple(
        Bin(f"{low:g} to {high:g}", float(low), float(high), int(count))
        for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True)
    )


def calibrated(judge: Floats, people: Sequence[Floats], scale: Scale) -> tuple[Calibrated, ...]:
    """People's mean answer where the judge's answers lie together: how its values are to be read.

    Rows are put together by the nearest answer, or by equal parts of a scale with many. The interval is Student's, of
    the mean over rows of people's mean answer.

    Args:
        judge: its values, NaN where there is none. people: the same, one each.
        scale: of all; ordered.
    """
    from scipy.stats import t

    stacked = np.stack(list(people))
    there = ~np.isnan(stacked)
    count = there.sum(axis=0)
    mean = np.where(there, stacked, 0.0).sum(axis=0) / np.maximum(count, 1)
    used = (count > 0) & ~np.isnan(judge)
    size = scale.high - scale.low
    parts = size + 1 if size < _MOST_ANSWERS else _COARSE
    offset = 0.5 if size < _MOST_ANSWERS else 0.0
    step = 1.0 if size < _MOST_ANSWERS else size / parts
    at = np.clip(np.floor((judge[used] - scale.low) / step + offset), 0, parts - 1).astype(int)
    found = []
    for part in np.unique(at).tolist():
        own, theirs = judge[used][at == part], mean[used][at == part]
        rows, middle = len(own), float(theirs.mean())
        low = high = None
        if rows >= LEAST_FOR_INTERVAL:
            reach = float(t.ppf((1 + LEVEL) / 2, rows - 1)) * float(theirs.std(ddof=1)) / sqrt(rows)
            low, high = max(middle - reach, scale.low), min(middle + reach, scale.high)
        found.append(Calibrated(float(own.mean()), middle, low, high, rows))
    return tuple(found)
