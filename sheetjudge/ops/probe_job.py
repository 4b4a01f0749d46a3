"""`probe`: from what a person asked for to rows that are drawn, changed and ready to be asked about."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sheetjudge.core.keys import canonical
from sheetjudge.engine.run import Seat, Work
from sheetjudge.errors import ConfigError
from sheetjudge.judging.addressing import addressing
from sheetjudge.judging.attacks import Attack, attacks
from sheetjudge.judging.pointwise import PointwiseJudge
from sheetjudge.judging.prompts import UNGUARDED, Guards
from sheetjudge.judging.protocol import Item
from sheetjudge.ops.judges import Bench, RowSeat
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.set_up import opened

ROWS = 20


@dataclass(frozen=True)
class ProbeOptions(RunOptions):
    """What a person can say of a probe.

    Attributes:
        attacks: try attacks on the judge.
        draw: so many rows are tried. seed: of the draw.
    """

    attacks: bool = False
    draw: int = ROWS
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """A row as it is, or under an attack.

    Attributes:
        work: the row. number: the how-manieth of those drawn.
        attack: None for the row as it is. item, cut: as judges see it.
    """

    work: Work
    number: int
    attack: Attack | None
    item: Item
    cut: bool = False


@dataclass(frozen=True)
class ProbeJob(Opened):
    """Everything that a probe needs. Nothing is written into the table.

    Attributes:
        drawn: the rows that are tried. attacks: what is tried on them.
        bare: the judges as they would be asked without the defences; none for judges that are shown a text alone.
    """

    drawn: tuple[Work, ...] = ()
    attacks: tuple[Attack, ...] = ()
    bare: tuple[RowSeat, ...] = ()

    def trials(self) -> Iterator[Trial]:
        """Each row as it is, and under each attack."""
        for number, work in enumerate(self.drawn):
            assert work.item is not None  # noqa: S101 - only rows with something to judge are drawn
            yield Trial(work, number, None, work.item, work.cut)
            for attack in self.attacks:
                yield Trial(work, number, attack, attack.on(work.item, number))


def probe_job(options: ProbeOptions, environment: Mapping[str, str]) -> ProbeJob:
    """A probe, opened and checked, its rows drawn.

    Args:
        options: what a person said. environment: environment variables.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    if not options.attacks:
        raise ConfigError("It isn't said what is to be tried.", "Say --attacks.")
    # Whatever comes of it is told and not written, so that a sheet is only read.
    found = opened(replace(options, dry_run=True), environment)
    try:
        return job_of(found, draw=options.draw, seed=options.seed)
    except BaseException:
        found.bench.journal.close()
        raise


def job_of(found: Opened, *, draw: int = ROWS, seed: int = 0) -> ProbeJob:
    """A probe of what is opened: `draw` rows of it, the same ones for the same `seed` wherever they stand.

    Raises:
        ConfigError: there is nobody to try, or nothing to try it on.
    """
    if not found.bench.seats:
        raise ConfigError("The rubric has checks alone: no judge is asked.", "Name a rubric that asks something.")
    # A row that is an attack already would hide what another one does.
    fit = (work for work in found.works() if work.item is not None and not addressing(work.item))
    drawn = heapq.nsmallest(draw, fit, key=lambda work: (_lot(work, seed), work.row.position))
    if not drawn:
        raise ConfigError(f"{found.table.name} has no row to try this on.", "Name a table with rows to judge.")
    bare = unguarded(found.bench, UNGUARDED, found)
    return ProbeJob(**found.parts(), drawn=tuple(drawn), attacks=attacks(found.rubric), bare=bare)


def unguarded(bench: Bench, guards: Guards, found: Opened) -> tuple[RowSeat, ...]:
    """The chat judges of a bench, asked with some of the defences only; none where one of them is asked otherwise."""
    if not all(isinstance(seat.judge, PointwiseJudge) for seat in bench.seats):
        return ()
    judge = PointwiseJudge(found.rubric, bench.asking, bench.secret, guards)
    return tuple(Seat(judge, seat.caller) for seat in bench.seats)


def _lot(work: Work, seed: int) -> bytes:
    assert work.item is not None  # noqa: S101 - asked before
    return hashlib.sha256(canonical([seed, work.item.fields, sorted(work.item.references.items())])).digest()
