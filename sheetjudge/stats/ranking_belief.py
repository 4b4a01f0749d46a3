"""What is known of the rows' strengths after some comparisons: a normal distribution over all of them together.

The belief is fitted by expectation propagation (Minka, 2001; for comparisons of two, Herbrich, Minka and Graepel's
TrueSkill, 2006): each answer becomes a normal factor on the gap between its two rows. The judge's noise and the worth
of the pointwise scores are estimated on the way, by the evidence (empirical Bayes). Beside the maximum a posteriori,
this heeds the skew that few answers leave, and it holds where lapses make the posterior other than concave.

Strengths have the variance 1 before anything is known. Pointwise scores, brought to normal form (van der Waerden,
1952), are worth `trust`: given its score, a strength is normal around trust * score with the variance 1 - trust². So
scores that tell nothing come to have no say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sheetjudge.stats.ranking_algebra import System
from sheetjudge.stats.ranking_learning import learned
from sheetjudge.stats.ranking_noise import Noise, answer_chance, answer_shares

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[Any]
    Ints = NDArray[Any]

SWEEPS = 30
"""Sweeps over all answers at the most, where nobody says how many."""

_DAMPING = 0.5
# The share of a gap's precision that an answer may take away at the most.
_MOST_WIDENING = 0.8
# Variance that a strength may have, in terms of that before any answer.
_MOST_SPREAD = 4.0
_SETTLED = 5e-3
# Answers from which on something can be learned of the judge.
_FEWEST = 20
# Answers from which it is learned well enough.
_ENOUGH = 5000
_TRUST_AT_FIRST = 0.6
# Of a judge that does call ties.
_TIES_AT_FIRST = 0.02
_WIDTH_AT_FIRST = 0.5
_MOST_TRUST = 0.98
# The judge's noise and the scores' worth are estimated and then taken for known, and each answer's factor is normal, so
# that deviations come out too small: intervals of 90% would hold 86 to 89% (`tests/bench/rank_intervals.py`).
_WIDER = 1.08


@dataclass(frozen=True)
class Comparisons:
    """Answers of a judge.

    Attributes:
        first, second: the rows compared, by number from 0, in the order shown.
        preference: the judge's chance in 0…1 that the first is better; 0.5 is a tie.
    """

    first: Ints
    second: Ints
    preference: Floats

    def __len__(self) -> int:
        return len(self.preference)


def comparisons(answers: Sequence[tuple[int, int, float]]) -> Comparisons:
    """From (first, second, preference) of each answer."""
    import numpy as np

    table = np.array(answers, float).reshape(-1, 3)
    return Comparisons(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2])


@dataclass(frozen=True)
class Belief:
    """What is known of `len(mean)` strengths.

    Attributes:
        mean: of each strength; 0 is the average of the rows, 1 a standard deviation among them.
        groups: number of each row's group, from 0; only rows of a group are compared with each other.
        copies: how many rows each stands for, that all read the same.
        scores: the pointwise scores in normal form; nan where a row has none.
        trust: what they are worth, 0 (nothing) … 1 (everything).
        noise: how the judge errs.
        answers: what the belief rests on.
        precision, pull: the normal factor of each answer on its gap: precision, and precision times mean. Negative
            precision is that of an answer that makes the others doubtful.
    """

    mean: Floats
    groups: Ints
    copies: Ints
    scores: Floats
    trust: float
    noise: Noise
    answers: Comparisons
    precision: Floats
    pull: Floats

    @property
    def prior(self) -> tuple[Floats, Floats]:
        """Mean and precision of each strength before the answers."""
        import numpy as np

        scored = np.isfinite(self.scores)
        return (
            np.where(scored, self.trust * np.nan_to_num(self.scores), 0.0),
            np.where(scored, 1 / (1 - self.trust**2), 1.0),
        )

    @cached_property
    def system(self) -> System:
        """The precision matrix of the strengths."""
        return System(self.answers.first, self.answers.second, self.precision, self.prior[1])

    def solved(self) -> Belief:
        """With the mean that its factors lead to."""
        mean, base = self.prior
        found = replace(self, mean=self.system.solve(base * mean + self.system.gathered(self.pull), self.mean))
        # The precision is the same, and what was worked out of it is worth keeping.
        found.__dict__["system"] = self.system
        return found

    def draws(self, count: int, rng: Generator) -> Floats:
        """Strengths drawn from the belief, an array of rows by `count`.

        They come in pairs of opposite sign, so that their mean is exact.
        """
        import numpy as np

        off = self.system.draws((count + 1) // 2, rng)
        found: Floats = self.mean[:, None] + _WIDER * np.concatenate([off, -off], axis=1)[:, :count]
        return found


def prior_belief(
    count: int,
    scores: Sequence[float | None] | None = None,
    groups: Sequence[int] | None = None,
    copies: Sequence[int] | None = None,
) -> Belief:
    """The belief before any comparison.

    Args:
        count: rows.
        scores: the pointwise score of each, on any scale, higher is better; None for a row without.
        groups: number of each row's group, from 0; all one group if not given.
        copies: how many rows each stands for; one if not given.
    """
    import numpy as np

    labels = np.zeros(count, int) if groups is None else np.asarray(groups, int)
    times = np.ones(count, int) if copies is None else np.asarray(copies, int)
    normal = np.full(count, np.nan) if scores is None else _normal_form(np.array(scores, float), labels)
    nothing, nobody = np.zeros(0), np.zeros(0, int)
    answers = Comparisons(nobody, nobody, nothing)
    trust = _TRUST_AT_FIRST if np.isfinite(normal).any() else 0.0
    belief = Belief(np.zeros(count), labels, times, normal, trust, Noise(), answers, nothing, nothing)
    return replace(belief, mean=belief.prior[0])


def _normal_form(scores: Floats, groups: Ints) -> Floats:
    """Normal scores of the ranks; equal scores get the mean of theirs, so that they stay equal.

    Of several groups each score counts as its distance from its group's mean: what one group is better than another
    says nothing of the order in either, but the distances are worth the same in all.
    """
    import numpy as np
    from scipy.special import ndtri
    from scipy.stats import rankdata

    known = np.isfinite(scores)
    found = np.full(len(scores), np.nan)
    if not known.any():
        return found
    labels, given = groups[known], scores[known]
    middle = np.bincount(labels, given) / np.maximum(np.bincount(labels), 1)
    # Equal scores of a group must stay equal, whatever rounding does to their distances.
    apart = np.round(given - middle[labels], 9)
    found[known] = ndtri((rankdata(apart) - 0.5) / known.sum())
    return found


def fitted(before: Belief, answers: Comparisons, *, noise: Noise | None = None, sweeps: int = SWEEPS) -> Belief:
    """The belief that all `answers` lead to.

    Args:
        before: the belief to begin from: the one before any comparison, or one that rests on the first of `answers`,
            whose factors are then near their end already.
        answers: all of them.
        noise: how the judge errs, where that is known; estimated if not given.
        sweeps: over all answers at the most; it ends before where nothing moves any more.
    """
    import numpy as np

    if not len(answers):
        return before
    more = np.zeros(len(answers) - len(before.answers))
    belief = replace(
        before,
        answers=answers,
        precision=np.concatenate([before.precision, more]),
        pull=np.concatenate([before.pull, more]),
        noise=noise or before.noise,
    )
    shares = answer_shares(answers.preference)
    if noise is None and not belief.noise.width and shares[1].any():
        belief = replace(belief, noise=replace(belief.noise, tie=_TIES_AT_FIRST, width=_WIDTH_AT_FIRST))
    learns = len(answers) >= _FEWEST
    for sweep in range(sweeps):
        mean = belief.mean
        belief = _sound(belief.solved())
        # By then the noise and the trust have been learned once, and their effect was seen.
        if sweep > 3 and np.abs(belief.mean - mean).max() < _SETTLED:  # noqa: PLR2004
            break
        row_variance, gap_variance = belief.system.variances
        trust = _trust(belief, row_variance) if learns else belief.trust
        belief, cavity = _refactored(belief, shares, gap_variance)
        if learns and noise is None and sweep % 3 == 1:
            some = slice(None, None, 1 + len(answers) // _ENOUGH)
            heard = learned(belief.noise, shares[:, some], cavity[some], gap_variance[some])
            belief = replace(belief, noise=heard)
        belief = replace(belief, trust=trust)
    else:
        # The factors of the last sweep lead to a mean of their own, and may have taken more than there is.
        belief = _sound(belief.solved())
    return belief


def _sound(belief: Belief) -> Belief:
    """The belief, or that without the answers that take precision away, where they took more than there is."""
    import numpy as np

    variance, _ = belief.system.variances
    has_sense = np.isfinite(belief.mean).all() and (variance > 0).all()
    if has_sense and (variance * belief.system.base < _MOST_SPREAD).all():
        return belief
    takes = belief.precision < 0
    return replace(
        belief,
        mean=np.nan_to_num(belief.mean),
        precision=np.where(takes, 0.0, belief.precision),
        pull=np.where(takes, 0.0, belief.pull),
    ).solved()


def _refactored(belief: Belief, shares: Floats, variance: Floats) -> tuple[Belief, Floats]:
    """Each answer's factor found anew, all at once; and the mean of each gap without its own answer."""
    import numpy as np

    answers, old = belief.answers, belief.precision
    gap = belief.mean[answers.first] - belief.mean[answers.second]
    cavity = gap + variance * (old * gap - belief.pull)
    chance, slope1, slope2 = answer_chance(belief.noise, shares, cavity, variance)
    pulled = slope1 / chance
    bend = slope2 / chance - pulled**2
    # An answer that comes as a surprise, and may be a lapse, widens the belief: its precision is negative.
    precision = np.maximum(-bend / np.maximum(1 + variance * bend, 1e-3), -_MOST_WIDENING / variance)
    pull = (cavity + variance * pulled) * (1 / variance + precision) - cavity / variance
    return replace(
        belief,
        precision=old + _DAMPING * (precision - old),
        pull=belief.pull + _DAMPING * (pull - belief.pull),
    ), cavity


def _trust(belief: Belief, variance: Floats) -> float:
    """The scores' worth that makes the strengths, as they are believed, most probable (a step of EM, prolonged)."""
    import numpy as np

    scored = np.isfinite(belief.scores)
    if not scored.any():
        return 0.0
    score, mean = belief.scores[scored], belief.mean[scored]
    tried = np.linspace(0.0, _MOST_TRUST, 99)
    off = ((mean - tried[:, None] * score) ** 2 + variance[scored]).sum(1)
    said = -0.5 * scored.sum() * np.log(1 - tried**2) - off / (2 * (1 - tried**2))
    # Judges' scores are seldom worth nothing; a few dozen rows overrule this.
    best = tried[np.argmax(said + 3 * np.log(tried + 0.01) + 2 * np.log(1 - tried))]
    return float(np.clip(belief.trust + 2 * (best - belief.trust), 0.0, _MOST_TRUST))
