"""Numbers as people write them in a locale, and the two checks on them: a range, and equality."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Any

from sheetjudge.core.checks.locales import babel_locale
from sheetjudge.core.checks.options import CheckResult, Compiled, Options, options_of, wrong
from sheetjudge.core.checks.texts import folded
from sheetjudge.core.yaml_nodes import shorten

LONGEST_NUMBER = 200
_BOUND = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?)\s*(%?)")
_ALIKE = str.maketrans(
    {"−": "-", "‐": "-", "’": "'", "ʼ": "'", "‘": "'", "＇": "'", "，": ",", "．": ".", "％": "%", "٪": "%"}
)
_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as read: its value, whether it carries a percent sign (12% has the value 12), and its currency or ""."""

    value: Decimal
    percent: bool = False
    currency: str = ""


@dataclass(frozen=True)
class NumberFormat:
    """How a locale writes numbers.

    Attributes:
        locale: as `known_locale` returns it.
        point: the decimal sign.
        group: the sign between thousands.
        short_groups: groups above the thousands have two digits, as in 12,34,567.
        signs: the locale's signs for currencies -> their codes.
    """

    locale: str
    point: str
    group: str
    short_groups: bool
    signs: Mapping[str, str]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches a number without currency and percent signs. Spaces and apostrophes between thousands mislead nobody."""
        return _pattern(self.point, {self.group, " ", "'"} - {self.point}, short=self.short_groups)

    @cached_property
    def mirrored(self) -> re.Pattern[str]:
        """Matches what would be a number if the decimal sign were the other one of point and comma."""
        point = "," if self.point == "." else "."
        return _pattern(point, {"." if point == "," else ",", " ", "'"}, short=False)

    def read(self, text: str) -> Number | str | None:
        """The number that `text` is.

        Returns:
            The number; a sentence where it would be one in another locale, so that nobody can tell; None where it
            is no number.
        """
        plain = _simplified(text)
        if not plain or len(plain) > LONGEST_NUMBER:
            return None
        negative = plain.startswith("(") and plain.endswith(")")
        core, percent, currency = self._stripped(plain[1:-1].strip() if negative else plain)
        if self.pattern.fullmatch(core):
            value = Decimal(re.sub(r"[^0-9eE+.-]", "", _pointed(core, self.point)))
            return Number(-value if negative else value, percent, currency)
        if self.mirrored.fullmatch(core):
            example = f"1{self.group}234{self.point}5"
            return f"'{shorten(text)}' is not how numbers are written in the locale {self.locale} ({example})"
        return None

    def _stripped(self, text: str) -> tuple[str, bool, str]:
        """`text` without the signs of percent and currency, and what they were."""
        sign = text[0] if text[:1] in {"+", "-"} else ""
        text = text.removeprefix(sign).strip()
        percent = text.endswith("%") or text.startswith("%")
        text = text.strip("% ") if percent else text
        currency = ""
        for match in (
            re.match(r"[^0-9.,+\-()\s]+\.?(?=[\s0-9.,+\-])", text),
            re.search(r"(?<=[0-9\s.])[^0-9.,+\-()\s]+\.?$", text),
        ):
            if match and not currency:
                currency = self._currency(match[0])
                if currency:
                    text = (text[: match.start()] + text[match.end() :]).strip()
        if not sign and currency and text[:1] in {"+", "-"}:
            sign, text = text[0], text[1:].strip()
        return sign + text, percent, currency

    def _currency(self, sign: str) -> str:
        """The code of a currency, by its code or its sign; the sign itself where no code is known; "" for other text."""
        if sign in self.signs:
            return self.signs[sign]
        if _CODE.fullmatch(sign):
            from babel.numbers import is_currency

            return sign if is_currency(sign) else ""
        return sign if unicodedata.category(sign[-1]) == "Sc" and len(sign) < 5 else ""


def number_format(locale: str) -> NumberFormat:
    """How `locale` (as `known_locale` returns it) writes numbers, by the Unicode CLDR."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    known = babel_locale(locale)
    group = _simplified(get_group_symbol(known, numbering_system="latn")) or " "
    grouping = known.decimal_formats[None].grouping
    signs: dict[str, str] = {}
    for code, sign in known.currency_symbols.items():
        signs.setdefault(sign, code)
    return NumberFormat(locale, get_decimal_symbol(known, numbering_system="latn"), group, grouping[1] == 2, signs)


def _pattern(point: str, groups: set[str], *, short: bool) -> re.Pattern[str]:
    one_of = f"[{''.join(re.escape(sign) for sign in sorted(groups))}]"
    thousands = rf"[0-9]{{1,3}}(?P<g>{one_of})[0-9]{{3}}(?:(?P=g)[0-9]{{3}})*"
    if short:
        thousands += rf"|[0-9]{{1,2}}(?P<s>{one_of})(?:[0-9]{{2}}(?P=s))*[0-9]{{3}}"
    fraction = rf"{re.escape(point)}[0-9]+"
    return re.compile(rf"[-+]?(?:(?:{thousands}|[0-9]+)(?:{fraction})?|{fraction})(?:[eE][-+]?[0-9]{{1,4}})?")


def _simplified(text: str) -> str:
    """Digits of every script as 0-9, spaces of every width as one, signs that look alike as one."""
    out = []
    for c in text.strip().translate(_ALIKE):
        if c.isspace():
            out.append(" ")
        else:
            digit = unicodedata.decimal(c, None)
            out.append(c if digit is None else str(digit))
    return "".join(out).strip()


def _pointed(core: str, point: str) -> str:
    """`core` with a decimal point, and nothing between its thousands."""
    whole, sign, fraction = core.partition(point)
    return re.sub(r"[.,]", "", whole) + ("." if sign else "") + fraction


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
    """`{equals: {column: Ideal answer, tolerance: 0.01}}` or `{equals: 42}`, as numbers where both are, else as text."""
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
        left, right = (
            n.value.scaleb(-2) if n.percent and mine.percent != theirs.percent else n.value for n in (mine, theirs)
        )
        if not tolerance:
            return _compared(text, wanted, same=left == right)
        allowed = abs(right) * tolerance.value / 100 if tolerance.percent else tolerance.value
        gap = abs(left - right)
    if gap and gap <= allowed:
        return CheckResult(passed=True, reason=f"{shorten(text)} is near enough to {shorten(wanted)}")
    return _compared(text, wanted, same=gap == 0)


def _compared(text: str, wanted: str, *, same: bool) -> CheckResult:
    return CheckResult(same, f"'{shorten(text)}' {'equals' if same else 'is not'} '{shorten(wanted)}'")
