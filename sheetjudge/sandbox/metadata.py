"""Developer metadata: keys and values that hang on a spreadsheet, a tab, a row or a column."""

from __future__ import annotations

from typing import Any

from sheetjudge.sandbox.a1 import Box, box_of
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.problems import Json, bad_request, not_built
from sheetjudge.sandbox.render import visible_metadata
from sheetjudge.sandbox.sheet import Sheet

STORAGE_LIMIT = 30_000


def checked_location(book: Book, location: Json) -> Json:
    """A DeveloperMetadataLocation with its `locationType`, or a refusal."""
    kinds = [name for name in ("spreadsheet", "sheetId", "dimensionRange") if name in location]
    if len(kinds) != 1:
        raise bad_request("Must specify exactly one location for developer metadata.")
    if kinds == ["spreadsheet"]:
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    if kinds == ["sheetId"]:
        return {"locationType": "SHEET", "sheetId": book.grid(location["sheetId"]).sheet_id}
    place = location["dimensionRange"]
    sheet = book.grid(place.get("sheetId"))
    dimension = place.get("dimension")
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    start, end = place.get("startIndex", 0), place.get("endIndex", size)
    if dimension not in ("ROWS", "COLUMNS") or end - start != 1:
        raise bad_request("The dimensionRange of developer metadata must represent a single row or column.")
    if start >= size:
        raise bad_request(f"dimensionRange.startIndex[{start}] must be less than the grid's size[{size}]")
    where = {"sheetId": sheet.sheet_id, "dimension": dimension, "startIndex": start, "endIndex": end}
    return {"locationType": "ROW" if dimension == "ROWS" else "COLUMN", "dimensionRange": where}


def find_metadata(book: Book, filters: list[Json], project: str) -> list[tuple[Json, list[Json]]]:
    """The developer metadata that any of the data filters matches, each with the filters that did."""
    check_filters(filters)
    found = []
    for one in visible_metadata(book, project):
        matching = [item for item in filters if _matches(book, one, item)]
        if matching:
            found.append((one, matching))
    return found


def _matches(book: Book, one: Json, data_filter: Json) -> bool:
    if "developerMetadataLookup" in data_filter:
        return _matches_lookup(book, one, data_filter["developerMetadataLookup"])
    sheet, box = filter_box(book, data_filter)
    return _intersects(one["location"], sheet, box)


def filter_box(book: Book, data_filter: Json) -> tuple[Sheet, Box]:
    """The tab and box of a data filter that names a range."""
    if "a1Range" in data_filter:
        return book.resolve(data_filter["a1Range"])
    if "gridRange" in data_filter:
        area = data_filter["gridRange"]
        return book.grid(area.get("sheetId")), box_of(area)
    raise bad_request("Must specify a filter type.")


def _matches_lookup(book: Book, one: Json, lookup: Json) -> bool:
    plain = ("metadataId", "metadataKey", "metadataValue", "visibility")
    if any(name in lookup and lookup[name] != one.get(name) for name in plain):
        return False
    location = one["location"]
    if "locationType" in lookup and lookup["locationType"] != location["locationType"]:
        return False
    if "metadataLocation" not in lookup:
        return True
    where = lookup["metadataLocation"]
    if where.get("spreadsheet") or lookup.get("locationMatchingStrategy") == "EXACT_LOCATION":
        return _same_location(location, where)
    return _location_intersects(book, location, where)


def check_filters(filters: list[Json]) -> None:
    """Refuse data filters that say nothing, or what the documentation rules out."""
    for one in filters:
        lookup = one.get("developerMetadataLookup")
        if lookup is None:
            if "a1Range" not in one and "gridRange" not in one:
                raise bad_request("Must specify a filter type.")
            continue
        strategy = lookup.get("locationMatchingStrategy")
        if strategy and "metadataLocation" not in lookup:
            raise bad_request("A locationMatchingStrategy needs a metadataLocation.")
        if strategy == "EXACT_LOCATION" and "locationType" in lookup:
            raise bad_request("A locationType can't be combined with the strategy EXACT_LOCATION.")


