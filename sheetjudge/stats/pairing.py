"""Which rows to compare next: the pairs whose answers tell most of what is asked, many at a time.

What is asked is each row's rank, or its place among the best K. The gain of a comparison is the expected fall in the
variance of that, summed over the rows (Bayesian A-optimality; Chaloner and Verdinelli, 1995), reckoned from draws of
the belief as if all were normal. So near ties come first where the whole order is asked for, and the border of the
best K where those are. Within a round each pair is chosen as if those before it had been answered, so that a round
doesn't ask for the same thing twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetjudge.stats.ranking import group_ranks
from sheetjudge.stats.ranking_belief import Belief
from sheetjudge.stats.ranking_noise import first_wins

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[Any]
    Ints = NDArray[Any]

Asked = tuple[int, int]
"""The rows of a comparison by number, in the order shown."""

# Rows among which every pair is thought of; of more, each with the nearest.
_POOL = 80
_NEAREST = 20
# Pairs that are weighed against each other in full.
_MOST_WEIGHED = 1500
# Pairs of one round that are chosen in the light of each other; more are spread over different rows instead.
_MOST_IN_TURN = 160
# Figures of candidates by draws that are held at once.
_MOST_FIGURES = 4_000_000
_UNDECIDED = (0.1, 0.9)
# Variance that every answer has, however sure it seems: a pair that tells nothing would seem to tell a lot if the
# rounding of what it tells were divided by none.
_LEAST_NOISE = 1e-6


@dataclass(frozen=True)
class _Candidates:
    """Pairs that could be asked about.

    Attributes:
        first, second: rows, in the order in which they would be shown.
        twice: both orders would be asked.
        expected: the preference expected in each draw, less its mean, in an array of pairs by draws.
        noise: variance that the answer (or the mean of two) has where the strengths are known.
    """

    first: Ints
    second: Ints
    twice: Ints
    expected: Floats
    noise: Floats

    def of(self, chosen: Ints) -> _Candidates:
        return _Candidates(
            self.first[chosen], self.second[chosen], self.twice[chosen], self.expected[chosen], self.noise[chosen]
        )


def next_pairs(
    belief: Belief,
    count: int,
    rng: Generator,
    *,
    asked: Collection[Asked],
    top: int | None = None,
    both_orders: bool = False,
) -> list[Asked]:
    """The comparisons to make next, all at once.

    Args:
        belief: what is known.
        count: comparisons wanted.
        rng: decides which row is shown first, and between pairs that are worth the same.
        asked: comparisons that were made or tried; none of them is chosen again. The other order of a pair is another
            comparison.
        top: the best so many are asked for; None for the whole order.
        both_orders: ask about every pair in both orders. If not, only about those of two finalists: rows that may or
            may not be among the best `top`.

    Returns:
        `count` of them, or fewer where few are left; none where none is. Both orders of a pair stand together.
    """
    rows = len(belief.mean)
    if count < 1 or rows < 2:  # noqa: PLR2004 - a pair
        return []
    draws = belief.draws(_draw_count(rows), rng)
    targets, unsure = _targets(belief, draws, top)
    pool, (first, second, is_new) = _wide_enough(belief, targets, count, asked, rng)
    if not len(first):
        return []
    kept = _some(len(first), _MOST_FIGURES // draws.shape[1], rng)
    first, second = first[kept], second[kept]
    twice = is_new[kept] & (both_orders | (unsure[first] & unsure[second]))
    candidates = _expected(belief, draws, first, second, twice)
    gain = _own_gain(candidates, targets)
    if count <= _MOST_IN_TURN:
        foremost = _foremost(gain, _MOST_WEIGHED)
        candidates = candidates.of(foremost)
        chosen = _in_turn(candidates, targets[pool], count)
    else:
        chosen = _spread_out(candidates, gain, count, rows)
    return _shown(candidates.of(chosen), count)


def _draw_count(rows: int) -> int:
    return min(max(250_000 // rows, 64), 512)


def _targets(belief: Belief, draws: Floats, top: int | None) -> tuple[Floats, Ints]:
    """What is asked of each row in each draw, less its mean; and the rows of which it isn't clear whether they win."""
    import numpy as np

    ranks = group_ranks(draws, belief.groups, belief.copies)
    if top is None:
        return (ranks - ranks.mean(1, keepdims=True)).astype(np.float32) / len(ranks), np.zeros(len(ranks), bool)
    among = (ranks < top).astype(np.float32)
    chance = among.mean(1, keepdims=True)
    low, high = _UNDECIDED
    return among - chance, ((chance > low) & (chance < high))[:, 0]


