"""`sheetjudge rank`."""

from __future__ import annotations

from typing import Any

import click

from sheetjudge.cli.options import judge_options, output_options, rubric_option, table_options


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
    from sheetjudge.cli.running import carry_out_verb

    carry_out_verb(
        ctx,
        "rank",
        given,
        before=lambda job: texts.before(job, "Ranking"),
        planned=rank_texts.plan_text,
        said=rank_texts.result_text,
    )
