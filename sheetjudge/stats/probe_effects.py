"""How far a change of the rows moves their scores, and how far two kinds of rows lie apart, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

LEVEL = 0.95
"""What the intervals hold."""

_LEAST = 2
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change did to the scores.

    Attributes:
        rows: rows with a score before and after.
        mean: mean rise in units of the score; None where there is no row.
        low, high: its interval; None with fewer than two rows.
        raised: share of rows that rose by a step of the scale or more; None where there is no row.
        raised_low, raised_high: its interval (Wilson, 1927); None where there is no row.
    """

    rows: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    raised: float | None = None
    raised_low: float | None = None
    raised_high: float | None = None

    @property
    def is_rise(self) -> bool:
        """More than chance would give."""
        return self.low is not None and self.low > 0

    @property
    def is_fall(self) -> bool:
        """Less than chance would give."""
        return self.high is not None and self.high < 0


def effect(rises: Sequence[float], *, step: float, span: float, level: float = LEVEL) -> Effect:
    """The mean of paired differences with Student's t interval, and the share of those that are a step or more.

    Where all rows moved alike the spread says nothing of rows that weren't seen. As many of those as Wilson's interval
    allows may then have stayed where they are, or moved by the whole scale.

    Args:
        rises: for each row the score after the change, less the score before.
        step: from one answer of the scale to the next, above 0. span: from its lowest to its highest, above 0.
        level: of the intervals, between 0 and 1.
    """
    count = len(rises)
    if not count:
        return Effect(0)
    from scipy.special import ndtri, stdtrit

    values = np.asarray(rises, dtype=float)
    mean = float(values.mean())
    normal = float(ndtri((1 + level) / 2))
    raised = int(np.count_nonzero(values >= step - _ROUNDING))
    low_share, high_share = _wilson(raised, count, normal)
    share = raised / count
    if count < _LEAST:
        return Effect(count, mean, None, None, share, low_share, high_share)
    error = float(values.std(ddof=1)) / sqrt(count)
    if error > _ROUNDING:
        half = float(stdtrit(count - 1, (1 + level) / 2)) * error
        low, high = mean - half, mean + half
    else:
        others = _wilson(0, count, normal)[1]
        low = mean * (1 - others) if mean > _ROUNDING else mean - others * (mean + span)
        high = mean * (1 - others) if mean < -_ROUNDING else mean + others * (span - mean)
    return Effect(count, mean, max(low, -span), min(high, span), share, low_share, high_share)


@dataclass(frozen=True, slots=True)
class Gap:
    """How much more the rows of one kind have than those of another.

    Attributes:
        rows, others: how many of either kind.
        mean: the difference of their means; None where a kind has no row.
        low, high: its interval; None where a kind has fewer than two rows.
    """

    rows: int
    others: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_more(self) -> bool:
        """More than chance would give."""
        return self.low is not None and self.low > 0

    @property
    def is_less(self) -> bool:
        """Less than chance would give."""
        return self.high is not None and self.high < 0


def gap(rows: Sequence[float], others: Sequence[float], *, span: float, level: float = LEVEL) -> Gap:
    """The difference of two means with Welch's (1947) interval.

    Where all rows of a kind are alike, as many as Wilson's interval allows may yet be like the other kind's, or make
    the gap as wide as it can be.

    Args:
        rows, others: a figure for each row of either kind.
        span: from the lowest figure that there can be to the highest, above 0.
        level: of the interval, between 0 and 1.
    """
    if not rows or not others:
        return Gap(len(rows), len(others))
    from scipy.special import ndtri, stdtrit

    kinds = [np.asarray(kind, dtype=float) for kind in (rows, others)]
    mean = float(kinds[0].mean() - kinds[1].mean())
    if min(map(len, kinds)) < _LEAST:
        return Gap(len(rows), len(others), mean)
    errors = [float(kind.var(ddof=1)) / len(kind) for kind in kinds]
    normal = float(ndtri((1 + level) / 2))
    alike = [len(kind) for kind, error in zip(kinds, errors, strict=True) if error <= _ROUNDING**2]
    unseen = sqrt(sum(_wilson(0, count, normal)[1] ** 2 for count in alike))
    spread = 0.0
    if sum(errors) > _ROUNDING**2:
        freedom = sum(errors) ** 2 / sum(e**2 / (len(kind) - 1) for e, kind in zip(errors, kinds, strict=True))
        spread = float(stdtrit(freedom, (1 + level) / 2)) ** 2 * sum(errors)
    below, above = (mean if mean > _ROUNDING else mean + span), (-mean if mean < -_ROUNDING else span - mean)
    low, high = mean - sqrt((unseen * below) ** 2 + spread), mean + sqrt((unseen * above) ** 2 + spread)
    return Gap(len(rows), len(others), mean, max(low, -span), min(high, span))


def _wilson(hits: int, count: int, normal: float) -> tuple[float, float]:
    rate, square = hits / count, normal**2
    middle = (hits + square / 2) / (count + square)
    half = normal * sqrt(rate * (1 - rate) * count + square / 4) / (count + square)
    return min(max(middle - half, 0.0), rate), max(min(middle + half, 1.0), rate)
