"""A person who can't sit still: edits a spreadsheet at random moments of a program's run, and keeps a diary."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from sheetjudge.sandbox.a1 import Box, column_letters, write_range
from sheetjudge.sandbox.faults import Seen
from sheetjudge.sandbox.person import Person
from sheetjudge.sandbox.problems import ApiError
from sheetjudge.sandbox.sheet import Sheet


class Edit(NamedTuple):
    """One edit that was made.

    Args:
        kind: the name of the edit.
        what: the rows, columns or cell concerned, and the text typed.
        after: the number of the request before or after which it was made.
    """

    kind: str
    what: tuple[object, ...]
    after: int


class Restless:
    """An observer (see `Sandbox.observe`) that edits with some chance at each moment; repeatable by its seed.

    Args:
        person: who edits.
        seed: of the choices.
        chance: of an edit at each moment, from 0 to 1.
        kinds: which edits, by name; all of `EDITS` if none are given.
        may_type: whether a cell, by its row and column from 0, may be typed over.
    """

    def __init__(
        self,
        person: Person,
        seed: int,
        *,
        chance: float = 0.5,
        kinds: tuple[str, ...] = (),
        may_type: Callable[[Sheet, int, int], bool] | None = None,
    ) -> None:
        self.person = person
        self.diary: list[Edit] = []
        self._random = random.Random(seed)  # noqa: S311 - a test's choices, not secrets
        self._chance = chance
        self._kinds = kinds or tuple(EDITS)
        self._may_type = may_type or (lambda _sheet, row, _column: row > 0)

    def __call__(self, moment: str, seen: Seen) -> None:
        """Maybe edit."""
        del moment
        if self._random.random() < self._chance:
            self.edit(seen.number)

    def edit(self, after: int = 0) -> None:
        """Make one edit, if the sheet allows the one that was drawn."""
        kind = self._random.choice(self._kinds)
        sheet = self.person.tab()
        width = max((len(row) for row in sheet.rows), default=0)
        if len(sheet.rows) < 3 or width < 1:  # noqa: PLR2004 - a header and two rows, or there is nothing to disturb
            return
        try:
            what = EDITS[kind](self, sheet, width)
        except ApiError:
            return
        if what is not None:
            self.diary.append(Edit(kind, what, after))

    def _row(self, sheet: Sheet) -> int:
        return self._random.randrange(2, len(sheet.rows) + 1)

    def _insert_rows(self, sheet: Sheet, width: int) -> tuple[object, ...]:
        del width
        row, count = self._row(sheet), self._random.randint(1, 3)
        self.person.insert_rows(row, count)
        return row, count

    def _delete_row(self, sheet: Sheet, width: int) -> tuple[object, ...]:
        del width
        row = self._row(sheet)
        self.person.delete_rows(row)
        return (row,)

    def _move_row(self, sheet: Sheet, width: int) -> tuple[object, ...]:
        del width
        row, to = self._row(sheet), self._row(sheet)
        self.person.move_row(row, to)
        return row, to

    def _move_column(self, sheet: Sheet, width: int) -> tuple[object, ...]:
        del sheet
        column, to = self._random.randint(1, width), self._random.randint(1, width + 1)
        self.person.move_column(column, to)
        return column, to

    def _insert_column(self, sheet: Sheet, width: int) -> tuple[object, ...]:
        del sheet
        column = self._random.randint(1, width)
        self.person.insert_columns(column)
        return (column,)

    def _sort_all(self, sheet: Sheet, width: int) -> tuple[object, ...]:
        return self._sort(sheet, Box(1, len(sheet.rows), 0, max(width, sheet.column_count)))

    def _sort_selection(self, sheet: Sheet, width: int) -> tuple[object, ...]:
        left = self._random.randrange(width)
        return self._sort(sheet, Box(1, len(sheet.rows), left, self._random.randint(left + 1, width)))

    def _sort(self, sheet: Sheet, box: Box) -> tuple[object, ...]:
        column = self._random.randint((box.left or 0) + 1, box.right or 1)
        descending = self._random.random() < 0.5  # noqa: PLR2004 - a coin
        where = write_range(sheet.title, box)
        self.person.sort(where, column, descending=descending)
        return where, column, descending

    def _type(self, sheet: Sheet, width: int) -> tuple[object, ...] | None:
        row, column = self._row(sheet) - 1, self._random.randrange(width)
        if not self._may_type(sheet, row, column):
            return None
        text = f"typed {self._random.randrange(10**6)}"
        self.person.type(write_range(sheet.title, Box(row, row + 1, column, column + 1)), text)
        return row, column_letters(column), text

    def _rename(self, sheet: Sheet, width: int) -> tuple[object, ...]:
        del sheet, width
        title = f"Tab {self._random.randrange(10**6)}"
        self.person.rename(title)
        return (title,)


EDITS: dict[str, Callable[[Restless, Sheet, int], tuple[object, ...] | None]] = {
    "insert_rows": Restless._insert_rows,  # noqa: SLF001 - the table of the class's own edits
    "delete_row": Restless._delete_row,  # noqa: SLF001
    "move_row": Restless._move_row,  # noqa: SLF001
    "move_column": Restless._move_column,  # noqa: SLF001
    "insert_column": Restless._insert_column,  # noqa: SLF001
    "sort_all": Restless._sort_all,  # noqa: SLF001
    "sort_selection": Restless._sort_selection,  # noqa: SLF001
    "type": Restless._type,  # noqa: SLF001
    "rename": Restless._rename,  # noqa: SLF001
}
"""Each kind of edit by its name."""
