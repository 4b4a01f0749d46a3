"""`sheetjudge clear`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sheetjudge.tables.sheet_clear import Traces


@click.command()
@click.argument("table", metavar="TABLE")
@click.option("--tab", help="Tab of the spreadsheet.")
@click.option(
    "--header-row", type=click.IntRange(min=1), default=1, show_default=True, help="Row that holds the headers."
)
@click.option("--credentials", metavar="FILE", help="Service-account file for Google Sheets.")
@click.option("--edited", is_flag=True, help="Also take away what a person wrote into the columns of results.")
@click.option("--dry-run", is_flag=True, help="Only say what would be taken away.")
@click.option("--json", "as_json", is_flag=True, help="What was taken away as JSON on standard output.")
def clear(
    *, table: str, tab: str | None, header_row: int, credentials: str | None, edited: bool, dry_run: bool, as_json: bool
) -> None:
    """Take everything that sheetjudge made in a sheet away again: columns, formats and hidden notes.

    The answers stay in the journal, so that the same run writes the results again without new calls.
    """
    from sheetjudge.cli.say import say, say_json
    from sheetjudge.ops import clear as verb

    traces = verb.clear(
        table,
        os.environ,
        tab=tab,
        header_row=header_row,
        credentials=credentials,
        even_edited=edited,
        dry_run=dry_run,
    )
    if as_json:
        say_json(verb.as_json(traces, dry_run=dry_run))
    else:
        say(_text(traces, dry_run=dry_run))


def _text(traces: Traces, *, dry_run: bool) -> str:
    from sheetjudge.cli.say import counted

    tabs = " and ".join(map(repr, traces.reports))
    stays = f"\nThe report in {tabs} stays. Delete that tab by hand if you don't want it." if tabs else ""
    if traces.is_empty:
        return f"{traces.name} holds nothing of sheetjudge's.{stays}"
    what = []
    if traces.columns:
        columns = "the column" if len(traces.columns) == 1 else "the columns"
        what.append(f"{columns} {', '.join(traces.columns)} with {counted(traces.results, 'cell')} of results")
    if traces.marked:
        what.append("the hidden column of row marks" if traces.marked == 1 else "the hidden columns of row marks")
    if traces.leftovers:
        what.append("what a run that broke off had left")
    said = f"{'Would be taken' if dry_run else 'Taken'} out of {traces.name}: {' and '.join(what)}."
    if traces.edited:
        lead = "Somebody changed" if not dry_run else "It takes --edited, since somebody changed"
        said += f"\n{lead} {counted(len(traces.edited), 'cell')} of these: {'; '.join(traces.edited[:20])}"
        said += f"; and {len(traces.edited) - 20:,} more." if len(traces.edited) > 20 else "."  # noqa: PLR2004
    return said + stays
