"""`sheetjudge rank`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from sheetjudge.cli.options import judge_options, output_options, rubric_option, table_options

if TYPE_CHECKING:
    from sheetjudge.ops.rank_result import RankResult


@click.command()
@table_options
@rubric_option
@click.option("--group", metavar="COL", help="Rank the rows of each group by itself: answers to one prompt, say.")
@click.option("--top", type=click.IntRange(min=1), metavar="K", help="Find the best K instead of the whole order.")
@click.option(
    "--comparisons", type=click.IntRange(min=0), metavar="N", help="Comparisons at the most  [default: 5 a row]"
)
@click.option(
    "--certainty",
    type=click.FloatRange(0.5, 1),
    metavar="P",
    help="Stop at this certainty: of the share of pairs in the right order, or of the best K that belong there"
    "  [default: 0.95]",
)
@click.option("--no-pairs", is_flag=True, help="Rank on scores alone.")
@click.option(
    "--both-orders", is_flag=True, help="Show every pair in both orders, not only those at the border of the best K."
)
@judge_options
@output_options
@click.pass_context
def rank(ctx: click.Context, /, **given: Any) -> None:
    """Rank the rows of TABLE by a rubric.

    Each row is scored by itself first; then the judge compares rows, two at a time, where the scores leave the order
    open. Rank, tier and strength are written beside each row, with intervals that hold the truth nine times of ten;
    rows that can't be told apart share a tier.
    """
    from sheetjudge.cli import rank_texts, texts
    from sheetjudge.cli.running import Said, carry_out, when_free
    from sheetjudge.ops.options import as_options
    from sheetjudge.ops.rank import rank as run_rank
    from sheetjudge.ops.rank_job import RankOptions, rank_job
    from sheetjudge.ops.rank_plan import plan_rank

    job = when_free(lambda: rank_job(as_options(RankOptions, given), os.environ))
    noted = frozenset(job.table.notes)

    def planned() -> Said:
        plan = plan_rank(job)
        return rank_texts.plan_text(plan, job), texts.plan_json(plan, job, "rank")

    def said(result: RankResult) -> Said:
        return rank_texts.result_text(result, job, noted), result.as_json(job)

    carry_out(
        ctx,
        job,
        dry_run=given["dry_run"],
        as_json=given["as_json"],
        quiet=given["quiet"],
        before=texts.before(job, "Ranking"),
        planned=planned,
        run=lambda show: run_rank(job, show),
        said=said,
    )
