"""`sheetjudge probe`."""

from __future__ import annotations

import os
from typing import Any

import click

from sheetjudge.cli.options import judge_options, place_options, rubric_option


@click.command()
@place_options
@click.option(
    "--read", "read", multiple=True, metavar="COL", help="A column that the judge sees (repeatable; default: all)."
)
@rubric_option
@click.option("--attacks", is_flag=True, help="Try texts that instruct the judge, with the defences and without.")
@click.option("--bias", is_flag=True, help="Try length, style, names of men and women, both orders, and again.")
@click.option("--author", metavar="COL", help="Who wrote each row: say whether the judge favours its own.")
@click.option("--own", multiple=True, metavar="NAME", help="An author that is the judge's own (default: by its name).")
@click.option("--human", multiple=True, metavar="COL", help="What people gave to each row, to hold merit constant.")
@click.option(
    "--rows", "draw", type=click.IntRange(min=1), default=20, show_default=True, help="How many rows are tried."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw: the same one draws the same rows.")
@judge_options
@click.option("--journal", metavar="FILE", help="The journal to use in place of the usual one.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked, and what it would cost. Asks nobody.")
@click.option("--json", "as_json", is_flag=True, help="All figures as JSON on standard output.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("-v", "--verbose", is_flag=True, help="What an engine says of its start, too.")
@click.pass_context
def probe(ctx: click.Context, /, **given: Any) -> None:
    """Say how far the judge of TABLE is moved by what isn't merit.

    Some rows are judged as they are and changed. With --attacks, a fixed set of texts that instruct the judge is put
    in, once as every run asks and once without the defences: that costs as much as scoring those rows 18 times. With
    --bias, rows are made longer without content, laid out as Markdown or plain, put in formal words, names are swapped,
    pairs compared in both orders, and the same rows asked about again: up to 13 times. With --author, what the judge
    gives to its own texts stands beside what it gives to others', less what people gave (--human): once. Nothing is
    written into the table.
    """
    from sheetjudge.cli import probe_texts
    from sheetjudge.cli.running import Said, carry_out, when_free
    from sheetjudge.cli.texts import plan_json
    from sheetjudge.ops.options import as_options
    from sheetjudge.ops.probe import plan_probe
    from sheetjudge.ops.probe import probe as run_probe
    from sheetjudge.ops.probe_job import ProbeOptions, probe_job

    job = when_free(lambda: probe_job(as_options(ProbeOptions, given), os.environ))
    noted = frozenset(job.table.notes)

    def planned() -> Said:
        found = plan_probe(job)
        return probe_texts.plan_text(found, job), plan_json(found, job, "probe")

    carry_out(
        ctx,
        job,
        dry_run=given["dry_run"],
        as_json=given["as_json"],
        quiet=given["quiet"],
        verbose=given["verbose"],
        before=probe_texts.before(job),
        planned=planned,
        run=lambda show: run_probe(job, show),
        said=lambda result: (probe_texts.result_text(result, job, noted), result.as_json(job)),
    )
