"""What Google says when it refuses, in words that help."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sheetjudge.errors import AccessError, SheetjudgeError, TableError
from sheetjudge.tables.credentials import Identity

_PROTECTED = "protected cell or object"
_TOO_MANY, _SERVER_ERRORS = 429, 500
_URL = re.compile(r"https://console\.[\w.]*google\.com/\S+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of Google's API other than 2xx.

    Attributes:
        status: HTTP status.
        error: the `error` object of the body.
        spreadsheet: the ID that was asked for.
        identity: who asked.
        where: whom it was asked, `Google` or a host.
        doing: `read` or `write`.
    """

    status: int
    error: dict[str, Any]
    spreadsheet: str
    identity: Identity
    where: str
    doing: str

    @property
    def message(self) -> str:
        """What Google says."""
        return " ".join(str(self.error.get("message", "")).split()).rstrip(".")

    @property
    def reasons(self) -> frozenset[str]:
        """The machine-readable reasons in the error's details."""
        details = self.error.get("details") or []
        return frozenset(str(d.get("reason")) for d in details if isinstance(d, dict) and d.get("reason"))


class Protected(AccessError):
    """A change of cells that somebody protected."""


def refused(refusal: Refusal) -> SheetjudgeError:
    """The error for a person."""
    known = {401: _unknown_caller, 403: _forbidden, 404: _unknown_spreadsheet}
    if refusal.status in known:
        return known[refusal.status](refusal)
    quota = refusal.status == _TOO_MANY
    if quota or refusal.status >= _SERVER_ERRORS:
        why = f"quota is used up ({refusal.message})" if quota else f"server fails (HTTP {refusal.status})"
        return AccessError(
            f"{refusal.where}'s {why}, and stayed so for minutes.",
            "Run the same command again later; it takes up where it stopped.",
        )
    return _unacceptable(refusal)


def _unacceptable(refusal: Refusal) -> SheetjudgeError:
    if "not supported for this document" in refusal.message:
        return TableError(
            "This document is an Office file in Drive, not a Google Sheet.",
            "Use File > Save as Google Sheets, and its URL.",
        )
    if "10000000 cells" in refusal.message:
        return TableError(
            "The spreadsheet is full: Google allows 10,000,000 cells in all tabs together, empty ones too.",
            "Delete empty rows or columns, or write to a file with --out.",
        )
    if "delete all non-frozen" in refusal.message:
        return TableError(
            "Only frozen rows or columns would be left of the sheet, which Google doesn't allow.",
            "Freeze fewer of them (View > Freeze), then run the same command again.",
        )
    if _PROTECTED in refusal.message:
        return _protected(refusal)
    return TableError(f"{refusal.where} refused to {refusal.doing} the spreadsheet: {refusal.message}.")


def _protected(refusal: Refusal) -> SheetjudgeError:
    return Protected(
        f"The columns for results are in a part of the sheet that is protected from {refusal.identity.shown}.",
        "Ask its owner for the right to edit it, or write to a file with --out.",
    )


def _unknown_spreadsheet(refusal: Refusal) -> SheetjudgeError:
    return TableError(
        f"{refusal.where} knows no spreadsheet with the ID {refusal.spreadsheet}.", "Check the URL; it may be deleted."
    )


def _unknown_caller(refusal: Refusal) -> SheetjudgeError:
    return AccessError(
        f"{refusal.where} did not accept the credentials of {refusal.identity.shown}.",
        "Log in again (sheetjudge login), or give another file with --credentials FILE.",
    )


def _forbidden(refusal: Refusal) -> SheetjudgeError:
    who = refusal.identity.shown
    if "SERVICE_DISABLED" in refusal.reasons or "it is disabled" in refusal.message:
        found = _URL.search(refusal.message)
        return AccessError(
            "The Google Sheets API is not enabled for the project of these credentials.",
            f"Enable it at {found[0].rstrip('.')} and try again in a minute." if found else "Enable it and try again.",
        )
    if "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in refusal.reasons or "insufficient authentication scopes" in refusal.message:
        return AccessError(
            "The log-in doesn't cover Google Sheets.",
            "Log in again: gcloud auth application-default login --scopes=openid,"
            "https://www.googleapis.com/auth/spreadsheets,https://www.googleapis.com/auth/cloud-platform",
        )
    if _PROTECTED in refusal.message:
        return _protected(refusal)
    if refusal.doing == "write":
        return AccessError(
            f"The spreadsheet may be read but not changed by {who}.",
            f"Share it with {who} as an editor, or write to a file with --out.",
        )
    return AccessError(f"The spreadsheet isn't shared with {who}.", f"Share the spreadsheet with {who} as an editor.")


def no_answer(where: str, error: Exception) -> SheetjudgeError:
    """The server could not be reached, or didn't answer, in all tries."""
    return AccessError(
        f"{where} can't be reached ({type(error).__name__}).", "Check the network, then run the same command again."
    )


def not_let_in(identity: Identity, error: Exception) -> SheetjudgeError:
    """The token endpoint gave no token."""
    said = str(error.args[0]) if error.args else type(error).__name__
    if "invalid_grant" in said and "JWT" in said:
        advice = "Check that this machine's clock is right and that the key hasn't been deleted."
    elif identity.who.endswith(".gserviceaccount.com"):
        advice = "The account or its key may be deleted: make a new key, and name its file with --credentials FILE."
    else:
        advice = "Log in again (sheetjudge login), or give another file with --credentials FILE."
    return AccessError(f"Google gave {identity.shown} no access: {' '.join(said.split())[:200]}.", advice)
