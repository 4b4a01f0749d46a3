"""Probes of edits: batches, sorting, and what moves along with rows and columns."""

from __future__ import annotations

from typing import Any

from sheetjudge.tables.probe import Otherwise, Probe, Scratch, expect, number


def _atomic(tab: Scratch) -> None:
    tab.change(tab.write([["before"]]))
    impossible = {"deleteDimension": {"range": tab.span("ROWS", 500, 501)}}
    if not tab.refuses(tab.write([["after"]]), impossible):
        raise Otherwise("a batch with a request that can't be done wasn't refused")
    expect(tab.cells(), [["before"]], "a batch that was refused wrote all the same")


def _clears(tab: Scratch) -> None:
    tab.change(tab.write([["a", "b"], ["c", "d"], ["e"]]))
    rows = [{"values": [{"userEnteredValue": {"stringValue": "A"}}]}]
    fields = "userEnteredValue"
    tab.change({"updateCells": {"range": tab.area(0, 0, 2, 2), "rows": rows, "fields": fields}})
    expect(tab.cells(), [["A"], [], ["e"]])
    tab.change({"updateCells": {"start": _start(tab, 2), "rows": [{"values": [{}]}], "fields": fields}})
    expect(tab.cells(), [["A"]], "an empty cell that is written doesn't clear what was there")


def _raw(tab: Scratch) -> None:
    texts = ["=1+1", "007", "1-5", "TRUE", "'quoted", " blank "]
    cells = [{"userEnteredValue": {"stringValue": text}} for text in texts]
    update = {"start": _start(tab, 0), "rows": [{"values": cells}], "fields": "userEnteredValue"}
    repeat = {"range": tab.area(1, 0, 3, 1), "cell": cells[0], "fields": "userEnteredValue"}
    tab.change({"updateCells": update}, {"repeatCell": repeat})
    expect(tab.cells(has_formulas=True), [texts, ["=1+1"], ["=1+1"]])
    expect(tab.cells(), [texts, ["=1+1"], ["=1+1"]], "a text was taken for a formula")


