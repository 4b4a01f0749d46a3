"""Five models' leaderboard from recorded judges' comparisons, beside the one from three humans' majority.

    python tests/bench/compare_pandalm.py [--data ../shared/data]

Prints for each judge the strengths with 90% intervals, Kendall's tau with the humans' order, the share of pairs with
the humans' outcome, and win rates at equal length; then, from other recorded comparisons that were made in both orders,
how often a judge agrees with itself and how much it likes the first place. Needs the recorded verdicts; ends without
them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from scipy.stats import kendalltau

from sheetjudge.stats.leaderboard import Leaderboard, Match, leaderboard
from sheetjudge.stats.order_agreement import order_agreement

PREFERENCE = {"1": 1.0, "2": 0.0, "0": 0.5, "Tie": 0.5}
JUDGES = ("gpt-3.5-turbo", "pandalm-7b")
CONSOLE = Console(width=140)


def majority(votes: list[int]) -> float:
    """The answer that two of three gave; a tie where each said something else."""
    vote, count = Counter(votes).most_common(1)[0]
    return PREFERENCE[str(vote)] if count > 1 else 0.5


def boards(path: Path) -> dict[str, tuple[Leaderboard, dict[int, float]]]:
    """For the humans and each judge a leaderboard, and the preference on each pair."""
    pairs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    models = sorted({model for pair in pairs for model in pair["models"]})
    prompts = {key: n for n, key in enumerate(dict.fromkeys((p["instruction"], p["input"]) for p in pairs))}
    found = {}
    for judge in ("humans", *JUDGES):
        said = {
            n: majority(p["humans"]) if judge == "humans" else PREFERENCE.get(p[judge]) for n, p in enumerate(pairs)
        }
        # A reply that was no verdict is left out.
        said = {n: preference for n, preference in said.items() if preference is not None}
        matches = [
            Match(
                prompts[pairs[n]["instruction"], pairs[n]["input"]],
                *(models.index(model) for model in pairs[n]["models"]),
                preference,
                (len(str(pairs[n]["response1"])), len(str(pairs[n]["response2"]))),
            )
            for n, preference in said.items()
        ]
        found[judge] = (leaderboard(models, matches), said)
    return found


def show(found: dict[str, tuple[Leaderboard, dict[int, float]]]) -> float:
    """Print the boards; the smallest Kendall's tau with the humans' order."""
    humans, votes = found["humans"]
    truth = {s.contender: s.strength.value for s in humans.standings}
    worst = 1.0
    for judge, (board, said) in found.items():
        table = Table("rank", "model", "strength", "win rate", "at equal length", "win/tie/loss", title=judge)
        for s in board.standings:
            table.add_row(
                f"{s.rank.value:.0f} [{s.rank.low:.0f}, {s.rank.high:.0f}]",
                s.contender,
                f"{s.strength.value:+.2f} [{s.strength.low:+.2f}, {s.strength.high:+.2f}]",
                f"{s.win_rate.value:.1%} [{s.win_rate.low:.1%}, {s.win_rate.high:.1%}]",
                f"{s.level_win_rate.value:.1%}" if s.level_win_rate else "",
                f"{s.wins}/{s.ties}/{s.losses}",
            )
        CONSOLE.print(table)
        tau = kendalltau([truth[s.contender] for s in board.standings], [s.strength.value for s in board.standings])
        inside = sum(s.strength.low <= truth[s.contender] <= s.strength.high for s in board.standings)
        both = [n for n in said if n in votes]
        same = sum(said[n] == votes[n] for n in both) / len(both)
        longer = board.longer
        share = f"{longer.value:.1%} [{longer.low:.1%}, {longer.high:.1%}]"
        lines = [f"{judge}: {board.matches} pairs on {board.prompts} prompts"]
        lines[0] += f"; of two equally strong, the longer by {board.length_step:.0f} characters wins {share}"
        if judge != "humans":
            worst = min(worst, tau.statistic)
            lines.append(
                f"Kendall's tau with the humans' order {tau.statistic:.2f}; {inside} of {len(truth)} of their strengths"
                f" in the intervals; the humans' outcome on {same:.1%} of pairs"
            )
        CONSOLE.print("\n".join(lines), highlight=False)
    return worst


def show_orders(path: Path) -> None:
    """Print how judges fare when texts change places."""
    groups = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            # "1" and "2" name the texts as given, also where they were shown swapped.
            ahead, turned = (PREFERENCE.get(said) for said in record["winner"])
            if ahead is not None and turned is not None:
                groups[record["method"], record["model"]].append((ahead, turned))
    table = Table("method", "judge", "pairs", "same", "kappa", "contradicts itself", "takes the first")
    for (method, model), pairs in sorted(groups.items()):
        if method not in {"CoT", "Metrics", "Vanilla", "Vanilla_NoRules"}:
            continue
        found = order_agreement(pairs)
        table.add_row(
            method,
            model,
            f"{found.pairs}",
            f"{found.same:.1%}",
            f"{found.kappa:.2f}",
            f"{found.contradictions:.1%}",
            f"{found.first:.1%} [{found.first_low:.1%}, {found.first_high:.1%}]",
        )
    CONSOLE.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    data = parser.parse_args().data
    if not (data / "pandalm" / "pairs.jsonl").exists():
        CONSOLE.print(f"No recorded verdicts in {data}: nothing to do.")
        return 0
    worst = show(boards(data / "pandalm" / "pairs.jsonl"))
    if (data / "llmbar" / "verdicts.jsonl").exists():
        show_orders(data / "llmbar" / "verdicts.jsonl")
    return 0 if worst >= 0.6 else 1


if __name__ == "__main__":
    sys.exit(main())
