"""Which rows are worth a further answer: the policies of a cascade, as pure functions.

Every row begins with the same answers and goes on along one fixed order of judges, as far as its decision needs it. A
decision is either which rows of a group are its best, or on which side of a line a row lies. Two policies:

- `IfBelow`: a row that lies within a margin of the border gets all answers there are (a cascade by score gap).
- `UntilSure`: rows that may still lie on the other side of the border get one answer after the other, the nearer half
  of them first, until the chance that the decision is wrong is small. This is best-arm identification with fixed
  confidence, between elimination (Even-Dar, Mannor and Mansour, 2006), which asks about all that are in question, and
  LUCB (Kalyanakrishnan et al., 2012), which asks about the two at the border. Errors are taken as normal; their
  variances come from how answers spread, never from labels.

Scores are shares of the scale: 0 is its bottom, 1 its top.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import erfc, inf, sqrt
from typing import Protocol

Answers = Sequence[float | None]
"""A row's score in each answer that it has got, in the order of judges; None where an answer held no score."""

# What is thought of the errors before anything is known: a standard deviation of a tenth of the scale, half of its
# square between judges and half between samples, with the weight of so many observations. On recorded verdicts of four
# judges (RewardBench 2 prompts, scale 1-10) it is 0.11.
_PRIOR_VARIANCE = 0.1**2
_PRIOR_WEIGHT = 20
_LEAST_VARIANCE = 0.01**2
# A gap that is exactly the margin is not below it, whatever arithmetic makes of it.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Best:
    """The decision: which `count` rows of a group have the highest scores."""

    count: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """The decision: whether a row's score reaches `at` (a share of the scale)."""

    at: float


Border = Best | Line


@dataclass(frozen=True, slots=True)
class Noise:
    """Variances of one answer's error: what is the judge's own view of a row, and what differs between its samples."""

    judge: float = _PRIOR_VARIANCE / 2
    sample: float = _PRIOR_VARIANCE / 2


class Policy(Protocol):
    """Says how many further answers each row of a group gets now."""

    def wants(self, group: Sequence[Answers], order: Sequence[int], border: Border, noise: Noise) -> list[int]:
        """One number for each row, 0 where nothing more is to be asked.

        Args:
            group: what is known of its rows.
            order: the judge (any number) of each answer that a row can get.
            border: the decision.
            noise: how far answers err.
        """
        ...


