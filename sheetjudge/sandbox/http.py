"""A request and an answer, as values, so that everything below the socket can be called without one."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sheetjudge.sandbox.problems import Json, bad_request
from sheetjudge.sandbox.shapes import checked

_PRETTY_LIMIT = 20_000
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


def _is_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _finite(text: str) -> float:
    """A number of JSON, which has no infinity and no NaN."""
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Args:
        method: GET, POST, ...
        path: the path, still percent-encoded.
        query: the query's parameters, each with all its values.
        headers: header names in lower case.
        body: the body.
    """

    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Request:
        """A request from its target: path and query as they stand on the wire.

        A GET too long for an address comes as a POST that says so in a header, with its query as a form.
        """
        parts, headers, query = urlsplit(target), headers or {}, ""
        instead = headers.get("x-http-method-override", "").upper()
        if method == "POST" and instead:
            method = instead
            if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
                query, body = body.decode("utf-8", "replace"), b""
        asked = "&".join(part for part in (parts.query, query) if part)
        return cls(method, parts.path, parse_qs(asked, keep_blank_values=True), headers, body)

    def one(self, name: str, default: str = "") -> str:
        """A parameter's value."""
        return self.query.get(name, [default])[-1]

    def flag(self, name: str) -> bool:
        """A parameter that is true or false."""
        return self.one(name).lower() in ("true", "1")

    def json(self) -> Json:
        """The body, parsed.

        Raises:
            ApiError: it is no JSON object.
        """
        if not self.body:
            return {}
        try:
            value = json.loads(self.body, parse_float=_finite, parse_constant=_finite)
        except (ValueError, UnicodeDecodeError):
            raise bad_request("Invalid JSON payload received. Unexpected token.") from None
        if _HALF_CHARACTER.search(self.body) and not _is_text(value):
            raise bad_request("Invalid JSON payload received. A text holds half of a surrogate pair.")
        if not isinstance(value, dict):
            raise bad_request('Invalid JSON payload received. Unknown name "": Root element must be a message.')
        return value

    def message(self, name: str, prefix: str = "") -> Json:
        """The body, parsed and checked to be this message of Google's (`shapes.checked`)."""
        return checked(self.json(), name, prefix)

    @property
    def decoded_path(self) -> str:
        """The path as a person reads it."""
        return unquote(self.path)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, value: Any, status: int = 200, *, is_pretty: bool = True) -> Answer:
        """JSON, indented as Google does unless asked not to, or unless it is long."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        if is_pretty and len(text) < _PRETTY_LIMIT:
            text = json.dumps(value, ensure_ascii=False, indent=2)
        return cls(status, (text + "\n").encode())

    def json(self) -> Any:
        """The body, parsed; None where there is none."""
        return json.loads(self.body) if self.body else None
