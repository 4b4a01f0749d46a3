"""The way to a spreadsheet that the user named, for what is no table in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetjudge.errors import TableError
from sheetjudge.tables.address import SheetAddress, sheet_address
from sheetjudge.tables.credentials import find_identity
from sheetjudge.tables.open import TableOptions

if TYPE_CHECKING:
    from sheetjudge.tables.sheets import Patience, SheetsApi


def connect(
    where: str | SheetAddress, options: TableOptions, patience: Patience | None = None
) -> tuple[SheetAddress, SheetsApi]:
    """The address of a spreadsheet, and the way to it. Nothing is asked for yet.

    Args:
        where: URL or ID. options: their credentials count. patience: how long to try; None for minutes.

    Raises:
        TableError: no URL or ID of a spreadsheet.
        AccessError: no credentials, or none for that host.
    """
    from sheetjudge.tables.quota import quota_of
    from sheetjudge.tables.sheets import SheetsApi

    address = sheet_address(where) if isinstance(where, str) else where
    if address is None:
        raise TableError(f"{where} is no URL or ID of a spreadsheet.", "Copy the URL from the browser.")
    identity = find_identity(options.credentials, home=options.home, environment=options.environment, host=address.host)
    quota = quota_of(options.home, identity.who, address.host)
    return address, SheetsApi(address.spreadsheet, identity, host=address.host, patience=patience, quota=quota)
