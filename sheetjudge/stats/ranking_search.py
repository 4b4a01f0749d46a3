"""A ranking that is found by comparisons, round by round: which to make next, and what all of them come to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetjudge.stats.pairing import Asked, next_pairs
from sheetjudge.stats.ranking import Ranking, certainty, ranking
from sheetjudge.stats.ranking_belief import SWEEPS, Belief, comparisons, fitted, prior_belief

if TYPE_CHECKING:
    from numpy.random import Generator

Heard = tuple[int, int, float]
"""The rows of a comparison by number, in the order shown, and the preference for the first, 0…1."""

MANY = 1000
"""Rows from which on a round is long and looking for the next one takes a while, so that it is better done ahead."""

# The same table and answers are to lead to the same questions again, which the journal then answers.
_SEED = 20_231
# Of many rows, since the next round begins where this one leaves off; and at the end.
_SWEEPS_OF_MANY, _LAST_SWEEPS_OF_MANY = 8, 20


@dataclass
class Search:
    """Looks for the comparisons to make next.

    Attributes:
        scores: pointwise score of each row, higher is better.
        groups: number of each row's group, from 0.
        copies: how many rows of the table each stands for.
        top: the best so many of each group are wanted; None for the order.
        both_orders: ask about every pair in both orders.
    """

    scores: Sequence[float | None]
    groups: Sequence[int]
    copies: Sequence[int]
    top: int | None = None
    both_orders: bool = False
    _belief: Belief | None = None
    _rounds: int = 0
    _asked: set[Asked] = field(default_factory=set)
    _answers: list[Heard] = field(default_factory=list)

    @staticmethod
    def get_ready() -> None:
        """Import what will be needed: that takes longer than to find the first comparisons."""
        import numpy as np

        with _on_one_core():
            next_pairs(prior_belief(2, [0.0, 1.0]), 1, np.random.default_rng(0), asked=())

    def next(self, count: int, heard: Sequence[Heard]) -> tuple[float, list[Asked]]:
        """What to ask next; all of it counts as asked from then on.

        Args:
            count: comparisons wanted.
            heard: answers since the last call, in an order that doesn't hang on when they came.

        Returns:
            How sure the ranking is (see `Ranking.certainty`), and the comparisons; fewer where few are left.
        """
        import numpy as np

        with _on_one_core():
            belief = self._fitted(heard, _SWEEPS_OF_MANY)
            rng = np.random.default_rng([_SEED, self._rounds])
            self._rounds += 1
            sure = self._certainty(belief, rng)
            pairs = next_pairs(belief, count, rng, asked=self._asked, top=self.top, both_orders=self.both_orders)
        self._asked.update(pairs)
        return sure, pairs

    def found(self, heard: Sequence[Heard]) -> Ranking:
        """The ranking that all answers lead to, those in `heard` included."""
        import numpy as np

        with _on_one_core():
            return ranking(self._fitted(heard, _LAST_SWEEPS_OF_MANY), np.random.default_rng(_SEED), top=self.top)

    def _fitted(self, heard: Sequence[Heard], of_many: int) -> Belief:
        self._answers += heard
        sweeps = of_many if len(self.scores) >= MANY else SWEEPS
        before = self._belief or prior_belief(len(self.scores), self.scores, self.groups, self.copies)
        self._belief = fitted(before, comparisons(self._answers), sweeps=sweeps)
        return self._belief

    def _certainty(self, belief: Belief, rng: Generator) -> float:
        draws = belief.draws(max(min(400, 250_000 // len(belief.mean)), 64), rng)
        return certainty(belief, draws, rng, top=self.top)


def _on_one_core() -> AbstractContextManager[object]:
    """Threads for small matrices would only take the cores from the calls."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits
