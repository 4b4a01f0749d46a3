"""Five judges and their jury beside three people on six criteria, beside how far people agree with each other.

    python tests/bench/agreement_hanna.py [--data FILE] [--command]

Reads ../shared/data/hanna/scores.jsonl (Chhun et al., HANNA, 2022 and 2024): 96 prompts, 11 stories each, marks from 1
to 5 by three people and five models (a model's mark is the mean of its replies). A mark below 1 is one with replies
that couldn't be read, and is left out and counted. The stories of a prompt stand or fall together in the intervals,
which hold 95%. The three people of a story aren't the same three throughout, so that "person 1" is a seat.

With --command the same is asked of `sheetjudge agree` on a CSV, and its figures must be the same.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy

from sheetjudge import __version__
from sheetjudge.core.rubric import integer_scale
from sheetjudge.stats import advice
from sheetjudge.stats.agreement import compared, mean_answer
from sheetjudge.stats.annotators import annotator_test

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "hanna" / "scores.jsonl"
CRITERIA = ("Relevance", "Coherence", "Empathy", "Surprise", "Engagement", "Complexity")
SCALE = integer_scale(1, 5)
SHOWN = ("kappa_quadratic", "kappa_linear", "alpha", "spearman", "spearman_within", "kendall", "exact", "within_one")


def read(path):
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


def marks(rows, side, criterion):
    found = {name: np.array([row[side][name][criterion] for row in rows]) for name in sorted(rows[0][side])}
    return {name: np.where(values >= SCALE.low, values, np.nan) for name, values in found.items()}


def figure_text(found, name):
    if name in ("exact", "within_one"):
        return f"{found.value:.0%} [{100 * found.low:.0f}, {100 * found.high:.0f}]"
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def line(name, figures):
    print(f"  {name:<22}" + "".join(f"{figure_text(figures[m], m):<21}" for m in SHOWN))


def report(criterion, rows, groups):
    people, judges = marks(rows, "humans", criterion), marks(rows, "judges", criterion)
    lost = {name: int(np.isnan(values).sum()) for name, values in judges.items() if np.isnan(values).any()}
    judges["jury"] = mean_answer(list(judges.values()), SCALE)
    found = compared(people, judges, SCALE, groups=groups)
    print(f"\n{criterion}{f'; marks left out: {lost}' if lost else ''}")
    print(f"  {'':<22}" + "".join(f"{m:<21}" for m in SHOWN))
    for judge in found.judges:
        line(f"{judge.judge} – people", judge.mean)
    line("people – each other", found.ceiling.mean)
    for judge in found.judges:
        line(f"{judge.judge} – rest", judge.rest)
    line("a person – rest", found.ceiling.rest)
    chance = found.judges[-1].mean
    print(f"  {'chance':<22}" + "".join(f"{chance[m].chance:<21.2g}" for m in SHOWN))
    alpha = found.ceiling.alpha
    print(f"  Krippendorff's alpha of all people: {alpha.value:.2f} [{alpha.low:.2f}, {alpha.high:.2f}]")
    for judge in found.judges:
        apart, test = judge.beyond["kappa_quadratic"], annotator_test(people, judges[judge.judge], SCALE, groups=groups)
        above = judge.mean["above"]
        print(
            f"  {judge.judge:<14} kappa_quadratic beyond people's {apart.value:+.2f}"
            f" [{apart.low:+.2f}, {apart.high:+.2f}], above people {above.value:+.2f},"
            f" annotator test (epsilon {test.epsilon:g}): winning rate {test.winning_rate:.2f},"
            f" advantage {test.advantage.value:.2f} [{test.advantage.low:.2f}, {test.advantage.high:.2f}]"
        )
    return found


def report_repeats(rows, groups):
    print("\nCriteria that repeat each other (rank correlation 0.8 or more), beside people's")
    people = {c: mean_answer(list(marks(rows, "humans", c).values()), SCALE) for c in CRITERIA}
    for judge in sorted(rows[0]["judges"]):
        own = {c: marks(rows, "judges", c)[judge] for c in CRITERIA}
        for pair in advice.repeats(judge, own, people, dict.fromkeys(CRITERIA, SCALE), groups):
            print(
                f"  {judge}: {pair.first} and {pair.second} {figure_text(pair.correlation, '')}, people"
                f" {figure_text(pair.people, '')}"
            )


def through_command(rows, found):
    """`agree` on the same marks in a CSV."""
    from tests.ops.scoring import inside

    sides = [(side, name) for side in ("humans", "judges") for name in sorted(rows[0][side])]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hanna.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["Story", *(f"{name} · {c}" for _, name in sides for c in CRITERIA)])
            writer.writerows(
                [row["story"], *(m if (m := row[side][name][c]) >= 1 else "" for side, name in sides for c in CRITERIA)]
                for row in rows
            )
        named = [part for side, name in sides for part in ("--human" if side == "humans" else "--judge-column", name)]
        begun = time.perf_counter()
        ran = inside("agree", path, *named, "--scale", "1-5", "--group", "Story", "--json")
    told = {part["criterion"]: part for part in json.loads(ran.out)["criteria"]}
    for criterion, agreement in found.items():
        for here, there in zip(agreement.judges, told[criterion]["judges"], strict=True):
            for name, figure in here.mean.items():
                assert abs(there["mean"][name]["value"] - figure.value) < 1e-9, (criterion, here.judge, name)
    print(f"\nsheetjudge agree: the same figures, in {time.perf_counter() - begun:.0f} s, exit code {ran.code}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--command", action="store_true")
    args = parser.parse_args()
    if not args.data.exists():
        print(f"{args.data} isn't there: nothing to compare.")
        return
    begun = time.perf_counter()
    versions = f"sheetjudge {__version__}, Python {platform.python_version()}, numpy {np.__version__}"
    print(f"{platform.platform()}, {platform.machine()}; {versions}, scipy {scipy.__version__}")
    rows = read(args.data)
    groups = [row["story"] for row in rows]
    print(f"{len(rows):,} stories to {len(set(groups))} prompts")
    found = {criterion: report(criterion, rows, groups) for criterion in CRITERIA}
    report_repeats(rows, groups)
    if args.command:
        through_command(rows, found)
    print(f"\n{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
