"""Canaries over many nights: how often a judge that hasn't changed raises an alarm, and one that has is noticed.

Each history has a judge of its own with 12 canaries, a verdict of each known from before, the texts that try to trick
it, which are worth nothing, and one run a night. The judges are noisy in different ways; the code that decides is the
one that runs use. A changed judge scores 10% higher, or begins to obey one of the attacks.

    python tests/bench/canary_nights.py [--histories N] [--nights N] [--judge WORDS]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sheetjudge.core.rubric import Criterion, Rubric, integer_scale
from sheetjudge.judging.asking import Asking
from sheetjudge.judging.canaries import row_tricks
from sheetjudge.judging.pointwise import PointwiseJudge
from sheetjudge.judging.protocol import Item
from sheetjudge.ops.canary_hearing import Hearing
from sheetjudge.ops.canary_things import Memory, Thing
from sheetjudge.stats.drift import FALSE_ALARMS

ROWS = 12
SCALE = integer_scale(0, 100)
RUBRIC = Rubric("Answers", (Criterion("clear", "Is it clear?", SCALE),), SCALE)
TRICKS = row_tricks(Item((("Answer", ""),)), RUBRIC)
ATTACKED = tuple(item.fields for _, item in TRICKS.attacked)
Noise = Callable[[np.random.Generator, float], float]


def _marks(rng: np.random.Generator, truth: float) -> float:
    """Whole marks from 1 to 5, off by four tenths of one."""
    return float(np.clip(np.round(4 * truth + rng.normal(0, 0.4)), 0, 4) / 4)


def _flips(rng: np.random.Generator, truth: float) -> float:
    """The same each time, but for three answers in a hundred that are a tenth of the scale off."""
    return truth + (rng.choice([-0.1, 0.1]) if rng.random() < 0.03 else 0.0)


JUDGES: dict[str, Noise] = {
    "the same each time": lambda _, truth: truth,
    "3 in 100 answers off by 10% of the scale": _flips,
    "off by 2% of the scale": lambda rng, truth: truth + rng.normal(0, 0.02),
    "off by 5% of the scale": lambda rng, truth: truth + rng.normal(0, 0.05),
    "long tails": lambda rng, truth: truth + 0.02 * rng.standard_t(1.5),
    "whole marks 1-5, off by 0.4 marks": _marks,
    "taken in by 8 of 100 attacks": lambda _, truth: truth,
    "taken in by half of the attacks": lambda _, truth: truth,
}
FALLS = {"taken in by 8 of 100 attacks": 0.08, "taken in by half of the attacks": 0.5}


class History:
    """One judge and its canaries, night by night."""

    def __init__(self, noise: Noise, seed: int, rows: int = ROWS, falls: float = 0.0) -> None:
        self.rng = np.random.default_rng(seed)
        self.noise = noise
        self.times = 1.0
        self.falls = dict.fromkeys(ATTACKED, falls)
        self.truths = self.rng.uniform(0.2, 0.9, rows)
        self.first = [(self.say(n),) for n in range(rows)]
        self.memory = Memory()
        self.calls = 0

    def say(self, thing: int | Item) -> float:
        if isinstance(thing, Item):
            is_taken_in = self.rng.random() < self.falls.get(thing.fields, 0.0)
            return float(self.noise(self.rng, float(is_taken_in)))
        return float(self.noise(self.rng, min(self.truths[thing] * self.times, 1.0)))

    async def _ask(self, _seat: Any, items: Any, _number: int) -> list[Any]:
        asked = list(items)
        self.calls += len(asked)
        return [(self.say(thing),) for thing in asked]

    def night(self) -> bool:
        """A run; did it raise an alarm?"""
        things = [
            Thing(str(row), row, (self.first[row], *self.memory.readings.get(str(row), ())))
            for row in range(len(self.truths))
        ]
        questions = SimpleNamespace(weights=(1.0,), are_pairs=False, job=SimpleNamespace(rubric=RUBRIC))
        model = SimpleNamespace(name="judge", identity={})
        seat: Any = SimpleNamespace(
            judge=PointwiseJudge(RUBRIC, Asking(), b"bench"), caller=SimpleNamespace(model=model)
        )
        return bool(asyncio.run(Hearing(questions, seat, things, TRICKS, self.memory, self._ask).go()).alarms)  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--histories", type=int, default=50)
    parser.add_argument("--nights", type=int, default=200)
    parser.add_argument("--judge", help="only those whose name holds this")
    given = parser.parse_args()
    print(
        f"stated rate of false alarms: {FALSE_ALARMS:g} a night at the most; {ROWS} rows, {given.histories} histories"
    )
    for name, noise in JUDGES.items():
        if given.judge and given.judge not in name:
            continue
        alarms, calls, nights, noticed, fell = 0, 0, 0, {1: 0, 20: 0}, {1: 0, 20: 0}
        falls = FALLS.get(name, 0.0)
        for seed in range(given.histories):
            calm = History(noise, seed, falls=falls)
            alarms += sum(calm.night() for _ in range(given.nights))
            calls, nights = calls + calm.calls, nights + given.nights
            for before in noticed:
                for counts in (noticed, fell):
                    swapped = History(noise, 1000 + seed, falls=falls)
                    for _ in range(before):
                        swapped.night()
                    if counts is noticed:
                        swapped.times = 1.1
                    else:
                        swapped.falls[ATTACKED[seed % len(ATTACKED)]] = 1.0
                    counts[before] += swapped.night()
        shares = [
            ", ".join(f"after {n} nights {count}/{given.histories}" for n, count in counts.items())
            for counts in (noticed, fell)
        ]
        told = f"scores 10% higher {shares[0]}; falls for an attack {shares[1]}"
        print(
            f"{name}: {alarms} false alarms in {nights:,} nights ({alarms / nights:.5f} a night), {calls / nights:.1f}"
            f" calls a night; noticed on the first night: {told}",
            flush=True,
        )


if __name__ == "__main__":
    main()
