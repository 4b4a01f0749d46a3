"""Juries and cascades on recorded verdicts of a panel: how often the right answer comes out best, at how many calls.

    python tests/bench/jury_panel.py [--draws N] [--data FILE] [--command]

Reads ../shared/data/panel/criteria.jsonl: 882 prompts of RewardBench 2 with four answers each, of which the first is
the right one, and eight scores from 1 to 10 of each answer by each of four judges. A draw takes the samples of each
judge in an order of its own; the first draw is the recorded order. Judges are asked by the policies of `score`.

- Strict: the right answer alone has the highest score. Tie-credit: a tie of n for the highest counts 1/n.
- Intervals: 95%, bootstrap over prompts (each prompt's mean over the draws).
- "by calls": of the policies that make no more calls than the fixed cascade, the one that makes the most; no label is
  looked at. "by the other half": which policy is used on one half of the prompts was chosen on the other half (the
  highest tie-credit at no more calls), both ways, over several splits. What all policies know of errors comes from how
  scores spread, never from which answer is right.
- With --command, `score` itself is run on the 3,528 answers as a table, with the recorded scores behind a local server.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sheetjudge.stats.escalation import Best, IfBelow, Noise, UntilSure, in_turn, mean_over_judges, noise_of
from sheetjudge.stats.jury import MOST_DISAGREEMENT, disagreement
from tests.ops.scoring import inside, read_csv, write_rubric, write_table
from tests.servers.panel_server import PanelServer

DATA = Path(__file__).parents[3] / "shared" / "data" / "panel" / "criteria.jsonl"
JUDGES = ("claude-haiku-4.5", "claude-sonnet-4.6", "gpt-5.4", "gpt-5.4-mini")
LOW, HIGH = 1, 10
MARGIN = 1.5
CONFIDENCES = (0.8, 0.9, 0.93, 0.95, 0.97)
SAMPLES = ((2, 1), (2, 2), (3, 2), (4, 2))
SPLITS = 20


def panel(path=DATA):
    """Shares of the scale: prompt × judge × response × sample, None for a failed call."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        scores = json.loads(line)["scores"]
        missing = [[None] * 8] * 4
        found.append([
            [[None if s is None else (s - LOW) / (HIGH - LOW) for s in row] for row in scores.get(judge, missing)]
            for judge in JUDGES
        ])  # fmt: skip
    return found


def drawn(prompts, draw):
    """The samples of each response in an order of this draw's own."""
    if not draw:
        return prompts
    rng = random.Random(draw)
    return [[[rng.sample(row, len(row)) for row in judge] for judge in prompt] for prompt in prompts]


def answers_in(prompts, order):
    """For each prompt and response what it answers along `order`."""
    sample = [order[:n].count(judge) for n, judge in enumerate(order)]
    return [
        [[prompt[judge][i][n] for judge, n in zip(order, sample, strict=True)] for i in range(4)] for prompt in prompts
    ]


def carried_out(prompts, order, first, policy):
    """Ask by a policy. Returns for each prompt its rows' answers, and the noise that was found."""
    answers = answers_in(prompts, order)
    taken = [[first] * 4 for _ in prompts]
    going = list(range(len(prompts)))
    noise = Noise()
    while going:
        if isinstance(policy, UntilSure):
            rows = (answers[p][i][: taken[p][i]] for p in range(len(prompts)) for i in range(4))
            noise = noise_of(rows, order)
        still = []
        for p in going:
            wants = policy.wants([answers[p][i][: taken[p][i]] for i in range(4)], order, Best(), noise)
            if any(wants):
                taken[p] = [t + n for t, n in zip(taken[p], wants, strict=True)]
                still.append(p)
        going = still
    return [[answers[p][i][: taken[p][i]] for i in range(4)] for p in range(len(prompts))], noise


def best_of(scores):
    """The responses with the highest score; none where a judge scored none of them."""
    top = max((score for score in scores if score is not None), default=None)
    return [i for i, score in enumerate(scores) if score is not None and score > top - 1e-9]


@dataclass
class Outcome:
    """Of each prompt: strict and tie-credit in per cent, calls a response."""

    strict: np.ndarray
    credit: np.ndarray
    calls: np.ndarray

    @classmethod
    def of(cls, groups, order):
        strict, credit, calls = [], [], []
        for group in groups:
            best = best_of([mean_over_judges(answers, order) for answers in group])
            strict.append(100.0 * (best == [0]))
            credit.append(100.0 / len(best) if 0 in best else 0.0)
            calls.append(sum(map(len, group)) / 4)
        return cls(*map(np.array, (strict, credit, calls)))

    @classmethod
    def mean(cls, outcomes):
        return cls(*(np.mean([getattr(o, name) for o in outcomes], axis=0) for name in ("strict", "credit", "calls")))


def interval(values, resamples=2000):
    """95%, by bootstrap over prompts."""
    rng = np.random.default_rng(0)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(resamples)]
    return np.quantile(means, [0.025, 0.975])


