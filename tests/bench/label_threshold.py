"""Do thresholds from people's labels keep their promise, and what do they decide? Many draws of rows to label.

    python tests/bench/label_threshold.py [--seeds 1000] [--processes 2] [--only WORD] [--data FILE]

Each run draws its own rows (the recorded ones are the same each time; draws differ) and rows to label: plainly, or as
`label` does, in strata of the score with more where the judge is unsure. It counts as a miss where recall or precision
of the rows of the table, by what people want, is below what was promised. A promise made with confidence C may be
missed by a share of 1 - C of all runs. It fails (exit code 1) where more were missed than chance explains (one in
1,000). Shown beside it: how often the labels sufficed for a threshold, the share of rows that it keeps, and the share
that one keeps who knows the labels of all rows (the least for recall, the most for precision).

Beside it, as a check that the promise is worth something: the threshold that just reaches the share on the labels.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from sheetjudge.stats.guarantee_promise import Promise
from sheetjudge.stats.label_choice import choose_rows
from sheetjudge.stats.label_threshold import threshold_from_labels

ONTO = Path(__file__).resolve().parents[3] / "shared" / "data" / "supg" / "onto.csv"
RARE = 1e-3
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class World:
    """Rows of a kind, so many of them, and how many are labelled."""

    kind: str
    rows: int
    labels: int
    share: float
    promises: tuple[Promise, ...]

    @property
    def name(self) -> str:
        return f"{self.kind}, {self.rows:,} rows, {self.labels} labels"


@dataclass(frozen=True)
class Run:
    """What came of one draw: whether there was a threshold, whether it missed, what is kept, and what would be best.

    Attributes:
        plain_missed: whether the threshold that just reaches the share on the labels missed.
    """

    met: bool
    missed: bool
    kept: float
    best: float
    plain_missed: bool


PROMISES = (Promise(0.9, None, 0.95), Promise(None, 0.8, 0.9), Promise(0.9, 0.7, 0.9))
WORLDS = (
    World("good", 1000, 150, 0.4, PROMISES),
    World("good", 300, 150, 0.4, PROMISES),
    World("good", 3000, 400, 0.2, PROMISES),
    World("useless", 1000, 150, 0.4, PROMISES),
    World("inverted", 1000, 150, 0.4, PROMISES),
    World("five marks", 1000, 150, 0.4, PROMISES),
    World("recorded", 11165, 1000, 0.0, (Promise(0.8, None, 0.95), Promise(None, 0.5, 0.9))),
)


def recorded(path: Path) -> tuple[Floats, Flags]:
    with path.open(newline="") as file:
        lines = [(float(line["proxy_score"]), float(line["label"]) > 0) for line in csv.DictReader(file)]
    return np.array([score for score, _ in lines]), np.array([label for _, label in lines])


def simulated(world: World, rng: np.random.Generator) -> tuple[Floats, Flags]:
    wanted = rng.random(world.rows) < world.share
    scores = 1 / (1 + np.exp(-3.0 * (wanted - 0.5) - rng.normal(size=world.rows)))
    if world.kind == "useless":
        scores = rng.random(world.rows)
    elif world.kind == "inverted":
        scores = 1 - scores
    elif world.kind == "five marks":
        scores = np.round(scores * 4) / 4
    return np.round(scores, 4), wanted


def run(world: World, promise: Promise, data: Path, design: str, seed: int) -> Run:
    """One draw."""
    rng = np.random.default_rng([seed, world.rows, world.labels])
    scores, wanted = recorded(data) if world.kind == "recorded" else simulated(world, rng)
    strata = None
    if design == "label":
        unsure = np.where((scores > 0.3) & (scores < 0.7), 2.0, 1.0).tolist()
        choice = choose_rows(scores.tolist(), world.labels, unsure=unsure, seed=seed)
        rows, strata = np.array(choice.rows), choice.strata
    else:
        rows = rng.choice(world.rows, world.labels, replace=False)
    labels = {int(row): bool(wanted[row]) for row in rows}
    found = threshold_from_labels(scores.tolist(), labels, promise, strata=strata)
    missed, kept = False, 0.0
    if found.low is not None and found.high is not None:
        missed = is_missed(promise, scores, wanted, found.low, found.high)
        kept = float(np.mean(scores >= (found.low if promise.precision is None else found.high)))
    plain = by_sample(promise, scores[rows], wanted[rows])
    plain_missed = plain is not None and is_missed(promise, scores, wanted, plain, plain)
    best = by_sample(promise, scores, wanted)
    return Run(found.met, missed, kept, float(np.mean(scores >= best)) if best is not None else 0.0, plain_missed)


def is_missed(promise: Promise, scores: Floats, wanted: Flags, low: float, high: float) -> bool:
    kept = scores >= high
    lost = promise.recall is not None and np.sum(wanted & (scores >= low)) < promise.recall * wanted.sum() - 1e-9
    wrong = promise.precision is not None and np.sum(wanted & kept) < promise.precision * kept.sum() - 1e-9
    return bool(lost or wrong)


def by_sample(promise: Promise, scores: Floats, wanted: Flags) -> float | None:
    """The score that just reaches what is promised on these rows: the highest for recall, else the lowest."""
    order = np.argsort(-scores, kind="stable")
    values, right = scores[order], np.cumsum(wanted[order])
    last = np.append(values[1:] != values[:-1], True)
    recall, precision = right / max(int(right[-1]), 1), right / np.arange(1, len(right) + 1)
    good = last & (recall >= (promise.recall or 0.0)) & (precision >= (promise.precision or 0.0))
    places = np.flatnonzero(good)
    if not places.size:
        return None
    return float(values[places[0 if promise.recall is not None else -1]])


def told(promise: Promise) -> str:
    parts = [f"{n} {v:g}" for n, v in (("recall", promise.recall), ("precision", promise.precision)) if v is not None]
    return f"{', '.join(parts)} at {promise.confidence:g}"


def cells(only: str, data: Path) -> Iterator[tuple[World, Promise, str]]:
    for world in WORLDS:
        if only not in world.name or (world.kind == "recorded" and not data.exists()):
            continue
        for promise in world.promises:
            for design in ("plain", "label"):
                yield world, promise, design


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--data", type=Path, default=ONTO)
    asked = parser.parse_args()
    begun, failed = time.perf_counter(), 0
    print(f"{asked.seeds:,} draws each; per cent of draws missed (allowed), with a threshold, of rows kept (at best);")
    print("and missed by the threshold that just reaches the share on the labels")
    with ProcessPoolExecutor(asked.processes) as pool:
        for world, promise, design in cells(asked.only, asked.data):
            runs = list(pool.map(partial(run, world, promise, asked.data, design), range(asked.seeds), chunksize=25))
            missed, met = sum(r.missed for r in runs), [r for r in runs if r.met]
            allowed = 1 - promise.confidence
            is_bad = binom.sf(missed - 1, len(runs), allowed) < RARE
            failed += is_bad
            kept, best = (100 * np.mean(v) if v else 0.0 for v in ([r.kept for r in met], [r.best for r in met]))
            share = 100 / len(runs)
            print(
                f"{world.name:<38} {design:<6} {told(promise):<34} {missed * share:>5.1f} ({100 * allowed:.0f})"
                f"{' !' if is_bad else '  '} {len(met) * share:>6.1f} {kept:>6.1f} ({best:.1f})"
                f" {sum(r.plain_missed for r in runs) * share:>7.1f}",
                flush=True,
            )
    print(f"{time.perf_counter() - begun:.0f} s; {failed} of the promises missed more often than they may be.")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
