"""`score` with a cascade: from what a person asked for to a job that is opened and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sheetjudge.core.rubric import Rubric
from sheetjudge.engine.run import Seat
from sheetjudge.errors import ConfigError
from sheetjudge.judging.asking import Asking
from sheetjudge.judging.likelihood import LikelihoodJudge
from sheetjudge.judging.pointwise import PointwiseJudge
from sheetjudge.ops.cascade import Cascade
from sheetjudge.ops.judges import RowSeat
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.reading import column_named, data_columns
from sheetjudge.ops.score import ScoreJob
from sheetjudge.ops.set_up import Shared, opened, score_job
from sheetjudge.stats.escalation import Best, Border, IfBelow, Line, UntilSure, in_turn


@dataclass(frozen=True)
class ScoreOptions(RunOptions):
    """What a person can say of a scoring run.

    Attributes:
        escalate_to: judges that are asked about close rows only.
        if_margin_below: how close, in units of the rubric's scale. confidence: ask on until this certain, instead.
        group: column whose value rows that are compared have in common.
        best: how many rows (of each group) are wanted; None for one, where there are groups.
        threshold: score that decides, in place of other rows.
        escalate_samples: replies of each further judge; with `confidence`, at the most.
        batch: ask by the judges' Batch APIs first.
    """

    escalate_to: tuple[str, ...] = ()
    if_margin_below: float | None = None
    confidence: float | None = None
    group: str | None = None
    best: int | None = None
    threshold: float | None = None
    escalate_samples: int = 1
    batch: bool = False


def any_score_job(options: ScoreOptions, environment: Mapping[str, str], shared: Shared | None = None) -> ScoreJob:
    """A scoring run, with a cascade or without, opened and checked.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    if not _is_cascade(options):
        return replace(score_job(options, environment, shared=shared), batch=options.batch)
    _check(options)
    # What a row needs hangs on others: a sheet's rows are gone through each time, and the journal answers.
    found = opened(options, environment, further=options.escalate_to, shared=shared)
    try:
        cascade = _cascade(options, found)
    except BaseException:
        found.bench.journal.close()
        raise
    return ScoreJob(**found.parts(), keep_reasoning=options.keep_reasoning, cascade=cascade, batch=options.batch)


def _is_cascade(options: ScoreOptions) -> bool:
    if options.escalate_to or options.confidence is not None:
        return True
    for flag, value in (
        ("--if-margin-below", options.if_margin_below),
        ("--group", options.group),
        ("--best", options.best),
        ("--threshold", options.threshold),
    ):
        if value is not None:
            raise ConfigError(
                f"{flag} says which rows are close, but nobody is to be asked about them.",
                "Name a judge with --escalate-to, or leave it out.",
            )
    return False


def _check(options: ScoreOptions) -> None:
    """Refuse what contradicts itself."""
    if options.if_margin_below is not None and options.confidence is not None:
        raise ConfigError("--if-margin-below and --confidence both say when to ask further.", "Leave one out.")
    if options.if_margin_below is None and options.confidence is None:
        raise ConfigError(
            "--escalate-to needs to know which rows are close.",
            "Add --if-margin-below M (in units of the score), or --confidence C to ask on until that certain.",
        )
    if not options.escalate_to and options.samples == 1:
        raise ConfigError(
            "--confidence asks on until certain, but there is nobody to ask.",
            "Name a judge with --escalate-to, or allow more replies with --samples.",
        )
    if options.threshold is not None and (options.group is not None or options.best is not None):
        raise ConfigError(
            "--threshold holds rows against a score, --group and --best against each other.", "Leave one out."
        )
    if options.threshold is None and options.group is None and options.best is None:
        raise ConfigError(
            "It isn't said what rows are close to.",
            "Add --group COLUMN (the best row of each group is wanted), --best K (the best K of the table),"
            " or --threshold SCORE.",
        )


