"""The playground's addresses: its page, its files, and what the page and the stand-ins of its services ask for."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from html import escape
from importlib import resources
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sheetjudge.sandbox.http import Answer, Request
from sheetjudge.sandbox.identity import SCRIPT_AUDIENCE
from sheetjudge.sandbox.playground.frames import Frames
from sheetjudge.sandbox.playground.project import Project
from sheetjudge.sandbox.playground.relay import fetch
from sheetjudge.sandbox.playground.store import Store
from sheetjudge.sandbox.playground.view import book_view, column_values, extent
from sheetjudge.sandbox.problems import ApiError, Json, bad_request, not_found
from sheetjudge.sandbox.world import Caller, File

if TYPE_CHECKING:
    from sheetjudge.sandbox.running import Sandbox

PATH = "/playground"
_SCOPES = frozenset({"https://www.googleapis.com/auth/spreadsheets"})
_KINDS = {"css": "text/css", "js": "text/javascript", "html": "text/html", "svg": "image/svg+xml"}
_DIGESTS = {"MD5": "md5", "SHA_1": "sha1", "SHA_256": "sha256", "SHA_384": "sha384", "SHA_512": "sha512"}
_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_WORKER_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"
_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
_NOT_YOURS = Answer(403, b"This page needs the address that was printed when it was started.", "text/plain")


class Playground:
    """Spreadsheets of the local Google in the browser, with a container-bound script beside them.

    Args:
        google: the local Google.
        project: the script.
        email: whose browser it is.
        audience: the OAuth client id of the script, for which its identity tokens are made.
        backends: origins that UrlFetchApp may ask for, and the local server that stands behind each of them.
    """

    def __init__(
        self,
        google: Sandbox,
        project: Project,
        *,
        email: str,
        audience: str = SCRIPT_AUDIENCE,
        backends: Mapping[str, str] | None = None,
    ) -> None:
        self.store = Store()
        self.token = secrets.token_urlsafe(24)
        self.backends = dict(backends or {})
        self._google = google
        self._project = project
        self._email = email
        self._audience = audience
        self._static = resources.files("sheetjudge.sandbox.playground") / "static"
        client = (self._static / name for name in ("plain_values.js", "frame_client.js"))
        self._frames = Frames("\n".join(file.read_text("utf-8") for file in client))
        self._calls = self._table()

    def url(self, book_id: str, *, start: str = "") -> str:
        """The address of a spreadsheet's page; who has it may use the playground.

        Args:
            book_id: the spreadsheet.
            start: a function of the script that the page calls when it is opened, as an item of a menu would.
        """
        return f"{self._google.base_url}{PATH}/{book_id}?token={self.token}" + (f"&start={start}" if start else "")

    def answer(self, request: Request) -> Answer:
        """What a request to the playground is answered."""
        if not _names_this_machine(request.headers.get("host")):
            return _NOT_YOURS
        found = self._answered(request)
        return Answer(found.status, found.body, found.content_type, (*_ALWAYS, *found.headers))

    def _answered(self, request: Request) -> Answer:
        parts = request.decoded_path.removeprefix(PATH).strip("/").split("/", 1)
        kind, rest = parts[0], parts[1] if len(parts) > 1 else ""
        if request.method == "POST" and kind == "api":
            return self._api(request, rest)
        if request.method != "GET":
            return _missing()
        if kind == "static":
            return self._file(rest)
        if kind == "script":
            return self._script(rest)
        if kind == "frame":
            return self._frames.answer(rest) or _missing()
        return self._page(request, kind) if kind and not rest else _missing()

    def _page(self, request: Request, book_id: str) -> Answer:
        if not secrets.compare_digest(request.one("token").encode(), self.token.encode()):
            return _NOT_YOURS
        file = self._google.world.files.get(book_id)
        if file is None:
            return _missing()
        settings = {
            "book": book_id,
            "token": self.token,
            "email": self._email,
            "project": [name for name in self._project.names() if name.endswith(".js")],
            "manifest": self._project.manifest,
            "start": request.one("start"),
        }
        page = (self._static / "page.html").read_text("utf-8")
        page = page.replace("__TITLE__", escape(file.book.title))
        page = page.replace("__SETTINGS__", escape(json.dumps(settings), quote=True))
        return Answer(200, page.encode(), "text/html; charset=utf-8", (("Content-Security-Policy", _POLICY),))

    def _file(self, name: str) -> Answer:
        if not re.fullmatch(r"[a-z_]+\.(?:js|css|svg)", name) or not (self._static / name).is_file():
            return _missing()
        return _typed(name, (self._static / name).read_bytes())

    def _script(self, name: str) -> Answer:
        text = self._project.read(name)
        if text is None:
            return _missing()
        # A page of the project is a text to the stand-ins; opened by itself it would run outside of its frame.
        return _typed(name if name.endswith(".js") else "text", text.encode())

    def _api(self, request: Request, name: str) -> Answer:
        token = request.headers.get("x-playground-token", "")
        origin = request.headers.get("origin")
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            return _NOT_YOURS
        if origin is not None and origin != f"http://{request.headers.get('host')}":
            return _NOT_YOURS
        call = self._calls.get(name)
        if call is None:
            return _missing()
        try:
            return Answer.of(call(request.json()), is_pretty=False)
        except ApiError as problem:
            return Answer.of(problem.body(), problem.code)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            return Answer.of(bad_request(f"The playground was asked badly: {problem!r}").body(), 400)

    def _table(self) -> dict[str, Callable[[Json], Json]]:
        store = self.store
        return {
            "view": self._view,
            "values": self._values,
            "extent": lambda body: extent(self._book(body).book.grid(int(body["sheet"]))),
            "login": lambda _body: self._google.accounts.token(Caller(self._email, "playground", _SCOPES)),
            "identity": lambda _body: {"token": self._google.identity.token(self._email, self._audience)},
            "fetch": lambda body: fetch(body, self.backends, self._project.allowed_addresses),
            "frame": lambda body: {"id": self._frames.add(str(body["html"]), list(body["functions"]))},
            "digest": _digest,
            "properties": store.get_properties,
            "set-properties": store.set_properties,
            "delete-properties": store.delete_properties,
            "cache": store.get_cache,
            "put-cache": store.put_cache,
            "remove-cache": store.remove_cache,
            "lock": store.try_lock,
            "release": store.release,
            "triggers": lambda _body: store.list_triggers(),
            "add-trigger": store.add_trigger,
            "delete-trigger": store.delete_trigger,
            "sleep": store.sleep,
        }

    def _book(self, body: Json) -> File:
        file = self._google.world.files.get(str(body["book"]))
        if file is None or file.role_of(self._email) is None:
            raise not_found()
        return file

    def _view(self, body: Json) -> Json:
        file = self._book(body)
        version = file.version
        if body.get("version") == version:
            return {"version": version, "unchanged": True}
        found = book_view(file.book, body.get("sheet"), int(body.get("top", 0)), int(body.get("bottom", 0)))
        return {"version": version} | found

    def _values(self, body: Json) -> Json:
        sheet = self._book(body).book.grid(int(body["sheet"]))
        return {"values": column_values(sheet, int(body["column"]), int(body["top"]), int(body["bottom"]))}


def _digest(body: Json) -> Json:
    name = _DIGESTS.get(str(body["algorithm"]))
    if name is None:
        raise bad_request(f"Utilities.DigestAlgorithm.{body['algorithm']} isn't built in the playground.")
    made = hashlib.new(name, base64.b64decode(body["data"]), usedforsecurity=False).digest()
    return {"data": base64.b64encode(made).decode()}


def _names_this_machine(host: str | None) -> bool:
    """Whether the Host is a loopback name: Google's own names, which the API answers to, aren't enough here."""
    try:
        name = urlsplit(f"//{host or ''}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _typed(name: str, content: bytes) -> Answer:
    kind = _KINDS.get(name.rpartition(".")[2], "text/plain")
    headers = (("Content-Security-Policy", _WORKER_POLICY),)
    return Answer(200, content, f"{kind}; charset=utf-8", headers)


def _missing() -> Answer:
    return Answer(404, b"The playground has no such page.", "text/plain")
