"""Requests about developer metadata."""

from __future__ import annotations

from sheetjudge.sandbox.batch.context import Batch, Handler, fields_of
from sheetjudge.sandbox.masks import merge_masked
from sheetjudge.sandbox.metadata import check_storage, checked_location, find_metadata
from sheetjudge.sandbox.problems import Json, bad_request
from sheetjudge.sandbox.render import metadata_json

_VISIBILITIES = ("DOCUMENT", "PROJECT")


def create(batch: Batch, request: Json) -> Json:
    """Create one piece of metadata; an id that is in use is refused."""
    book, asked = batch.book, request.get("developerMetadata") or {}
    if not asked.get("metadataKey"):
        raise bad_request("Developer metadata must have a key.")
    if asked.get("visibility") not in _VISIBILITIES:
        raise bad_request("Developer metadata must have a visibility.")
    location = checked_location(book, asked.get("location") or {})
    taken = {one["metadataId"] for one in book.metadata}
    number = asked.get("metadataId")
    if number in taken:
        said = "because developer metadata with that ID already exists."
        raise bad_request(f"Cannot add developer metadata with ID [{number}] {said}")
    if number is not None and number < 1:
        raise bad_request("Developer metadata ids must be positive.")
    while number is None or number in taken:
        number = batch.book.new_number()
    made: Json = {"metadataId": number, "metadataKey": asked["metadataKey"]}
    if asked.get("metadataValue"):
        made["metadataValue"] = asked["metadataValue"]
    made |= {"location": location, "visibility": asked["visibility"], "project": batch.project}
    book.metadata.append(made)
    check_storage(book)
    return {"createDeveloperMetadata": {"developerMetadata": metadata_json(made)}}


def update(batch: Batch, request: Json) -> Json:
    """Change all metadata that the data filters match."""
    book, mask = batch.book, fields_of(request, "DeveloperMetadata")
    changed = []
    for one, _ in find_metadata(book, request.get("dataFilters") or [], batch.project):
        merged = one | merge_masked(one, request.get("developerMetadata") or {}, mask)
        merged |= {name: one[name] for name in ("metadataId", "project")}
        if "metadataValue" in mask and not (request.get("developerMetadata") or {}).get("metadataValue"):
            merged.pop("metadataValue", None)
        merged["location"] = checked_location(book, _bare(merged["location"]))
        book.metadata[book.metadata.index(one)] = merged
        changed.append(metadata_json(merged))
    check_storage(book)
    return {"updateDeveloperMetadata": {"developerMetadata": changed} if changed else {}}


def _bare(location: Json) -> Json:
    return {name: part for name, part in location.items() if name != "locationType"}


def delete(batch: Batch, request: Json) -> Json:
    """Delete all metadata that the data filter matches, which may be none."""
    data_filter = request.get("dataFilter")
    if not data_filter:
        raise bad_request("Must specify a data filter.")
    gone = [one for one, _ in find_metadata(batch.book, [data_filter], batch.project)]
    batch.book.metadata = [one for one in batch.book.metadata if one not in gone]
    found = {"deletedDeveloperMetadata": [metadata_json(one) for one in gone]} if gone else {}
    return {"deleteDeveloperMetadata": found}


HANDLERS: dict[str, Handler] = {
    "createDeveloperMetadata": create,
    "updateDeveloperMetadata": update,
    "deleteDeveloperMetadata": delete,
}
