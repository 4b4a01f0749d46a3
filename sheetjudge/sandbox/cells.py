"""A cell, the kinds of value it can hold, and how those values travel as JSON."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from sheetjudge.sandbox.problems import Json


class Formula(str):
    """What a person entered, starting with `=`."""

    __slots__ = ()


class GivenFormula(Formula):
    """A formula whose result was given with it and stays: one that the local Google can't evaluate."""

    __slots__ = ()


class CellError(NamedTuple):
    """A formula's failure: Google's name of its kind, and the sentence about it."""

    kind: str
    message: str = ""

    @property
    def shown(self) -> str:
        """What the cell shows."""
        return _SHOWN[self.kind]


_SHOWN = {
    "ERROR": "#ERROR!",
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
    "LOADING": "Loading...",
}

_ALWAYS_BY_POWERS = 1e17

Entered = str | float | bool | None
Effective = str | float | bool | CellError | None


class Cell(NamedTuple):
    """One cell, never changed in place.

    Args:
        entered: text, a number, a truth value or a `Formula`; None for none.
        effective: what it amounts to: the same, or the formula's result.
        format: the `userEnteredFormat` that it carries, as JSON.
        note: the note on it.
        extra: what else it carries, as JSON members of CellData (`dataValidation`, `textFormatRuns`, ...).
    """

    entered: Entered = None
    effective: Effective = None
    format: Json | None = None
    note: str = ""
    extra: Json | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing at all is in it."""
        return self.entered is None and self.effective is None and not (self.format or self.note or self.extra)


BLANK = Cell()
Row = tuple[Cell | None, ...]


def tidy(cell: Cell) -> Cell | None:
    """The cell as it is kept: None where nothing is in it."""
    return None if cell.is_blank else cell


def plain_number(value: float) -> float | int:
    """A number as JSON writes it: without `.0` where it is whole."""
    if isinstance(value, bool) or not math.isfinite(value) or abs(value) >= _ALWAYS_BY_POWERS:
        return value
    return int(value) if value == int(value) else value


def extended_value(value: Entered | Effective) -> Json:
    """An ExtendedValue in JSON."""
    if isinstance(value, Formula):
        return {"formulaValue": str(value)}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, CellError):
        error = {"type": value.kind}
        return {"errorValue": error | ({"message": value.message} if value.message else {})}
    return {} if value is None else {"numberValue": plain_number(value)}


def from_extended(value: Json | None) -> Entered:
    """What an ExtendedValue in JSON enters into a cell."""
    if not value:
        return None
    if "formulaValue" in value:
        return Formula(value["formulaValue"])
    if "boolValue" in value:
        return bool(value["boolValue"])
    if "numberValue" in value:
        return float(value["numberValue"])
    text: Any = value.get("stringValue")
    return text or None


def settled(entered: Entered) -> Effective:
    """The effective value of anything but a formula."""
    return None if isinstance(entered, Formula) else entered
