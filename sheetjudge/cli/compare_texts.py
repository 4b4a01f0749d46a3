"""What `compare` says to a person: before and after."""

from __future__ import annotations

import io
from collections.abc import Collection

from sheetjudge.cli import texts
from sheetjudge.cli.progress import duration
from sheetjudge.cli.say import counted
from sheetjudge.engine.plan import Plan
from sheetjudge.ops.compare import CompareJob
from sheetjudge.ops.compare_result import CompareResult, CompareSummary
from sheetjudge.stats.leaderboard import Estimate, Leaderboard

_WIDTH = 110
_MOST_MEETINGS = 15


def before(job: CompareJob) -> str:
    """What is about to happen, and where text goes."""
    contenders = f"Contenders: {', '.join(job.contest.contenders)}."
    first, *rest = texts.before(job, "Comparing").splitlines()
    return "\n".join([first, contenders, *rest])


def plan_text(plan: Plan, job: CompareJob) -> str:
    """A dry run's findings."""
    return texts.plan_text(plan, job, "answer" if job.seats is None else "comparison")


def result_text(result: CompareResult, job: CompareJob, noted: Collection[str] = ()) -> str:
    """The summary on the terminal, without those notes that were `noted` before."""
    summary = result.summary
    counts = [f"{summary.rows[kind]:,} {kind}" for kind in ("ok", "review", "skipped", "error") if summary.rows[kind]]
    rows = counted(summary.rows.total(), "row")
    lines = [f"{rows} in {duration(result.seconds)}: {', '.join(counts) or 'none'}."]
    if summary.decided:
        lines += _board(summary.board, summary)
    if summary.orders is not None:
        orders = summary.orders
        kappa = "" if orders.kappa is None else f" (beyond chance {orders.kappa:z.2f})"
        lines.append(
            f"Shown in both orders, {counted(orders.pairs, 'pair')}: the same outcome in {orders.same:.0%}{kappa},"
            f" another winner in {orders.contradictions:.0%}, which count as ties. Preference for whichever stands"
            f" first: {orders.first:.0%} [{orders.first_low:.0%}, {orders.first_high:.0%}]; 50% is none."
        )
    lines += _without_judges(summary)
    lines += texts.addressed_lines(summary.addressed)
    if summary.unscored:
        lines.append("Without a verdict, and in no count above:")
        lines += [f"  {count:>6,}  {reason}" for reason, count in summary.unscored.most_common(8)]
    lines.append(texts.spent_text(result.tally))
    lines += [f"Note: {note}" for note in result.notes if note not in noted]
    if job.target is not None and job.target.name != texts.STANDARD_OUTPUT:
        lines.append(f"The results are in {job.target.name}.")
    if result.stopped:
        lines.append(f"Stopped: {result.stopped}")
    return "\n".join(lines)


def _without_judges(summary: CompareSummary) -> list[str]:
    lines = []
    if summary.identical:
        lines.append(f"{counted(summary.identical, 'pair')} of identical answers: ties, without a call.")
    if summary.by_checks:
        lines.append(f"{counted(summary.by_checks, 'pair')} decided by the rubric's checks, without a call.")
    if missing := [f"{name} {count:,}" for name, count in summary.missing.items() if count]:
        lines.append(f"Prompts without an answer, left out: {', '.join(missing)}.")
    return lines


def _board(board: Leaderboard, summary: CompareSummary) -> list[str]:
    level = f"{board.level:.0%}"
    headings = [
        "Rank",
        "Contender",
        f"Win rate [{level}]",
        "At equal length",
        f"Strength [{level}]",
        "Won / tied / lost",
    ]
    rows = [
        [
            _rank(s.rank),
            s.contender,
            _share(s.win_rate),
            "" if s.level_win_rate is None else _share(s.level_win_rate),
            f"{s.strength.value:+.2f} [{s.strength.low:+.2f}, {s.strength.high:+.2f}]",
            f"{s.wins:,} / {s.ties:,} / {s.losses:,}",
        ]
        for s in board.standings
    ]
    if all(not row[3] for row in rows):
        headings.pop(3)
        for row in rows:
            row.pop(3)
    lines = [_drawn(headings, rows)]
    if len(board.groups) > 1:
        groups = "; ".join(", ".join(group) for group in board.groups)
        lines.append(f"These never met, so that each group has ranks and strengths of its own: {groups}.")
    if len(board.standings) > 2:  # noqa: PLR2004 - two are a table of one line
        lines += _meetings(board)
    if board.longer is not None and board.length_step is not None:
        lines.append(
            f"Of two contenders of the same strength, the one whose answer is longer by"
            f" {counted(round(board.length_step), 'character')} wins {_share(board.longer)}."
        )
    if summary.criteria:
        lines.append("Win rate by criterion:")
    for name, shares in summary.criteria.items():
        best = sorted(shares.items(), key=lambda pair: -pair[1])
        lines.append(f"  {name}: {', '.join(f'{contender} {share:.0%}' for contender, share in best)}")
    return lines


def _meetings(board: Leaderboard) -> list[str]:
    meetings = [
        [m.first, m.second, f"{m.preference:.0%}", f"{m.wins:,} / {m.ties:,} / {m.losses:,}"] for m in board.meetings
    ]
    shown = _drawn(["Contender", "Against", "Win rate", "Won / tied / lost"], meetings[:_MOST_MEETINGS])
    left_out = len(meetings) - _MOST_MEETINGS
    return [shown, *([f"{counted(left_out, 'more meeting')} in --json."] if left_out > 0 else [])]


def _rank(rank: Estimate) -> str:
    low, high = round(rank.low), round(rank.high)
    return f"{rank.value:.0f}" if low == high else f"{rank.value:.0f} [{low}-{high}]"


def _share(share: Estimate) -> str:
    return f"{share.value:.1%} [{share.low * 100:.0f}-{share.high * 100:.0f}]"


def _drawn(headings: list[str], rows: list[list[str]]) -> str:
    """A table in plain characters; no cell is taken for markup."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    out = io.StringIO()
    Console(file=out, width=_WIDTH, color_system=None, legacy_windows=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())
