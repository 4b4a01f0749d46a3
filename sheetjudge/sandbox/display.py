"""How a value is shown: number formats (https://developers.google.com/workspace/sheets/api/guides/formats)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from sheetjudge.sandbox.cells import CellError, Effective
from sheetjudge.sandbox.format_moment import show_moment
from sheetjudge.sandbox.format_number import show_number
from sheetjudge.sandbox.format_sections import section_for, section_for_text
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
    kind = (number_format or {}).get("type", "")
    pattern = (number_format or {}).get("pattern") or _DEFAULT_PATTERNS.get(kind, "")
    if isinstance(value, str):
        return _show_text(value, pattern) if "@" in pattern else value
    return show_plain(value) if not pattern or kind == "TEXT" else _show_figure(value, kind, pattern)


def _show_figure(value: float, kind: str, pattern: str) -> str:
    if kind not in _MOMENTS:
        return _show_number(value, pattern)
    try:
        return show_moment(value, pattern)
    except OverflowError:
        return show_plain(value)


def _show_text(value: str, pattern: str) -> str:
    section = section_for_text(pattern)
    return value if section == "@" else show_number(0, section, value)


def _show_number(value: float, pattern: str) -> str:
    section, negative = section_for(value, pattern)
    return ("-" if negative else "") + show_number(abs(value), section, show_plain(abs(value)))


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
