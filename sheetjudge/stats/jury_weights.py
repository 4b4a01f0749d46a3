"""Would a jury's mean be nearer to people with some of its judges counting more? By labels, on rows not fitted on.

Weights are no less than 0 and sum to 1, so that the weighted mean stays on the scale (stacked regressions: Breiman,
1996). They are fitted to how people tell rows apart, and not to how lenient people are: fitted to both, on recorded
verdicts of five judges, they went to the strictest ones and took the rank correlation with people from 0.56 to 0.53 for
one criterion of six and from 0.38 to 0.37 for another. They are drawn towards the plain mean by a ridge whose strength
cross-validation chooses, by the rule of one standard error (Breiman, Friedman, Olshen and Stone, 1984): the plain mean
itself, unless others do better by more than chance. On the same verdicts they beat the mean by more than 0.01 for none
of six criteria, and by 0.01 on those of a panel of four judges with 3,528 labels (`tests/bench/jury_weights.py`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Scale
from sheetjudge.errors import ConfigError
from sheetjudge.stats.agreement_interval import Figure, figure, left_out
from sheetjudge.stats.agreement_measures import agreement, measures_of
from sheetjudge.stats.agreement_values import main_measure

Floats = NDArray[np.float64]

FEWEST_LABELS = 30
"""With fewer, weights would be noise."""

WORTH = 0.02
"""A gain in agreement below which weights are not worth the trouble."""

FOLDS = 10
# One to measure on, and two to choose the ridge by.
_FEWEST_GROUPS = 3
_INNER_FOLDS = 5
# Weights nearer to each other are called equal.
_EQUAL = 0.02
# Of the ridge, in variances of the judges' answers; the last is the plain mean.
_RIDGES = (*np.geomspace(0.01, 30.0, 8), np.inf)
# How hard weights are held to a sum of 1 beside what they fit.
_SUM = 1e6


@dataclass(frozen=True, slots=True)
class JuryWeights:
    """Weights of a jury's judges with what they are good for.

    Attributes:
        weights: by judge, fitted on all labels; they sum to 1.
        lowest, highest: of each judge's weight, over fits that each leave a tenth of the labels out.
        rows: labelled rows that every judge answered.
        before: agreement of the plain mean with people's mean answer, by measure. after: of the weighted mean, each row
            by weights that were fitted without it. gain: their difference.
        measure: the one that decides.
    """

    weights: Mapping[str, float]
    lowest: Mapping[str, float]
    highest: Mapping[str, float]
    rows: int
    before: Mapping[str, Figure]
    after: Mapping[str, Figure]
    gain: Mapping[str, Figure]
    measure: str

    @property
    def are_equal(self) -> bool:
        """Nothing spoke for any other weights than the plain mean's, or hardly."""
        return max(self.weights.values()) - min(self.weights.values()) < _EQUAL

    @property
    def are_better(self) -> bool:
        """Shown to bring the jury nearer to people, on rows that they weren't fitted on, and farther by no measure."""
        low = self.gain[self.measure].low
        return low is not None and low > 0 and not any(f.high is not None and f.high < 0 for f in self.gain.values())

    @property
    def help(self) -> bool:
        """Better, and by so much that it is worth the trouble."""
        return self.are_better and (self.gain[self.measure].value or 0.0) >= WORTH


