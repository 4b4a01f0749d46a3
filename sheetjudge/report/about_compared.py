"""Contenders: the leaderboard, who won how often, and every prompt; what the page shows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.visible import cut_middle, made_visible
from sheetjudge.core.words import counted
from sheetjudge.core.yaml_nodes import shorten
from sheetjudge.report.about_runs import about_judges, moment
from sheetjudge.report.about_scores import MOST_BYTES, MOST_ROWS, asked_table, longest_of, most_common, weight
from sheetjudge.report.charts import intervals, win_bars
from sheetjudge.report.compared import Comparison, Contested, judged_by
from sheetjudge.report.judgements import Line, Place
from sheetjudge.report.runs import RunFacts
from sheetjudge.report.spread import share_interval

SHARE_LEVEL = 0.9
"""What the intervals of shares hold, as those of the leaderboard."""

_MOST_MEETINGS = 40


def about_comparing(found: Comparison, rubric: Rubric | None, runs: Sequence[RunFacts]) -> dict[str, Any]:
    """Who was compared by what."""
    facts = [("Table", found.table), ("Winners in", found.column), ("Contenders", ", ".join(found.contenders))]
    facts += about_judges(rubric, runs)
    return {
        "facts": [(name, made_visible(told)) for name, told in facts],
        "notes": list(found.notes),
        "criteria": [] if rubric is None else asked_table(rubric),
        "captions": (
            "What answers were compared by.",
            f"{found.unit.capitalize()}s without a winner, and why. They are in no share.",
            f"{found.unit.capitalize()}s with a winner that a person should look at.",
        ),
        "unscored": most_common(found.unscored),
        "reviewed": most_common(found.reviewed),
    }


def about_board(runs: Sequence[RunFacts]) -> dict[str, Any]:
    """The leaderboard, as the newest run that has one left it."""
    run = judged_by(runs)
    if run is None:
        return {
            "absent": "Strengths aren't known, since a table tells only who won each prompt, and this machine's journal"
            " has no run that wrote this one. Name the run with --run, by a file with what compare --json printed."
        }
    board = run.board
    lines = standings(board)
    ends = [end for line in lines if line.place is not None for end in (line.place.low, line.place.high)]
    known = [end for end in ends if end is not None]
    when = f" of {moment(run.started)}" if run.started is not None else ""
    return {
        "absent": "",
        "told": f"Over {counted(int(board['prompts']), 'prompt')}, as the run{when} left it. Brackets hold"
        f" {float(board['level']):.0%}.",
        "chart": intervals(lines, (min(known), max(known))),
        "caption": "Strength by Bradley and Terry (dot) with its interval, in log-odds: 0 is the mean of the"
        " contenders, and whoever has 1 more than another wins 73% against it.",
        "has_level": any(one.get("level_win_rate") for one in board["leaderboard"]),
        "lines": [_standing(one) for one in board["leaderboard"]],
        "meetings": [_meeting(one) for one in board.get("meetings", ())[:_MOST_MEETINGS]],
        "criteria": _criteria(board),
        "notes": list(_sentences(board)),
    }  # fmt: skip


def standings(board: Mapping[str, Any]) -> list[Line]:
    """The contenders as lines of a picture, the strongest first."""
    return [
        Line(0, str(one["contender"]), "", None, "", "", (), (), "", Place(
            round(float(one["rank"]["value"])), one["rank"]["low"], one["rank"]["high"], None,
            float(one["strength"]["value"]), float(one["strength"]["low"]), float(one["strength"]["high"]), None,
        ))
        for one in board["leaderboard"]
    ]  # fmt: skip


def _standing(one: Mapping[str, Any]) -> dict[str, str]:
    rank, strength = one["rank"], one["strength"]
    low, high = round(rank["low"]), round(rank["high"])
    return {
        "rank": f"{rank['value']:.0f}" + ("" if low == high else f" [{low}-{high}]"),
        "name": str(one["contender"]),
        "rate": _share(one["win_rate"]),
        "level": "" if not one.get("level_win_rate") else _share(one["level_win_rate"]),
        "strength": f"{strength['value']:+.2f} [{strength['low']:+.2f}, {strength['high']:+.2f}]",
        "record": f"{one['wins']:,} / {one['ties']:,} / {one['losses']:,}",
    }


def _share(told: Mapping[str, Any]) -> str:
    return f"{told['value']:.0%} [{100 * told['low']:.0f}, {100 * told['high']:.0f}]"


def _meeting(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        "first": str(one["first"]),
        "second": str(one["second"]),
        "rate": f"{one['preference']:.0%}",
        "record": f"{one['wins']:,} / {one['ties']:,} / {one['losses']:,}",
    }


def _criteria(board: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """For each criterion the win rate of each contender, in the order of the leaderboard."""
    names = [str(one["contender"]) for one in board["leaderboard"]]
    return [
        (str(criterion), [f"{shares[name]:.0%}" if name in shares else "" for name in names])
        for criterion, shares in dict(board.get("criteria") or {}).items()
    ]


def _sentences(board: Mapping[str, Any]) -> list[str]:
    """What must be known beside the leaderboard: groups that never met, both orders, length."""
    told = []
    groups = board.get("groups") or ()
    if len(groups) > 1:
        named = "; ".join(", ".join(map(str, group)) for group in groups)
        told.append(f"These never met, so that each group has strengths and ranks of its own: {named}.")
    if orders := board.get("orders"):
        told.append(
            f"Shown in both orders, {counted(int(orders['pairs']), 'pair')}: the same outcome in {orders['same']:.0%},"
            f" another winner in {orders['contradictions']:.0%}, which count as ties. Preference for whichever stands"
            f" first: {orders['first']:.0%} [{orders['first_low']:.0%}, {orders['first_high']:.0%}]; 50% is none."
        )
    if length := board.get("length"):
        told.append(
            f"Of two contenders of the same strength, the one whose answer is longer by"
            f" {counted(round(length['step']), 'character')} wins {_share(length['longer'])}."
        )
    return told


def won(found: Comparison) -> list[tuple[str, int, int, float, tuple[float, float] | None]]:
    """Each contender: prompts won alone and with others, its share of all, and the share's interval; the best first."""
    lines = []
    for name in found.contenders:
        shares = found.shares(name)
        mean = float(shares.mean()) if shares.size else 0.0
        lines.append((name, *found.wins(name), mean, share_interval(shares, SHARE_LEVEL)))
    return sorted(lines, key=lambda line: -line[3])


