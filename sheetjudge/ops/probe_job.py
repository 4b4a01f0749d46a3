"""`probe`: from what a person asked for to rows that are drawn, changed and ready to be asked about."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from sheetjudge.core.keys import canonical
from sheetjudge.engine.run import Seat, Work
from sheetjudge.errors import ConfigError
from sheetjudge.judging.addressing import addressing
from sheetjudge.judging.attacks import Attack, attacks
from sheetjudge.judging.biases import BIASES, Bias
from sheetjudge.judging.pointwise import PointwiseJudge
from sheetjudge.judging.prompts import UNGUARDED, Guards
from sheetjudge.judging.protocol import Item
from sheetjudge.ops.judges import Bench, RowSeat
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.probe_authors import Authors, authors_of, columns_apart, drawn_evenly
from sheetjudge.ops.probe_pairs import PairSeat, PairTrial, pair_seats, pair_trials
from sheetjudge.ops.set_up import opened

ROWS = 20

TIMES = 5
"""How often a judge is asked about the same row to see whether it says the same again."""


class Change(Protocol):
    """Something that is done to a row."""

    @property
    def id(self) -> str: ...  # noqa: D102
    def on(self, item: Item, number: int, /) -> Item | None:
        """The row, changed; None where there is nothing to change."""
        ...


@dataclass(frozen=True)
class ProbeOptions(RunOptions):
    """What a person can say of a probe.

    Attributes:
        attacks: try attacks on the judge. bias: try changes that add no merit, both orders of pairs, and the same rows
            again.
        author: column that says who wrote a row: see whether a judge favours its own. own: authors that are its own;
            none for those that its name tells. human: columns with what people gave to the row.
        draw: so many rows are tried. seed: of the draw.
    """

    attacks: bool = False
    bias: bool = False
    author: str | None = None
    own: tuple[str, ...] = ()
    human: tuple[str, ...] = ()
    draw: int = ROWS
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """A row as it is, or changed.

    Attributes:
        work: the row. number: the how-manieth of those drawn.
        change: its id; "" for the row as it is. item, cut: as judges see it.
    """

    work: Work
    number: int
    change: str
    item: Item
    cut: bool = False


@dataclass(frozen=True)
class ProbeJob(Opened):
    """Everything that a probe needs. Nothing is written into the table.

    Attributes:
        drawn: the rows that are tried. attacks, biases: what is tried on them.
        again: the judges as they are asked about the same row once more, for each time.
        bare: the judges as they would be asked without the defences; none for judges that are shown a text alone.
        pairs: the judges, asked about two rows in both orders; none where that isn't tried.
        authors: who wrote the rows; None where that isn't asked.
        remarks: what a reader must know of what isn't tried.
    """

    drawn: tuple[Work, ...] = ()
    attacks: tuple[Attack, ...] = ()
    biases: tuple[Bias, ...] = ()
    again: tuple[tuple[RowSeat, ...], ...] = ()
    bare: tuple[RowSeat, ...] = ()
    pairs: tuple[PairSeat, ...] = ()
    authors: Authors | None = None
    remarks: tuple[str, ...] = ()

    def trials(self, changes: Sequence[Change] | None = None) -> Iterator[Trial]:
        """Each row as it is, and after each of some changes; None for all."""
        everything: tuple[Change, ...] = (*self.attacks, *self.biases)
        for number, work in enumerate(self.drawn):
            assert work.item is not None  # noqa: S101 - only rows with something to judge are drawn
            yield Trial(work, number, "", work.item, work.cut)
            for change in everything if changes is None else changes:
                if (item := change.on(work.item, number)) is not None:
                    yield Trial(work, number, change.id, item)

    def passes(self) -> Iterator[tuple[str, Sequence[RowSeat], Iterator[Trial]]]:
        """What is asked of whom, one after the other: the name of the pass, the judges, and what they see."""
        yield "", self.bench.seats, self.trials()
        if self.bare and self.attacks:
            yield "bare", self.bare, self.trials(self.attacks)
        for time, seats in enumerate(self.again, start=1):
            yield f"again {time}", seats, self.trials(())

    def pair_trials(self) -> Iterator[PairTrial]:
        """The rows two by two, where the judges are asked about pairs."""
        return pair_trials(self.drawn, self.reading) if self.pairs else iter(())


def probe_job(options: ProbeOptions, environment: Mapping[str, str]) -> ProbeJob:
    """A probe, opened and checked, its rows drawn.

    Args:
        options: what a person said. environment: environment variables.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    if not options.attacks and not options.bias and options.author is None:
        raise ConfigError("It isn't said what is to be tried.", "Say --attacks, --bias or --author COL.")
    if options.author is None and (options.own or options.human):
        raise ConfigError("--own and --human are for telling a judge's own texts from others'.", "Add --author COL.")
    # Whatever comes of it is told and not written, so that a sheet is only read.
    choose = columns_apart(options.author, options.human)
    found = opened(replace(options, writes=False), environment, choose=choose)
    try:
        return job_of(found, options)
    except BaseException:
        found.bench.journal.close()
        raise


