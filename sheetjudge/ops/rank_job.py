"""From what a person asked for to a ranking that is opened and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sheetjudge.core.table import Column
from sheetjudge.core.verdict import PairVerdict
from sheetjudge.engine.run import Seat
from sheetjudge.errors import ConfigError
from sheetjudge.judging.likelihood import LikelihoodJudge
from sheetjudge.judging.pairwise import PairwiseJudge
from sheetjudge.judging.pairwise_prompts import compared
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.reading import Reading, column_named, data_columns
from sheetjudge.ops.set_up import Shared, opened

CERTAINTY = 0.95
"""The certainty at which comparing ends where nobody asks for another."""

PER_ROW = 5
"""Comparisons for each row at the most where nobody says how many."""


@dataclass(frozen=True)
class RankOptions(RunOptions):
    """What a person can say of a ranking.

    Attributes:
        group: column whose equal cells make the groups to rank in.
        top: the best so many (of each group) are wanted, not the whole order.
        comparisons: comparisons at the most. certainty: when to stop before, 0.5…1.
        no_pairs: rank on scores alone. both_orders: ask about every pair in both orders, not only about finalists.
    """

    group: str | None = None
    top: int | None = None
    comparisons: int | None = None
    certainty: float | None = None
    no_pairs: bool = False
    both_orders: bool = False


@dataclass(frozen=True, kw_only=True)
class RankJob(Opened):
    """Everything that a ranking needs.

    Attributes:
        seats: the judges, asked about pairs; empty where rows are ranked on scores alone.
        pair_reading: what of a row is shown in a comparison.
        group: the column that says which rows compete, or None for all. shows_group: judges see it.
        top, comparisons, certainty, both_orders: as in `RankOptions`; comparisons None for `PER_ROW`.
        remarks: what a reader must know of how rows are ranked.
        keep_reasoning: write a `Reasoning` column.
    """

    seats: tuple[Seat[PairVerdict], ...]
    pair_reading: Reading
    group: Column | None = None
    shows_group: bool = False
    top: int | None = None
    comparisons: int | None = None
    certainty: float = CERTAINTY
    both_orders: bool = False
    remarks: tuple[str, ...] = ()
    keep_reasoning: bool = False


def rank_job(options: RankOptions, environment: Mapping[str, str], shared: Shared | None = None) -> RankJob:
    """A ranking, opened and checked.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    found = opened(options, environment, shared=shared)
    try:
        group = _group(options, found)
        fields = tuple(c for c in found.reading.fields if c != group)
        seats, remarks = _seats(options, found)
    except BaseException:
        found.bench.journal.close()
        raise
    # Two rows and what they share have to fit where a row would.
    reading = replace(found.reading, fields=fields, most=found.reading.most // 3)
    return RankJob(
        **found.parts(),
        seats=seats,
        pair_reading=reading,
        group=group,
        shows_group=group in found.reading.fields,
        top=options.top,
        comparisons=options.comparisons,
        certainty=CERTAINTY if options.certainty is None else options.certainty,
        both_orders=options.both_orders,
        remarks=remarks,
        keep_reasoning=options.keep_reasoning,
    )


def _group(options: RankOptions, found: Opened) -> Column | None:
    if options.group is None:
        return None
    group = column_named(options.group, data_columns(found.table), found.table.name, " to group by")
    if found.reading.fields == (group,):
        raise ConfigError(
            f"{group.name} says which rows compete, and nothing else is read.", "Name what to judge with --read."
        )
    return group


def _seats(options: RankOptions, found: Opened) -> tuple[tuple[Seat[PairVerdict], ...], tuple[str, ...]]:
    alone = "rows are ranked on scores alone."
    if options.no_pairs and options.both_orders:
        raise ConfigError("--both-orders is about pairs, and --no-pairs asks about none.", "Give one of them.")
    if options.no_pairs or options.comparisons == 0:
        return (), ()
    if not compared(found.rubric):
        return (), (f"The rubric asks nothing that could be compared: {alone}",)
    deaf = [seat.caller.model.name for seat in found.bench.seats if isinstance(seat.judge, LikelihoodJudge)]
    if deaf:
        return (), (f"{', '.join(deaf)} can't be asked about pairs: {alone}",)
    if options.per_criterion:
        raise ConfigError(
            "--per-criterion can't be had with pairs: a judge weighs the criteria against each other.",
            "Leave it out, or rank on scores with --no-pairs.",
        )
    bench = found.bench
    judge = PairwiseJudge(found.rubric, bench.asking, bench.secret)
    return tuple(Seat(judge, seat.caller) for seat in bench.seats), ()
