"""Which rows should people label, so that few labels tell most, and what will they tell?

Rows are drawn at random within strata of like scores, more of them where the judge is unsure (Neyman, 1934). Chance
decides within a stratum, so that means over all rows can be estimated from the labels without bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import NormalDist

import numpy as np

from sheetjudge.errors import ConfigError

MOST_STRATA = 5
FEWEST_OF_A_STRATUM = 2
_LEAST_UNSURE = 0.05


@dataclass(frozen=True, slots=True)
class Choice:
    """Rows to label.

    Attributes:
        rows: their numbers, in the order in which to label them: if somebody stops half-way, what is done is a fair
            sample too.
        strata: of every row, chosen or not; -1 for rows without a score.
        of_stratum: how many were chosen of each.
    """

    rows: tuple[int, ...]
    strata: tuple[int, ...]
    of_stratum: tuple[int, ...]


def strata_of(scores: Sequence[float | None], most: int = MOST_STRATA) -> tuple[int, ...]:
    """The stratum of each row: as many rows in each as ties allow, by rising score; -1 without a score.

    Args:
        scores: of the rows, on any scale. most: how many strata at the most.
    """
    known = np.array([s for s in scores if s is not None], dtype=float)
    if not len(known):
        return tuple(-1 for _ in scores)
    # Rows with one score are one stratum's, so edges are drawn between different scores only.
    values, counts = np.unique(known, return_counts=True)
    middles = (np.cumsum(counts) - counts / 2) / len(known)
    number = dict(zip(values, np.minimum((middles * most).astype(int), most - 1), strict=True))
    names = {stratum: n for n, stratum in enumerate(sorted({int(v) for v in number.values()}))}
    return tuple(-1 if s is None else names[int(number[float(s)])] for s in scores)


def choose_rows(
    scores: Sequence[float | None],
    count: int,
    *,
    unsure: Sequence[float] | None = None,
    labelled: Sequence[int] = (),
    seed: int = 0,
) -> Choice:
    """The rows that people should label.

    Args:
        scores: the judge's, None where a row has none: those aren't chosen.
        count: how many rows are to be labelled, with those that are.
        unsure: how unsure the judge is of each row (a standard deviation on any scale); None where that isn't known.
        labelled: rows that have a label already; they count, and aren't chosen again.
        seed: of the draw.

    Raises:
        ConfigError: no row has a score.
    """
    strata = strata_of(scores)
    groups = [[i for i, s in enumerate(strata) if s == k] for k in range(max(strata, default=-1) + 1)]
    if not groups:
        raise ConfigError("No row has a score yet, so there is nothing to choose by.", "Score the rows first.")
    spreads = [_spread(group, unsure) for group in groups]
    done = frozenset(labelled)
    wanted = _shares(groups, spreads, max(count, 0))
    rng = Random(seed)  # noqa: S311 - a draw that can be repeated, no secret
    chosen: list[list[int]] = []
    for group, most in zip(groups, wanted, strict=True):
        free = [i for i in group if i not in done]
        there = len(group) - len(free)
        chosen.append(rng.sample(free, min(max(most - there, 0), len(free))))
    return Choice(tuple(_in_turn(chosen)), strata, tuple(map(len, chosen)))


def _spread(group: Sequence[int], unsure: Sequence[float] | None) -> float:
    return 1.0 if unsure is None else max(float(np.mean([unsure[i] for i in group])), _LEAST_UNSURE)


def _shares(groups: Sequence[Sequence[int]], spreads: Sequence[float], count: int) -> list[int]:
    """How many of each stratum: in proportion to its size and its spread, and no fewer than a variance needs."""
    count = min(count, sum(map(len, groups)))
    found = [min(FEWEST_OF_A_STRATUM, len(group)) for group in groups]
    weights = [len(group) * spread for group, spread in zip(groups, spreads, strict=True)]
    while sum(found) < count:
        # The stratum that is furthest behind its share gets the next place (Webster's method).
        open_ones = [k for k, group in enumerate(groups) if found[k] < len(group)]
        best = max(open_ones, key=lambda k: weights[k] / (found[k] + 0.5))
        found[best] += 1
    return found


def _in_turn(chosen: Sequence[Sequence[int]]) -> list[int]:
    """Rows of all strata mixed, each stratum spread evenly over the whole order."""
    placed = [((at + 0.5) / len(rows), k, row) for k, rows in enumerate(chosen) for at, row in enumerate(rows)]
    return [row for _, _, row in sorted(placed)]


def half_width_of_share(labels: int, rows: int, level: float = 0.95) -> float:
    """How far from the truth a share of rows (exact agreement, say) may lie that is found by so many labels.

    Args:
        labels: how many rows are labelled. rows: how many there are. level: of the interval.

    Returns:
        Half the interval, 0 to 1, where half the rows have it: the worst case (Wald, with the finite population's
        correction). 1 without labels.
    """
    if not labels:
        return 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    return min(z * sqrt(0.25 / labels * max(1 - labels / rows, 0.0)), 1.0)


def half_width_of_correlation(labels: int, value: float = 0.6, level: float = 0.95) -> float:
    """How far from the truth a rank correlation or a weighted kappa may lie.

    Args:
        labels: how many rows are labelled. value: what it will be. level: of the interval.

    Returns:
        Half the interval by Fisher's transformation, with Bonett and Wright's (2000) variance for ranks; 1 with four
        labels or fewer.
    """
    if labels <= 4:  # noqa: PLR2004 - Fisher's transformation needs more
        return 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    spread = z * sqrt((1 + value**2 / 2) / (labels - 3))
    middle = np.arctanh(value)
    return float(np.tanh(middle + spread) - np.tanh(middle - spread)) / 2
