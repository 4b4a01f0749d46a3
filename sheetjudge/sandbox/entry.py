"""What a person means by typing a text into a cell (USER_ENTERED), by the rules of the locale en_US."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import NamedTuple

from sheetjudge.sandbox.cells import Entered, Formula
from sheetjudge.sandbox.problems import Json


class Typed(NamedTuple):
    """What was typed: the value, and the number format that it brings, if any."""

    value: Entered
    number_format: Json | None = None


EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's dates have no zone

_NUMBER = re.compile(
    r"(?P<open>\()?(?P<sign>[+-])?(?P<money>\$)?(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?"
    r"(?P<decimals>\.[0-9]*)?(?P<power>[eE][+-]?[0-9]+)?(?P<percent>%)?(?P<close>\))?"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "september", "sept"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_DATES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"), "yyyy-mm-dd"),
    (re.compile(r"(?P<y>[0-9]{4})/(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})"), "yyyy/mm/dd"),
    (re.compile(r"(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})/(?P<y>[0-9]{4})"), "m/d/yyyy"),
    (re.compile(r"(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})/(?P<y>[0-9]{2})"), "m/d/yy"),
    (re.compile(r"(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})-(?P<y>[0-9]{4})"), "m-d-yyyy"),
    (re.compile(r"(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})-(?P<y>[0-9]{2})"), "m-d-yy"),
    (re.compile(r"(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})"), "m/d"),
    (re.compile(r"(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"), "m-d"),
    (re.compile(r"(?P<name>[A-Za-z]{3,9})\.? (?P<d>[0-9]{1,2}),? (?P<y>[0-9]{4})"), "mmm d, yyyy"),
    (re.compile(r"(?P<name>[A-Za-z]{3,9})\.? (?P<y>[0-9]{4})"), "mmm yyyy"),
    (re.compile(r"(?P<name>[A-Za-z]{3,9})\.? (?P<d>[0-9]{1,2})"), "mmm d"),
    (re.compile(r"(?P<d>[0-9]{1,2}) (?P<name>[A-Za-z]{3,9}) (?P<y>[0-9]{4})"), "d mmm yyyy"),
    (re.compile(r"(?P<d>[0-9]{1,2}) (?P<name>[A-Za-z]{3,9})"), "d mmm"),
    (re.compile(r"(?P<d>[0-9]{1,2})-(?P<name>[A-Za-z]{3})-(?P<y>[0-9]{4})"), "d-mmm-yyyy"),
    (re.compile(r"(?P<d>[0-9]{1,2})-(?P<name>[A-Za-z]{3})-(?P<y>[0-9]{2})"), "d-mmm-yy"),
    (re.compile(r"(?P<d>[0-9]{1,2})-(?P<name>[A-Za-z]{3})"), "d-mmm"),
)
_SHORT_NAME = 3
_FIRST_YEAR = 1000
_TIME = re.compile(r"(?P<h>[0-9]{1,4}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2}(?:\.[0-9]+)?))?(?: ?(?P<half>[AaPp][Mm]))?")


def type_in(text: str, *, as_text: bool = False) -> Typed:
    """What typing this text enters.

    Args:
        text: the text as typed.
        as_text: whether the cell is formatted as plain text, which keeps everything as it stands.
    """
    if text == "":
        return Typed(None)
    if as_text:
        return Typed(text)
    if text.startswith("'"):
        return Typed(text[1:])
    bare = text.strip()
    if bare.upper() in ("TRUE", "FALSE"):
        return Typed(bare.upper() == "TRUE")
    return _number(bare) or _moment(bare) or Typed(_formula(text) or text)


def _formula(text: str) -> Formula | None:
    """The formula that a text which is no number enters, if any: a plus begins one, too."""
    if len(text) > 1 and text[0] in "=+":
        return Formula(text if text[0] == "=" else "=" + text)
    return None


def _number(text: str) -> Typed | None:
    match = _NUMBER.fullmatch(text)
    if match is None or not (match["digits"] or (match["decimals"] or "").strip(".")):
        return None
    if bool(match["open"]) != bool(match["close"]) or (match["open"] and match["sign"]):
        return None
    number = float((match["digits"] or "0").replace(",", "") + (match["decimals"] or "") + (match["power"] or ""))
    if not math.isfinite(number):
        return None
    if match["percent"]:
        number = float(f"{number / 100:.15g}")
    if match["open"] or match["sign"] == "-":
        number = -number
    return Typed(number, _brought_format(match))


def _brought_format(match: re.Match[str]) -> Json | None:
    decimals = ".00" if (match["decimals"] or "").strip(".") else ""
    if match["percent"]:
        return {"type": "PERCENT", "pattern": f"0{decimals}%"}
    if match["money"]:
        return {"type": "CURRENCY", "pattern": f'"$"#,##0{decimals}'}
    if match["power"]:
        return {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    if "," in (match["digits"] or ""):
        return {"type": "NUMBER", "pattern": f"#,##0{decimals}"}
    return None


def _moment(text: str) -> Typed | None:
    for space in re.finditer(" ", text):
        both = _date(text[: space.start()]), _time(text[space.end() :])
        if both[0] is not None and both[1] is not None and both[1][0] < 1:
            pattern = f"{both[0][1]} {both[1][1]}"
            return Typed(both[0][0] + both[1][0], {"type": "DATE_TIME", "pattern": pattern})
    date = _date(text)
    if date is not None:
        return Typed(date[0], {"type": "DATE", "pattern": date[1]})
    time = _time(text)
    return None if time is None else Typed(time[0], {"type": "TIME", "pattern": time[1]})


def _date(text: str) -> tuple[float, str] | None:
    for form, pattern in _DATES:
        match = form.fullmatch(text)
        if match is None:
            continue
        parts = match.groupdict()
        month = _MONTHS.get(parts["name"].lower(), 0) if parts.get("name") else int(parts["m"])
        year = int(parts["y"]) if parts.get("y") else dt.datetime.now(dt.UTC).year
        if len(parts.get("y") or "") == 2:  # noqa: PLR2004 - a year of two digits
            year += 2000 if year < 50 else 1900  # noqa: PLR2004 - where Google turns the century
        if year < _FIRST_YEAR:
            continue
        try:
            day = dt.datetime(year, month, int(parts.get("d") or 1))  # noqa: DTZ001 - a sheet's dates have no zone
        except ValueError:
            continue
        full = len(parts.get("name") or "") > _SHORT_NAME and parts["name"].lower() != "sept"
        return float((day - EPOCH).days), pattern.replace("mmm", "mmmm") if full else pattern
    return None


def _time(text: str) -> tuple[float, str] | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = int(match["h"]), int(match["m"]), float(match["s"] or 0)
    half = (match["half"] or "").lower()
    if minutes > 59 or seconds >= 60 or (half and not 1 <= hours <= 12):  # noqa: PLR2004 - clocks
        return None
    if half:
        hours = hours % 12 + (12 if half == "pm" else 0)
    if hours >= 24:  # noqa: PLR2004 - no clock shows that: a duration
        return (hours * 3600 + minutes * 60 + seconds) / 86400, "[h]:mm:ss"
    pattern = ("h:mm" if half else "H:mm") + (":ss" if match["s"] else "") + (" am/pm" if half else "")
    return (hours * 3600 + minutes * 60 + seconds) / 86400, pattern
