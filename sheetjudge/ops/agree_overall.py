"""The row as a whole, where people gave answers to criteria only: drawn together as the judge's are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sheetjudge.core.rubric import Rubric, Scale
from sheetjudge.core.verdict import Verdict
from sheetjudge.ops.agree_columns import OVERALL
from sheetjudge.ops.agree_table import Answers, Criterion, Labels
from sheetjudge.stats.aggregate import row_score
from sheetjudge.stats.agreement import SAME_DIGITS

BY_RUBRIC = (
    "The row as a whole is drawn from the answers to the criteria as the rubric weighs them, for people and judges"
)
BY_MEAN = "The row as a whole is the plain mean of the answers to the criteria, for people and judges"


def add_overall(labels: Labels, rubric: Rubric | None) -> None:
    """Add the row as a whole, where no column holds it and every criterion was labelled.

    A row counts for whoever answered every criterion that has a share in the score. Deterministic checks count for
    people as they came out. Where there is no rubric, criteria need one scale.
    """
    if OVERALL in labels.criteria:
        return
    parts = {name: part for name, part in labels.criteria.items() if part.scale.ordered and not part.by_order}
    scale = _scale(parts, rubric)
    if scale is None:
        return
    people, judges = ([_of(part, side) for part in parts.values()] for side in ("people", "judges"))
    drawn = [drawn_together(answers, labels, parts, rubric) for answers in (people, judges)]
    if all(drawn):
        note = f"{BY_MEAN if rubric is None else BY_RUBRIC}."
        labels.criteria[OVERALL] = Criterion(scale, drawn[0], drawn[1], notes=[note])


def _of(part: Criterion, side: str) -> Answers:
    return part.people if side == "people" else part.judges


def _scale(parts: Mapping[str, Criterion], rubric: Rubric | None) -> Scale | None:
    if len(parts) < 2:  # noqa: PLR2004 - one criterion is the whole already
        return None
    if rubric is not None:
        needed = {c.id for c in rubric.asked if c.required is not None or (c.weight and c.scale.ordered)}
        return rubric.scale if needed <= set(parts) else None
    scales = {part.scale for part in parts.values()}
    return scales.pop() if len(scales) == 1 else None


def drawn_together(answers: Sequence[Answers], labels: Labels, names: Iterable[str], rubric: Rubric | None) -> Answers:
    """The row as a whole by each rater who answered every criterion: by the rubric, or as the plain mean without one.

    Args:
        answers: to each criterion, by rater. labels: holds what deterministic checks found.
        names: of the criteria, in the order of `answers`.
    """
    found: Answers = {}
    for rater in (rater for rater in answers[0] if all(rater in part for part in answers)):
        if rubric is None:
            found[rater] = np.stack([part[rater] for part in answers]).mean(axis=0).round(SAME_DIGITS)
        else:
            given = dict(zip(names, (part[rater] for part in answers), strict=True)) | labels.checks
            told = replace(rubric, criteria=tuple(c for c in rubric.criteria if c.id in given))
            by_row = ({name: float(values[row]) for name, values in given.items()} for row in range(len(labels.rows)))
            found[rater] = np.array([_score(told, row) for row in by_row]).round(SAME_DIGITS)
    return {rater: values for rater, values in found.items() if not np.isnan(values).all()}


def _score(rubric: Rubric, answers: Mapping[str, float]) -> float:
    if any(np.isnan(value) for value in answers.values()):
        return float("nan")
    verdicts = [Verdict(c.id, answers[c.id], c.scale.nearest_label(answers[c.id])) for c in rubric.criteria]
    score = row_score(rubric, verdicts).score
    return float("nan") if score is None else score
