"""What was judged, how the scores are spread, the ranking, the heat map and the rows: what the page shows of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from markupsafe import escape

from sheetjudge.core.rubric import Rubric, Scale
from sheetjudge.core.visible import cut_middle, made_visible
from sheetjudge.core.words import counted
from sheetjudge.core.yaml_nodes import shorten
from sheetjudge.report.about_runs import about_judges
from sheetjudge.report.charts import caterpillar, heat_map, histogram, intervals, shade, small_bars
from sheetjudge.report.judgements import Asked, Judgements, Line
from sheetjudge.report.runs import RunFacts
from sheetjudge.report.spread import Summary, answer_bins, score_bins, summary

MOST_ROWS = 1000
"""Rows that are shown one by one."""

MOST_BYTES = 900_000
"""Bytes of all reasons that are shown together."""

_ASKED = (
    "What was asked of each row. The score is the weighted mean of the answers; a required one that isn't met sets it"
    " to the bottom of the scale."
)
_MOST_REASONS = 12
_MOST_NAMED = 40
_MOST_GROUPS = 12
_MOST_CELL = 18
_WIDE_FROM = 7


def told(value: float | None) -> str:
    """A number as the page shows it; a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"


def plain(value: float | None) -> str:
    """A number without digits that say nothing; "" where there is none."""
    return "" if value is None else f"{round(value, 2):g}"


def about_judging(found: Judgements, rubric: Rubric | None, runs: Sequence[RunFacts]) -> dict[str, Any]:
    """What was judged by what."""
    newest = runs[0] if runs else None
    facts = [("Table", found.table), ("Scores in", found.column), ("Scale", str(found.scale))]
    if found.scale_is_guessed:
        facts[-1] = ("Scale", f"{found.scale}, as the scores themselves seem to be on; no rubric was given")
    facts += about_judges(rubric, runs)
    notes = list(found.notes)
    if rubric is not None and newest is not None and newest.rubric[1] not in ("", rubric.version):
        notes.append(
            f"The newest run used version {newest.rubric[1]} of its rubric; the questions below are those of version"
            f" {rubric.version}."
        )
    return {
        "facts": facts,
        "notes": notes,
        "criteria": [_asked(c) for c in found.criteria] if rubric is not None else [],
        "captions": (
            _ASKED,
            "Rows without a score, and why. They are in no mean and in no chart of scores.",
            "Rows with a score that a person should look at.",
        ),
        "unscored": most_common(found.unscored),
        "reviewed": most_common(found.reviewed),
    }


def _asked(asked: Asked) -> dict[str, str]:
    of = asked.of
    ask = "" if of is None else of.ask or f"counted, not judged: {', '.join(map(str, of.check or ()))}"
    must = " (required)" if of is not None and of.required is not None else ""
    return {
        "name": asked.name,
        "ask": made_visible(ask) + must,
        "scale": "" if asked.scale is None else str(asked.scale),
        "weight": "" if of is None else f"{of.weight:g}",
    }


def asked_table(rubric: Rubric) -> list[dict[str, str]]:
    """What a rubric asks, a line for each criterion."""
    return [_asked(Asked(made_visible(of.id), of.scale, of)) for of in rubric.criteria]


def most_common(counts: Counter[str]) -> list[tuple[str, str]]:
    """The most frequent reasons with their counts, and how many others there are."""
    shown = [(shorten(made_visible(reason), 300), f"{count:,}") for reason, count in counts.most_common(_MOST_REASONS)]
    left = counts.total() - sum(count for _, count in counts.most_common(_MOST_REASONS))
    return [*shown, *([(f"{len(counts) - _MOST_REASONS:,} other reasons", f"{left:,}")] if left else [])]


