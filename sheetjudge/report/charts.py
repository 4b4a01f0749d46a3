"""The charts of the report, each a picture made of numbers."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from sheetjudge.core.rubric import Scale
from sheetjudge.core.words import counted
from sheetjudge.core.yaml_nodes import shorten
from sheetjudge.report.drawing import Axis, box, dot, figure, fitted, line, path, picture, text
from sheetjudge.report.judgements import Line
from sheetjudge.report.spread import Bin, Calibrated, Summary

LEVELS = 7
"""Shades of a value between the bottom and the top of its scale."""

_WIDE = 720
_SMALL_LABELS = 12
_ROOMY, _THICK = 90, 6


def shade(scale: Scale | None, value: float | None) -> int | None:
    """The shade of a value, 0 … LEVELS - 1; None where it has none: no value, or no order."""
    if scale is None or value is None or not scale.ordered:
        return None
    share = min(max(scale.normalised(value), 0.0), 1.0)
    return min(int(share * LEVELS), LEVELS - 1)


def histogram(bins: Sequence[Bin], scale: Scale, told: Summary) -> Markup:
    """Scores by how many rows have them, with the middle half and the mean marked below."""
    height, floor, left = 230.0, 172.0, 46.0
    by_answer = bins[0].high - bins[0].low == 1 and bins[0].low != scale.low
    across = Axis(bins[0].low, bins[-1].high, left, _WIDE - 12)
    most = max(part.count for part in bins) or 1
    up = Axis(0, most, floor, 20)
    parts = _grid_up(up, left, _WIDE - 12)
    for part in bins:
        x, end, y = across.at(part.low), across.at(part.high), up.at(part.count)
        told_of = f"{part.label}: {counted(part.count, 'row')}"
        gap = (end - x) * 0.14 if by_answer else 1.0
        parts.append(box(x + gap, y, max(end - x - 2 * gap, 1), floor - y, "bar", told_of))
        if part.count and len(bins) <= _SMALL_LABELS:
            parts.append(text((x + end) / 2, y - 5, f"{part.count:,}", "value", "middle"))
    parts.append(line(left, floor, _WIDE - 12, floor, "axis"))
    if by_answer:
        parts += [text((across.at(b.low) + across.at(b.high)) / 2, floor + 16, b.label, "", "middle") for b in bins]
    else:
        parts += [text(across.at(tick), floor + 16, f"{tick:g}", "", "middle") for tick in across.ticks(9)]
    if told.mean is not None and told.first is not None and told.third is not None and told.median is not None:
        y = floor + 32
        parts.append(line(across.at(told.first), y, across.at(told.third), y, "middle-half"))
        parts.append(dot(across.at(told.mean), y, 4.5, "mean", f"mean {told.mean:.2f}"))
        words = f"mean {told.mean:.2f} · middle half {told.first:.2f} to {told.third:.2f}"
        at = min(max(across.at(told.mean), left + 130), _WIDE - 142)
        parts.append(text(at, y + 19, words, "quiet", "middle"))
    label = f"Histogram of {counted(told.count, 'score')}: " + "; ".join(
        f"{b.label}: {b.count}" for b in bins if b.count
    )
    return picture(_WIDE, height, parts, label)


def _grid_up(up: Axis, left: float, right: float) -> list[Markup]:
    parts = []
    for tick in up.ticks(4):
        if tick % 1 == 0:
            parts.append(line(left, up.at(tick), right, up.at(tick), "grid"))
            parts.append(text(left - 7, up.at(tick) + 4, f"{tick:,.0f}", "quiet", "end"))
    return parts


def small_bars(bins: Sequence[Bin], name: str) -> Markup:
    """The answers to one criterion, small."""
    width, height, floor = 224.0, 96.0, 70.0
    total, most = sum(b.count for b in bins) or 1, max(b.count for b in bins) or 1
    step = (width - 8) / len(bins)
    parts = []
    for at, part in enumerate(bins):
        x, tall = 4 + at * step, 50 * part.count / most
        share = f"{part.count / total:.0%}"
        parts.append(
            box(x + 2, floor - tall, step - 4, tall, "bar", f"{part.label}: {counted(part.count, 'row')}, {share}")
        )
        if len(bins) <= 7 and part.count:  # noqa: PLR2004
            parts.append(text(x + step / 2, floor - tall - 4, share, "value", "middle"))
        if len(bins) <= _SMALL_LABELS and (len(bins) < 8 or at % 2 == 0):  # noqa: PLR2004
            parts.append(text(x + step / 2, floor + 15, _end(part.label, step), "quiet", "middle"))
    parts.append(line(4, floor, width - 4, floor, "axis"))
    label = f"Answers to {name}: " + "; ".join(f"{b.label}: {b.count}" for b in bins)
    return picture(width, height, parts, label, "small")


def _end(label: str, room: float) -> str:
    """A label as far as there is room for it; of `0 to 10` its beginning."""
    return shorten(label.partition(" to ")[0], max(int(room / 6.5), 2))


def heat_map(lines: Sequence[Line], scales: Sequence[Scale | None], names: Sequence[str]) -> Markup:
    """Every line across every criterion: rows are as thin as they have to be, shades are the share of the scale."""
    left = 54.0
    wide = (_WIDE - left - 4) / max(len(names), 1)
    is_roomy = wide > _ROOMY
    top = 26.0 if is_roomy else 44.0
    thick = max(min(16.0, 640 / max(len(lines), 1)), 0.5)
    gap = 1.0 if thick >= _THICK else 0.0
    steps: list[list[str]] = [[] for _ in range(LEVELS + 1)]
    for at, one in enumerate(lines):
        middle = figure(top + (at + 0.5) * thick)
        for column, (scale, value) in enumerate(zip(scales, one.values, strict=True)):
            level = shade(scale, value)
            if level is not None or one.answers[column]:
                start = figure(left + column * wide)
                steps[LEVELS if level is None else level].append(f"M{start} {middle}h{figure(wide - 1.5)}")
    parts = [path(found, f"s{level}" if level < LEVELS else "other", thick - gap) for level, found in enumerate(steps)]
    room = int(wide * (1 if is_roomy else 2) / 7.2)
    for column, name in enumerate(names):
        # Narrow columns have their names on two lines by turns.
        y = top - (10 if is_roomy or column % 2 == 0 else 27)
        parts.append(text(left + (column + 0.5) * wide, y, fitted(name, max(room, 4)), "", "middle"))
    bottom = top + thick * len(lines)
    if len(lines) > 1:
        parts.append(text(left - 8, top + 11, "best", "quiet", "end"))
        parts.append(text(left - 8, bottom - 2, "worst", "quiet", "end"))
    label = f"Heat map: {counted(len(lines), 'row')}, best first, across {', '.join(names)}."
    return picture(_WIDE, bottom + 6, parts, label, "" if gap else "fine")


def intervals(lines: Sequence[Line], span: tuple[float, float]) -> Markup:
    """The strength of each row with its interval, a line each, tiers told apart by bands."""
    left, right, tall, top = 296.0, _WIDE - 16.0, 19.0, 12.0
    across = Axis(*span, left, right)
    bottom = top + tall * len(lines)
    parts: list[Markup] = []
    tiers = [one.place.tier if one.place is not None else None for one in lines]
    for at, tier in enumerate(tiers):
        if tier is not None and tier % 2 == 0:
            parts.append(box(0, top + at * tall, _WIDE, tall, "band"))
    for tick in across.ticks(7):
        parts.append(line(across.at(tick), top, across.at(tick), bottom, "grid"))
        parts.append(text(across.at(tick), bottom + 17, f"{tick:g}", "quiet", "middle"))
    for at, one in enumerate(lines):
        y = top + (at + 0.5) * tall
        place = one.place
        if place is None or place.strength is None:
            continue
        rank = "" if place.rank is None else f"{place.rank:g}"
        parts.append(text(26, y + 4.2, rank, "value", "end"))
        parts.append(
            Markup('<text x="36" y="{}" class="name">{}</text>').format(figure(y + 4.2), fitted(one.title, 38))
        )
        if place.low is not None and place.high is not None:
            parts.append(line(across.at(place.low), y, across.at(place.high), y, "reach"))
        words = f"{one.title}: {place.strength:.2f}"
        if place.low is not None and place.high is not None:
            words += f" [{place.low:.2f}, {place.high:.2f}]"
        parts.append(dot(across.at(place.strength), y, 4, "point", words))
    parts.append(text((left + right) / 2, bottom + 33, "strength", "quiet", "middle"))
    label = f"Strength of {counted(len(lines), 'row')} with intervals, the strongest first."
    return picture(_WIDE, bottom + 40, parts, label)


def win_bars(lines: Sequence[tuple[str, int, int]]) -> Markup:
    """How many prompts each contender won alone, and behind that, together with others.

    Args:
        lines: (name, won alone, won with others).
    """
    left, right, tall, top = 226.0, _WIDE - 70.0, 26.0, 8.0
    most = max((alone + shared for _, alone, shared in lines), default=0) or 1
    across = Axis(0, most, left, right)
    parts: list[Markup] = []
    for at, (name, alone, shared) in enumerate(lines):
        y, end, behind = top + at * tall, across.at(alone), across.at(alone + shared)
        parts.append(text(left - 10, y + 16, fitted(name, 27), "name", "end"))
        parts.append(box(left, y + 4, end - left, tall - 8, "bar", f"{name}: {counted(alone, 'prompt')} won alone"))
        parts.append(box(end, y + 4, behind - end, tall - 8, "shared", f"{name}: {shared:,} with others"))
        told = f"{alone:,} + {shared:,}" if shared else f"{alone:,}"
        parts.append(text(behind + 7, y + 17, told, "value"))
    bottom = top + tall * len(lines)
    parts.append(line(left, top, left, bottom, "axis"))
    label = "Prompts won: " + "; ".join(f"{name}: {alone} alone, {shared} with others" for name, alone, shared in lines)
    return picture(_WIDE, bottom + 8, parts, label)


def caterpillar(lines: Sequence[Line], span: tuple[float, float]) -> Markup:
    """The strength of very many rows with their intervals, without names."""
    height, left, bottom = 250.0, 46.0, 220.0
    across, up = Axis(0, len(lines), left, _WIDE - 12), Axis(*span, bottom, 12)
    reach, points = [], []
    for at, one in enumerate(lines):
        place = one.place
        if place is None or place.strength is None:
            continue
        x = figure(across.at(at + 0.5))
        if place.low is not None and place.high is not None:
            reach.append(f"M{x} {figure(up.at(place.low))}V{figure(up.at(place.high))}")
        points.append(f"M{x} {figure(up.at(place.strength) - 0.8)}v1.6")
    wide = max((_WIDE - 12 - left) / len(lines) * 0.8, 0.4)
    parts = []
    for tick in up.ticks(5):
        parts.append(line(left, up.at(tick), _WIDE - 12, up.at(tick), "grid"))
        parts.append(text(left - 7, up.at(tick) + 4, f"{tick:g}", "quiet", "end"))
    parts += [path(reach, "reach many", wide), path(points, "points", max(wide, 1.2))]
    parts.append(text((left + _WIDE) / 2, bottom + 20, "rows, the strongest first", "quiet", "middle"))
    return picture(_WIDE, height, parts, f"Strength of all {len(lines):,} rows with intervals, the strongest first.")


def reliability(points: Sequence[Calibrated], scale: Scale, name: str) -> Markup:
    """What people gave where the judge gave so much, beside the line on which both are the same."""
    size, left, bottom = 330.0, 46.0, 290.0
    across = Axis(scale.low, scale.high, left, size - 12)
    up = Axis(scale.low, scale.high, bottom, 12)
    parts = []
    for tick in across.ticks(6):
        parts.append(line(across.at(tick), 12, across.at(tick), bottom, "grid"))
        parts.append(line(left, up.at(tick), size - 12, up.at(tick), "grid"))
        parts.append(text(across.at(tick), bottom + 16, _tick(scale, tick), "quiet", "middle"))
        parts.append(text(left - 7, up.at(tick) + 4, _tick(scale, tick), "quiet", "end"))
    parts.append(line(across.at(scale.low), up.at(scale.low), across.at(scale.high), up.at(scale.high), "even"))
    most = max((point.rows for point in points), default=1)
    parts.append(path(_joined([(across.at(p.judge), up.at(p.people)) for p in points]), "joined"))
    for point in points:
        x, y = across.at(point.judge), up.at(point.people)
        if point.low is not None and point.high is not None:
            parts.append(line(x, up.at(point.low), x, up.at(point.high), "reach"))
        words = f"judge {point.judge:.2f}, people {point.people:.2f}, {counted(point.rows, 'row')}"
        css = "point" if point.low is not None else "point few"
        parts.append(dot(x, y, 3.5 + 5 * (point.rows / most) ** 0.5, css, words))
    parts.append(text((left + size) / 2, bottom + 33, "the judge gave", "quiet", "middle"))
    upright = Markup('<text class="quiet" text-anchor="middle" transform="translate(12 {}) rotate(-90)">{}</text>')
    parts.append(upright.format(figure((bottom + 12) / 2), "people gave"))
    label = f"Reliability of {name}: " + "; ".join(
        f"where the judge gave {p.judge:.2f}, people gave {p.people:.2f} ({counted(p.rows, 'row')})" for p in points
    )
    return picture(size, bottom + 40, parts, label, "square")


def _tick(scale: Scale, tick: float) -> str:
    if scale.kind == "integer":
        return f"{tick:g}"
    return shorten(scale.labels[int(tick) - scale.low], 8) if tick % 1 == 0 else ""


def _joined(points: Sequence[tuple[float, float]]) -> list[str]:
    return [f"{'L' if at else 'M'}{figure(x)} {figure(y)}" for at, (x, y) in enumerate(points)]


def figure_line(value: float | None, low: float | None, high: float | None, ceiling: float | None) -> Markup:
    """A coefficient between -1 and 1 with its interval, chance at 0, and how far people agree with each other."""
    across = Axis(-1, 1, 5, 147)
    parts = [line(5, 11, 147, 11, "grid"), line(across.at(0), 3, across.at(0), 19, "axis")]
    if ceiling is not None:
        parts.append(line(across.at(ceiling), 2, across.at(ceiling), 20, "ceiling"))
    if value is not None:
        if low is not None and high is not None:
            parts.append(line(across.at(low), 11, across.at(high), 11, "reach"))
        parts.append(dot(across.at(value), 11, 4, "point"))
    told = "no value" if value is None else f"{value:.2f}"
    beside = "" if ceiling is None else f", people with each other {ceiling:.2f}"
    return picture(152, 22, parts, f"{told}{beside}, on a line from -1 to 1", "inline")


def effect_line(value: float | None, low: float | None, high: float | None, span: float) -> Markup:
    """A change of the score with its interval, between all that it can fall and all that it can rise."""
    across = Axis(-span, span, 5, 147)
    parts = [line(5, 11, 147, 11, "grid"), line(across.at(0), 3, across.at(0), 19, "axis")]
    if value is not None:
        if low is not None and high is not None:
            parts.append(line(across.at(low), 11, across.at(high), 11, "reach"))
        parts.append(dot(across.at(value), 11, 4, "point"))
    told = "no value" if value is None else f"{value:+.2f}"
    return picture(152, 22, parts, f"{told}, on a line from {-span:g} to {span:+g}", "inline")
