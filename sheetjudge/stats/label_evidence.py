"""Do people's labels of some rows show that enough of all rows are decided rightly by a score?

Where rows to label were drawn plainly, a test is exact: the chance of so few wrong ones under the hypergeometric
distribution, which is that of Clopper and Pearson (1934) for rows that are drawn without replacement. Where rows were
drawn in strata, with more of one than of another:

- Precision: how many rows are kept of each stratum is known. Wrong ones may hide where the fewest are labelled, which
  gives the least mean of their number. That number is a sum of independent events in each stratum (Vatutin and
  Mikhailov, 1982), and so few are no likelier than by the binomial distribution of that mean (Hoeffding, 1956,
  theorem 4).
- Recall: how many rows people want isn't known. Each labelled one speaks for 1/rate rows and the test is a bet: a kept
  one multiplies the wealth by 1 + c(1-s)/rate, a lost one by 1 - cs/rate, where s is the share promised. If the promise
  is broken the mean is 1 at the most: draws without replacement are no more spread, on any convex measure, than those
  with (Hoeffding, 1963, theorem 4), and (1 + a)^n is exp(na) at the most. So a wealth of 1/risk has chance `risk` at
  the most (Markov).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log

import numpy as np
from numpy.typing import NDArray

from sheetjudge.stats.guarantee_promise import ROUNDING

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]

# Bets side by side, as shares of the highest possible one, and how the first unit of money is spread over them.
_BETS = np.array([1.0, 0.88, 0.7, 0.45])
_SHARES = np.array([0.3, 0.25, 0.25, 0.2])
# As many times the labels that are there are looked at, to say how many would do.
_GROWTH = np.geomspace(1.02, 50.0, 60)
_DIGITS = 6
# By how much a score in a table may be off the one that a row was given.
_ROUNDED = 0.5e-4
# Wanted rows up to which every possible number of them is tried.
_EXACT = 1000


@dataclass(frozen=True)
class Sample:
    """Rows by rising score.

    Attributes:
        scores, stratum: of all rows. at, wanted: scores and labels of the labelled rows. of: their strata.
        weight: how many rows each of them speaks for.
        is_plain: drawn from all rows alike, or every row is labelled.
    """

    scores: Floats
    stratum: Rows
    at: Floats
    wanted: Flags
    of: Rows
    weight: Floats
    is_plain: bool

    @staticmethod
    def made(scores: Floats, labels: Mapping[int, bool], strata: Sequence[int] | None) -> Sample:
        """The sample of `threshold_from_labels`, and what that raises."""
        if not labels:
            raise ValueError("no row is labelled")
        rows = np.array(sorted(labels, key=lambda row: (scores[row], row)))
        group = np.zeros(len(scores), dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
        sizes = np.bincount(group)
        drawn = np.bincount(group[rows], minlength=len(sizes))
        if not drawn.all():
            raise ValueError("a stratum has no label")
        wanted = np.array([labels[int(row)] for row in rows], dtype=bool)
        is_plain = len(sizes) == 1 or len(rows) == len(scores)
        order, of = np.argsort(scores, kind="stable"), group[rows]
        return Sample(scores[order], group[order], scores[rows], wanted, of, (sizes / drawn)[of], is_plain)

    def gap_below(self, score: float) -> float:
        """A plain number between this score, which a row has, and the next lower one; the score where none is lower."""
        place = int(np.searchsorted(self.scores, score))
        return score if place == 0 else _between(float(self.scores[place - 1]), score)


def _between(low: float, high: float) -> float:
    """The shortest decimal in the middle of a gap."""
    room = max((high - low) / 4, min((high - low) / 2, _ROUNDED))
    for digits in range(_DIGITS):
        found = ceil((low + room) * 10**digits) / 10**digits
        if found <= high - room:
            return float(found)
    return (low + high) / 2


# --- recall ----------------------------------------------------------------------------------------------------------


def shows_recall(sample: Sample, right: Floats, wrong: Floats, share: float, risk: float) -> bool:
    """Is recall shown to be `share` at the least?

    Args:
        right, wrong: for how many rows each wanted labelled one speaks that is kept, and that is lost.
        risk: chance of a yes where it isn't so.
    """
    if not sample.is_plain:
        return _wealth(right, wrong, sample.weight.max(), share) >= -log(risk)
    unlabelled = len(sample.scores) - len(sample.at)
    wanted = len(right) + len(wrong)
    return chance_of_recall(len(wrong), wanted, wanted + unlabelled, share) <= risk


def chance_of_recall(wrong: int, wanted: int, most: int, share: float) -> float:
    """The chance of so few wrong ones, at the most, if recall is below `share`.

    Args:
        wrong: wanted rows below the score, of `wanted` labelled ones. most: wanted rows that there can be in all.
    """
    from scipy.stats import binom, hypergeom

    # With so many wanted rows lost, the promise is just broken by the largest table that one fewer wouldn't break.
    few = min(most, max(wanted, _EXACT))
    lost = np.arange(1, floor((1 - share) * few + ROUNDING) + 2)
    rows = np.full(len(lost), few)
    if share < 1:
        rows = np.minimum(np.ceil(lost / (1 - share) - ROUNDING).astype(int) - 1, few)
    may = (rows >= wanted) & (rows >= lost)
    chance = float(np.max(hypergeom.cdf(wrong, rows[may], lost[may], wanted)))
    if few == most:
        return chance
    # For larger tables the binomial distribution is the limit from above (Uhlmann, 1966), up to just below its mean.
    is_below = wrong == 0 or wrong <= (wanted - 1) * (1 - share - 1 / (few + 1))
    return max(chance, float(binom.cdf(wrong, wanted, 1 - share))) if is_below else 1.0


def _wealth(right: Floats, wrong: Floats, peak: float, share: float, growth: float = 1.0) -> float:
    """Log of what bets on the promise have won.

    Args:
        right, wrong: for how many rows each labelled one speaks. peak: the most that any speaks for.
        growth: as if there were so many times these labels.
    """
    with np.errstate(divide="ignore"):
        won = np.log1p(np.outer(_BETS, right / peak) * (1 - share) / share).sum(axis=1)
        lost = np.log1p(-np.outer(_BETS, wrong / peak)).sum(axis=1)
        return float(np.logaddexp.reduce(np.log(_SHARES) + growth * (won + lost)))


def growth_for_recall(sample: Sample, right: Floats, share: float, risk: float) -> float | None:
    """As `growth_for_precision`, if none of the wanted rows were lost."""
    if sample.is_plain:
        return _first_growth(share ** np.floor(_GROWTH * len(right)) <= risk)
    peak, none = float(sample.weight.max()), right[:0]
    return _first_growth(np.array([_wealth(right, none, peak, share, by) >= -log(risk) for by in _GROWTH]))


# --- precision -------------------------------------------------------------------------------------------------------


def shows_precision(sample: Sample, first: int, share: float, risk: float) -> bool:
    """Is precision shown to be `share` at the least?

    Args:
        first: place of the labelled row whose score is the lowest that is kept.
        risk: chance of a yes where it isn't so.
    """
    from scipy.stats import binom, hypergeom

    labelled = len(sample.at) - first
    wrong = int(np.sum(~sample.wanted[first:]))
    kept, least = _wrong_at_least(sample, first, share)
    if sample.is_plain:
        return float(hypergeom.cdf(wrong, kept, _too_many(kept, share), labelled)) <= risk
    return wrong <= least - 1 and float(binom.cdf(wrong, labelled, least / labelled)) <= risk


def _too_many(kept: int, share: float) -> int:
    """Unwanted rows that break the promise."""
    return floor((1 - share) * kept + ROUNDING) + 1


def _wrong_at_least(sample: Sample, first: int, share: float) -> tuple[int, float]:
    """If just too many kept rows were wrong, how many of the labelled ones would be, on average and at the least?

    Args:
        first: place of the labelled row whose score is the lowest that is kept. share: promised.

    Returns:
        The number of kept rows, and the answer: all wrong ones are where the fewest are labelled.
    """
    place = int(np.searchsorted(sample.scores, sample.at[first]))
    strata = int(sample.stratum.max()) + 1
    rows = np.bincount(sample.stratum[place:], minlength=strata)
    drawn = np.bincount(sample.of[first:], minlength=strata)
    kept = int(rows.sum())
    left, least = _too_many(kept, share), 0.0
    rate = drawn / np.maximum(rows, 1)
    for stratum in np.argsort(rate, kind="stable").tolist():
        hidden = min(left, int(rows[stratum]))
        least += hidden * float(rate[stratum])
        left -= hidden
    return kept, least


def growth_for_precision(sample: Sample, first: int, share: float, risk: float) -> float | None:
    """How many times these labels would show it, about, if more came out like them; None where many times wouldn't."""
    from scipy.stats import binom

    labelled = len(sample.at) - first
    wrong = int(np.sum(~sample.wanted[first:]))
    _, least = _wrong_at_least(sample, first, share)
    chance = (1 - share) if sample.is_plain else least / labelled
    return _first_growth(binom.cdf(np.ceil(_GROWTH * wrong), np.floor(_GROWTH * labelled), chance) <= risk)


def _first_growth(passes: Flags) -> float | None:
    return float(_GROWTH[int(np.argmax(passes))]) if passes.any() else None
