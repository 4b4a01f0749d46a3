"""Results as they were written, where a number format shows less of them than there is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sheetjudge.errors import TableError
from sheetjudge.tables.guard import number_text
from sheetjudge.tables.sheet_layout import SheetLayout
from sheetjudge.tables.sheet_reading import ColumnReader

if TYPE_CHECKING:
    from sheetjudge.tables.sheets import SheetsApi

Rows = list[tuple[str, ...]]

# What may be a rounded number: 3.67, $1,234.50, 12%.
_ROUNDED = re.compile(r"\W?\d[\d.,]*(?:[.,]\d+|\s?%)\W?")


def with_exact_results(rows: Rows, api: SheetsApi, layout: SheetLayout) -> Rows | None:
    """The rows, with the numbers among the results in full.

    Args:
        rows: all of the tab, as a person sees them.

    Returns:
        None where rows were moved meanwhile.
    """
    results = sorted(layout.results.values())
    rounded = [at for at in results if any(at < len(row) and _ROUNDED.fullmatch(row[at]) for row in rows)]
    marks = sorted(layout.marks.values())
    if not rounded or not marks:
        return rows
    reader = ColumnReader(api, layout.sheet_id, is_formatted=False)
    try:
        exact = reader.read([*rounded, *marks], 0, len(rows) - 1)
    except TableError:
        return None
    found = []
    for number, row in enumerate(rows):
        values = exact[number] if number < len(exact) else [""] * (len(rounded) + len(marks))
        if [row[at] if at < len(row) else "" for at in marks] != list(map(str, values[len(rounded) :])):
            return None
        found.append(_replaced(row, dict(zip(rounded, values, strict=False))))
    return found


def _replaced(row: Sequence[str], values: dict[int, object]) -> tuple[str, ...]:
    return tuple(
        number_text(value)
        if isinstance(value := values.get(at), int | float) and not isinstance(value, bool) and text
        else text
        for at, text in enumerate(row)
    )
