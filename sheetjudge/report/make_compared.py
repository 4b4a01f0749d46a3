"""The report of a comparison of contenders: its leaderboard, who won how often, and every prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sheetjudge import __version__
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Column, Table
from sheetjudge.core.visible import made_visible
from sheetjudge.core.words import counted
from sheetjudge.core.yaml_nodes import shorten
from sheetjudge.errors import ConfigError
from sheetjudge.ops.judged_table import winner_columns
from sheetjudge.ops.settings import Settings
from sheetjudge.report.about_compared import about_board, about_comparing, about_prompts, about_wins, won
from sheetjudge.report.about_probes import about_probes
from sheetjudge.report.about_runs import about_costs, about_repeating, moment
from sheetjudge.report.compared import Comparison, judged_by, read_comparison
from sheetjudge.report.made import SECTIONS, Report, page_of, role_of, run_under_way, runs_json
from sheetjudge.report.options import ReportOptions
from sheetjudge.report.probes import read_probe
from sheetjudge.report.runs import RunFacts, named_run, runs_of
from sheetjudge.report.short import ShortReport, about_doing_it_again, about_money, about_tried
from sheetjudge.report.short_compared import about_standings, about_winners
from sheetjudge.tables.report_tab import ReportContent

_LONGEST_NAME = 40


def report_compared(
    table: Table, rubric: Rubric | None, group: Column | None, options: ReportOptions, settings: Settings, now: float
) -> Report:
    """Make the report of a table that `compare` wrote. Nothing is asked and nothing is written.

    Args:
        table: opened. rubric: what contenders were compared by, where a person names it.
        group: the column that tells prompts apart, where a person names it.
        options: what a person said. settings: where runs are kept. now: seconds since 1970.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    if options.human:
        raise ConfigError("--human is about scores, and this table holds winners.", "Leave it out.")
    columns = winner_columns(table, options.score)
    if options.run is not None:
        runs: tuple[RunFacts, ...] = (named_run(options.run, settings),)
    else:
        runs = runs_of(table.name, (), settings, compared=True)
    found = read_comparison(table, columns, runs, group)
    found = replace(found, notes=(*run_under_way(table), *found.notes))
    sections = {
        "judged": about_comparing(found, rubric, runs),
        "board": about_board(runs),
        "wins": about_wins(found),
        "probes": about_probes([read_probe(name) for name in options.probe], runs),
        "prompts": about_prompts(found),
        "costs": about_costs(runs, named=options.run is not None),
        "repeat": about_repeating(options, rubric, runs, __version__),
    }
    shown = {name: content for name, content in sections.items() if content}
    lead = _lead(found)
    short = _short(found, runs, shown, lead, role_of(table, columns.winner), now) if options.in_sheet else None
    html = page_of(found.table, lead, _tiles(found, runs), shown, now)
    return Report(html, table, len(found.prompts), found.unit, _figures(found, runs), short)


def _lead(found: Comparison) -> str:
    prompts = counted(len(found.prompts), found.unit)
    return (
        f"{prompts}, {len(found.decided):,} of them with a winner, among {counted(len(found.contenders), 'contender')}."
    )


def _tiles(found: Comparison, runs: Sequence[RunFacts]) -> list[dict[str, str]]:
    decided = found.decided
    ties = sum(len(prompt.winners) > 1 for prompt in decided)
    unscored, reviewed = found.unscored.total(), found.reviewed.total()
    tiles = []
    if decided:
        name, alone, _, share, reach = won(found)[0]
        held = "" if reach is None else f" [{100 * reach[0]:.0f}, {100 * reach[1]:.0f}]"
        tiles.append({"name": "Won most", "value": _called(name), "note": f"{alone:,} alone; {share:.0%}{held} of all"})
    run = judged_by(runs)
    if run is not None:
        first = run.board["leaderboard"][0]
        rank = first["rank"]
        sure = "" if round(rank["high"]) == 1 else f"; may be {rank['high']:.0f}."
        tiles.append({
            "name": "Strongest", "value": _called(str(first["contender"])),
            "note": f"wins {first['win_rate']['value']:.0%} of its comparisons{sure}",
        })  # fmt: skip
    return [
        *tiles,
        {
            "name": "With a winner",
            "value": f"{len(decided):,}",
            "note": f"of {counted(len(found.prompts), found.unit)}",
        },
        {"name": "Ties", "value": f"{ties:,}", "note": "won by several" if ties else ""},
        {"name": "Without a winner", "value": f"{unscored:,}", "note": "in no share" if unscored else ""},
        {"name": "To be reviewed", "value": f"{reviewed:,}", "note": "by a person" if reviewed else ""},
    ]


def _called(name: str) -> str:
    return shorten(made_visible(name), _LONGEST_NAME)


def _figures(found: Comparison, runs: Sequence[RunFacts]) -> dict[str, Any]:
    run = judged_by(runs)
    return {
        "prompts": len(found.prompts),
        "decided": len(found.decided),
        "unscored": dict(found.unscored.most_common()),
        "review": dict(found.reviewed.most_common()),
        "contenders": {
            name: {"won": alone, "shared": shared, "share": share, "low": reach[0], "high": reach[1]}
            for name, alone, shared, share, interval in won(found)
            for reach in [interval or (None, None)]
        },
        "leaderboard": None if run is None else run.board["leaderboard"],
        "runs": runs_json(runs),
    }


def _short(
    found: Comparison, runs: Sequence[RunFacts], shown: dict[str, Any], lead: str, about: str, now: float
) -> ReportContent:
    page = ShortReport(found.table, f"{lead} Made by sheetjudge {__version__} on {moment(now)}.")
    page.heading(SECTIONS["judged"])
    page.facts(shown["judged"]["facts"])
    page.notes(shown["judged"]["notes"])
    run = judged_by(runs)
    about_standings(page, None if run is None else run.board, shown["board"])
    about_winners(page, found, won(found))
    about_tried(page, shown.get("probes", ()))
    about_money(page, shown["costs"])
    about_doing_it_again(page, shown["repeat"])
    return ReportContent(about, tuple(page.lines), page.charts)
