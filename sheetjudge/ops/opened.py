"""What every verb works on: a table, a rubric, judges and a place for the results, opened and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Protocol

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Row, Table, Target
from sheetjudge.engine.run import Seat, Task, Work
from sheetjudge.ops.judges import Bench
from sheetjudge.ops.reading import Reading, works
from sheetjudge.ops.row_choice import RowChoice, chosen_rows
from sheetjudge.stats.jury import MOST_DISAGREEMENT


class Tell(Protocol):
    """Hears of what happens in a run: an event's name and its facts (JSON)."""

    def __call__(self, event: str, /, **facts: Any) -> None: ...  # noqa: D102


def told_to_nobody(_event: str, /, **_facts: Any) -> None:
    """Where nobody keeps a log."""


@dataclass(frozen=True)
class Opened:
    """Everything that a run needs.

    Attributes:
        table: the rows. rubric: the questions. reading: the columns that judges see.
        bench: the judges at work.
        target: where results go; None to keep them (a dry run). in_place: that is the table itself, a sheet.
        limit: judge the first so many rows only. chosen: judge these rows only; None for all.
        default_judge: nobody named a judge.
        is_settled: tells which rows have their results already, and are left as they are.
        most_disagreement: share of the scale by which judges may differ before a row is to be reviewed.
        answers_signals: Ctrl-C and SIGTERM end this run; else whoever runs several looks after that.
        tell: hears of what happens, for a log.
    """

    table: Table
    rubric: Rubric
    reading: Reading
    bench: Bench
    target: Target | None
    limit: int | None = None
    default_judge: bool = False
    in_place: bool = False
    is_settled: Callable[[Row], bool] = lambda _: False
    most_disagreement: float = MOST_DISAGREEMENT
    answers_signals: bool = True
    tell: Tell = told_to_nobody
    chosen: RowChoice | None = None

    def parts(self) -> dict[str, Any]:
        """Its fields by name, for a verb's own kind of job."""
        return {field.name: getattr(self, field.name) for field in fields(Opened)}

    def works(self) -> Iterator[Work]:
        """The rows to judge."""
        return works(self.rows, self.reading, self.limit, self.is_settled)

    @property
    def rows(self) -> Table:
        """The table, with the chosen rows only where some were chosen."""
        return chosen_rows(self.table, self.chosen)

    @property
    def row_count(self) -> int:
        """Rows that are gone through at the most."""
        count = self.rows.row_count
        return count if self.limit is None else min(count, self.limit)

    @property
    def leaving(self) -> tuple[str, ...]:
        """Which columns leave for which host, one sentence each."""
        hosts = dict.fromkeys(seat.caller.model.host for seat in self.bench.everyone)
        columns = ", ".join(self.reading.leaving)
        return tuple(
            f"Columns sent to {host}: {columns}." if host else f"Columns read on this machine: {columns}."
            for host in hosts
        )

    def asked(self) -> tuple[Iterable[Task], Sequence[Seat[Any]]]:
        """What the judges are first asked about, and those judges."""
        return self.works(), self.bench.everyone

    def title(self, row: Row) -> str:
        """How to call a row to a person: the text of its first column that people wrote."""
        return row.cells[self._title_at] if self._title_at < len(row.cells) else ""

    @cached_property
    def _title_at(self) -> int:
        return next((c.index for c in self.table.columns if c.index not in self.table.managed), 0)
