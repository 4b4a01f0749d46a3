"""A person's own Google log-in, through the browser, kept in the configuration folder."""

from __future__ import annotations

import os
from pathlib import Path

from sheetjudge.errors import AccessError
from sheetjudge.tables.beside import Beside
from sheetjudge.tables.credentials import LOGIN_FILE, SCOPES, check_destination


def log_in(client_file: str, home: Path, *, open_browser: bool = True) -> Path:
    """Ask the person in the browser, and keep the refresh token.

    Args:
        client_file: the JSON file of an OAuth client of type "Desktop app", from the Google Cloud console.
        home: the folder with sheetjudge's configuration; created where it is missing.
        open_browser: False prints the URL only.

    Returns:
        The file that was written, readable by its owner only.

    Raises:
        AccessError: the client file can't be used, or the person or Google said no.
    """
    from google_auth_oauthlib.flow import InstalledAppFlow

    try:
        flow = InstalledAppFlow.from_client_secrets_file(client_file, scopes=list(SCOPES))
    except OSError as error:
        raise AccessError(f"The client file {client_file} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise AccessError(
            f"{client_file} is no OAuth client.", 'Create one of type "Desktop app" in the Google Cloud console.'
        ) from error
    check_destination(str(flow.client_config.get("token_uri", "")), client_file, "")
    try:
        credentials = flow.run_local_server(port=0, open_browser=open_browser)
    except Exception as error:  # oauthlib, requests and wsgiref each raise their own
        raise AccessError(
            f"Google did not log you in: {error}.", "Try again, and allow the access asked for."
        ) from error
    return keep_login(credentials.to_json(), home)


def keep_login(login: str, home: Path) -> Path:
    """Write a log-in (JSON) into `home`, readable by its owner only, in one step.

    Raises:
        AccessError: the folder can't be written.
    """
    path = home / LOGIN_FILE
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with Beside(LOGIN_FILE, home) as beside:
            with os.fdopen(beside.handle, "w", encoding="utf-8") as file:
                file.write(login)
            beside.take(path, private=True)
    except OSError as error:
        raise AccessError(f"{path} can't be written: {error.strerror}.") from error
    return path


def log_out(home: Path) -> bool:
    """Forget the log-in kept in `home`. Returns whether there was one."""
    try:
        (home / LOGIN_FILE).unlink()
    except FileNotFoundError:
        return False
    return True