def _pool(targets: Floats, most: int) -> Ints:
    """The rows of which least is known of what is asked."""
    import numpy as np

    return np.sort(_foremost(targets.var(1), most))


def _foremost(figures: Floats, most: int) -> Ints:
    """Where the highest figures are, `most` of them, in no order; all where they are no more."""
    import numpy as np

    if len(figures) <= most:
        return np.arange(len(figures))
    return np.argpartition(-figures, most - 1)[:most]


def _wide_enough(
    belief: Belief, targets: Floats, count: int, asked: Collection[Asked], rng: Generator
) -> tuple[Ints, tuple[Ints, Ints, Ints]]:
    """The rows to choose among and their pairs (`_possible`): `count` of them, or all that are left.

    Where rows are in many small groups, the rows of which least is known may have nobody to meet among themselves.
    """
    import numpy as np

    rows, size, reach = len(belief.mean), max(_POOL, 2 * count), _NEAREST
    furthest = int(np.bincount(belief.groups).max()) - 1
    while True:
        pool = _pool(targets, size)
        found = _possible(belief, pool, reach, asked, rng)
        if len(found[0]) >= count or (len(pool) == rows and (rows <= _POOL or reach >= furthest)):
            return pool, found
        if len(pool) < rows:
            size *= 2
        else:
            reach *= 2


def _possible(
    belief: Belief, pool: Ints, reach: int, asked: Collection[Asked], rng: Generator
) -> tuple[Ints, Ints, Ints]:
    """Pairs of rows near each other, each in an order that was not asked yet, by chance where neither was.

    Args:
        belief: what is known. pool: rows to choose among. asked: comparisons that were made.
        reach: so many places apart at the most, where the rows are many.
        rng: decides on the order.

    Returns:
        Which row would be shown first, which second, and whether neither order was asked.
    """
    import numpy as np

    mean, groups = belief.mean, belief.groups
    # Rows of the same strength come in any order, else those that stand together in the table would meet.
    order = pool[np.lexsort((rng.random(len(pool)), -mean[pool], groups[pool]))]
    reach = len(order) - 1 if len(order) <= _POOL else min(reach, len(order) - 1)
    above = np.concatenate([order[:-step] for step in range(1, reach + 1)])
    below = np.concatenate([order[step:] for step in range(1, reach + 1)])
    together = groups[above] == groups[below]
    above, below = above[together], below[together]
    swapped = rng.random(len(above)) < 0.5  # noqa: PLR2004 - evens
    first, second = np.where(swapped, below, above), np.where(swapped, above, below)
    if not asked:
        return first, second, np.ones(len(first), bool)
    rows = len(mean)
    known = np.array(list(asked)) @ np.array([rows, 1])
    this, other = np.isin(first * rows + second, known), np.isin(second * rows + first, known)
    first, second = np.where(this, second, first), np.where(this, first, second)
    left = ~(this & other)
    return first[left], second[left], ~(this | other)[left]


def _some(count: int, most: int, rng: Generator) -> Ints:
    import numpy as np

    return np.arange(count) if count <= most else rng.choice(count, most, replace=False)


