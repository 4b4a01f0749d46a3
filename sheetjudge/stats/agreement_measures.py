"""How far two raters agree, as functions of weighted rows.

Everything here takes weights, one for each row and draw, and returns a figure for each draw. The plain figure is that
of weights of one; a bootstrap draw weighs each row by how often it was drawn; a jackknife leaves one out by a weight
of zero. So a figure, its interval, and the difference between two figures all come from one computation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Scale
from sheetjudge.stats.agreement_alpha import Metric, weighted_alpha

Floats = NDArray[np.float64]
Measured = Mapping[str, Floats]
"""A figure for each draw, by the measure's name; NaN where it can't be told."""

MeasureName = Literal[
    "exact",
    "within_one",
    "kappa",
    "kappa_linear",
    "kappa_quadratic",
    "alpha",
    "spearman",
    "kendall",
    "above",
]

ORDER = ("spearman", "kendall")
"""Measures of order alone, for marks that aren't on one scale."""

MOST_CELLS = 5_000
"""Different pairs of marks up to which Kendall's tau is computed: it compares each with each."""

_CHUNK = 1 << 21
_NOTHING = 1e-12


def metric_of(scale: Scale) -> Metric:
    """By which difference Krippendorff's alpha goes on a scale.

    Integers are taken as equally far apart, as they are in every mean of them; labels with an order by their ranks.
    """
    if scale.kind == "integer":
        return "interval"
    return "ordinal" if scale.kind == "labels" and scale.ordered else "nominal"


def measures_of(scale: Scale) -> tuple[str, ...]:
    """The measures that mean something on a scale, in the order in which they are shown.

    Weights of a kappa, and steps, need three answers or more with an order; ranks and differences need an order.
    """
    if not scale.ordered:
        return ("exact", "kappa", "alpha")
    if scale.high - scale.low == 1:
        return ("exact", "kappa", "alpha", "spearman", "kendall", "above")
    return ("exact", "within_one", "kappa", "kappa_linear", "kappa_quadratic", "alpha", "spearman", "kendall", "above")


def rounded(values: Floats, scale: Scale) -> Floats:
    """Each value as the nearest answer of the scale (halves go up), in scale units. NaN stays."""
    return np.clip(np.floor(values + 0.5), scale.low, scale.high)


