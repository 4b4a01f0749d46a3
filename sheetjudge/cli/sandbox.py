"""`sheetjudge sandbox`: a local Google to try things on, with no account."""

from __future__ import annotations

import csv
from pathlib import Path

import click

from sheetjudge.errors import TableError


@click.command("sandbox", short_help="Run a local Google Sheets to try things on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Where to listen.")
@click.option(
    "--credentials",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("sandbox-credentials.json"),
    show_default=True,
    help="Where to write the service-account file that leads to it.",
)
@click.option(
    "--load",
    "tables",
    metavar="TABLE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file to start with, as a spreadsheet; repeatable.",
)
def sandbox(port: int, credentials: Path, tables: tuple[Path, ...]) -> None:
    """Run a local Google Sheets until Ctrl-C.

    Prints the address of each spreadsheet; give it to the other commands as TABLE, and the credentials file as
    theirs.
    """
    from sheetjudge.sandbox import start

    with start(port, credentials) as google:
        click.echo(f"A local Google is running at {google.base_url}")
        click.echo(f"Credentials: {credentials}")
        for table in tables:
            click.echo(f"{table.stem}: {google.load(table.stem, _rows(table))}")
        click.echo("Stop it with Ctrl-C.")
        try:
            google.wait()
        except KeyboardInterrupt:
            click.echo("Stopped.")


def _rows(path: Path) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise TableError(f"{path} can't be read as CSV: {problem}.", "Save it as CSV in UTF-8.") from None
