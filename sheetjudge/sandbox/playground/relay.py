"""UrlFetchApp's way out of the browser: to servers on this machine only, whatever name they go by."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit

from sheetjudge.sandbox.problems import ApiError, Json

FETCH_SECONDS = 60
BODY_BYTES = 50 * 1024 * 1024
ADDRESS_LETTERS = 2082
_REDIRECTS = 5
_PIECE = 1 << 16
_OWN_HEADERS = ("connection", "content-length", "content-encoding", "host", "transfer-encoding")


def local_address(address: str, names: Mapping[str, str]) -> str:
    """Where a fetch of this address goes.

    Args:
        address: what the script asks for.
        names: origins (`https://backend.example`) and the local servers that stand behind them (`http://127.0.0.1:80`).

    Raises:
        ApiError: 400, it isn't on this machine.
    """
    for origin, server in names.items():
        if address == origin or address.startswith((f"{origin}/", f"{origin}?")):
            address = server + address[len(origin) :]
            break
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        fits = parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        fits, parts, host, port = False, urlsplit(""), "", None
    if not fits or parts.username is not None:
        raise ApiError(400, f"Address unavailable: {address[:200]}. The playground fetches from this machine only.")
    known = "127.0.0.1" if host == "localhost" else host
    netloc = f"[{known}]" if ":" in known else known
    return parts._replace(netloc=f"{netloc}:{port}" if port else netloc).geturl()


def fetch(body: Json, names: Mapping[str, str], allowed: tuple[str, ...] | None) -> Json:
    """Fetch for `UrlFetchApp.fetch`.

    Args:
        body: `url`, `method`, `headers`, `payload` (base64) and `follow` (redirects).
        names: see `local_address`.
        allowed: the manifest's `urlFetchWhitelist`, or None.

    Returns:
        `status`, `headers` (pairs) and `body` (base64).

    Raises:
        ApiError: 400 with the sentence that the script's exception says.
    """
    from requests import RequestException, Session

    deadline = time.monotonic() + FETCH_SECONDS
    address, method = str(body["url"]), str(body.get("method") or "get").upper()
    payload: bytes | None = base64.b64decode(body["payload"]) if body.get("payload") is not None else None
    headers = {str(name): str(value) for name, value in (body.get("headers") or {}).items()}
    headers = {name: value for name, value in headers.items() if name.lower() not in _OWN_HEADERS}
    with Session() as session:
        session.trust_env = False
        for _ in range(_REDIRECTS + 1):
            _check(address, allowed)
            target = local_address(address, names)
            try:
                with session.request(
                    method, target, headers=headers, data=payload, stream=True, allow_redirects=False,
                    timeout=FETCH_SECONDS,
                ) as answer:  # fmt: skip
                    found = _read(answer, deadline, address)
            except RequestException:
                raise ApiError(400, f"Address unavailable: {address}") from None
            onward = answer.headers.get("location")
            if not (body.get("follow", True) and answer.is_redirect and onward):
                return found
            address = urljoin(address, onward)
            headers = {name: value for name, value in headers.items() if name.lower() != "authorization"}
            if answer.status_code in (301, 302, 303):
                method, payload = "GET", None
    raise ApiError(400, f"Too many redirects: {address}")


def _check(address: str, allowed: tuple[str, ...] | None) -> None:
    if len(address) > ADDRESS_LETTERS:
        raise ApiError(400, "Limit Exceeded: URLFetch URL Length.")
    if allowed is not None and not address.startswith(allowed):
        raise ApiError(400, f"{address} is not in the urlFetchWhitelist of the project's manifest.")


def _read(answer: Any, deadline: float, address: str) -> Json:
    content = b""
    for piece in answer.iter_content(_PIECE):
        content += piece
        if len(content) > BODY_BYTES:
            raise ApiError(400, "Limit Exceeded: URLFetch response size.")
        if time.monotonic() > deadline:
            raise ApiError(400, f"Timeout: {address}")
    kept = [[name, value] for name, value in answer.headers.items() if name.lower() not in _OWN_HEADERS]
    return {"status": answer.status_code, "headers": kept, "body": base64.b64encode(content).decode()}
