"""`sheetjudge report`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from sheetjudge.cli.options import place_options, threshold_options


@click.command()
@place_options
@click.option("--out", metavar="FILE", help="Where the page goes  [default: standard output]")
@click.option(
    "--human",
    multiple=True,
    metavar="COL",
    help="Labels by people (repeatable), named as for agree  [default: columns headed Human, if there are any]",
)
@click.option(
    "--score",
    metavar="COL",
    help="Which results of sheetjudge, where TABLE holds several: their column of scores, or of winners.",
)
@click.option("--rubric", help="What it was judged by, for questions, scales and weights: as for score.")
@click.option("--scale", help="All answers are on this scale: 1-5, yes/no, 'weak, fair, strong'; without a rubric.")
@click.option("--group", metavar="COL", help="Rows with the same value in COL belong together, and are ranked apart.")
@threshold_options
@click.option(
    "--run",
    "run",
    metavar="ID",
    help="The run that judged it: an ID, or a file with what --json printed  [default: by the journal]",
)
@click.option("--probe", multiple=True, metavar="FILE", help="What probe --json printed: attacks, biases (repeatable).")
@click.option(
    "--in-sheet", is_flag=True, help="Write a short form with charts into a tab of the spreadsheet: sheetjudge report."
)
@click.option("--edited", is_flag=True, help="With --in-sheet: also over what a person wrote into that tab's report.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON on standard output.")
def report(out: str | None, as_json: bool, **given: Any) -> None:  # noqa: FBT001
    """Make a page of TABLE, which was judged before: scores or winners, reasons, agreement with people, costs.

    One HTML file to keep, to print or to send. It holds no script and asks the network for nothing. It quotes titles,
    reasons, and the texts of rows on which the judge and people disagree. A second report --in-sheet goes into the same
    tab and changes the same charts.
    """
    from sheetjudge.cli.say import counted, say, say_json
    from sheetjudge.errors import ConfigError, TableError
    from sheetjudge.report.made import with_tab
    from sheetjudge.report.make import report as make_report
    from sheetjudge.report.options import ReportOptions
    from sheetjudge.tables.whole_file import STANDARD_OUTPUT, write_whole

    in_sheet = bool(given["in_sheet"])
    if given["edited"] and not in_sheet:
        raise ConfigError("--edited is about the report's tab.", "Add --in-sheet.")
    if out is None and not as_json and not in_sheet and sys.stdout.isatty():
        raise ConfigError("The report is a page for a browser.", "Say where it goes: --out report.html.")
    if as_json and out == STANDARD_OUTPUT:
        raise ConfigError("Both the page and --json are to go to standard output.", "Name a file: --out report.html.")
    if out is not None and Path(given["table"]).is_file() and Path(out).resolve() == Path(given["table"]).resolve():
        raise TableError(f"{out} is the table itself.", "Name another file with --out.")
    options = ReportOptions(**given)
    made = make_report(options, os.environ, now=time.time())
    if out is not None or not (as_json or in_sheet):
        write_whole(out or STANDARD_OUTPUT, [made.html])
        if not as_json and out not in (None, STANDARD_OUTPUT):
            rows, size = counted(made.count, made.unit), len(made.html.encode()) / 1e6
            say(f"Written: {out}, a report of {rows} in {made.table.name} ({size:.2f} MB).", err=True)
    made = with_tab(made, even_edited=options.edited)
    if as_json:
        say_json(made.as_json())
    elif made.tab is not None:
        done = "Made" if made.tab.is_new else "Nothing to change" if made.tab.is_unchanged else "Written anew"
        charts = counted(made.tab.charts, "chart")
        say(f"{done}: the tab {made.tab.title!r} with {charts}: {made.tab.url}", err=True)
        for note in made.tab.notes:
            say(f"Note: {note}", err=True)