def about_scores(found: Judgements) -> dict[str, Any]:
    """How the scores, and the answers to each criterion, are spread."""
    scores = summary(found.scores)
    table = [_line("Score", scores)]
    criteria = []
    for at, asked in enumerate(found.criteria):
        if asked.scale is None:
            continue
        values = found.values(at)
        own = summary(values)
        if asked.scale.ordered:
            table.append(_line(asked.name, own))
        words = f"mean {told(own.mean)}" if asked.scale.ordered and own.mean is not None else "no order"
        if asked.scale.kind == "yes/no" and own.mean is not None:
            words = f"{own.mean:.0%} yes"
        criteria.append({
            "name": asked.name,
            "told": f"{words} · {counted(own.count, 'row')}" if own.count else "no answers",
            "chart": small_bars(answer_bins(values, asked.scale), asked.name),
        })  # fmt: skip
    caption = (
        f"Scores of {counted(scores.count, 'row')}. The thick line below spans the middle half of them, the dot on it"
        " is the mean."
    )
    chart = histogram(score_bins(found.scores, found.scale), found.scale, scores) if scores.count else None
    return {"chart": chart, "caption": caption, "criteria": criteria, "table": table}


def _line(name: str, own: Summary) -> list[str]:
    figures = (own.mean, own.lowest, own.first, own.median, own.third, own.highest)
    return [name, f"{own.count:,}", *(told(value) for value in figures)]


def in_order(lines: Sequence[Line]) -> list[Line]:
    """The best first: by rank where there is one, else by score; rows without a score last."""

    def key(line: Line) -> tuple[float, float, int]:
        rank = line.place.rank if line.place is not None and line.place.rank is not None else None
        return (float("inf") if line.score is None else rank or 0.0, -(line.score or 0.0), line.number)

    return sorted(lines, key=key)


def chosen(lines: Sequence[Line], most: int = MOST_ROWS) -> list[Line]:
    """Those to be shown one by one, in the same order: all, or some that lie evenly among them."""
    if len(lines) <= most:
        return list(lines)
    return [lines[round(at * (len(lines) - 1) / (most - 1))] for at in range(most)]


def about_ranking(found: Judgements) -> dict[str, Any]:
    """Who stands where, and how surely."""
    by_group: dict[str, list[Line]] = {}
    for line in found.lines:
        if line.place is not None and line.place.strength is not None:
            by_group.setdefault(line.group, []).append(line)
    groups = []
    for name, lines in list(by_group.items())[:_MOST_GROUPS]:
        ordered = sorted(lines, key=lambda line: -(line.place.strength or 0.0) if line.place is not None else 0.0)
        named = ordered[:_MOST_NAMED]
        first = f"The first {len(named):,} of {len(ordered):,} rows" if len(named) < len(ordered) else "All rows"
        groups.append({
            "name": name,
            "chart": intervals(named, _span(named)),
            "caption": f"{first}: strength (dot) with its interval, and the rank before the name. Bands are tiers: rows"
            " of one can't be told apart.",
            "all": caterpillar(chosen(ordered, MOST_ROWS), _span(ordered)) if len(named) < len(ordered) else None,
        })  # fmt: skip
    placed = [(line.group, line.place) for line in found.lines if line.place is not None]
    tiers = {(group, place.tier) for group, place in placed if place.tier is not None}
    compared = [place.comparisons for _, place in placed if place.comparisons]
    how = f", compared {sum(compared) / len(placed):.1f} times each on average" if compared else ", by scores alone"
    ranked = sum(map(len, by_group.values()))
    left = len(by_group) - len(groups)
    return {
        "told": f"{counted(ranked, 'row')} in {counted(len(tiers), 'tier')}{how}. Intervals hold 90%.",
        "groups": groups,
        "left": f"{counted(left, 'further group')} not drawn; the rows below have their ranks." if left else "",
    }


def _span(lines: Sequence[Line]) -> tuple[float, float]:
    """From the lowest end of an interval to the highest."""
    places = [line.place for line in lines if line.place is not None]
    ends = [end for p in places for end in (p.strength, p.low, p.high) if end is not None]
    return min(ends), max(ends)


