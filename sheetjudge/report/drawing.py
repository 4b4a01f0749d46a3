"""Pictures as SVG in the page: no script, no style attribute, and nothing in them that wasn't escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import floor, log10
from unicodedata import east_asian_width

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Axis:
    """Values along a line of the picture: `low` lies at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies; one beyond the ends lies at the end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low or 1.0)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self, most: int = 7) -> list[float]:
        """Round values along it, `most` of them or one or two more."""
        span = (self.high - self.low) or 1.0
        power: float = 10.0 ** floor(log10(span / most))
        step = power * next(factor for factor in (1, 2, 2.5, 5, 10, 20) if span / (power * factor) <= most)
        first = -(-self.low // step)
        values = [round((first + n) * step, 10) for n in range(most + 2)]
        return [value for value in values if self.low - step / 1e6 <= value <= self.high + step / 1e6]


def picture(width: float, height: float, parts: Iterable[Markup], label: str, css: str = "") -> Markup:
    """A whole picture, which a screen reader calls by `label`."""
    head = Markup('<svg viewBox="0 0 {} {}" class="chart {}" role="img" aria-label="{}">').format(
        figure(width), figure(height), css, label
    )
    return head + Markup("").join(parts) + Markup("</svg>")


def text(x: float, y: float, words: str, css: str = "", anchor: str = "") -> Markup:
    """Words in a picture."""
    placed = Markup(' text-anchor="{}"').format(anchor) if anchor else ""
    classed = Markup(' class="{}"').format(css) if css else ""
    return Markup('<text x="{}" y="{}"{}{}>{}</text>').format(figure(x), figure(y), classed, placed, words)


def fitted(words: str, most: int) -> str:
    """Words that are no wider than so many letters, cut with a mark; a Chinese character is as wide as two."""
    words = " ".join(words.split())
    wide = [2 if east_asian_width(character) in "WF" else 1 for character in words]
    if sum(wide) <= most:
        return words
    room = list(accumulate(wide))
    return words[: sum(width <= most - 1 for width in room)] + "…"


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> Markup:
    """A line."""
    return Markup('<path class="{}" d="M{} {}L{} {}"/>').format(css, *map(figure, (x1, y1, x2, y2)))


def path(steps: Sequence[str], css: str, width: float | None = None) -> Markup:
    """Many lines of one kind at once, by the commands of SVG's paths."""
    thick = Markup(' stroke-width="{}"').format(figure(width)) if width is not None else ""
    return Markup('<path class="{}"{} d="{}"/>').format(css, thick, "".join(steps)) if steps else Markup("")


def box(x: float, y: float, width: float, height: float, css: str, words: str = "") -> Markup:
    """A rectangle; `words` are shown where a pointer rests on it."""
    inside = Markup("<title>{}</title>").format(words) if words else Markup("")
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}">{}</rect>').format(
        css, *map(figure, (x, y, width, height)), inside
    )


def dot(x: float, y: float, radius: float, css: str, words: str = "") -> Markup:
    """A disc; `words` are shown where a pointer rests on it."""
    inside = Markup("<title>{}</title>").format(words) if words else Markup("")
    return Markup('<circle class="{}" cx="{}" cy="{}" r="{}">{}</circle>').format(
        css, *map(figure, (x, y, radius)), inside
    )


def figure(value: float) -> str:
    """A coordinate, no longer than it needs to be."""
    return f"{round(value, 2):g}"
