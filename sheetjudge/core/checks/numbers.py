"""The two checks on numbers: a range, and equality."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

from sheetjudge.core.checks.number_format import LONGEST_NUMBER, Number, number_format
from sheetjudge.core.checks.options import CheckResult, Compiled, Options, options_of, wrong
from sheetjudge.core.checks.texts import folded
from sheetjudge.core.yaml_nodes import shorten

_BOUND = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?)\s*(%?)")


def number(value: Any, locale: str) -> Compiled:
    """`number` alone, or `{number: {min: 0, max: 10%}}`. Bounds are written with a decimal point in every locale."""
    options = options_of("check.number", value, ("min", "max"))
    low, high = _bound(options, "min"), _bound(options, "max")
    bounds = [bound for bound in (low, high) if bound]
    if low and high and low.percent != high.percent:
        raise wrong(options.key, "has one bound with % and one without.", "Write both alike.")
    if low and high and low.value > high.value:
        raise wrong(f"{options.key}.min", f"is {options.used['min']}, more than max, which is {options.used['max']}.")
    written = number_format(locale)

    def test(text: str, _cells: Mapping[str, str]) -> CheckResult:
        read = written.read(text)
        shown = shorten(text)
        if read is None:
            return CheckResult(passed=False, reason=f"'{shown}' is no number" if shown else "empty; a number is wanted")
        if isinstance(read, str):
            return CheckResult(None, read)
        if bounds and read.percent != bounds[0].percent:
            states = ("carries a %", "carries no %")
            mine, theirs = states if read.percent else states[::-1]
            return CheckResult(None, f"{shown} {mine} and the range {theirs}")
        if low and read.value < low.value:
            return CheckResult(passed=False, reason=f"{shown} is below {options.used['min']}")
        if high and read.value > high.value:
            return CheckResult(passed=False, reason=f"{shown} is above {options.used['max']}")
        return CheckResult(passed=True, reason=shown)

    return Compiled(options.used, test)


def _bound(options: Options, name: str) -> Number | None:
    """A number in the rubric itself, with a decimal point; None where it isn't given."""
    if name not in options:
        return None
    text = options.text(name)
    match = _BOUND.fullmatch(text)
    if not match:
        advice = "Write it with a decimal point and without thousands, 1234.5 or 10% say."
        raise wrong(f"{options.key}.{name}", f"is {text!r}, not a number.", advice)
    if not match[2]:
        options.used[name] = int(text) if re.fullmatch(r"[-+]?[0-9]{1,15}", text) else float(text)
    return Number(Decimal(match[1]), bool(match[2]))


def equals(value: Any, locale: str) -> Compiled:
    """`{equals: {column: Ideal answer, tolerance: 0.01}}` or `{equals: 42}`: as numbers where both are, or text."""
    options = options_of("check.equals", value, ("value", "column", "tolerance", "as", "case"), shorthand="value")
    if ("value" in options) == ("column" in options):
        raise wrong(options.key, "needs either a value or a column.", "Write {equals: {column: Ideal answer}}, say.")
    column = options.text("column") if "column" in options else ""
    fixed = "" if column else options.text("value")
    tolerance = _bound(options, "tolerance")
    if tolerance and tolerance.value < 0:
        raise wrong(f"{options.key}.tolerance", "is below 0.")
    sort = options.text("as") if "as" in options else ""
    if sort not in {"", "text", "number"}:
        raise wrong(f"{options.key}.as", f"is {sort!r}.", "Write text or number, or leave it out.")
    if sort == "text" and tolerance:
        raise wrong(f"{options.key}.tolerance", "has no meaning for text.")
    case = options.truth("case")
    written = number_format(locale)
    constant = _BOUND.fullmatch(fixed)
    own = Number(Decimal(constant[1]), bool(constant[2])) if constant else written.read(fixed)

    def test(text: str, cells: Mapping[str, str]) -> CheckResult:
        wanted = cells[column] if column else fixed
        if not wanted.strip():
            return CheckResult(None, f"the column {column} is empty, so there is nothing to compare with")
        if not text.strip():
            return CheckResult(passed=False, reason=f"empty; '{shorten(wanted)}' is wanted")
        if sort != "text":
            result = _as_numbers((text, written.read(text)), (wanted, own if fixed else written.read(wanted)),
                                 tolerance, demanded=sort == "number" or tolerance is not None)  # fmt: skip
            if result:
                return result
        same = folded(text, case=case) == folded(wanted, case=case)
        return _compared(text, wanted, same=same)

    return Compiled(options.used, test, (column,) if column else ())


Read = tuple[str, Number | str | None]


def _as_numbers(left: Read, right: Read, tolerance: Number | None, *, demanded: bool) -> CheckResult | None:
    """Compare as numbers; None where one of them is none and none is demanded."""
    (text, mine), (wanted, theirs) = left, right
    if isinstance(mine, Number) and isinstance(theirs, Number):
        return _number_result(text, wanted, mine, theirs, tolerance)
    for read in (mine, theirs):
        if isinstance(read, str) and (demanded or isinstance(mine, Number) or isinstance(theirs, Number)):
            return CheckResult(None, read)
    if demanded and theirs is None:
        return CheckResult(None, f"'{shorten(wanted)}' is no number to compare with")
    if demanded:
        return CheckResult(passed=False, reason=f"'{shorten(text)}' is no number; {shorten(wanted)} is wanted")
    return None


def _number_result(text: str, wanted: str, mine: Number, theirs: Number, tolerance: Number | None) -> CheckResult:
    if mine.currency and theirs.currency and mine.currency != theirs.currency:
        return CheckResult(passed=False, reason=f"{shorten(text)} and {shorten(wanted)} are different currencies")
    if mine.percent != theirs.percent and mine.value == theirs.value != 0:
        return CheckResult(None, f"{shorten(text)} and {shorten(wanted)}: one is a percentage and the other isn't")
    with localcontext() as context:
        context.prec = 2 * LONGEST_NUMBER
        percent_differs = mine.percent != theirs.percent
        left, right = (n.value.scaleb(-2) if n.percent and percent_differs else n.value for n in (mine, theirs))
        if not tolerance:
            return _compared(text, wanted, same=left == right)
        allowed = abs(right) * tolerance.value / 100 if tolerance.percent else tolerance.value
        gap = abs(left - right)
    if gap and gap <= allowed:
        return CheckResult(passed=True, reason=f"{shorten(text)} is near enough to {shorten(wanted)}")
    return _compared(text, wanted, same=gap == 0)


def _compared(text: str, wanted: str, *, same: bool) -> CheckResult:
    return CheckResult(same, f"'{shorten(text)}' {'equals' if same else 'is not'} '{shorten(wanted)}'")
