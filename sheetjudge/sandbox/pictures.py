"""Charts as pictures (SVG), as far as a page of the local Google needs them: bars, columns, lines and points.

They show what is drawn from which cells, not Google's own looks. Every text of a cell is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

from sheetjudge.sandbox.a1 import box_of
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.charts import KINDS
from sheetjudge.sandbox.colors import css_color
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.problems import Json

_ACCENTS = ("#4285f4", "#ea4335", "#fbbc04", "#34a853", "#ff6d01", "#46bdc6")
_QUIET = "#5f6368"
_SIDE, _LETTER = 14.0, 6.2
_TICKS = 5
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONG_NAMES = 9


@dataclass(frozen=True, slots=True)
class _Series:
    """One series: what it is called, how it is drawn, and its numbers, None where a cell holds none."""

    name: str
    kind: str
    color: str
    values: tuple[float | None, ...]
    has_line: bool = True
    point: float = 0.0


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where the values are drawn, and which of them lie at its ends."""

    left: float
    top: float
    right: float
    bottom: float
    low: float
    high: float

    def share(self, value: float) -> float:
        """How far up a value lies, from 0 to 1."""
        return (min(max(value, self.low), self.high) - self.low) / (self.high - self.low or 1.0)


def chart_picture(book: Book, chart: Json) -> str:
    """A chart as SVG, with the numbers that its cells hold now."""
    overlay, spec = chart["position"]["overlayPosition"], chart["spec"]
    width, height = overlay["widthPixels"], overlay["heightPixels"]
    title, subtitle = str(spec.get("title", "")), str(spec.get("subtitle", ""))
    parts = [f'<rect width="{width}" height="{height}" fill="#fff"/>']
    top = _SIDE
    for text, size, color in ((title, 16, "#3c4043"), (subtitle, 12, _QUIET)):
        if text:
            top += size + 4
            parts.append(_text(_SIDE, top - 4, _short(text, width - 2 * _SIDE, size), color=color, size=size))
    basic = spec.get("basicChart")
    if basic is None:
        kind = next((kind for kind in KINDS if kind in spec), "chart")
        parts.append(_text(width / 2, height / 2, f"A {kind}, which isn't drawn here.", anchor="middle"))
    else:
        parts += _basic(book, basic, width, height, top + 4)
    label = _legal(str(spec.get("altText") or title or "Chart"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' role="img" aria-label="{label}" font-family="Roboto, Arial, sans-serif">{"".join(parts)}</svg>'
    )


def _basic(book: Book, basic: Json, width: float, height: float, top: float) -> list[str]:
    series, names = _read(book, basic)
    if not any(value is not None for one in series for value in one.values):
        return [_text(width / 2, height / 2, "No data", anchor="middle")]
    parts, top = _legend(basic, series, width, top)
    is_bar = basic.get("chartType") == "BAR"
    low, high = _window(basic, series, is_bar=is_bar)
    side = max(len(name) for name in names) * _LETTER + 16 if is_bar else len(_shown(high)) * _LETTER + 30
    below = 40 if not is_bar and len(names) > _LONG_NAMES else 26
    plot = _Plot(min(side, width * 0.4), top + 8, width - _SIDE, height - below - 12, low, high)
    parts += _axes(basic, names, plot, is_bar=is_bar)
    bars = [one for one in series if one.kind in ("COLUMN", "BAR")]
    for at, one in enumerate(bars):
        parts += _bars(one, plot, at, len(bars), is_bar=is_bar)
    for one in series:
        if one not in bars:
            parts += _line(one, plot)
    return parts


def _read(book: Book, basic: Json) -> tuple[list[_Series], list[str]]:
    """The series with their numbers, and the names along the axis."""
    columns = [_cells(book, one.get("series", {})) for one in basic.get("series", ())]
    domains = [_cells(book, one.get("domain", {})) for one in basic.get("domains", ())]
    heads = basic.get("headerCount")
    if heads is None:
        heads = int(any(cells and isinstance(cells[0][0], str) for cells in columns))
    found = []
    for at, (one, cells) in enumerate(zip(basic.get("series", ()), columns, strict=True)):
        style = one.get("colorStyle") or one.get("color")
        values = tuple(_number(value) for value, _ in cells[heads:])
        line, point = one.get("lineStyle", {}), one.get("pointStyle", {})
        kind = one.get("type", basic.get("chartType", "COLUMN"))
        found.append(_Series(
            cells[0][1] if heads and cells else "",
            kind if kind in ("COLUMN", "BAR") else "LINE",
            css_color(style if style and "rgbColor" in style else None) or _ACCENTS[at % len(_ACCENTS)],
            values,
            line.get("type") != "INVISIBLE" and kind != "SCATTER",
            float(point.get("size", 7 if kind == "SCATTER" else 0)),
        ))  # fmt: skip
    count = max((len(one.values) for one in found), default=0)
    names = [text for _, text in domains[0][heads:]] if domains else []
    return found, [*names, *[""] * (count - len(names))] or [""]


def _cells(book: Book, data: Json) -> list[tuple[object, str]]:
    """The values of a series' ranges, each with the text that it shows."""
    found: list[tuple[object, str]] = []
    for area in data.get("sourceRange", {}).get("sources", ()):
        sheet, box = book.grid(area.get("sheetId")), box_of(area)
        for row in range(box.top or 0, box.bottom or 0):
            for column in range(box.left or 0, box.right or 0):
                cell = sheet.cell(row, column)
                value = None if cell is None else cell.effective
                text = "" if cell is None else show(value, (cell.format or {}).get("numberFormat"))
                found.append((value, text))
    return found


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, float | int) and not isinstance(value, bool) else None


