"""The rubric's deterministic checks, run on the rows of a table."""

from __future__ import annotations

from collections.abc import Mapping

from sheetjudge.core.checks import compile_check, verdict_of
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Row, Table
from sheetjudge.core.verdict import Verdict
from sheetjudge.ops.reading import Reading, column_named, data_columns


class RowChecks:
    """The checks of a rubric, with the columns of one table that they read.

    Raises:
        TableError: a check names a column that the table lacks.
    """

    def __init__(self, rubric: Rubric, table: Table, reading: Reading) -> None:
        data = data_columns(table)
        self._reading = reading
        self._checks = []
        for criterion in rubric.criteria:
            if criterion.check is None:
                continue
            check = compile_check(criterion.check, rubric.locale)
            role = f" that the check {criterion.id!r} reads"
            columns = {name: column_named(name, data, table.name, role) for name in check.columns}
            self._checks.append((criterion, check, columns))

    @property
    def columns(self) -> tuple[int, ...]:
        """Indexes of the columns that the checks name."""
        return tuple(dict.fromkeys(c.index for _, _, columns in self._checks for c in columns.values()))

    def verdicts(self, row: Row) -> Mapping[str, Verdict]:
        """The verdict of each check on a row, by criterion id."""
        if not self._checks:
            return {}
        text = "\n\n".join(row.cells[c.index] for c in self._reading.fields if row.cells[c.index])
        found = {}
        for criterion, check, columns in self._checks:
            cells = {name: row.cells[c.index] for name, c in columns.items()}
            found[criterion.id] = verdict_of(criterion, check.run(text, cells))
        return found