def jury_weights(
    judges: Mapping[str, Floats],
    people: Floats,
    scale: Scale,
    *,
    groups: Sequence[Hashable] | None = None,
    seed: int = 0,
) -> JuryWeights:
    """Fit weights, and measure them out of fold.

    Args:
        judges: two or more, each with its answer to each row in scale units, NaN where it gave none. Rows that one of
            them didn't answer are left out.
        people: their mean answer to each row, NaN where there is none.
        scale: of the answers; one with an order.
        groups: for each row what it belongs to; rows of one group are in one fold.
        seed: of the folds.

    Raises:
        ConfigError: there are fewer than FEWEST_LABELS rows, or they are of one or two groups, or the judges give all
            rows the same answers.
    """
    answers = np.column_stack(list(judges.values()))
    used = ~np.isnan(people) & ~np.isnan(answers).any(axis=1)
    x, y = answers[used], people[used]
    own = [groups[row] for row in np.flatnonzero(used).tolist()] if groups is not None else None
    if len(y) < FEWEST_LABELS:
        raise ConfigError(
            f"{len(y)} labels of rows that all judges answered are too few to weigh judges by.",
            f"Label at least {FEWEST_LABELS} rows.",
        )
    if np.ptp(x, axis=0).max() == 0:
        raise ConfigError("The judges gave all labelled rows the same answer, so there is nothing to weigh.")
    unit = _units(len(y), own)
    if (groups_there := len(np.unique(unit))) < _FEWEST_GROUPS:
        raise ConfigError(
            f"Rows of {groups_there} groups are too few to weigh judges by.",
            f"Label rows of at least {_FEWEST_GROUPS} groups.",
        )
    rng = np.random.default_rng(seed)
    mixed, fits = np.empty(len(y)), []
    for held in _folds(unit, FOLDS, rng):
        fits.append(_fitted(x[~held], y[~held], unit[~held], rng))
        mixed[held] = x[held] @ fits[-1]
    final, spread = _fitted(x, y, unit, rng), np.array(fits)
    weights, lowest, highest = (
        dict(zip(judges, map(float, told), strict=True)) for told in (final, spread.min(axis=0), spread.max(axis=0))
    )
    names = tuple(dict.fromkeys((main_measure(measures_of(scale)), "spearman")))
    figures = _compared(x.mean(axis=1), mixed, y, scale, names, own)
    return JuryWeights(weights, lowest, highest, len(y), *figures, names[0])


def _compared(
    plain: Floats,
    mixed: Floats,
    people: Floats,
    scale: Scale,
    names: tuple[str, ...],
    groups: Sequence[Hashable] | None,
) -> tuple[dict[str, Figure], dict[str, Figure], dict[str, Figure]]:
    plan, used = left_out(len(people), groups), np.ones(len(people), dtype=bool)
    before, after = (agreement(values, people, plan.weights, scale, names) for values in (plain, mixed))
    return (
        {name: figure(before[name], plan, used, "coefficient") for name in names},
        {name: figure(after[name], plan, used, "coefficient") for name in names},
        {name: figure(after[name] - before[name], plan, used, "difference") for name in names},
    )


def _units(rows: int, groups: Sequence[Hashable] | None) -> NDArray[np.int64]:
    """For each row the number of what it is left out with."""
    if groups is None:
        return np.arange(rows)
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(group, len(places)) for group in groups], dtype=np.int64)


def _folds(unit: NDArray[np.int64], folds: int, rng: np.random.Generator) -> Iterator[NDArray[np.bool_]]:
    """The rows of each fold; none is empty, and none holds everything."""
    units = np.unique(unit)
    for part in np.array_split(rng.permutation(units), min(folds, len(units))):
        held = np.isin(unit, part)
        if not held.all():
            yield held


def _fitted(x: Floats, y: Floats, unit: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Weights by the strongest ridge that is no worse than the best one by more than a standard error."""
    errors = np.zeros((len(_RIDGES), len(y)))
    for held in _folds(unit, _INNER_FOLDS, rng):
        off = y - _solved(x[~held], y[~held]) @ x.T
        errors[:, held] = (off[:, held] - off[:, ~held].mean(axis=1, keepdims=True)) ** 2
    best = int(np.argmin(errors.mean(axis=1)))
    number = np.unique(unit, return_inverse=True)[1]
    worse = np.array([np.bincount(number, weights=row - errors[best]) for row in errors])
    error = worse.std(axis=1, ddof=1) * np.sqrt(worse.shape[1])
    good = np.flatnonzero(worse.sum(axis=1) <= error)
    weights: Floats = _solved(x, y)[int(good.max())]
    return weights


def _solved(x: Floats, y: Floats) -> Floats:
    """For each of the ridges weights of least squared error but for a constant: no less than 0, with a sum of 1."""
    from scipy.optimize import nnls

    count = x.shape[1]
    centred = x - x.mean(axis=0)
    gram, moment = centred.T @ centred / len(y), centred.T @ (y - y.mean()) / len(y)
    size = float(np.trace(gram)) / count
    found = []
    for ridge in _RIDGES:
        if np.isinf(ridge) or not size:
            found.append(np.full(count, 1 / count))
            continue
        # The same problem in as many lines as there are judges, however many rows there are.
        root = np.linalg.cholesky(gram + size * (ridge * np.eye(count) + _SUM))
        weights = nnls(root.T, np.linalg.solve(root, moment + size * (ridge / count + _SUM)))[0]
        found.append(weights / weights.sum())
    return np.array(found)
