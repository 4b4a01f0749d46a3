"""A local Google: Sheets v4, Drive v3 and OAuth over HTTP, for the demo and for every test that needs a sheet.

    with sandbox.start() as google:
        url = google.load("Essays", [["Essay"], ["It was a dark night."]])
        client = gspread.Client(None, google.session())

What it answers is what Google answers, as far as it is built; a request that isn't is answered 501 with its name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sheetjudge.sandbox.running import Sandbox


def start(port: int = 0, credentials: Path | None = None, *, seed: int | None = None) -> Sandbox:
    """Start a local Google in a thread.

    Args:
        port: where to listen on 127.0.0.1; 0 picks a free port.
        credentials: where to write the service-account file; None keeps it in memory (`Sandbox.service_account`).
        seed: makes the ids of files, tabs and metadata repeatable.

    Returns:
        The running sandbox, which is also a context manager that stops it.

    Raises:
        ConfigError: `credentials` names an existing file that isn't a sandbox's own, or the port is taken.
    """
    from sheetjudge.sandbox.running import Sandbox

    return Sandbox(port, credentials, seed=seed)
