"""`sheetjudge compare`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from sheetjudge.cli.options import judge_options, output_options, rubric_option, table_options

if TYPE_CHECKING:
    from sheetjudge.ops.compare_result import CompareResult


@click.command()
@table_options
@rubric_option
@click.option("--contender", "contenders", multiple=True, metavar="COL", help="A contender's answers (twice or more).")
@click.option("--by", metavar="COL", help="Where each row holds one answer: the column that says whose.")
@click.option("--group", metavar="COL", help="And the column that says to which prompt; judges see it.")
@click.option("--no-pairs", is_flag=True, help="Score each answer by itself and compare the scores.")
@click.option("--one-order", is_flag=True, help="Show each pair in one order instead of both: half the calls.")
@judge_options
@output_options
@click.pass_context
def compare(ctx: click.Context, /, **given: Any) -> None:
    """Compare contenders' answers, prompt by prompt, and rank the contenders.

    TABLE has a column for each contender (--contender GPT --contender Ours; --read names what else a judge sees, the
    prompt say, by default every other column), or a row for each answer (--by Model --group Prompt --read Answer). Each
    pair is shown in both orders, without names. The winner of each prompt is written beside its row.
    """
    from sheetjudge.cli import compare_texts, texts
    from sheetjudge.cli.running import Said, carry_out, when_free
    from sheetjudge.ops.compare import compare as run_compare
    from sheetjudge.ops.compare import plan_compare
    from sheetjudge.ops.compare_job import CompareOptions, compare_job
    from sheetjudge.ops.options import as_options

    job = when_free(lambda: compare_job(as_options(CompareOptions, given), os.environ))
    noted = frozenset(job.table.notes)

    def planned() -> Said:
        plan = plan_compare(job)
        unit = "answer" if job.seats is None else "comparison"
        return texts.plan_text(plan, job, unit), texts.plan_json(plan, job, "compare")

    def said(result: CompareResult) -> Said:
        return compare_texts.result_text(result, job, noted), result.as_json(job)

    carry_out(
        ctx,
        job,
        dry_run=given["dry_run"],
        as_json=given["as_json"],
        quiet=given["quiet"],
        before=compare_texts.before(job),
        planned=planned,
        run=lambda show: run_compare(job, show),
        said=said,
    )