def line(name, outcome, recorded=None):
    low, high = interval(outcome.credit)
    first = "" if recorded is None else f"  {recorded.credit.mean():6.2f} {recorded.strict.mean():6.2f}"
    return (
        f"{name:<46} {outcome.calls.mean():5.2f}  {outcome.credit.mean():6.2f} [{low:.1f}, {high:.1f}]"
        f"  {outcome.strict.mean():6.2f} [{interval(outcome.strict)[0]:.1f}, {interval(outcome.strict)[1]:.1f}]{first}"
    )


def chosen(policies, cascade, rng):
    """Choose on one half and look at the other, both ways, over several splits."""
    n = len(cascade.calls)
    totals = [[], [], []]
    names = []
    for _ in range(SPLITS):
        mixed = rng.permutation(n)
        strict, credit, calls = (np.zeros(n) for _ in range(3))
        for here, there in ((mixed[: n // 2], mixed[n // 2 :]), (mixed[n // 2 :], mixed[: n // 2])):
            most = cascade.calls[here].mean()
            fits = {name: o for name, o in policies.items() if o.calls[here].mean() <= most}
            name = max(fits, key=lambda name: fits[name].credit[here].mean())
            names.append(name)
            strict[there], credit[there], calls[there] = (
                getattr(policies[name], part)[there] for part in ("strict", "credit", "calls")
            )
        for total, part in zip(totals, (strict, credit, calls), strict=True):
            total.append(part)
    return Outcome(*(np.mean(total, axis=0) for total in totals)), names


def disputes(prompts):
    """How often the best-scored row is the wrong one, by how far four judges are apart on it."""
    rows = []
    for group in answers_in(prompts, (0, 1, 2, 3)):
        scores = [mean_over_judges(answers, (0, 1, 2, 3)) for answers in group]
        apart = [disagreement([a for a in answers if a is not None]) or 0.0 for answers in group]
        best = best_of(scores)
        rows.append((apart, apart[best[0]], 1 - (0 in best) / len(best)))
    return rows


def report_disputes(prompts, draws):
    print("\nDisagreement of four judges (mean difference between two, share of the scale)")
    print(f"{'above':>8} {'rows %':>7} {'best rows %':>12} {'wrong among those %':>20} {'wrong among the rest %':>23}")
    found = [row for draw in range(draws) for row in disputes(drawn(prompts, draw))]
    every = np.array([apart for row in found for apart in row[0]])
    of_best, wrong = np.array([row[1] for row in found]), np.array([row[2] for row in found])
    for most in (0.1, 0.15, 0.2, MOST_DISAGREEMENT, 0.3):
        over = of_best > most
        mark = "  (default)" if most == MOST_DISAGREEMENT else ""
        print(
            f"{most:8.2f} {100 * (every > most).mean():7.1f} {100 * over.mean():12.1f} {100 * wrong[over].mean():20.1f}"
            f" {100 * wrong[~over].mean():23.1f}{mark}"
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--command", action="store_true")
    args = parser.parse_args()
    if not args.data.exists():
        print(f"{args.data} isn't there: nothing to replay.")
        return
    begun = time.perf_counter()
    prompts = panel(args.data)
    if args.command:
        through_command(prompts)
        return
    every = (0, 1, 2, 3)
    fixed = {
        **{f"{JUDGES[j]}, 1 sample": ((j,), 1, IfBelow(0)) for j in range(4)},
        "claude-haiku-4.5, 8 samples": ((0,) * 8, 8, IfBelow(0)),
        "jury: four judges, 1 sample each": (every, 4, IfBelow(0)),
        "jury: four judges, 8 samples each": (every * 8, 32, IfBelow(0)),
        f"2 haiku; close rows ({MARGIN}): the others": ((0, 0, 1, 2, 3), 2, IfBelow(MARGIN / (HIGH - LOW))),
    }
    sure = {
        f"until {c:.0%} sure, at most {a} haiku, {b} of others": (in_turn((0,), (1, 2, 3), a, b), 1, UntilSure(c))
        for a, b in SAMPLES
        for c in CONFIDENCES
    }
    draws = [drawn(prompts, draw) for draw in range(args.draws)]
    played = {
        name: [Outcome.of(carried_out(d, order, first, policy)[0], order) for d in draws]
        for name, (order, first, policy) in (fixed | sure).items()
    }
    name = f"2 haiku; close groups ({MARGIN}): the others on all 4"
    whole = [list(whole_groups(d)) for d in draws]
    played[name] = [Outcome.of(groups, (0, 0, 1, 2, 3)) for groups in whole]
    # As published: the mean of the five answers, and not of the four judges.
    published = "  the same, mean of the answers"
    played[published] = [Outcome.of(groups, range(5)) for groups in whole]
    means = {name: Outcome.mean(outcomes) for name, outcomes in played.items()}
    cascade = means[name]
    cascades = {name: cascade, published: means[published]}
    print(
        f"{len(prompts)} prompts, {args.draws} draws; calls are per response; on the right the recorded order alone\n"
    )
    print(f"{'':<46} {'calls':>5}  {'tie-credit':>20}  {'strict':>20}  recorded")
    for shown in (*fixed, name, published, *sure):
        print(line(shown, means[shown], played[shown][0]))
    fits = [s for s in sure if means[s].calls.mean() <= cascade.calls.mean()]
    by_calls = max(fits, key=lambda s: means[s].calls.mean())
    best, names = chosen({s: means[s] for s in sure}, cascade, np.random.default_rng(0))
    print("\nChosen without looking at the answers that it is scored on, and its difference to the fixed cascade")
    report_choice("by calls", means[by_calls], cascades, [by_calls])
    report_choice("by the other half", best, cascades, names)
    report_certainty(draws[0])
    report_disputes(prompts, args.draws)
    print(f"\n{time.perf_counter() - begun:.0f} s")


def report_choice(how, outcome, cascades, names):
    print(line(how, outcome))
    for name, cascade in cascades.items():
        differences = []
        for part in ("credit", "strict", "calls"):
            difference = getattr(outcome, part) - getattr(cascade, part)
            low, high = interval(difference)
            differences.append(f"{part} {difference.mean():+.2f} [{low:+.2f}, {high:+.2f}]")
        print(f"    against {name.strip()}: {', '.join(differences)}")
    print("    " + ", ".join(f"{s} ({names.count(s)})" for s in sorted(set(names), key=names.count, reverse=True)[:4]))


def whole_groups(prompts):
    """The cascade as others ran it: every answer of a prompt whose two best are close goes to the other judges."""
    for group in answers_in(prompts, (0, 0, 1, 2, 3)):
        two = [answers[:2] for answers in group]
        wants = IfBelow(MARGIN / (HIGH - LOW)).wants(two, (0, 0, 1, 2, 3), Best(), Noise())
        yield group if any(wants) else two


def report_certainty(prompts):
    """What is found of the errors, and how often the best answer of a prompt is certain with 90% in the end."""
    order, policy = in_turn((0,), (1, 2, 3), 2, 2), UntilSure(0.9)
    groups, noise = carried_out(prompts, order, 1, policy)
    open_ = sum(bool(policy.undecided(group, order, Best(), noise)) for group in groups)
    print(
        f"\nErrors found (share of the scale): {noise.judge**0.5:.3f} between judges, {noise.sample**0.5:.3f} between"
        f" samples. {100 * (1 - open_ / len(groups)):.1f}% of the prompts were decided with 90% before judges ran out."
    )


RUBRIC = """\
name: Answers
scale: 1-10
criteria:
  - {id: good, ask: Is the answer good and right}
"""
FURTHER = ("--escalate-to", 1, "--escalate-to", 2, "--escalate-to", 3, "--group", "Prompt")
COMMANDS = {
    "jury": ("--judge", 1, "--judge", 2, "--judge", 3),
    "margin": (*FURTHER, "--if-margin-below", MARGIN, "--samples", 2),
    "90% sure": (*FURTHER, "--confidence", 0.9, "--samples", 2, "--escalate-samples", 2),
}


def through_command(prompts):
    """The same by `score`: a row for each answer, the recorded scores behind a local server, call by call."""

    def script(model, row, call):
        share = prompts[row // 4][JUDGES.index(model)][row % 4][call]
        return None if share is None else round(LOW + share * (HIGH - LOW))

    rows = [[f"prompt {n // 4}", f"This is row-{n}. It is an answer."] for n in range(4 * len(prompts))]
    for name, options in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder, PanelServer(script) as server:
            table = write_table(Path(folder) / "t.csv", rows, ["Prompt", "Answer"])
            out, begun = Path(folder) / "out.csv", time.perf_counter()
            judges = [
                server.judge(JUDGES[part]) if before in ("--judge", "--escalate-to") else part
                for before, part in zip(("", *options), options, strict=False)
            ]
            ran = inside(
                "score", table, "--rubric", write_rubric(Path(folder), RUBRIC), "--read", "Answer", "--quiet",
                "--judge", server.judge(JUDGES[0]), *judges, "--out", out, "--journal", Path(folder) / "journal",
            )  # fmt: skip
            scores = [float(row["Score"]) if row["Score"] else None for row in read_csv(out)]
            calls, seconds = len(server.requests), time.perf_counter() - begun
        best = [best_of(scores[n : n + 4]) for n in range(0, len(scores), 4)]
        strict = np.mean([100.0 * (b == [0]) for b in best])
        credit = np.mean([100.0 / len(b) if 0 in b else 0.0 for b in best])
        print(
            f"{name:<10} exit code {ran.code}; {calls / len(rows):.2f} calls a response; tie-credit {credit:.2f},"
            f" strict {strict:.2f}; {seconds:.0f} s"
        )
        print("\n".join(f"    {line}" for line in ran.err.splitlines() if "further" in line or "agreement" in line))


if __name__ == "__main__":
    main()
