"""Which ranges of a tab are protected from who writes to it, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sheetjudge.core.table import column_letters
from sheetjudge.errors import AccessError

FIELDS = "sheets(properties(sheetId,title),protectedRanges(range,description,warningOnly,requestingUserCanEdit))"
_MOST_NAMED = 3


def protection_error(
    description: Mapping[str, Any], changes: Sequence[Mapping[str, Any]], who: str
) -> AccessError | None:
    """The error that names what is protected; None where nothing is to be seen.

    Args:
        description: the spreadsheet with FIELDS. changes: the requests that were refused. who: who sent them.
    """
    concerned = set(_sheet_ids(changes))
    found = []
    for sheet in description.get("sheets", ()):
        properties = sheet["properties"]
        if properties.get("sheetId", 0) not in concerned:
            continue
        for one in sheet.get("protectedRanges", ()):
            if not one.get("warningOnly") and not one.get("requestingUserCanEdit"):
                called = f" ({one['description']!r})" if one.get("description") else ""
                found.append(f"{_place(one.get('range', {}))} of {properties['title']!r}{called}")
    if not found:
        return None
    named = " and ".join(found[:_MOST_NAMED])
    if len(found) > _MOST_NAMED:
        named += f", and {len(found) - _MOST_NAMED} more,"
    return AccessError(
        f"Results would have to go where the sheet is protected from {who}: {named}.",
        "Ask its owner for the right to edit that range, or write to a file with --out.",
    )


def _place(area: Mapping[str, Any]) -> str:
    left, right = area.get("startColumnIndex"), area.get("endColumnIndex")
    top, bottom = area.get("startRowIndex"), area.get("endRowIndex")
    if left is None and right is None and top is None and bottom is None:
        return "the whole"
    first = f"{'' if left is None and right is None else column_letters(left or 0)}{'' if top is None else top + 1}"
    last = f"{'' if right is None else column_letters(right - 1)}{'' if bottom is None else bottom}"
    return first if first == last else f"{first}:{last}"


def _sheet_ids(value: Any) -> Iterator[int]:
    """Every `sheetId` in the requests; 0 where a range names none."""
    if isinstance(value, Mapping):
        if "startIndex" in value or "rowIndex" in value or "startColumnIndex" in value or "dimension" in value:
            yield value.get("sheetId", 0)
        elif isinstance(value.get("sheetId"), int):
            yield value["sheetId"]
        for name, part in value.items():
            if name != "rows":
                yield from _sheet_ids(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _sheet_ids(part)