def about_map(found: Judgements, lines: Sequence[Line]) -> dict[str, Any]:
    """All rows across all criteria."""
    scales = [asked.scale for asked in found.criteria]
    answered = [line for line in lines if any(line.answers)]
    left = len(lines) - len(answered)
    blank = f" {counted(left, 'row')} without any answer left out." if left else ""
    missing = len(found.lines) - len(lines)
    some = f" {len(lines):,} of {len(found.lines):,} rows, lying evenly among all." if missing else ""
    is_guessed = any(
        asked.of is None and asked.scale is not None and asked.scale.kind == "integer" for asked in found.criteria
    )
    guessed = (
        " No rubric was given, so that the bottom and the top of a scale are the lowest and the highest answer to each"
        " criterion."
    )
    return {
        "chart": heat_map(answered, scales, [asked.name for asked in found.criteria]),
        "has_other": any(scale is None or not scale.ordered for scale in scales),
        "caption": f"Each line is a row, the best on top; each column a criterion. Blank is no answer.{some}{blank}"
        f" The table of rows below holds the same with its figures.{guessed if is_guessed else ''}",
    }


def about_rows(found: Judgements, lines: Sequence[Line]) -> dict[str, Any]:
    """Every row to read."""
    longest = longest_of([weight(line.why) for line in lines], MOST_BYTES)
    cut = sum(weight(line.why) > longest for line in lines)
    some = "" if len(lines) == len(found.lines) else f" {len(lines):,} of {len(found.lines):,}, lying evenly among all."
    ranked = any(line.place is not None and line.place.rank is not None for line in lines)
    return {
        "has_status": any(line.status not in ("", "ok") for line in lines),
        "told": f"Rows in order, the best first, those without a score last.{some}"
        + (f" The reasons of {counted(cut, 'row')} were cut in the middle." if cut else ""),
        "place": "Rank" if ranked else "Row",
        "names": [asked.name for asked in found.criteria],
        "lines": [_row(line, found.criteria, longest, ranked=ranked) for line in lines],
    }


def _row(line: Line, criteria: Sequence[Asked], longest: int, *, ranked: bool) -> dict[str, Any]:
    rank = "" if line.place is None or line.place.rank is None else f"{line.place.rank:g}"
    title = line.title or f"row {line.number}"
    why = made_visible(line.why)
    if (heavy := weight(why)) > longest:
        why, _ = cut_middle(why, max(int(len(why) * longest / heavy), 40))
    status = ": ".join(filter(None, (line.status, shorten(made_visible(line.note), 160))))
    return {
        "place": rank if ranked else line.number,
        "number": line.number,
        "title": title if why or not ranked else f"{title} (row {line.number})",
        "score": plain(line.score),
        "why": why,
        "cells": [
            (shorten(made_visible(_shown(c.scale, answer)), _MOST_CELL), _css(c.scale, value))
            for c, answer, value in zip(criteria, line.answers, line.values, strict=True)
        ],
        "status": "" if status == "ok" else status,
    }  # fmt: skip


def _shown(scale: Scale | None, answer: str) -> str:
    if scale is None or scale.kind != "integer":
        return answer
    try:
        return plain(float(answer))
    except ValueError:
        return answer


def _css(scale: Scale | None, value: float | None) -> str:
    level = shade(scale, value)
    return "" if level is None else f" s{level}"


def weight(text: str) -> int:
    """Bytes that a text takes on the page."""
    return len(str(escape(text)).encode("utf-8", "replace"))


def longest_of(weights: Sequence[int], most: int) -> int:
    """How heavy a text may be so that together they aren't heavier than `most`: light ones stay whole."""
    left = most
    ordered = sorted(weights)
    for at, heavy in enumerate(ordered):
        share = left // (len(ordered) - at)
        if heavy > share:
            return share
        left -= heavy
    return most
