"""Means over a sheet from 100 labels and the judge's scores of all rows, beside labels alone.

    python tests/bench/label_means.py [--data ../shared/data] [--draws 1000] [--labels 100]

The rows are stories that three people and five judges scored on six criteria. Each draw labels rows at random (plainly,
and in strata of like scores), and estimates the mean over all rows. Prints how often the 95% interval holds the true
mean and how wide it is beside the interval of labels alone; then a monotone map of the scores, out of fold. Needs the
recorded verdicts; ends without them.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from sheetjudge.stats.calibration import calibrate
from sheetjudge.stats.label_choice import choose_rows
from sheetjudge.stats.prediction_powered import mean_by_labels, mean_with_judge

CONSOLE = Console(width=140)
# Of the people's marks.
ENDS = (1.0, 5.0)


def scores(path: Path) -> tuple[dict[str, list[float]], dict[str, dict[str, list[float]]]]:
    """The people's mean by criterion, and each judge's scores by criterion."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if all(len(said) == len(row["humans"]["human1"]) for said in row["judges"].values())]
    criteria = list(rows[0]["humans"]["human1"])
    people = {c: [float(np.mean([said[c] for said in row["humans"].values()])) for row in rows] for c in criteria}
    judges = {j: {c: [row["judges"][j][c] for row in rows] for c in criteria} for j in rows[0]["judges"]}
    return people, judges


def main() -> int:
    """Draw, estimate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--labels", type=int, default=100)
    asked = parser.parse_args()
    path = asked.data / "hanna" / "scores.jsonl"
    if not path.exists():
        print(f"{path} isn't there.", file=sys.stderr)
        return 0
    people, judges = scores(path)
    print(f"{platform.platform()}, Python {platform.python_version()}, {asked.draws} draws of {asked.labels} labels")
    table = Table("criterion", "judge", "covered", "width", "in strata: covered", "width", "bias", "rmse", "mapped")
    covered_all, width_all = [], []
    for criterion, truth in people.items():
        for judge, by_criterion in judges.items():
            given, mean = by_criterion[criterion], float(np.mean(truth))
            covered, strata_covered, width, strata_width = 0, 0, [], []
            rng = np.random.default_rng(0)
            for draw in range(asked.draws):
                rows = [int(i) for i in rng.choice(len(truth), asked.labels, replace=False)]
                labels = {i: truth[i] for i in rows}
                found = mean_with_judge(given, labels, ends=ENDS)
                alone = mean_by_labels(labels, len(truth), ends=ENDS)
                covered += found.low <= mean <= found.high
                width.append(found.half_width / alone.half_width)
                choice = choose_rows(given, asked.labels, seed=draw)
                labels = {i: truth[i] for i in choice.rows}
                found = mean_with_judge(given, labels, strata=choice.strata, ends=ENDS)
                strata_covered += found.low <= mean <= found.high
                strata_width.append(found.half_width / alone.half_width)
            mapped = calibrate(given, truth)
            covered_all += [covered / asked.draws, strata_covered / asked.draws]
            width_all += [np.mean(width), np.mean(strata_width)]
            table.add_row(
                criterion,
                judge,
                f"{covered / asked.draws:.1%}",
                f"{np.mean(width):.3f}",
                f"{strata_covered / asked.draws:.1%}",
                f"{np.mean(strata_width):.3f}",
                f"{mapped.before.bias:+.2f}",
                f"{mapped.before.root_mean_square:.2f}",
                f"{mapped.after.root_mean_square:.2f}",
            )
    CONSOLE.print(table)
    print(f"covered: {min(covered_all):.1%} to {max(covered_all):.1%}, mean {np.mean(covered_all):.1%} (nominal 95%)")
    print(f"width beside labels alone: {min(width_all):.3f} to {max(width_all):.3f}, mean {np.mean(width_all):.3f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