def about_wins(found: Comparison) -> dict[str, Any]:
    """Who won how many prompts, as the table has it now."""
    lines = won(found)
    decided = found.decided
    ties = sum(len(prompt.winners) > 1 for prompt in decided)
    return {
        "chart": win_bars([(name, alone, shared) for name, alone, shared, _, _ in lines]) if decided else None,
        "caption": f"{counted(len(decided), found.unit).capitalize()} with a winner, {ties:,} of them won by several"
        " (light). Brackets hold 90%: were the prompts drawn at random from many like them.",
        "lines": [
            (name, f"{alone:,}", f"{shared:,}", f"{mean:.0%}" + _reach(reach))
            for name, alone, shared, mean, reach in lines
        ],
    }  # fmt: skip


def _reach(reach: tuple[float, float] | None) -> str:
    return "" if reach is None else f" [{100 * reach[0]:.0f}, {100 * reach[1]:.0f}]"


def about_prompts(found: Comparison) -> dict[str, Any]:
    """Every prompt to read, in the table's order."""
    prompts = found.prompts[:MOST_ROWS]
    longest = longest_of([weight(prompt.why) for prompt in prompts], MOST_BYTES)
    some = f" The first {len(prompts):,} of {len(found.prompts):,}." if len(prompts) < len(found.prompts) else ""
    return {
        "told": f"In the order of the table.{some}",
        "lines": [_prompt(prompt, longest) for prompt in prompts],
        "has_status": any(prompt.status not in ("", "ok") for prompt in prompts),
    }


def _prompt(prompt: Contested, longest: int) -> dict[str, Any]:
    why = made_visible(prompt.why)
    if (heavy := weight(why)) > longest:
        why, _ = cut_middle(why, max(int(len(why) * longest / heavy), 40))
    status = ": ".join(filter(None, (prompt.status, shorten(made_visible(prompt.note), 160))))
    return {
        "number": prompt.number,
        "title": prompt.title or f"row {prompt.number}",
        "winners": made_visible(", ".join(prompt.winners)),
        "is_tie": len(prompt.winners) > 1,
        "margin": "" if prompt.margin is None else f"{prompt.margin:.2f}",
        "why": why,
        "status": "" if status == "ok" else status,
    }
