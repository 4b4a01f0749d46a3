"""What conditional formats make of cells, and which of them hold where."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from sheetjudge.sandbox.a1 import Box, box_of
from sheetjudge.sandbox.cells import BLANK, Cell
from sheetjudge.sandbox.colors import color, css_color, with_styles
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.entry import type_in
from sheetjudge.sandbox.problems import Json, bad_request, not_built
from sheetjudge.sandbox.sheet import Sheet

_WHOLE = 100
Rule = Callable[[Cell], Json]
"""The CellFormat in JSON that a rule gives a cell; an empty one where it doesn't hold."""


class ConditionalFormats:
    """The rules of one tab."""

    def __init__(self, sheet: Sheet) -> None:
        self._rules: list[tuple[Box, Rule]] = []
        for one in sheet.conditional_formats:
            boxes = [
                box_of(area, may_be_empty=True).within(sheet.row_count, sheet.column_count) for area in one["ranges"]
            ]
            rule = _rule(sheet, one, boxes)
            self._rules += [(box, rule) for box in boxes]

    def format_of(self, row: int, column: int, cell: Cell | None) -> Json:
        """The CellFormat that the rules give a cell; where two say the same member, the first of the list does."""
        found: Json = {}
        for box, rule in self._rules:
            if box.holds(row, column):
                found = laid_over(rule(cell or BLANK), found)
        return found


def laid_over(below: Json, above: Json) -> Json:
    """Two CellFormats in one: members of the second go before those of the first, in their text formats too."""
    text = below.get("textFormat", {}) | above.get("textFormat", {})
    return below | above | ({"textFormat": text} if text else {})


def check_rule(asked: Json) -> None:
    """See that a ConditionalFormatRule in JSON is one that cells can be held against.

    Raises:
        ApiError: neither a condition nor a gradient or both, or a condition or a point of a gradient that wants other
            values; also a point given by a formula, which isn't built.
    """
    if ("booleanRule" in asked) == ("gradientRule" in asked):
        raise bad_request("Must specify exactly one of booleanRule and gradientRule.")
    if "booleanRule" in asked:
        _check_condition(asked["booleanRule"].get("condition") or {})
        return
    for name in ("minpoint", "midpoint", "maxpoint"):
        if name in asked["gradientRule"]:
            _check_point(asked["gradientRule"][name])
        elif name != "midpoint":
            raise bad_request(f"GradientRule must have a {name}.")


def _check_condition(condition: Json) -> None:
    kind = condition.get("type", "CONDITION_TYPE_UNSPECIFIED")
    wanted = _VALUES_OF.get(kind)
    if wanted is None:
        raise bad_request(f"ConditionType '{kind}' is not supported by conditional formatting.")
    values = condition.get("values") or []
    if len(values) != wanted:
        raise bad_request(f"ConditionType '{kind}' must have exactly {wanted} ConditionValues, not {len(values)}.")
    for value in values:
        if ("relativeDate" in value) == ("userEnteredValue" in value):
            raise bad_request("ConditionValue must have exactly one of relativeDate and userEnteredValue.")


def _check_point(point: Json) -> None:
    kind = point.get("type", "INTERPOLATION_POINT_TYPE_UNSPECIFIED")
    if kind in ("MIN", "MAX"):
        return
    if kind not in ("NUMBER", "PERCENT", "PERCENTILE"):
        raise bad_request(f"Invalid InterpolationPoint.type: {kind}")
    value = point.get("value", "")
    if value.startswith("="):
        raise not_built("A point of a gradient that a formula gives")
    number = _bound(value)
    if not math.isfinite(number) or (kind != "NUMBER" and not 0 <= number <= _WHOLE):
        raise bad_request(f"Invalid InterpolationPoint.value: {value}")


def _rule(sheet: Sheet, one: Json, boxes: Sequence[Box]) -> Rule:
    if "gradientRule" in one:
        return _gradient(sheet, one["gradientRule"], boxes)
    rule = one["booleanRule"]
    style = with_styles(rule.get("format", {}))
    condition = rule["condition"]
    holds = _CONDITIONS.get(condition["type"], _never)
    values = [value.get("userEnteredValue", "") for value in condition.get("values") or []]
    return lambda cell: style if holds(cell, values) else {}


def _never(_cell: Cell, _values: list[str]) -> bool:
    """A condition that isn't built (dates, formulas) colours nothing."""
    return False


def _gradient(sheet: Sheet, rule: Json, boxes: Sequence[Box]) -> Rule:
    numbers = sorted(
        number for box in boxes for _, _, cell in sheet.filled(box) if (number := _number(cell)) is not None
    )
    if not numbers:
        return lambda _cell: {}
    points = sorted(
        (_position(rule[name], numbers), css_color(with_styles(rule[name]).get("colorStyle")) or "#ffffff")
        for name in ("minpoint", "midpoint", "maxpoint")
        if name in rule
    )

    def shade(cell: Cell) -> Json:
        number = _number(cell)
        return {} if number is None else with_styles({"backgroundColor": _between(points, number)})

    return shade


def _position(point: Json, numbers: Sequence[float]) -> float:
    low, high, kind = numbers[0], numbers[-1], point.get("type")
    if kind in ("MIN", "MAX"):
        return low if kind == "MIN" else high
    value = _bound(point["value"])
    if kind == "PERCENT":
        return low * (1 - value / 100) + high * (value / 100)
    if kind == "PERCENTILE":
        return numbers[min(len(numbers) - 1, round((len(numbers) - 1) * value / 100))]
    return value


def _between(points: Sequence[tuple[float, str]], value: float) -> Json:
    """The colour at a value: mixed from those of the points on either side."""
    below = max((one for one in points if one[0] <= value), default=points[0])
    above = min((one for one in points if one[0] >= value), default=points[-1])
    # By halves: the distance of the largest numbers is none.
    part = 0.0 if above[0] == below[0] else (value / 2 - below[0] / 2) / (above[0] / 2 - below[0] / 2)
    mixed = (
        round(int(below[1][at : at + 2], 16) * (1 - part) + int(above[1][at : at + 2], 16) * part) for at in (1, 3, 5)
    )
    return color(dict(zip(("red", "green", "blue"), (channel / 255 for channel in mixed), strict=True)))


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

# How many values each condition wants that conditional formats know (reference of ConditionType).
_VALUES_OF = dict.fromkeys(_CONDITIONS, 1) | {
    "BLANK": 0,
    "NOT_BLANK": 0,
    "NUMBER_BETWEEN": 2,
    "NUMBER_NOT_BETWEEN": 2,
    "DATE_EQ": 1,
    "DATE_BEFORE": 1,
    "DATE_AFTER": 1,
    "CUSTOM_FORMULA": 1,
}
