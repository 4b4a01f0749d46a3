"""From a request to an answer: who calls, which method is meant, and what comes back, without a socket."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from sheetjudge.sandbox.accounts import Accounts, GrantRefused, check_scope
from sheetjudge.sandbox.drive_api import DriveApi
from sheetjudge.sandbox.http import Answer, Request
from sheetjudge.sandbox.identity import Identity
from sheetjudge.sandbox.masks import parse_mask, project
from sheetjudge.sandbox.page import file_list_page, spreadsheet_page
from sheetjudge.sandbox.problems import ApiError, Json, not_built
from sheetjudge.sandbox.shapes import check_query, check_selection
from sheetjudge.sandbox.sheets_api import SheetsApi
from sheetjudge.sandbox.world import Caller, World

_LOCATIONS = re.compile(r"/v1/projects/-/serviceAccounts/[^/]+/allowedLocations")
_AUTH = "https://www.googleapis.com/auth/"
_FEEDS = "https://spreadsheets.google.com/feeds"
_SHEETS_WRITE = frozenset(_AUTH + name for name in ("spreadsheets", "drive", "drive.file")) | {_FEEDS}
_SHEETS_READ = _SHEETS_WRITE | {_AUTH + "spreadsheets.readonly", _AUTH + "drive.readonly"}
_DRIVE_READ = frozenset(_AUTH + name for name in ("drive", "drive.readonly", "drive.file", "drive.metadata.readonly"))
_DRIVE_WRITE = frozenset(_AUTH + name for name in ("drive", "drive.file"))


ANSWERS = {
    "sheets.create": "Spreadsheet",
    "sheets.get": "Spreadsheet",
    "sheets.getByDataFilter": "Spreadsheet",
    "sheets.batchUpdate": "BatchUpdateSpreadsheetResponse",
    "sheets.sheets.copyTo": "SheetProperties",
    "sheets.values.batchGet": "BatchGetValuesResponse",
    "sheets.values.batchUpdate": "BatchUpdateValuesResponse",
    "sheets.values.batchClear": "BatchClearValuesResponse",
    "sheets.values.batchGetByDataFilter": "BatchGetValuesByDataFilterResponse",
    "sheets.values.batchUpdateByDataFilter": "BatchUpdateValuesByDataFilterResponse",
    "sheets.values.batchClearByDataFilter": "BatchClearValuesByDataFilterResponse",
    "sheets.values.append": "AppendValuesResponse",
    "sheets.values.clear": "ClearValuesResponse",
    "sheets.values.get": "ValueRange",
    "sheets.values.update": "UpdateValuesResponse",
    "sheets.developerMetadata.search": "SearchDeveloperMetadataResponse",
    "sheets.developerMetadata.get": "DeveloperMetadata",
}
"""The messages that the methods of the Sheets API answer with."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of an API.

    Args:
        name: Google's name of it, such as `sheets.values.get`.
        method: the HTTP method.
        path: what its path looks like, still percent-encoded.
        call: what answers it, given the caller, the request and the path's ids.
        scopes: a token needs one of these.
        writes: whether it counts against the quota of writes.
    """

    name: str
    method: str
    path: re.Pattern[str]
    call: Callable[..., Any]
    scopes: frozenset[str]
    writes: bool


def google_page(book_id: str) -> str:
    """The address of a spreadsheet's page as Google's answers give it."""
    return f"https://docs.google.com/spreadsheets/d/{book_id}/edit"


class App:
    """The local Google behind its socket.

    Args:
        world: files and sharing.
        accounts: who may ask.
        identity: what signs the ID tokens whose certificates are answered here.
    """

    def __init__(self, world: World, accounts: Accounts, identity: Identity) -> None:
        self.world = world
        self.accounts = accounts
        self.identity = identity
        self.routes = _routes(SheetsApi(world, google_page), DriveApi(world, google_page))

    def route(self, request: Request) -> tuple[Route, list[str]] | None:
        """The method that a request means, and the ids in its path."""
        for route in self.routes:
            match = route.path.fullmatch(request.path)
            if match is not None and route.method == request.method:
                return route, [unquote(part) for part in match.groups()]
        return None

    def caller(self, request: Request) -> Caller:
        """Who sent a request."""
        return self.accounts.caller(request.headers.get("authorization"))

    def answer(self, request: Request, base_url: str) -> Answer:
        """What a request is answered; refusals are answers too."""
        try:
            return self._answered(request, base_url)
        except ApiError as problem:
            return Answer.of(problem.body(), problem.code)
        except GrantRefused as refusal:
            return Answer.of(refusal.body, 400)
        except Exception as failure:  # noqa: BLE001 - a mistake of the sandbox must be seen by who asked, not hang them
            said = f"The local Google failed at {request.method} {request.path}: {failure!r}"
            return Answer.of(ApiError(500, said).body(), 500)

    def _answered(self, request: Request, base_url: str) -> Answer:
        if request.path == "/token" and request.method == "POST":
            return self._grant(request, base_url)
        if request.method == "GET" and request.path == "/oauth2/v1/certs":
            return Answer.of(self.identity.certificates)
        if request.method == "GET" and _LOCATIONS.fullmatch(request.path):
            return Answer.of({"locations": [], "encodedLocations": "0x0"})
        if request.method == "GET" and not request.path.startswith(("/v4/", "/drive/", "/upload/")):
            return self._page(request)
        return self._call(request)

    def _call(self, request: Request) -> Answer:
        found = self.route(request)
        if found is None:
            raise not_built(f"{request.method} {request.decoded_path}")
        route, ids = found
        caller = self.caller(request)
        check_scope(caller, route.scopes)
        fields = request.one("fields")
        mask = parse_mask(fields) if fields and route.name in ANSWERS else {}
        if route.name in ANSWERS:
            check_query(request.query, route.name)
            check_selection(mask, ANSWERS[route.name], fields)
        value = route.call(caller, request, *ids)
        if isinstance(value, Answer):
            return value
        value = project(value, mask)
        return Answer.of(value, is_pretty=request.one("prettyPrint", "true") != "false")

    def _grant(self, request: Request, base_url: str) -> Answer:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        return Answer.of(self.accounts.grant(form, f"{base_url}/token"))

    def _page(self, request: Request) -> Answer:
        match = re.fullmatch(r"/spreadsheets/d/([^/]+)(?:/.*)?", request.path)
        if match is not None:
            file = self.world.files.get(match.group(1))
            if file is not None:
                return _html(spreadsheet_page(file.book))
        if request.path == "/":
            return _html(file_list_page([file.book for file in self.world.files.values()]))
        return _html("<h1>404</h1><p>The local Google has no such page.</p>", 404)


def _html(text: str, status: int = 200) -> Answer:
    return Answer(status, text.encode(), "text/html; charset=utf-8")


def _routes(sheets: SheetsApi, drive: DriveApi) -> list[Route]:
    book, one = "/v4/spreadsheets/([^/:]+)", "([^/]+?)"
    table: list[tuple[str, str, str, Callable[..., Json | Answer]]] = [
        ("sheets.create", "POST", "/v4/spreadsheets", sheets.create),
        ("sheets.get", "GET", book, sheets.get),
        ("sheets.getByDataFilter", "POST", f"{book}:getByDataFilter", sheets.get_by_data_filter),
        ("sheets.batchUpdate", "POST", f"{book}:batchUpdate", sheets.batch_update),
        ("sheets.sheets.copyTo", "POST", f"{book}/sheets/([^/:]+):copyTo", sheets.copy_to),
        ("sheets.values.batchGet", "GET", f"{book}/values:batchGet", sheets.values_batch_get),
        ("sheets.values.batchUpdate", "POST", f"{book}/values:batchUpdate", sheets.values_batch_update),
        ("sheets.values.batchClear", "POST", f"{book}/values:batchClear", sheets.values_batch_clear),
        (
            "sheets.values.batchGetByDataFilter",
            "POST",
            f"{book}/values:batchGetByDataFilter",
            sheets.values_batch_get_by_data_filter,
        ),
        (
            "sheets.values.batchUpdateByDataFilter",
            "POST",
            f"{book}/values:batchUpdateByDataFilter",
            sheets.values_batch_update_by_data_filter,
        ),
        (
            "sheets.values.batchClearByDataFilter",
            "POST",
            f"{book}/values:batchClearByDataFilter",
            sheets.values_batch_clear_by_data_filter,
        ),
        ("sheets.values.append", "POST", f"{book}/values/{one}:append", sheets.values_append),
        ("sheets.values.clear", "POST", f"{book}/values/{one}:clear", sheets.values_clear),
        ("sheets.values.get", "GET", f"{book}/values/{one}", sheets.values_get),
        ("sheets.values.update", "PUT", f"{book}/values/{one}", sheets.values_update),
        ("sheets.developerMetadata.search", "POST", f"{book}/developerMetadata:search", sheets.metadata_search),
        ("sheets.developerMetadata.get", "GET", f"{book}/developerMetadata/([^/]+)", sheets.metadata_get),
        ("drive.files.create", "POST", "/drive/v3/files", drive.create),
        ("drive.files.list", "GET", "/drive/v3/files", drive.list),
        ("drive.files.get", "GET", "/drive/v3/files/([^/]+)", drive.get),
        ("drive.files.update", "PATCH", "/drive/v3/files/([^/]+)", drive.update),
        ("drive.files.delete", "DELETE", "/drive/v3/files/([^/]+)", drive.delete),
        ("drive.files.copy", "POST", "/drive/v3/files/([^/]+)/copy", drive.copy),
        ("drive.files.export", "GET", "/drive/v3/files/([^/]+)/export", drive.export),
        ("drive.comments.list", "GET", "/drive/v3/files/([^/]+)/comments", drive.comments),
        ("drive.comments.create", "POST", "/drive/v3/files/([^/]+)/comments", drive.add_comment),
        ("drive.permissions.list", "GET", "/drive/v3/files/([^/]+)/permissions", drive.permissions),
        ("drive.permissions.create", "POST", "/drive/v3/files/([^/]+)/permissions", drive.add_permission),
        ("drive.permissions.update", "PATCH", "/drive/v3/files/([^/]+)/permissions/([^/]+)", drive.update_permission),
        ("drive.permissions.delete", "DELETE", "/drive/v3/files/([^/]+)/permissions/([^/]+)", drive.remove_permission),
        ("drive.files.upload", "PUT", "/upload/drive/v2/files/([^/]+)", drive.upload),
    ]
    return [_route(*entry) for entry in table]


_READING_POSTS = ("sheets.getByDataFilter", "sheets.values.batchGetByDataFilter", "sheets.developerMetadata.search")


def _route(name: str, method: str, path: str, call: Callable[..., Any]) -> Route:
    writes = method != "GET" and name not in _READING_POSTS
    if name.startswith("sheets."):
        scopes = _SHEETS_WRITE if writes else _SHEETS_READ
    else:
        scopes = _DRIVE_WRITE if writes else _DRIVE_READ
    return Route(name, method, re.compile(path), call, scopes, writes)
