"""From a belief about strengths to places: ranks with their intervals, tiers, and how sure all that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetjudge.stats.ranking_belief import Belief
from sheetjudge.stats.ranking_noise import first_wins, position_bias

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[Any]
    Ints = NDArray[Any]

LEVEL = 0.9
"""The chance with which an interval holds the truth."""

# Strengths nearer than this are the same: what they differ by is rounding.
_SAME = 1e-6
# Pairs of rows from which the certainty of an order is reckoned.
_SAMPLED_PAIRS = 20_000
# Comparisons from which the position bias is reckoned, and draws of the gap of each.
_ENOUGH = 5000
_DRAWS_OF_GAPS = 50
# Figures of those pairs by draws.
_MOST_FIGURES = 4_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands among the rows of its group.

    Attributes:
        rank: 1 is the best. Rows of the same strength share one, and the next row's counts them all (1, 2, 2, 4).
        rank_low, rank_high: the shortest run of ranks that holds the true one with the chance `LEVEL`; None where
            that isn't known.
        tier: 1 is the best. Rows of a tier can't be told apart from its best row.
        strength: 0 is the average of the rows, 1 a standard deviation among them; None where rows were not compared.
        low, high: the strength's interval of the chance `LEVEL`.
        top_chance: chance to be among the best K; None where no K was given.
        comparisons: answers about the row.
    """

    rank: int
    rank_low: int | None
    rank_high: int | None
    tier: int
    strength: float | None = None
    low: float | None = None
    high: float | None = None
    top_chance: float | None = None
    comparisons: int = 0


@dataclass(frozen=True)
class Ranking:
    """All rows in their places.

    Attributes:
        places: one for each row, in the rows' own order.
        certainty: of the whole order, the share of pairs of rows that are expected to stand the right way round; of
            the best K, the share of them that is expected to belong there. 0…1; 1 where there is nothing to order.
        position_bias: by how much more often a row wins where it is shown first than where it is shown second, -1…1,
            in the mean over the comparisons made; None where nothing was compared.
        position_error: standard error of that.
        contradictions, swapped: pairs on which both orders named a winner, and not the same; pairs asked in both.
        top: the best so many that `certainty` is of; None where it is of the whole order.
    """

    places: tuple[Place, ...]
    certainty: float
    position_bias: float | None
    position_error: float | None
    contradictions: int
    swapped: int
    top: int | None = None


