"""`sheetjudge score`."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import click

from sheetjudge.cli.options import judge_options, output_options, table_options


@click.command()
@table_options
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
    from sheetjudge.cli.progress import shown_progress
    from sheetjudge.cli.say import say
    from sheetjudge.ops.score import plan_score
    from sheetjudge.ops.score import score as run_score
    from sheetjudge.ops.set_up import as_options, score_job

    job = score_job(as_options(given), os.environ)

    async def go() -> int:
        try:
            if given["dry_run"]:
                plan = plan_score(job)
                _say(
                    texts.plan_text(plan, job), texts.plan_json(plan, job) if given["as_json"] else None, to_stdout=True
                )
                return 0
            say(texts.before(job), err=True)
            noted = frozenset(job.table.notes)
            with shown_progress(quiet=given["quiet"]) as show:
                result = await run_score(job, show)
            said = texts.result_text(result, job, noted)
            _say(said, result.as_json(job) if given["as_json"] else None, to_stdout=False)
            return result.exit_code
        finally:
            await job.bench.aclose()

    try:
        code = asyncio.run(go())
    except asyncio.CancelledError:
        raise click.Abort from None
    ctx.exit(code)


def _say(text: str, data: dict[str, Any] | None, *, to_stdout: bool) -> None:
    from sheetjudge.cli.say import say, say_json

    if data is not None:
        say_json(data)
    else:
        say(text, err=not to_stdout)
