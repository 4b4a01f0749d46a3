"""What some labels say of all judged rows, and of the way from the judge's scale to the people's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Scale
from sheetjudge.stats.calibration import FEWEST_LABELS as FEWEST_TO_MAP
from sheetjudge.stats.calibration import Calibrated, calibrate
from sheetjudge.stats.prediction_powered import FEWEST_LABELS, Estimate, mean_by_labels, mean_with_judge

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Whole:
    """One judge's scores of all rows, beside labels of some.

    Attributes:
        judged: the judge's own mean. alone: by the labels alone. together: by the labels with the judge's help.
        mapped: a map of the judge's scores to people's, measured out of fold; None where labels are too few for one.
        drawn: the labelled rows were drawn at random within strata of the score, else they are taken as drawn plainly.
    """

    judged: float
    alone: Estimate
    together: Estimate
    mapped: Calibrated | None
    drawn: bool


def whole_of(judge: Floats, people: Floats, scale: Scale, strata: Sequence[int] | None) -> Whole | None:
    """What the labels say of all rows that the judge scored; None where they are too few, or all rows have one.

    Args:
        judge: its answer to each row, NaN where there is none. people: their mean answer to each row, NaN for none.
        scale: of people's answers.
        strata: of each row, where the rows to label were drawn in strata, as `label` does: by the score that they were
            drawn by, whatever is compared; -1 for rows that could not be drawn, of which nothing is said.
    """
    scored = ~np.isnan(judge)
    own = None
    if strata is not None:
        scored &= np.asarray(strata) >= 0
        own = np.asarray(strata)[scored].tolist()
    scores, labels = judge[scored], people[scored]
    there = {int(i): float(labels[i]) for i in np.flatnonzero(~np.isnan(labels))}
    if len(there) < FEWEST_LABELS or len(there) == len(scores):
        return None
    at = list(there)
    may_map = len(at) >= FEWEST_TO_MAP and np.ptp(scores[at]) > 0
    return Whole(
        float(scores.mean()),
        mean_by_labels(there, len(scores), strata=own, ends=(scale.low, scale.high)),
        mean_with_judge(scores.tolist(), there, strata=own, ends=(scale.low, scale.high)),
        calibrate(scores[at].tolist(), labels[at].tolist()) if may_map else None,
        strata is not None,
    )
