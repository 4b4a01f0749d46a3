"""What `score` says to a person: before, instead of (a dry run) and after."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sheetjudge.cli.progress import duration
from sheetjudge.cli.say import counted
from sheetjudge.core.rubric import Criterion
from sheetjudge.engine.plan import Plan
from sheetjudge.engine.tally import Tally
from sheetjudge.ops.cascade import CascadeStory
from sheetjudge.ops.escalate import said_of
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.score import ScoreJob, ScoreResult
from sheetjudge.ops.summary import CriterionSummary
from sheetjudge.stats.jury import JuryTally

_BAR = 24
_TITLE = 48
STANDARD_OUTPUT = "standard output"


def before(job: Opened, doing: str = "Scoring") -> str:
    """What is about to happen, and where row text goes."""
    names = [seat.caller.model.name for seat in job.bench.seats]
    judged = f"judged by {', '.join(names)}" if names else "by checks alone"
    lines = [f"{doing} {job.table.name} against {job.rubric.name!r} (version {job.rubric.version}), {judged}."]
    if job.default_judge:
        lines.append("No judge was named, so the embedded one answers; name a stronger one with --judge.")
    if isinstance(job, ScoreJob) and job.cascade is not None:
        lines.append(said_of(job.cascade, job.rubric, [seat.caller.model.name for seat in job.bench.further]))
    lines += job.leaving
    lines += [f"Note: {note}" for note in job.table.notes]
    return "\n".join(lines)


def plan_text(plan: Plan, job: Opened, unit: str = "row") -> str:
    """A dry run's findings; `unit` is what is judged."""
    skipped = f", {plan.skipped:,} without anything to judge" if plan.skipped else ""
    cut = f", {plan.cut:,} too long to be shown whole" if plan.cut else ""
    lines = [f"{counted(plan.rows, unit)} to judge{skipped}{cut}."]
    for seat in plan.seats:
        tokens = f"about {seat.usage.prompt:,} prompt and {seat.usage.completion:,} reply tokens"
        of_day = f" at the prices of {seat.priced}" if seat.priced else ""
        money = "price unknown" if seat.usd is None else f"about ${seat.usd:,.4f}{of_day}"
        have = f"; {counted(seat.answered, 'answer is', 'answers are')} in the journal" if seat.answered else ""
        others = counted(seat.repeated, "question more is", "questions more are")
        cost = "costs" if seat.repeated == 1 else "cost"
        alike = f"; {others} the same as one of these and {cost} nothing" if seat.repeated else ""
        lines.append(f"{seat.judge}: {counted(seat.calls, 'call')}, {tokens}, {money}{have}{alike}.")
    if isinstance(job, ScoreJob) and job.cascade is not None:
        lines.append("These are the most: every row with all answers that it can get, and not close ones alone.")
    return "\n".join([*lines, *job.leaving, "Nothing was asked and nothing was written."])


def plan_json(plan: Plan, job: Opened, operation: str = "score") -> dict[str, Any]:
    """A dry run's findings for machines."""
    return {
        "operation": operation,
        "dry_run": True,
        "table": job.table.name,
        "columns": list(job.reading.leaving),
        **asdict(plan),
        "usd": plan.usd,
    }


def result_text(result: ScoreResult, job: ScoreJob, noted: Collection[str] = ()) -> str:
    """The summary on the terminal, without those notes that were `noted` before."""
    summary, tally = result.summary, result.tally
    counts = [f"{summary.rows[kind]:,} {kind}" for kind in ("ok", "review", "skipped", "error") if summary.rows[kind]]
    mean = "" if summary.mean is None else f"; mean score {summary.mean:.2f} on {job.rubric.scale}"
    rows = counted(sum(summary.rows.values()), "row")
    lines = [f"{rows} in {duration(result.seconds)}: {', '.join(counts) or 'none'}{mean}."]
    if sum(summary.rows.values()):
        for criterion in job.rubric.criteria:
            lines += _criterion_lines(criterion, summary.criteria[criterion.id])
    lines += _row_lines("Best rows", summary.best) + _row_lines("Lowest rows", summary.worst)
    lines += addressed_lines(summary.addressed)
    if summary.unscored:
        lines.append("Unscored:")
        lines += [f"  {count:>6,}  {reason}" for reason, count in summary.unscored.most_common(8)]
        if any("token limit" in reason for reason in summary.unscored):
            lines.append("  A higher --max-tokens gives the judge more room, for its thoughts too.")
    if summary.gates:
        gates = [f"{name} ({counted(n, 'row')})" for name, n in summary.gates.items()]
        lines.append(f"Required and not met: {', '.join(gates)}.")
    if result.cascade is not None:
        lines.append(_cascade_line(result.cascade, is_done=result.stopped is None))
    lines += jury_lines(summary.jury, str(job.rubric.scale))
    lines.append(spent_text(tally))
    lines += [f"Note: {note}" for note in result.notes if note not in noted]
    if job.target is not None and job.target.name != STANDARD_OUTPUT:
        lines.append(f"The results are in {job.target.name}.")
    if result.stopped:
        lines.append(f"Stopped: {result.stopped}")
    return "\n".join(lines)


