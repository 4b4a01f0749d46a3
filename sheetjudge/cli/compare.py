"""`sheetjudge compare`."""

from __future__ import annotations

from typing import Any

import click

from sheetjudge.cli.options import judge_options, output_options, rubric_option, table_options


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
    from sheetjudge.cli import compare_texts
    from sheetjudge.cli.running import carry_out_verb

    carry_out_verb(
        ctx,
        "compare",
        given,
        before=compare_texts.before,
        planned=compare_texts.plan_text,
        said=compare_texts.result_text,
    )
