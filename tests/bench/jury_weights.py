"""Are weights of a jury's judges, fitted from people's labels, worth using? On recorded verdicts, out of fold.

    python tests/bench/jury_weights.py [--data ../shared/data] [--draws 20]

Stories that three people and five judges scored on six criteria from 1 to 5 (weights by so many labelled stories, drawn
at random, and by all), and answers to 882 prompts that four judges scored from 1 to 10, with the right answer known in
place of people (answers to one prompt in one fold). Prints agreement of the plain mean and of the weighted one on rows
that the weights weren't fitted on (weighted kappa, Spearman), and how often they are called worth using; of draws, the
means. Beside it, what weights do that are fitted to people's leniency as well: least squares without a constant, on
half of the rows, measured on the other half. Needs the recorded verdicts; ends without them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.stats import spearmanr

from sheetjudge.core.rubric import Scale, integer_scale
from sheetjudge.stats.jury_weights import JuryWeights, jury_weights

LABELS = (100, 300)
Floats = NDArray[np.float64]


def stories(path: Path) -> dict[str, tuple[dict[str, Floats], Floats]]:
    """By criterion the judges' answers and people's mean."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    criteria = list(rows[0]["humans"]["human1"])
    rows = [row for row in rows if all(len(said) == len(criteria) for said in row["judges"].values())]
    return {
        c: (
            {j: np.array([row["judges"][j][c] for row in rows]) for j in rows[0]["judges"]},
            np.array([np.mean([said[c] for said in row["humans"].values()]) for row in rows]),
        )
        for c in criteria
    }


def answers(path: Path) -> tuple[dict[str, Floats], Floats, list[int]]:
    """The first score of each judge for each answer, whether it is the right one, and its prompt."""
    prompts = [json.loads(line)["scores"] for line in path.read_text(encoding="utf-8").splitlines()]
    names = sorted({name for scores in prompts for name in scores})
    found = {
        name: np.array(
            [
                np.nan if name not in scores or scores[name][n][0] is None else float(scores[name][n][0])
                for scores in prompts
                for n in range(4)
            ]
        )
        for name in names
    }
    return found, np.tile([10.0, 1.0, 1.0, 1.0], len(prompts)), [p for p in range(len(prompts)) for _ in range(4)]


def line(name: str, rows: int, found: list[JuryWeights]) -> None:
    first = found[0]
    parts = []
    for measure in first.gain:
        told = [(one.before[measure].value, one.after[measure].value) for one in found]
        before, after = np.mean([[a or 0.0, b or 0.0] for a, b in told], axis=0)
        gain = first.gain[measure]
        shown = f" [{gain.low:+.3f}, {gain.high:+.3f}]" if len(found) == 1 and gain.low is not None else ""
        parts.append(f"{measure} {before:.3f} → {after:.3f}{shown}")
    weights = ", ".join(f"{judge} {weight:.2f}" for judge, weight in first.weights.items()) if len(found) == 1 else ""
    better, worth = sum(one.are_better for one in found), sum(one.help for one in found)
    print(
        f"{name:<12}{rows:>6}  {'; '.join(parts)}; better {better}, worth using {worth} of {len(found)}  {weights}",
        flush=True,
    )


def without_a_constant(judges: dict[str, Floats], people: Floats) -> tuple[float, float]:
    """Spearman of the plain mean, and of the mean by weights that are fitted to leniency, too."""
    x, rng = np.column_stack(list(judges.values())), np.random.default_rng(0)
    half = rng.permutation(len(people))
    fit, held = half[: len(half) // 2], half[len(half) // 2 :]
    rows = np.vstack([x[fit], 1e4 * np.ones((1, x.shape[1]))])
    weights = nnls(rows, np.append(people[fit], 1e4))[0]
    plain, mixed = x[held].mean(axis=1), x[held] @ weights
    return float(spearmanr(plain, people[held]).statistic), float(spearmanr(mixed, people[held]).statistic)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--draws", type=int, default=20)
    asked = parser.parse_args()
    path = asked.data / "hanna" / "scores.jsonl"
    if not path.exists():
        print(f"{path} isn't there.", file=sys.stderr)
        return 0
    scale: Scale = integer_scale(1, 5)
    for name, (judges, people) in stories(path).items():
        for count in LABELS:
            found = []
            for draw in range(asked.draws):
                rows = np.random.default_rng(draw).permutation(len(people))[:count]
                found.append(jury_weights({j: values[rows] for j, values in judges.items()}, people[rows], scale))
            line(name, count, found)
        line(name, len(people), [jury_weights(judges, people, scale)])
        plain, mixed = without_a_constant(judges, people)
        print(f"{'':<20}fitted to leniency as well: spearman {plain:.3f} → {mixed:.3f}")
    judges, right, prompts = answers(asked.data / "panel" / "criteria.jsonl")
    line("panel", len(right), [jury_weights(judges, right, integer_scale(1, 10), groups=prompts)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
