"""The functions that formulas can call."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from sheetjudge.sandbox.cells import CellError, Effective
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.entry import EPOCH, type_in

Argument = Effective | list[list[Effective]]


class Failure(Exception):
    """A formula that fails: Google's name of the kind of error, and the sentence about it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


def number_of(value: Argument) -> float:
    """The number that a value stands for in arithmetic."""
    value = _first(value)
    if value is None:
        return 0.0
    if isinstance(value, bool | float | int):
        return float(value)
    typed = type_in(value).value if isinstance(value, str) else None
    if isinstance(typed, float):
        return typed
    raise Failure("VALUE", f"'{value}' is a text and cannot be coerced to a number.")


def text_of(value: Argument) -> str:
    """The text that a value stands for when texts are joined."""
    return show(_first(value), None)


def truth_of(value: Argument) -> bool:
    """Whether a value counts as true."""
    value = _first(value)
    if isinstance(value, str):
        if value.upper() in ("TRUE", "FALSE"):
            return value.upper() == "TRUE"
        raise Failure("VALUE", f"'{value}' is a text and cannot be coerced to a boolean.")
    return bool(value)


def _first(value: Argument) -> Effective:
    if isinstance(value, list):
        return value[0][0] if value and value[0] else None
    if isinstance(value, CellError):
        raise Failure(value.kind, value.message)
    return value


def _each(arguments: list[Argument]) -> Iterator[Effective]:
    for argument in arguments:
        if isinstance(argument, list):
            for row in argument:
                yield from row
        else:
            yield argument


def _numbers(arguments: list[Argument]) -> list[float]:
    found = []
    for argument in arguments:
        if isinstance(argument, list):
            cells = (value for row in argument for value in row)
            found += [float(value) for value in cells if isinstance(value, float | int) and not isinstance(value, bool)]
        else:
            found.append(number_of(argument))
    return found


def _average(arguments: list[Argument]) -> Effective:
    numbers = _numbers(arguments)
    if not numbers:
        raise Failure("DIVIDE_BY_ZERO", "Evaluation of function AVERAGE caused a divide by zero error.")
    return sum(numbers) / len(numbers)


def _round(arguments: list[Argument]) -> Effective:
    places = int(number_of(arguments[1])) if len(arguments) > 1 else 0
    exact = Decimal(repr(number_of(arguments[0])))
    return float(exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def _if(arguments: list[Argument]) -> Effective:
    if truth_of(arguments[0]):
        return _first(arguments[1])
    return _first(arguments[2]) if len(arguments) > 2 else False  # noqa: PLR2004 - IF(test, then, else)


def _now() -> float:
    return (dt.datetime.now(dt.UTC).replace(tzinfo=None) - EPOCH).total_seconds() / 86400


FUNCTIONS: dict[str, Callable[[list[Argument]], Argument]] = {
    "SUM": lambda a: float(sum(_numbers(a))),
    "AVERAGE": _average,
    "COUNT": lambda a: float(len([v for v in _each(a) if isinstance(v, float) and not isinstance(v, bool)])),
    "COUNTA": lambda a: float(len([v for v in _each(a) if v is not None])),
    "MIN": lambda a: min(_numbers(a), default=0.0),
    "MAX": lambda a: max(_numbers(a), default=0.0),
    "ABS": lambda a: abs(number_of(a[0])),
    "ROUND": _round,
    "IF": _if,
    "IFERROR": lambda a: a[0],
    "AND": lambda a: all(truth_of(v) for v in _each(a) if v is not None),
    "OR": lambda a: any(truth_of(v) for v in _each(a) if v is not None),
    "NOT": lambda a: not truth_of(a[0]),
    "LEN": lambda a: float(len(text_of(a[0]))),
    "UPPER": lambda a: text_of(a[0]).upper(),
    "LOWER": lambda a: text_of(a[0]).lower(),
    "TRIM": lambda a: " ".join(text_of(a[0]).split()),
    "CONCATENATE": lambda a: "".join(text_of(v) for v in _each(a)),
    "HYPERLINK": lambda a: text_of(a[1] if len(a) > 1 else a[0]),
    "IMAGE": lambda _: None,
    "NOW": lambda _: _now(),
    "TODAY": lambda _: float(int(_now())),
    "RAND": lambda _: random.random(),  # noqa: S311 - a sheet's RAND, not a secret
}
