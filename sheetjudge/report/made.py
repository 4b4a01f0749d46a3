"""A report that was made: its page, its figures, and its short form in a tab of the spreadsheet."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sheetjudge import __version__
from sheetjudge.core.table import Table
from sheetjudge.core.visible import well_formed
from sheetjudge.report.about_runs import moment
from sheetjudge.report.runs import RunFacts
from sheetjudge.tables.report_tab import ReportContent, ReportTab, write_report_tab
from sheetjudge.tables.sheet_places import read_lease
from sheetjudge.tables.sheet_table import SheetTable

SECTIONS = {
    "judged": "What was judged by what",
    "board": "Leaderboard",
    "wins": "Wins",
    "scores": "Scores",
    "ranking": "Ranking",
    "map": "Criteria at a glance",
    "agreement": "Agreement with people",
    "disagreements": "Disagreements",
    "probes": "Attacks and biases",
    "rows": "Rows and reasons",
    "prompts": "Prompts and reasons",
    "costs": "Costs",
    "repeat": "Versions, and how to repeat it",
}


@dataclass(frozen=True)
class Report:
    """A report.

    Attributes:
        html: the page. table: what it is about. count, unit: so many rows, or prompts, it tells of.
        figures: the same for machines. short: what its tab is to say, where one is wanted. tab: the one that was made.
    """

    html: str
    table: Table
    count: int
    unit: str
    figures: Mapping[str, Any]
    short: ReportContent | None = None
    tab: ReportTab | None = None

    def as_json(self) -> dict[str, Any]:
        """The figures of the page for machines."""
        return {
            "operation": "report",
            "table": self.table.name,
            **self.figures,
            "bytes": len(self.html.encode()),
            "tab": None if self.tab is None else asdict(self.tab),
            "sheetjudge": __version__,
        }


def with_tab(made: Report, *, even_edited: bool) -> Report:
    """The same with its short form in a tab of the spreadsheet, where that is wanted.

    Raises:
        TableError: somebody changed what an earlier report wrote there. AccessError: the spreadsheet can't be changed.
    """
    if made.short is None or not isinstance(made.table, SheetTable):
        return made
    return replace(made, tab=write_report_tab(made.table, made.short, even_edited=even_edited))


def runs_json(runs: Sequence[RunFacts]) -> list[dict[str, Any]]:
    """Runs for machines."""
    return [{"id": run.id, "judges": list(run.judges), "usage": dict(run.usage)} for run in runs]


def role_of(table: Table, index: int) -> str:
    """The header under which a column of results was made, whatever it is called now."""
    roles = table.layout.results.items() if isinstance(table, SheetTable) else ()
    return next((role for role, at in roles if at == index), table.columns[index].name)


def run_under_way(table: Table) -> tuple[str, ...]:
    """What must be said of a table that a run was writing to when it was read."""
    lease = read_lease(table.layout.lease) if isinstance(table, SheetTable) else None
    if lease is None or lease.is_dead(time.time()):
        return ()
    return ("A run was writing to this tab when the report was made: what it had yet to write is missing here.",)


def page_of(title: str, lead: str, tiles: Sequence[Mapping[str, str]], shown: Mapping[str, Any], now: float) -> str:
    """The whole page.

    Args:
        title, lead: its head. tiles: the figures below. shown: what each section shows, in order.
        now: seconds since 1970.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    pages = Environment(
        loader=PackageLoader("sheetjudge.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, _, _ = pages.loader.get_source(pages, "style.css")  # type: ignore[union-attr]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    html = pages.get_template("page.html").render(
        title=title,
        lead=lead,
        tiles=tiles,
        sections=[(name, SECTIONS[name]) for name in shown],
        style=Markup(style),  # noqa: S704 - a file of the package's own
        style_hash=digest,
        version=__version__,
        made=moment(now),
        **shown,
    )
    return well_formed(html)
