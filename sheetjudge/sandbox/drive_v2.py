"""A file in the form of Drive v2, which answers an upload."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sheetjudge.sandbox.problems import Json
from sheetjudge.sandbox.world import File

_FILES = "https://www.googleapis.com/drive/v2/files"
_DOCS = "https://docs.google.com/spreadsheets"
_EXPORTS = {
    "application/x-vnd.oasis.opendocument.spreadsheet": "ods",
    "text/tab-separated-values": "tsv",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/csv": "csv",
    "application/zip": "zip",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}


def _user(email: str) -> Json:
    return {
        "displayName": email,
        "kind": "drive#user",
        "isAuthenticatedUser": True,
        "permissionId": "00000000000000000000",
        "emailAddress": email,
        "picture": {"url": "https://lh3.googleusercontent.com/a/default-user=s64"},
    }


def v2_file(file: File, email: str, stamp: Callable[[dt.datetime], str]) -> Json:
    """The file as its owner sees it."""
    file_id = file.book.book_id
    own = f"{_FILES}/{file_id}"
    modified = stamp(file.modified)
    etag = f'"{file.version}"'
    root = "0AGsandboxroot0000PVA"
    permission = {"id": "me", "type": "user", "role": file.role_of(email), "kind": "drive#permission"}
    parent = {"selfLink": f"{own}/parents/{root}", "id": root, "isRoot": True, "kind": "drive#parentReference"}
    flags = {"viewed": True, "restricted": False, "starred": False, "hidden": False, "trashed": False}
    return {
        "kind": "drive#file",
        "userPermission": permission | {"selfLink": f"{own}/permissions/me", "etag": etag, "pendingOwner": False},
        "selfLink": own,
        "ownerNames": [file.book.owner],
        "lastModifyingUserName": email,
        "editable": True,
        "writersCanShare": True,
        "mimeType": "application/vnd.google-apps.spreadsheet",
        "exportLinks": {kind: f"{_DOCS}/export?id={file_id}&exportFormat={end}" for kind, end in _EXPORTS.items()},
        "parents": [parent | {"parentLink": f"{_FILES}/{root}"}],
        "thumbnailLink": f"https://docs.google.com/feeds/vt?gd=true&id={file_id}&v={file.version}&s={file_id}&sz=s220",
        "appDataContents": False,
        "iconLink": "https://drive-thirdparty.googleusercontent.com/16/type/application/vnd.google-apps.spreadsheet",
        "shared": len(file.permissions) > 1,
        "lastModifyingUser": _user(email),
        "owners": [_user(file.book.owner)],
        "copyable": True,
        "etag": etag,
        "alternateLink": f"{_DOCS}/d/{file_id}/edit?usp=drivesdk",
        "embedLink": f"{_DOCS}/d/{file_id}/htmlembed?ouid=0",
        "fileSize": "1024",
        "copyRequiresWriterPermission": False,
        "spaces": ["drive"],
        "id": file_id,
        "title": file.book.title,
        "labels": flags,
        "explicitlyTrashed": False,
        "createdDate": stamp(file.created),
        "modifiedDate": modified,
        "modifiedByMeDate": modified,
        "lastViewedByMeDate": modified,
        "markedViewedByMeDate": "1970-01-01T00:00:00.000Z",
        "quotaBytesUsed": "1024",
        "version": str(file.version),
        "capabilities": {"canEdit": True, "canCopy": True},
    }
