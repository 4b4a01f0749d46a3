"""How cells look: their formats and the conditional formats over them, as few plain members as a page needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sheetjudge.sandbox.a1 import Box, box_of
from sheetjudge.sandbox.cells import Cell
from sheetjudge.sandbox.colors import css_color, with_styles
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.entry import type_in
from sheetjudge.sandbox.problems import Json
from sheetjudge.sandbox.sheet import Sheet

Look = dict[str, Any]
_ALIGNED = {"LEFT": "left", "CENTER": "center", "RIGHT": "right"}


def own_look(cell: Cell) -> Look:
    """What a cell's own format says: `bg`, `fg` (CSS colours), `b`, `i`, `u`, `s`, `size`, `ha`, `va`, `wrap`."""
    found = _of_format(with_styles(cell.format or {}))
    if "ha" not in found:
        value = cell.effective
        if isinstance(value, bool):
            found["ha"] = "center"
        elif isinstance(value, float | int):
            found["ha"] = "right"
    return found


def _of_format(style: Json) -> Look:
    text = style.get("textFormat", {})
    found: Look = {
        "bg": css_color(style.get("backgroundColorStyle")),
        "fg": css_color(text.get("foregroundColorStyle")),
        "b": text.get("bold"),
        "i": text.get("italic"),
        "u": text.get("underline"),
        "s": text.get("strikethrough"),
        "size": text.get("fontSize"),
        "ha": _ALIGNED.get(style.get("horizontalAlignment", "")),
        "va": {"TOP": "top", "MIDDLE": "middle"}.get(style.get("verticalAlignment", "")),
        "wrap": {"WRAP": "wrap", "CLIP": "clip"}.get(style.get("wrapStrategy", "")),
    }
    return {name: part for name, part in found.items() if part}


class Looks:
    """The looks of one tab's cells, each known by a number so that it is sent once."""

    def __init__(self, sheet: Sheet) -> None:
        self.table: list[Look] = []
        self._numbers: dict[str, int] = {}
        self._rules = [
            (box, rule)
            for one in sheet.conditional_formats
            for ranges in [[_area(sheet, area) for area in one["ranges"]]]
            for rule in [_rule(sheet, one, ranges)]
            for box in ranges
        ]

    def number(self, row: int, column: int, cell: Cell) -> int:
        """The number of a cell's look in `table`."""
        look = own_look(cell)
        if self._rules:
            look = look | self._conditional(row, column, cell)
        key = json.dumps(look, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = len(self.table)
            self.table.append(look)
        return self._numbers[key]

    def _conditional(self, row: int, column: int, cell: Cell) -> Look:
        """What the rules say; where two say something of the same, the first of the list does."""
        found: Look = {}
        for box, rule in self._rules:
            if box.holds(row, column):
                found = rule(cell) | found
        return found


def _area(sheet: Sheet, area: Json) -> Box:
    return box_of(area, may_be_empty=True).within(sheet.row_count, sheet.column_count)


def _rule(sheet: Sheet, one: Json, ranges: Sequence[Box]) -> Callable[[Cell], Look]:
    if "gradientRule" in one:
        return _gradient(sheet, one["gradientRule"], ranges)
    rule = one["booleanRule"]
    look = _of_format(rule.get("format", {}))
    holds = _CONDITIONS.get(rule["condition"]["type"], _never)
    values = [str(value.get("userEnteredValue", "")) for value in rule["condition"].get("values", [])]
    return lambda cell: look if holds(cell, values) else {}


def _never(_cell: Cell, _values: list[str]) -> bool:
    """A condition that isn't built colours nothing."""
    return False


def _gradient(sheet: Sheet, rule: Json, ranges: Sequence[Box]) -> Callable[[Cell], Look]:
    numbers = sorted(
        float(cell.effective)
        for box in ranges
        for _, _, cell in sheet.filled(box)
        if isinstance(cell.effective, float | int) and not isinstance(cell.effective, bool)
    )
    if not numbers:
        return lambda _cell: {}
    points = sorted(
        (_position(rule[name], numbers), css_color(with_styles(rule[name]).get("colorStyle")) or "#ffffff")
        for name in ("minpoint", "midpoint", "maxpoint")
        if name in rule
    )

    def look(cell: Cell) -> Look:
        value = cell.effective
        if not isinstance(value, float | int) or isinstance(value, bool):
            return {}
        return {"bg": _between(points, float(value))}

    return look


def _position(point: Json, numbers: Sequence[float]) -> float:
    low, high, kind = numbers[0], numbers[-1], point.get("type")
    if kind in ("MIN", "MAX"):
        return low if kind == "MIN" else high
    value = float(point.get("value", 0))
    if kind == "PERCENT":
        return low + (high - low) * value / 100
    if kind == "PERCENTILE":
        return numbers[min(len(numbers) - 1, round((len(numbers) - 1) * value / 100))]
    return value


def _between(points: Sequence[tuple[float, str]], value: float) -> str:
    """The colour at a value: mixed from those of the points on either side."""
    below = max((one for one in points if one[0] <= value), default=points[0])
    above = min((one for one in points if one[0] >= value), default=points[-1])
    part = 0.0 if above[0] == below[0] else (value - below[0]) / (above[0] - below[0])
    mixed = (
        round(int(below[1][at : at + 2], 16) * (1 - part) + int(above[1][at : at + 2], 16) * part) for at in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _number(cell: Cell) -> float | None:
    value = cell.effective
    return float(value) if isinstance(value, float | int) and not isinstance(value, bool) else None


def _bound(text: str) -> float:
    value = type_in(text).value
    return float(value) if isinstance(value, float | int) else float("nan")


def _text(cell: Cell) -> str:
    return show(cell.effective, (cell.format or {}).get("numberFormat")).casefold()


def _compare(test: Callable[[float, list[float]], bool]) -> Callable[[Cell, list[str]], bool]:
    def holds(cell: Cell, values: list[str]) -> bool:
        number = _number(cell)
        return number is not None and test(number, [_bound(value) for value in values])

    return holds


_CONDITIONS: dict[str, Callable[[Cell, list[str]], bool]] = {
    "BLANK": lambda cell, _: cell.effective in (None, ""),
    "NOT_BLANK": lambda cell, _: cell.effective not in (None, ""),
    "TEXT_EQ": lambda cell, values: _text(cell) == values[0].casefold(),
    "TEXT_CONTAINS": lambda cell, values: values[0].casefold() in _text(cell),
    "TEXT_NOT_CONTAINS": lambda cell, values: values[0].casefold() not in _text(cell),
    "TEXT_STARTS_WITH": lambda cell, values: _text(cell).startswith(values[0].casefold()),
    "TEXT_ENDS_WITH": lambda cell, values: _text(cell).endswith(values[0].casefold()),
    "NUMBER_EQ": _compare(lambda number, bounds: number == bounds[0]),
    "NUMBER_NOT_EQ": _compare(lambda number, bounds: number != bounds[0]),
    "NUMBER_GREATER": _compare(lambda number, bounds: number > bounds[0]),
    "NUMBER_GREATER_THAN_EQ": _compare(lambda number, bounds: number >= bounds[0]),
    "NUMBER_LESS": _compare(lambda number, bounds: number < bounds[0]),
    "NUMBER_LESS_THAN_EQ": _compare(lambda number, bounds: number <= bounds[0]),
    "NUMBER_BETWEEN": _compare(lambda number, bounds: bounds[0] <= number <= bounds[1]),
    "NUMBER_NOT_BETWEEN": _compare(lambda number, bounds: not bounds[0] <= number <= bounds[1]),
}
