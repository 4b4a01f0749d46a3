"""A target that holds some of the rows only: those that a filter kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sheetjudge.core.table import CellValue, Column, Row, Table, Target


@dataclass(frozen=True)
class _Selection:
    """The rows of a table at some positions, under positions of their own."""

    name: str
    columns: tuple[Column, ...]
    managed: frozenset[int]
    results: tuple[str, ...]
    notes: tuple[str, ...]
    kept: tuple[Row, ...]

    @property
    def row_count(self) -> int:
        return len(self.kept)

    def rows(self) -> Iterator[Row]:
        return (replace(row, position=position) for position, row in enumerate(self.kept))


class KeptRows:
    """Collects results and writes the rows that are wanted when all is known.

    Args:
        source: the table that is filtered.
        make: makes the target for a table.
        wanted: tells from a row's results whether it is written.
    """

    def __init__(
        self, source: Table, make: Callable[[Table], Target], wanted: Callable[[Sequence[CellValue]], bool]
    ) -> None:
        self._source = source
        self._make = make
        self._wanted = wanted
        self._headers: tuple[str, ...] = ()
        self._found: dict[int, tuple[Row, tuple[CellValue, ...]]] = {}
        self.name = make(source).name

    def open(self, headers: Sequence[str]) -> None:
        """See that the place can be written, and leave it as it is.

        Raises:
            TableError: it can't.
        """
        self._headers = tuple(headers)
        trial = self._make(self._source)
        trial.open(headers)
        trial.abandon()

    def put(self, row: Row, values: Sequence[CellValue]) -> None:
        """Take the results of one row."""
        if self._wanted(values):
            self._found[row.position] = (row, tuple(values))

    def flush_due(self) -> bool:
        """Nothing is written before the end: a row that comes late may belong before all others."""
        return False

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Write the rows that are wanted, in their order.

        Raises:
            TableError: the place can't be written any more.
        """
        found = [self._found[position] for position in sorted(self._found)]
        source = self._source
        kept = tuple(row for row, _ in found)
        chosen = _Selection(source.name, source.columns, source.managed, source.results, source.notes, kept)
        target = self._make(chosen)
        target.open(self._headers)
        for row, (_, values) in zip(chosen.rows(), found, strict=True):
            target.put(row, values)
        target.close()

    def abandon(self) -> None:
        """Nothing has been written."""
