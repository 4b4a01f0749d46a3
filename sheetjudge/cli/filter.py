"""`sheetjudge filter`."""

from __future__ import annotations

from typing import Any

import click

from sheetjudge.cli.options import judge_options, output_options, table_options

_SHARE = click.FloatRange(0, 1, min_open=True)


@click.command()
@table_options
@click.option("--keep", "rubric", required=True, metavar="WORDS", help="Which rows to keep, in words.")
@click.option("--recall", type=_SHARE, help="Find at least this share of the rows that the strong judge would keep.")
@click.option("--precision", type=_SHARE, help="Of the kept rows, at least this share are so for the strong judge.")
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Chance that the promise holds  [default: 0.95]",
)
@click.option("--escalate-to", metavar="JUDGE", help="The strong judge, asked only about rows that aren't clear.")
@click.option(
    "--proxy",
    type=click.Choice(["judge", "text"]),
    default="judge",
    show_default=True,
    help="What tells the clear rows: --judge, or a classifier of the text that learns from the strong judge.",
)
@click.option(
    "--unsure",
    type=(click.FloatRange(0, 1), click.FloatRange(0, 1)),
    default=(0.3, 0.7),
    show_default=True,
    metavar="LOW HIGH",
    help="Without a promise: scores between these are for review, or for --escalate-to.",
)
@click.option("--only-kept", is_flag=True, help="Leave rows that aren't kept out of --out.")
@judge_options
@output_options
@click.pass_context
def filter(ctx: click.Context, /, **given: Any) -> None:  # noqa: A001 - the command's name
    """Say for each row of TABLE whether to keep it: yes, no or review.

    With --recall or --precision, a cheap judge decides the clear rows and --escalate-to the rest, as few as it takes
    for the promise to hold relative to that strong judge. With --recall alone every kept row was confirmed by it, with
    --precision alone every dropped row was turned down by it; with both, either may be decided unseen.
    """
    from sheetjudge.cli import filter_texts
    from sheetjudge.cli.running import carry_out_verb

    carry_out_verb(
        ctx,
        "filter",
        given,
        before=filter_texts.before,
        planned=filter_texts.plan_text,
        said=filter_texts.result_text,
    )
