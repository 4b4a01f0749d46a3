"""What some labels say of all judged rows, and of the way from the judge's scale to the people's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetjudge.stats.calibration import FEWEST_LABELS as FEWEST_TO_MAP
from sheetjudge.stats.calibration import Calibrated, calibrate
from sheetjudge.stats.label_choice import strata_of
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


def whole_of(judge: Floats, people: Floats, *, drawn: bool) -> Whole | None:
    """What the labels say of all rows that the judge scored; None where they are too few, or all rows have one.

    Args:
        judge: its answer to each row, NaN where there is none. people: their mean answer to each row, NaN for none.
        drawn: rows were drawn in strata of the score, as `label` does.
    """
    scored = ~np.isnan(judge)
    scores, labels = judge[scored], people[scored]
    there = {int(i): float(labels[i]) for i in np.flatnonzero(~np.isnan(labels))}
    if len(there) < FEWEST_LABELS or len(there) == len(scores):
        return None
    strata = strata_of(scores.tolist()) if drawn else None
    at = list(there)
    may_map = len(at) >= FEWEST_TO_MAP and np.ptp(scores[at]) > 0
    return Whole(
        float(scores.mean()),
        mean_by_labels(there, len(scores), strata=strata),
        mean_with_judge(scores.tolist(), there, strata=strata),
        calibrate(scores[at].tolist(), labels[at].tolist()) if may_map else None,
        drawn,
    )
