"""A mean of people's labels over a whole sheet, from a few labels and the judge's scores of all rows.

The judge's scores say how the labelled rows differ from the rest; the labels say how far the judge is off. The weight
of the judge is tuned so that a judge who knows nothing does no harm (PPI++: Angelopoulos, Duchi and Zrnic, 2023). For
the rows of one sheet that is the difference estimator of survey sampling (Cassel, Sarndal and Wretman, 1976).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from sheetjudge.errors import ConfigError
from sheetjudge.stats.agreement_interval import wilson

FEWEST_LABELS = 10
"""With fewer an interval would say nothing that is true."""

# Of a variance, as a share of the square of the scale: less is none.
_NOTHING = 1e-18


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval.

    Attributes:
        value: the mean, on the labels' scale. low, high: its interval. level: what the interval holds.
        labels: how many labels it rests on. rows: how many rows it speaks of.
        weight: of the judge's scores, 0 (labels alone) to 1 and more; nan for labels alone.
    """

    value: float
    low: float
    high: float
    level: float
    labels: int
    rows: int
    weight: float = nan

    @property
    def half_width(self) -> float:
        """Half the interval."""
        return (self.high - self.low) / 2


def mean_by_labels(
    labels: Mapping[int, float],
    rows: int,
    *,
    strata: Sequence[int] | None = None,
    level: float = 0.95,
    is_sample: bool = False,
    ends: tuple[float, float] | None = None,
) -> Estimate:
    """The mean from the labels alone; takes and raises the same as `mean_with_judge`."""
    found = _estimate(np.zeros(rows), labels, strata, level, is_sample=is_sample, weight=0.0, ends=ends)
    return replace(found, weight=nan)


def mean_with_judge(
    scores: Sequence[float],
    labels: Mapping[int, float],
    *,
    strata: Sequence[int] | None = None,
    level: float = 0.95,
    is_sample: bool = False,
    ends: tuple[float, float] | None = None,
) -> Estimate:
    """The mean that people's labels of all rows would have.

    Args:
        scores: the judge's, one for each row, on any scale.
        labels: a person's, by number of the row; of rows that were drawn at random, within their stratum if any. For a
            share they are 0 and 1.
        strata: of each row, where the rows to label were drawn in strata; None for one.
        level: of the interval.
        is_sample: the rows are themselves a sample, and the mean is meant of all that they were drawn from. Else it is
            the mean of these very rows.
        ends: the lowest and the highest label that there can be; None where that isn't known.

    Returns:
        The estimate with an interval by Student's distribution, within the ends, and on either side at least as wide as
        Wilson's (1927) with the sample size that the error is worth. Where no label is off what the others and the
        judge's scores say, some of the other rows may be all the same: as many as Wilson's interval allows, those
        that tell most, and as far off as the ends are. Without ends nothing can be said of those.

    Raises:
        ConfigError: there are fewer than FEWEST_LABELS labels.
    """
    return _estimate(
        np.asarray(scores, dtype=float), labels, strata, level, is_sample=is_sample, weight=None, ends=ends
    )


