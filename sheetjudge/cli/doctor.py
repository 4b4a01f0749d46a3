"""`sheetjudge doctor`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sheetjudge.ops.doctor import Finding

_SIGNS = {"ok": "ok     ", "failed": "FAILED ", "skipped": "skipped"}


@click.command()
@click.option(
    "--probe",
    "sheet",
    metavar="SHEET",
    help="Try out on this spreadsheet, in a hidden tab of its own, whether Google behaves as is relied on.",
)
@click.option("--judge", metavar="JUDGE", help="Ask this judge three short questions, and say what it can do.")
@click.option(
    "--judge-option", "judge_option", multiple=True, metavar="KEY=VALUE", help="Passed on to the judge (repeatable)."
)
@click.option("--credentials", metavar="FILE", help="Service-account file for Google Sheets.")
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON on standard output.")
@click.option("-v", "--verbose", is_flag=True, help="What an engine says of its start, too.")
@click.pass_context
def doctor(
    ctx: click.Context,
    /,
    sheet: str | None,
    judge: str | None,
    judge_option: tuple[str, ...],
    credentials: str | None,
    as_json: bool,  # noqa: FBT001
    verbose: bool,  # noqa: FBT001
) -> None:
    """Say whether everything that a run stands on is as it should be.

    Exit code 1 where something that a run needs is not.
    """
    from sheetjudge.cli.say import say, say_json
    from sheetjudge.ops import doctor as look

    found = []
    for finding in chain(_findings(sheet, credentials), _of_judge(judge, judge_option, quiet=as_json, verbose=verbose)):
        found.append(finding)
        if not as_json:
            say(f"{_SIGNS[finding.state]}  {finding.name}: {finding.says}")
    if as_json:
        say_json(look.as_json(found))
    ctx.exit(look.exit_code(found))


def _findings(sheet: str | None, credentials: str | None) -> Iterator[Finding]:
    """Each check that was asked for, one after the other."""
    from sheetjudge.ops.doctor import check_machine, check_sheet

    yield from check_machine(os.environ)
    if sheet is not None:
        yield from check_sheet(sheet, credentials, os.environ)


def _of_judge(judge: str | None, options: tuple[str, ...], *, quiet: bool, verbose: bool) -> Iterator[Finding]:
    if judge is None:
        return
    from sheetjudge.cli.starting import shown_start
    from sheetjudge.ops.doctor_judge import check_judge
    from sheetjudge.ops.set_up import pairs

    yield from check_judge(judge, pairs(options), os.environ, shown_start(quiet=quiet, verbose=verbose))
