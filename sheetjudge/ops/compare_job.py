"""From what a person asked for to a comparison that is opened and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Column, Table
from sheetjudge.engine.run import Seat
from sheetjudge.errors import ConfigError, TableError
from sheetjudge.judging.likelihood import LikelihoodJudge
from sheetjudge.judging.pairwise import PairwiseJudge
from sheetjudge.judging.pairwise_orders import BothOrders, OneOrder, TwoOrders
from sheetjudge.ops.compare import CompareJob
from sheetjudge.ops.compare_prompts import Contest, Long, Wide
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.reading import Reading, choose_columns, column_named, data_columns
from sheetjudge.ops.set_up import Shared, opened

_LEAST = 2


@dataclass(frozen=True)
class CompareOptions(RunOptions):
    """What a person can say of a comparison.

    Attributes:
        contenders: a column for each. by, group: columns with the contender and the prompt of a row.
        no_pairs: compare scores instead of asking about pairs.
        one_order: ask about each pair once.
    """

    contenders: tuple[str, ...] = ()
    by: str | None = None
    group: str | None = None
    no_pairs: bool = False
    one_order: bool = False


def compare_job(options: CompareOptions, environment: Mapping[str, str], shared: Shared | None = None) -> CompareJob:
    """A comparison of contenders, opened and checked.

    Args:
        options: what a person said.
        environment: environment variables.
        shared: what this run has in common with others; None for a run of its own.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    _check(options)
    choose = _wide_columns(options) if options.contenders else _long_columns(options)
    found = opened(options, environment, choose=choose, shared=shared)
    try:
        contest = _contest(options, found)
        seats, remarks = _seats(options, found)
    except BaseException:
        found.bench.journal.close()
        raise
    parts = found.parts()
    return CompareJob(**parts, contest=contest, seats=seats, remarks=remarks, keep_reasoning=options.keep_reasoning)


def _check(options: CompareOptions) -> None:
    if options.contenders and (options.by or options.group):
        raise ConfigError(
            "--contender is for a table with a column for each contender, --by and --group for a row for each answer.",
            "Give the ones or the others.",
        )
    if not options.contenders and not (options.by and options.group):
        raise ConfigError(
            "Nobody is named to be compared.",
            "Name a column for each contender (--contender GPT --contender Ours), or the columns that say whose answer"
            " a row holds and to what (--by Model --group Prompt --read Answer).",
        )
    if options.by and not options.read:
        raise ConfigError("--by needs the column with the answers.", "Name it with --read.")
    if options.no_pairs and options.one_order:
        raise ConfigError("--one-order is about pairs, and --no-pairs asks about none.", "Give one of them.")


Choose = Callable[[Table, Rubric, Iterable[str], int], Reading]


def _wide_columns(options: CompareOptions) -> Choose:
    def choose(table: Table, rubric: Rubric, read: Iterable[str], most: int) -> Reading:
        columns = _contenders(options, table)
        chosen = choose_columns(table, rubric, read, most)
        _refuse_references(chosen, columns)
        shared = tuple(c for c in chosen.fields if c not in columns)
        return Reading((*columns, *shared), chosen.references, most)

    return choose


def _contenders(options: CompareOptions, table: Table) -> tuple[Column, ...]:
    data = data_columns(table)
    columns = tuple(column_named(name, data, table.name, " for a contender") for name in options.contenders)
    twice = next((c.name for n, c in enumerate(columns) if c in columns[:n]), None)
    if twice is not None:
        raise ConfigError(f"The contender {twice!r} is named twice.", "Name each once.")
    if len(columns) < _LEAST:
        raise ConfigError("A single contender has nobody to be compared with.", "Name two or more.")
    return columns


def _refuse_references(chosen: Reading, columns: Sequence[Column]) -> None:
    for name, column in chosen.references:
        if column in columns:
            raise ConfigError(
                f"The rubric asks about {{{name}}}, which is a contender's answer.",
                "An ask can name what all answers share: the prompt, or an ideal answer.",
            )


def _long_columns(options: CompareOptions) -> Choose:
    def choose(table: Table, rubric: Rubric, read: Iterable[str], most: int) -> Reading:
        by, group = _by_and_group(options, table)
        chosen = choose_columns(table, rubric, read, most)
        if by in chosen.fields or any(column == by for _, column in chosen.references):
            raise ConfigError(
                f"{by.name} says whose answer a row holds, and a judge that reads it could take sides.",
                "Leave it out of --read and of the rubric's asks.",
            )
        own = tuple(c for c in chosen.fields if c != group)
        if not own:
            raise ConfigError(f"{group.name} holds what was asked, not the answers.", "Name theirs with --read.")
        return Reading((group, *own), chosen.references, most)

    return choose


def _by_and_group(options: CompareOptions, table: Table) -> tuple[Column, Column]:
    data = data_columns(table)
    return column_named(options.by or "", data, table.name), column_named(options.group or "", data, table.name)


def _contest(options: CompareOptions, found: Opened) -> Contest:
    if options.contenders:
        return Wide(found.rows, found.rubric, found.reading, _contenders(options, found.table))
    by, group = _by_and_group(options, found.table)
    contest = Long(found.rows, found.rubric, found.reading, by, group)
    if len(contest.contenders) < _LEAST:
        names = ", ".join(contest.contenders) or "nobody"
        raise TableError(f"{by.name} names {names}: there are no two to be compared.")
    return contest


def _seats(options: CompareOptions, found: Opened) -> tuple[tuple[Seat[TwoOrders], ...] | None, tuple[str, ...]]:
    """The judges of pairs, or None where scores are compared; and what is to be said of it."""
    if options.no_pairs:
        return None, ()
    deaf = [seat.caller.model.name for seat in found.bench.seats if isinstance(seat.judge, LikelihoodJudge)]
    if deaf:
        return None, (f"{', '.join(deaf)} can't be asked about pairs: each answer is scored, and scores are compared.",)
    if not found.rubric.asked:
        return (), ()
    if options.per_criterion:
        raise ConfigError(
            "--per-criterion can't be had with pairs: a judge weighs the criteria against each other.",
            "Leave it out, or compare scores with --no-pairs.",
        )
    bench = found.bench
    judge = PairwiseJudge(found.rubric, bench.asking, bench.secret)
    orders = OneOrder(judge) if options.one_order else BothOrders(judge)
    remarks = ("Each pair was shown in one order only: a judge's liking for a place is in the results.",)
    return tuple(Seat(orders, seat.caller) for seat in bench.seats), remarks if options.one_order else ()
