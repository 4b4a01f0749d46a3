"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Number(click.FloatRange):
    """A number; "nan" and "inf" are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number. Fails on what is none."""
        number = super().convert(value, param, ctx)
        if number - number != 0:
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def _all(*decorators: Callable[[Any], Any]) -> Callable[[F], F]:
    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


rubric_option = click.option(
    "--rubric", required=True, help="A YAML file, a shipped name, tab:NAME, or the words of one criterion."
)

place_options = _all(
    click.argument("table", metavar="TABLE"),
    click.option("--tab", help="Tab of the spreadsheet or workbook."),
    click.option(
        "--header-row", type=click.IntRange(min=1), default=1, show_default=True, help="Row that holds the headers."
    ),
    click.option("--encoding", help="Encoding of a text file; found out if not given."),
    click.option(
        "--format",
        "file_format",
        type=click.Choice(["csv", "tsv", "xlsx", "jsonl", "parquet"]),
        help="Format of standard input or of a file with another ending.",
    ),
    click.option("--credentials", metavar="FILE", help="Service-account file for Google Sheets."),
)

table_options = _all(
    click.option(
        "--read", "read", multiple=True, metavar="COL", help="A column that the judge sees (repeatable; default: all)."
    ),
    place_options,
    click.option("--limit", type=click.IntRange(min=1), help="Judge the first so many rows only."),
    click.option("--rows", metavar="2-6,9", help="Judge these rows only, by their numbers; leave the others alone."),
)

judge_options = _all(
    click.option(
        "--judge", "judges", multiple=True, help="embedded, openai:MODEL, …, http://HOST/v1#MODEL (repeatable: a jury)."
    ),
    click.option(
        "--judge-option",
        "judge_option",
        multiple=True,
        metavar="KEY=VALUE",
        help="Passed on to the judge (repeatable).",
    ),
    click.option(
        "--samples",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Replies for each question; the mean counts.",
    ),
    click.option("--per-criterion", is_flag=True, help="One call for each criterion instead of one for the row."),
    click.option(
        "--method", type=click.Choice(["chat", "likelihood"]), help="How the judge is asked (default: by its kind)."
    ),
    click.option("--no-logprobs", is_flag=True, help="Take scores as stated, without token probabilities."),
    click.option(
        "--keep-reasoning", is_flag=True, help="Keep a reasoning model's thoughts, in a column and in the journal."
    ),
    click.option(
        "--max-tokens",
        type=click.IntRange(min=16),
        default=4096,
        show_default=True,
        help="The most tokens of one reply.",
    ),
    click.option(
        "--concurrency",
        type=click.IntRange(min=1, max=4096),
        help="Calls in flight at the most  [default: 32; a model that vLLM runs here as many as keep it busy]",
    ),
    click.option("--rpm", type=Number(min=0, min_open=True), help="Requests a minute at the most."),
    click.option("--tpm", type=Number(min=0, min_open=True), help="Tokens a minute at the most."),
    click.option("--timeout", type=Number(min=0, min_open=True), help="Seconds that one call may take  [default: 120]"),
    click.option(
        "--tries",
        type=click.IntRange(min=1, max=50),
        default=6,
        show_default=True,
        help="Calls for one question at the most.",
    ),
    click.option("--budget", type=Number(min=0), metavar="USD", help="Stop before more dollars are spent."),
    click.option("--budget-tokens", type=click.IntRange(min=0), help="Stop before more tokens are used."),
    click.option("--budget-calls", type=click.IntRange(min=0), help="Stop before more calls are made."),
    click.option(
        "--price", metavar="IN,OUT", help="Dollars per million tokens of prompt and reply, where unknown or changed."
    ),
)

jury_options = _all(
    click.option(
        "--disagreement",
        type=Number(min=0, max=1),
        default=0.25,
        show_default=True,
        metavar="X",
        help="Share of the scale by which judges may differ before a row is to be reviewed.",
    ),
    click.option(
        "--escalate-to",
        "escalate_to",
        multiple=True,
        metavar="JUDGE",
        help="A stronger judge, asked about close rows only (repeatable).",
    ),
    click.option(
        "--if-margin-below",
        type=Number(min=0, min_open=True),
        metavar="M",
        help="Close is less than this far from the border, in units of the score.",
    ),
    click.option(
        "--confidence",
        type=Number(min=0.5, max=1, min_open=True, max_open=True),
        metavar="C",
        help="In place of a margin: ask on, one answer at a time, until this certain (0.9, say).",
    ),
    click.option("--group", metavar="COL", help="The border lies behind the best row with the same value in COL."),
    click.option(
        "--best",
        type=click.IntRange(min=1),
        metavar="K",
        help="The border lies behind the best K rows, of each group where there are groups.",
    ),
    click.option("--threshold", type=float, metavar="SCORE", help="The border is this score."),
    click.option(
        "--escalate-samples",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Replies of each judge of --escalate-to; with --confidence at the most, as --samples are then.",
    ),
)

threshold_options = _all(
    click.option(
        "--recall",
        type=Number(min=0, max=1, min_open=True),
        metavar="R",
        help="Say from which score on to keep rows, so that this share of the rows that people want is kept.",
    ),
    click.option(
        "--precision",
        type=Number(min=0, max=1, min_open=True),
        metavar="P",
        help="The same, so that people want this share of the kept rows; with --recall too, people look at some.",
    ),
    click.option(
        "--confidence",
        type=Number(min=0, max=1, min_open=True, max_open=True),
        metavar="C",
        help="Chance that --recall and --precision hold for the rows of TABLE  [default: 0.95]",
    ),
    click.option(
        "--keep-from", metavar="MARK", help="The least label of a row that people want: 4, say; where it isn't yes/no."
    ),
)

output_options = _all(
    click.option("--out", metavar="FILE", help="Where a table with the results goes (format by its ending)."),
    click.option("--journal", metavar="FILE", help="The journal to use in place of the usual one."),
    click.option("--dry-run", is_flag=True, help="Say what would be done, and what it would cost. Asks nobody."),
    click.option("--json", "as_json", is_flag=True, help="The summary as JSON on standard output."),
    click.option("--quiet", is_flag=True, help="No progress."),
    click.option("-v", "--verbose", is_flag=True, help="What an engine says of its start, too."),
)
