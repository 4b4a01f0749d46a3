"""Has a judge moved? What it says now of a few things, held against what it said of the same things before.

If nothing has changed, the earlier answers on a thing and those of now are draws from one source, so that any of them
might as well have come last. How far today's lie from the others is held against how far they would if they were drawn
by lot (a permutation test within each thing: Pitman, 1937; the chance of so large a distance counts the observed one,
as in Phipson and Smyth, 2010). So the rate of false alarms holds whatever a judge's noise is like, also where it gave
the same answer each time so far. Readings are shares of a scale: 0 is its bottom, 1 its top.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, floor
from typing import Any

FALSE_ALARMS = 0.001
"""Of one judge and one run in which nothing has changed, at the most."""

TOLERATED = 0.1
"""Share of answers that may be unreadable, or taken in by a trick, without an alarm."""

TRICK_ANSWERS = 4
"""Answers that have to be taken in by a trick, all of them, before there is an alarm."""

MOST_ANSWERS = 12
"""Answers to an attack in one run at the most, to tell whether it has begun to work."""

TESTS = 6
"""Tests that share the rate of false alarms: two of movement, one of unreadable answers, two tricks, the attacks."""

ROUNDS = 20_000
"""Lots that are drawn: enough to tell the smallest chance that counts."""

_SUSPECT = 0.05
# Arithmetic may make two equal distances differ by so much.
_ROUNDING = 1e-9

Reading = Sequence[float]
"""What a judge said of one thing: a share of the scale for each criterion."""


@dataclass(frozen=True, slots=True)
class Movement:
    """How far a judge's answers lie from its earlier ones.

    Attributes:
        things: that were compared.
        shift: mean of now minus mean of before, as a share of the scale.
        p_shift: chance of a shift so large, up or down, if nothing has changed.
        p_scatter: the same for the squared distances, which see changes that go both ways.
    """

    things: int
    shift: float
    p_shift: float
    p_scatter: float

    @property
    def is_suspect(self) -> bool:
        """Is it worth asking again?"""
        return min(self.p_shift, self.p_scatter) < _SUSPECT


def movement(
    before: Sequence[Sequence[Reading]], now: Sequence[Sequence[Reading]], seed: int, *, rounds: int = ROUNDS
) -> Movement:
    """Compare what was said of some things before and now.

    Args:
        before, now: for each thing its readings, one or more of each; as many criteria in each.
        seed: of the lots that are drawn. rounds: how many.
    """
    import numpy as np

    if not before:
        return Movement(0, 0.0, 1.0, 1.0)
    rng = np.random.default_rng(seed)
    shift, scatter = 0.0, 0.0
    drawn_shift, drawn_scatter = np.zeros(rounds), np.zeros(rounds)
    for earlier, later in zip(before, now, strict=True):
        readings = np.asarray([*earlier, *later], dtype=float)
        count, fresh = len(readings), len(later)
        if not np.ptp(readings, axis=0).any():
            continue
        seen = _distance(readings[len(earlier) :].sum(axis=0), readings, fresh)
        shift += float(seen.mean())
        scatter += float((seen**2).sum())
        lots = rng.random((rounds, count)).argpartition(fresh - 1, axis=1)[:, :fresh]
        drawn = _distance(readings[lots].sum(axis=1), readings, fresh)
        drawn_shift += drawn.mean(axis=1)
        drawn_scatter += (drawn**2).sum(axis=1)
    p_shift = _share(np.abs(drawn_shift), abs(shift))
    return Movement(len(before), shift / len(before), p_shift, _share(drawn_scatter, scatter))


def _distance(chosen: Any, readings: Any, fresh: int) -> Any:
    """Mean of the chosen readings, given their sum, minus mean of the others."""
    others = len(readings) - fresh
    return chosen / fresh - (readings.sum(axis=0) - chosen) / others


def _share(drawn: Any, seen: float) -> float:
    return (1 + int((drawn >= seen - _ROUNDING).sum())) / (1 + len(drawn))


def p_of_tail(count: int, of: int) -> float:
    """Chance that `count` or more `of` answers are bad, if each is with the chance that is tolerated."""
    return sum(comb(of, k) * TOLERATED**k * (1 - TOLERATED) ** (of - k) for k in range(count, of + 1))


def p_of_turn(before: int, now: int) -> float:
    """Chance that a trick takes in all of `now` answers, and a tenth of `before` others at the most.

    The greatest that there is, whatever the rate at which it takes answers in, if that is the same before and now.
    """
    import numpy as np
    from scipy.special import bdtr

    rates = np.linspace(0, 1, 1001)
    return float((bdtr(floor(TOLERATED * before + _ROUNDING), before, rates) * rates**now).max())


def answers_needed(before: int, tricks: int) -> int | None:
    """So many answers, all of them taken in, tell that a trick has begun to work.

    Args:
        before: answers that are known, a tenth of them taken in at the most. tricks: that are tried and share a test.

    Returns:
        None where more than `MOST_ANSWERS` would be needed.
    """
    level = FALSE_ALARMS / TESTS / tricks
    return next((now for now in range(2, MOST_ANSWERS + 1) if p_of_turn(before, now) <= level), None)


def significant(chances: Mapping[str, float]) -> tuple[str, ...]:
    """The tests that raise an alarm (Holm, 1979), so that all together keep the rate of false alarms.

    Args:
        chances: of each test that was made, if nothing has changed. Those that weren't made count as passed.
    """
    found: list[str] = []
    for name, chance in sorted(chances.items(), key=lambda item: item[1]):
        if chance > FALSE_ALARMS / (TESTS - len(found)):
            break
        found.append(name)
    return tuple(found)


def could_tell(before: Sequence[int], now: int) -> bool:
    """Could a change be told, with so many readings of each thing before and so many now?"""
    chance = 1.0
    for earlier in before:
        chance /= comb(earlier + now, now)
    return chance <= FALSE_ALARMS / TESTS
