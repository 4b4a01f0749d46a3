"""Probes of what lies over ranges: filters, tables, alternating colours and rules."""

from __future__ import annotations

from typing import Any

from sheetjudge.tables.probe import Otherwise, Probe, Scratch, expect

_COLOURS = {"firstBandColor": {"red": 0.9, "green": 0.95, "blue": 1.0}}


def _banded(tab: Scratch, left: int, right: int) -> dict[str, Any]:
    return {"addBanding": {"bandedRange": {"range": tab.area(0, left, 4, right), "rowProperties": _COLOURS}}}


def _by_filter(tab: Scratch) -> None:
    points = {"minpoint": {"color": {"red": 1.0}, "type": "MIN"}, "maxpoint": {"color": {"blue": 1.0}, "type": "MAX"}}
    rule = {"ranges": [tab.area(6, 0, 9, 1)], "gradientRule": points}
    tab.change(
        tab.write([["a", "b"], ["1", "2"]], 5),
        {"setBasicFilter": {"filter": {"range": tab.area(5, 0, 9, 2)}}},
        {"addConditionalFormatRule": {"rule": rule, "index": 0}},
        {"addTable": {"table": {"name": f"T{tab.sheet_id}", "range": tab.area(5, 4, 9, 6)}}},
    )
    fields = "sheets(basicFilter(range),conditionalFormats(ranges),tables(range))"
    answer = tab.api.describe_area(tab.area(0, 0, 1, 10), fields)["sheets"][0]
    missing = [name for name in ("basicFilter", "conditionalFormats", "tables") if not answer.get(name)]
    if missing:
        raise Otherwise(f"the answer about the first row left out {', '.join(missing)} of the rows below it")


def _table_delete(tab: Scratch) -> None:
    tab.change(tab.write([["a", "b"], ["1", "2"], ["3", "4"]]))
    table = {"name": f"T{tab.sheet_id}", "range": tab.area(0, 0, 3, 1)}
    made = tab.change({"addTable": {"table": table}})[0]["addTable"]["table"]
    tab.change({"deleteTable": {"tableId": made["tableId"]}})
    expect(tab.cells(), [["", "b"], ["", "2"], ["", "4"]])


def _banding_twice(tab: Scratch) -> None:
    tab.change(_banded(tab, 0, 3))
    if not tab.refuses(_banded(tab, 2, 5)):
        raise Otherwise("alternating colours could be put over others")


def _filters_follow(tab: Scratch) -> None:
    specs = [{"columnIndex": 1, "filterCriteria": {"hiddenValues": ["y"]}}]
    sorts = [{"dimensionIndex": 2, "sortOrder": "ASCENDING"}]
    new = {"range": tab.area(0, 0, 3, 3), "filterSpecs": specs, "sortSpecs": sorts}
    tab.change(tab.write([["a", "b", "c"], ["1", "x", "p"], ["2", "y", "q"]]), {"setBasicFilter": {"filter": new}})
    tab.change(tab.insert("COLUMNS", 1))
    found = tab.looks("basicFilter(filterSpecs(columnIndex),sortSpecs(dimensionIndex))").get("basicFilter", {})
    columns = [one.get("columnIndex") for one in found.get("filterSpecs", [])]
    sorted_by = [one.get("dimensionIndex") for one in found.get("sortSpecs", [])]
    expect((columns, sorted_by), ([2], [3]))


def _rules_end(tab: Scratch) -> None:
    rule = {
        "ranges": [tab.area(0, 2, 4, 3)],
        "booleanRule": {
            "condition": {"type": "NOT_BLANK"},
            "format": {"textFormat": {"bold": True}},
        },
    }
    tab.change({"addConditionalFormatRule": {"rule": rule, "index": 0}})
    tab.change({"deleteDimension": {"range": tab.span("COLUMNS", 2, 3)}})
    expect(tab.looks("properties(title),conditionalFormats").get("conditionalFormats"), None)


def _merge_covered(tab: Scratch) -> None:
    merge = {"range": tab.area(0, 0, 2, 1), "mergeType": "MERGE_ALL"}
    tab.change(tab.write([["a"]]), {"mergeCells": merge}, tab.write([["x"]], 1))
    expect(tab.column(), ["a", "x"])


LOOK_PROBES = (
    Probe(
        "sheet.merge_covered",
        "A value written into a cell that a merge covers is kept, unseen.",
        is_needed=False,
        tries=_merge_covered,
    ),
    Probe(
        "sheet.by_filter",
        "getByDataFilter of one row answers all filters, tables and rules of its tab.",
        is_needed=False,
        tries=_by_filter,
    ),
    Probe("sheet.table_delete", "Deleting a table deletes what it holds.", is_needed=False, tries=_table_delete),
    Probe(
        "sheet.banding_twice",
        "Alternating colours can't lie over others.",
        is_needed=False,
        tries=_banding_twice,
    ),
    Probe(
        "edit.filters_follow",
        "Criteria and sorts of a filter stay with their columns.",
        is_needed=False,
        tries=_filters_follow,
    ),
    Probe(
        "edit.rules_end",
        "A conditional format whose columns are all deleted is gone.",
        is_needed=False,
        tries=_rules_end,
    ),
)