def ranking(belief: Belief, rng: Generator, *, top: int | None = None, count: int = 2000) -> Ranking:
    """The places that a belief gives the rows.

    Args:
        belief: what is known.
        rng: for the draws from it.
        top: the best so many of each group are asked for; None for the whole order.
        count: draws, for up to 2,000 rows; fewer for more.
    """
    import numpy as np

    rows = len(belief.mean)
    if not rows:
        return Ranking((), 1.0, None, None, 0, 0, top)
    draws = belief.draws(max(min(count, 4_000_000 // rows), 200), rng)
    ranks = group_ranks(draws, belief.groups, belief.copies)
    order = best_first(belief)
    rank = _shared_ranks(belief, order)
    low, high = _shortest(ranks, LEVEL)
    tier = _tiers(belief, draws, order)
    edges = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)
    among = None if top is None else (ranks < top).mean(1)
    answers = belief.answers
    made = np.bincount(answers.first, minlength=rows) + np.bincount(answers.second, minlength=rows)
    places = tuple(
        Place(
            int(rank[i]),
            # A tie has one rank, and draws know none: the interval holds at least the rank that is shown.
            min(int(low[i]) + 1, int(rank[i])),
            max(int(high[i]) + 1, int(rank[i])),
            int(tier[i]),
            float(belief.mean[i]),
            float(edges[0, i]),
            float(edges[1, i]),
            None if among is None else float(among[i]),
            int(made[i]),
        )
        for i in range(rows)
    )
    swapped, contradictions = _swapped(belief)
    bias, error = _position_bias(belief, draws)
    sure = certainty(belief, draws, rng, top=top)
    return Ranking(places, sure, bias, error, contradictions, swapped, top)


def placed_by_scores(scores: Sequence[float], groups: Sequence[int]) -> tuple[Place, ...]:
    """The places that scores alone give the rows: equal scores share a rank and a tier, and nothing is known beyond.

    Args:
        scores: of each row, higher is better. groups: number of each row's group.
    """
    import numpy as np
    from scipy.stats import rankdata

    values, labels = np.array(scores, float), np.array(groups, int)
    rank, tier = np.zeros(len(values), int), np.zeros(len(values), int)
    for group in np.unique(labels):
        own = labels == group
        rank[own] = rankdata(-values[own], "min")
        tier[own] = rankdata(-values[own], "dense")
    return tuple(Place(r, None, None, t) for r, t in zip(rank.tolist(), tier.tolist(), strict=True))


def best_first(belief: Belief) -> Ints:
    """Rows by group, and in each from the strongest to the weakest."""
    import numpy as np

    return np.lexsort((-belief.mean, belief.groups))


def group_ranks(draws: Floats, groups: Ints, copies: Ints) -> Ints:
    """In each draw (a column), the rank of each row in its group: 0 is the best.

    Args:
        draws: strengths. groups: number of each row's group.
        copies: how many rows each stands for; all of them stand before those below.
    """
    import numpy as np

    rows = len(draws)
    ranks = np.empty(draws.shape, np.int32)
    # Groups stand one after the other, and each begins to count anew.
    apart = groups * (2 * np.abs(draws).max() + 1.0)
    order = np.argsort(apart[:, None] - draws, axis=0)
    if (copies == 1).all():
        before = np.arange(rows, dtype=np.int32)[:, None]
    else:
        counted = copies.astype(np.int32)[order]
        before = np.cumsum(counted, axis=0, dtype=np.int32) - counted
    np.put_along_axis(ranks, order, before, 0)
    return ranks - _before(groups, copies)[:, None].astype(np.int32)


def _before(groups: Ints, copies: Ints) -> Ints:
    """For each row, how many there are in the groups before its own."""
    import numpy as np

    ends = np.cumsum(np.bincount(groups, copies)).astype(int)
    return np.concatenate([[0], ends])[groups]


def certainty(belief: Belief, draws: Floats, rng: Generator, *, top: int | None) -> float:
    """How sure the order, or the choice of the best `top`, is: see `Ranking`."""
    import numpy as np

    order = best_first(belief)
    groups = belief.groups[order]
    if top is not None:
        chosen = order[_places(belief, order) < top]
        return float((group_ranks(draws, belief.groups, belief.copies)[chosen] < top).mean())
    above, below = _pairs_in_order(groups, rng)
    if not len(above):
        return 1.0
    # Every so many draws: all of them would take seconds, and say no more of a mean over thousands of pairs.
    some = np.ascontiguousarray(draws[:, :: max(len(above) * draws.shape[1] // _MOST_FIGURES, 1)])
    right = some[order[above]] > some[order[below]]
    return float(right.mean())


def _pairs_in_order(groups: Ints, rng: Generator) -> tuple[Ints, Ints]:
    """Places of pairs of one group, the higher one first: all of them, or as many as tell enough."""
    import numpy as np

    rows = len(groups)
    if rows * (rows - 1) // 2 <= _SAMPLED_PAIRS:
        above, below = np.triu_indices(rows, 1)
    else:
        # Of each row with rows of its own group, wherever they are.
        starts, ends = np.searchsorted(groups, groups), np.searchsorted(groups, groups, "right")
        one = rng.integers(0, rows, _SAMPLED_PAIRS)
        other = rng.integers(starts[one], ends[one])
        above, below = np.minimum(one, other), np.maximum(one, other)
    same = (groups[above] == groups[below]) & (above != below)
    return above[same], below[same]


def _places(belief: Belief, order: Ints) -> Ints:
    """How many rows of their group stand before these, each copy counted."""
    import numpy as np

    copies = belief.copies[order]
    return np.cumsum(copies) - copies - _before(belief.groups, belief.copies)[order]


def _shared_ranks(belief: Belief, order: Ints) -> Ints:
    import numpy as np

    mean, groups = belief.mean[order], belief.groups[order]
    new = np.ones(len(order), bool)
    new[1:] = (mean[:-1] - mean[1:] > _SAME) | (groups[1:] != groups[:-1])
    places = _places(belief, order)
    first = places[np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))]
    rank = np.empty(len(order), int)
    rank[order] = first + 1
    return rank


def _shortest(ranks: Ints, level: float) -> tuple[Ints, Ints]:
    """The shortest run of ranks that holds a share `level` of each row's draws."""
    import numpy as np

    ordered = np.sort(ranks, axis=1)
    held = int(np.ceil(level * ranks.shape[1]))
    widths = ordered[:, held - 1 :] - ordered[:, : ranks.shape[1] - held + 1]
    at = widths.argmin(1)
    row = np.arange(len(ranks))
    return ordered[row, at], ordered[row, at + held - 1]


def _tiers(belief: Belief, draws: Floats, order: Ints) -> Ints:
    """From the best down, a row begins a tier when the best row of the one above is stronger with near certainty."""
    import numpy as np

    tier = np.empty(len(order), int)
    best, current = -1, 0
    for row in order.tolist():
        if best < 0 or belief.groups[row] != belief.groups[best]:
            best, current = row, 1
        elif belief.mean[best] - belief.mean[row] > _SAME and (draws[best] > draws[row]).mean() >= (1 + LEVEL) / 2:
            best, current = row, current + 1
        tier[row] = current
    return tier


def _swapped(belief: Belief) -> tuple[int, int]:
    """Pairs asked in both orders, and those of them on which the answers contradict each other."""
    answers = belief.answers
    seen: dict[tuple[int, int], float] = {}
    both = against = 0
    for first, second, preference in zip(
        answers.first.tolist(), answers.second.tolist(), answers.preference.tolist(), strict=True
    ):
        other = seen.get((second, first))
        seen[first, second] = preference
        if other is not None:
            both += 1
            against += (preference - 0.5) * (other - 0.5) > 0
    return both, against


def _position_bias(belief: Belief, draws: Floats) -> tuple[float | None, float | None]:
    """The mean over the comparisons made: between rows that are the very same, few answers say anything of it."""
    import numpy as np

    answers = belief.answers
    if not len(answers):
        return None, None
    some = slice(None, None, 1 + len(answers) // _ENOUGH)
    gaps = draws[answers.first[some], :_DRAWS_OF_GAPS] - draws[answers.second[some], :_DRAWS_OF_GAPS]
    chance = first_wins(belief.noise, gaps).mean(1)
    # Each answer says as much of the place as its chance leaves open.
    error = 2 * np.sqrt((chance * (1 - chance)).mean() / len(answers))
    return float(position_bias(belief.noise, gaps).mean()), float(error)
