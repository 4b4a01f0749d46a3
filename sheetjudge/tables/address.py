"""What the user wrote as TABLE: a Google Sheet, a file, or standard input. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sheetjudge.errors import TableError

_ID = re.compile(r"[A-Za-z0-9_-]{40,50}")
_PATH = re.compile(r"/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)")
_GOOGLE_HOSTS = frozenset({"docs.google.com", "sheets.google.com", "drive.google.com", "spreadsheets.google.com"})


@dataclass(frozen=True, slots=True)
class SheetAddress:
    """Where a spreadsheet is.

    Attributes:
        spreadsheet: its ID.
        gid: the number of the tab that the URL names, or None.
        host: scheme and host of a server that speaks Google's API, `http://127.0.0.1:8123` say; "" for Google.
    """

    spreadsheet: str
    gid: int | None = None
    host: str = ""


def sheet_address(table: str) -> SheetAddress | None:
    """The spreadsheet that `table` names by URL or ID, or None where it is a file.

    Raises:
        TableError: a URL that leads to no spreadsheet.
    """
    if not re.match(r"https?://", table, re.IGNORECASE):
        bare = re.match(r"docs\.google\.com/", table, re.IGNORECASE)
        if bare:
            return sheet_address(f"https://{table}")
        return SheetAddress(table) if _ID.fullmatch(table) else None
    parts = urlsplit(table)
    found = _PATH.match(parts.path)
    if not found:
        advice = "Copy the URL from the browser while the spreadsheet is open: …/spreadsheets/d/ID/edit."
        raise TableError(f"{table} leads to no spreadsheet.", advice)
    if found[1] == "e" and "/d/e/" in parts.path:
        raise TableError(
            f"{table} is a published copy, which can only be looked at.", "Use the URL of the spreadsheet itself."
        )
    google = (parts.hostname or "").lower() in _GOOGLE_HOSTS
    return SheetAddress(
        found[1], _gid(parts.fragment, parts.query), "" if google else f"{parts.scheme}://{parts.netloc}"
    )


def _gid(fragment: str, query: str) -> int | None:
    for part in (fragment, query):
        value = parse_qs(part).get("gid", [""])[0]
        if re.fullmatch("[0-9]+", value):
            return int(value)
        if value:
            raise TableError(
                f"The address names the tab by gid={value}, which is no number.",
                "Copy the address again while the tab is open, or name the tab with --tab.",
            )
    return None
