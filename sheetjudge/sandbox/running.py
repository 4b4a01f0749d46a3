"""A running local Google: what tests, the demo and the command `sheetjudge sandbox` hold in their hands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sheetjudge.errors import ConfigError
from sheetjudge.sandbox.accounts import PROJECT, Accounts, ServiceAccount, new_service_account, write_credentials
from sheetjudge.sandbox.app import App
from sheetjudge.sandbox.book import new_sheet
from sheetjudge.sandbox.faults import Faults, Seen
from sheetjudge.sandbox.http import Answer, Request
from sheetjudge.sandbox.identity import Identity
from sheetjudge.sandbox.person import Person
from sheetjudge.sandbox.playground import Playground, Project
from sheetjudge.sandbox.playground.routes import PATH
from sheetjudge.sandbox.problems import ApiError, Json
from sheetjudge.sandbox.server import Server
from sheetjudge.sandbox.sheet import DEFAULT_COLUMNS, DEFAULT_ROWS
from sheetjudge.sandbox.values import write_values
from sheetjudge.sandbox.world import World

if TYPE_CHECKING:
    from requests import Session

SERVICE_EMAIL = f"sandbox@{PROJECT}.iam.gserviceaccount.com"
OWNER_EMAIL = "person@example.com"


@dataclass(frozen=True, slots=True)
class Logged:
    """One request that was answered.

    Args:
        seen: what was asked, by whom, without the body.
        status: what was answered; 0 where the connection was dropped.
        sent: bytes of the request's body.
        received: bytes of the answer's body.
        seconds: how long the answer took.
    """

    seen: Seen
    status: int
    sent: int
    received: int
    seconds: float


Observer = Callable[[str, Seen], None]
"""Called with `before` or `after` and the request; may edit spreadsheets as a person meanwhile."""


Auditor = Callable[[Request, Answer], None]
"""Called with each request and its answer, such as a test that checks both against Google's own description."""


