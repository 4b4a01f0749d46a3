"""`sheetjudge label`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from sheetjudge.cli.options import place_options

if TYPE_CHECKING:
    from sheetjudge.ops.label import LabelResult


@click.command()
@place_options
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="How many rows are to have a label in the end.",
)
@click.option(
    "--human",
    multiple=True,
    metavar="COL",
    default=("Human",),
    show_default=True,
    help="Header of a column for the labels (repeatable: 'Ana · question').",
)
@click.option("--score", metavar="COL", help="Score column, where TABLE holds several.")
@click.option("--scale", help="What people may answer, offered in the cells: 1-5, yes/no, 'weak, fair, strong'.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw: the same one draws the same rows.")
@click.option("--out", metavar="FILE", help="For a file: where its rows go with the new columns; - for CSV.")
@click.option("--json", "as_json", is_flag=True, help="The choice as JSON on standard output.")
@click.pass_context
def label(ctx: click.Context, /, as_json: bool, **given: Any) -> None:  # noqa: FBT001
    """Choose rows of TABLE for people to label, so that few labels tell how far to trust the judge.

    TABLE was scored before. Rows are drawn at random from all heights of the score; "To label" holds the order, and
    the column for the labels is made beside it. Label without looking at the judge's score; then run agree.
    """
    from sheetjudge.cli.say import say, say_json
    from sheetjudge.ops.label import LabelOptions
    from sheetjudge.ops.label import label as run_label

    if as_json and given["out"] == "-":
        raise click.UsageError("Both the table and --json are to go to standard output. Name a file.", ctx)
    result = run_label(LabelOptions(**given), os.environ)
    if as_json:
        say_json(result.as_json())
    else:
        say(_text(result), err=True)
    ctx.exit(result.exit_code)


def _text(result: LabelResult) -> str:
    from sheetjudge.cli.say import counted

    heights = " + ".join(map(str, result.strata))
    lines = [f"{result.table}: {counted(result.scored, 'row')} with a score, {result.labelled:,} labelled already."]
    if not result.rows:
        left = "Every row with a score has one." if result.labelled >= result.scored else "Ask for more with --rows."
        lines.append(f"No more rows need a label for that. {left}")
    else:
        lines += [
            f"{counted(len(result.rows), 'row')} to label, from low to high scores {heights}.",
            f"Sort by To label, and fill {' and '.join(result.human)} from 1 on.",
            "Label without looking at the judge's score. If you stop half-way, what is done is a fair sample too.",
        ]
    lines += [
        "What they will tell, 95 times of 100:",
        f"  a share (rows where judge and person agree, say) within {result.share:.0%} either way",
        f"  a rank correlation of 0.6 within {result.correlation:.2f}",
        "Then:",
        f"  sheetjudge agree TABLE --human {result.human[0]!r}",
    ]
    return "\n".join([*lines, *(f"Note: {note}" for note in result.notes)])
