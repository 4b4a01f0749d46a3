"""`sheetjudge sandbox`: a local Google to try things on, with no account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sheetjudge.sandbox.running import Sandbox


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
    help="A table's file (CSV, XLSX, ...) to start with, as a spreadsheet; repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Say it in one line of JSON, for machines.")
def sandbox(*, port: int, credentials: Path, tables: tuple[Path, ...], as_json: bool) -> None:
    """Run a local Google Sheets until Ctrl-C.

    Prints the address of each spreadsheet; give it to the other commands as TABLE, and the credentials file as
    theirs.
    """
    from sheetjudge.cli.say import say, say_json
    from sheetjudge.sandbox import start

    with start(port, credentials) as google:
        try:
            loaded = {table.stem: _loaded(google, table) for table in tables}
            if as_json:
                said = {"base_url": google.base_url, "credentials": str(credentials), "spreadsheets": loaded}
                say_json(said, indent=None)
            else:
                say(f"A local Google is running at {google.base_url}")
                say(f"Credentials: {credentials}")
                for name, url in loaded.items():
                    say(f"{name}: {url}")
                say("Stop it with Ctrl-C.")
            google.wait()
        except KeyboardInterrupt:
            say("Stopped.", err=True)


def _loaded(google: Sandbox, path: Path) -> str:
    """The address of a spreadsheet with a file's rows.

    Raises:
        TableError: the file can't be read, or holds what no Google Sheet can.
    """
    from sheetjudge.errors import TableError
    from sheetjudge.sandbox.problems import ApiError

    rows = _rows(path)
    try:
        return google.load(path.stem, rows)
    except ApiError as error:
        raise TableError(
            f"{path.name} doesn't fit into a Google Sheet: {error.message}", "Shorten it, or score the file as it is."
        ) from error


def _rows(path: Path) -> list[list[str]]:
    from sheetjudge.tables.files import open_table

    table = open_table(path)
    return [[column.header for column in table.columns], *[list(row.cells) for row in table.rows()]]
