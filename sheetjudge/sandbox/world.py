"""What the local Google keeps: files with their sharing, and who may do what with them."""

from __future__ import annotations

import datetime as dt
import random
import string
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sheetjudge.sandbox.book import Book, new_book
from sheetjudge.sandbox.problems import Json, no_permission, not_found

ROLES = ("reader", "commenter", "writer", "fileOrganizer", "organizer", "owner")
_ID_LETTERS = string.ascii_letters + string.digits + "-_"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request.

    Args:
        email: the account's address.
        project: the Google Cloud project whose credentials it uses.
        scopes: what its token allows.
    """

    email: str
    project: str = ""
    scopes: frozenset[str] = frozenset()


@dataclass(slots=True)
class File:
    """A spreadsheet in Drive.

    Args:
        book: its present state; replaced, never changed, by each edit.
        permissions: Permission in JSON: `id`, `type`, `role`, and `emailAddress` or `domain`.
    """

    book: Book
    created: dt.datetime
    modified: dt.datetime
    permissions: list[Json] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    comments: list[Json] = field(default_factory=list)
    version: int = 1

    def role_of(self, email: str) -> str | None:
        """The strongest role that an account has here; None if it can't see the file."""
        roles = [
            one["role"]
            for one in self.permissions
            if one["type"] == "anyone"
            or one.get("emailAddress", "").casefold() == email.casefold()
            or (one["type"] == "domain" and email.endswith("@" + one.get("domain", "")))
        ]
        return max(roles, key=ROLES.index, default=None)


class World:
    """Files, accounts and the clock of one local Google. Safe to use from several threads.

    Args:
        seed: makes ids repeatable; None draws them from the system.
        clock: the present moment.
    """

    def __init__(self, seed: int | None = None, clock: Callable[[], dt.datetime] | None = None) -> None:
        self.lock = threading.RLock()
        self.files: dict[str, File] = {}
        self.clock = clock or (lambda: dt.datetime.now(dt.UTC))
        self._random = random.Random(seed)  # noqa: S311 - ids of a test server, not secrets

    def new_number(self) -> int:
        """A random id as Google gives to tabs, named ranges and metadata."""
        with self.lock:
            return self._random.randrange(1, 2**31)

    def new_id(self, length: int = 44) -> str:
        """A random id as Google gives to files."""
        with self.lock:
            return "1" + "".join(self._random.choice(_ID_LETTERS) for _ in range(length - 1))

    def add(self, title: str, owner: str, *, book: Book | None = None, book_id: str = "") -> File:
        """Create a spreadsheet that belongs to an account."""
        with self.lock:
            made = book or new_book(book_id or self.new_id(), title, self.new_number)
            made.owner = owner
            now = self.clock()
            file = File(made, now, now)
            file.permissions.append(self.permission("user", "owner", owner))
            self.files[made.book_id] = file
            return file

    def permission(self, kind: str, role: str, who: str = "") -> Json:
        """A new Permission in JSON."""
        found: Json = {"id": "anyoneWithLink" if kind == "anyone" else f"{self.new_number():020d}"}
        found |= {"type": kind, "role": role}
        if kind == "domain":
            found["domain"] = who
        elif who:
            found["emailAddress"] = who
        return found

    def file(self, file_id: str, caller: Caller, *, write: bool = False) -> File:
        """The file, where the caller may read (or write) it.

        Raises:
            ApiError: Google's answers to an unknown file and to a caller without the right.
        """
        file = self.files.get(file_id)
        if file is None:
            raise not_found()
        role = file.role_of(caller.email)
        if role is None or (write and ROLES.index(role) < ROLES.index("writer")):
            raise no_permission()
        return file

    @contextmanager
    def edit(self, file: File, editor: str) -> Iterator[Book]:
        """A draft of the file's spreadsheet, which takes its place unless an error is raised."""
        with self.lock:
            draft = file.book.draft(editor)
            yield draft
            self.replace(file, draft)

    def replace(self, file: File, book: Book) -> None:
        """Put a new state in a file's place."""
        with self.lock:
            file.book = book
            file.modified = self.clock()
            file.version += 1
