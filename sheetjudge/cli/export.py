"""`sheetjudge export`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from sheetjudge.cli.options import Number, place_options

if TYPE_CHECKING:
    from sheetjudge.ops.export_options import ExportResult


@click.command()
@place_options
@click.option("--prompt", required=True, metavar="COL", help="Column with what was asked.")
@click.option("--answer", metavar="COL", help="Column with what was answered.")
@click.option(
    "--contender",
    "contenders",
    multiple=True,
    metavar="COL",
    help="In a table that was compared, in place of --answer: a contender's column (repeatable).",
)
@click.option(
    "--by", metavar="COL", help="In a table that was compared, a row for each --answer: the column that says whose."
)
@click.option("--group", metavar="COL", help="Column that is the same for answers to one prompt  [default: the prompt]")
@click.option("--score", metavar="COL", help="Column with the scores  [default: the one that sheetjudge wrote]")
@click.option("--preferences", metavar="FILE", help="Write chosen and rejected answers there, as JSON Lines for DPO.")
@click.option("--advantages", metavar="FILE", help="Write each answer's advantage in its group there, as for GRPO.")
@click.option(
    "--min-margin", type=Number(min=0), default=0.0, metavar="X", help="Difference in score that a pair needs at least."
)
@click.option(
    "--pairs", type=click.IntRange(min=1), metavar="N", help="The most pairs of one prompt, those with larger margins."
)
@click.option("--chat", is_flag=True, help="Prompts and answers as lists of messages.")
@click.option("--no-review", is_flag=True, help="Leave out rows whose Status asks for a review.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON on standard output.")
@click.pass_context
def export(ctx: click.Context, /, as_json: bool, **given: Any) -> None:  # noqa: FBT001
    """Turn the judged answers of TABLE into data to train a model on.

    TABLE was judged before: several answers to each prompt, a row each; or compared, a column for each contender
    (--contender) or a row for each answer (--by).
    Rows without a score, or a winner, are left out and counted.
    """
    from sheetjudge.cli.say import say, say_json
    from sheetjudge.ops.export import export as run_export
    from sheetjudge.ops.export_options import ExportOptions

    if as_json and "-" in (given["preferences"], given["advantages"]):
        raise click.UsageError("Both the data and --json are to go to standard output. Name a file.", ctx)
    result = run_export(ExportOptions(**given), os.environ)
    if as_json:
        say_json(result.as_json())
    else:
        say(_text(result), err=True)
    ctx.exit(result.exit_code)


def _text(result: ExportResult) -> str:
    from sheetjudge.cli.say import counted

    answers, prompts = counted(result.answers, "answer"), counted(result.groups, "prompt")
    what, how = (prompts, "compared") if result.is_compared else (f"{answers} to {prompts}", "scored")
    lines = [f"{what} in {result.table}, {how} in {result.column!r}."]
    if result.left_out:
        lines.append("Left out:")
        lines += [f"  {count:>6,}  {reason}" for reason, count in result.left_out.most_common()]
    if result.pairs is not None:
        none = f"; {counted(result.unpaired, 'prompt')} made none" if result.unpaired else ""
        lines.append(f"{counted(result.pairs, 'pair')} of a chosen and a rejected answer{none}.")
    if result.flat:
        lines.append(
            f"{counted(result.flat, 'prompt has', 'prompts have')} no variance: one answer, or all with the same score."
        )
    return "\n".join([*lines, *(f"Written: {place}." for place in result.files if place != "-")])
