"""The rows of a tab as a run sees them: texts, results and marks, read together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetjudge.core.row_marks import Shown, fingerprint, parse_mark
from sheetjudge.tables.sheet_cells import VOLATILE, is_volatile
from sheetjudge.tables.sheet_places import Places
from sheetjudge.tables.sheet_reading import ColumnReader
from sheetjudge.tables.sheet_rows import Present

if TYPE_CHECKING:
    from sheetjudge.tables.sheets import SheetsApi

_MARK_BYTES, _EMPTY_ROW_BYTES = 90.0, 12.0
# Up to so many rows texts and marks are read twice, together with each other, so that a sort between is noticed at
# once. With more it takes several requests anyway, and what was misplaced is put right at the next look.
_ROWS_READ_TWICE = 10_000


@dataclass(frozen=True, slots=True)
class View:
    """The tab at one moment.

    Attributes:
        places: where sheetjudge's columns and fences are.
        rows: the rows below the header. first: 0-based row of the tab that is the first of them.
        remade: columns of results that had to be made again in this run, by their number.
        has_lost_marks: the column of marks, too.
    """

    places: Places
    rows: list[Present]
    first: int
    remade: frozenset[int]
    has_lost_marks: bool


class RowReader:
    """Reads the rows of a tab.

    Args:
        api: the way to the spreadsheet. sheet_id: the tab.
        last_row: 0-based, of those that are known to hold something. text_bytes: size of a row's inputs, about.
        volatile: forms of the formulas whose values don't count, by the number of the input that holds them.

    Attributes:
        heads: what stood above the inputs when they were last read.
    """

    def __init__(
        self,
        api: SheetsApi,
        sheet_id: int,
        last_row: int,
        text_bytes: float,
        volatile: Mapping[int, frozenset[str]],
    ) -> None:
        self.last_row = last_row
        self.heads: list[str] = []
        self._texts = ColumnReader(api, sheet_id, is_formatted=True, row_bytes=text_bytes)
        self._values = ColumnReader(api, sheet_id, is_formatted=False)
        self._formulas = ColumnReader(api, sheet_id, is_formatted=False, has_formulas=True)
        self._volatile = volatile
        self._is_empty = False

    @property
    def answers(self) -> int:
        """How many answers were asked for."""
        return self._texts.answers + self._values.answers + self._formulas.answers

    def expect(self, result_bytes: float, rows: int) -> None:
        """Say how large the results of a row are by now, on average over all `rows`, so that answers get no larger."""
        expected = result_bytes + self._bytes_read_twice(rows) + _MARK_BYTES
        self._values.row_bytes = max(self._values.row_bytes, expected)
        self._is_empty = False

    def expect_nothing(self, rows: int) -> None:
        """Say that there are no results yet."""
        self._is_empty = True
        self._values.row_bytes = _EMPTY_ROW_BYTES + self._bytes_read_twice(rows)

    def _bytes_read_twice(self, rows: int) -> float:
        return self._texts.row_bytes if rows <= _ROWS_READ_TWICE else 0.0

    def read(
        self, inputs: Sequence[int], roles: Sequence[int | None], mark: int | None, first: int, end: int | None = None
    ) -> list[Present] | None:
        """The rows from `first` on; None where they were moved while they were read.

        Args:
            inputs, roles, mark: indexes of the columns that are read, of the results and of the marks. Where there
                is no such column, its values are empty.
            end: a row that is known to be there. Whatever lies below is read, too, but not by a request of its own.

        Raises:
            TableError: the tab is shorter by now (or no answer can be had).
        """
        marks = [] if mark is None else [mark]
        ours = [*(i for i in roles if i is not None), *marks]
        last = self.last_row if end is None else min(self.last_row, end)
        if self._is_empty:
            texts = self._texts.read([*inputs, *ours], first - 1, last)
            if not any(cell != "" for row in texts[1:] for cell in row[len(inputs) :]):
                texts = self._below_heads(texts, inputs, first, last)
                return _rows(texts, [], len(inputs), roles, has_marks=bool(marks))
            # Somebody has typed there: how it is shown isn't enough to know it again.
        is_small = self.last_row <= _ROWS_READ_TWICE
        texts = self._texts.read([*inputs, *marks] if is_small else inputs, first - 1, last)
        texts = self._below_heads(texts, inputs, first, last)
        again = list(inputs) if is_small else []
        held = self._values.read([*again, *ours], first, last) if first <= last else []
        has_moved = _has_moved(texts, held, [n for n in range(len(again)) if n not in self._volatile])
        if has_moved or (marks and is_small and _last_cells(texts) != _last_cells(held)):
            return None
        return _rows(texts, [cells[len(again) :] for cells in held], len(inputs), roles, has_marks=bool(marks))

    def _below_heads(self, texts: list[list[Any]], inputs: Sequence[int], first: int, last: int) -> list[list[Any]]:
        """The rows, when the one that stands above them was noted; what changes by itself has a sign in its place."""
        self.heads = [str(head) for head in (texts[0] if texts else [])[: len(inputs)]]
        self._without_volatile(texts[1:], inputs, first, last)
        return texts[1:]

    def _without_volatile(self, texts: list[list[Any]], inputs: Sequence[int], first: int, last: int) -> None:
        """Put a sign in the place of what volatile formulas show."""
        numbers = sorted(self._volatile)
        if not numbers or first > last:
            return
        entered = self._formulas.read([inputs[n] for n in numbers], first, last)
        for shown, cells in zip(texts, entered, strict=False):
            for n, formula in zip(numbers, cells, strict=True):
                if is_volatile(formula, self._volatile[n]):
                    shown[n] = VOLATILE


def _rows(
    texts: Sequence[Sequence[Any]],
    held: Sequence[Sequence[Any]],
    width: int,
    roles: Sequence[int | None],
    *,
    has_marks: bool,
) -> list[Present]:
    """The rows: `width` texts of each, and beside them what is held there, without empty rows at the end."""
    rows = []
    blank = [""] * (len(roles) + 1)
    for at in range(max(len(texts), len(held))):
        shown = [str(text) for text in texts[at][:width]] if at < len(texts) else [""] * width
        cells = iter(held[at] if at < len(held) else blank)
        values = tuple(None if i is None else next(cells) for i in roles)
        rows.append(_present(shown, values, next(cells) if has_marks else ""))
    while rows and rows[-1].is_blank and not any((*rows[-1].values, rows[-1].mark, rows[-1].is_taken)):
        rows.pop()
    return rows


def _present(shown: Sequence[str], values: tuple[Shown, ...], marked: Any) -> Present:
    mark = parse_mark(marked)
    return Present(fingerprint(shown), not any(shown), values, mark, is_taken=mark is None and marked != "")


def _has_moved(texts: Sequence[Sequence[str]], held: Sequence[Sequence[Any]], columns: Sequence[int]) -> bool:
    """Were rows moved between the two readings? A text is the same however it is read; a number may not be."""
    return any(
        isinstance(cells[n], str) and cells[n] != shown[n]
        for shown, cells in zip(texts, held, strict=False)
        for n in columns
    )


def _last_cells(rows: Sequence[Sequence[Any]]) -> list[str]:
    cells = [str(row[-1]) for row in rows]
    while cells and not cells[-1]:
        cells.pop()
    return cells
