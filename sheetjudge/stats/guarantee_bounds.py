"""How many wanted rows may hide among rows that nobody looked at: a bound that holds at any moment, for any data.

Some rows are looked at because a proxy says so, others are drawn at random, one by one and without replacement, from
the rows that nobody has looked at yet. If so-and-so many wanted rows were left among them, each draw would hit one with
a known chance. Whoever bets against hits at those odds doesn't get rich, unless fewer are left: a wealth of 1/δ has
chance δ at most (Ville, 1939). These are the bets of Waudby-Smith and Ramdas ("Estimating means of bounded random
variables by betting", 2023, section on sampling without replacement), which BARGAIN (Zeighami, Shankar and
Parameswaran, "Cut Costs, Not Accuracy", SIGMOD 2026) brought to filters.

What is unknown is one number, how many wanted rows there are in all. So nothing has to be corrected for the number of
thresholds tried: the rows that are looked at on purpose, and when to stop, may be chosen with all that has been seen.
To ask about rows at random beside a ranking, for a guarantee, is known from systematic reviews (Callaghan and
Müller-Hansen, "Statistical stopping criteria for automated screening in systematic reviews", 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

# Fixed bets beside the one that is recomputed: as if so much of the hits that a failure would bring were to come.
_FIXED = np.array([0.0, 0.12, 0.3, 0.55])
_LEFT_OF_FIXED = 1 - _FIXED
# How the first unit of money is spread: over the recomputed bet, then over the fixed ones.
_SHARES = (0.3, 0.15, 0.2, 0.2, 0.15)


class HiddenBound:
    """Wealth of bets that few wanted rows are left among the unseen ones.

    Valid where each draw was uniform over the rows unseen at that time, whatever else was looked at before or after.
    """

    def __init__(self) -> None:
        self._unseen = self._found = self._expected = np.array([], float)
        self._hit = np.array([], bool)

    def draw(self, hits: Sequence[bool | None], *, unseen: int, found: int, expected: float) -> None:
        """Record random draws, in the order in which they were drawn.

        Args:
            hits: whether each was wanted; None where that can't be known: such a row is gone and tells nothing.
            unseen: rows that the first was drawn from, itself among them.
            found: wanted rows found before the first, by drawing or otherwise.
            expected: the bet, chosen before the draws: hits expected, as a share (0 to 1) of those that would come
                if too many wanted rows were left. 1 is no bet.
        """
        known = np.array([hit is not None for hit in hits], bool)
        hit = np.array([hit is True for hit in hits], bool)
        before = np.cumsum(hit) - hit
        self._unseen = np.concatenate([self._unseen, (unseen - np.arange(len(hit), dtype=float))[known]])
        self._found = np.concatenate([self._found, (found + before)[known]])
        self._hit = np.concatenate([self._hit, hit[known]])
        self._expected = np.concatenate([self._expected, np.full(int(known.sum()), np.clip(expected, 0.0, 1.0))])

    def log_wealth(self, left: int, found: int) -> float:
        """Log of the wealth won against "at least `left` wanted rows are left unseen".

        Args:
            left: 1 or more.
            found: wanted rows found until now.

        Returns:
            Grows with `left`. Infinite where what was seen rules it out.
        """
        if not self._hit.size:
            return 0.0
        # The chance of a hit if so many are left: these, and those found since, were then all among the unseen.
        chance = (left + found - self._found) / self._unseen
        if np.any(chance > 1) or np.any((chance == 1) & ~self._hit):
            return float("inf")
        # A draw on which nothing was bet moves no wealth.
        placed = self._expected < 1
        missed, hit = placed & ~self._hit, placed & self._hit
        odds = chance[missed] / (1 - chance[missed])
        with np.errstate(divide="ignore"):
            won = np.log1p(np.outer(_LEFT_OF_FIXED, odds)).sum(1)
            # A bet of nothing expected is lost with the first hit.
            lost = np.log(_FIXED) * hit.sum() if hit.any() else 0.0
            own = np.log1p((1 - self._expected[missed]) * odds).sum() + np.log(self._expected[hit]).sum()
        return float(np.logaddexp.reduce(np.log(_SHARES) + np.array([own, *(won + lost)])))

    def most_left(self, unseen: int, found: int, risk: float) -> int:
        """The most wanted rows that can be left unseen; more has been ruled out at this risk.

        Args:
            unseen: rows that nobody has looked at.
            found: wanted rows found until now.
            risk: chance of being wrong, over the whole run and all moments.
        """
        return first_true(lambda left: self.log_wealth(left, found) >= -np.log(risk), 1, unseen + 1) - 1


def first_true(test: Callable[[int], bool], low: int, high: int) -> int:
    """The least number in [low, high) for which a test that stays true is true; `high` where there is none."""
    while low < high:
        middle = (low + high) // 2
        if test(middle):
            high = middle
        else:
            low = middle + 1
    return low


def as_floats(values: Sequence[float | None]) -> NDArray[np.float64]:
    """Scores as an array; NaN where there is none."""
    return np.array([np.nan if v is None else v for v in values], float)
