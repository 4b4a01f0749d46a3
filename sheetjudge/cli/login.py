"""`sheetjudge login`."""

from __future__ import annotations

import os

import click


@click.command()
@click.argument("client", metavar="CLIENT_FILE", required=False)
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--forget", is_flag=True, help="Log out: erase the log-in that is kept.")
def login(client: str | None, no_browser: bool, forget: bool) -> None:  # noqa: FBT001 - click's calling convention
    """Log in to Google as yourself, for sheets that are shared with you.

    CLIENT_FILE is the JSON file of an OAuth client of type "Desktop app" from the Google Cloud console. The log-in is
    kept in the configuration folder, readable by you alone.
    """
    from sheetjudge.cli.say import put
    from sheetjudge.errors import ConfigError
    from sheetjudge.ops.settings import load_settings
    from sheetjudge.tables.login import log_in, log_out

    home = load_settings(os.environ).home
    if forget:
        put("The log-in is erased." if log_out(home) else "There was no log-in.")
    elif client is None:
        raise ConfigError("No client file was named.", "Give the JSON file of an OAuth client of type Desktop app.")
    else:
        put(f"Logged in; kept in {log_in(client, home, open_browser=not no_browser)}.")
