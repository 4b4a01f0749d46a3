"""The page of `sheetjudge demo`: the playground, with a real backend and a real worker behind its sidebar."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sheetjudge.errors import ConfigError

if TYPE_CHECKING:
    from sheetjudge.sandbox.person import Person
    from sheetjudge.sandbox.playground import Playground, Project
    from sheetjudge.sandbox.running import Sandbox

WAYS = ("http", "queue")
"""The ways from the sidebar to a judge: `sheetjudge serve`, and `sheetjudge worker`."""

_PATIENCE = 60.0
_CALM = 25.0
_SERVING = re.compile(r"Serving at (\S+)")
_LOOKING = re.compile(r"Looking into ")


def sidebar_project() -> Project:
    """The sidebar's files: of the installed package, or of the checkout that is worked in.

    Raises:
        ConfigError: they are in neither.
    """
    from sheetjudge.sandbox.playground import Project

    package = resources.files("sheetjudge")
    inside = package / "appscript"
    return Project(inside if inside.is_dir() else Path(str(package)).parent / "appscript")


def dress(person: Person, widths: Sequence[int]) -> None:
    """Lay a sheet out as its owner would: a bold header that stays in view, and columns of a sensible width.

    Args:
        person: its owner. widths: of its columns, in pixels; the text of the last one doesn't run on over the next.
    """
    sheet_id = person.tab().sheet_id
    columns = {"sheetId": sheet_id, "dimension": "COLUMNS"}
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}}}
    clipped = {"userEnteredFormat": {"wrapStrategy": "CLIP"}}
    head = {"sheetId": sheet_id, "startRowIndex": 0, "endRowIndex": 1}
    last = {"sheetId": sheet_id, "startColumnIndex": len(widths) - 1, "endColumnIndex": len(widths)}
    frozen = {"sheetId": sheet_id, "gridProperties": {"frozenRowCount": 1}}
    person.do(
        {"repeatCell": {"range": head, "cell": bold, "fields": "userEnteredFormat.textFormat.bold"}},
        {"repeatCell": {"range": last, "cell": clipped, "fields": "userEnteredFormat.wrapStrategy"}},
        {"updateSheetProperties": {"properties": frozen, "fields": "gridProperties.frozenRowCount"}},
        *(
            {
                "updateDimensionProperties": {
                    "range": columns | {"startIndex": at, "endIndex": at + 1},
                    "properties": {"pixelSize": width},
                    "fields": "pixelSize",
                }
            }
            for at, width in enumerate(widths)
        ),
    )


def show_page(google: Sandbox, url: str, credentials: Path, home: Path, judge: str, *, opens_browser: bool) -> None:
    """Serve the page until Ctrl-C.

    Args:
        google, url, credentials: the local Google, the spreadsheet's address there, and what leads to it.
        home: where the backend keeps what is its own.
        judge: whom it offers.
        opens_browser: whether to open the page.
    """
    from sheetjudge.cli.say import say

    try:
        with staged(google, url, credentials, home, (judge,)) as playground:
            address = playground.url(google.spreadsheet(url).book_id, start="openSidebar")
            say(f"The same sheet, with the sidebar beside it: {address}", err=True)
            say("Stop it with Ctrl-C.", err=True)
            if opens_browser:
                open_browser(address)
            google.wait()
    except KeyboardInterrupt:
        say("Stopped.", err=True)


@contextmanager
def staged(
    google: Sandbox, book: str, credentials: Path, home: Path, judges: Sequence[str], ways: Sequence[str] = WAYS
) -> Iterator[Playground]:
    """A spreadsheet of the local Google in the playground, with what judges it running meanwhile.

    Args:
        google: the local Google.
        book: the spreadsheet's address.
        credentials: the service account's file.
        home: where both keep their jobs and verdicts; what was judged there before isn't judged again.
        judges: which they offer, the first by default.
        ways: which of the two are there; the sidebar is set up for the first.

    Raises:
        ConfigError: one of the two couldn't start.
    """
    from sheetjudge.sandbox.identity import SCRIPT_AUDIENCE

    project = sidebar_project()
    name = (project.allowed_addresses or ("https://backend.example/",))[0].rstrip("/")
    offered = [part for judge in judges for part in ("--judge", judge)]
    known = ["--credentials", str(credentials), *offered]
    with ExitStack() as stack:
        allowed = ["--audience", SCRIPT_AUDIENCE, "--allow", "*"]
        serve = ["serve", "--port", "0", *allowed, "--log", str(home / "serve.log"), *known]
        backends = {name: stack.enter_context(helper(serve, home, _SERVING))} if "http" in ways else {}
        if "queue" in ways:
            stack.enter_context(helper(["worker", book, "--poll", "1", *known], home, _LOOKING))
        playground = google.open_playground(project, backends=backends)
        playground.store.properties["script"] = {"mode": ways[0], "backend": name}
        yield playground


@contextmanager
def helper(arguments: Sequence[str], home: Path, ready: re.Pattern[str]) -> Iterator[str]:
    """A command of sheetjudge that runs beside this one.

    Args:
        arguments: the command, and its options.
        home: its configuration and data.
        ready: what it says on standard error when it is ready.

    Yields:
        The first group of `ready`, or all of what it matched.

    Raises:
        ConfigError: it ended, or said nothing for a minute.
    """
    # A folder that is worked in may hold anybody's files: none of them (-P) is taken for a module.
    command = [sys.executable, "-P", "-m", "sheetjudge", *arguments]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env=_environment(home), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, encoding="utf-8", errors="replace", start_new_session=True,
    ) as process:  # fmt: skip
        said = _Listening(process, ready)
        try:
            yield said.until_ready(arguments[0])
        finally:
            process.terminate()
            try:
                process.wait(_CALM)
            except subprocess.TimeoutExpired:
                process.kill()


class _Listening:
    """Reads what a process says until it ends, so that it never waits for a reader."""

    def __init__(self, process: subprocess.Popen[str], ready: re.Pattern[str]) -> None:
        self._process = process
        self._ready = ready
        self._lines: list[str] = []
        self._found: str | None = None
        self._settled = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stderr or ():
            self._lines = [*self._lines[-20:], line.strip()]
            match = self._ready.search(line)
            if match and self._found is None:
                self._found = match[1] if match.re.groups else match[0]
                self._settled.set()
        self._settled.set()

    def until_ready(self, name: str) -> str:
        """Wait until it said so."""
        self._settled.wait(_PATIENCE)
        if self._found is None:
            said = " ".join(self._lines) or "It said nothing."
            raise ConfigError(f"sheetjudge {name} didn't start: {said}")
        return self._found


def _environment(home: Path) -> Mapping[str, str]:
    known = os.pathsep.join(filter(None, sys.path))
    return {**os.environ, "SHEETJUDGE_HOME": str(home), "PYTHONPATH": known}


def is_wanted(asked: bool | None) -> bool:  # noqa: FBT001 - an option of the command
    """Whether the page is served: as asked, or where a person sits at a terminal and what it needs is installed."""
    if asked is not None:
        return asked
    if not (sys.stdin.isatty() and sys.stderr.isatty()) or os.environ.get("CI"):
        return False
    return all(find_spec(name) for name in ("starlette", "uvicorn"))


def open_browser(address: str) -> None:
    """Show the page, where there is a browser; its address was said."""
    import webbrowser

    with suppress(webbrowser.Error):
        webbrowser.open(address)
