"""Do the promises of `filter` hold, and what do they save? Many runs on recorded and on simulated rows.

    python tests/bench/filter_guarantee.py [--seeds 1000] [--processes 2] [--only WORD] [--data FILE]

Each run draws its own rows (the recorded ones are the same each time; draws differ), and counts as a miss where recall
or precision, relative to the labels, is below what was promised. A promise made with confidence C may be missed by a
share of 1 - C of the runs. It fails (exit code 1) where more were missed than chance explains (one in 1,000).

Beside it, on the recorded rows: SUPG (Kang et al., "Approximate Selection with Guarantees using Proxies", 2020: a
threshold from importance sampling with a normal approximation, here with all rows above it asked about, its "joint"
query), thresholds tested one after the other with the betting bounds of BARGAIN on uniform draws, a fixed threshold,
and the least that any method must ask which holds for whatever proxy.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from sheetjudge.stats.guarantee_promise import Promise
from sheetjudge.stats.guarantees import Cascade

ONTO = Path(__file__).resolve().parents[3] / "shared" / "data" / "supg" / "onto.csv"
RARE = 1e-3
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """Proxy scores, and what the strong judge would say."""

    scores: Floats
    labels: Flags


@dataclass(frozen=True)
class Run:
    """What came of one run: the rows asked about, recall and precision."""

    asked: int
    recall: float
    precision: float


# --- rows -------------------------------------------------------------------------------------------------------------


def recorded(path: Path) -> Rows:
    with path.open(newline="") as file:
        lines = [(float(line["proxy_score"]), float(line["label"]) > 0) for line in csv.DictReader(file)]
    return Rows(np.array([score for score, _ in lines]), np.array([label for _, label in lines]))


def simulated(kind: str, count: int, share: float, seed: int) -> Rows:
    """Rows under a proxy of some kind; a good one has the separation of a decent cheap judge."""
    random = np.random.default_rng([seed, count])
    labels = random.random(count) < share
    noise = random.normal(size=count)
    scores = 3.0 * labels + noise
    if kind == "useless":
        scores = noise
    elif kind == "inverted":
        scores = -scores
    elif kind == "constant":
        scores = np.zeros(count)
    elif kind == "yes/no":
        scores = (scores > 1.5).astype(float)
    elif kind == "hiding":
        # A share of the wanted rows that breaks the promise lies where the proxy is surest that there are none.
        hidden = random.permutation(np.flatnonzero(labels))[: int(np.ceil(0.12 * labels.sum()))]
        scores[hidden] = scores.min() - random.random(len(hidden))
    return Rows(scores, labels)


SETS: dict[str, Callable[[int], Rows]] = {
    f"{kind}, {count:,} rows, {share:.0%} to keep": partial(simulated, kind, count, share)
    for kind, count, share in (
        ("good", 2000, 0.1),
        ("good", 2000, 0.6),
        ("good", 2000, 0.01),
        ("useless", 1000, 0.2),
        ("inverted", 1000, 0.2),
        ("constant", 1000, 0.2),
        ("yes/no", 1000, 0.2),
        ("hiding", 2000, 0.2),
        ("hiding", 2000, 0.05),
        ("good", 50, 0.4),
        ("useless", 50, 0.1),
    )
}
PROMISES = (
    Promise(recall=0.9),
    Promise(precision=0.9),
    Promise(recall=0.9, precision=0.9),
    Promise(recall=0.8, confidence=0.8),
    Promise(precision=0.8, confidence=0.8),
)
PROMISES_RECORDED = (
    Promise(recall=0.8),
    Promise(recall=0.9),
    Promise(recall=0.95),
    Promise(recall=0.9, confidence=0.9),
    Promise(precision=0.9),
    Promise(recall=0.9, precision=0.9),
)


def named(promise: Promise) -> str:
    parts = [f"recall {promise.recall:g}"] if promise.recall else []
    parts += [f"precision {promise.precision:g}"] if promise.precision else []
    return f"{', '.join(parts)} at {promise.confidence:g}"


# --- methods ----------------------------------------------------------------------------------------------------------


def outcome(rows: Rows, asked: Flags, keep: Flags) -> Run:
    right = int(np.sum(keep & rows.labels))
    wanted, kept = int(rows.labels.sum()), int(keep.sum())
    return Run(int(asked.sum()), right / wanted if wanted else 1.0, right / kept if kept else 1.0)


def ours(rows: Rows, promise: Promise, seed: int) -> Run:
    cascade = Cascade(rows.scores.tolist(), promise, seed=seed)
    while (questions := cascade.ask()).size:
        cascade.tell(rows.labels[questions].tolist())
    decided = cascade.decided()
    return outcome(rows, np.array(decided.asked), np.array([keep == "yes" for keep in decided.keep]))


def supg(rows: Rows, promise: Promise, seed: int, *, budget: int) -> Run:
    """Importance sampling by the square root of the score, with a tenth uniform; then every row above the threshold."""
    random, count = np.random.default_rng(seed), len(rows.labels)
    weights = np.sqrt(rows.scores - min(rows.scores.min(), 0.0))
    chance = 0.9 * weights / weights.sum() + 0.1 / count
    drawn = random.choice(count, budget, p=chance)
    drawn = drawn[np.argsort(-rows.scores[drawn], kind="stable")]
    mass = rows.labels[drawn] / (chance[drawn] * count)
    risk = (1 - promise.confidence) / 2
    above = np.cumsum(mass)

    def at_least(share: float) -> int:
        """How many of the drawn rows, from the top, hold such a share of the mass."""
        return int(np.searchsorted(above, share * above[-1] - 1e-12)) + 1

    first = at_least(promise.recall or 1.0)
    upper, lower = mass * (np.arange(budget) < first), mass * (np.arange(budget) >= first)
    spread = norm.isf(risk) / np.sqrt(budget)
    high, low = upper.mean() + spread * upper.std(), max(lower.mean() - spread * lower.std(), 0.0)
    last = min(at_least(high / (high + low) if high + low else 1.0), budget)
    asked = rows.scores >= rows.scores[drawn[last - 1]] if above[-1] else np.ones(count, bool)
    asked[drawn] = True
    return outcome(rows, asked, asked & rows.labels)


def one_threshold_after_the_other(rows: Rows, promise: Promise, seed: int) -> Run:
    """Uniform draws until the wanted ones among them show a threshold with the recall, by betting; then all above it.

    Bets as in Waudby-Smith and Ramdas (2023), eq. 26; thresholds from the lowest up, until one can't be shown.
    """
    random, count = np.random.default_rng(seed), len(rows.labels)
    order, target = random.permutation(count), promise.recall or 1.0
    taken, best = 0, -np.inf
    while taken < count:
        taken = min(count, taken + 200)
        found = rows.scores[order[:taken]][rows.labels[order[:taken]]]
        best = -np.inf
        for threshold in np.sort(found)[: int((1 - target) * len(found)) + 1]:
            if not _shown(found >= threshold, target, 1 - promise.confidence):
                break
            best = threshold
        if taken + np.sum(rows.scores >= best) < 0.9 * count or best > -np.inf:
            break
    asked = rows.scores >= best
    asked[order[:taken]] = True
    return outcome(rows, asked, asked & rows.labels)


def _shown(hits: Flags, target: float, risk: float) -> bool:
    """Is the mean of these independent draws above the target? By betting that it is."""
    at = np.arange(1, len(hits) + 1)
    mean = (0.5 + np.cumsum(hits)) / (at + 1)
    spread = (0.25 + np.cumsum((hits - mean) ** 2)) / (at + 1)
    before = np.concatenate([[0.25], spread[:-1]])
    bet = np.minimum(np.sqrt(2 * np.log(2 / risk) / (before * at * np.log(at + 1))), 0.75 / target)
    return bool(np.max(np.cumsum(np.log1p(bet * (hits - target))), initial=-np.inf) >= -np.log(risk))


def fixed(rows: Rows, _promise: Promise, _seed: int, *, threshold: float) -> Run:
    asked = rows.scores >= threshold
    return outcome(rows, asked, asked & rows.labels)


def least(rows: Rows, promise: Promise) -> float:
    """What any method must ask that holds for whatever proxy, were the wanted rows known to it beforehand."""
    wanted = int(rows.labels.sum())
    missable = int((1 - (promise.recall or 1.0)) * wanted + 1e-9)
    return wanted + (len(rows.labels) - wanted) * (1 - (1 - promise.confidence) ** (1 / (missable + 1)))


# --- many runs --------------------------------------------------------------------------------------------------------

Method = Callable[[Rows, Promise, int], Run]


def some_runs(make: Callable[[int], Rows], method: Method, promise: Promise, seeds: range) -> list[tuple[int, Run]]:
    runs = []
    for seed in seeds:
        rows = make(seed)
        runs.append((len(rows.labels), method(rows, promise, seed)))
    return runs


def line(name: str, promise: Promise, runs: list[tuple[int, Run]], seconds: float) -> tuple[str, bool]:
    """A line of the table, and whether the promise may be said to hold."""
    misses = sum(
        run.recall < (promise.recall or 0) - 1e-9 or run.precision < (promise.precision or 0) - 1e-9 for _, run in runs
    )
    may = 1 - promise.confidence
    holds = binom.sf(misses - 1, len(runs), may) > RARE
    asked = np.array([run.asked for _, run in runs])
    saved = np.array([1 - run.asked / count for count, run in runs])
    text = (
        f"  {name:<44} missed {misses / len(runs):6.1%} ± {np.sqrt(max(misses, 1)) / len(runs):.1%}  asked "
        f"{asked.mean():7,.0f} (sd {asked.std():5,.0f})  saved {saved.mean():6.1%}  recall {recall_of(runs):.3f}"
        f"  precision {np.mean([run.precision for _, run in runs]):.3f}  {seconds:5.0f} s"
    )
    return text + ("" if holds else "  MORE THAN PROMISED"), holds


def recall_of(runs: list[tuple[int, Run]]) -> float:
    return float(np.mean([run.recall for _, run in runs]))


def parts(seeds: int, processes: int) -> Iterator[range]:
    size = -(-seeds // (4 * processes))
    return (range(start, min(seeds, start + size)) for start in range(0, seeds, size))


def _same(rows: Rows, _seed: int) -> Rows:
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="sets whose name holds this word")
    parser.add_argument("--data", type=Path, default=ONTO, help="a CSV with the columns label and proxy_score")
    given = parser.parse_args()
    good = True
    with ProcessPoolExecutor(given.processes) as pool:

        def show(name: str, make: Callable[[int], Rows], method: Method, promise: Promise, *, counts: bool) -> None:
            nonlocal good
            begun = time.perf_counter()
            jobs = [pool.submit(some_runs, make, method, promise, part) for part in parts(given.seeds, given.processes)]
            runs = [run for job in jobs for run in job.result()]
            text, holds = line(name, promise, runs, time.perf_counter() - begun)
            good = good and (holds or not counts)
            print(text, flush=True)

        if given.data.exists() and given.only in "recorded":
            rows = recorded(given.data)
            make = partial(_same, rows)
            print(f"Recorded: {len(rows.labels):,} rows, {rows.labels.sum():,} to keep; {given.seeds:,} runs each")
            for promise in PROMISES_RECORDED:
                print(f" {named(promise)}")
                show("filter", make, ours, promise, counts=True)
                if promise.precision is not None:
                    continue
                for budget in (500, 1000, 2000):
                    show(f"SUPG, {budget:,} draws", make, partial(supg, budget=budget), promise, counts=False)
                show("thresholds one by one", make, one_threshold_after_the_other, promise, counts=False)
                for threshold in (0.5, 0.1, 0.01):
                    show(f"all above {threshold:g}", make, partial(fixed, threshold=threshold), promise, counts=False)
                print(f"  {'the least that any such method must ask':<44} {'':24} {least(rows, promise):7,.0f}")
        for name, make in SETS.items():
            if given.only not in name:
                continue
            print(name)
            for promise in PROMISES:
                show(named(promise), make, ours, promise, counts=True)
    print("Every promise held." if good else "A promise was missed more often than chance explains.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