def _window(basic: Json, series: Sequence[_Series], *, is_bar: bool) -> tuple[float, float]:
    """The values at the ends of the axis."""
    values = [value for one in series for value in one.values if value is not None]
    low, high = min(values), max(values)
    if any(one.kind in ("COLUMN", "BAR") for one in series):
        low, high = min(low, 0.0), max(high, 0.0)
    room = (high - low) * 0.05 or 1.0
    low, high = (low if low == 0 else low - room), high + room
    place = "BOTTOM_AXIS" if is_bar else "LEFT_AXIS"
    window: Json = next(
        (a.get("viewWindowOptions", {}) for a in basic.get("axis", ()) if a.get("position") == place), {}
    )
    return float(window.get("viewWindowMin", low)), float(window.get("viewWindowMax", high))


def _legend(basic: Json, series: Sequence[_Series], width: float, top: float) -> tuple[list[str], float]:
    named = [one for one in series if one.name]
    if basic.get("legendPosition") == "NO_LEGEND" or not named:
        return [], top
    parts, x = [], _SIDE
    for one in named:
        if x > width * 0.8:
            break
        name = _short(one.name, width / 3)
        parts.append(f'<circle cx="{x + 4:g}" cy="{top + 8:g}" r="4" fill="{one.color}"/>')
        parts.append(_text(x + 12, top + 12, name))
        x += 24 + len(name) * _LETTER
    return parts, top + 18


