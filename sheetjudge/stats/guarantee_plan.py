"""Which rows to ask a strong judge about: guesses that may be wrong without harm to a guarantee, only to its price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GROUPS = 24
# What the guesses weigh against what was counted in a group, in wanted rows.
_PRIOR = 2.0
# Nats lost to spreading bets, and to hits that come early.
_OVERHEAD = 0.6
# Of a coefficient: a smaller step changes no plan.
_SETTLED = 1e-4
_MOST_STEPS = 40
# Keeps the curvature invertible where every chance is 0 or 1 to the last digit.
_ROUNDING = 1e-12
# Shares of the rest that a plan chooses from.
_TRIED = 1 - np.geomspace(0.998, 0.01, 60)


def ranks(scores: Floats) -> Floats:
    """Ranks from the top, 1 the highest; equal scores share their mean rank."""
    _, place, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(sizes) - (sizes - 1) / 2)[place], float)


def chances(rank: Floats, asked: NDArray[np.intp], wanted: NDArray[np.bool_]) -> Floats:
    """For each row the chance that it is wanted, from its rank and the answers so far.

    Odds are a product of powers of the ranks from the top and from the bottom (so they may fall or rise along the
    proxy, with heavy tails), fitted to the answers; then each stretch of rows is put right by its own count.

    Args:
        rank: ranks of all rows, from 1.
        asked: rows that were answered.
        wanted: their answers.
    """
    count = len(rank)
    features = np.column_stack([np.ones(count), np.log(rank / count), np.log((count + 1 - rank) / count)])
    fitted = _logistic(features[asked], wanted, features.mean(axis=0))
    guess = 1 / (1 + np.exp(-np.clip(features @ fitted, -30, 30)))
    group = np.argsort(np.argsort(-guess, kind="stable"), kind="stable") * _GROUPS // count
    seen = np.bincount(group[asked], weights=wanted, minlength=_GROUPS)
    foreseen = np.bincount(group[asked], weights=guess[asked], minlength=_GROUPS)
    return np.clip(guess * ((seen + _PRIOR) / (foreseen + _PRIOR))[group], 1e-9, 1 - 1e-9)


def _logistic(features: Floats, wanted: NDArray[np.bool_], centre: Floats) -> Floats:
    """Coefficients of a logistic regression, the first of them the intercept, with a light ridge on the others.

    Half a wanted and half an unwanted row at `centre` keep the intercept finite. By Newton's method: the loss is
    convex, and the curvature of so few coefficients costs next to nothing.
    """
    ridge = np.array([0.0, 0.1, 0.1])
    rows = np.vstack([features, centre, centre])
    signed = rows * np.concatenate([np.where(wanted, -1.0, 1.0), [-1.0, 1.0]])[:, None]
    weight = np.concatenate([np.ones(len(features)), [0.5, 0.5]])

    def loss(tried: Floats) -> float:
        return float(weight @ np.logaddexp(0, signed @ tried) + ridge @ tried**2 / 2)

    found = np.zeros(features.shape[1])
    now = loss(found)
    for _ in range(_MOST_STEPS):
        chance = (1 + np.tanh(signed @ found / 2)) / 2
        slope = signed.T @ (weight * chance) + ridge * found
        curvature = (rows.T * (weight * chance * (1 - chance))) @ rows + np.diag(ridge + _ROUNDING)
        step = np.linalg.solve(curvature, slope)
        while (then := loss(found - step)) > now and np.abs(step).max() > _SETTLED:
            step = step / 2
        found, now = found - step, then
        if np.abs(step).max() <= _SETTLED:
            break
    return found


@dataclass(frozen=True, slots=True)
class Plan:
    """What seems cheapest.

    Attributes:
        first: unseen rows to ask about on purpose, the likeliest first, before drawing.
        draws: random draws expected after that.
        left: wanted rows expected among the rest.
    """

    first: int
    draws: int
    left: float


def cheapest(likely: Floats, allowed: float, gain: float, owed: float) -> Plan:
    """How many rows to ask about on purpose so that these and the random draws together are the fewest.

    Args:
        likely: chances of the unseen rows that they are wanted, the likeliest first.
        allowed: wanted rows that may stay unseen as things are. gain: how much that grows with each one found.
        owed: nats of evidence that are still to be won.
    """
    count = len(likely)
    if not count:
        return Plan(0, 0, 0.0)
    total = float(likely.sum())
    first = np.unique(
        np.round(np.concatenate([np.arange(min(count, 8)), np.geomspace(min(count, 8), count, 60)]))
    ).astype(int)
    cumulated = np.concatenate([[0.0], np.cumsum(likely)])[first]
    left = np.maximum(total - cumulated, 0.0)
    spare = np.maximum(allowed + gain * cumulated, 0.0)
    share = _share(left, spare, gain, owed)
    draws = np.minimum(share * (count - first), count - first)
    best = int(np.argmin(first + draws))
    return Plan(int(first[best]), int(np.ceil(draws[best])), float(left[best]))


def _share(left: Floats, spare: Floats, gain: float, owed: float) -> Floats:
    """Share of the rest that has to be drawn where `left` wanted rows are in it and `spare` may stay; 1 if all."""
    hits = left[:, None] * _TRIED
    null = np.floor(spare[:, None] + gain * hits) + 1 + hits
    ratio = np.clip(left[:, None] / null, 1e-9, 1)
    # What a row drawn tells on average, in nats, summed over the rows drawn.
    told = -np.log1p(-_TRIED) * (null - left[:, None] + left[:, None] * np.log(ratio))
    enough = (told >= owed + _OVERHEAD) & (ratio < 1)
    return np.where(enough.any(axis=1), _TRIED[np.argmax(enough, axis=1)], 1.0)
