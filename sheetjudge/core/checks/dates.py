"""Dates as people write them in a locale, and the check on them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sheetjudge.core.checks.locales import babel_locale
from sheetjudge.core.checks.options import CheckResult, Compiled, Options, options_of, wrong
from sheetjudge.core.yaml_nodes import shorten

_TIME = r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s*(?:[aApP]\.?[mM]\.?|Z|UTC|[+-]\d{2}:?\d{2}))?)?"
_ISO = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_NUMERIC = re.compile(rf"(\d{{1,2}})\s*([-/.])\s*(\d{{1,2}})\s*\2\s*(\d{{4}}|\d{{2}})\.?{_TIME}")
_LONGEST = 60
_YEAR_DIGITS = 4
_MOST_SMALL_WORDS = 3


@dataclass(frozen=True)
class DateFormat:
    """How a locale writes dates.

    Attributes:
        locale: as `known_locale` returns it.
        day_first: 31/12 rather than 12/31; None for plain English, which differs by country.
        months: names and short names of the months, folded -> 1 … 12.
    """

    locale: str
    day_first: bool | None
    months: Mapping[str, int]

    def read(self, text: str) -> dt.date | str | None:
        """The date that `text` is (a time after it is left out).

        Returns:
            The date; a sentence where it can be read in two ways; None where it is no date.
        """
        text = " ".join(text.split())
        if not text or len(text) > _LONGEST:
            return None
        if match := _ISO.fullmatch(text):
            return _date(int(match[1]), int(match[3]), int(match[4]))
        if match := _NUMERIC.fullmatch(text):
            return self._numeric(text, int(match[1]), int(match[3]), match[4])
        return self._named(text)

    def _numeric(self, text: str, first: int, second: int, written_year: str) -> dt.date | str | None:
        year = int(written_year) + (0 if len(written_year) == _YEAR_DIGITS else _century(int(written_year)))
        day_first, month_first = _date(year, second, first), _date(year, first, second)
        if self.day_first is None:
            if day_first and month_first and day_first != month_first:
                return f"'{text}' can be {day_first} or {month_first}; a locale such as en-GB or en-US would say which"
            return day_first or month_first
        wanted, other = (day_first, month_first) if self.day_first else (month_first, day_first)
        if wanted is None and other is not None:
            order = "day before month" if self.day_first else "month before day"
            return f"'{text}' is not how dates are written in the locale {self.locale} ({order})"
        return wanted

    def _named(self, text: str) -> dt.date | None:
        """`2 January 2025`, `January 2nd, 2025`, `Thu, 2. Januar 2025`, `2 de enero de 2025`."""
        text = re.sub(rf"(?<=\d{{4}}){_TIME}$", "", text)
        words = re.findall(r"\d+|[^\W\d_]+", text.casefold())
        months = {self.months[word] for word in words if word in self.months}
        numbers = [word for word in words if word.isdecimal()]
        years = [int(n) for n in numbers if len(n) == _YEAR_DIGITS]
        days = [int(n) for n in numbers if len(n) < _YEAR_DIGITS]
        # Weekday, ordinal ending and small words are allowed; a sentence that names a date is no date.
        others = len(words) - len(numbers) - 1
        if len(months) == len(years) == len(days) == 1 and others <= _MOST_SMALL_WORDS:
            return _date(years[0], months.pop(), days[0])
        return None


def date_format(locale: str) -> DateFormat:
    """How `locale` (as `known_locale` returns it) writes dates, by the Unicode CLDR.

    The English names of months are known in every locale.
    """
    from babel.dates import get_date_format, get_month_names

    months: dict[str, int] = {}
    for tag in ("en", locale):
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                names = get_month_names(width, context, babel_locale(tag))
                months |= {name.casefold().rstrip("."): number for number, name in names.items()}
    pattern = get_date_format("short", babel_locale(locale)).pattern
    day_first = pattern.lower().index("d") < pattern.lower().index("m")
    return DateFormat(locale, None if locale == "en" else day_first, months)


def _century(year: int) -> int:
    """What POSIX adds to a year of two digits."""
    return 1900 if year >= 69 else 2000  # noqa: PLR2004


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def date(value: Any, locale: str) -> Compiled:
    """`date` alone, or `{date: {after: 2024-12-31, before: 2026-01-01}}`, both excluded; or with a `format`."""
    options = options_of("check.date", value, ("after", "before", "format"))
    after, before = _bound(options, "after"), _bound(options, "before")
    if after and before and after >= before:
        raise wrong(f"{options.key}.after", f"is {after}, not earlier than before, which is {before}.")
    pattern = options.text("format") if "format" in options else ""
    if pattern:
        _try_format(options, pattern)
    written = date_format(locale)

    def test(text: str, _cells: Mapping[str, str]) -> CheckResult:
        shown = shorten(text)
        if not shown:
            return CheckResult(passed=False, reason="empty; a date is wanted")
        read = _by_format(text.strip(), pattern) if pattern else written.read(text)
        if isinstance(read, str):
            return CheckResult(None, read)
        if read is None:
            how = f" in the form {pattern}" if pattern else ""
            return CheckResult(passed=False, reason=f"'{shown}' is no date{how}")
        if after and read <= after:
            return CheckResult(passed=False, reason=f"{read} is not after {after}")
        if before and read >= before:
            return CheckResult(passed=False, reason=f"{read} is not before {before}")
        return CheckResult(passed=True, reason=str(read))

    return Compiled(options.used, test)


def _bound(options: Options, name: str) -> dt.date | None:
    if name not in options:
        return None
    text = options.text(name)
    match = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text, re.ASCII)
    found = _date(*map(int, match.groups())) if match else None
    if found is None:
        raise wrong(f"{options.key}.{name}", f"is {text!r}, not a date.", "Write it as 2025-12-31.")
    return found


def _try_format(options: Options, pattern: str) -> None:
    """Refuse a format that can't say which day."""
    probe = dt.date(2003, 11, 28)
    try:
        readable = _by_format(probe.strftime(pattern), pattern) == probe
    except ValueError:
        readable = False
    if not readable:
        raise wrong(
            f"{options.key}.format",
            f"is {pattern!r}, which doesn't tell day, month and year.",
            "Write '%d.%m.%Y', say.",
        )


def _by_format(text: str, pattern: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, pattern).date()  # noqa: DTZ007  (only the day counts)
    except ValueError:
        return None