def agreement(first: Floats, second: Floats, weights: Floats, scale: Scale, names: tuple[str, ...] = ()) -> Measured:
    """All that is measured of two raters.

    Exact and within-one rates and the plain kappa (Cohen, 1960) are of answers, so that a value between two answers
    counts as the nearer one. The weighted kappas (Cohen, 1968) are one minus the mean (squared) difference over that of
    rows paired at random, which is the usual figure for whole answers and needs no rounding of others. Spearman's rho
    and Kendall's tau-b count ties as ties. `above` is the first's mean less the second's, in scale units.

    Args:
        first, second: a value for each row in scale units, NaN where there is none.
        weights: draws × rows.
        scale: the answers that were possible.
        names: measures wanted; empty for all that the scale has.

    Returns:
        For each measure a figure for each draw, NaN where it can't be told.
    """
    names = names or measures_of(scale)
    both = np.flatnonzero(~(np.isnan(first) | np.isnan(second)))
    if not both.size:
        return {name: np.full(len(weights), np.nan) for name in names}
    cells, at = np.unique(np.stack([first[both], second[both]]), axis=1, return_inverse=True)
    by_cell = np.argsort(at.ravel(), kind="stable")
    starts = np.searchsorted(at.ravel()[by_cell], np.arange(cells.shape[1]))
    chosen = both[by_cell]
    step = max(_CHUNK // max(both.size, 1), 1)
    parts = []
    for begin in range(0, len(weights), step):
        drawn = np.add.reduceat(weights[begin : begin + step, chosen], starts, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            pair = _Pair(cells[0], cells[1], drawn, scale)
            parts.append({name: _MEASURES[name](pair) for name in names})
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def chance_rate(first: Floats, second: Floats, weights: Floats, scale: Scale, steps: int) -> Floats:
    """The share of rows that two raters with these answers would agree on, within `steps`, if rows meant nothing."""
    both = ~(np.isnan(first) | np.isnan(second))
    if not both.any():
        return np.full(len(weights), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _by_chance(_Pair(first[both], second[both], weights[:, both], scale), steps)


class _Pair:
    """Pairs of marks that occur, and how much weight each has in each draw."""

    def __init__(self, first: Floats, second: Floats, drawn: Floats, scale: Scale) -> None:
        self.first, self.second, self.drawn, self.scale = first, second, drawn, scale
        self.total = drawn.sum(axis=1)

    def mean(self, values: Floats) -> Floats:
        found: Floats = self.drawn @ values / self.total
        return found

    def rounded(self) -> tuple[Floats, Floats]:
        return rounded(self.first, self.scale), rounded(self.second, self.scale)

    def margin(self, values: Floats, grid: Floats) -> Floats:
        """How much weight each value of `grid` has in each draw."""
        found: Floats = self.drawn @ (values[:, None] == grid[None, :]).astype(float)
        return found


def _rate(pair: _Pair, steps: int) -> Floats:
    first, second = pair.rounded()
    return pair.mean((np.abs(first - second) <= steps).astype(float))


def _by_chance(pair: _Pair, steps: int) -> Floats:
    first, second = pair.rounded()
    grid = np.union1d(first, second)
    near = (np.abs(grid[:, None] - grid[None, :]) <= steps).astype(float)
    shares: Floats = np.sum((pair.margin(first, grid) @ near) * pair.margin(second, grid), axis=1) / pair.total**2
    return shares


def _kappa(pair: _Pair) -> Floats:
    return _beyond(1.0 - _rate(pair, 0), 1.0 - _by_chance(pair, 0))


def _linear(pair: _Pair) -> Floats:
    grid = np.union1d(pair.first, pair.second)
    # E|X - Y| of independent X and Y: what lies below a point in one and above it in the other, over all points.
    below = [np.cumsum(pair.margin(v, grid), axis=1)[:, :-1] / pair.total[:, None] for v in (pair.first, pair.second)]
    expected = (below[0] * (1 - below[1]) + below[1] * (1 - below[0])) @ np.diff(grid)
    return _beyond(pair.mean(np.abs(pair.first - pair.second)), expected)


def _quadratic(pair: _Pair) -> Floats:
    # Around the middle, where squares don't swallow what they differ in.
    middle = float(np.mean(pair.first))
    first, second = pair.first - middle, pair.second - middle
    expected = pair.mean(first**2) + pair.mean(second**2) - 2 * pair.mean(first) * pair.mean(second)
    return _beyond(pair.mean((first - second) ** 2), expected)


def _beyond(observed: Floats, expected: Floats) -> Floats:
    """Agreement beyond chance from two disagreements; NaN where chance allows none."""
    can = expected > _NOTHING
    return np.where(can, 1.0 - observed / np.where(can, expected, 1.0), np.nan)


def _alpha(pair: _Pair) -> Floats:
    metric = metric_of(pair.scale)
    marks = pair.rounded() if metric == "nominal" else (pair.first, pair.second)
    return weighted_alpha(np.stack(marks), pair.drawn, metric)


def _middle_ranks(pair: _Pair, values: Floats) -> Floats:
    grid = np.unique(values)
    margin = pair.margin(values, grid)
    ranks: Floats = np.cumsum(margin, axis=1) - margin / 2 - pair.total[:, None] / 2
    return ranks[:, np.searchsorted(grid, values)]


def _spearman(pair: _Pair) -> Floats:
    first, second = _middle_ranks(pair, pair.first), _middle_ranks(pair, pair.second)
    # Ranks in the middle of their ties have the mean zero here, whatever the weights.
    covariance = np.sum(pair.drawn * first * second, axis=1)
    spread = np.sum(pair.drawn * first**2, axis=1) * np.sum(pair.drawn * second**2, axis=1)
    return _ratio(covariance, spread)


def too_many(first: Floats, second: Floats) -> bool:
    """Whether two raters have too many different pairs of marks for Kendall's tau."""
    both = ~(np.isnan(first) | np.isnan(second))
    marks = np.stack([first[both], second[both]])
    return marks.shape[1] > MOST_CELLS and bool(np.unique(marks, axis=1).shape[1] > MOST_CELLS)


def _kendall(pair: _Pair) -> Floats:
    if len(pair.first) > MOST_CELLS:
        return np.full(len(pair.drawn), np.nan)
    signs = np.sign(pair.first[:, None] - pair.first[None, :]) * np.sign(pair.second[:, None] - pair.second[None, :])
    found = np.sum((pair.drawn @ signs) * pair.drawn, axis=1)
    different = [
        pair.total**2 - np.sum(pair.margin(values, np.unique(values)) ** 2, axis=1)
        for values in (pair.first, pair.second)
    ]
    return _ratio(found, different[0] * different[1])


def _ratio(top: Floats, squared: Floats) -> Floats:
    can = squared > _NOTHING
    return np.where(can, top / np.sqrt(np.where(can, squared, 1.0)), np.nan)


_MEASURES: Mapping[str, Callable[[_Pair], Floats]] = {
    "exact": lambda pair: _rate(pair, 0),
    "within_one": lambda pair: _rate(pair, 1),
    "kappa": _kappa,
    "kappa_linear": _linear,
    "kappa_quadratic": _quadratic,
    "alpha": _alpha,
    "spearman": _spearman,
    "kendall": _kendall,
    "above": lambda pair: pair.mean(pair.first - pair.second),
}
