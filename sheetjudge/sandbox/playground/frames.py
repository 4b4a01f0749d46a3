"""The pages of a script: what stands in the frame, and which of its inline scripts may run there."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections import OrderedDict
from html.parser import HTMLParser

from sheetjudge.sandbox.http import Answer

_KEPT = 32
_ALLOWANCES = "allow-scripts allow-forms allow-modals allow-popups"


class _Scripts(HTMLParser):
    """Collects the texts of inline scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._inside = tag == "script"
        if self._inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def frame_policy(html: str) -> str:
    """The Content-Security-Policy of a frame: the page's own inline scripts run, and nothing is loaded or sent."""
    scripts = _Scripts()
    scripts.feed(html)
    scripts.close()
    digests = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in scripts.found)
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors 'self'; sandbox {_ALLOWANCES}"
    )


class Frames:
    """The pages that are shown in frames, each under an id that can't be guessed; the oldest are forgotten.

    Args:
        client: the script that gives a page `google.script`.
    """

    def __init__(self, client: str) -> None:
        self._client = client
        self._pages: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, html: str, functions: list[str]) -> str:
        """Keep a page; returns its id.

        Args:
            html: the page, as HtmlService gave it out.
            functions: which functions of the server it may call.
        """
        names = json.dumps(functions).replace("<", "\\u003c")
        client = self._client.replace('"__FUNCTIONS__"', names)
        head = '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        whole = f"{head}<script>{client}</script></head>{html}</html>" if "<html" not in html[:200].lower() else html
        if whole is html:
            start = html.lower().find("<head")
            end = html.find(">", start if start >= 0 else html.lower().find("<html")) + 1
            whole = f'{html[:end]}<meta charset="utf-8"><script>{client}</script>{html[end:]}'
        name = secrets.token_urlsafe(24)
        with self._lock:
            self._pages[name] = whole
            while len(self._pages) > _KEPT:
                self._pages.popitem(last=False)
        return name

    def answer(self, name: str) -> Answer | None:
        """A page as the frame loads it."""
        with self._lock:
            html = self._pages.get(name)
        if html is None:
            return None
        headers = (("Content-Security-Policy", frame_policy(html)), ("Cache-Control", "no-store"))
        return Answer(200, html.encode("utf-8", "replace"), "text/html; charset=utf-8", headers)
