"""`sheetjudge demo`."""

from __future__ import annotations

import asyncio
import csv
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import click

_READ = ("Title", "Proposal")
_RUBRIC = "research-proposal"
_WIDTHS = (46, 230, 150, 74, 300)


@click.command()
@click.option("--judge", default="embedded", show_default=True, help="Another judge to see it with.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on standard output.")
@click.option(
    "--page/--no-page", default=None, help="Then show the sheet in the browser, the sidebar beside it  [at a terminal]"
)
@click.option("--browser/--no-browser", default=True, help="Whether to open the page, or only say its address.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to serve the page  [a free one]")
@click.pass_context
def demo(ctx: click.Context, /, judge: str, *, as_json: bool, page: bool | None, browser: bool, port: int) -> None:
    """See the main job done, on this machine alone: no key, no account, no GPU.

    Starts a local stand-in for Google Sheets, puts 24 short research proposals into a spreadsheet, has the judge
    score them against the shipped rubric, writes the results back beside them, reads the sheet again and prints the
    proposals by score, next to the grades that their author gave them beforehand. Then it serves a page where the
    sheet can be edited and judged from the sidebar, as in Google Sheets, until Ctrl-C.
    """
    from sheetjudge.cli.demo_page import dress, is_wanted, show_page
    from sheetjudge.sandbox import start

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sheetjudge-demo-") as folder:
        credentials = Path(folder) / "service-account.json"
        with start(port, credentials) as google:
            url = google.load("Proposals", _table("proposals.csv"), tab="Proposals")
            dress(google.spreadsheet(url), _WIDTHS)
            click.echo(f"A local Google Sheets holds 24 proposals: {url}", err=True)
            result = asyncio.run(_score(url, credentials, Path(folder), judge))
            rows = _read_back(url, credentials, Path(folder))
            grades = {row[0]: float(row[1]) for row in _table("proposals_grades.csv")[1:]}
            _report(rows, grades, result, time.monotonic() - began, as_json=as_json)
            if is_wanted(page):
                show_page(google, url, credentials, Path(folder), judge, opens_browser=browser)
    ctx.exit(result.exit_code)


async def _score(url: str, credentials: Path, home: Path, judge: str) -> Any:
    from sheetjudge.cli import texts
    from sheetjudge.cli.progress import shown_progress
    from sheetjudge.ops.options import RunOptions
    from sheetjudge.ops.score import score
    from sheetjudge.ops.set_up import score_job

    options = RunOptions(url, _RUBRIC, read=_READ, credentials=str(credentials), judges=(judge,))
    job = score_job(options, _environment(home))
    try:
        click.echo(texts.before(job), err=True)
        with shown_progress(quiet=False) as show:
            result = await score(job, show)
        click.echo(texts.result_text(result, job), err=True)
    finally:
        await job.bench.aclose()
    return result


def _environment(home: Path) -> Mapping[str, str]:
    """The person's own, but for a home that goes with the demo: it runs afresh each time."""
    import os

    return {**os.environ, "SHEETJUDGE_HOME": str(home)}


def _table(name: str) -> list[list[str]]:
    package = resources.files("sheetjudge")
    inside = package / "demo" / name
    file = inside if inside.is_file() else Path(str(package)).parent / "examples" / name
    return list(csv.reader(file.read_text("utf-8").splitlines(keepends=True)))


def _read_back(url: str, credentials: Path, home: Path) -> list[dict[str, str]]:
    from sheetjudge.tables.open import TableOptions, open_any

    table = open_any(url, TableOptions(credentials=str(credentials), home=home))
    names = [column.name for column in table.columns]
    return [dict(zip(names, row.cells, strict=True)) for row in table.rows()]


def _report(
    rows: Sequence[Mapping[str, str]], grades: Mapping[str, float], result: Any, seconds: float, *, as_json: bool
) -> None:
    scored = sorted((r for r in rows if r["Score"]), key=lambda r: -float(r["Score"]))
    rest = [r for r in rows if not r["Score"]]
    rho = rank_correlation([float(r["Score"]) for r in scored], [grades[r["ID"]] for r in scored])
    if as_json:
        import json

        ranked = [{"id": r["ID"], "score": float(r["Score"]), "grade": grades[r["ID"]]} for r in scored]
        usage = {"rows": len(rows), "scored": len(scored), "spearman": rho, "seconds": round(seconds, 1)}
        click.echo(json.dumps({"ranked": ranked, **usage, "exit_code": result.exit_code}, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Rank", "Score", "Grade", "Title", "Status", box=None, header_style="bold")
    for rank, row in enumerate(scored, 1):
        table.add_row(str(rank), f"{float(row['Score']):.3f}", f"{grades[row['ID']]:g}", row["Title"], row["Status"])
    for row in rest:
        table.add_row("", "", f"{grades[row['ID']]:g}", row["Title"], row["Status"])
    console = Console()
    console.print("The sheet, read back and sorted by score; Grade is their author's, given before any judge saw them:")
    console.print(table)
    console.print(f"Rank correlation of Score and Grade (Spearman's rho, {len(scored)} rows): {rho:.2f}")
    console.print(f"{seconds:.0f} s in all.")


def rank_correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Spearman's rho: the correlation of ranks, ties sharing their mean rank (Spearman, 1904)."""
    import pandas as pd

    return float(pd.Series(xs).rank().corr(pd.Series(ys).rank()))
