"""Rows of a sheet with cells that don't show what was put in: what is skipped, what is judged, and what is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Column, Row
from sheetjudge.tables.sheet_cells import OddCell
from sheetjudge.tables.sheet_table import SheetTable

_WORDS = {"link": "only a link", "image": "only an image"}


class OddRows:
    """What a run makes of odd cells.

    Args:
        table: a sheet.
        rubric: by what it is judged.
        fields: the columns that are judged. watched: these, and all others that are read.
        in_place: the results go back into the sheet.

    Attributes:
        notes: what a person should know of whole columns, one sentence each.
        identifying: indexes of columns that tell rows from each other where formulas that are read change by
            themselves; none where there are no such formulas, and what is read tells them.
    """

    def __init__(
        self,
        table: SheetTable,
        rubric: Rubric,
        fields: Sequence[Column],
        watched: Sequence[Column],
        *,
        in_place: bool,
    ) -> None:
        self._table = table
        self._fields = fields
        self._watched = watched
        # A check may well ask for an address.
        self._is_asked = bool(rubric.asked)
        is_volatile = in_place and any(column.index in table.odd.forms for column in watched)
        # A column is known by its header while a run begins, so that one with a header that changes is left out.
        lasting = (c.index for c in table.columns if (table.header_row - 1, c.index) not in table.odd.volatile)
        self.identifying = tuple(i for i in lasting if i not in table.managed) if is_volatile else ()
        self._link_columns = self._columns_of_links() if self._is_asked else frozenset()
        self.notes = (*self._notes_of_links(), *self._notes_of_formulas())

    def of(self, row: Row) -> tuple[str, str]:
        """(why the row is skipped, or ""; what is to be said of it, or "")."""
        at = self._table.header_row + row.position
        odd = self._table.odd.cells
        here = {c.index: odd[at, c.index] for c in self._watched if (at, c.index) in odd}
        if errors := [f"{c.name} shows {here[c.index].says}" for c in self._watched if _is(here, c, "error")]:
            return ", ".join(errors), ""
        if self._is_told_by_nothing(row, at):
            functions = {name for place, name in self._table.odd.volatile.items() if place[0] == at}
            return f"nothing but what changes by itself ({', '.join(sorted(functions))})", ""
        if not here or not self._is_asked:
            return "", ""
        said = ", ".join(f"{c.name} holds {_WORDS[here[c.index].kind]}" for c in self._watched if c.index in here)
        if not any(row.cells[c.index].strip() and c.index not in here for c in self._fields):
            return said, ""
        usual = self._link_columns
        rest = [c for c in self._watched if c.index in here and c.index not in usual]
        return "", ", ".join(f"{c.name} holds {_WORDS[here[c.index].kind]}" for c in rest)

    def _is_told_by_nothing(self, row: Row, at: int) -> bool:
        """Would nothing that stays tell the row from others, wherever it is moved to?"""
        volatile = self._table.odd.volatile
        filled = [i for i in self.identifying if row.cells[i].strip()]
        return bool(filled) and all((at, i) in volatile for i in filled)

    def _columns_of_links(self) -> frozenset[int]:
        """Columns of which a link is what one expects."""
        links = Counter(column for (_, column), cell in self._table.odd.cells.items() if cell.kind == "link")
        if not links:
            return frozenset()
        filled = Counter(
            chain.from_iterable(
                (c for c in links if c < len(cells) and cells[c].strip()) for cells in self._table.cells
            )
        )
        return frozenset(column for column, count in links.items() if 2 * count >= filled[column])

    def _notes_of_links(self) -> list[str]:
        names = [c.name for c in self._watched if c.index in self._link_columns]
        if not names or not any(c.index not in self._link_columns for c in self._fields):
            return []
        return [f"{', '.join(names)} holds only links: a judge sees the addresses, not what they lead to."]

    def _notes_of_formulas(self) -> list[str]:
        said = []
        for column in self._watched:
            functions = {name for place, name in self._table.odd.volatile.items() if place[1] == column.index}
            if functions:
                said.append(
                    f"{column.name} holds formulas that change by themselves ({', '.join(sorted(functions))}): a row "
                    "is judged by what it shows now, and not again because only that changes (--all judges it again)."
                )
        return said


def _is(here: Mapping[int, OddCell], column: Column, kind: str) -> bool:
    return column.index in here and here[column.index].kind == kind
