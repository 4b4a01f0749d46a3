"""Position bias and agreement between orders, by judge and by method, on recorded verdicts.

    python tests/bench/agreement_llmbar.py [--data FILE]

Reads ../shared/data/llmbar/verdicts.jsonl (Zeng et al., LLMBar, 2024): pairs of outputs of which people say one is
better, judged with the outputs as given and swapped, by six models with up to fifteen prompting methods. Pairs with a
failed call are left out and counted. Intervals hold 95%; by model over all methods, an item's pairs stand together.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import scipy

from sheetjudge import __version__
from sheetjudge.stats.agreement_interval import figure, left_out
from sheetjudge.stats.agreement_orders import order_figures

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "llmbar" / "verdicts.jsonl"


def shown(found):
    if found.low is None:
        return f"{found.value:6.1%} [?]"
    return f"{found.value:6.1%} [{100 * found.low:4.1f}, {100 * found.high:4.1f}]"


def right(verdicts, groups):
    """Share of verdicts with the output that people call better; one of each pair in either order."""
    hits = np.array([np.mean([w == v["label"] for w in v["winner"]]) for v in verdicts])
    plan = left_out(len(hits), groups)
    used = np.ones(len(hits), dtype=bool)
    return figure(plan.weights @ hits / plan.weights.sum(axis=1), plan, used, "rate")


def line(name, verdicts, *, together):
    whole = [v for v in verdicts if None not in v["winner"]]
    groups = [(v["set"], v["item"]) for v in whole] if together else None
    found = order_figures([tuple(float(w == "1") for w in v["winner"]) for v in whole], groups)
    kappa = found["kappa"]
    failed = f"  {len(verdicts) - len(whole)} failed" if len(whole) < len(verdicts) else ""
    print(
        f"{name:<38} {len(whole):>5}  {shown(found['same'])}  {kappa.value:5.2f} [{kappa.low:5.2f}, {kappa.high:5.2f}]"
        f"  {shown(found['first'])}  {shown(right(whole, groups))}{failed}"
    )
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    args = parser.parse_args()
    if not args.data.exists():
        print(f"{args.data} isn't there: nothing to replay.")
        return
    begun = time.perf_counter()
    versions = f"sheetjudge {__version__}, Python {platform.python_version()}, numpy {np.__version__}"
    print(f"{platform.platform()}, {platform.machine()}; {versions}, scipy {scipy.__version__}")
    verdicts = [json.loads(text) for text in args.data.read_text(encoding="utf-8").splitlines()]
    print(f"{len(verdicts):,} pairs judged in both orders. Chance: 50% the same outcome, kappa 0, 50% for the first.\n")
    heading = f"{'judge':<38} {'pairs':>5}  {'same outcome':<20}  {'kappa':<19}  {'for whichever is first':<20}  right"
    by_model, by_both, by_set = defaultdict(list), defaultdict(list), defaultdict(list)
    for v in verdicts:
        by_model[v["model"]].append(v)
        by_both[v["model"], v["method"]].append(v)
        by_set[v["model"], v["set"]].append(v)
    print(heading)
    for model in sorted(by_model):
        line(f"{model}, all methods", by_model[model], together=True)
    print(f"\n{heading}")
    biased = 0
    for model, method in sorted(by_both):
        first = line(f"{model}, {method}", by_both[model, method], together=False)["first"]
        biased += not first.low <= 0.5 <= first.high
    print(f"\nThe interval of the liking for a place leaves out 50% for {biased} of {len(by_both)} judges and methods.")
    print(f"\n{heading}")
    for model, kind in sorted(by_set):
        line(f"{model}, set {kind}", by_set[model, kind], together=True)
    print(f"\n{time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()