def _cascade(options: ScoreOptions, found: Opened) -> Cascade:
    rubric = found.rubric
    if not any(c.scale.ordered and c.weight for c in rubric.asked):
        raise ConfigError(f"{rubric.name!r} gives no score by a judge, so no row is close to another.")
    first = range(len(found.bench.seats))
    further = range(len(first), len(first) + len(found.bench.further))
    group = None
    if options.group is not None:
        group = column_named(options.group, data_columns(found.table), found.table.name)
    border = _border(options, rubric)
    size = rubric.scale.high - rubric.scale.low
    if options.confidence is not None:
        seats = list(_in_turn(options, found))
        order = tuple(judge for judge, _ in seats)
        turns = tuple(seat for _, seat in seats)
        return Cascade(turns, order, len(first), UntilSure(options.confidence), border, group)
    margin = options.if_margin_below or 0.0
    if not 0 < margin <= size:
        raise ConfigError(f"--if-margin-below {margin:g} is no difference between two scores on {rubric.scale}.")
    again = replace(found.bench.asking, samples=options.escalate_samples)
    closer = tuple(_reseated(seat, again, found) for seat in found.bench.further)
    all_seats = (*found.bench.seats, *closer)
    samples = (*(options.samples for _ in first), *(options.escalate_samples for _ in further))
    replies = tuple(
        1 if isinstance(seat.judge, LikelihoodJudge) else n for seat, n in zip(all_seats, samples, strict=True)
    )
    return Cascade(all_seats, (*first, *further), len(first), IfBelow(margin / size), border, group, replies)


def _border(options: ScoreOptions, rubric: Rubric) -> Border:
    scale = rubric.scale
    if options.threshold is None:
        return Best(options.best or 1)
    if not scale.low <= options.threshold <= scale.high:
        raise ConfigError(f"--threshold {options.threshold:g} is no score on {scale}.")
    return Line(scale.normalised(options.threshold))


def _in_turn(options: ScoreOptions, found: Opened) -> Iterator[tuple[int, RowSeat]]:
    """(judge, seat) of each answer, one by one: the first judges, the others, and all again for their next reply."""
    bench = found.bench
    first, further = range(len(bench.seats)), range(len(bench.seats), len(bench.everyone))
    taken: dict[int, int] = {}
    for judge in in_turn(first, further, options.samples, options.escalate_samples):
        seat, n = bench.everyone[judge], taken.get(judge, 0)
        taken[judge] = n + 1
        most = options.samples if judge in first else options.escalate_samples
        if n and isinstance(seat.judge, LikelihoodJudge):
            # It would say the same again.
            continue
        yield judge, _reseated(seat, replace(bench.asking, samples=1, sample=n, is_sampled=most > 1), found)


def _reseated(seat: RowSeat, asking: Asking, found: Opened) -> RowSeat:
    """The same model, asked in another way."""
    if isinstance(seat.judge, LikelihoodJudge):
        return seat
    return Seat(PointwiseJudge(found.rubric, asking, found.bench.secret), seat.caller)


def said_of(cascade: Cascade, rubric: Rubric, further: Sequence[str]) -> str:
    """In a sentence, whom a cascade asks about which rows."""
    scale, border = rubric.scale, cascade.border
    whom = ", ".join(further) or "the same judge again"
    if isinstance(border, Line):
        what = f"whether a row reaches {scale.at(border.at):g}"
    else:
        best = "the best row" if border.count == 1 else f"the best {border.count} rows"
        where = f"of each {cascade.group.name!r}" if cascade.group else "of the table"
        what = f"which is {best} {where}" if border.count == 1 else f"which are {best} {where}"
    if isinstance(cascade.policy, UntilSure):
        return f"Asked further until it is {cascade.policy.confidence:.0%} sure {what}: {whom}."
    assert isinstance(cascade.policy, IfBelow)  # noqa: S101 - there are two
    margin = cascade.policy.margin * (scale.high - scale.low)
    return f"Asked further where a margin below {margin:g} decides {what}: {whom}."
