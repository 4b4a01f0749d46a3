"""Do the intervals of a ranking hold the truth as often as they say, and is the position bias recovered?

    OMP_NUM_THREADS=1 python tests/bench/rank_intervals.py [--seeds 40] [--first 2000] [--rows 200] [--processes 2]

For each simulated judge: the share of rows whose nominal 90% interval of the rank and of the strength holds the truth,
over all seeds, and the mean of the estimated position bias (by how much more often a row wins where it is shown first)
beside the true one. Comparisons are chosen as `sheetjudge rank` chooses them, which is harder than at random.
"""

from __future__ import annotations

import argparse
import functools
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from simulated_judge import bradley_terry, flat, ranked, world

from sheetjudge.stats.ranking import ranking

PER_ROW = (3, 5, 7, 10)
# Standard errors within which nine of ten normal figures lie.
NINE_OF_TEN = 1.645
# Judge, and the correlation of its scores with the quality, None where it gives none.
CASES = {
    "flat errors": (flat(), None),
    "flat errors, strong liking for the first": (flat(0.3, 0.1), None),
    "flat errors, with scores": (flat(), 0.6),
    "Bradley-Terry": (bradley_terry(), None),
    "Bradley-Terry, liking for the first": (bradley_terry(shift=1.0), None),
    "Bradley-Terry and lapses": (bradley_terry(6.0, 0.5, 0.0, 0.15), 0.6),
}


def one(case, top, rows, seed):
    found = world(seed, rows, *CASES[case])
    rank = np.argsort(np.argsort(-found.quality)) + 1
    results = {}
    for count, belief in ranked(found, [n * rows for n in PER_ROW], seed=seed, top=top):
        placed = ranking(belief, np.random.default_rng(seed))
        strengths = [p.low <= t <= p.high for p, t in zip(placed.places, found.strength, strict=True)]
        ranks = [p.rank_low <= r <= p.rank_high for p, r in zip(placed.places, rank, strict=True)]
        bias = found.position_bias(belief.answers)
        results[count] = (np.mean(ranks), np.mean(strengths), placed.position_bias, bias, placed.position_error)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--first", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--top", type=int)
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    print(f"{given.rows} rows, {given.seeds} seeds from {given.first}; nominal 90%")
    with ProcessPoolExecutor(given.processes) as pool:
        for case in given.case or CASES:
            seeds = range(given.first, given.first + given.seeds)
            found = list(pool.map(functools.partial(one, case, given.top, given.rows), seeds))
            print(case)
            for count in found[0]:
                values = np.array([run[count] for run in found])
                rank, strength, bias, true, _ = values.mean(0)
                error = (values[:, 2] - values[:, 3]).std(ddof=1) / np.sqrt(len(values))
                near = np.mean(np.abs(values[:, 2] - values[:, 3]) < NINE_OF_TEN * values[:, 4])
                print(
                    f"  {count:6,} comparisons   rank {rank:.1%}   strength {strength:.1%}   position bias {bias:.4f}"
                    f", true {true:.4f} ({bias - true:+.4f} ± {error:.4f}); within its own 90% error in {near:.0%}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
