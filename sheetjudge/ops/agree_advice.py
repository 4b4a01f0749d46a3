"""Advice on a rubric from the answers to its criteria."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from sheetjudge.ops.agree_result import Advice
from sheetjudge.ops.agree_table import Criterion, Floats
from sheetjudge.stats import advice
from sheetjudge.stats.agreement import mean_answer


def advised(parts: Mapping[str, Criterion], lengths: Floats, groups: Sequence[Hashable] | None) -> Advice:
    """Criteria that never vary, repeat each other, or follow the length of the text.

    Args:
        parts: the answers by criterion. lengths: of each row's text. groups: for each row what it belongs to.
    """
    people = {name: mean_answer(list(part.people.values()), part.scale) for name, part in parts.items()}
    unvaried = [
        found
        for name, part in parts.items()
        if not part.by_order
        for rater, values in (*part.judges.items(), *part.people.items())
        if (found := advice.unvaried(name, rater, values, part.scale)) is not None
    ]
    follows = [
        advice.follows_length(name, judge, values, people[name], lengths, groups)
        for name, part in parts.items()
        if part.scale.ordered and np.ptp(lengths) > 0
        for judge, values in part.judges.items()
    ]
    repeated: list[advice.Repeats] = []
    for judge in dict.fromkeys(judge for part in parts.values() for judge in part.judges):
        own = {name: part.judges[judge] for name, part in parts.items() if judge in part.judges}
        repeated += advice.repeats(judge, own, people, {name: parts[name].scale for name in own}, groups)
    return Advice(tuple(unvaried), tuple(repeated), tuple(follows))
