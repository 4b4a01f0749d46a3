"""Inserting, deleting and moving rows and columns, with everything that hangs on their positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sheetjudge.sandbox.a1 import Box
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.cells import Cell, Row
from sheetjudge.sandbox.charts import shift_charts
from sheetjudge.sandbox.problems import Json, bad_request
from sheetjudge.sandbox.protection import check_unprotected
from sheetjudge.sandbox.references import shift_formulas
from sheetjudge.sandbox.sheet import Sheet

Shift = Callable[[int, int], tuple[int, int] | None]
"""Where a half-open span goes; None if nothing of it is left."""


def inserted(at: int, count: int) -> Shift:
    """The shift of an insertion: what lies behind moves on, what lies around grows."""

    def shift(start: int, end: int) -> tuple[int, int]:
        return (start + count if start >= at else start), (end + count if end > at else end)

    return shift


def deleted(start: int, end: int) -> Shift:
    """The shift of a deletion: what lies behind moves up, what lies around shrinks, what lies inside is gone."""

    def shift(first: int, last: int) -> tuple[int, int] | None:
        moved = _after_deletion(first, start, end), _after_deletion(last, start, end)
        return moved if moved[0] < moved[1] else None

    return shift


def _after_deletion(index: int, start: int, end: int) -> int:
    return index if index <= start else max(start, index - (end - start))


def relocated(start: int, end: int, to: int) -> Shift:
    """The shift of a move: a span inside the moved part or outside of it keeps its size; others keep their place."""
    count = end - start

    def place(index: int) -> int:
        if start <= index < end:
            return index - start + (to - count if to > start else to)
        if to > start:
            return index - count if end <= index < to else index
        return index + count if to <= index < start else index

    def shift(first: int, last: int) -> tuple[int, int]:
        places = [place(first), place(last - 1)]
        return (places[0], places[1] + 1) if places[1] - places[0] == last - 1 - first else (first, last)

    return shift


def _shift_pair(value: Json, names: tuple[str, str], shift: Shift) -> Json | None:
    first, last = value.get(names[0]), value.get(names[1])
    if last is None:
        return value if not first else value | {names[0]: (shift(first, first + 1) or (first, 0))[0]}
    moved = shift(first or 0, last)
    if moved is None:
        return None
    return value | {names[0]: moved[0], names[1]: moved[1]}


def shift_grid_range(value: Json, dimension: str, shift: Shift) -> Json | None:
    """A GridRange after a shift; None if nothing of it is left."""
    axis = "Row" if dimension == "ROWS" else "Column"
    return _shift_pair(value, (f"start{axis}Index", f"end{axis}Index"), shift)


def apply_shift(book: Book, sheet: Sheet, dimension: str, shift: Shift) -> None:
    """Move everything of a tab that names positions, except its cells."""
    rows = dimension == "ROWS"
    sheet.merges = [box for old in sheet.merges if (box := _shift_box(old, shift, rows=rows)) is not None]
    if sheet.basic_filter is not None:
        sheet.basic_filter = _shift_filter(sheet.basic_filter, dimension, shift)
    sheet.filter_views = _kept(_shift_filter(view, dimension, shift) for view in sheet.filter_views)
    sheet.banded_ranges = _kept(_shift_member(one, dimension, shift) for one in sheet.banded_ranges)
    sheet.tables = _kept(_shift_member(one, dimension, shift) for one in sheet.tables)
    sheet.protected_ranges = _kept(_shift_member(one, dimension, shift) for one in sheet.protected_ranges)
    sheet.conditional_formats = _kept(_shift_ranges(rule, dimension, shift) for rule in sheet.conditional_formats)
    if rows:
        sheet.row_properties = _shift_keys(sheet.row_properties, shift)
        sheet.row_groups = _kept(_shift_group(group, shift) for group in sheet.row_groups)
    else:
        sheet.column_properties = _shift_keys(sheet.column_properties, shift)
        sheet.column_groups = _kept(_shift_group(group, shift) for group in sheet.column_groups)
    book.named_ranges = _kept(_shift_named(one, sheet, dimension, shift) for one in book.named_ranges)
    book.metadata = _kept(_shift_metadata(one, sheet, dimension, shift) for one in book.metadata)
    shift_charts(book, sheet, dimension, shift, lambda area: shift_grid_range(area, dimension, shift))
    shift_formulas(book, sheet, dimension, shift)


def _kept(values: Any) -> list[Json]:
    return [value for value in values if value is not None]


def _shift_box(box: Box, shift: Shift, *, rows: bool) -> Box | None:
    moved = shift(box.top or 0, box.bottom or 0) if rows else shift(box.left or 0, box.right or 0)
    if moved is None:
        return None
    if rows:
        return Box(moved[0], moved[1], box.left, box.right)
    return Box(box.top, box.bottom, moved[0], moved[1])


def _shift_member(value: Json, dimension: str, shift: Shift) -> Json | None:
    if "range" not in value:
        return value
    moved = shift_grid_range(value["range"], dimension, shift)
    if moved is None:
        return None
    result = value | {"range": moved}
    if "unprotectedRanges" in value:
        result["unprotectedRanges"] = _kept(shift_grid_range(r, dimension, shift) for r in value["unprotectedRanges"])
    return result


def _shift_filter(value: Json, dimension: str, shift: Shift) -> Json | None:
    """A filter, whose criteria and sorts stay with their columns."""
    moved = _shift_member(value, dimension, shift)
    if moved is None or dimension == "ROWS":
        return moved
    if moved.get("criteria"):
        places = {at: shift(int(at), int(at) + 1) for at in moved["criteria"]}
        criteria = {str(to[0]): moved["criteria"][at] for at, to in places.items() if to is not None}
        moved = moved | {"criteria": criteria}
    if moved.get("sortSpecs"):
        specs = [
            (one, shift(one.get("dimensionIndex", 0), one.get("dimensionIndex", 0) + 1)) for one in moved["sortSpecs"]
        ]
        moved = moved | {"sortSpecs": [one | {"dimensionIndex": to[0]} for one, to in specs if to is not None]}
    return {name: part for name, part in moved.items() if part or name not in ("criteria", "sortSpecs")}


def _shift_ranges(rule: Json, dimension: str, shift: Shift) -> Json | None:
    moved = _kept(shift_grid_range(one, dimension, shift) for one in rule["ranges"])
    return rule | {"ranges": moved} if moved else None


def _shift_keys(properties: dict[int, Json], shift: Shift) -> dict[int, Json]:
    moved = {at: shift(at, at + 1) for at in properties}
    return {place[0]: properties[at] for at, place in moved.items() if place is not None}


def _shift_group(group: Json, shift: Shift) -> Json | None:
    moved = _shift_pair(group["range"], ("startIndex", "endIndex"), shift)
    return None if moved is None else group | {"range": moved}


def _shift_named(named: Json, sheet: Sheet, dimension: str, shift: Shift) -> Json | None:
    if named["range"].get("sheetId", 0) != sheet.sheet_id:
        return named
    moved = shift_grid_range(named["range"], dimension, shift)
    return None if moved is None else named | {"range": moved}


def _shift_metadata(metadata: Json, sheet: Sheet, dimension: str, shift: Shift) -> Json | None:
    place = metadata["location"].get("dimensionRange")
    if place is None or place.get("sheetId", 0) != sheet.sheet_id or place["dimension"] != dimension:
        return metadata
    moved = shift(place["startIndex"], place["endIndex"])
    if moved is None:
        return None
    at = place | {"startIndex": moved[0], "endIndex": moved[1]}
    return metadata | {"location": metadata["location"] | {"dimensionRange": at}}


def insert_dimension(book: Book, sheet: Sheet, dimension: str, start: int, end: int, *, inherit: bool) -> None:
    """Insert empty rows or columns; they take the format of their neighbour before (`inherit`) or behind."""
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    if start > size:
        raise bad_request(f"range.startIndex is larger than current grid size ({size})")
    if start == size and not inherit:
        raise bad_request(f"range.startIndex must be less than the grid size ({size}) if inheritFromBefore is false.")
    if inherit and start == 0:
        raise bad_request("inheritFromBefore cannot be true when inserting at index 0.")
    count = end - start
    neighbour = start - 1 if inherit else start
    if dimension == "ROWS":
        sheet.set_grid(rowCount=sheet.row_count + count)
        book.check_size()
        model = tuple(_formatted_only(cell) for cell in sheet.row(neighbour))
        if start < len(sheet.rows) or any(model):
            sheet.rows.extend([()] * (start - len(sheet.rows)))
            sheet.rows[start:start] = [model] * count
    else:
        sheet.set_grid(columnCount=sheet.column_count + count)
        book.check_size()
        sheet.rows = [_insert_cells(row, start, count, neighbour) for row in sheet.rows]
    apply_shift(book, sheet, dimension, inserted(start, count))
    properties = sheet.row_properties if dimension == "ROWS" else sheet.column_properties
    size_there = properties.get(start - 1 if inherit else end, {}).get("pixelSize")
    if size_there is not None:
        properties.update({at: {"pixelSize": size_there} for at in range(start, end)})


def _formatted_only(cell: Cell | None) -> Cell | None:
    return None if cell is None or not cell.format else Cell(format=cell.format)


def _insert_cells(row: Row, at: int, count: int, neighbour: int) -> Row:
    if neighbour >= len(row):
        return row
    model = _formatted_only(row[neighbour])
    return row[:at] + (model,) * count + row[at:]


def delete_dimension(book: Book, sheet: Sheet, dimension: str, start: int, end: int) -> None:
    """Delete rows or columns."""
    rows = dimension == "ROWS"
    size = sheet.row_count if rows else sheet.column_count
    what = "row" if rows else "column"
    if start >= size:
        raise bad_request(
            f"Cannot delete a {what} that doesn't exist. Tried to delete {what} index {start} but there are only "
            f"{size} {what}s."
        )
    end = min(end, size)
    if end - start >= size:
        raise bad_request(f"You can't delete all the {what}s on the sheet.")
    check_unprotected(book, sheet, Box(start, end, None, None) if rows else Box(None, None, start, end))
    frozen = "frozenRowCount" if rows else "frozenColumnCount"
    held = _after_deletion(sheet.properties["gridProperties"].get(frozen, 0), start, end)
    if rows:
        del sheet.rows[start:end]
        sheet.set_grid(rowCount=size - (end - start))
    else:
        sheet.rows = [row[:start] + row[end:] for row in sheet.rows]
        sheet.set_grid(columnCount=size - (end - start))
    check_left(sheet, {frozen: held})
    if held:
        sheet.set_grid(**{frozen: held})
    apply_shift(book, sheet, dimension, deleted(start, end))


def check_left(sheet: Sheet, frozen: Json) -> None:
    """Refuse a grid that has become so small that only frozen rows or columns are left.

    Args:
        sheet: the tab, with its new size.
        frozen: the grid properties that say how much is frozen.
    """
    grid = sheet.properties["gridProperties"]
    for size, held, what in (("rowCount", "frozenRowCount", "rows"), ("columnCount", "frozenColumnCount", "columns")):
        if 0 < grid[size] <= frozen.get(held, 0):
            raise bad_request(f"Sorry, it is not possible to delete all non-frozen {what}.")


def move_dimension(book: Book, sheet: Sheet, dimension: str, start: int, end: int, *, to: int) -> None:
    """Move rows or columns in front of the index `to`, counted before the move."""
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    if start < to < end or to > size or end > size:
        raise bad_request(f"Cannot move [{start}, {end}) to {to}.")
    if dimension == "ROWS":
        sheet.rows.extend([()] * (max(end, to) - len(sheet.rows)))
        sheet.rows = list(_moved(tuple(sheet.rows), start, end, to))
    else:
        width = max(end, to)
        sheet.rows = [_trimmed(_moved(row + (None,) * (width - len(row)), start, end, to)) for row in sheet.rows]
    apply_shift(book, sheet, dimension, relocated(start, end, to))


def _moved(items: tuple[Any, ...], start: int, end: int, to: int) -> tuple[Any, ...]:
    part, rest = items[start:end], items[:start] + items[end:]
    at = to - (end - start) if to > start else to
    return rest[:at] + part + rest[at:]


def _trimmed(row: Row) -> Row:
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return row[:end]
