"""What `filter` says to a person."""

from __future__ import annotations

from collections.abc import Collection
from math import floor

from sheetjudge.cli import texts
from sheetjudge.cli.progress import duration
from sheetjudge.cli.say import counted
from sheetjudge.engine.plan import Plan
from sheetjudge.ops.filter import FilterResult
from sheetjudge.ops.filter_job import FilterJob
from sheetjudge.stats.guarantee_promise import ROUNDING, Bounds, Promise

_STANDARD_OUTPUT = "standard output"
_MOST_REASONS = 8
# Parts of the whole in which a bound is said.
_PARTS = 10_000


def before(job: FilterJob) -> str:
    """What is about to happen, and where row text goes."""
    strong = job.strong
    every = ", ".join(seat.caller.model.name for seat in job.bench.seats)
    looks = "a classifier of its text" if job.proxy == "text" else every
    lines = [f"Filtering {job.table.name}: keep {job.rubric.name!r}. Every row is looked at by {looks}."]
    if strong is not None:
        lines.append(f"{strong.caller.model.name} is asked about {'some' if job.promise else 'close'} rows.")
    if job.promise is not None:
        lines.append(f"Promised: {promised(job.promise)}, relative to {_strong(job)}.")
    if job.default_judge:
        lines.append("No judge was named, so the embedded one answers; name a stronger one with --judge.")
    lines += job.leaving
    return "\n".join([*lines, *(f"Note: {note}" for note in job.table.notes)])


def promised(promise: Promise) -> str:
    """A promise in words."""
    parts = [
        f"{name} of at least {_share(share)}"
        for name, share in (("recall", promise.recall), ("precision", promise.precision))
        if share is not None
    ]
    return f"{' and '.join(parts)} with {_share(promise.confidence)} confidence"


def plan_text(plan: Plan, job: FilterJob) -> str:
    """A dry run's findings."""
    lines = texts.plan_text(plan, job).splitlines()
    if job.strong is not None:
        few = f"How many rows {_strong(job)} is asked about is found out on the way; its figures above are the most."
        lines.insert(-1, few)
    return "\n".join(lines)


def result_text(result: FilterResult, job: FilterJob, noted: Collection[str] = ()) -> str:
    """The summary on the terminal, without those notes that were `noted` before."""
    counts = result.counts
    skipped = f", {counts.skipped:,} skipped" if counts.skipped else ""
    kept = f"{counts.keep['yes']:,} kept, {counts.keep['no']:,} dropped, {counts.keep['review']:,} for review{skipped}"
    lines = [f"{counted(counts.rows, 'row')} in {duration(result.seconds)}: {kept}."]
    if job.promise is not None:
        lines += _held(job.promise, result.bounds, job)
    if job.strong is not None:
        asked = f"{_strong(job)} was asked about {result.asked:,} of {counted(result.rows, 'row')}"
        if result.saved is None:
            lines.append(f"{asked} before the run was stopped.")
        else:
            share = f" ({result.saved / result.rows:.0%})" if result.rows else ""
            naive = "a run without a filter for it would have asked about all"
            lines.append(f"{asked}; {naive}: {result.saved:,} saved{share}.")
    lines += texts.addressed_lines(counts.addressed)
    if counts.unscored:
        lines.append("Unscored, and so for review:")
        lines += [f"  {count:>6,}  {reason}" for reason, count in counts.unscored.most_common(_MOST_REASONS)]
        if job.promise is not None:
            lines.append("The promise is about the rows that the strong judge answers.")
    lines.append(texts.spent_text(result.tally))
    lines += [f"Note: {note}" for note in result.notes if note not in noted]
    if job.target is not None and job.target.name != _STANDARD_OUTPUT:
        lines.append(f"The results are in {job.target.name}.")
    if result.stopped:
        lines.append(f"Stopped: {result.stopped}")
    return "\n".join(lines)


def _held(promise: Promise, bounds: Bounds | None, job: FilterJob) -> list[str]:
    if bounds is None or not bounds.met:
        return [f"Not reached yet: {promised(promise)}. Rows that {_strong(job)} hasn't seen are undecided."]
    hidden = counted(bounds.hidden, "row")
    missed = f"at most {hidden} to keep among those dropped without it" if bounds.hidden else "none missed"
    wrong = f"at most {counted(bounds.wrong, 'row')} kept wrongly" if bounds.wrong else "none kept wrongly"
    recall = f"recall at least {at_least(bounds.recall, promise.recall)}"
    precision = f"precision at least {at_least(bounds.precision, promise.precision)}"
    held = f"With {_share(promise.confidence)} confidence, relative to {_strong(job)}"
    lines = [f"{held}: {recall} ({missed}), {precision} ({wrong})."]
    if promise.recall is None:
        lines.append("No row was dropped without it; with --recall as well, fewer rows would need it.")
    return lines


def _share(share: float) -> str:
    """As it was asked for: 0.99999 is not 1."""
    return f"{share:.12g}"


def at_least(bound: float, promised: float | None) -> str:
    """A bound, never rounded up; one that was promised is reached to the last digit."""
    return _share(max(floor(bound * _PARTS + ROUNDING) / _PARTS, promised or 0.0))


def _strong(job: FilterJob) -> str:
    return job.strong.caller.model.name if job.strong is not None else ""