def _sort_cells(tab: Scratch) -> None:
    row = number()
    hide = {"range": tab.span("ROWS", 2, 3), "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    tab.change(tab.write([["c"], ["b"], ["a"]]), tab.mark(row, "r", "ROWS", 0), {"updateDimensionProperties": hide})
    tab.change(_sort(tab, 3))
    expect(tab.column(), ["a", "b", "c"])
    expect(tab.marks(), {row: ("ROWS", 0)}, "metadata moved with the cells of its row")
    looks = tab.looks("data(rowMetadata(hiddenByUser))")["data"][0].get("rowMetadata", [])
    hidden = [at for at, one in enumerate(looks) if one.get("hiddenByUser")]
    expect(hidden, [2], "a hidden row moved with its cells")


def _sort_order(tab: Scratch) -> None:
    values = [True, "b", "", 10, "B2", "a", 2, False]
    tab.change(tab.write([[value] for value in values]))
    tab.change(_sort(tab, len(values)))
    expect(tab.column(), [2, 10, "a", "b", "B2", False, True])


def _sort_filter(tab: Scratch) -> None:
    tab.change(tab.write([["z"], ["c"], ["a"], ["b"]]))
    specs = [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]
    tab.change({"setBasicFilter": {"filter": {"range": tab.area(0, 0, 4, 1), "sortSpecs": specs}}})
    expect(tab.column(), ["z", "a", "b", "c"])


def _ranges_follow(tab: Scratch) -> None:
    area = tab.area(2, 2, 4, 4)
    tab.change(
        {"setBasicFilter": {"filter": {"range": area}}},
        {"mergeCells": {"range": tab.area(6, 2, 7, 4), "mergeType": "MERGE_ALL"}},
        {"addProtectedRange": {"protectedRange": {"range": area, "warningOnly": True}}},
        {"repeatCell": {"range": tab.area(8, 2, 9, 3), "cell": _bold(), "fields": "userEnteredFormat.textFormat.bold"}},
    )
    tab.change(tab.insert("ROWS", 0), tab.insert("COLUMNS", 0))
    fields = "basicFilter,merges,protectedRanges,data(rowData(values(userEnteredFormat(textFormat(bold)))))"
    looks = tab.looks(fields)
    moved = tab.area(3, 3, 5, 5)
    expect(looks.get("basicFilter", {}).get("range"), _as_told(moved), "a filter didn't follow its cells")
    expect(looks.get("merges"), [_as_told(tab.area(7, 3, 8, 5))], "a merge didn't follow its cells")
    protected = [one.get("range") for one in looks.get("protectedRanges", [])]
    expect(protected, [_as_told(moved)], "a protection didn't follow its cells")
    rows = looks.get("data", [{}])[0].get("rowData", [])
    bold = [
        (at, column)
        for at, row in enumerate(rows)
        for column, cell in enumerate(row.get("values", []))
        if cell.get("userEnteredFormat", {}).get("textFormat", {}).get("bold")
    ]
    expect(bold, [(9, 3)], "a format didn't follow its cell")


def _references(tab: Scratch) -> None:
    tab.change(tab.write([["", ""], [5, "=A2*2"]]))
    tab.change(tab.insert("ROWS", 0))
    expect(tab.cells(has_formulas=True)[2:], [[5, "=A3*2"]])
    tab.change({"deleteDimension": {"range": tab.span("COLUMNS", 0, 1)}})
    expect(tab.cells(has_formulas=True)[2:], [["=#REF!*2"]])
    expect(tab.cells()[2:], [["#REF!"]])


def _merge_drops(tab: Scratch) -> None:
    tab.change(tab.write([["a", "b"], ["c", "d"]]))
    tab.change({"mergeCells": {"range": tab.area(0, 0, 2, 2), "mergeType": "MERGE_ALL"}})
    expect(tab.cells(), [["a"]])


def _part_merge(tab: Scratch) -> None:
    tab.change(tab.write([["a"], ["c"], ["b"]]))
    tab.change({"mergeCells": {"range": tab.area(0, 0, 2, 2), "mergeType": "MERGE_ALL"}})
    part = tab.area(1, 0, 3, 1)
    if not tab.refuses({"mergeCells": {"range": part, "mergeType": "MERGE_ALL"}}):
        raise Otherwise("a part of a merge could be merged with other cells")
    if not tab.refuses({"unmergeCells": {"range": part}}):
        raise Otherwise("a part of a merge could be unmerged")
    specs = [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]
    if not tab.refuses({"sortRange": {"range": part, "sortSpecs": specs}}):
        raise Otherwise("a part of a merge could be sorted")


def _start(tab: Scratch, row: int) -> dict[str, int]:
    return {"sheetId": tab.sheet_id, "rowIndex": row, "columnIndex": 0}


def _sort(tab: Scratch, rows: int) -> dict[str, Any]:
    specs = [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]
    return {"sortRange": {"range": tab.area(0, 0, rows, 1), "sortSpecs": specs}}


def _bold() -> dict[str, Any]:
    return {"userEnteredFormat": {"textFormat": {"bold": True}}}


def _as_told(area: dict[str, int]) -> dict[str, int]:
    """A GridRange as Google answers it: zeros are left out, a tab's id of 0 among them."""
    return {name: value for name, value in area.items() if value}


EDIT_PROBES = (
    Probe("edit.atomic", "A batch is applied whole or not at all.", is_needed=True, tries=_atomic),
    Probe("edit.clears", "updateCells with a range clears what its rows don't cover.", is_needed=True, tries=_clears),
    Probe("raw", "RAW text is never parsed.", is_needed=True, tries=_raw),
    Probe(
        "edit.sort_cells",
        "A sort moves cells only: heights, hidden rows and metadata stay where they are.",
        is_needed=True,
        tries=_sort_cells,
    ),
    Probe(
        "edit.sort_order",
        "Numbers, then texts without regard to case, then truth values; empty cells last.",
        is_needed=False,
        tries=_sort_order,
    ),
    Probe(
        "edit.sort_filter",
        "A basic filter's sortSpecs sort the cells in its range below the first row.",
        is_needed=False,
        tries=_sort_filter,
    ),
    Probe(
        "edit.ranges_follow",
        "Filters, merges, formats, protections and named ranges follow their cells.",
        is_needed=False,
        tries=_ranges_follow,
    ),
    Probe(
        "edit.references",
        "References in formulas follow inserts, deletes and moves, and end in #REF!.",
        is_needed=False,
        tries=_references,
    ),
    Probe("sheet.merge_drops", "Merging drops all values but the first.", is_needed=False, tries=_merge_drops),
    Probe(
        "sheet.part_merge",
        "A part of a merge can't be merged, unmerged or sorted.",
        is_needed=False,
        tries=_part_merge,
    ),
)