def _cascade_line(story: CascadeStory, *, is_done: bool) -> str:
    # Of a run that was stopped nobody knows what it would have asked yet.
    saved = f", {1 - story.answers / story.most:.0%} saved" if story.most and is_done else ""
    sure = ""
    if story.sure is not None:
        sure = f" {story.sure:,} of {counted(story.groups, 'decision')} came to be as certain as asked."
    return (
        f"{story.further:,} of {counted(story.rows, 'row')} asked about further: {counted(story.answers, 'answer')} in"
        f" place of {story.most:,}{saved}.{sure}"
    )


def jury_lines(jury: JuryTally, scale: str) -> list[str]:
    """How the judges of a jury came out, and how they agree; nothing where one judge sat alone."""
    if not jury.judges:
        return []
    lines = [f"Judges (scores on {scale}):"]
    for name, judge in jury.judges.items():
        mean = "no score" if judge.mean is None else f"mean {judge.mean:.2f}"
        parts = [f"{mean} over {counted(judge.rows, 'row')}"]
        if judge.above_others is not None:
            side = "above" if judge.above_others >= 0 else "below"
            parts.append(f"{abs(judge.above_others):.2f} {side} the others on the same rows")
        if judge.unscored:
            parts.append(f"{judge.unscored:,} unscored")
        lines.append(f"  {name}: {', '.join(parts)}")
    if jury.rows:
        alpha = "" if jury.alpha is None else f"agreement {jury.alpha:.2f} (Krippendorff's alpha); "
        disputed = f"{jury.disputed:,} of {counted(jury.rows, 'row')}"
        lines.append(f"  {alpha}{disputed} to review, with more than {jury.most:g} of the scale between the judges.")
    return lines


def addressed_lines(rows: int) -> list[str]:
    """Rows whose text speaks to the judge; nothing where there are none."""
    if not rows:
        return []
    have = counted(rows, "row has text that speaks", "rows have text that speaks")
    return [f"{have} to the judge: Status says how. What the judge said of such rows stands; look at them yourself."]


def spent_text(tally: Tally) -> str:
    """Calls, tokens and money in one sentence."""
    usage = tally.usage
    served = f", {counted(tally.served, 'answer')} from the journal" if tally.served else ""
    cost = "cost unknown" if tally.unpriced else f"cost ${tally.usd:,.4f}"
    retries = counted(tally.retries, "retry", "retries")
    return (
        f"{counted(tally.calls, 'call')} ({retries}){served}; {usage.prompt:,} prompt tokens"
        f" ({usage.cached:,} cached), {usage.completion:,} reply tokens; {cost}."
    )


def _criterion_lines(criterion: Criterion, summary: CriterionSummary) -> list[str]:
    mean = "" if summary.mean is None or criterion.scale.kind == "labels" else f", mean {summary.mean:.2f}"
    missing = f", {summary.unscored:,} unscored" if summary.unscored else ""
    lines = [f"{criterion.id} ({criterion.scale}{mean}{missing})"]
    labels: Sequence[str] = criterion.scale.labels
    if len(labels) > 11:  # noqa: PLR2004 - a long scale is shown by the answers that occurred
        labels = sorted(summary.counts, key=criterion.scale.value_of)[-11:]
    most = max(summary.counts.values(), default=0)
    if not most:
        return lines
    width = max((len(label) for label in labels), default=0)
    for label in labels:
        count = summary.counts[label]
        bar = "█" * max(round(_BAR * count / most), 1) if count else ""
        lines.append(f"  {label:>{width}} {bar:<{_BAR}} {count:,}")
    return lines


def _row_lines(heading: str, rows: Sequence[tuple[int, str, float]]) -> list[str]:
    if not rows:
        return []
    lines = [f"{heading}:"]
    for number, title, score in rows:
        short = " ".join(title.split())
        short = short if len(short) <= _TITLE else short[: _TITLE - 1] + "…"
        lines.append(f"  {score:8.2f}  row {number}  {short}")
    return lines
