"""Do the intervals of `agree` hold what they promise? Many tables drawn from populations whose figures are known.

    python tests/bench/agreement_coverage.py [--draws 1000] [--processes 2] [--only WORD]

Each draw is a table with the labels of three people and a judge's verdicts; `compared` is asked of it as `agree` does,
and an interval of 95% counts as a hit where it holds the population's figure (that of 200,000 rows). Shown for each
measure: one judge with one person, the mean over people, people with each other, judge and people with the rest of
people, and the difference of judge and people. Figures for which no interval was given (too few rows, answers too rare)
count neither way; how often that was is shown.

Beside it, for one judge with one person: the percentile bootstrap and BCa (Efron, 1987) with 1,000 resamples of rows.
It fails (exit code 1) where a coverage is outside of 93 to 97% by more than chance explains (one in 1,000).
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from zlib import crc32

import numpy as np
import scipy
from scipy.stats import binom, norm

from sheetjudge import __version__
from sheetjudge.core.rubric import YES_NO, Scale, integer_scale, label_scale
from sheetjudge.stats.agreement import compared
from sheetjudge.stats.agreement_measures import agreement

POPULATION = 200_000
LOW, HIGH = 0.93, 0.97
RARE = 1e-3
RESAMPLES = 1000
PEOPLE = ("ana", "ben", "cleo")
PARTS = ("pair", "mean", "people", "rest", "p. rest", "beyond")


@dataclass(frozen=True)
class World:
    """Where tables come from: rows have a merit, raters see it with an error of their own.

    Attributes:
        agree: share of the merit in what a rater sees. lenient: how far the judge sees it higher.
        easy: how far all see it higher (answers are then skewed). missing: share of labels that are blank.
        size: rows of a group, which share half of their merit. fine: the judge's answers lie between marks.
    """

    name: str
    rows: int
    scale: Scale = field(default_factory=lambda: integer_scale(1, 5))
    agree: float = 0.6
    lenient: float = 0.0
    easy: float = 0.0
    missing: float = 0.0
    size: int = 1
    fine: bool = False

    def draw(self, rng, rows):
        groups = np.arange(rows) // self.size
        merit = rng.normal(size=rows)
        if self.size > 1:
            merit = np.sqrt(0.5) * (merit + rng.normal(size=groups[-1] + 1)[groups])
        raters = {name: self._rate(rng, merit, 0.0) for name in PEOPLE}
        for values in raters.values():
            values[rng.random(rows) < self.missing] = np.nan
        judge = self._rate(rng, merit, self.lenient, steps=4 if self.fine else 1)
        return raters, {"judge": judge}, list(groups) if self.size > 1 else None

    def _rate(self, rng, merit, lenient, steps=1):
        seen = np.sqrt(self.agree) * merit + np.sqrt(1 - self.agree) * rng.normal(size=len(merit)) + lenient + self.easy
        answers = self.scale.high - self.scale.low + 1
        if not self.scale.ordered:
            # A label by a coin for whoever doesn't know; the merit's own for whoever does.
            known = rng.random(len(merit)) < self.agree
            own = np.clip(np.floor((merit + 2) / 4 * answers), 0, answers - 1)
            return np.where(known, own, rng.integers(0, answers, len(merit))).astype(float)
        place = np.floor((seen + 2) / 4 * answers * steps) / steps
        return np.clip(place, 0, answers - 1) + self.scale.low


WORLDS = (
    World("20 rows, 1-5", 20),
    World("30 rows, 1-5", 30),
    World("50 rows, 1-5", 50),
    World("50 rows, 1-5, close raters, lenient judge", 50, agree=0.85, lenient=0.4),
    World("50 rows, 1-5, hardly any agreement", 50, agree=0.1),
    World("50 rows, 1-5, easy rows", 50, agree=0.7, easy=0.8),
    World("50 rows, 0-10, judge between marks", 50, scale=integer_scale(0, 10), fine=True),
    World("50 rows, yes/no", 50, scale=YES_NO),
    World("100 rows, yes/no, one in five yes", 100, scale=YES_NO, easy=-0.8),
    World("60 rows, three ordered labels", 60, scale=label_scale(("weak", "fair", "strong"))),
    World("80 rows, four topics", 80, scale=label_scale(("a", "b", "c", "d"), ordered=False)),
    World("60 rows, 1-5, a third of the labels missing", 60, missing=0.33),
    World("200 rows, 1-5", 200),
    World("150 rows in 30 groups, 1-5", 150, size=5),
    World("1,200 rows, left out in blocks", 1200),
)


def figures_of(found):
    """(part, measure) -> figure."""
    judge = found.judges[0]
    parts = {
        "pair": judge.pairs[0].figures,
        "mean": judge.mean,
        "people": {**found.ceiling.mean, "alpha of all": found.ceiling.alpha},
        "rest": judge.rest,
        "p. rest": found.ceiling.rest,
        "beyond": judge.beyond,
    }
    return {(part, name): figure for part, figures in parts.items() for name, figure in figures.items()}


def truths(world):
    people, judges, groups = world.draw(np.random.default_rng(7), POPULATION)
    return {
        key: figure.value for key, figure in figures_of(compared(people, judges, world.scale, groups=groups)).items()
    }


def bootstraps(people, judges, world, rng):
    """Percentile and BCa intervals of the judge with the first person, by resampling rows, or groups."""
    if world.size > 1 or world.rows > 300:
        return
    first, second = judges["judge"], people[PEOPLE[0]]
    there = ~np.isnan(second)
    first, second = first[there], second[there]
    n = len(first)
    weights = np.concatenate([np.ones((1, n)), 1 - np.eye(n), rng.multinomial(n, np.full(n, 1 / n), RESAMPLES)])
    for name, values in agreement(first, second, weights.astype(float), world.scale).items():
        value, parts, draws = values[0], values[1 : n + 1], values[n + 1 :]
        draws = draws[~np.isnan(draws)]
        if np.isnan(value) or np.isnan(parts).any() or len(draws) < RESAMPLES / 2:
            continue
        yield "percentile", name, *np.quantile(draws, [0.025, 0.975])
        below = (np.sum(draws < value) + np.sum(draws == value) / 2) / len(draws)
        bias = norm.ppf(np.clip(below, 1e-6, 1 - 1e-6))
        spread = parts.mean() - parts
        lean = np.sum(spread**3) / (6 * np.sum(spread**2) ** 1.5 + 1e-300)
        at = bias + norm.ppf([0.025, 0.975])
        yield "BCa", name, *np.quantile(draws, norm.cdf(bias + at / (1 - lean * at)))


def runs(world, truth, seeds):
    """Hits and intervals by (part, measure), and figures without one."""
    counts = defaultdict(lambda: [0, 0, 0])
    for seed in seeds:
        rng = np.random.default_rng([crc32(world.name.encode()), seed])
        people, judges, groups = world.draw(rng, world.rows)
        for key, figure in figures_of(compared(people, judges, world.scale, groups=groups)).items():
            count = counts[key]
            if figure.low is None:
                count[2] += 1
                continue
            count[0] += 1
            count[1] += figure.low - 1e-12 <= truth[key] <= figure.high + 1e-12
        for kind, name, low, high in bootstraps(people, judges, world, rng):
            counts[kind, name][0] += 1
            counts[kind, name][1] += low - 1e-12 <= truth["pair", name] <= high + 1e-12
    return dict(counts)


def is_off(hits, given):
    """Outside of the band by more than chance."""
    return binom.cdf(hits, given, LOW) < RARE or binom.sf(hits - 1, given, HIGH) < RARE


def report(world, counts):
    names = list(dict.fromkeys(name for _, name in counts))
    parts = (*PARTS, "percentile", "BCa")
    print(f"\n{world.name}")
    print(f"  {'':<16}" + "".join(f"{part:>12}" for part in parts) + f"{'no interval':>14}")
    off = []
    for name in names:
        cells = []
        for part in parts:
            given, hits, _ = counts.get((part, name), (0, 0, 0))
            wrong = part in PARTS and given >= 100 and is_off(hits, given)
            off += [(world.name, part, name, hits / given)] if wrong else []
            cells.append(f"{100 * hits / given:>10.1f}{'! ' if wrong else '  '}" if given >= 100 else f"{'':>12}")
        left = max(
            counts[part, name][2] / max(sum(counts[part, name][::2]), 1) for part in PARTS if (part, name) in counts
        )
        print(f"  {name:<16}{''.join(cells)}{left:>14.1%}")
    return off


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    begun = time.perf_counter()
    versions = f"sheetjudge {__version__}, Python {platform.python_version()}, numpy {np.__version__}"
    print(f"{platform.platform()}, {platform.machine()}; {versions}, scipy {scipy.__version__}")
    print(f"{args.draws:,} tables of each kind; coverage of 95% intervals, in per cent; ! is outside of 93 to 97")
    off, every, boots = [], [], defaultdict(list)
    with ProcessPoolExecutor(args.processes) as pool:
        for world in WORLDS:
            if args.only not in world.name:
                continue
            truth = truths(world)
            shares = [range(start, args.draws, args.processes) for start in range(args.processes)]
            counts = defaultdict(lambda: [0, 0, 0])
            for part in pool.map(partial(runs, world, truth), shares):
                for key, found in part.items():
                    counts[key] = [a + b for a, b in zip(counts[key], found, strict=True)]
            off += report(world, counts)
            sys.stdout.flush()
            for (part, name), (given, hits, _) in counts.items():
                if given >= 100:
                    (every if part in PARTS else boots[part]).append((hits / given, world.name, part, name))
    shares = [cell[0] for cell in every]
    inside = sum(LOW <= share <= HIGH for share in shares)
    print(
        f"\n{len(shares)} figures: mean coverage {np.mean(shares):.1%}, from {min(shares):.1%} to {max(shares):.1%};"
        f" {inside} between 93 and 97%, {len(off)} outside by more than chance."
    )
    for kind, cells in boots.items():
        told = [cell[0] for cell in cells]
        print(f"{kind}: mean coverage {np.mean(told):.1%}, from {min(told):.1%} to {max(told):.1%}.")
    for name, part, measure, share in off:
        print(f"  outside: {name}: {part}, {measure}: {share:.1%}")
    print(f"{time.perf_counter() - begun:.0f} s")
    return bool(off)


if __name__ == "__main__":
    sys.exit(main())
