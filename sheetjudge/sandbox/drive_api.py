"""Drive v3 (and the one upload of v2) as far as spreadsheets need it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable

from sheetjudge.sandbox.book import Book, new_sheet
from sheetjudge.sandbox.drive_list import SPREADSHEET, page_of, query, sort_files
from sheetjudge.sandbox.drive_v2 import v2_file
from sheetjudge.sandbox.http import Answer, Request
from sheetjudge.sandbox.masks import parse_mask, project
from sheetjudge.sandbox.problems import ApiError, DriveError, Json, not_built
from sheetjudge.sandbox.values import finish, read_values, reader, write_values
from sheetjudge.sandbox.world import ROLES, Caller, File, World


def stamp(moment: dt.datetime) -> str:
    """A moment as Drive writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _not_found(file_id: str) -> DriveError:
    return DriveError(404, "notFound", f"File not found: {file_id}.", location="fileId")


def _forbidden(file_id: str) -> DriveError:
    return DriveError(
        403,
        "insufficientFilePermissions",
        f"The user does not have sufficient permissions for file {file_id}.",
    )


class DriveApi:
    """The methods; each takes the caller, the request and the ids in its path.

    Args:
        world: where the files are.
        page: the address of the page that shows a spreadsheet, by its id.
    """

    def __init__(self, world: World, page: Callable[[str], str]) -> None:
        self.world = world
        self.page = page

    def _file(self, file_id: str, caller: Caller, needed: str = "reader") -> File:
        try:
            file = self.world.file(file_id, caller)
        except ApiError:
            raise _not_found(file_id) from None
        role = file.role_of(caller.email) or "reader"
        if ROLES.index(role) < ROLES.index(needed):
            raise _forbidden(file_id)
        return file

    def _short(self, file: File) -> Json:
        return {"kind": "drive#file", "id": file.book.book_id, "name": file.book.title, "mimeType": SPREADSHEET}

    def _full(self, file: File, caller: Caller) -> Json:
        return self._short(file) | {
            "createdTime": stamp(file.created),
            "modifiedTime": stamp(file.modified),
            "version": str(file.version),
            "trashed": False,
            "parents": file.parents,
            "webViewLink": self.page(file.book.book_id) + "?usp=drivesdk",
            "ownedByMe": file.role_of(caller.email) == "owner",
            "permissions": file.permissions,
            "capabilities": {"canEdit": file.role_of(caller.email) not in (None, "reader", "commenter")},
        }

    def _answer(self, request: Request, short: Json, full: Json | None = None) -> Json:
        text = request.one("fields")
        return project(full or short, parse_mask(text)) if text else short

    def create(self, caller: Caller, request: Request) -> Json:
        """files.create."""
        body = request.json()
        if body.get("mimeType") != SPREADSHEET:
            raise not_built(f"files of type {body.get('mimeType')}")
        parents = body.get("parents") or []
        if unknown := set(parents) - {"root"}:
            # Drive has no folders here: whoever names one has it from elsewhere.
            raise _not_found(min(unknown))
        file = self.world.add(body.get("name") or "Untitled", caller.email)
        file.parents = parents
        return self._answer(request, self._short(file), self._full(file, caller))

    def get(self, caller: Caller, request: Request, file_id: str) -> Json:
        """files.get."""
        if file_id == "root":
            raise not_built("folders")
        file = self._file(file_id, caller)
        return self._answer(request, self._short(file), self._full(file, caller))

    def update(self, caller: Caller, request: Request, file_id: str) -> Json:
        """files.update, of the name and the parents."""
        file, body = self._file(file_id, caller, "writer"), request.json()
        if set(body) - {"name"}:
            raise not_built("files.update of " + ", ".join(sorted(set(body) - {"name"})))
        with self.world.edit(file, caller.email) as book:
            book.properties = book.properties | {"title": body.get("name", book.title)}
        file.parents = [one for one in file.parents if one not in request.one("removeParents").split(",")]
        file.parents += [one for one in request.one("addParents").split(",") if one]
        return self._answer(request, self._short(file), self._full(file, caller))

    def list(self, caller: Caller, request: Request) -> Json:
        """files.list: the caller's files that the query takes, in the order asked for, or newest first."""
        takes = query(request.one("q"), caller)
        size, start = page_of(request)
        with self.world.lock:
            seen = [file for file in self.world.files.values() if file.role_of(caller.email) and takes(file)]
        sort_files(seen, request.one("orderBy") or "modifiedTime desc")
        page = seen[start : start + size]
        more = {"nextPageToken": str(start + size)} if start + size < len(seen) else {}
        head: Json = {"kind": "drive#fileList", "incompleteSearch": False} | more
        short = head | {"files": [self._short(file) for file in page]}
        return self._answer(request, short, head | {"files": [self._full(file, caller) for file in page]})

    def delete(self, caller: Caller, request: Request, file_id: str) -> Answer:
        """files.delete: only the owner may."""
        del request
        self._file(file_id, caller, "owner")
        with self.world.lock:
            self.world.files.pop(file_id, None)
        return Answer(204, b"", "text/html")

    def copy(self, caller: Caller, request: Request, file_id: str) -> Json:
        """files.copy: the copy belongs to the caller and isn't shared."""
        source, body = self._file(file_id, caller), request.json()
        book = source.book.draft()
        book.book_id = self.world.new_id()
        title = body.get("name") or f"Copy of {source.book.title}"
        book.properties = book.properties | {"title": title}
        file = self.world.add(title, caller.email, book=book)
        file.parents = body.get("parents") or list(source.parents)
        return self._answer(request, self._short(file), self._full(file, caller))

    def export(self, caller: Caller, request: Request, file_id: str) -> Answer:
        """files.export, as CSV or TSV of the first tab."""
        sheet = self._file(file_id, caller).book.sheets[0]
        kind = request.one("mimeType")
        if kind not in ("text/csv", "text/tab-separated-values"):
            raise not_built(f"the export to {kind}")
        values = read_values(sheet, sheet.whole, reader("FORMATTED_VALUE", "SERIAL_NUMBER")).get("values", [])
        width = max((len(row) for row in values), default=0)
        text = io.StringIO()
        writer = csv.writer(text, delimiter="," if kind == "text/csv" else "\t", lineterminator="\r\n")
        writer.writerows([*row, *[""] * (width - len(row))] for row in values)
        return Answer(200, text.getvalue().removesuffix("\r\n").encode(), kind)

    def comments(self, caller: Caller, request: Request, file_id: str) -> Json:
        """comments.list."""
        comments = self._file(file_id, caller).comments
        return self._answer(request, {"kind": "drive#commentList", "comments": comments})

    def add_comment(self, caller: Caller, request: Request, file_id: str) -> Json:
        """comments.create."""
        file = self._file(file_id, caller, "commenter")
        comment = {"kind": "drive#comment", "id": self.world.new_id(11)} | request.json()
        file.comments.append(comment)
        return self._answer(request, comment)

    def permissions(self, caller: Caller, request: Request, file_id: str) -> Json:
        """permissions.list."""
        file = self._file(file_id, caller, "writer")
        full = [_full_permission(one) for one in file.permissions]
        short = [{"kind": "drive#permission", **_short_permission(one)} for one in file.permissions]
        head: Json = {"kind": "drive#permissionList"}
        return self._answer(request, head | {"permissions": short}, head | {"permissions": full})

    def add_permission(self, caller: Caller, request: Request, file_id: str) -> Json:
        """permissions.create."""
        file, body = self._file(file_id, caller, "writer"), request.json()
        kind, role = body.get("type", ""), body.get("role", "")
        if role not in ROLES or kind not in ("user", "group", "domain", "anyone"):
            raise DriveError(400, "badRequest", "The specified role or type is invalid.")
        made = self.world.permission(kind, role, body.get("emailAddress") or body.get("domain") or "")
        with self.world.lock:
            file.permissions = [one for one in file.permissions if not _same_grantee(one, made)] + [made]
        return self._answer(request, {"kind": "drive#permission", **_short_permission(made)}, _full_permission(made))

    def update_permission(self, caller: Caller, request: Request, file_id: str, permission_id: str) -> Json:
        """permissions.update: another role, or an offer of the ownership."""
        file, body = self._file(file_id, caller, "writer"), request.json()
        if others := set(body) - {"role", "pendingOwner"}:
            raise not_built("permissions.update of " + ", ".join(sorted(others)))
        _check_permission(file, permission_id)
        role = body.get("role")
        if role is not None and role not in ROLES:
            raise DriveError(400, "badRequest", "The specified role or type is invalid.")
        if role == "owner" and not request.flag("transferOwnership"):
            message = "The transferOwnership parameter must be enabled when the permission role is 'owner'."
            raise DriveError(403, "forbidden", message, location="transferOwnership")
        with self.world.lock:
            if role == "owner":
                file.permissions = [
                    one | {"role": "writer"} if one["role"] == "owner" else one for one in file.permissions
                ]
            changed = {"pendingOwner": False} | body if role == "owner" else body
            file.permissions = [one | changed if one["id"] == permission_id else one for one in file.permissions]
        made = _check_permission(file, permission_id)
        return self._answer(request, {"kind": "drive#permission", **_short_permission(made)}, _full_permission(made))

    def remove_permission(self, caller: Caller, request: Request, file_id: str, permission_id: str) -> Answer:
        """permissions.delete."""
        del request
        file = self._file(file_id, caller, "writer")
        if _check_permission(file, permission_id)["role"] == "owner":
            raise DriveError(403, "forbidden", "The owner of a file cannot be removed.")
        with self.world.lock:
            file.permissions = [one for one in file.permissions if one["id"] != permission_id]
        return Answer(204, b"", "text/html")

    def upload(self, caller: Caller, request: Request, file_id: str) -> Json:
        """files.update of Drive v2 with a CSV: its rows replace all tabs."""
        file = self._file(file_id, caller, "writer")
        if not request.headers.get("content-type", "").startswith("text/csv"):
            raise not_built(f"uploads of {request.headers.get('content-type')}")
        rows = list(csv.reader(io.StringIO(request.body.decode("utf-8"))))
        with self.world.edit(file, caller.email) as book:
            _replace_tabs(book, rows)
        return v2_file(file, caller.email, stamp)