class Sandbox:
    """A local Google that runs in a thread; also a context manager that stops it.

    Args:
        port: where to listen on 127.0.0.1; 0 picks a free port.
        credentials: where to write the service-account file; None keeps it in memory only.
        seed: makes the ids of files, tabs and metadata repeatable.
    """

    def __init__(self, port: int = 0, credentials: Path | None = None, *, seed: int | None = None) -> None:
        self.world = World(seed)
        self.accounts = Accounts()
        self.faults = Faults()
        self.credentials = credentials
        self.identity = Identity()
        self._app = App(self.world, self.accounts, self.identity)
        self._playground: Playground | None = None
        self._observers: list[Observer] = []
        self._auditors: list[Auditor] = []
        self._log: list[Logged] = []
        self._count = 0
        self._lock = threading.Lock()
        self._service = new_service_account(SERVICE_EMAIL)
        self.accounts.add_service(self._service)
        try:
            self._server = Server(self._respond, port)
        except OSError as problem:
            reason = problem.strerror or str(problem)
            raise ConfigError(f"Port {port} can't be listened on: {reason}.", "Choose another port.") from None
        try:
            if credentials is not None:
                write_credentials(credentials, self.service_account)
        except BaseException:
            self._server.stop()
            raise
        self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """Its address, without a slash at the end."""
        return self._server.base_url

    @property
    def email(self) -> str:
        """The service account's address, with which spreadsheets are shared."""
        return self._service.email

    @property
    def service_account(self) -> Json:
        """What the service-account file holds."""
        return self._service.file(self.base_url)

    def session(self, credentials: Json | None = None) -> Session:
        """A signed-in session for `gspread.Client(None, session)`: Google's hosts lead here."""
        from sheetjudge.sandbox.client import authorized_session

        return authorized_session(self.base_url, credentials or self.service_account)

    def another_service_account(self, name: str, project: str = PROJECT) -> Json:
        """A second service account's file, for a second user or another project."""
        account: ServiceAccount = new_service_account(f"{name}@{project}.iam.gserviceaccount.com", project)
        self.accounts.add_service(account)
        return account.file(self.base_url)

    def user_login(self, email: str = OWNER_EMAIL) -> Json:
        """An authorized-user file for a person's account."""
        return self.accounts.user_file(email, self.base_url)

    def stop(self) -> None:
        """Stop it, and close every connection."""
        self._server.stop()

    def wait(self) -> None:
        """Serve until stopped."""
        self._server.wait()

    def load(
        self,
        name: str,
        rows: Iterable[Sequence[str]],
        *,
        tab: str = "Sheet1",
        role: str | None = "writer",
        owner: str = OWNER_EMAIL,
        book_id: str = "",
    ) -> str:
        """Make a spreadsheet of a person's with these rows in its first tab, every cell exactly this text.

        Args:
            name: its title.
            rows: the rows, header first.
            tab: its tab's title.
            role: what the service account may do with it: `owner`, `writer`, `commenter`, `reader`; None for nothing.
            owner: whose it is.
            book_id: its id; one is made up where none is given.

        Returns:
            Its address, with the tab's gid.
        """
        values = [list(row) for row in rows]
        file = self.world.add(name, owner, book_id=book_id)
        if role is not None and owner != self.email:
            file.permissions.append(self.world.permission("user", role, self.email))
        with self.world.edit(file, owner) as book:
            width = max((len(row) for row in values), default=0)
            sheet = new_sheet(0, tab, rows=max(DEFAULT_ROWS, len(values)), columns=max(DEFAULT_COLUMNS, width))
            book.sheets = [sheet]
            if values:
                write_values(book, sheet, sheet.whole, values, major="ROWS", typed=False)
        return self.url(file.book.book_id)

    def url(self, book_id: str, gid: int = 0) -> str:
        """The address of a spreadsheet's tab."""
        return f"{self.base_url}/spreadsheets/d/{book_id}/edit#gid={gid}"

    def spreadsheet(self, book_id_or_url: str) -> Person:
        """A person at the spreadsheet: looks at it and edits it, without requests."""
        book_id = book_id_or_url
        if "/d/" in book_id_or_url:
            book_id = book_id_or_url.split("/d/", 1)[1].split("/", 1)[0]
        return Person(self.world, self.world.files[book_id])

    def share(self, book_id_or_url: str, role: str | None, email: str | None = None) -> None:
        """Set what an account (the service account if none is named) may do with a spreadsheet; None for nothing."""
        file = self.spreadsheet(book_id_or_url).file
        who = email or self.email
        kept = [one for one in file.permissions if one.get("emailAddress") != who]
        with self.world.lock:
            file.permissions = kept + ([self.world.permission("user", role, who)] if role else [])

    def open_playground(
        self, project: Project, *, email: str = OWNER_EMAIL, backends: Mapping[str, str] | None = None
    ) -> Playground:
        """Show spreadsheets in the browser, with a container-bound script beside them.

        Args:
            project: the script.
            email: whose browser it is.
            backends: see `Playground`.
        """
        self._playground = Playground(self, project, email=email, backends=backends)
        return self._playground

    def observe(self, observer: Observer) -> None:
        """Call `observer` before and after each request is done."""
        self._observers.append(observer)

    def audit(self, auditor: Auditor) -> None:
        """Call `auditor` with each request and its answer."""
        self._auditors.append(auditor)

    def forget(self) -> None:
        """Call no observer and no auditor any longer, and let everything go well again."""
        self._observers.clear()
        self._auditors.clear()
        self.faults.clear()

    @property
    def log(self) -> list[Logged]:
        """The requests that were answered so far, in the order of their answers; token requests aren't among them."""
        with self._lock:
            return list(self._log)

    def clear_log(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._log.clear()

    def counts(self) -> dict[str, int]:
        """How often each method was called, by Google's name of it."""
        found: dict[str, int] = {}
        for one in self.log:
            found[one.seen.name] = found.get(one.seen.name, 0) + 1
        return found

    def _respond(self, request: Request) -> Answer | None:
        if self._playground is not None and request.path.startswith(PATH + "/"):
            return self._playground.answer(request)
        seen = self._seen(request)
        if seen is None:
            return self._app.answer(request, self.base_url)
        began = time.perf_counter()
        answer = self._with_faults(seen, request)
        size = 0 if answer is None else len(answer.body)
        took = time.perf_counter() - began
        logged = Logged(replace(seen, body=b""), 0 if answer is None else answer.status, len(request.body), size, took)
        with self._lock:
            self._log.append(logged)
        for auditor in self._auditors:
            if answer is not None:
                auditor(request, answer)
        return answer

    def _seen(self, request: Request) -> Seen | None:
        found = self._app.route(request)
        if found is None:
            return None
        route = found[0]
        try:
            caller = self._app.caller(request)
        except ApiError:
            return None
        with self._lock:
            self._count += 1
            number = self._count
        return Seen(
            route.name, request.method, request.decoded_path, route.writes, caller.email, caller.project, number,
            request.body,
        )  # fmt: skip

    def _with_faults(self, seen: Seen, request: Request) -> Answer | None:
        self._tell("before", seen)
        fault = self.faults.strike(seen)
        if fault is None:
            answer: Answer | None = self._app.answer(request, self.base_url)
        else:
            if fault.wait:
                time.sleep(fault.wait)
            if fault.drop == "before":
                return None
            if fault.error is not None:
                return Answer.of(fault.error.body(), fault.error.code)
            answer = self._app.answer(request, self.base_url)
            if fault.late_error is not None:
                answer = Answer.of(fault.late_error.body(), fault.late_error.code)
            if fault.drop == "after":
                answer = None
        self._tell("after", seen)
        return answer

    def _tell(self, moment: str, seen: Seen) -> None:
        for observer in list(self._observers):
            observer(moment, seen)
