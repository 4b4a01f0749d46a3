"""Rows with a hidden quality, judges that err in known ways, and a ranking that asks them round by round."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from sheetjudge.stats.pairing import Asked, next_pairs
from sheetjudge.stats.ranking_belief import Belief, Comparisons, comparisons, fitted, prior_belief


@dataclass(frozen=True)
class World:
    """Rows and a judge of them.

    Attributes:
        quality: of each row, uniform in 0…1.
        says: the judge's preference for the first of two rows, in a matrix; asked twice, it says the same.
        expected: the mean of that over many such judges.
        scores: the judge's pointwise scores, or None.
    """

    quality: Any
    says: Any
    expected: Any
    scores: Sequence[float] | None = None

    @property
    def strength(self) -> Any:
        """The quality as a ranking's strength: normal with the variance 1."""
        return norm.ppf(self.quality)

    def position_bias(self, answers: Comparisons) -> float:
        """By how much more often the first of these pairs wins than it would if it were shown second."""
        pairs = answers.first, answers.second
        return float((self.expected[pairs] + self.expected.T[pairs] - 1).mean())


Judge = Callable[[Any, Any], tuple[Any, Any]]
"""From draws and the rows' quality: what it says of each pair, and what is to be expected of that."""


def flat(position: float = 0.1, flip: float = 0.1) -> Judge:
    """Says "the first" with the chance `position`, and otherwise errs with the chance `flip`, however wide the gap."""

    def says(rng: Any, quality: Any) -> Any:
        shape = (len(quality), len(quality))
        better = quality[:, None] > quality
        right = better ^ (rng.random(shape) < flip)
        says = np.where(rng.random(shape) < position, 1.0, right.astype(float))
        return says, position + (1 - position) * np.where(better, 1 - flip, flip)

    return says


def bradley_terry(slope: float = 4.0, shift: float = 0.0, width: float = 0.0, lapse: float = 0.0) -> Judge:
    """Errs where the gap is narrow; likes the first place by `shift` log-odds; ties within `width`; lapses at times."""

    def says(rng: Any, quality: Any) -> Any:
        strength = norm.ppf(quality)
        ahead = slope * (strength[:, None] - strength) + shift
        gap = ahead + rng.logistic(size=ahead.shape)
        said = np.where(gap > width, 1.0, np.where(gap < -width, 0.0, 0.5))
        said = np.where(rng.random(gap.shape) < lapse, (rng.random(gap.shape) < 0.5).astype(float), said)
        return said, lapse / 2 + (1 - lapse) * (expit(ahead - width) + expit(ahead + width)) / 2

    return says


def world(seed: int, rows: int, judge: Judge, correlation: float | None = None) -> World:
    """A world; `correlation` is that of the pointwise scores with the quality, None for no scores."""
    rng = np.random.default_rng(seed)
    quality = rng.random(rows)
    says, expected = judge(rng, quality)
    if correlation is None:
        return World(quality, says, expected)
    standard = (quality - quality.mean()) / quality.std()
    noise = np.sqrt(1 - correlation**2) * rng.standard_normal(rows)
    return World(quality, says, expected, (correlation * standard + noise).tolist())


def ranked(
    found: World, marks: Sequence[int], *, seed: int, top: int | None, a_round: int | None = None
) -> Iterator[tuple[int, Belief]]:
    """The belief at each of `marks` comparisons, as `sheetjudge rank` would come to it (32 calls in flight)."""
    rows = len(found.quality)
    a_round = a_round or max(rows // 6, min(32, rows // 2))
    rng = np.random.default_rng([seed, rows])
    belief = prior_belief(rows, found.scores)
    asked: set[Asked] = set()
    answers: list[tuple[int, int, float]] = []
    for mark in marks:
        while len(answers) < mark:
            pairs = next_pairs(belief, min(a_round, mark - len(answers)), rng, asked=asked, top=top)
            if not pairs:
                break
            asked.update(pairs)
            answers += [(first, second, float(found.says[first, second])) for first, second in pairs]
            belief = fitted(belief, comparisons(answers))
        yield mark, belief
