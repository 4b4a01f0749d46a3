"""What a run knows of a tab's rows: how they were found, what was judged, and what they were last seen with.

Only values: `sheet_plan` works out from them what has to be written, `sheet_target` reads and writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sheetjudge.core.row_marks import Basis, Mark, Shown
from sheetjudge.core.table import CellValue


@dataclass(frozen=True, slots=True)
class Present:
    """A row of the tab at one moment.

    Attributes:
        fingerprint: of its inputs. is_blank: there is nothing in them.
        values: what the columns of results hold.
        mark: its mark. is_taken: the mark's cell holds something that is no mark.
    """

    fingerprint: str
    is_blank: bool
    values: tuple[Shown, ...]
    mark: Mark | None = None
    is_taken: bool = False

    @property
    def home(self) -> Mark | None:
        """The mark, if it is this row's own."""
        return self.mark if self.mark is not None and self.mark.fingerprint == self.fingerprint else None


@dataclass(frozen=True, slots=True)
class Edit:
    """What to write into one row.

    Attributes:
        row: its index among the rows that were planned for.
        cells: value by index of the column of results.
        mark: the new mark; None to leave none.
    """

    row: int
    cells: Mapping[int, Shown]
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Written:
    """An edit that was sent, and the row that it was meant for.

    Attributes:
        fingerprint: of the row. mark: as it was written.
        beside: what stood in the cells that the edit left alone, by index of the column.
    """

    fingerprint: str
    mark: Mark | None
    beside: Mapping[int, Shown]


def as_written(edit: Edit, row: Present) -> Written:
    """An edit of a row, to be compared with what is found there afterwards."""
    beside = {i: value for i, value in enumerate(row.values) if i not in edit.cells}
    return Written(row.fingerprint, edit.mark, beside)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found for the rows with one fingerprint.

    Attributes:
        values: one for each column that the run writes. words: a word for each that isn't empty.
        is_settled: need not be judged again.
    """

    values: tuple[CellValue, ...]
    words: frozenset[str]
    is_settled: bool = True


class Ledger:
    """All that a run knows of a tab's rows.

    Args:
        headers: of the columns that the run writes, in order.
        basis: what the results rest on.
        read: fingerprints of the rows that were read at the start. settled: of those that will not be judged.
        trailing: how many rows without inputs were read after the last one with some.
        carried: columns of other results under the same marks (ranks, say), which the run keeps beside their rows.
        is_blind: there were columns of results at the start, and no marks.

    Attributes:
        roles: the headers and the carried columns: what the values of a row are, in order.
        results: what the run found, by fingerprint. seen: marks and values that rows were last seen with.
        marks: those that were read at the start.
        persons: what people wrote beside texts that have no mark of their own, as it stood at the last look.
        doubted: marks that were written while rows were moved, so that what stands beside them may be another row's;
            with the columns that were written together with them.
        status: number of the column that holds the status.
    """

    def __init__(
        self,
        headers: Sequence[str],
        basis: Basis,
        read: frozenset[str],
        settled: frozenset[str] = frozenset(),
        trailing: int = 0,
        carried: Sequence[str] = (),
        *,
        is_blind: bool = False,
    ) -> None:
        self.headers = tuple(headers)
        self.roles = (*self.headers, *carried)
        self.basis = basis
        self.read = read
        self.awaited = read - settled
        self.trailing = trailing
        self.is_blind = is_blind
        self.results: dict[str, Result] = {}
        self.marks: dict[str, Mark] = {}
        self.seen: dict[str, tuple[Mark | None, tuple[Shown, ...]]] = {}
        self.persons: dict[str, Mapping[int, Shown]] = {}
        self.doubted: dict[Mark, frozenset[int]] = {}
        self.status = len(self.headers) - 1 if self.headers and self.headers[-1].endswith("Status") else None

    def add(self, fingerprint: str, result: Result) -> None:
        """Take what the run found. Rows with the same texts get the same result: the first that is none of failure."""
        known = self.results.get(fingerprint)
        if known is None or (result.is_settled and not known.is_settled):
            self.results[fingerprint] = result
