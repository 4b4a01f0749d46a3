"""Numbers as people write them in a locale."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from sheetjudge.core.checks.locales import babel_locale
from sheetjudge.core.yaml_nodes import shorten

LONGEST_NUMBER = 200

_LONGEST_SIGN = 4
_BEFORE = re.compile(r"[^0-9.,+\-()\s]+\.?(?=[\s0-9.,+\-])")
_AFTER = re.compile(r"(?<=[0-9\s.])[^0-9.,+\-()\s]+\.?$")
_CODE = re.compile(r"[A-Z]{3}")
_ALIKE = str.maketrans(
    {
        "\N{MINUS SIGN}": "-",
        "\N{HYPHEN}": "-",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{MODIFIER LETTER APOSTROPHE}": "'",
        "\N{FULLWIDTH APOSTROPHE}": "'",
        "\N{FULLWIDTH COMMA}": ",",
        "\N{FULLWIDTH FULL STOP}": ".",
        "\N{FULLWIDTH PERCENT SIGN}": "%",
        "\N{ARABIC PERCENT SIGN}": "%",
    }
)


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
        """Matches a number without signs. Spaces and apostrophes between thousands mislead nobody anywhere."""
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
        for found in (_BEFORE.match(text), _AFTER.search(text)):
            if found and not currency:
                currency = self._currency(found[0])
                if currency:
                    text = (text[: found.start()] + text[found.end() :]).strip()
        if not sign and currency and text[:1] in {"+", "-"}:
            sign, text = text[0], text[1:].strip()
        return sign + text, percent, currency

    def _currency(self, sign: str) -> str:
        """The code of a currency, by its code or its sign; the sign where no code is known; "" for other text."""
        if sign in self.signs:
            return self.signs[sign]
        if _CODE.fullmatch(sign):
            from babel.numbers import is_currency

            return sign if is_currency(sign) else ""
        return sign if unicodedata.category(sign[-1]) == "Sc" and len(sign) <= _LONGEST_SIGN else ""


def number_format(locale: str) -> NumberFormat:
    """How `locale` (as `known_locale` returns it) writes numbers, by the Unicode CLDR."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    known = babel_locale(locale)
    group = _simplified(get_group_symbol(known, numbering_system="latn")) or " "
    _, higher = known.decimal_formats[None].grouping
    signs: dict[str, str] = {}
    for code, sign in known.currency_symbols.items():
        signs.setdefault(sign, code)
    return NumberFormat(locale, get_decimal_symbol(known, numbering_system="latn"), group, higher == len("12"), signs)


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