def _replace_tabs(book: Book, rows: list[list[str]]) -> None:
    width = max((len(row) for row in rows), default=0)
    sheet = new_sheet(book.new_number(), book.title)
    sheet.set_grid(rowCount=max(sheet.row_count, len(rows)), columnCount=max(sheet.column_count, width))
    book.sheets = [sheet]
    book.named_ranges, book.metadata = [], []
    book.properties = book.properties | {"timeZone": "America/Los_Angeles"}
    write_values(book, sheet, sheet.whole, [list(row) for row in rows], major="ROWS", typed=True)
    finish(book)


def _check_permission(file: File, permission_id: str) -> Json:
    found = next((one for one in file.permissions if one["id"] == permission_id), None)
    if found is None:
        message = f"Permission not found: {permission_id}."
        raise DriveError(404, "notFound", message, location="permissionId")
    return found


def _full_permission(one: Json) -> Json:
    if one["type"] == "anyone":
        return {"kind": "drive#permission", **one, "allowFileDiscovery": False}
    name = {"displayName": one.get("emailAddress") or one.get("domain", "")}
    return {"kind": "drive#permission", "deleted": False, "pendingOwner": False, **one, **name}


def _short_permission(one: Json) -> Json:
    return {name: one[name] for name in ("id", "type", "role")}


def _same_grantee(one: Json, other: Json) -> bool:
    return all(one.get(name) == other.get(name) for name in ("type", "emailAddress", "domain"))
