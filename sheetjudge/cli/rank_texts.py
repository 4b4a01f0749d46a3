"""What `rank` says to a person: instead of a run (a dry run) and after it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby

from sheetjudge.cli import texts
from sheetjudge.cli.progress import duration
from sheetjudge.cli.say import counted
from sheetjudge.engine.plan import Plan
from sheetjudge.ops.rank_job import RankJob
from sheetjudge.ops.rank_result import RankResult, Standing
from sheetjudge.stats.ranking import Ranking

_SHOWN = 10
_SHOWN_GROUPS = 5
_SHOWN_OF_GROUP = 3
_TITLE = 48


def plan_text(plan: Plan, job: RankJob) -> str:
    """A dry run's findings."""
    text = texts.plan_text(plan, job)
    if not job.seats:
        return text
    return f"The most that it can take, the comparisons among it; a ranking that is certain sooner takes less.\n{text}"


def result_text(result: RankResult, job: RankJob, noted: Collection[str] = ()) -> str:
    """The summary on the terminal, without those notes that were `noted` before."""
    summary, compared = result.summary, result.compared
    counts = [f"{summary.rows[kind]:,} {kind}" for kind in ("ok", "review", "skipped", "error") if summary.rows[kind]]
    rows = counted(summary.rows.total(), "row")
    lines = [f"{rows} in {duration(result.seconds)}: {', '.join(counts) or 'none'}."]
    lines += _standings(result, job)
    if result.ranking is not None:
        lines += _certainty(result, result.ranking)
    elif result.standings:
        lines.append("Ranked on scores alone: how sure the order is isn't known.")
    lines += texts.addressed_lines(summary.addressed)
    for heading, reasons in (
        ("Unscored:", summary.unscored),
        ("Comparisons without a verdict:", compared.unscored),
        ("Comparisons that went on without one of the judges:", compared.silent),
    ):
        if reasons:
            lines.append(heading)
            lines += [f"  {count:>6,}  {reason}" for reason, count in reasons.most_common(8)]
    lines.append(texts.spent_text(result.tally))
    lines += [f"Note: {note}" for note in result.notes if note not in noted]
    if job.target is not None and job.target.name != texts.STANDARD_OUTPUT:
        lines.append(f"The results are in {job.target.name}.")
    if result.stopped:
        lines.append(f"Stopped: {result.stopped}")
    return "\n".join(lines)


def _standings(result: RankResult, job: RankJob) -> list[str]:
    if not result.standings:
        return []
    if not result.groups:
        return _table(result.standings, max(_SHOWN, job.top or 0), job)
    lines = []
    groups = [list(rows) for _, rows in groupby(result.standings, key=lambda standing: standing.group)]
    for rows in groups[:_SHOWN_GROUPS]:
        lines.append(f"{job.group.name if job.group else ''}: {_short(result.groups[rows[0].group])}")
        lines += _table(rows, job.top or _SHOWN_OF_GROUP, job)
    if len(groups) > _SHOWN_GROUPS:
        lines.append(f"{counted(len(groups) - _SHOWN_GROUPS, 'more group')}.")
    return lines


def _table(standings: Sequence[Standing], most: int, job: RankJob) -> list[str]:
    """Rank with its interval, tier, strength, and which row it is; a line between tiers."""
    has_strength = any(standing.place.strength is not None for standing in standings)
    lines = [f"  {'rank':<14}{'tier':>4}  {'strength' if has_strength else 'score':>8}"]
    ranks = [standing.place.rank for standing in standings]
    for standing in standings[:most]:
        place = standing.place
        tied = "=" if ranks.count(place.rank) > 1 else ""
        rank = f"{tied}{place.rank}"
        if place.rank_low is not None and place.rank_low != place.rank_high:
            rank += f" ({place.rank_low}–{place.rank_high})"
        figure = place.strength if has_strength else standing.row.score.score
        shown = "" if figure is None else f"{figure:+.2f}" if has_strength else f"{figure:.2f}"
        title = _short(job.title(standing.row.row))
        lines.append(f"  {rank:<14}{place.tier:>4}  {shown:>8}  row {standing.row.row.number}  {title}")
    if len(standings) > most:
        lines.append(f"  {counted(len(standings) - most, 'more row')}.")
    return lines


def _certainty(result: RankResult, ranking: Ranking) -> list[str]:
    compared = result.compared
    ties = f", {counted(compared.ties, 'tie')}" if compared.ties else ""
    lines = [f"{counted(compared.decided, 'comparison')}{ties}; {result.ended}."]
    if ranking.top is not None:
        lines.append(f"Of the best {ranking.top}, {ranking.certainty:.0%} are expected to belong there.")
    else:
        lines.append(f"Of all pairs of rows, {ranking.certainty:.0%} are expected to stand the right way round.")
    if ranking.position_bias is not None:
        first = 0.5 + ranking.position_bias / 2
        error = f" (± {(ranking.position_error or 0.0) / 2:.0%})"
        lines.append(f"Of two rows of a comparison, the one shown first wins {first:.0%}{error}; 50% is no bias.")
    if ranking.swapped:
        lines.append(
            f"Of {counted(ranking.swapped, 'pair')} shown in both orders the judge contradicted itself on"
            f" {ranking.contradictions:,}, which count as ties."
        )
    return lines


def _short(title: str) -> str:
    title = " ".join(title.split())
    return title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"
