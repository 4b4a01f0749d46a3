"""From which score on should rows be kept, so that a promise on what people want holds? By labels of some rows.

The scores from which rows could be kept are tested one after the other, in an order that no label had a say in, until
the first one fails. So trying many costs nothing (fixed-sequence testing: Angelopoulos, Bates, Candès, Jordan and Lei,
"Learn then Test: Calibrating Predictive Algorithms to Achieve Risk Control", 2021). For recall that is from the lowest
score up; for precision from a few scores down, with a share of the risk each.

What a test rests on is told in `label_evidence`. The promise holds for any number of labels and whatever the judge is
worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from sheetjudge.stats.guarantee_bounds import first_true
from sheetjudge.stats.guarantee_promise import Promise
from sheetjudge.stats.label_evidence import (
    Sample,
    growth_for_precision,
    growth_for_recall,
    shows_precision,
    shows_recall,
)

# Places from which precision is tested downwards, each with its share of the risk.
_MOST_STARTS = 3
# Labelled rows above a score from which on it is looked at how many more would do: fewer may look good by luck.
_FEWEST = 10


@dataclass(frozen=True, slots=True)
class Cut:
    """A score that parts rows, by one of the promises.

    Attributes:
        at: rows with this score or a higher one are above it; it lies between two scores of rows, or is the lowest one.
            None where the labels show none.
        share: recall or precision that it has by the labels; None without one, or where no label speaks of it.
        right, wrong: labelled rows that speak for and against it: for recall wanted rows above and below it, for
            precision rows above it that people want and don't want.
        more: about how many labels more, of rows drawn in the same way, would show one; 0 where one is shown, None
            where that can't be foreseen.
    """

    at: float | None
    share: float | None = None
    right: int = 0
    wrong: int = 0
    more: int | None = 0


@dataclass(frozen=True, slots=True)
class Threshold:
    """Which scores mean keep and which drop.

    Attributes:
        promise: what holds of it. rows: with a score. labels: of those. wanted: labelled rows that people want.
        low, high: rows below `low` are dropped and those above `high` kept; the same where nothing lies between. None
            where the labels don't show it.
        recall, precision: what each promise came to; None where it wasn't made.
        dropped, kept: rows by that; the others are for people, or for a better judge.
        in_strata: labelled rows speak for different numbers of rows.
    """

    promise: Promise
    rows: int
    labels: int
    wanted: int
    low: float | None
    high: float | None
    recall: Cut | None
    precision: Cut | None
    dropped: int
    kept: int
    in_strata: bool

    @property
    def met(self) -> bool:
        """Both promises are kept, as far as they were made."""
        return self.low is not None and self.high is not None


def threshold_from_labels(
    scores: Sequence[float],
    labels: Mapping[int, bool],
    promise: Promise,
    *,
    strata: Sequence[int] | None = None,
) -> Threshold:
    """The score from which rows should be kept.

    Args:
        scores: of all rows. The promise is about these very rows.
        labels: whether people want a row, by its number; of rows drawn at random, within their stratum if any.
        promise: recall is of the rows that people want, precision of those that are kept. Both together: rows that
            meet neither are between two thresholds.
        strata: of each row, where the rows to label were drawn in strata; None for one.

    Raises:
        ValueError: no row is labelled, or none of a stratum that has rows.
    """
    sample = Sample.made(np.asarray(scores, dtype=float), labels, strata)
    both = promise.recall is not None and promise.precision is not None
    risk = (1 - promise.confidence) / (2 if both else 1)
    recall = None if promise.recall is None else _for_recall(sample, promise.recall, risk)
    precision = None if promise.precision is None else _for_precision(sample, promise.precision, risk)
    low = recall.at if recall is not None else precision.at if precision is not None else None
    high = precision.at if precision is not None else low
    if low is not None and high is not None and high < low:
        # Recall falls with the score, so that what holds of a higher one holds of this one.
        low = high
        recall = None if recall is None else _recall_at(sample, high)
    return Threshold(
        promise,
        len(sample.scores),
        len(sample.at),
        int(sample.wanted.sum()),
        low,
        high,
        recall,
        precision,
        0 if low is None else int(np.sum(sample.scores < low)),
        0 if high is None else int(np.sum(sample.scores >= high)),
        not sample.is_plain,
    )


def _more(sample: Sample, growths: Sequence[float | None]) -> int | None:
    """About how many labels more would do, if they came out as these did; None if not even many more would."""
    found = [growth for growth in growths if growth is not None]
    return ceil((min(found) - 1) * len(sample.at)) if found else None


# --- recall -----------------------------------------------------------------------------------------------------------


def _for_recall(sample: Sample, share: float, risk: float) -> Cut:
    """The highest score that is shown to lose few enough."""
    at, weight = sample.at[sample.wanted], sample.weight[sample.wanted]
    if not len(at):
        return Cut(None, more=None)
    # Only with a wanted row does the evidence change: rows from that one's score on are then kept.
    firsts = np.unique(at, return_index=True)[1].tolist()

    def fails(place: int) -> bool:
        first = firsts[place]
        return not shows_recall(sample, weight[first:], weight[:first], share, risk)

    shown = first_true(fails, 0, len(firsts))
    if not shown:
        return Cut(None, more=_more(sample, [growth_for_recall(sample, weight, share, risk)]))
    best = firsts[shown - 1]
    return _recall_at(sample, sample.gap_below(float(at[best])))


def _recall_at(sample: Sample, score: float) -> Cut:
    """What labels say of the recall of a score."""
    at, weight = sample.at[sample.wanted], sample.weight[sample.wanted]
    kept = at >= score
    return Cut(score, float(weight[kept].sum() / weight.sum()), int(kept.sum()), int(np.sum(~kept)))


# --- precision --------------------------------------------------------------------------------------------------------


def _for_precision(sample: Sample, share: float, risk: float) -> Cut:
    """The lowest score above which few enough unwanted rows are shown to be."""
    values, firsts = np.unique(sample.at, return_index=True)
    starts, part = _starts(sample, firsts, share, risk)
    best: tuple[float, int] | None = None
    for start in starts:
        for place in range(start, -1, -1):
            first = int(firsts[place])
            if not shows_precision(sample, first, share, part):
                break
            if best is None or values[place] < best[0]:
                best = (float(values[place]), first)
    if best is None:
        enough = [int(first) for first in firsts if len(sample.at) - first >= min(_FEWEST, len(sample.at))]
        grown = [growth_for_precision(sample, first, share, part) for first in enough]
        return Cut(None, more=_more(sample, grown))
    wanted, weight = sample.wanted[best[1] :], sample.weight[best[1] :]
    found = float(weight[wanted].sum() / weight.sum())
    return Cut(sample.gap_below(best[0]), found, int(wanted.sum()), int(np.sum(~wanted)))


def _starts(sample: Sample, firsts: NDArray[np.intp], share: float, risk: float) -> tuple[list[int], float]:
    """Places among the labelled scores to test from, by how many rows are labelled there, and the risk of each."""
    count = len(sample.at)
    for starts in range(_MOST_STARTS, 0, -1):
        least = ceil(log(starts / risk) / -log(share)) if share < 1 else count
        wanted = [least * 2**n for n in range(starts)]
        if wanted[-1] <= count:
            break
    # The highest score with that many labelled rows from it on; without enough of them, all there are.
    places = [int(np.searchsorted(firsts, count - min(most, count), side="right")) - 1 for most in wanted]
    return list(dict.fromkeys(places)), risk / len(wanted)
