"""`sheetjudge journal`."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import click

from sheetjudge.errors import ConfigError

_DAY = 86_400.0


@click.group()
def journal() -> None:
    """The answers that were paid for, kept so that none is paid for twice."""


@journal.command()
@click.option("--older-than", type=click.FloatRange(min=0), metavar="DAYS", help="Only what is older.")
@click.option("--all", "everything", is_flag=True, help="Everything.")
@click.option("--journal", "file", metavar="FILE", help="The journal to use in place of the usual one.")
@click.option("--json", "as_json", is_flag=True, help="The counts as JSON.")
def purge(older_than: float | None, everything: bool, file: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Erase answers and the story of past runs, overwriting what they held."""
    from sheetjudge.cli.say import put
    from sheetjudge.engine.journal import Journal
    from sheetjudge.ops.settings import load_settings

    if everything == (older_than is not None):
        raise ConfigError("What is to be erased?", "Give --older-than DAYS or --all.")
    opened = Journal(Path(file).expanduser() if file else load_settings(os.environ).journal)
    try:
        purged = opened.purge(None if older_than is None else time.time() - older_than * _DAY)
    finally:
        opened.close()
    if as_json:
        put(json.dumps({"answers": purged.answers, "runs": purged.runs}))
    else:
        put(f"Erased {purged.answers:,} answers and {purged.runs:,} runs from {opened.path}.")
