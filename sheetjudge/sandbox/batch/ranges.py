"""Requests about named and protected ranges, filters and conditional formats."""

from __future__ import annotations

import re

from sheetjudge.sandbox.a1 import Box, box_of, grid_range, parse_cells
from sheetjudge.sandbox.batch.context import Batch, Handler, fields_of
from sheetjudge.sandbox.batch.moves import sort_box
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.colors import with_styles
from sheetjudge.sandbox.conditional import check_rule
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.masks import merge_masked
from sheetjudge.sandbox.problems import Json, bad_request, not_built
from sheetjudge.sandbox.protection import PROTECTED
from sheetjudge.sandbox.render import filter_json, protected_json, rule_json, with_range
from sheetjudge.sandbox.sheet import Sheet

_NAME = re.compile(r"[^\W\d]\w{0,249}")


def _own(book: Book, value: Json, *, may_be_empty: bool = False) -> Json:
    """A GridRange of an existing tab, with its sheet id always there."""
    box_of(value, may_be_empty=may_be_empty)
    return {"sheetId": book.grid(value.get("sheetId")).sheet_id} | value


def _closed(book: Book, value: Json) -> tuple[Sheet, Json]:
    sheet, box = book.of_range(value)
    return sheet, {"sheetId": sheet.sheet_id} | grid_range(0, box)


def _check_name(book: Book, name: str, own: Json | None = None) -> None:
    """Refuse a name that is taken, or none by the rules for names: no cell, no truth value, no space or punctuation."""
    is_cell = parse_cells(name) is not None
    if is_cell or not _NAME.fullmatch(name) or name.casefold() in ("true", "false"):
        raise bad_request(f"The name {name!r} can't be that of a named range.")
    if any(one is not own and one["name"].casefold() == name.casefold() for one in book.named_ranges):
        said = "a named range with that name already exists."
        raise bad_request(f"Cannot add named range with name {name}, {said}")


def add_named(batch: Batch, request: Json) -> Json:
    """Name a range."""
    book, asked = batch.book, request.get("namedRange") or {}
    _check_name(book, asked.get("name", ""))
    made = {
        "namedRangeId": asked.get("namedRangeId") or str(book.new_number()),
        "name": asked.get("name", ""),
        "range": _own(book, asked.get("range") or {}),
    }
    book.named_ranges.append(made)
    return {"addNamedRange": {"namedRange": with_range(made)}}


def _named(book: Book, number: str) -> int:
    for at, one in enumerate(book.named_ranges):
        if one["namedRangeId"] == number:
            return at
    raise bad_request(f"No named range with id: {number}")


def update_named(batch: Batch, request: Json) -> Json:
    """Change a named range's name or place."""
    book, asked = batch.book, request.get("namedRange") or {}
    mask = fields_of(request, "NamedRange")
    at = _named(book, asked.get("namedRangeId", ""))
    old = book.named_ranges[at]
    merged = old | merge_masked(old, asked, mask) | {"namedRangeId": old["namedRangeId"]}
    _check_name(book, merged["name"], old)
    book.named_ranges[at] = merged | {"range": _own(book, merged["range"])}
    return {}


def delete_named(batch: Batch, request: Json) -> Json:
    """Take a name away from its range."""
    del batch.book.named_ranges[_named(batch.book, request.get("namedRangeId", ""))]
    return {}


def add_protected(batch: Batch, request: Json) -> Json:
    """Protect a range: only its editors, and the spreadsheet's owner, may change it."""
    book, asked = batch.book, request.get("protectedRange") or {}
    if "namedRangeId" in asked:
        raise not_built("protected ranges by the id of a named range")
    area = _own(book, asked.get("range") or {})
    taken = {one["protectedRangeId"] for sheet in book.sheets for one in sheet.protected_ranges}
    number = asked.get("protectedRangeId") or book.new_number()
    if number in taken:
        raise bad_request(f"A protected range with id {number} already exists.")
    made = {"protectedRangeId": number, "range": area, "requestingUserCanEdit": True}
    made |= {name: part for name, part in asked.items() if name in ("description", "warningOnly")}
    made |= _unprotected(book, asked)
    if not asked.get("warningOnly"):
        editors = asked.get("editors") or {}
        users = list(dict.fromkeys([*editors.get("users", []), batch.caller, *([book.owner] if book.owner else [])]))
        made["editors"] = editors | {"users": users}
    book.grid(area["sheetId"]).protected_ranges.append(made)
    # The reply names the editors that were asked for; who may edit besides them is seen when it is read.
    asked_for = {name: part for name, part in asked.items() if name == "editors" and name in made}
    return {"addProtectedRange": {"protectedRange": protected_json(made) | asked_for}}