@dataclass(frozen=True, slots=True)
class IfBelow:
    """All further answers for rows whose margin is below `margin` (a share of the scale).

    It is looked at again once they have come, so a row that has become close by them is asked about as well.
    """

    margin: float

    def wants(self, group: Sequence[Answers], order: Sequence[int], border: Border, noise: Noise) -> list[int]:  # noqa: ARG002
        """As `Policy.wants`."""
        scores = [mean_over_judges(answers, order) for answers in group]
        gaps = margins(scores, border)
        return [
            len(order) - len(answers) if score is None or gap < self.margin - _ROUNDING else 0
            for answers, score, gap in zip(group, scores, gaps, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class UntilSure:
    """One further answer for rows that may lie on the other side of the border.

    It goes on until the chance that any row of the group does (by the union bound) is at most 1 - `confidence`. Those
    nearest to the border are asked about, two or half of those in question; of them those with the fewest answers come
    first, so that they are compared on the same judges.
    """

    confidence: float

    def wants(self, group: Sequence[Answers], order: Sequence[int], border: Border, noise: Noise) -> list[int]:
        """As `Policy.wants`."""
        scores = [mean_over_judges(answers, order) for answers in group]
        chances = _chances(group, scores, order, border, noise)
        able = [i for i in _doubtful(chances, border, 1 - self.confidence) if len(group[i]) < len(order)]
        if isinstance(border, Best):
            able.sort(key=lambda i: (-chances[i], -(scores[i] or 0.0), i))
            able = able[: max(2, (len(able) + 1) // 2)]
        fewest = min((len(group[i]) for i in able), default=0)
        now = {i for i in able if len(group[i]) == fewest}
        return [int(i in now or (scores[i] is None and len(answers) < len(order))) for i, answers in enumerate(group)]

    def undecided(self, group: Sequence[Answers], order: Sequence[int], border: Border, noise: Noise) -> set[int]:
        """Indexes of the rows of which it isn't certain on which side of the border they lie."""
        scores = [mean_over_judges(answers, order) for answers in group]
        return _doubtful(_chances(group, scores, order, border, noise), border, 1 - self.confidence)


def in_turn(first: Sequence[int], further: Sequence[int], samples: int, further_samples: int) -> tuple[int, ...]:
    """The order for `UntilSure`: the first judges, then the others, then all again for their next sample.

    Args:
        first, further: judges. samples, further_samples: the most answers of each.
    """
    order: list[int] = []
    for n in range(max(samples, further_samples)):
        order += first if n < samples else ()
        order += further if n < further_samples else ()
    return tuple(order)


def mean_over_judges(answers: Answers, order: Sequence[int]) -> float | None:
    """The mean over judges of the mean over each judge's answers; None where there is no score."""
    by_judge: dict[int, list[float]] = {}
    for score, judge in zip(answers, order, strict=False):
        if score is not None:
            by_judge.setdefault(judge, []).append(score)
    if not by_judge:
        return None
    return sum(sum(scores) / len(scores) for scores in by_judge.values()) / len(by_judge)


def margins(scores: Sequence[float | None], border: Border) -> list[float]:
    """How far each row lies from the border; infinite where nothing is beyond it, and where there is no score.

    For `Best`, a row among the best is as far from the border as from the best row that isn't, and the other way round:
    with one best row in a group, the two best have the gap between them, and each other row its gap to the best.
    """
    if isinstance(border, Line):
        return [inf if score is None else abs(score - border.at) for score in scores]
    known = sorted((score for score in scores if score is not None), reverse=True)
    if len(known) <= border.count:
        return [inf] * len(scores)
    last, first_out = known[border.count - 1], known[border.count]
    among = _among_best(scores, border.count)
    return [
        inf if score is None else score - first_out if i in among else last - score for i, score in enumerate(scores)
    ]


def has_decision(group: Sequence[Answers], border: Border) -> bool:
    """Is there anything to decide? Not where no row has a score, nor where all are among the best `count`."""
    scored = sum(any(score is not None for score in answers) for answers in group)
    return scored > (border.count if isinstance(border, Best) else 0)


def noise_of(rows: Iterable[Answers], order: Sequence[int]) -> Noise:
    """The variances of answers' errors, from how answers to the same rows spread.

    Between samples of one judge, and between judges once each one's mean leniency is taken off (the residuals of a
    two-way table). Few observations are drawn towards what is usual.

    Args:
        rows: what is known of each row.
        order: the judge of each answer.
    """
    import numpy as np

    judges = sorted(set(order))
    kept = [answers for answers in rows if len(answers) > 1]
    if not kept:
        return Noise()
    table = np.full((len(kept), len(order)), np.nan)
    for i, answers in enumerate(kept):
        table[i, : len(answers)] = [np.nan if score is None else score for score in answers]
    by_judge = [table[:, [i for i, judge in enumerate(order) if judge == j]] for j in judges]
    counts = np.stack([(~np.isnan(part)).sum(axis=1) for part in by_judge], axis=1)
    sums = np.stack([np.nansum(part, axis=1) for part in by_judge], axis=1)
    squares = np.stack([np.nansum(part**2, axis=1) for part in by_judge], axis=1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    within = float(np.maximum(squares - counts * np.nan_to_num(means) ** 2, 0).sum())
    sample = _shrunk(within, int(np.maximum(counts - 1, 0).sum()))
    several = (counts > 0).sum(axis=1) > 1
    means, counts = means[several], counts[several]
    if not len(means):
        return Noise(sample=sample)
    leniency = np.zeros(len(judges))
    for _ in range(20):
        fair = means - leniency
        rest = fair - np.nanmean(fair, axis=1, keepdims=True)
        seen = ~np.isnan(rest)
        leniency += np.nansum(rest, axis=0) / np.maximum(seen.sum(axis=0), 1)
    freedom = int(seen.sum()) - len(means) - (len(judges) - 1)
    per_sample = float((1 / counts[seen]).mean())
    # What judges' means differ by holds the spread of the samples behind them, which is no view of their own.
    between = float(np.nansum(rest**2)) - max(freedom, 0) * sample * per_sample
    return Noise(_shrunk(between, max(freedom, 0)), sample)


def _shrunk(squares: float, freedom: int) -> float:
    prior = _PRIOR_WEIGHT * _PRIOR_VARIANCE / 2
    return max((prior + squares) / (_PRIOR_WEIGHT + freedom), _LEAST_VARIANCE)


def _variance(answers: Answers, order: Sequence[int], noise: Noise) -> float:
    counts: dict[int, int] = {}
    for score, judge in zip(answers, order, strict=False):
        if score is not None:
            counts[judge] = counts.get(judge, 0) + 1
    return sum(noise.judge + noise.sample / n for n in counts.values()) / len(counts) ** 2


def _chances(
    group: Sequence[Answers], scores: Sequence[float | None], order: Sequence[int], border: Border, noise: Noise
) -> dict[int, float]:
    """For each scored row the chance that it lies on the other side of the border."""
    known = {i: score for i, score in enumerate(scores) if score is not None}
    spread = {i: _variance(group[i], order, noise) for i in known}
    if isinstance(border, Line):
        return {i: _upper_tail(abs(score - border.at), spread[i]) for i, score in known.items()}
    if len(known) <= border.count:
        return {}
    ranked = sorted(known, key=lambda i: (-known[i], i))
    last, first_out = ranked[border.count - 1], ranked[border.count]
    chances = {}
    for place, i in enumerate(ranked):
        other = first_out if place < border.count else last
        chances[i] = _upper_tail(abs(known[i] - known[other]), spread[i] + spread[other])
    return chances


def _doubtful(chances: dict[int, float], border: Border, most: float) -> set[int]:
    """The rows that may lie on the other side, without those whose chances together come to no more than `most`."""
    if isinstance(border, Line):
        return {i for i, chance in chances.items() if chance > most}
    # `_chances` lists the best rows first.
    inside, outside = list(chances)[: border.count], list(chances)[border.count :]
    challengers = _but_the_least(outside, chances, most)
    return challengers | _but_the_least(inside, chances, most) | {inside[-1]} if challengers else set()


def _but_the_least(rows: Sequence[int], chances: dict[int, float], most: float) -> set[int]:
    left, total = set(rows), 0.0
    for i in sorted(rows, key=lambda i: chances[i]):
        total += chances[i]
        if total > most:
            break
        left.discard(i)
    return left


def _among_best(scores: Sequence[float | None], count: int) -> set[int]:
    known = {i: score for i, score in enumerate(scores) if score is not None}
    return set(sorted(known, key=lambda i: (-known[i], i))[:count])


def _upper_tail(gap: float, variance: float) -> float:
    """The chance that a normal error of this variance is larger than `gap`."""
    return 0.5 * erfc(gap / sqrt(2 * variance))
