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


_SMALL = 300
"""Rows of a group up to which comparing each with each is the quickest way."""


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
            found = _of_group(first[used], second[used], scale)
            if not np.isnan(found[0]):
                measured.append(found)
                firsts.append(rows[0])
    if not measured:
        return {f"{name}_within": np.full(len(weights), np.nan) for name in ORDER}
    drawn = weights[:, firsts]
    total = drawn.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = drawn @ np.array(measured) / total[:, None]
    return {f"{name}_within": means[:, at] for at, name in enumerate(ORDER)}


def _of_group(first: Floats, second: Floats, scale: Scale) -> tuple[float, ...]:
    """Spearman's rho and Kendall's tau-b, NaN where either rater gave every row the same answer."""
    if len(first) > _SMALL:
        found = agreement(first, second, np.ones((1, len(first))), scale, ORDER)
        return tuple(float(found[name][0]) for name in ORDER)
    # How many rows lie below a row, less how many lie above it, is twice its rank around the middle.
    signs = [np.sign(values[:, None] - values[None, :]) for values in (first, second)]
    ranks = [sign.sum(axis=1) for sign in signs]
    if not all(rank.any() for rank in ranks):
        return (float("nan"),) * len(ORDER)
    return tuple(float(np.vdot(a, b) / np.sqrt(np.vdot(a, a) * np.vdot(b, b))) for a, b in (ranks, signs))
