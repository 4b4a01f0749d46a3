"""Text that a model wrote, made harmless for a program that opens the file."""

from __future__ import annotations

from sheetjudge.core.table import CellValue

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
# Full-width forms, which some spreadsheets take for the plain ones.
_WIDE_STARTS = ("\uff1d", "\uff0b", "\uff0d", "\uff20")


def without_formula(text: str) -> str:
    """`text` with an apostrophe before it where a spreadsheet could take it for a formula.

    White space in front doesn't hide a formula: some programs trim cells before they look.
    """
    bare = text.lstrip(" \u00a0\ufeff\u200b")
    return f"'{text}" if bare.startswith(_FORMULA_STARTS + _WIDE_STARTS) else text


def whole_text(text: str) -> str:
    """`text` with halves of surrogate pairs joined, and U+FFFD for a half alone, which no file can hold.

    A model's reply, or an escape in a file, may hold such halves.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def as_text(value: CellValue) -> str:
    """A value as the text of a CSV cell: a number in the shortest form that reads back the same, None as ""."""
    if value is None:
        return ""
    return without_formula(value) if isinstance(value, str) else number_text(value)


def number_text(number: float) -> str:
    """A number as people write it: without `.0`, without an exponent where 15 digits do."""
    if isinstance(number, int):
        return str(number)
    if number.is_integer() and abs(number) < 1e15:  # noqa: PLR2004  beyond that a float isn't exact
        return str(int(number))
    return repr(number)
