"""A comparison of contenders in short: the lines and charts of its tab in a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sheetjudge.core.table import CellValue
from sheetjudge.report.compared import Comparison
from sheetjudge.report.short import COUNT, FIGURE, LONGEST_REASON, MOST_REASONS, SHARE, ShortReport, short_text
from sheetjudge.tables.chart_specs import ChartSource

_MOST_CONTENDERS = 40


def about_standings(page: ShortReport, board: Mapping[str, Any] | None, told: Mapping[str, Any]) -> None:
    """The leaderboard of contenders, and a chart of their strengths."""
    page.heading("Leaderboard")
    if board is None:
        page.notes([told["absent"]])
        return
    rows: list[tuple[CellValue, ...]] = [
        (
            str(one["contender"]),
            f"won {one['wins']:,}, tied {one['ties']:,}, lost {one['losses']:,}",
            *(round(float(one["strength"][name]), 6) for name in ("value", "low", "high")),
            round(float(one["win_rate"]["value"]), 6),
            round(float(one["rank"]["value"])),
        )
        for one in board["leaderboard"][:_MOST_CONTENDERS]
    ]
    header = ("Contender", "Comparisons", "Strength", "From", "To", "Win rate", "Rank")
    place = page.table(header, rows, {2: FIGURE, 3: FIGURE, 4: FIGURE, 5: SHARE})
    page.notes([told["told"].replace("Brackets", "From and to"), *told["notes"]])
    level = f"{float(board['level']):.0%}"
    page.charts["board"] = ChartSource(
        "points", "Strength of the contenders", f"Small dots are the ends of {level} intervals", *place, 0, (2,),
        (3, 4), up="strength (log-odds)",
        told=short_text("Strengths, the strongest first: " + "; ".join(f"{row[0]} {row[2]}" for row in rows)),
    )  # fmt: skip


def about_winners(
    page: ShortReport, found: Comparison, won: Sequence[tuple[str, int, int, float, tuple[float, float] | None]]
) -> None:
    """Who won how many prompts, those without a winner, and a chart of the shares."""
    page.heading("Wins")
    first = won[:_MOST_CONTENDERS]
    rows = [(name, "", alone, shared, share, *(reach or (None, None))) for name, alone, shared, share, reach in first]
    header = ("Contender", "", "Alone", "Shared", "Share", "From", "To")
    place = page.table(header, rows, {2: COUNT, 3: COUNT, 4: SHARE, 5: SHARE, 6: SHARE})
    note = "As the table has it now. What several won counts for each in equal parts. From and to hold 90%, were the"
    page.notes([f"{note} {found.unit}s drawn at random from many like them."])
    counts: list[tuple[CellValue, ...]] = []
    for name, reasons in (("Without a winner", found.unscored), ("To be reviewed", found.reviewed)):
        counts.append((name, "", reasons.total()))
        counts += [
            ("", short_text(f"· {reason}", LONGEST_REASON), count)
            for reason, count in reasons.most_common(MOST_REASONS)
        ]
    page.table(
        (f"{found.unit}s".capitalize(), "", "Count"), [("With a winner", "", len(found.decided)), *counts], {2: COUNT}
    )
    if found.decided:
        page.charts["wins"] = ChartSource(
            "columns", f"Share of the {found.unit}s won", "Dots are the ends of 90% intervals", *place, 0, (4,), (5, 6),
            0.0, 1.0, up="share",
            told=short_text("Shares: " + "; ".join(f"{name} {share:.0%}" for name, _, _, share, _ in won)),
        )  # fmt: skip
