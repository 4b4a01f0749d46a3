"""Protected ranges: who may edit what."""

from __future__ import annotations

from sheetjudge.sandbox.a1 import Box, box_of
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.problems import Json, bad_request
from sheetjudge.sandbox.sheet import Sheet

PROTECTED = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection "
    "if you need to edit."
)


def check_unprotected(book: Book, sheet: Sheet, box: Box) -> None:
    """Refuse a change of cells that somebody has protected against the one who makes it."""
    for protected in _against(book, sheet):
        if not _area(book, protected).touches(box):
            continue
        open_areas = [box_of(area) for area in protected.get("unprotectedRanges", [])]
        if not any(area.covers(box) for area in open_areas):
            raise bad_request(PROTECTED)


def check_inside(book: Book, sheet: Sheet, edge: Box) -> None:
    """Refuse an insertion between two rows or columns that one protected range holds both of."""
    for protected in _against(book, sheet):
        area = _area(book, protected)
        lines = Box(area.top, area.bottom, None, None) if edge.left is None else Box(None, None, area.left, area.right)
        if lines.covers(edge):
            raise bad_request(PROTECTED)


def _against(book: Book, sheet: Sheet) -> list[Json]:
    """The protected ranges that bind who edits now."""
    return [
        one
        for one in sheet.protected_ranges
        if not one.get("warningOnly")
        and book.editor != book.owner
        and book.editor not in (one.get("editors") or {}).get("users", [])
    ]


def _area(book: Book, protected: Json) -> Box:
    named = protected.get("namedRangeId")
    for one in book.named_ranges:
        if named and one["namedRangeId"] == named:
            return box_of(one["range"])
    area = protected.get("range")
    return box_of(area) if isinstance(area, dict) else Box()
