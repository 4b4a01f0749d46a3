"""Columns of a tab, read by their place and not by the tab's title, so that renaming it does no harm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheetjudge.tables.sheets import SheetsApi

CHUNK_BYTES = 2_400_000
_FIRST_ROWS, _FEWEST_ROWS, _MOST_ROWS = 1024, 50, 200_000


@dataclass
class ColumnReader:
    """Reads the cells of some columns, in answers of about two megabytes.

    Args:
        api: the way to the spreadsheet.
        sheet_id: the tab.
        is_formatted: cells as a person sees them, as text; else as they are, numbers as numbers.
        has_formulas: cells as they were entered, formulas among them.
        row_bytes: size of a row in an answer, about; 0 where it isn't known yet. answers: how many were asked for.
    """

    api: SheetsApi
    sheet_id: int
    is_formatted: bool
    row_bytes: float = 0.0
    answers: int = 0
    has_formulas: bool = False

    def read(self, columns: Sequence[int], first: int, last: int) -> list[list[Any]]:
        """The rows from `first` to `last` and whatever lies below it by now (0-based), one cell for each of `columns`.

        Rows at the end that are empty may be left out.
        """
        rows: list[list[Any]] = []
        while first <= last:
            size = _FIRST_ROWS
            if self.row_bytes:
                size = int(min(max(CHUNK_BYTES / self.row_bytes, _FEWEST_ROWS), _MOST_ROWS))
            end = first + size if first + size <= last else None
            found, weight = self._chunk(columns, first, end)
            if len(found) >= _FEWEST_ROWS:
                # Half of the old guess stays, for the rows differ.
                self.row_bytes = max(weight / len(found), self.row_bytes / 2)
            elif not self.row_bytes:
                self.row_bytes = CHUNK_BYTES / _MOST_ROWS
            rows += found
            if end is None:
                break
            rows += ([""] * len(columns) for _ in range(size - len(found)))
            first = end
        return rows

    def _chunk(self, columns: Sequence[int], first: int, end: int | None) -> tuple[list[list[Any]], int]:
        filters = [
            {"gridRange": _area(self.sheet_id, first, end, start, stop)} for start, stop in _side_by_side(columns)
        ]
        self.answers += 1
        answer, weight = self.api.values_in(filters, is_formatted=self.is_formatted, has_formulas=self.has_formulas)
        blocks: dict[int, list[list[Any]]] = {}
        for entry in answer.get("valueRanges", []):
            for one in entry["dataFilters"]:
                blocks[one["gridRange"].get("startColumnIndex", 0)] = entry["valueRange"].get("values", [])
        height = max(map(len, blocks.values()), default=0)
        by_column: dict[int, list[Any]] = {}
        for start, stop in _side_by_side(columns):
            block = blocks.get(start, [])
            for column in range(start, stop):
                at = column - start
                cells = [row[at] if at < len(row) else "" for row in block]
                by_column[column] = cells + [""] * (height - len(cells))
        return [list(row) for row in zip(*(by_column[c] for c in columns), strict=True)], weight


def _area(sheet_id: int, first: int, end: int | None, start: int, stop: int) -> dict[str, int]:
    area = {"sheetId": sheet_id, "startRowIndex": first, "startColumnIndex": start, "endColumnIndex": stop}
    return area if end is None else area | {"endRowIndex": end}


def _side_by_side(columns: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, end) of each group of neighbours."""
    first = last = -2
    for column in sorted(set(columns)):
        if column != last + 1:
            if last >= 0:
                yield first, last + 1
            first = column
        last = column
    if last >= 0:
        yield first, last + 1
