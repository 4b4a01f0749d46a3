"""Where a table is that is only read: what every such command's options say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sheetjudge.ops.settings import load_settings
from sheetjudge.tables.open import TableOptions


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """Which table. The names are those of the options.

    Attributes:
        table: URL or ID of a spreadsheet, a file, or `-`.
        tab: of a spreadsheet or workbook. header_row: 1-based.
        encoding, file_format: of a file, where they aren't found out. credentials: a file with some.
    """

    table: str
    tab: str | None = None
    header_row: int = 1
    encoding: str | None = None
    file_format: str | None = None
    credentials: str | None = None


def table_options(where: Whereabouts, environment: Mapping[str, str], *, to_write: bool = False) -> TableOptions:
    """How to open it, with what the settings say where the options don't.

    Args:
        where: what a person said. environment: environment variables. to_write: something will be written into it.
    """
    settings = load_settings(environment)
    return TableOptions(
        where.tab,
        where.header_row,
        where.encoding,
        where.file_format,
        where.credentials or settings.credentials or None,
        settings.home,
        environment,
        to_write=to_write,
    )