def _unprotected(book: Book, value: Json) -> Json:
    open_areas = value.get("unprotectedRanges")
    return {"unprotectedRanges": [_own(book, one) for one in open_areas]} if open_areas else {}


def _protected(book: Book, number: int) -> tuple[Sheet, int]:
    for sheet in book.sheets:
        for at, one in enumerate(sheet.protected_ranges):
            if one["protectedRangeId"] == number:
                return sheet, at
    raise bad_request(f"No protected range with id: {number}")


def _check_editor(batch: Batch, protected: Json) -> None:
    editors = (protected.get("editors") or {}).get("users", [])
    if not protected.get("warningOnly") and batch.caller not in (*editors, batch.book.owner):
        raise bad_request(PROTECTED)


def update_protected(batch: Batch, request: Json) -> Json:
    """Change a protected range."""
    asked = request.get("protectedRange") or {}
    mask = fields_of(request, "ProtectedRange")
    sheet, at = _protected(batch.book, asked.get("protectedRangeId", 0))
    old = sheet.protected_ranges[at]
    _check_editor(batch, old)
    merged = old | merge_masked(old, asked, mask) | {"protectedRangeId": old["protectedRangeId"]}
    sheet.protected_ranges[at] = (
        merged | {"range": _own(batch.book, merged["range"])} | _unprotected(batch.book, merged)
    )
    return {}


def delete_protected(batch: Batch, request: Json) -> Json:
    """Take a protection away."""
    sheet, at = _protected(batch.book, request.get("protectedRangeId", 0))
    _check_editor(batch, sheet.protected_ranges[at])
    del sheet.protected_ranges[at]
    return {}


def set_basic_filter(batch: Batch, request: Json) -> Json:
    """Put the tab's filter over a range, sort it as the filter says, and hide what it filters out."""
    asked = _with_criteria(request.get("filter") or {})
    sheet, area = _closed(batch.book, asked.get("range") or {})
    sheet.basic_filter = asked | {"range": area}
    body = Box(area["startRowIndex"] + 1, area["endRowIndex"], area["startColumnIndex"], area["endColumnIndex"])
    if asked.get("sortSpecs"):
        sort_box(sheet, body, asked["sortSpecs"])
    _hide(sheet, body, asked.get("criteria") or {})
    return {}


def _with_criteria(asked: Json) -> Json:
    """A filter with the criteria of its `filterSpecs`, which go before `criteria`."""
    if "tableId" in asked:
        raise not_built("filters of tables")
    if "filterSpecs" not in asked:
        return asked
    criteria = {str(one.get("columnIndex", 0)): one.get("filterCriteria") or {} for one in asked["filterSpecs"]}
    return {name: part for name, part in asked.items() if name != "filterSpecs"} | {"criteria": criteria}


def _hide(sheet: Sheet, body: Box, criteria: Json) -> None:
    for criterion in criteria.values():
        if set(criterion) - {"hiddenValues"}:
            raise not_built("filter criteria other than hiddenValues")
    for row in range(body.top or 0, min(body.bottom or 0, len(sheet.rows))):
        hidden = any(_shown(sheet, row, int(at)) in one["hiddenValues"] for at, one in criteria.items() if one)
        rest = {name: part for name, part in sheet.row_properties.get(row, {}).items() if name != "hiddenByFilter"}
        if hidden:
            sheet.row_properties[row] = rest | {"hiddenByFilter": True}
        elif rest:
            sheet.row_properties[row] = rest
        else:
            sheet.row_properties.pop(row, None)


def _shown(sheet: Sheet, row: int, column: int) -> str:
    cell = sheet.cell(row, column)
    return "" if cell is None else show(cell.effective, (cell.format or {}).get("numberFormat"))


def clear_basic_filter(batch: Batch, request: Json) -> Json:
    """Take the tab's filter away; what it hid shows again."""
    sheet = batch.book.grid(request.get("sheetId"))
    sheet.basic_filter = None
    _hide(sheet, sheet.whole, {})
    return {}


def _rule(book: Book, asked: Json) -> Json:
    if not asked.get("ranges"):
        raise bad_request("Must specify at least one range.")
    check_rule(asked)
    made: Json = with_styles({name: part for name, part in asked.items() if name != "ranges"})
    return {"ranges": [_own(book, one, may_be_empty=True) for one in asked["ranges"]]} | made