def job_of(found: Opened, options: ProbeOptions) -> ProbeJob:
    """A probe of what is opened: rows of it, the same ones for the same seed wherever they stand.

    Raises:
        ConfigError: there is nobody to try, or nothing to try it on.
    """
    if not found.bench.seats:
        raise ConfigError("The rubric has checks alone: no judge is asked.", "Name a rubric that asks something.")
    authors = _authors(found, options)
    drawn = _drawn(found, options, authors)
    pairs, remark = pair_seats(found.bench, found.rubric) if options.bias else ((), "")
    return ProbeJob(
        **found.parts(),
        drawn=drawn,
        attacks=attacks(found.rubric) if options.attacks else (),
        biases=BIASES if options.bias else (),
        again=_again(found) if options.bias else (),
        bare=unguarded(found.bench, UNGUARDED, found),
        pairs=pairs,
        authors=authors,
        remarks=tuple(filter(None, (remark,))),
    )


def _authors(found: Opened, options: ProbeOptions) -> Authors | None:
    if options.author is None:
        return None
    return authors_of(
        found.table,
        (work.row for work in found.works() if work.item is not None),
        found.rubric.scale,
        [seat.caller.model.name for seat in found.bench.seats],
        author=options.author,
        own=options.own,
        people=options.human,
    )


def _drawn(found: Opened, options: ProbeOptions, authors: Authors | None) -> tuple[Work, ...]:
    # A row that is an attack already would hide what another one does.
    fit = (work for work in found.works() if work.item is not None and not addressing(work.item))
    if authors is None:
        lots = heapq.nsmallest(options.draw, fit, key=lambda work: (_lot(work, options.seed), work.row.position))
        drawn = tuple(lots)
    else:
        of_authors = (work for work in fit if authors.is_fit(work.row))
        drawn = drawn_evenly(of_authors, options.draw, lambda work: _lot(work, options.seed), authors.kind)
    if not drawn:
        raise ConfigError(f"{found.table.name} has no row to try this on.", "Name a table with rows to judge.")
    return drawn


def _again(found: Opened) -> tuple[tuple[RowSeat, ...], ...]:
    """The judges, once more and once more: other samples, asked for exactly as the first. A likelihood stays itself."""
    bench = found.bench
    if not all(isinstance(seat.judge, PointwiseJudge) for seat in bench.seats):
        return ()
    askings = [replace(bench.asking, sample=time * bench.asking.samples) for time in range(1, TIMES)]
    judges = [PointwiseJudge(found.rubric, asking, bench.secret) for asking in askings]
    return tuple(tuple(Seat(judge, seat.caller) for seat in bench.seats) for judge in judges)


def unguarded(bench: Bench, guards: Guards, found: Opened) -> tuple[RowSeat, ...]:
    """The chat judges of a bench, asked with some of the defences only; none where one of them is asked otherwise."""
    if not all(isinstance(seat.judge, PointwiseJudge) for seat in bench.seats):
        return ()
    judge = PointwiseJudge(found.rubric, bench.asking, bench.secret, guards)
    return tuple(Seat(judge, seat.caller) for seat in bench.seats)


def _lot(work: Work, seed: int) -> bytes:
    assert work.item is not None  # noqa: S101 - asked before
    return hashlib.sha256(canonical([seed, work.item.fields, sorted(work.item.references.items())])).digest()