def _same_location(location: Json, where: Json) -> bool:
    if where.get("spreadsheet"):
        return bool(location.get("spreadsheet"))
    if "sheetId" in where:
        return bool(location["locationType"] == "SHEET" and location["sheetId"] == where["sheetId"])
    return "dimensionRange" in location and _same_dimension(location["dimensionRange"], where["dimensionRange"])


def _same_dimension(one: Json, other: Json) -> bool:
    names: tuple[tuple[str, Any], ...] = (("sheetId", 0), ("dimension", None), ("startIndex", 0), ("endIndex", None))
    return all(one.get(name, default) == other.get(name, default) for name, default in names)


def _location_intersects(book: Book, location: Json, where: Json) -> bool:
    if "sheetId" in where:
        return bool(_sheet_of(location) == where["sheetId"])
    place = where["dimensionRange"]
    span = (place.get("startIndex"), place.get("endIndex"))
    box = Box(*span, None, None) if place.get("dimension") == "ROWS" else Box(None, None, *span)
    return _intersects(location, book.grid(place.get("sheetId")), box)


def _sheet_of(location: Json) -> int | None:
    if "sheetId" in location:
        return int(location["sheetId"])
    return int(location["dimensionRange"].get("sheetId", 0)) if "dimensionRange" in location else None


def _intersects(location: Json, sheet: Sheet, box: Box) -> bool:
    if location.get("spreadsheet"):
        return False
    if _sheet_of(location) != sheet.sheet_id:
        return False
    return location_box(location).touches(box)


def location_box(location: Json) -> Box:
    """The cells that a location stands for within its tab."""
    place = location.get("dimensionRange")
    if place is None:
        return Box()
    span = (place["startIndex"], place["endIndex"])
    return Box(*span, None, None) if place["dimension"] == "ROWS" else Box(None, None, *span)


def data_filter_json(data_filter: Json) -> Json:
    """A DataFilter as Google answers it: numbers that are 0 are left out."""
    area = data_filter.get("gridRange")
    if area is None:
        return data_filter
    return data_filter | {"gridRange": {name: value for name, value in area.items() if value}}


def filter_areas(book: Book, data_filter: Json, project: str) -> list[tuple[Sheet, Box]]:
    """The tabs and boxes that a data filter selects values from."""
    if "developerMetadataLookup" not in data_filter:
        return [filter_box(book, data_filter)]
    areas = []
    for one, _ in find_metadata(book, [data_filter], project):
        location = one["location"]
        if location.get("spreadsheet"):
            raise not_built("reading values by metadata of the whole spreadsheet")
        areas.append((book.grid(_sheet_of(location)), location_box(location)))
    return areas


def check_storage(book: Book) -> None:
    """Refuse more metadata than fits: 30,000 characters for the spreadsheet itself, and as many for each tab."""
    sizes: dict[int | None, int] = {}
    for one in book.metadata:
        place = _sheet_of(one["location"])
        sizes[place] = sizes.get(place, 0) + len(one["metadataKey"]) + len(one.get("metadataValue", ""))
    if any(size > STORAGE_LIMIT for size in sizes.values()):
        raise bad_request(f"Developer metadata would exceed the limit of {STORAGE_LIMIT} characters.")


def forget_sheet(book: Book, sheet_id: int) -> None:
    """Drop the metadata of a tab that is gone."""
    book.metadata = [one for one in book.metadata if _sheet_of(one["location"]) != sheet_id]


def copy_sheet_metadata(book: Book, source: list[Json], old: int, new: int) -> None:
    """Give a copied tab copies, under ids of their own, of the metadata of its original."""
    for one in list(source):
        location = one["location"]
        if _sheet_of(location) != old:
            continue
        if "sheetId" in location:
            where = location | {"sheetId": new}
        else:
            where = location | {"dimensionRange": location["dimensionRange"] | {"sheetId": new}}
        book.metadata.append(one | {"metadataId": book.new_number(), "location": where})
