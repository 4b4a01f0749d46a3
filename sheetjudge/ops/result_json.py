"""What the results of all operations have in common: the exit code, and the head and the tail of their JSON."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any, Protocol

from sheetjudge import __version__
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import SheetjudgeError
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.summary import tally_json


class Ended(Protocol):
    """What every result tells.

    Attributes:
        run: its name in the journal.
        stopped: why it ended early, or None. seconds: wall time. notes: what a reader must know.
    """

    @property
    def run(self) -> str: ...  # noqa: D102
    @property
    def tally(self) -> Tally: ...  # noqa: D102
    @property
    def stopped(self) -> SheetjudgeError | None: ...  # noqa: D102
    @property
    def seconds(self) -> float: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102


def exit_code(stopped: SheetjudgeError | None, failed: int) -> int:
    """0 done, 1 some rows unscored (`failed` of them), 3 stopped and resumable."""
    if stopped is not None:
        return 3
    return 1 if failed else 0


def result_json(operation: str, result: Ended, job: Opened, own: Mapping[str, Any]) -> dict[str, Any]:
    """A whole result for machines.

    Args:
        operation: the verb. result: what came of it. job: what it worked on.
        own: what only this operation tells; stands in the middle, and may say better what all tell.
    """
    return {
        "run": result.run,
        "operation": operation,
        "table": job.table.name,
        "rubric": {"name": job.rubric.name, "version": job.rubric.version},
        "judges": [seat.caller.model.name for seat in job.bench.seats],
        "columns": list(job.reading.leaving),
        "results": job.target.name if job.target else None,
        **own,
        "usage": tally_json(result.tally),
        "seconds": round(result.seconds, 3),
        "stopped": str(result.stopped) if result.stopped else None,
        "notes": list(result.notes),
        "sheetjudge": __version__,
        "python": platform.python_version(),
    }
