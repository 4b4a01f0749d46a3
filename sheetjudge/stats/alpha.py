"""Krippendorff's alpha, kept as verdicts come in: agreement between judges, corrected for chance.

1 is full agreement, 0 what judges would reach who draw from the same answers at random, below 0 less than that
(Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011). Judges may be missing on any row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any


class IntervalAlpha:
    """Alpha of numbers, by the square of their difference. Memory doesn't grow with the rows.

    Attributes:
        units: rows with two answers or more.
    """

    def __init__(self) -> None:
        self.units = 0
        self._count = 0
        self._sum = self._squares = self._observed = 0.0

    def add(self, values: Sequence[float]) -> None:
        """Take the answers of all judges to one row into account."""
        m = len(values)
        if m <= 1:
            return
        total, squares = sum(values), sum(v * v for v in values)
        self.units += 1
        self._count += m
        self._sum += total
        self._squares += squares
        self._observed += 2 * (m * squares - total * total) / (m - 1)

    def state(self) -> list[float]:
        """All that it holds, for `add_state`."""
        return [self.units, self._count, self._sum, self._squares, self._observed]

    def add_state(self, state: Sequence[float]) -> None:
        """Take the rows of another one into account."""
        units, count, total, squares, observed = state
        self.units += int(units)
        self._count += int(count)
        self._sum += total
        self._squares += squares
        self._observed += observed

    @property
    def value(self) -> float | None:
        """Alpha; None where it can't be told: no row with two answers, or all answers the same."""
        n = self._count
        expected = 2 * (n * self._squares - self._sum**2)
        if not self.units or expected <= 1e-12 * n * max(self._squares, 1e-300):
            return None
        return 1 - (n - 1) * self._observed / expected


class NominalAlpha:
    """Alpha of labels that are only the same or not.

    Attributes:
        units: rows with two answers or more.
    """

    def __init__(self) -> None:
        self.units = 0
        self._counts: Counter[str] = Counter()
        self._observed = 0.0

    def add(self, labels: Sequence[str]) -> None:
        """Take the answers of all judges to one row into account."""
        m = len(labels)
        if m <= 1:
            return
        self.units += 1
        self._counts.update(labels)
        self._observed += (m * m - sum(n * n for n in Counter(labels).values())) / (m - 1)

    def state(self) -> list[Any]:
        """All that it holds, for `add_state`."""
        return [self.units, dict(self._counts), self._observed]

    def add_state(self, state: Sequence[Any]) -> None:
        """Take the rows of another one into account."""
        units, counts, observed = state
        self.units += units
        self._counts.update(counts)
        self._observed += observed

    @property
    def value(self) -> float | None:
        """Alpha; None where it can't be told: no row with two answers, or all answers the same."""
        n = sum(self._counts.values())
        expected = n * n - sum(count * count for count in self._counts.values())
        return 1 - (n - 1) * self._observed / expected if self.units and expected else None
