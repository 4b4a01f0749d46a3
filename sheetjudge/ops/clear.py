"""The verb `clear`: a tab of a Google Sheet as it was before the first run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from sheetjudge.errors import TableError
from sheetjudge.ops.settings import load_settings
from sheetjudge.tables.address import sheet_address
from sheetjudge.tables.open import TableOptions
from sheetjudge.tables.sheet_clear import Traces


def clear(
    table: str,
    environment: Mapping[str, str],
    *,
    tab: str | None = None,
    header_row: int = 1,
    credentials: str | None = None,
    even_edited: bool = False,
    dry_run: bool = False,
) -> Traces:
    """Take everything of sheetjudge's out of a tab.

    Args:
        table: URL or ID of a spreadsheet. environment: environment variables.
        tab: the tab's title; None for the URL's, or the first visible one. header_row: 1-based.
        credentials: a credentials file; None for the configured ones.
        even_edited: also what a person wrote into the columns of results.
        dry_run: only say what there is.

    Returns:
        What was, or would be, taken away.

    Raises:
        TableError: a file, no such tab, a run under way, or a person's cells that would be lost.
        AccessError: the sheet can't be reached or changed.
    """
    from sheetjudge.tables.connecting import connect
    from sheetjudge.tables.sheet_clear import clear_tab, find_traces

    address = None if os.path.isfile(table) else sheet_address(table)  # noqa: PTH113  Path's raises on a long name
    if address is None:
        raise TableError(
            f"{table} is no Google Sheet, and sheetjudge never changes a file that it reads.",
            "Results of a file are in the file that --out named: delete that.",
        )
    settings = load_settings(environment)
    chosen = credentials or settings.credentials or None
    options = TableOptions(credentials=chosen, home=settings.home, environment=environment)
    address, api = connect(address, options)
    if dry_run:
        return find_traces(api, address, tab, header_row)
    return clear_tab(api, address, tab, header_row, even_edited=even_edited)


def as_json(traces: Traces, *, dry_run: bool) -> dict[str, Any]:
    """What was found, for machines."""
    return {
        "table": traces.name,
        "columns": list(traces.columns),
        "results": traces.results,
        "edited": list(traces.edited),
        "reports": list(traces.reports),
        "cleared": not dry_run and not traces.is_empty,
    }
