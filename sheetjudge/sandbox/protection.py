"""Protected ranges: who may edit what."""

from __future__ import annotations

from sheetjudge.sandbox.a1 import Box, box_of
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.problems import bad_request
from sheetjudge.sandbox.sheet import Sheet

PROTECTED = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection "
    "if you need to edit."
)


def check_unprotected(book: Book, sheet: Sheet, box: Box) -> None:
    """Refuse a change of cells that somebody has protected against the one who makes it."""
    for protected in sheet.protected_ranges:
        if protected.get("warningOnly") or book.editor in (protected.get("editors") or {}).get("users", []):
            continue
        if book.editor == book.owner or not _area(book, protected).touches(box):
            continue
        open_areas = [box_of(area) for area in protected.get("unprotectedRanges", [])]
        if not any(area.covers(box) for area in open_areas):
            raise bad_request(PROTECTED)


def _area(book: Book, protected: dict[str, object]) -> Box:
    named = protected.get("namedRangeId")
    for one in book.named_ranges:
        if named and one["namedRangeId"] == named:
            return box_of(one["range"])
    area = protected.get("range")
    return box_of(area) if isinstance(area, dict) else Box()
