"""How a value is shown: number formats (https://developers.google.com/workspace/sheets/api/guides/formats)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal

from sheetjudge.sandbox.cells import CellError, Effective
from sheetjudge.sandbox.entry import EPOCH
from sheetjudge.sandbox.problems import Json

_DEFAULT_PATTERNS = {
    "NUMBER": "#,##0.00",
    "PERCENT": "0.00%",
    "CURRENCY": '"$"#,##0.00',
    "DATE": "m/d/yyyy",
    "TIME": "h:mm:ss am/pm",
    "DATE_TIME": "m/d/yyyy H:mm:ss",
    "SCIENTIFIC": "0.00E+00",
}
_MOMENTS = ("DATE", "TIME", "DATE_TIME")
_PIECE = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|(?P<half>am/pm|a/p)'
    r"|(?P<date>y+|m+|d+|h+|s+)|(?P<number>[0#?][0#?,]*(?:\.[0#?]*)?|\.[0#?]+)(?P<power>[eE][+-]0+)?|(?P<other>.)",
    re.IGNORECASE,
)
_SIGNIFICANT = 10
_LARGEST_PLAIN = 1e15
_SMALLEST_PLAIN = 1e-9


def show(value: Effective, number_format: Json | None) -> str:
    """The text that a cell with this value and number format shows."""
    if value is None:
        return ""
    if isinstance(value, CellError):
        return value.shown
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    kind = (number_format or {}).get("type", "")
    pattern = (number_format or {}).get("pattern") or _DEFAULT_PATTERNS.get(kind, "")
    if not pattern or kind == "TEXT":
        return show_plain(value)
    return _show_moment(value, pattern) if kind in _MOMENTS else _show_number(value, pattern)


def show_plain(value: float) -> str:
    """A number without a format: up to ten significant digits, whole numbers in full, the very large by powers."""
    if value == int(value) and abs(value) < _LARGEST_PLAIN:
        return str(int(value))
    if not _SMALLEST_PLAIN <= abs(value) < _LARGEST_PLAIN:
        digits, _, power = f"{value:.5E}".partition("E")
        return f"{digits.rstrip('0').rstrip('.')}E{power[0]}{int(power[1:]):02d}"
    exact = Decimal(repr(value))
    places = max(0, _SIGNIFICANT - max(exact.adjusted() + 1, 0))
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{rounded:f}".rstrip("0").rstrip(".") if places else f"{rounded:f}"


def _show_number(value: float, pattern: str) -> str:
    sections = pattern.split(";")
    negative = value < 0
    if negative and len(sections) > 1:
        section, magnitude, negative = sections[1], -value, False
    elif value == 0 and len(sections) > 2:  # noqa: PLR2004 - the third section is for zero
        section, magnitude = sections[2], 0.0
    else:
        section, magnitude = sections[0], abs(value)
    pieces = list(_PIECE.finditer(section))
    if any(piece["other"] == "%" for piece in pieces):
        magnitude *= 100
    return ("-" if negative else "") + "".join(_number_piece(piece, magnitude) for piece in pieces)


def _number_piece(piece: re.Match[str], magnitude: float) -> str:
    if piece["number"]:
        return _scientific(magnitude, piece) if piece["power"] else _digits(magnitude, piece["number"])
    if piece["bracket"] is not None:
        return ""
    return piece["quoted"] if piece["quoted"] is not None else piece["escaped"] or piece["other"] or piece[0]


def _digits(magnitude: float, picture: str) -> str:
    whole, _, fraction = picture.partition(".")
    rounded = Decimal(repr(float(magnitude))).quantize(Decimal(1).scaleb(-len(fraction)), rounding=ROUND_HALF_UP)
    before, _, after = f"{rounded:f}".partition(".")
    least = whole.count("0")
    before = before.lstrip("0").rjust(least, "0")
    if "," in whole:
        before = f"{int(before or 0):,}" if before else before
    while after and len(after) > fraction.count("0") and after.endswith("0"):
        after = after[:-1]
    return before + ("." + after if after or (fraction == "" and picture.endswith(".")) else "")


def _scientific(magnitude: float, piece: re.Match[str]) -> str:
    fraction = piece["number"].partition(".")[2]
    digits, _, power = f"{magnitude:.{len(fraction)}E}".partition("E")
    width = len(piece["power"]) - 2
    sign = power[0] if piece["power"][1] == "+" or power[0] == "-" else ""
    return f"{digits}E{sign}{abs(int(power)):0{width}d}"


def _show_moment(value: float, pattern: str) -> str:
    moment = EPOCH + dt.timedelta(seconds=round(value * 86400, 3))
    pieces = list(_PIECE.finditer(pattern))
    twelve = any(piece["half"] for piece in pieces)
    shown = []
    for at, piece in enumerate(pieces):
        if piece["date"]:
            shown.append(_moment_piece(moment, piece["date"], minutes=_is_minutes(pieces, at), twelve=twelve))
        elif piece["half"]:
            shown.append("AM" if moment.hour < 12 else "PM")  # noqa: PLR2004 - noon
        elif piece["bracket"] is None:
            shown.append(piece["quoted"] if piece["quoted"] is not None else piece["escaped"] or piece[0])
    return "".join(shown)


def _is_minutes(pieces: list[re.Match[str]], at: int) -> bool:
    before = [piece["date"].lower()[0] for piece in pieces[:at] if piece["date"]]
    after = [piece["date"].lower()[0] for piece in pieces[at + 1 :] if piece["date"]]
    return bool((before and before[-1] == "h") or (after and after[0] == "s"))


def _moment_piece(moment: dt.datetime, code: str, *, minutes: bool, twelve: bool) -> str:
    letter, width = code[0].lower(), len(code)
    if letter == "y":
        return f"{moment.year % 100:02d}" if width <= 2 else f"{moment.year:04d}"  # noqa: PLR2004 - yy or yyyy
    if letter == "m" and not minutes and width > 2:  # noqa: PLR2004 - mmm and mmmm are names
        return moment.strftime("%b" if width == 3 else "%B")  # noqa: PLR2004
    if letter == "d" and width > 2:  # noqa: PLR2004 - ddd and dddd are names
        return moment.strftime("%a" if width == 3 else "%A")  # noqa: PLR2004
    hour = (moment.hour - 1) % 12 + 1 if twelve else moment.hour
    number = {"m": moment.minute if minutes else moment.month, "d": moment.day, "h": hour, "s": moment.second}[letter]
    return f"{number:02d}" if width > 1 else str(number)
