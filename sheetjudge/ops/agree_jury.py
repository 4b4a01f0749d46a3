"""What the judges of a jury are worth beside people, each by itself."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from sheetjudge.core.rubric import Rubric, Scale
from sheetjudge.errors import ConfigError
from sheetjudge.ops.agree_columns import OVERALL
from sheetjudge.ops.agree_overall import drawn_together
from sheetjudge.ops.agree_table import Answers, Criterion, Labels
from sheetjudge.ops.jury_voices import answer_in
from sheetjudge.stats.agreement import mean_answer
from sheetjudge.stats.jury_weights import JuryWeights, jury_weights


def members(labels: Labels, name: str, part: Criterion, rubric: Rubric | None) -> Answers:
    """The judges whose mean is compared with people, each with its answers to one criterion.

    Args:
        labels: the table. name: the criterion's id, or OVERALL. part: its answers.
        rubric: how criteria make the row's score; without one, only that of a single criterion is known.

    Returns:
        The judges that were named, where there are several; else those that sat as the jury whose results stand in
        the table. Empty for a single judge.
    """
    if len(part.judges) > 1:
        return dict(part.judges)
    if name != OVERALL:
        return _voices(labels, name, part.scale)
    if rubric is not None:
        asked = {c.id: c for c in rubric.asked if c.required is not None or (c.weight and c.scale.ordered)}
        answers = [_voices(labels, c.id, c.scale) for c in asked.values()]
        return drawn_together(answers, labels, asked, rubric) if answers else {}
    about = {criterion for row in labels.rows for criterion, _ in row.voices}
    return _voices(labels, about.pop(), part.scale) if len(about) == 1 else {}


def _voices(labels: Labels, name: str, scale: Scale) -> Answers:
    judges = dict.fromkeys(judge for row in labels.rows for criterion, judge in row.voices if criterion == name)
    found: Answers = {}
    for judge in judges:
        said = (
            answer_in(scale, row.voices.get((name, judge), "")) if not why else None
            for row, why in zip(labels.rows, labels.unscored, strict=True)
        )
        found[judge] = np.array([np.nan if value is None else value for value in said])
    return found


def weights_of(
    labels: Labels, name: str, part: Criterion, rubric: Rubric | None, groups: Sequence[Hashable] | None
) -> JuryWeights | None:
    """Weights of the jury's judges by people's labels; None where there is no jury, or too little to fit them on."""
    if part.by_order or not part.scale.ordered:
        return None
    judges = members(labels, name, part, rubric)
    if len(judges) < 2:  # noqa: PLR2004 - a jury has two
        return None
    people = mean_answer(list(part.people.values()), part.scale)
    try:
        return jury_weights(judges, people, part.scale, groups=groups)
    except ConfigError:
        return None
