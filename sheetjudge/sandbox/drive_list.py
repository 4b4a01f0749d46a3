"""Which files `files.list` of Drive answers, in which order, on which pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sheetjudge.sandbox.http import Request
from sheetjudge.sandbox.problems import DriveError, not_built
from sheetjudge.sandbox.world import Caller, File

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
_CLAUSE = re.compile(
    r"\s*(?:(?P<name>mimeType|name|trashed)\s*(?P<sign>=|!=|contains)\s*(?P<value>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|true|false)"
    r"|parents\s+in\s+(?P<parent>\"[^\"]*\"|'[^']*')|(?P<other>\"[^\"]*\"|'[^']*')\s+in\s+parents)\s*(?:and|$)"
)
_ORDERS: dict[str, Callable[[File], Any]] = {
    "name": lambda file: file.book.title.casefold(),
    "createdTime": lambda file: file.created,
    "modifiedTime": lambda file: file.modified,
    "recency": lambda file: max(file.created, file.modified),
    "folder": lambda _: 0,
}
_LARGEST_PAGE = 1000


def page_of(request: Request) -> tuple[int, int]:
    """How many files a page holds, and which is the first.

    Raises:
        ApiError: there is no such page.
    """
    size, token = request.one("pageSize") or "100", request.one("pageToken") or "0"
    if not size.isdecimal() or not 1 <= int(size) <= _LARGEST_PAGE:
        said = f"Invalid value '{size}'. Values must be within the range: [1, {_LARGEST_PAGE}]"
        raise DriveError(400, "invalidParameter", said, location="pageSize")
    if not token.isdecimal():
        raise DriveError(400, "invalid", "Invalid Value", location="pageToken")
    return int(size), int(token)


def sort_files(files: list[File], order: str) -> None:
    """Put files in the order that an `orderBy` asks for.

    Raises:
        ApiError: 501, for an order that isn't built.
    """
    for key in reversed(order.split(",")):
        name, _, way = key.strip().partition(" ")
        if name not in _ORDERS or way not in ("", "desc"):
            raise not_built(f"the order {order}")
        files.sort(key=_ORDERS[name], reverse=way == "desc")


def query(text: str, caller: Caller) -> Callable[[File], bool]:
    """Whether a file is one that a `q` takes.

    Raises:
        ApiError: 501, for a query that isn't built.
    """
    at, tests = 0, []
    while at < len(text.rstrip()):
        match = _CLAUSE.match(text, at)
        if match is None:
            raise not_built(f"the query {text}")
        tests.append(_clause(match, caller))
        at = match.end()
    return lambda file: all(test(file) for test in tests)


def _lies_in(file: File, parent: str, caller: Caller) -> bool:
    """Whether a file is in a folder; what its owner put into none is in the owner's root."""
    if parent == "root" and not file.parents:
        return file.role_of(caller.email) == "owner"
    return parent in file.parents


def _clause(match: re.Match[str], caller: Caller) -> Callable[[File], bool]:
    parent = (match["parent"] or match["other"] or "")[1:-1]
    if parent:
        return lambda file: _lies_in(file, parent, caller)
    value = match["value"]
    wanted = re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] in "\"'" else value
    name, sign = match["name"], match["sign"]

    def test(file: File) -> bool:
        actual = {"mimeType": SPREADSHEET, "name": file.book.title, "trashed": "false"}[name]
        if sign == "contains":
            return wanted.casefold() in actual.casefold()
        return (actual == wanted) == (sign == "=")

    return test
