"""From what a person asked of a filter to a job that is opened and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sheetjudge.core.table import CellValue, Table, Target
from sheetjudge.errors import ConfigError
from sheetjudge.ops.filter_rows import HEADERS, keep_rubric
from sheetjudge.ops.judges import RowSeat
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.set_up import Shared, opened
from sheetjudge.stats.guarantee_promise import Promise
from sheetjudge.tables.kept_rows import KeptRows
from sheetjudge.tables.open import target_for

Proxy = Literal["judge", "text"]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class FilterOptions(RunOptions):
    """What a person can say of a filter; `rubric` holds the words of `--keep`.

    Attributes:
        recall, precision, confidence: the promise; None where nothing was said.
        escalate_to: the judge that is asked about some rows only.
        unsure: scores between these two are neither yes nor no.
        only_kept: the results hold the kept rows only.
    """

    recall: float | None = None
    precision: float | None = None
    confidence: float | None = None
    escalate_to: str | None = None
    proxy: Proxy = "judge"
    unsure: tuple[float, float] = (0.3, 0.7)
    only_kept: bool = False


@dataclass(frozen=True)
class FilterJob(Opened):
    """Everything that a filter needs.

    Attributes:
        promise: what is to hold of the decisions, relative to the strong judge; None where nothing is promised.
        proxy: what tells the clear rows where there is a promise: the `judge` that sees every row, or a classifier
            of their `text` that learns from the strong judge's answers.
        unsure: without a promise, rows that score between these two are for review, or for the strong judge.
        out: the file that results go to; None where nobody named one.
    """

    promise: Promise | None = None
    proxy: Proxy = "judge"
    unsure: tuple[float, float] = (0.3, 0.7)
    out: str | None = None

    @property
    def strong(self) -> RowSeat | None:
        """The judge that is asked about some rows only."""
        if self.proxy == "text":
            return self.bench.seats[0]
        return self.bench.further[0] if self.bench.further else None


def filter_job(options: FilterOptions, environment: Mapping[str, str], shared: Shared | None = None) -> FilterJob:
    """A filter, opened and checked.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    promise = _promise(options)
    low, high = options.unsure
    if not 0 <= low <= high <= 1:
        raise ConfigError("--unsure takes two scores from 0 to 1, the lower one first.", "Write --unsure 0.3 0.7, say.")
    options, further = _judges(options, promise)
    found = opened(options, environment, rubric=keep_rubric(options.rubric), further=further, shared=shared)
    job = FilterJob(**found.parts(), promise=promise, proxy=options.proxy, unsure=options.unsure, out=options.out)
    if not options.only_kept or job.target is None:
        return job
    if job.in_place:
        raise ConfigError("--only-kept doesn't take rows out of a sheet.", "Name a file for the kept rows with --out.")

    def make(table: Table) -> Target:
        return target_for(table, options.out)

    return replace(job, target=KeptRows(job.table, make, _is_kept))


def _is_kept(values: Sequence[CellValue]) -> bool:
    return values[HEADERS.index("Keep")] == "yes"


def _promise(options: FilterOptions) -> Promise | None:
    if options.recall is None and options.precision is None:
        if options.confidence is not None:
            raise ConfigError("--confidence belongs to a promise.", "Say what is to hold: --recall 0.95, say.")
        if options.proxy == "text":
            raise ConfigError("--proxy text belongs to a promise.", "Say what is to hold: --recall 0.95, say.")
        return None
    confidence = CONFIDENCE if options.confidence is None else options.confidence
    return Promise(options.recall, options.precision, confidence)


def _judges(options: FilterOptions, promise: Promise | None) -> tuple[FilterOptions, tuple[str, ...]]:
    """The options with the judges that see every row, and the judges that see some."""
    strong = options.escalate_to
    if options.proxy == "text":
        named = [*options.judges, *([strong] if strong else [])]
        if len(named) != 1:
            raise ConfigError(
                f"With --proxy text one judge answers, and {len(named) or 'none'} {'are' if named else 'is'} named.",
                "Name it with --escalate-to: a classifier takes the place of the judge that sees every row.",
            )
        return replace(options, judges=tuple(named)), ()
    if promise is not None and strong is None:
        raise ConfigError(
            "A promise is made relative to a strong judge, and none is named.",
            "Name it with --escalate-to; without a cheap judge beside it, add --proxy text.",
        )
    return options, (strong,) if strong else ()
