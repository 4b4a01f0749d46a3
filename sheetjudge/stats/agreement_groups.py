"""Rank correlation within groups: whether a judge orders the answers to one prompt as people do.

Over all rows together, a judge can agree with people by knowing easy prompts from hard ones. Here each group has a
coefficient of its own, and groups count alike (the usual figure where systems are compared prompt by prompt).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Scale
from sheetjudge.stats.agreement_measures import ORDER, Floats, agreement

LEAST_IN_GROUP = 3
"""Rows below which a group's order says next to nothing."""


def groups_of(groups: Sequence[Hashable] | None) -> tuple[NDArray[np.int64], ...]:
    """The rows of each group, groups in order of their first rows. Empty where there are none."""
    if groups is None:
        return ()
    found: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        found.setdefault(group, []).append(row)
    return tuple(np.array(rows) for rows in found.values())


def within_groups(
    first: Floats, second: Floats, weights: Floats, scale: Scale, groups: Sequence[NDArray[np.int64]]
) -> dict[str, Floats]:
    """The mean over groups of Spearman's rho and Kendall's tau-b between two raters.

    A group counts where both answered three rows or more, and neither gave them all the same answer.

    Args:
        first, second: a value for each row, NaN where there is none.
        weights: draws × rows; a group counts with the weight of its first row.
        scale: the answers that were possible.
        groups: the rows of each.

    Returns:
        `spearman_within` and `kendall_within` for each draw, NaN where no group counts.
    """
    measured, firsts = [], []
    both = ~(np.isnan(first) | np.isnan(second))
    for rows in groups:
        used = rows[both[rows]]
        if len(used) >= LEAST_IN_GROUP:
            found = agreement(first[used], second[used], np.ones((1, len(used))), scale, ORDER)
            if not np.isnan(found["spearman"][0]):
                measured.append([found[name][0] for name in ORDER])
                firsts.append(rows[0])
    if not measured:
        return {f"{name}_within": np.full(len(weights), np.nan) for name in ORDER}
    drawn = weights[:, firsts]
    total = drawn.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = drawn @ np.array(measured) / total[:, None]
    return {f"{name}_within": means[:, at] for at, name in enumerate(ORDER)}
