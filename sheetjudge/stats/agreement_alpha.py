"""Krippendorff's alpha of weighted rows, for many weightings at once: what a bootstrap needs.

As in `stats.alpha`, which takes rows as they come (Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Metric = Literal["interval", "ordinal", "nominal"]


def weighted_alpha(values: Floats, weights: Floats, metric: Metric) -> Floats:
    """Alpha of weighted rows, for each of several weightings at once.

    With a weight of 2 a row counts as two rows with the same answers, which is what a bootstrap draws. On an ordinal
    scale the distance of two answers is how many others lie between them, each end counted by half: so it is the
    interval alpha of the answers' places in the order, which depend on the weights.

    Args:
        values: raters × rows, NaN where there is no answer. Rows with fewer than two answers don't count.
        weights: draws × rows.
        metric: `interval`, `ordinal` or `nominal`.

    Returns:
        Alpha for each draw, NaN where it can't be told (no row with two answers, or all answers the same).
    """
    paired = np.sum(~np.isnan(values), axis=0) > 1
    if not paired.any():
        return np.full(len(weights), np.nan)
    values, weights = values[:, paired], weights[:, paired]
    there = ~np.isnan(values)
    answers = np.sum(there, axis=0)
    count = weights @ answers
    grid, places = np.unique(values[there], return_inverse=True)
    at = np.full(values.shape, -1)
    at[there] = places.ravel()
    if metric == "nominal":
        return _nominal(at, len(grid), answers, weights, count)
    if metric == "interval":
        middled = np.where(there, values, 0.0) - float(np.mean(grid)) * there
        sums, squares = middled.sum(axis=0), (middled**2).sum(axis=0)
        within = 2 * (answers * squares - sums**2) / np.maximum(answers - 1, 1)
        return _alpha_of(weights @ within, weights @ sums, weights @ squares, count)
    tallies = np.stack([np.sum(at == k, axis=0) for k in range(len(grid))], axis=1).astype(float)
    margin = weights @ tallies
    ranks = np.cumsum(margin, axis=1) - margin / 2 - count[:, None] / 2
    sums, squares = ranks @ tallies.T, ranks**2 @ tallies.T
    within = np.sum(weights * 2 * (answers * squares - sums**2) / np.maximum(answers - 1, 1), axis=1)
    return _alpha_of(within, np.sum(margin * ranks, axis=1), np.sum(margin * ranks**2, axis=1), count)


def _alpha_of(observed: Floats, total: Floats, squares: Floats, count: Floats) -> Floats:
    expected = 2 * (count * squares - total**2)
    can = expected > 1e-12 * count * np.maximum(squares, 1e-300)
    return np.where(can, 1 - (count - 1) * observed / np.where(can, expected, 1.0), np.nan)


def _nominal(at: NDArray[Any], kinds: int, answers: NDArray[Any], weights: Floats, count: Floats) -> Floats:
    tallies = np.stack([np.sum(at == k, axis=0) for k in range(kinds)], axis=1).astype(float)
    within = (answers**2 - np.sum(tallies**2, axis=1)) / np.maximum(answers - 1, 1)
    expected = count**2 - np.sum((weights @ tallies) ** 2, axis=1)
    can = expected > 1e-9  # noqa: PLR2004
    return np.where(can, 1 - (count - 1) * (weights @ within) / np.where(can, expected, 1.0), np.nan)
