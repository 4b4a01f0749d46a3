"""How a date, a time or a duration is shown."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from sheetjudge.sandbox.entry import EPOCH
from sheetjudge.sandbox.format_sections import sections

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.?)|\[(?P<elapsed>h+|m+|s+)\]|\[(?P<meta>[^\]]*)\]?|(?P<half>am/pm|a/p|am|pm)'
    r"|(?P<code>y+|m+|d+|h+|s+)|(?P<tenths>0+)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_NOON = 12
_FINEST = 3


class _Token(NamedTuple):
    kind: str
    text: str

    @property
    def unit(self) -> str:
        """Its letter, where it stands for a part of the moment."""
        return self.text[0].lower() if self.kind in ("code", "elapsed") else ""


def show_moment(value: float, pattern: str) -> str:
    """The text of a serial number of days under a pattern.

    Raises:
        OverflowError: no calendar has that day.
    """
    tokens = [_Token(str(one.lastgroup), one[str(one.lastgroup)]) for one in _TOKEN.finditer(sections(pattern)[0])]
    places = max((min(len(token.text), _FINEST) for token in tokens if token.kind == "tenths"), default=_FINEST)
    seconds = round(value * 86400, places)
    is_duration = any(token.kind == "elapsed" for token in tokens)
    sign = "-" if is_duration and seconds < 0 else ""
    if is_duration:
        seconds = abs(seconds)
    has_clock = any(token.kind in ("code", "half") for token in tokens)
    shown = _Shown(tokens, seconds, EPOCH + dt.timedelta(seconds=seconds) if has_clock else EPOCH)
    return sign + "".join(shown.text(at) for at in range(len(tokens)))


class _Shown:
    """A moment's parts, asked for from the first token to the last."""

    def __init__(self, tokens: list[_Token], seconds: float, moment: dt.datetime) -> None:
        self.tokens = tokens
        self.left = abs(seconds)
        self.fraction = abs(seconds) % 1
        self.moment = moment
        self.twelve = any(token.kind == "half" for token in tokens)

    def text(self, at: int) -> str:
        token = self.tokens[at]
        if token.kind == "code":
            return self._part(token.text, minutes=self._is_minutes(at))
        if token.kind == "elapsed":
            unit = _SECONDS[token.unit]
            count, self.left = divmod(self.left, unit)
            return f"{int(count):0{len(token.text)}d}"
        if token.kind == "half":
            half = "AM" if self.moment.hour < _NOON else "PM"
            return half if len(token.text) != len("a/p") else half[0] if token.text[0].isupper() else half[0].lower()
        if token.kind == "tenths":
            return f"{self.fraction:.{_FINEST}f}"[2:].ljust(len(token.text), "0")[: len(token.text)]
        return "" if token.kind == "meta" else token.text

    def _is_minutes(self, at: int) -> bool:
        """Whether an m behind hours or before seconds stands for minutes, as it does."""
        before = [token.unit for token in self.tokens[:at] if token.unit]
        after = [token.unit for token in self.tokens[at + 1 :] if token.unit]
        return before[-1:] == ["h"] or after[:1] == ["s"]

    def _part(self, code: str, *, minutes: bool) -> str:
        moment, letter, width = self.moment, code[0].lower(), len(code)
        if letter == "y":
            return f"{moment.year % 100:02d}" if width <= 2 else f"{moment.year:04d}"  # noqa: PLR2004 - yy or yyyy
        if letter == "m" and not minutes and width > 2:  # noqa: PLR2004 - mmm and longer are names
            name = _MONTHS[moment.month - 1]
            return {3: name[:3], 5: name[0]}.get(width, name)
        if letter == "d" and width > 2:  # noqa: PLR2004 - ddd and dddd are names
            name = _DAYS[moment.weekday()]
            return name[:3] if width == 3 else name  # noqa: PLR2004
        hour = (moment.hour - 1) % _NOON + 1 if self.twelve else moment.hour
        numbers = {"m": moment.minute if minutes else moment.month, "d": moment.day, "h": hour, "s": moment.second}
        return f"{numbers[letter]:02d}" if width > 1 else str(numbers[letter])
