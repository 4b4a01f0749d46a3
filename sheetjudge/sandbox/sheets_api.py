"""Sheets v4: each method of the API, on the world's spreadsheets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sheetjudge.sandbox.a1 import Box
from sheetjudge.sandbox.append import append_values
from sheetjudge.sandbox.batch.context import Batch
from sheetjudge.sandbox.batch.run import run_batch
from sheetjudge.sandbox.batch.sheets import copied_sheet
from sheetjudge.sandbox.book import Book, new_book
from sheetjudge.sandbox.cells import Cell
from sheetjudge.sandbox.creation import fill
from sheetjudge.sandbox.http import Request
from sheetjudge.sandbox.masks import Mask, parse_mask, wants
from sheetjudge.sandbox.metadata import copy_sheet_metadata, data_filter_json, filter_areas, find_metadata
from sheetjudge.sandbox.problems import Json, bad_request, not_found, within
from sheetjudge.sandbox.render import metadata_json, render_book, sheet_properties
from sheetjudge.sandbox.sheet import Sheet
from sheetjudge.sandbox.values import (
    Written,
    clear_values,
    finish,
    option,
    read_values,
    reader,
    total_answer,
    values_of,
    write_values,
)
from sheetjudge.sandbox.world import Caller, World

RENDER = ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA")
DATES = ("SERIAL_NUMBER", "FORMATTED_STRING")
MAJOR = ("ROWS", "COLUMNS")
INPUT = ("RAW", "USER_ENTERED")
INSERT = ("OVERWRITE", "INSERT_ROWS")


def _major(value: Any, field: str) -> str:
    if value in (None, "", "DIMENSION_UNSPECIFIED"):
        return "ROWS"
    return option(value, field, MAJOR, "Dimension")


def _typed(value: Any) -> bool:
    if value in (None, "", "INPUT_VALUE_OPTION_UNSPECIFIED"):
        raise bad_request("'valueInputOption' is required but not specified")
    return option(value, "value_input_option", INPUT, "ValueInputOption") == "USER_ENTERED"


def _check_same(text: str, body: Json) -> None:
    """A range may come twice, in the address and in the body, but not two of them."""
    given = body.get("range")
    if given and given != text:
        raise bad_request(f"Request range[{text}] does not match value's range[{given}]")


def _reader(render: Any, dates: Any, prefix: str = "") -> Callable[[Cell], Any]:
    names = ("value_render_option", "date_time_render_option")
    return reader(
        option(render or "FORMATTED_VALUE", prefix + names[0], RENDER, "ValueRenderOption"),
        option(dates or "SERIAL_NUMBER", prefix + names[1], DATES, "DateTimeRenderOption"),
    )


class SheetsApi:
    """The methods; each takes the caller, the request and the ids in its path, and returns the answer's JSON.

    Args:
        world: where the spreadsheets are.
        page: the address of the page that shows a spreadsheet, by its id.
    """

    def __init__(self, world: World, page: Callable[[str], str]) -> None:
        self.world = world
        self.page = page

    def create(self, caller: Caller, request: Request) -> Json:
        """spreadsheets.create."""
        body = request.message("Spreadsheet")
        book = new_book(self.world.new_id(), "Untitled spreadsheet", self.world.new_number)
        book.owner = book.editor = caller.email
        fill(Batch(book, caller.email, caller.project), body)
        finish(book)
        self.world.add(book.title, caller.email, book=book)
        return render_book(book, self.page(book.book_id), caller=caller, mask=self._mask(request))

    def _mask(self, request: Request) -> Mask:
        text = request.one("fields")
        return parse_mask(text) if text else {}

    def get(self, caller: Caller, request: Request, book_id: str) -> Json:
        """spreadsheets.get."""
        book = self.world.file(book_id, caller).book
        mask = self._mask(request)
        ranges = [book.resolve(text) for text in request.query.get("ranges", [])]
        data = wants(mask, "sheets", "data") if mask else request.flag("includeGridData")
        return render_book(book, self.page(book_id), caller=caller, ranges=ranges, data=data, mask=mask)

    def get_by_data_filter(self, caller: Caller, request: Request, book_id: str) -> Json:
        """spreadsheets.getByDataFilter."""
        book, body = self.world.file(book_id, caller).book, request.message("GetSpreadsheetByDataFilterRequest")
        mask = self._mask(request)
        ranges = [area for one in body.get("dataFilters") or [] for area in filter_areas(book, one, caller.project)]
        data = wants(mask, "sheets", "data") if mask else bool(body.get("includeGridData"))
        return render_book(book, self.page(book_id), caller=caller, ranges=ranges, data=data, mask=mask)

    def batch_update(self, caller: Caller, request: Request, book_id: str) -> Json:
        """spreadsheets.batchUpdate."""
        body = request.message("BatchUpdateSpreadsheetRequest")
        file = self.world.file(book_id, caller, write=True)
        with self.world.edit(file, caller.email) as book:
            replies = run_batch(Batch(book, caller.email, caller.project), body.get("requests"))
            answer: Json = {"spreadsheetId": book_id, "replies": replies}
            if body.get("includeSpreadsheetInResponse"):
                ranges = [book.resolve(text) for text in body.get("responseRanges") or []]
                data = bool(body.get("responseIncludeGridData"))
                answer["updatedSpreadsheet"] = render_book(
                    book, self.page(book_id), caller=caller, ranges=ranges, data=data, mask={}
                )
        return answer

    def copy_to(self, caller: Caller, request: Request, book_id: str, sheet_id: str) -> Json:
        """spreadsheets.sheets.copyTo."""
        source_book = self.world.file(book_id, caller).book
        source = source_book.sheet(int(sheet_id)) if sheet_id.lstrip("-").isdigit() else None
        if source is None:
            raise bad_request(f"No sheet with id: {sheet_id}")
        to = self.world.file(
            request.message("CopySheetToAnotherSpreadsheetRequest").get("destinationSpreadsheetId", ""),
            caller,
            write=True,
        )
        with self.world.edit(to, caller.email) as book:
            copy = copied_sheet(book, source, None)
            book.sheets.append(copy)
            copy_sheet_metadata(book, source_book.metadata, source.sheet_id, copy.sheet_id)
            finish(book)
            return sheet_properties(book, copy)

    def values_get(self, caller: Caller, request: Request, book_id: str, text: str) -> Json:
        """spreadsheets.values.get."""
        book = self.world.file(book_id, caller).book
        sheet, box = book.resolve(text)
        read = _reader(request.one("valueRenderOption"), request.one("dateTimeRenderOption"))
        return read_values(sheet, box, read, _major(request.one("majorDimension"), "major_dimension"))

    def values_batch_get(self, caller: Caller, request: Request, book_id: str) -> Json:
        """spreadsheets.values.batchGet."""
        book = self.world.file(book_id, caller).book
        read = _reader(request.one("valueRenderOption"), request.one("dateTimeRenderOption"))
        major = _major(request.one("majorDimension"), "major_dimension")
        ranges = [book.resolve(text) for text in request.query.get("ranges", [])]
        found = [read_values(sheet, box, read, major) for sheet, box in ranges]
        return {"spreadsheetId": book_id} | ({"valueRanges": found} if found else {})

    def values_batch_get_by_data_filter(self, caller: Caller, request: Request, book_id: str) -> Json:
        """spreadsheets.values.batchGetByDataFilter."""
        book, body = self.world.file(book_id, caller).book, request.message("BatchGetValuesByDataFilterRequest")
        read = _reader(body.get("valueRenderOption"), body.get("dateTimeRenderOption"))
        major = _major(body.get("majorDimension"), "major_dimension")
        found: dict[tuple[int, Box], Json] = {}
        for one in body.get("dataFilters") or []:
            for sheet, box in filter_areas(book, one, caller.project):
                entry = found.setdefault(
                    (sheet.sheet_id, box), {"valueRange": read_values(sheet, box, read, major), "dataFilters": []}
                )
                entry["dataFilters"].append(data_filter_json(one))
        return {"spreadsheetId": book_id} | ({"valueRanges": list(found.values())} if found else {})

    def values_update(self, caller: Caller, request: Request, book_id: str, text: str) -> Json:
        """spreadsheets.values.update."""
        body = request.message("ValueRange", "data")
        values = values_of(body)
        _check_same(text, body)
        file = self.world.file(book_id, caller, write=True)
        typed = _typed(request.one("valueInputOption"))
        with self.world.edit(file, caller.email) as book:
            sheet, box = book.resolve(text)
            major = _major(body.get("majorDimension"), "data.major_dimension")
            written = write_values(book, sheet, box, values, major=major, typed=typed)
            finish(book)
            return self._updated(book, written, _response_options(request), major)

    def _updated(self, book: Book, written: Written, options: Json, major: str) -> Json:
        answer = written.answer(book.book_id)
        if options.get("includeValuesInResponse"):
            read = _reader(options.get("responseValueRenderOption"), options.get("responseDateTimeRenderOption"))
            answer["updatedData"] = read_values(written.sheet, written.box, read, major)
        return answer

    def values_append(self, caller: Caller, request: Request, book_id: str, text: str) -> Json:
        """spreadsheets.values.append."""
        body = request.message("ValueRange", "data")
        values = values_of(body)
        _check_same(text, body)
        file = self.world.file(book_id, caller, write=True)
        typed = _typed(request.one("valueInputOption"))
        how = option(request.one("insertDataOption") or INSERT[0], "insert_data_option", INSERT, "InsertDataOption")
        with self.world.edit(file, caller.email) as book:
            sheet, box = book.resolve(text)
            major = _major(body.get("majorDimension"), "data.major_dimension")
            written, head = append_values(book, sheet, box, values, major=major, typed=typed, insert=how == INSERT[1])
            finish(book)
            return head | {"updates": self._updated(book, written, _response_options(request), major)}

    def values_clear(self, caller: Caller, request: Request, book_id: str, text: str) -> Json:
        """spreadsheets.values.clear."""
        del request
        file = self.world.file(book_id, caller, write=True)
        with self.world.edit(file, caller.email) as book:
            cleared = clear_values(book, *book.resolve(text))
            finish(book)
        return {"spreadsheetId": book_id, "clearedRange": cleared}

    def values_batch_clear(self, caller: Caller, request: Request, book_id: str) -> Json:
        """spreadsheets.values.batchClear."""
        ranges = request.message("BatchClearValuesRequest").get("ranges") or []
        file = self.world.file(book_id, caller, write=True)
        with self.world.edit(file, caller.email) as book:
            cleared = []
            for at, text in enumerate(ranges):
                with within(f"range[{at}]"):
                    cleared.append(clear_values(book, *book.resolve(text)))
            finish(book)
        return {"spreadsheetId": book_id} | ({"clearedRanges": cleared} if cleared else {})

    def values_batch_clear_by_data_filter(self, caller: Caller, request: Request, book_id: str) -> Json:
        """spreadsheets.values.batchClearByDataFilter."""
        file = self.world.file(book_id, caller, write=True)
        with self.world.edit(file, caller.email) as book:
            filters = request.message("BatchClearValuesByDataFilterRequest").get("dataFilters") or []
            areas = [area for one in filters for area in filter_areas(book, one, caller.project)]
            cleared = [clear_values(book, *area) for area in areas]
            finish(book)
        return {"spreadsheetId": book_id} | ({"clearedRanges": cleared} if cleared else {})

    def values_batch_update(self, caller: Caller, request: Request, book_id: str) -> Json:
        """spreadsheets.values.batchUpdate."""
        body = request.message("BatchUpdateValuesRequest")
        return self._write_all(caller, book_id, body, lambda book, one: [book.resolve(one.get("range", ""))])

    def values_batch_update_by_data_filter(self, caller: Caller, request: Request, book_id: str) -> Json:
        """spreadsheets.values.batchUpdateByDataFilter."""
        body = request.message("BatchUpdateValuesByDataFilterRequest")
        answer = self._write_all(
            caller, book_id, body, lambda book, one: filter_areas(book, one.get("dataFilter") or {}, caller.project)
        )
        for one, asked in zip(answer.get("responses", []), body.get("data") or [], strict=False):
            one.pop("spreadsheetId", None)
            one["dataFilter"] = data_filter_json(asked.get("dataFilter") or {})
        return answer

    def _write_all(
        self, caller: Caller, book_id: str, body: Json, places: Callable[[Book, Json], list[tuple[Sheet, Box]]]
    ) -> Json:
        data = body.get("data") or []
        all_values = [values_of(one, f"data[{at}].values") for at, one in enumerate(data)]
        typed = _typed(body.get("valueInputOption"))
        file = self.world.file(book_id, caller, write=True)
        with self.world.edit(file, caller.email) as book:
            written = []
            for at, (one, values) in enumerate(zip(data, all_values, strict=True)):
                major = _major(one.get("majorDimension"), "data.major_dimension")
                with within(f"data[{at}]"):
                    for sheet, box in places(book, one):
                        written.append((write_values(book, sheet, box, values, major=major, typed=typed), major))
            finish(book)
            answers = [self._updated(book, one, body, major) for one, major in written]
            return total_answer(book, [one for one, _ in written]) | ({"responses": answers} if answers else {})

    def metadata_get(self, caller: Caller, request: Request, book_id: str, metadata_id: str) -> Json:
        """spreadsheets.developerMetadata.get."""
        del request
        book = self.world.file(book_id, caller).book
        number = int(metadata_id) if metadata_id.isdigit() else -1
        lookup = {"developerMetadataLookup": {"metadataId": number}}
        found = find_metadata(book, [lookup], caller.project)
        if not found:
            raise not_found()
        return metadata_json(found[0][0])

    def metadata_search(self, caller: Caller, request: Request, book_id: str) -> Json:
        """spreadsheets.developerMetadata.search."""
        body = request.message("SearchDeveloperMetadataRequest")
        book = self.world.file(book_id, caller).book
        found = find_metadata(book, body.get("dataFilters") or [], caller.project)
        matched = [
            {"developerMetadata": metadata_json(one), "dataFilters": [data_filter_json(one) for one in filters]}
            for one, filters in found
        ]
        return {"matchedDeveloperMetadata": matched} if matched else {}


def _response_options(request: Request) -> Json:
    return {
        "includeValuesInResponse": request.flag("includeValuesInResponse"),
        "responseValueRenderOption": request.one("responseValueRenderOption"),
        "responseDateTimeRenderOption": request.one("responseDateTimeRenderOption"),
    }
