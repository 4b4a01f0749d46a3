"""From the verdicts on a row to the row's score."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from sheetjudge.core.rubric import Criterion, Rubric
from sheetjudge.core.verdict import RowScore, Verdict

# Weights such as 0.1 aren't exact: rows of the same mean differ in the last digits, and would be ranked by them.
_DIGITS = 10


def row_score(rubric: Rubric, verdicts: Sequence[Verdict]) -> RowScore:
    """Weighted mean of the criteria, each normalised to 0…1 on its own scale, on the rubric's scale.

    Criteria without a verdict and labels without an order are left out of the mean. A required criterion that isn't
    met sets the score to the bottom of the scale; one without a verdict leaves the row unscored.

    Args:
        rubric: the rubric.
        verdicts: one for each criterion, in any order.

    Returns:
        The score in the rubric's scale units, or None where nothing with a weight was scored.
    """
    by_id = {v.criterion: v for v in verdicts}
    missing = []
    failed = []
    gate_open = True
    weights, parts = [], []
    for criterion in rubric.criteria:
        verdict = by_id.get(criterion.id)
        if verdict is None or verdict.unscored:
            missing.append((criterion.id, verdict.unscored if verdict else "it was not judged"))
            gate_open = gate_open and criterion.required is None
            continue
        if verdict.value is None:
            continue
        if not _gate_met(criterion, verdict.value):
            failed.append(criterion.id)
        weights.append(criterion.weight)
        parts.append(criterion.weight * criterion.scale.normalised(verdict.value))
    unscored = tuple(missing)
    if not gate_open:
        return RowScore(None, tuple(failed), unscored)
    if failed:
        return RowScore(float(rubric.scale.low), tuple(failed), unscored)
    if not fsum(weights):
        return RowScore(None, (), unscored)
    return RowScore(round(rubric.scale.at(fsum(parts) / fsum(weights)), _DIGITS), (), unscored)


def _gate_met(criterion: Criterion, value: float) -> bool:
    # A value between two answers counts as the nearer one: 0.5 of a yes is a yes, 2.6 is a 3.
    scale = criterion.scale
    return criterion.required is None or scale.value_of(scale.nearest_label(value)) >= criterion.required
