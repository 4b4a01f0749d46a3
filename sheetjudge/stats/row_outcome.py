"""Comparisons of contenders' answers to one prompt become its winner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum

from sheetjudge.judging.pairwise_orders import TIE


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """Who won one prompt.

    Attributes:
        winners: the contenders' indexes; several for a tie.
        margin: how far the winner is ahead of the next, as a difference of mean preferences in 0…1; for two contenders
            1 is certain and 0 is even. The distance to the first who is behind, where several win.
    """

    winners: tuple[int, ...]
    margin: float


def row_outcome(preferences: Mapping[tuple[int, int], float]) -> RowOutcome | None:
    """The winner of one prompt: whoever has the highest mean preference over the others (Borda).

    Args:
        preferences: (first, second) -> chance that the first is better, for each two contenders, each once.

    Returns:
        None where a pair of those that take part is missing: it could have changed who wins.
    """
    present = sorted({i for pair in preferences for i in pair})
    chances: dict[int, list[float]] = {i: [] for i in present}
    for (first, second), preference in preferences.items():
        chances[first].append(preference)
        chances[second].append(1.0 - preference)
    if not present or any(len(own) < len(present) - 1 for own in chances.values()):
        return None
    means = {i: fsum(own) / len(own) for i, own in chances.items()}
    best = max(means.values())
    # As between two: nearer to each other than a tie allows is one.
    winners = tuple(i for i in present if best - means[i] < 2 * TIE - 1e-9)
    behind = [mean for i, mean in means.items() if i not in winners]
    if len(winners) == len(present):
        return RowOutcome(winners, best - min(means.values()))
    return RowOutcome(winners, best - max(behind))