def _expected(belief: Belief, draws: Floats, first: Ints, second: Ints, twice: Ints) -> _Candidates:
    import numpy as np

    single = draws.astype(np.float32)
    chance = first_wins(belief.noise, single[first] - single[second])
    noise = (chance * (1 - chance)).mean(1) / np.where(twice, 2, 1).astype(np.float32) + np.float32(_LEAST_NOISE)
    chance -= chance.mean(1, keepdims=True)
    return _Candidates(first, second, twice, chance, noise)


def _own_gain(candidates: _Candidates, targets: Floats) -> Floats:
    """By how much the answer lowers the variance of what is asked of its own two rows."""
    import numpy as np

    expected, count = candidates.expected, targets.shape[1]
    told = np.zeros(len(expected), np.float32)
    for rows in (candidates.first, candidates.second):
        told += (np.einsum("ij,ij->i", targets[rows], expected) / count) ** 2
    variance = np.einsum("ij,ij->i", expected, expected) / count + candidates.noise
    gain: Floats = told / variance / np.where(candidates.twice, 2, 1)
    return gain


def _in_turn(candidates: _Candidates, targets: Floats, count: int) -> Ints:
    """Each pair the best one once those before it are answered; what it says of all rows counts."""
    import numpy as np
    from scipy.linalg.blas import sger

    scale = 1 / np.sqrt(np.float32(targets.shape[1]))
    expected, noise = candidates.expected * scale, candidates.noise
    told = expected @ (targets * scale).T
    variance = (expected**2).sum(1)
    calls = np.where(candidates.twice, 2, 1)
    free = np.ones(len(noise), bool)
    chosen: list[int] = []
    wanted = count
    while wanted > 0 and free.any():
        gain = np.where(free, (told**2).sum(1) / ((variance + noise) * calls), -1.0)
        best = int(np.argmax(gain))
        chosen.append(best)
        free[best] = False
        wanted -= int(calls[best])
        # What its answer will say of every other pair and of every row is known from then on. Copies, since what they
        # were is taken off each row of the tables in which they stand themselves.
        own, own_told = expected[best].copy(), told[best].copy()
        shared = expected @ own
        total = variance[best] + noise[best]
        # In place and in single precision: these two products are most of the work.
        sger(-1.0 / total, own_told, shared, a=told.T, overwrite_a=True)
        if variance[best] > 0:
            kept = (1 - np.sqrt(noise[best] / total)) / variance[best]
            sger(-kept, own, shared, a=expected.T, overwrite_a=True)
        variance = np.maximum(variance - shared**2 / total, 0.0)
    return np.array(chosen, int)


def _spread_out(candidates: _Candidates, gain: Floats, count: int, rows: int) -> Ints:
    """The best pairs of which no row has more than its share."""
    import numpy as np

    order = np.argsort(-gain, kind="stable")
    # Lists, since each is looked at one by one.
    places = list(zip(*(of[order].tolist() for of in (candidates.first, candidates.second)), strict=True))
    calls = np.where(candidates.twice, 2, 1)[order].tolist()
    chosen: list[int] = []
    left = [1] * rows
    wanted = count
    open_ones = list(range(len(order)))
    while wanted > 0 and open_ones:
        passed = []
        for at in open_ones:
            first, second = places[at]
            if wanted <= 0:
                break
            if not left[first] or not left[second]:
                passed.append(at)
                continue
            left[first] -= 1
            left[second] -= 1
            chosen.append(at)
            wanted -= calls[at]
        open_ones = passed
        left = [n + 1 for n in left]
    spread: Ints = order[np.array(chosen, int)]
    return spread


def _shown(chosen: _Candidates, count: int) -> list[Asked]:
    pairs: list[Asked] = []
    for first, second, twice in zip(chosen.first.tolist(), chosen.second.tolist(), chosen.twice.tolist(), strict=True):
        pairs += [(first, second), (second, first)] if twice else [(first, second)]
    return pairs[:count]
