"""Dates, times and durations by the date part of a number format code."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence

_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001  a workbook's dates have no time zone
_NOON = 12


def format_date(value: dt.datetime | dt.date | dt.time | dt.timedelta, tokens: Sequence[tuple[str, str]]) -> str:
    """`value` as the tokens of a format's section say (kinds `date` and those that stand for themselves).

    A section without any date token gives ISO 8601.
    """
    moment, elapsed = _moment(value)
    marks = [text.lower() for kind, text in tokens if kind == "date"]
    if not marks:
        return moment.isoformat(sep=" ") if not isinstance(value, dt.timedelta) else str(value)
    half_day = any(mark in {"am/pm", "a/p"} for mark in marks)
    out = []
    seen = -1
    for kind, text in tokens:
        if kind != "date":
            out.append(text)
            continue
        seen += 1
        mark = text.lower()
        if mark[0] == "m" and _is_minutes(marks, seen):
            out.append(str(moment.minute).zfill(min(len(mark), 2)))
        else:
            out.append(_part(moment, elapsed, text, half_day=half_day))
    return "".join(out)


def _moment(value: dt.datetime | dt.date | dt.time | dt.timedelta) -> tuple[dt.datetime, dt.timedelta]:
    """The point in time, and how long after the start of a workbook's calendar it is."""
    if isinstance(value, dt.timedelta):
        moment = _EPOCH + value
    elif isinstance(value, dt.time):
        moment = dt.datetime.combine(_EPOCH, value)
    elif isinstance(value, dt.datetime):
        moment = value
    else:
        moment = dt.datetime.combine(value, dt.time())
    return moment, moment - _EPOCH


def _is_minutes(marks: Sequence[str], index: int) -> bool:
    """An `m` is minutes right after hours or right before seconds, else a month."""
    after_hours = index > 0 and marks[index - 1].strip("[]")[0] == "h"
    before_seconds = index + 1 < len(marks) and marks[index + 1].strip("[]")[0] == "s"
    return len(marks[index]) <= 2 and (after_hours or before_seconds)  # noqa: PLR2004  mmm is a month's name


def _part(moment: dt.datetime, elapsed: dt.timedelta, text: str, *, half_day: bool) -> str:
    mark = text.lower()
    if mark in {"am/pm", "a/p"}:
        return text.split("/")[moment.hour >= _NOON]
    if mark[0] == "[":
        unit = {"h": 3600, "m": 60, "s": 1}[mark[1]]
        return str(int(elapsed.total_seconds() // unit)).zfill(len(mark) - 2)
    if mark[0] == "s":
        return _seconds(moment, mark)
    hour = (moment.hour - 1) % _NOON + 1 if half_day else moment.hour
    month, day = calendar.month_name[moment.month], calendar.day_name[moment.weekday()]
    words = {"mmm": month[:3], "mmmm": month, "mmmmm": month[0], "ddd": day[:3], "dddd": day}
    years = {"y": f"{moment.year % 100:02d}", "yy": f"{moment.year % 100:02d}"}
    numbers = {"y": f"{moment.year:04d}", "e": f"{moment.year:04d}", "m": moment.month, "d": moment.day, "h": hour}
    plain = str(numbers.get(mark[0], "")).zfill(min(len(mark), 2))
    return words.get(mark) or years.get(mark) or plain


def _seconds(moment: dt.datetime, mark: str) -> str:
    whole, point, places = mark.partition(".")
    fraction = f"{moment.microsecond:06d}"[: len(places)].ljust(len(places), "0")
    return str(moment.second).zfill(min(len(whole), 2)) + point + fraction
