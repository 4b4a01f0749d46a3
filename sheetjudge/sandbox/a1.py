"""A1 notation: reading ranges as people write them, and writing them as Google answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sheetjudge.sandbox.problems import bad_request

_CORNER = re.compile(r"\$?([A-Za-z]{1,3})?\$?([0-9]+)?")
_R1C1 = re.compile(r"[Rr]([0-9]+)[Cc]([0-9]+)")
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_LOOKS_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*|[Rr][0-9]*|[Cc][0-9]*")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of cells, zero-based and half-open; None is an open end (up to the grid's edge).

    Args:
        spans: whether it was written with a colon: `A1:A1` holds a write within its cell, `A1` is where one starts.
    """

    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None
    spans: bool = field(default=False, compare=False)

    def within(self, rows: int, columns: int) -> Box:
        """This box with its open ends closed and its far ends pulled in to a grid of `rows` x `columns`."""
        return Box(
            self.top or 0,
            rows if self.bottom is None else min(self.bottom, rows),
            self.left or 0,
            columns if self.right is None else min(self.right, columns),
        )

    @property
    def is_cell(self) -> bool:
        """Whether this is exactly one cell."""
        return self.bottom == (self.top or 0) + 1 and self.right == (self.left or 0) + 1

    def holds(self, row: int, column: int) -> bool:
        """Whether the cell lies inside."""
        return (
            (self.top or 0) <= row
            and (self.bottom is None or row < self.bottom)
            and (self.left or 0) <= column
            and (self.right is None or column < self.right)
        )

    def touches(self, other: Box) -> bool:
        """Whether the two boxes share a cell."""
        return _overlap(self.top, self.bottom, other.top, other.bottom) and _overlap(
            self.left, self.right, other.left, other.right
        )

    def covers(self, other: Box) -> bool:
        """Whether the other box lies inside this one."""
        return (
            (self.top or 0) <= (other.top or 0)
            and (self.left or 0) <= (other.left or 0)
            and _ends_within(other.bottom, self.bottom)
            and _ends_within(other.right, self.right)
        )


def _overlap(a0: int | None, a1: int | None, b0: int | None, b1: int | None) -> bool:
    return (a1 is None or (b0 or 0) < a1) and (b1 is None or (a0 or 0) < b1)


def _ends_within(inner: int | None, outer: int | None) -> bool:
    return outer is None or (inner is not None and inner <= outer)


def column_letters(index: int) -> str:
    """The letters of a zero-based column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """The zero-based column of its letters."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def quote_title(title: str) -> str:
    """A tab's title as it stands before the `!`: quoted unless it is a plain word that can't be read as a cell."""
    if _PLAIN_TITLE.fullmatch(title) and not _LOOKS_LIKE_CELL.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def write_range(title: str, box: Box) -> str:
    """The range as Google writes it: `Sheet1!A1:B2`, `Sheet1!A1` for one cell, `Sheet1!5:7` for open columns."""
    return f"{quote_title(title)}!{write_cells(box)}"


def write_cells(box: Box) -> str:
    """The cells of a range as Google writes them, without the tab."""
    start = _corner(box.top, box.left)
    if box.is_cell:
        return start
    end = _corner(
        None if box.bottom is None else box.bottom - 1,
        None if box.right is None else box.right - 1,
    )
    return f"{start}:{end}"


def _corner(row: int | None, column: int | None) -> str:
    return ("" if column is None else column_letters(column)) + ("" if row is None else str(row + 1))


def split_range(text: str) -> tuple[str | None, str | None, bool]:
    """A range's tab title, its cell part, and whether the title stood in quotes.

    Returns:
        (title, cells, quoted): `'My tab'!A1` gives ("My tab", "A1", True); text without `!` and without quotes could
        be either, and comes back as (None, text, False); a quoted title alone has no cells.
    """
    if text.startswith("'"):
        closing = re.match(r"'((?:[^']|'')*)'(?:!(.*))?", text, re.DOTALL)
        if closing is not None and closing.end() == len(text):
            return closing.group(1).replace("''", "'"), closing.group(2), True
    if "!" in text:
        title, _, cells = text.rpartition("!")
        return title, cells, False
    return None, text, False


def parse_cells(text: str) -> Box | None:
    """The box of `B2`, `A1:C`, `A:A`, `2:3`, `D4:A1` or `R1C1:R2C2`; None if the text is no such thing."""
    first, colon, second = text.partition(":")
    start = _parse_corner(first)
    end = _parse_corner(second) if colon else start
    if start is None or end is None:
        return None
    if not colon and (start[0] is None or start[1] is None):
        return None
    rows = _span(start[0], end[0])
    columns = _span(start[1], end[1])
    return Box(rows[0], rows[1], columns[0], columns[1], spans=bool(colon))


def _parse_corner(text: str) -> tuple[int | None, int | None] | None:
    absolute = _R1C1.fullmatch(text)
    if absolute is not None:
        return int(absolute.group(1)) - 1, int(absolute.group(2)) - 1
    match = _CORNER.fullmatch(text)
    if match is None or not (match.group(1) or match.group(2)):
        return None
    row = None if match.group(2) is None else int(match.group(2)) - 1
    if row is not None and row < 0:
        return None
    return row, None if match.group(1) is None else column_index(match.group(1))


def _span(start: int | None, end: int | None) -> tuple[int | None, int | None]:
    if start is None and end is None:
        return None, None
    if start is None or end is None:
        return (start if start is not None else end), None
    return min(start, end), max(start, end) + 1


def box_of(grid_range: dict[str, int], *, may_be_empty: bool = False) -> Box:
    """The box of a GridRange in JSON.

    Raises:
        ApiError: an index is negative, or an end lies before its start (or at it, unless it may be empty).
    """
    box = Box(
        grid_range.get("startRowIndex"),
        grid_range.get("endRowIndex"),
        grid_range.get("startColumnIndex"),
        grid_range.get("endColumnIndex"),
    )
    for axis, start, end in (("Row", box.top, box.bottom), ("Column", box.left, box.right)):
        if (start or 0) < 0:
            raise bad_request(f"start{axis}Index[{start}] must not be negative.")
        if end is not None and end < (start or 0) + (not may_be_empty):
            raise bad_request(f"end{axis}Index[{end}] must be greater than start{axis}Index[{start or 0}].")
    return box


def grid_range(sheet_id: int, box: Box) -> dict[str, int]:
    """A GridRange as Google answers it: open ends and a sheet id of 0 are left out."""
    found: dict[str, int] = {"sheetId": sheet_id} if sheet_id else {}
    names = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
    ends = zip(names, (box.top, box.bottom, box.left, box.right), strict=True)
    return found | {name: value for name, value in ends if value is not None}
