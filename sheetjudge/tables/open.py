"""Open whatever the user wrote as TABLE, and find the place for its results."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from sheetjudge.core.table import Table, Target, same_headers
from sheetjudge.errors import TableError
from sheetjudge.tables.address import sheet_address
from sheetjudge.tables.files import STANDARD_INPUT


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How to open a table.

    Attributes:
        tab: title of a spreadsheet's or workbook's tab; None for the URL's, or the first visible one.
        header_row: 1-based row that holds the headers.
        encoding: of a text file; None to find it out.
        file_format: `csv`, `tsv`, `xlsx`, `jsonl` or `parquet`; None to go by the ending.
        credentials: path of a file with Google credentials; None to look for them.
        home: folder with sheetjudge's configuration, where a log-in is kept; None for none.
        environment: environment variables, for GOOGLE_APPLICATION_CREDENTIALS.
        to_write: results will be written into the table itself, if it is a sheet.
    """

    tab: str | None = None
    header_row: int = 1
    encoding: str | None = None
    file_format: str | None = None
    credentials: str | None = None
    home: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    to_write: bool = False


def open_any(table: str, options: TableOptions) -> Table:
    """The table that `table` names: a Google Sheets URL or ID, a file, or `-` for standard input.

    Raises:
        TableBusy: another run is writing to it; only where `to_write`.
        TableError: it can't be read as a table.
        AccessError: a spreadsheet that the credentials don't open.
    """
    # A file may be called anything, even what looks like an ID.
    address = None if os.path.isfile(table) else sheet_address(table)  # noqa: PTH113  Path's raises on a long name
    if address is None:
        from sheetjudge.tables.files import open_table

        file = open_table(
            table,
            header_row=options.header_row,
            encoding=options.encoding,
            tab=options.tab,
            file_format=options.file_format,
        )
        return replace(file, notes=(*file.notes, *same_headers(file.columns, file.managed)))
    from sheetjudge.tables.sheet_table import open_sheet

    sheet = open_sheet(
        address,
        tab=options.tab,
        header_row=options.header_row,
        credentials=options.credentials,
        home=options.home,
        environment=options.environment,
        to_write=options.to_write,
    )
    return replace(sheet, notes=(*sheet.notes, *same_headers(sheet.columns, sheet.managed)))


def target_for(table: Table, out: str | None, *, stdout: BinaryIO | None = None) -> Target:
    """Where the results of `table` go: the file `out`, else the spreadsheet itself, else standard output as CSV.

    Raises:
        TableError: `out` is the table itself, or of an unknown kind.
    """
    from sheetjudge.tables.output import open_target

    if out is None:
        from sheetjudge.tables.sheet_table import SheetTable

        if isinstance(table, SheetTable):
            return table.target()
        return open_target(STANDARD_INPUT, table, stdout=stdout)
    if out != STANDARD_INPUT and not os.path.exists(out) and sheet_address(out):  # noqa: PTH110  as above
        raise TableError("--out takes a file, not a spreadsheet.", "Leave it out to write into the sheet that is read.")
    return open_target(out, table, stdout=stdout)
