"""Intervals of figures about agreement: rows, or groups of rows, are left out in turn.

The jackknife's standard error (Tukey, 1958), studentised: on Fisher's z for what lies between -1 and 1, as Wilson's
interval (1927) with the sample size that the error is worth for rates, around the figure less its bias (Quenouille,
1956) for differences. It covers 95.1% on average; the percentile and BCa bootstraps of the same figures cover 91.7% and
93.7% on 20 rows, 93.4% and 94.2% over all tables (`tests/bench/agreement_coverage.py`). It needs as many computations
as there are rows, no random numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import atanh, isnan, sqrt, tanh
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kind = Literal["rate", "coefficient", "difference"]

LEVEL = 0.95
"""What the intervals hold."""

LEAST_UNITS = 10
"""Rows, or groups, below which nothing is said of how far figures may be off."""

MOST_UNITS = 500
"""More rows than these are left out in blocks, drawn once and for all; fewer blocks where there are very many rows."""

# A standard error below this is none: what is left is rounding.
_NONE = 1e-12
_FEWEST_BLOCKS = 50
_MOST_WEIGHTS = 20_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it is reported.

    Attributes:
        value: None where it can't be told.
        low, high: its interval, None where there is none.
        rows: rows that it rests on.
        chance: what raters would reach whose answers have nothing to do with the rows; None where that means nothing.
        why: why there is no value, or no interval, or what it leaves out, in words; "" where nothing is amiss.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    rows: int = 0
    chance: float | None = None
    why: str = ""


@dataclass(frozen=True)
class LeftOut:
    """Weights of rows: all of them, then all but one unit, for each unit.

    Attributes:
        weights: (1 + units) × rows, ones and zeros.
        unit_of: for each row the unit with which it is left out.
        grouped: units are groups that people named, not rows.
    """

    weights: Floats
    unit_of: NDArray[np.int64]
    grouped: bool = False

    @cached_property
    def units(self) -> int:
        """How many there are."""
        return len(self.weights) - 1

    def units_of(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The units that hold any of these rows."""
        return np.unique(self.unit_of[rows])


def left_out(rows: int, groups: Sequence[Hashable] | None = None) -> LeftOut:
    """What to leave out in turn.

    Args:
        rows: how many there are.
        groups: for each row the group that it is drawn with (answers to one prompt, say); None where each stands alone.
    """
    unit_of = np.arange(rows)
    if groups is not None:
        places: dict[Hashable, int] = {}
        unit_of = np.array([places.setdefault(group, len(places)) for group in groups], dtype=np.int64)
    count = int(unit_of.max()) + 1 if rows else 0
    most = min(MOST_UNITS, max(_MOST_WEIGHTS // max(rows, 1), _FEWEST_BLOCKS))
    if count > most:
        # Neighbours in a table may be alike, so that blocks are drawn; always the same, so that figures are.
        unit_of = (np.random.default_rng(0).permutation(count) % most)[unit_of]
        count = most
    weights = np.ones((1 + count, rows))
    weights[1 + unit_of, np.arange(rows)] = 0.0
    return LeftOut(weights, unit_of, groups is not None)


def figure(
    draws: Floats,
    plan: LeftOut,
    used: NDArray[np.bool_],
    kind: Kind,
    *,
    level: float = LEVEL,
    chance: float | None = None,
    span: float = 1.0,
) -> Figure:
    """A figure with its interval.

    Args:
        draws: the figure for each of `plan.weights`, NaN where it can't be told.
        plan: what was left out.
        used: for each row whether the figure rests on it.
        kind: `rate` (0…1), `coefficient` (-1…1), or `difference` (any number).
        level: of the interval.
        chance: to be kept beside it.
        span: how far a difference can lie from 0.
    """
    rows, value = int(np.count_nonzero(used)), float(draws[0])
    if isnan(value):
        return Figure(None, rows=rows, chance=chance, why="it can't be told from these answers")
    units = plan.units_of(used)
    if len(units) < LEAST_UNITS:
        what = "groups" if plan.grouped else "rows"
        return Figure(value, rows=rows, chance=chance, why=f"no interval: {LEAST_UNITS} {what} or more are needed")
    parts = draws[1 + units]
    if np.isnan(parts).any():
        one = "group" if plan.grouped else "row"
        return Figure(value, rows=rows, chance=chance, why=f"no interval: everything hangs on a single {one}")
    # A mean of coefficients of few rows each (people who share the rows out) lies below what many rows would give.
    bias = (len(units) - 1) * (float(parts.mean()) - value) if kind == "difference" else 0.0
    low, high = _interval(value - bias, _error(parts), len(units), kind, level, span)
    low, high = min(low, value), max(high, value)
    return Figure(value, low, high, rows, chance)


def _error(parts: Floats) -> float:
    """The jackknife's standard error."""
    count = len(parts)
    return sqrt((count - 1) / count * float(np.sum((parts - parts.mean()) ** 2)))


def _interval(value: float, error: float, units: int, kind: Kind, level: float, span: float) -> tuple[float, float]:
    from scipy.special import stdtrit

    quantile = float(stdtrit(units - 1, (1 + level) / 2))
    if kind == "difference" and error < _NONE * span:
        # All rows differ alike, and yet others may not: at worst as many as can be unseen, as far off as can be.
        unseen, farthest = 1 - wilson(1.0, 0.0, units, quantile)[0], max(span, abs(value))
        return value - unseen * (value + farthest), value + unseen * (farthest - value)
    if kind == "difference":
        return value - quantile * error, value + quantile * error
    if kind == "rate":
        return wilson(value, error, units, quantile)
    if abs(value) > 1 - 1e-9:
        # Not one row speaks against it, and yet others may: at worst those would answer as if by lot.
        edge = wilson(1.0, 0.0, units, quantile)[0]
        return (edge, 1.0) if value > 0 else (-1.0, -edge)
    half = quantile * error / (1 - value**2)
    return tanh(atanh(value) - half), tanh(atanh(value) + half)


def wilson(rate: float, error: float, units: int, quantile: float) -> tuple[float, float]:
    """Wilson's interval (1927) of a rate, with the sample size that its standard error is worth.

    Args:
        rate: 0…1. error: its standard error. units: the sample size where the error is none. quantile: of the level.
    """
    size = rate * (1 - rate) / error**2 if error > _NONE else float(units)
    square = quantile**2
    middle = (rate * size + square / 2) / (size + square)
    half = quantile * sqrt(rate * (1 - rate) * size + square / 4) / (size + square)
    # The rate lies between its bounds, also by the last digit.
    return min(max(middle - half, 0.0), rate), max(min(middle + half, 1.0), rate)
