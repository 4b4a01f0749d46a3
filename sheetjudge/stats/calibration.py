"""A monotone map from a judge's scores to the scale that people use, fitted on rows that people labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetjudge.errors import ConfigError

FEWEST_LABELS = 20
"""With fewer a map would be noise."""

FOLDS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """A map of scores.

    Attributes:
        scores, labels: the corners of the map, by rising score; straight in between, level beyond them.
    """

    scores: tuple[float, ...]
    labels: tuple[float, ...]

    def apply(self, score: float) -> float:
        """The label that people give, on average, to rows with this score."""
        return float(np.interp(score, self.scores, self.labels))


@dataclass(frozen=True, slots=True)
class Error:
    """How far scores are from labels.

    Attributes:
        mean: of the distances. root_mean_square: the same with far ones counting more.
        bias: mean of score less label; above 0 the judge is too kind.
    """

    mean: float
    root_mean_square: float
    bias: float


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A map with what it is good for.

    Attributes:
        map: fitted on all labels.
        before: of the judge's scores as they are. after: of mapped scores, each by a map that was fitted without it.
        labels: how many there were.
    """

    map: Calibration
    before: Error
    after: Error
    labels: int

    @property
    def helps(self) -> bool:
        """Does the map bring scores of rows that it hasn't seen nearer to the labels?"""
        return self.after.root_mean_square < self.before.root_mean_square


def calibrate(scores: Sequence[float], labels: Sequence[float], *, seed: int = 0) -> Calibrated:
    """Fit a monotone map (isotonic regression: Barlow and others, 1972), and measure it out of fold.

    Args:
        scores: the judge's, of the labelled rows. labels: what people said of them. seed: of the folds.

    Raises:
        ConfigError: there are fewer than FEWEST_LABELS, or all scores are the same.
    """
    x, y = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
    if len(x) < FEWEST_LABELS:
        raise ConfigError(
            f"{len(x)} labels are too few to fit a map of scores.", f"Label at least {FEWEST_LABELS} rows."
        )
    if np.ptp(x) == 0:
        raise ConfigError("The judge gave all labelled rows the same score, so there is nothing to map.")
    order = np.random.default_rng(seed).permutation(len(x))
    mapped = np.empty(len(x))
    for fold in range(FOLDS):
        held = order[fold::FOLDS]
        rest = np.setdiff1d(order, held)
        mapped[held] = _predicted(x[rest], y[rest], x[held])
    return Calibrated(_fitted(x, y), _error(x, y), _error(mapped, y), len(x))


def _fitted(x: NDArray[np.float64], y: NDArray[np.float64]) -> Calibration:
    from sklearn.isotonic import IsotonicRegression

    values = np.unique(x)
    found = IsotonicRegression(out_of_bounds="clip").fit(x, y).predict(values)
    return Calibration(tuple(map(float, values)), tuple(map(float, found)))


def _predicted(x: NDArray[np.float64], y: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    made = _fitted(x, y)
    return np.interp(wanted, made.scores, made.labels)


def _error(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> Error:
    off = scores - labels
    return Error(float(np.abs(off).mean()), float(np.sqrt((off**2).mean())), float(off.mean()))