def _estimate(
    scores: NDArray[np.float64],
    labels: Mapping[int, float],
    strata: Sequence[int] | None,
    level: float,
    *,
    is_sample: bool,
    weight: float | None,
    ends: tuple[float, float] | None,
) -> Estimate:
    if len(labels) < FEWEST_LABELS:
        raise ConfigError(
            f"{len(labels)} labels are too few to estimate a mean.", f"Label at least {FEWEST_LABELS} rows."
        )
    at = np.array(sorted(labels))
    said = np.array([labels[i] for i in at], dtype=float)
    groups = _groups(np.zeros(len(scores), dtype=int) if strata is None else np.asarray(strata), at)
    parts = [_Part(scores[mine], scores[at[there]], said[there]) for mine, there in groups]
    if weight is None:
        weight = _tuned(parts)
    total = len(scores)
    value = sum(p.size * (weight * p.scores.mean() + (p.labels - weight * p.judged).mean()) for p in parts) / total
    spread = sum((p.size / total) ** 2 * p.variance(weight) for p in parts)
    if is_sample:
        within = sum(p.size * (float(np.var(p.labels, ddof=1)) + (p.labels.mean() - value) ** 2) for p in parts)
        spread += within / total / total
    freedom = len(at) - len(parts) - (weight != 0)
    quantile = float(student.ppf((1 + level) / 2, max(freedom, 1)))
    value, half = float(value), quantile * sqrt(spread)
    low, high = value - half, value + half
    if ends is not None:
        value = min(max(value, ends[0]), ends[1])
        span = ends[1] - ends[0]
        if spread < _NOTHING * span**2:
            unlabelled = 1.0 if is_sample else 1 - len(at) / total
            unseen = quantile**2 * unlabelled / (len(at) + quantile**2 * unlabelled)
            down, up = _if_unseen(parts, weight, unseen, ends)
            low, high = value - down, value + up
        else:
            # Near an end few labels seldom show what lies far off, and spread less than those of all rows would. A
            # label tells at least as much as a yes or no.
            share = (value - ends[0]) / span
            error = min(sqrt(spread) / span, sqrt(share * (1 - share) / len(at)))
            least, most = wilson(share, error, len(at), quantile)
            low, high = min(low, ends[0] + span * least), max(high, ends[0] + span * most)
        low, high = min(max(low, ends[0]), value), max(min(high, ends[1]), value)
    return Estimate(value, low, high, level, len(at), total, weight)


def _if_unseen(parts: Sequence[_Part], weight: float, share: float, ends: tuple[float, float]) -> tuple[float, float]:
    """How far down, and up, the mean goes if a share of the rows, those that tell most, are at that end."""
    said = np.concatenate([weight * p.scores + (p.labels - weight * p.judged).mean() for p in parts])
    said = np.sort(np.clip(said, *ends))
    # The last of these rows counts in part.
    counts = np.clip(share * len(said) - np.arange(len(said)), 0.0, 1.0) / len(said)
    return float(counts @ (said[::-1] - ends[0])), float(counts @ (ends[1] - said))


@dataclass(frozen=True)
class _Part:
    """A stratum: all its scores, and those of the labelled rows with their labels."""

    scores: NDArray[np.float64]
    judged: NDArray[np.float64]
    labels: NDArray[np.float64]

    @property
    def size(self) -> int:
        return len(self.scores)

    @property
    def unsure(self) -> float:
        """What the variance of the labels' mean is of that of the labels: nothing, where every row has one."""
        return 1 / len(self.labels) - 1 / self.size

    def variance(self, weight: float) -> float:
        """Of the mean of the stratum's rows."""
        return float(np.var(self.labels - weight * self.judged, ddof=1)) * self.unsure


def _tuned(parts: Sequence[_Part]) -> float:
    """The weight of the judge's scores that makes the interval narrowest."""
    shares = [p.size**2 * p.unsure for p in parts]
    above = sum(w * _covariance(p.labels, p.judged) for w, p in zip(shares, parts, strict=True))
    below = sum(w * float(np.var(p.judged, ddof=1)) for w, p in zip(shares, parts, strict=True))
    return above / below if below else 0.0


def _covariance(labels: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    return float(np.cov(labels, scores, ddof=1)[0, 1])


def _groups(strata: NDArray[np.int_], at: NDArray[np.int_]) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """(its rows, its labels) of each stratum; one with fewer than two labels is joined to the next."""
    found: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]] = []
    for stratum in np.unique(strata):
        mine, there = strata == stratum, strata[at] == stratum
        if found and (found[-1][1].sum() < 2 or there.sum() < 2):  # noqa: PLR2004 - a variance needs two
            found[-1] = (found[-1][0] | mine, found[-1][1] | there)
        else:
            found.append((mine, there))
    return found
