"""The row as a whole, where people gave answers to criteria only: drawn together as the judge's are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sheetjudge.core.rubric import Rubric, Scale
from sheetjudge.core.verdict import Verdict, unscored
from sheetjudge.ops.agree_columns import OVERALL
from sheetjudge.ops.agree_table import Answers, Criterion, Labels
from sheetjudge.stats.aggregate import row_score

BY_RUBRIC = (
    "The row as a whole is drawn from the answers to the criteria as the rubric weighs them, for people and judges"
)
BY_MEAN = "The row as a whole is the plain mean of the answers to the criteria, for people and judges"


def add_overall(labels: Labels, rubric: Rubric | None) -> None:
    """Add the row as a whole, where no column holds it and every criterion was labelled.

    A row counts for whoever answered every criterion. Where the rubric has no say, criteria need one scale.
    """
    if OVERALL in labels.criteria:
        return
    parts = {name: part for name, part in labels.criteria.items() if part.scale.ordered and not part.by_order}
    scale = _scale(parts, rubric)
    if scale is None:
        return
    sides = [_drawn([_of(part, side) for part in parts.values()], list(parts), rubric) for side in ("people", "judges")]
    if all(side for side in sides):
        note = f"{BY_MEAN if rubric is None else BY_RUBRIC}."
        labels.criteria[OVERALL] = Criterion(scale, sides[0], sides[1], notes=[note])


def _of(part: Criterion, side: str) -> Answers:
    return part.people if side == "people" else part.judges


def _scale(parts: Mapping[str, Criterion], rubric: Rubric | None) -> Scale | None:
    if len(parts) < 2:  # noqa: PLR2004 - one criterion is the whole already
        return None
    if rubric is not None:
        needed = {c.id for c in rubric.criteria if c.required is not None or (c.weight and c.scale.ordered)}
        return rubric.scale if needed <= set(parts) else None
    scales = {part.scale for part in parts.values()}
    return scales.pop() if len(scales) == 1 else None


def _drawn(parts: list[Answers], names: list[str], rubric: Rubric | None) -> Answers:
    raters = [rater for rater in parts[0] if all(rater in part for part in parts)]
    found: Answers = {}
    for rater in raters:
        answers = np.stack([part[rater] for part in parts])
        if rubric is None:
            found[rater] = answers.mean(axis=0)
        else:
            found[rater] = np.array([_score(rubric, dict(zip(names, row, strict=True))) for row in answers.T])
    return {rater: values for rater, values in found.items() if not np.isnan(values).all()}


def _score(rubric: Rubric, answers: Mapping[str, float]) -> float:
    if any(np.isnan(value) for value in answers.values()):
        return float("nan")
    verdicts = [
        Verdict(c.id, float(answers[c.id]), c.scale.nearest_label(answers[c.id]))
        if c.id in answers
        else unscored(c.id, "it has no share in the score")
        for c in rubric.criteria
    ]
    score = row_score(rubric, verdicts).score
    return float("nan") if score is None else score
