"""What lies over the data of a tab and has to cover the columns of results, too, so that a sort takes them along.

A filter, a filter view, a table or alternating colours whose last column has results to its right is extended over
them. Nothing else of it changes. When the columns are deleted, it shrinks back by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheetjudge.core.table import column_letters
from sheetjudge.tables.sheet_layout import SheetLayout

Change = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Growth:
    """How a tab's columns become more.

    Attributes:
        at, count: so many columns are inserted there.
        own: indexes of sheetjudge's columns when that is done.
        header: 0-based row of the headers.
        names: headers of the new columns.
        data: how many columns hold data or results before that.
    """

    at: int
    count: int
    own: frozenset[int]
    header: int
    names: Sequence[str]
    data: int


Grown = tuple[Sequence[Change], Sequence[str]]
"""Requests, and a sentence about each."""


def extended(layout: SheetLayout, growth: Growth) -> Grown:
    """The changes that extend what lies over the data, and a sentence about each.

    They are for a batch in which the columns have been inserted already.
    """
    found = [*_filter(layout, growth), *_views(layout, growth), *_tables(layout, growth), *_bands(layout, growth)]
    return [change for change, _ in found if change is not None], [said for _, said in found if said]


Found = Iterator[tuple[Change | None, str]]


def _filter(layout: SheetLayout, growth: Growth) -> Found:
    known = layout.over.get("basicFilter")
    if known is None or "tableId" in known:
        return
    area = known["range"]
    wider = _wider(area, growth)
    if wider is None:
        end = area.get("endColumnIndex", growth.data)
        if _is_over_data(area, growth) and end < min(growth.data, growth.at):
            first, last = column_letters(area.get("startColumnIndex", 0)), column_letters(end - 1)
            which = f"column {first}" if first == last else f"columns {first} to {last}"
            yield None, f"The filter covers the {which} only: sorting by it leaves the results behind."
        return
    rest = {name: known[name] for name in ("sortSpecs", "filterSpecs") if name in known}
    if "filterSpecs" not in rest and "criteria" in known:
        rest["criteria"] = {str(growth_of(int(at), growth)): one for at, one in known["criteria"].items()}
    for name, member in (("sortSpecs", "dimensionIndex"), ("filterSpecs", "columnIndex")):
        if name in rest:
            rest[name] = [one | {member: growth_of(one.get(member, 0), growth)} for one in rest[name]]
    yield {"setBasicFilter": {"filter": {"range": wider, **rest}}}, _said("The filter")


def _views(layout: SheetLayout, growth: Growth) -> Found:
    for view in layout.over.get("filterViews", ()):
        wider = _wider(view.get("range"), growth)
        # A view of a table or of a named range has its range from there.
        if wider is not None and "tableId" not in view and "namedRangeId" not in view:
            changed = {"filterViewId": view["filterViewId"], "range": wider}
            yield (
                {"updateFilterView": {"filter": changed, "fields": "range"}},
                _said(f"The filter view {view['title']!r}"),
            )


def _tables(layout: SheetLayout, growth: Growth) -> Found:
    for table in layout.over.get("tables", ()):
        wider = _wider(table.get("range"), growth)
        if wider is None:
            continue
        name = f"The table {table.get('name', '')!r}"
        taken = {str(one.get("columnName", "")).casefold() for one in table.get("columnProperties", ())}
        clash = next((header for header in growth.names if header.casefold() in taken), None)
        if clash is not None:
            yield None, f"{name} has a column {clash!r} already, so that it doesn't cover the columns of results."
            continue
        changed = {"tableId": table["tableId"], "range": wider}
        yield {"updateTable": {"table": changed, "fields": "range"}}, _said(name)


def _bands(layout: SheetLayout, growth: Growth) -> Found:
    for banded in layout.over.get("bandedRanges", ()):
        wider = _wider(banded.get("range"), growth)
        # What has no number lies under a table, and grows with that.
        if wider is not None and banded.get("bandedRangeId"):
            changed = {"bandedRangeId": banded["bandedRangeId"], "range": wider}
            yield {"updateBanding": {"bandedRange": changed, "fields": "range"}}, ""


def _wider(area: Mapping[str, Any] | None, growth: Growth) -> dict[str, Any] | None:
    """The range with the results to its right; None where there are none, or it doesn't lie over the data."""
    if area is None or "endColumnIndex" not in area or not _is_over_data(area, growth):
        return None
    start, end = area.get("startColumnIndex", 0), area["endColumnIndex"]
    grown = wider = end + growth.count if end > growth.at else end
    if growth_of(start, growth) in growth.own:
        return None
    while wider in growth.own:
        wider += 1
    return {**area, "endColumnIndex": wider} if wider > grown else None


def _is_over_data(area: Mapping[str, Any], growth: Growth) -> bool:
    first = growth.header + 1
    return bool(area.get("startRowIndex", 0) <= first < area.get("endRowIndex", first + 1))


def growth_of(index: int, growth: Growth) -> int:
    """Where a column is when the new ones have been inserted."""
    return index + growth.count if index >= growth.at else index


def _said(what: str) -> str:
    return f"{what} now covers the columns of results, too."
