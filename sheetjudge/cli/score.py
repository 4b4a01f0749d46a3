"""`sheetjudge score`."""

from __future__ import annotations

import os
from typing import Any

import click

from sheetjudge.cli.options import judge_options, output_options, rubric_option, table_options


@click.command()
@table_options
@rubric_option
@judge_options
@output_options
@click.option("--all", "judge_all", is_flag=True, help="Judge every row of a sheet, not only new and changed ones.")
@click.pass_context
def score(ctx: click.Context, /, **given: Any) -> None:
    """Score every row of TABLE on every criterion of a rubric.

    TABLE is a Google Sheets URL or ID, a .csv .tsv .xlsx .jsonl or .parquet file, or - for standard input. A sheet is
    written in place; a file's results go to --out, or as CSV to standard output.
    """
    from sheetjudge.cli import texts
    from sheetjudge.cli.running import Said, carry_out
    from sheetjudge.ops.options import RunOptions, as_options
    from sheetjudge.ops.score import ScoreResult, plan_score
    from sheetjudge.ops.score import score as run_score
    from sheetjudge.ops.set_up import score_job

    job = score_job(as_options(RunOptions, given), os.environ)
    noted = frozenset(job.table.notes)

    def planned() -> Said:
        plan = plan_score(job)
        return texts.plan_text(plan, job), texts.plan_json(plan, job)

    def said(result: ScoreResult) -> Said:
        return texts.result_text(result, job, noted), result.as_json(job)

    carry_out(
        ctx,
        job,
        dry_run=given["dry_run"],
        as_json=given["as_json"],
        quiet=given["quiet"],
        before=texts.before(job),
        planned=planned,
        run=lambda show: run_score(job, show),
        said=said,
    )