def _axes(basic: Json, names: Sequence[str], plot: _Plot, *, is_bar: bool) -> list[str]:
    parts = []
    for tick in _ticks(plot.low, plot.high):
        if is_bar:
            x = plot.left + plot.share(tick) * (plot.right - plot.left)
            parts.append(_stroke(x, plot.top, x, plot.bottom, "#e3e5e8"))
            parts.append(_text(x, plot.bottom + 15, _shown(tick), anchor="middle"))
        else:
            y = plot.bottom - plot.share(tick) * (plot.bottom - plot.top)
            parts.append(_stroke(plot.left, y, plot.right, y, "#e3e5e8"))
            parts.append(_text(plot.left - 6, y + 4, _shown(tick), anchor="end"))
    step = ((plot.bottom - plot.top) if is_bar else (plot.right - plot.left)) / len(names)
    for at, name in enumerate(names):
        if is_bar:
            text = _short(name, plot.left - 12)
            parts.append(_text(plot.left - 6, plot.top + (at + 0.5) * step + 4, text, anchor="end"))
            continue
        is_crowded = len(names) > _LONG_NAMES
        text = _short(name, step * (2 if is_crowded else 1))
        lower = 14 if is_crowded and at % 2 else 0
        parts.append(_text(plot.left + (at + 0.5) * step, plot.bottom + 15 + lower, text, anchor="middle"))
    titles = {axis.get("position"): str(axis.get("title", "")) for axis in basic.get("axis", ())}
    if titles.get("BOTTOM_AXIS"):
        y = plot.bottom + (42 if not is_bar and len(names) > _LONG_NAMES else 30)
        parts.append(_text((plot.left + plot.right) / 2, y, titles["BOTTOM_AXIS"], anchor="middle", italic=True))
    if titles.get("LEFT_AXIS"):
        y = (plot.top + plot.bottom) / 2
        turned = _text(12, y, titles["LEFT_AXIS"], anchor="middle", italic=True)
        parts.append(f'<g transform="rotate(-90 12 {y:g})">{turned}</g>')
    return parts


def _bars(series: _Series, plot: _Plot, at: int, count: int, *, is_bar: bool) -> list[str]:
    parts = []
    room = ((plot.bottom - plot.top) if is_bar else (plot.right - plot.left)) / len(series.values)
    thick = room * 0.7 / count
    for n, value in enumerate(series.values):
        if value is None:
            continue
        start = n * room + room * 0.15 + at * thick
        ends = sorted((plot.share(0.0), plot.share(value)))
        if is_bar:
            wide = plot.right - plot.left
            x, y, w, h = plot.left + ends[0] * wide, plot.top + start, (ends[1] - ends[0]) * wide, thick
        else:
            high = plot.bottom - plot.top
            x, y, w, h = plot.left + start, plot.bottom - ends[1] * high, thick, (ends[1] - ends[0]) * high
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{series.color}">'
            f"<title>{_shown(value)}</title></rect>"
        )
    return parts


def _line(series: _Series, plot: _Plot) -> list[str]:
    step = (plot.right - plot.left) / len(series.values)
    points = [
        (plot.left + (at + 0.5) * step, plot.bottom - plot.share(value) * (plot.bottom - plot.top), value)
        for at, value in enumerate(series.values)
        if value is not None
    ]
    parts = []
    if series.has_line:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{series.color}" stroke-width="2"/>')
    if series.point:
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{series.point / 2:g}" fill="{series.color}">'
            f"<title>{_shown(value)}</title></circle>"
            for x, y, value in points
        ]
    return parts


def _ticks(low: float, high: float) -> list[float]:
    """Round values between two."""
    span = (high - low) or 1.0
    power: float = 10.0 ** floor(log10(span / _TICKS))
    step = power * next(factor for factor in (1, 2, 5, 10) if span / (power * factor) <= _TICKS)
    first = -(-low // step)
    return [tick for n in range(2 * _TICKS) if (tick := round((first + n) * step, 10)) <= high]


def _shown(value: float) -> str:
    return f"{round(value, 3):,.10g}"


def _short(text: str, room: float, size: float = 11) -> str:
    """A text as far as there is room for it."""
    most = max(int(room / (_LETTER * size / 11)), 3)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", color: str = _QUIET, size: int = 11, italic: bool = False
) -> str:
    style = ' font-style="italic"' if italic else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{color}" text-anchor="{anchor}"{style}>'
        f"{_legal(text)}</text>"
    )


def _legal(text: str) -> str:
    """A text as XML may hold it."""
    return escape(_ILLEGAL.sub("\ufffd", text), quote=True)


def _stroke(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'
