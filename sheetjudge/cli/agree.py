"""`sheetjudge agree`."""

from __future__ import annotations

import os
from typing import Any

import click

from sheetjudge.cli.options import Number, place_options, threshold_options


@click.command()
@place_options
@click.option(
    "--human",
    multiple=True,
    metavar="COL",
    help="Labels by people (repeatable): a column, a person's name (Ana for Ana · question, ANA: budget, …), or"
    " CRITERION=COL  [default: columns headed Human]",
)
@click.option(
    "--judge-column",
    "judge_column",
    multiple=True,
    metavar="COL",
    help="Verdicts from elsewhere (repeatable: judges side by side), named as --human"
    "  [default: what sheetjudge wrote]",
)
@click.option(
    "--score", metavar="COL", help="Which results of sheetjudge, where TABLE holds several: their score column."
)
@click.option("--rubric", help="Criteria, scales and weights: as for score.")
@click.option(
    "--scale", help="All answers are on this scale: 1-5, yes/no, 'weak, fair, strong'; where there's no rubric."
)
@click.option("--group", metavar="COL", help="Rows with the same value in COL belong together: answers to one prompt.")
@click.option(
    "--read",
    multiple=True,
    metavar="COL",
    help="Text whose length is held against the scores (repeatable)  [default: the columns with most of the text]",
)
@click.option(
    "--epsilon",
    type=Number(min=0, max=1),
    default=0.15,
    show_default=True,
    help="Bonus of the judge in the alternative annotator test: 0.2 where people are experts, 0.1 for a crowd.",
)
@threshold_options
@click.option("--all", "everything", is_flag=True, help="Every measure, every two raters, every matrix.")
@click.option("--json", "as_json", is_flag=True, help="All figures as JSON on standard output.")
@click.pass_context
def agree(ctx: click.Context, /, as_json: bool, everything: bool, **given: Any) -> None:  # noqa: FBT001
    """Say how far the judge of TABLE agrees with people.

    TABLE was scored before and holds people's labels beside that. Every figure has its interval and stands beside what
    chance would give, and beside how far people agree with each other. Nothing is asked and nothing is written.
    """
    from sheetjudge.cli.agree_texts import result_text
    from sheetjudge.cli.say import say, say_json
    from sheetjudge.ops.agree import agree as run_agree
    from sheetjudge.ops.agree_options import AgreeOptions

    result = run_agree(AgreeOptions(**given), os.environ)
    if as_json:
        say_json(result.as_json())
    else:
        say(result_text(result, everything=everything))
    ctx.exit(result.exit_code)