def add_rule(batch: Batch, request: Json) -> Json:
    """Add a conditional format at an index of its tab's list."""
    rule = _rule(batch.book, request.get("rule") or {})
    sheet = batch.book.grid(rule["ranges"][0]["sheetId"])
    _insert_rule(sheet, request.get("index", 0), rule)
    return {}


def _insert_rule(sheet: Sheet, index: int, rule: Json) -> None:
    if not 0 <= index <= len(sheet.conditional_formats):
        raise bad_request(f"No conditional format on sheet: {sheet.sheet_id} at index: {index}")
    sheet.conditional_formats.insert(index, rule)


def _rule_at(sheet: Sheet, index: int) -> Json:
    if not 0 <= index < len(sheet.conditional_formats):
        raise bad_request(f"No conditional format on sheet: {sheet.sheet_id} at index: {index}")
    return sheet.conditional_formats[index]


def update_rule(batch: Batch, request: Json) -> Json:
    """Replace a conditional format, or move it to another index."""
    index = request.get("index", 0)
    if "rule" in request:
        rule = _rule(batch.book, request["rule"])
        sheet = batch.book.grid(request.get("sheetId", rule["ranges"][0]["sheetId"]))
        old = _rule_at(sheet, index)
        sheet.conditional_formats[index] = rule
        answer = {"newRule": rule_json(rule), "oldRule": rule_json(old)}
        return {"updateConditionalFormatRule": answer | ({"newIndex": index} if index else {})}
    sheet = batch.book.grid(request.get("sheetId"))
    rule = _rule_at(sheet, index)
    to = request.get("newIndex", 0)
    sheet.conditional_formats.pop(index)
    _insert_rule(sheet, to, rule)
    places = {name: at for name, at in (("newIndex", to), ("oldIndex", index)) if at}
    return {"updateConditionalFormatRule": {"newRule": rule_json(rule)} | places}


def delete_rule(batch: Batch, request: Json) -> Json:
    """Delete the conditional format at an index."""
    sheet = batch.book.grid(request.get("sheetId"))
    rule = _rule_at(sheet, request.get("index", 0))
    sheet.conditional_formats.remove(rule)
    return {"deleteConditionalFormatRule": {"rule": rule_json(rule)}}


def add_view(batch: Batch, request: Json) -> Json:
    """Add a filter view, which hides and sorts nothing for others."""
    asked = _with_criteria(request.get("filter") or {})
    sheet, area = _closed(batch.book, asked.get("range") or {})
    made: Json = {"filterViewId": asked.get("filterViewId") or batch.book.new_number()}
    made["title"] = asked.get("title") or "Filter 1"
    made |= {name: part for name, part in asked.items() if name not in made and name != "range"}
    made["range"] = area
    sheet.filter_views.append(made)
    return {"addFilterView": {"filter": filter_json(made)}}


def update_view(batch: Batch, request: Json) -> Json:
    """Change a filter view."""
    asked = _with_criteria(request.get("filter") or {})
    mask = fields_of(request, "FilterView")
    if "filterSpecs" in mask:
        mask = {name: part for name, part in mask.items() if name != "filterSpecs"} | {"criteria": {}}
    for sheet in batch.book.sheets:
        for at, old in enumerate(sheet.filter_views):
            if old["filterViewId"] == asked.get("filterViewId", 0):
                merged = old | merge_masked(old, asked, mask) | {"filterViewId": old["filterViewId"]}
                _, area = _closed(batch.book, merged["range"])
                sheet.filter_views[at] = merged | {"range": area}
                return {}
    raise bad_request(f"No filter view with id: {asked.get('filterViewId', 0)}")


def delete_view(batch: Batch, request: Json) -> Json:
    """Delete a filter view."""
    for sheet in batch.book.sheets:
        for view in sheet.filter_views:
            if view["filterViewId"] == request.get("filterId"):
                sheet.filter_views.remove(view)
                return {}
    raise bad_request(f"No filter view with id: {request.get('filterId', 0)}")


HANDLERS: dict[str, Handler] = {
    "addNamedRange": add_named,
    "updateNamedRange": update_named,
    "deleteNamedRange": delete_named,
    "addProtectedRange": add_protected,
    "updateProtectedRange": update_protected,
    "deleteProtectedRange": delete_protected,
    "setBasicFilter": set_basic_filter,
    "clearBasicFilter": clear_basic_filter,
    "addConditionalFormatRule": add_rule,
    "updateConditionalFormatRule": update_rule,
    "deleteConditionalFormatRule": delete_rule,
    "addFilterView": add_view,
    "updateFilterView": update_view,
    "deleteFilterView": delete_view,
}
