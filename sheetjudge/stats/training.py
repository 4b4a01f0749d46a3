"""From the scores of several answers to one prompt to what a model is trained on: preferences and advantages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from math import fsum, sqrt

# Scores that differ by less are the same score: sums of weights carry rounding.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Scored:
    """One answer.

    Attributes:
        score: on any scale.
        tier: answers in the same tier can't be told apart; None where there are no tiers. 1 is the best.
    """

    score: float
    tier: int | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """The answer at index `chosen` is better than the one at `rejected`, by `margin` above 0."""

    chosen: int
    rejected: int
    margin: float


def preferences(answers: Sequence[Scored], *, least_margin: float = 0.0) -> Iterator[Preference]:
    """The pairs of which one answer is better, as direct preference optimisation takes them (Rafailov et al., 2023).

    Equal scores make no pair. Where there are tiers, neither do answers in the same one, nor any whose scores say the
    opposite of their tiers.

    Args:
        answers: to one prompt.
        least_margin: difference in score that a pair needs at least.

    Yields:
        The pairs, largest margin first. They come one by one: thousands of answers have millions.
    """
    worst_first = sorted(range(len(answers)), key=lambda i: (answers[i].score, i))

    def below(chosen: int) -> Iterator[tuple[float, int, int]]:
        for rejected in worst_first:
            margin = answers[chosen].score - answers[rejected].score
            if margin <= _SAME or margin < least_margin - _SAME:
                return
            if _tiers_agree(answers[chosen], answers[rejected]):
                yield -margin, chosen, rejected

    for less, chosen, rejected in merge(*map(below, range(len(answers)))):
        yield Preference(chosen, rejected, -less)


def _tiers_agree(chosen: Scored, rejected: Scored) -> bool:
    return chosen.tier is None or rejected.tier is None or chosen.tier < rejected.tier


@dataclass(frozen=True, slots=True)
class Advantages:
    """How much better each answer to one prompt is than the mean of them.

    Attributes:
        mean, deviation: of the scores; the sample's standard deviation (n - 1), as trainers compute it.
        scaled: (score - mean) / deviation: the advantage of GRPO (Shao et al., DeepSeekMath, 2024). All 0 where there
            is no variance.
        centred: score - mean: Dr. GRPO's (Liu et al., 2025), which leaves the deviation out, for dividing by it
            weighs prompts higher that are too easy or too hard.
        has_variance: some score differs from another. Without it there is nothing to learn from the group.
    """

    mean: float
    deviation: float
    scaled: tuple[float, ...]
    centred: tuple[float, ...]
    has_variance: bool


def advantages(scores: Sequence[float]) -> Advantages:
    """The group-relative advantages of one or more answers to one prompt; always finite numbers."""
    mean = fsum(scores) / len(scores)
    if max(scores) - min(scores) <= _SAME:
        nothing = (0.0,) * len(scores)
        return Advantages(mean, 0.0, nothing, nothing, has_variance=False)
    centred = tuple(score - mean for score in scores)
    deviation = sqrt(fsum(c * c for c in centred) / (len(scores) - 1))
    return Advantages(mean, deviation, tuple(c / deviation for c in centred), centred, has_variance=True)
