"""`sheetjudge score`."""

from __future__ import annotations

import os
from typing import Any

import click

from sheetjudge.cli.options import (
    judge_options,
    jury_options,
    output_options,
    rubric_option,
    table_options,
)


@click.command()
@table_options
@rubric_option
@judge_options
@jury_options
@output_options
@click.option("--all", "judge_all", is_flag=True, help="Judge every row of a sheet, not only new and changed ones.")
@click.option("--batch", is_flag=True, help="By the judge's Batch API: half the price, within a day.")
@click.option("--engine", type=click.Choice(["here", "ray"]), default="here", help="This machine, or a Ray cluster.")
@click.option("--ray-address", metavar="ADDRESS", help="Of the cluster; auto for the one this machine belongs to.")
@click.option("--workers", type=click.IntRange(min=1), help="Workers on the cluster  [default: one a machine or GPU]")
@click.option(
    "--block-rows",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Rows that a worker judges and writes as a whole.",
)
@click.pass_context
def score(ctx: click.Context, /, **given: Any) -> None:
    """Score every row of TABLE on every criterion of a rubric.

    TABLE is a Google Sheets URL or ID, a .csv .tsv .xlsx .jsonl or .parquet file, or - for standard input. A sheet is
    written in place; a file's results go to --out, or as CSV to standard output. With --engine ray, TABLE is a file, a
    folder or a store's URL, and --out a folder for Parquet files.
    """
    if given["engine"] == "ray":
        _on_ray(ctx, given)
        return
    from sheetjudge.cli import texts
    from sheetjudge.cli.running import carry_out_verb

    carry_out_verb(ctx, "score", given, before=texts.before, planned=texts.plan_text, said=texts.result_text)


def _on_ray(ctx: click.Context, given: dict[str, Any]) -> None:
    if given["escalate_to"] or given["confidence"] is not None or given["batch"]:
        raise click.UsageError(
            "--escalate-to, --confidence and --batch go with one machine: leave --engine ray out.", ctx
        )
    from sheetjudge.cli import texts
    from sheetjudge.cli.running import Said, carry_out
    from sheetjudge.ops.options import as_options
    from sheetjudge.ops.ray_score import RayOptions, plan_on_ray, ray_job, score_on_ray

    with ray_job(as_options(RayOptions, given), os.environ) as job:
        sample = job.sample
        noted = frozenset(sample.table.notes)

        def planned() -> Said:
            found = plan_on_ray(job)
            return texts.plan_text(found, sample), texts.plan_json(found, sample)

        carry_out(
            ctx,
            sample,
            dry_run=given["dry_run"],
            as_json=given["as_json"],
            quiet=given["quiet"],
            starts=False,
            before=texts.before(sample),
            planned=planned,
            run=lambda show: score_on_ray(job, show),
            said=lambda result: (texts.result_text(result, sample, noted), result.as_json(sample)),
        )
