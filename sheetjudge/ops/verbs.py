"""The operations by name: how each is opened, planned and carried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sheetjudge.engine.plan import Plan
from sheetjudge.errors import ConfigError
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.set_up import Shared


@dataclass(frozen=True)
class Verb:
    """How an operation is opened and carried out.

    Attributes:
        options: the kind of its options.
        open: options, environment and what is shared -> what is opened.
        run: what was opened and a callback for its progress -> a result with `exit_code`, `stopped`, `tally` and
            `as_json`.
        plan: what was opened -> what running it would take.
    """

    options: type[RunOptions]
    open: Callable[[Any, Mapping[str, str], Shared | None], Opened]
    run: Callable[[Any, Callable[[Progress], None]], Awaitable[Any]]
    plan: Callable[[Any], Plan]


def verb_of(operation: str) -> Verb:
    """How an operation is carried out. Imports what it needs."""
    if operation == "score":
        from sheetjudge.ops.escalate import ScoreOptions, any_score_job
        from sheetjudge.ops.score import plan_score, score

        return Verb(ScoreOptions, any_score_job, score, plan_score)
    if operation == "compare":
        from sheetjudge.ops.compare import compare, plan_compare
        from sheetjudge.ops.compare_job import CompareOptions, compare_job

        return Verb(CompareOptions, compare_job, compare, plan_compare)
    if operation == "rank":
        from sheetjudge.ops.rank import rank
        from sheetjudge.ops.rank_job import RankOptions, rank_job
        from sheetjudge.ops.rank_plan import plan_rank

        return Verb(RankOptions, rank_job, rank, plan_rank)
    if operation == "filter":
        from sheetjudge.ops.filter import filter_rows, plan_filter
        from sheetjudge.ops.filter_job import FilterOptions, filter_job

        return Verb(FilterOptions, filter_job, filter_rows, plan_filter)
    raise ConfigError(f"There is no operation {operation!r}.")
