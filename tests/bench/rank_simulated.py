"""Ranking with a simulated judge: top-10 recall and Kendall's tau against the number of calls.

    OMP_NUM_THREADS=1 python tests/bench/rank_simulated.py [--seeds 30] [--first 1000] [--rows 200] [--judge flat]
                                                           [--processes 2]

200 rows, hidden quality uniform. The judge answers "the first" with a chance of 10%, and otherwise errs with a chance
of 10% however far apart two rows are; asked the same twice it says the same. Beside the ranking of `sheetjudge rank`
(with --top 10, and for the whole order): random pairs fitted by the same model, quicksort, and a Swiss tournament, each
at 2, 3, 5, 7, 10 and 20 calls a row. "With scores" has pointwise scores of correlation 0.6, whose 200 calls count.

Nothing was tuned on the seeds from 1000 on. Other judges (`--judge`): Bradley-Terry noise, a strong liking for the
first place, ties, and scores that are useless or inverted.
"""

from __future__ import annotations

import argparse
import functools
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from scipy.stats import kendalltau
from simulated_judge import bradley_terry, flat, ranked, world

from sheetjudge.stats.ranking_belief import comparisons, fitted, prior_belief

TOP = 10
PER_ROW = (2, 3, 5, 7, 10, 20)
JUDGES = {
    "flat": flat(),
    "bradley-terry": bradley_terry(),
    "first-lover": bradley_terry(shift=2.0),
    "ties": bradley_terry(6.0, 0.3, 1.0),
    "lapses": bradley_terry(6.0, 0.5, 0.0, 0.15),
    "coin": bradley_terry(0.0),
}


def measured(quality, estimate):
    best, chosen = np.argsort(-quality)[:TOP], np.argsort(-estimate)[:TOP]
    return len(set(best.tolist()) & set(chosen.tolist())) / TOP, kendalltau(estimate, quality).statistic


def ours(seed, rows, judge, calls, *, top, correlation=None, calls_of_scores=True):
    found = world(seed, rows, JUDGES[judge], correlation)
    before = rows if correlation is not None and calls_of_scores else 0
    marks = [count - before for count in calls if count > before]
    for mark, belief in ranked(found, marks, seed=seed, top=TOP if top else None):
        yield mark + before, measured(found.quality, belief.mean)


def random_pairs(seed, rows, judge, calls):
    found = world(seed, rows, JUDGES[judge])
    rng = np.random.default_rng([seed, 1])
    first = rng.integers(0, rows, max(calls))
    second = (first + rng.integers(1, rows, max(calls))) % rows
    answers = [(int(i), int(j), float(found.says[i, j])) for i, j in zip(first, second, strict=True)]
    belief = prior_belief(rows)
    for count in calls:
        belief = fitted(belief, comparisons(answers[:count]))
        yield count, measured(found.quality, belief.mean)


def quicksort(seed, rows, judge, calls):
    """One run: what it has at each number of calls, each part that isn't sorted yet in the order that it has."""
    found = world(seed, rows, JUDGES[judge])
    rng = np.random.default_rng([seed, 2])
    parts = [rng.permutation(rows).tolist()]
    done = 0
    wanted = list(calls)
    while wanted:
        longest = max(range(len(parts)), key=lambda n: len(parts[n]))
        part = parts[longest]
        if len(part) < 2:
            break
        pivot, *others = part
        above, below = [], []
        for row in others:
            (above if found.says[row, pivot] >= 0.5 else below).append(row)
            done += 1
            if wanted and done == wanted[0]:
                rest = others[len(above) + len(below) :]
                now = [*above, pivot, *rest, *below]
                order = [r for n, p in enumerate(parts) for r in (now if n == longest else p)]
                yield wanted.pop(0), measured(found.quality, -np.argsort(order))
        parts[longest : longest + 1] = [p for p in (above, [pivot], below) if p]
    order = [r for p in parts for r in p]
    for count in wanted:
        yield count, measured(found.quality, -np.argsort(order))


def swiss(seed, rows, judge, calls):
    """Rounds in which rows with the same number of wins meet; ordered by wins, then by the opponents' wins."""
    found = world(seed, rows, JUDGES[judge])
    rng = np.random.default_rng([seed, 3])
    wins, met, done = np.zeros(rows), [[] for _ in range(rows)], 0
    wanted = list(calls)
    while wanted:
        order = np.lexsort((rng.random(rows), -wins)).tolist()
        while len(order) > 1:
            one = order.pop(0)
            other = next((r for r in order if r not in met[one]), order[0])
            order.remove(other)
            first, second = (one, other) if rng.random() < 0.5 else (other, one)
            said = found.says[first, second]
            wins[first] += said
            wins[second] += 1 - said
            met[one].append(other)
            met[other].append(one)
            done += 1
            if wanted and done == wanted[0]:
                strength = wins + 1e-3 * np.array([wins[m].sum() for m in met]) + 1e-9 * rng.random(rows)
                yield wanted.pop(0), measured(found.quality, strength)


WAYS = {
    "ours, --top 10": functools.partial(ours, top=True),
    "ours, whole order": functools.partial(ours, top=False),
    "ours, --top 10, with scores": functools.partial(ours, top=True, correlation=0.6),
    "ours, whole order, with scores": functools.partial(ours, top=False, correlation=0.6),
    "ours, --top 10, useless scores for nothing": functools.partial(
        ours, top=True, correlation=0.0, calls_of_scores=False
    ),
    "ours, --top 10, inverted scores for nothing": functools.partial(
        ours, top=True, correlation=-0.6, calls_of_scores=False
    ),
    "random pairs, the same model": random_pairs,
    "quicksort": quicksort,
    "Swiss tournament": swiss,
}


def one(way, judge, rows, calls, seed):
    return dict(WAYS[way](seed, rows, judge, calls))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--judge", choices=JUDGES, default="flat")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--way", action="append", choices=WAYS)
    parser.add_argument("--per-row", type=int, action="append", help=f"calls a row (repeatable; default {PER_ROW})")
    given = parser.parse_args()
    calls = [n * given.rows for n in given.per_row or PER_ROW]
    print(f"{given.judge} judge, {given.rows} rows, {given.seeds} seeds from {given.first}; mean ± standard error")
    with ProcessPoolExecutor(given.processes) as pool:
        for way in given.way or WAYS:
            seeds = range(given.first, given.first + given.seeds)
            found = list(pool.map(functools.partial(one, way, given.judge, given.rows, calls), seeds))
            print(way)
            for count in calls:
                values = np.array([run[count] for run in found if count in run])
                if len(values):
                    recall, tau = values.mean(0)
                    recall_error, tau_error = values.std(0, ddof=1) / np.sqrt(len(values))
                    print(
                        f"  {count:6,} calls   top-{TOP} recall {recall:.3f} ± {recall_error:.3f}"
                        f"   tau {tau:.3f} ± {tau_error:.3f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
