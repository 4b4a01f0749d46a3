"""Who asks: known by a Google ID token, or by a secret that a private network shares; and whether they may."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

from sheetjudge.errors import ConfigError
from sheetjudge.service.certificates import Certificates
from sheetjudge.service.refusals import not_allowed, unknown_person

ISSUERS = ("https://accounts.google.com", "accounts.google.com")
ANYBODY = "*"

_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,128}@[a-z0-9](?:[a-z0-9.-]{0,120}[a-z0-9])?")
_DOMAIN = re.compile(r"@?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_LONGEST_TOKEN = 8192
_CLOCK_SKEW = 10
_SHORTEST_SECRET, _LONGEST_SECRET = 32, 4096


class Door(Protocol):
    """Tells who asks."""

    async def person(self, headers: Sequence[tuple[bytes, bytes]]) -> str:
        """The e-mail address, in lower case, of whoever sent a request with these headers.

        Raises:
            Refused: 401 where that isn't known, 403 where they may not ask.
        """
        ...


@dataclass(frozen=True, slots=True)
class AllowList:
    """Who may ask.

    Attributes:
        entries: addresses and domains in lower case, or `*` for anybody.
    """

    entries: frozenset[str]

    def __contains__(self, email: str) -> bool:
        return not self.entries.isdisjoint((ANYBODY, email, email.rpartition("@")[2]))


def allow_list(entries: Sequence[str]) -> AllowList:
    """Who may ask, from what `--allow` was given.

    Raises:
        ConfigError: one is neither an address, nor a domain, nor `*`.
    """
    found = set()
    for entry in entries:
        text = entry.strip().lower()
        if text != ANYBODY and not _ADDRESS.fullmatch(text) and not _DOMAIN.fullmatch(text):
            raise ConfigError(
                f"--allow {entry!r} is no e-mail address and no domain.",
                "Write --allow ann@example.org, --allow example.org, or --allow '*' for anybody.",
            )
        found.add(text.removeprefix("@"))
    return AllowList(frozenset(found))


@dataclass(frozen=True)
class TokenDoor:
    """Knows people by Google's ID tokens.

    Attributes:
        audiences: client ids of the scripts that may ask. allow: who may. certificates: by which tokens are checked.
    """

    audiences: tuple[str, ...]
    allow: AllowList
    certificates: Certificates

    async def person(self, headers: Sequence[tuple[bytes, bytes]]) -> str:
        """As `Door`."""
        token = _bearer(headers)
        claims = _verified(token, await self.certificates.for_key(_key_id(token)), self.audiences)
        if claims.get("iss") not in ISSUERS:
            raise unknown_person("issuer")
        email = claims.get("email")
        if not isinstance(email, str) or not _ADDRESS.fullmatch(email.lower()):
            raise unknown_person("no address")
        if claims.get("email_verified") is not True:
            raise not_allowed("unverified address")
        if email.lower() not in self.allow:
            raise not_allowed("not on the list")
        return email.lower()


@dataclass(frozen=True)
class SecretDoor:
    """Knows whoever has the secret, and takes their word for who they are.

    Attributes:
        secret: shared with the script. allow: who may ask.
    """

    secret: bytes
    allow: AllowList

    async def person(self, headers: Sequence[tuple[bytes, bytes]]) -> str:
        """As `Door`."""
        given = _only(headers, b"x-sheetjudge-secret") or b""
        if not hmac.compare_digest(given, self.secret):
            raise unknown_person("secret")
        email = (_only(headers, b"x-sheetjudge-user") or b"").decode("utf-8", "replace").strip().lower()
        if not _ADDRESS.fullmatch(email):
            raise unknown_person("no address")
        if email not in self.allow:
            raise not_allowed("not on the list")
        return email


def read_secret(file: str) -> bytes:
    """The shared secret in a file.

    Raises:
        ConfigError: the file can't be read, or its secret is too short to be one.
    """
    try:
        text = Path(file).read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"The secret in {file} can't be read: {error.strerror}.") from None
    if not _SHORTEST_SECRET <= len(text) <= _LONGEST_SECRET or not text.isascii() or len(text.split()) != 1:
        raise ConfigError(
            f"{file} holds no secret of {_SHORTEST_SECRET} characters or more in one line.",
            "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
        )
    return text


def _only(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    found = [value for key, value in headers if key == name]
    return found[0] if len(found) == 1 else None


def _bearer(headers: Sequence[tuple[bytes, bytes]]) -> str:
    value = _only(headers, b"authorization")
    scheme, _, token = (value or b"").partition(b" ")
    if scheme.lower() != b"bearer" or not 0 < len(token) <= _LONGEST_TOKEN or not token.isascii():
        raise unknown_person("no token")
    return token.decode("ascii").strip()


def _key_id(token: str) -> Any:
    from google.auth import jwt

    decode: Any = jwt.decode_header
    try:
        key_id = decode(token).get("kid")
    except Exception:  # noqa: BLE001 - whatever a made-up token does to the decoder, it is no token
        raise unknown_person("malformed") from None
    # Without one, every certificate would be tried; Google always names it.
    if not isinstance(key_id, str):
        raise unknown_person("no key")
    return key_id


def _verified(token: str, certificates: Mapping[str, str], audiences: Sequence[str]) -> Mapping[str, Any]:
    import json

    from google.oauth2 import id_token

    def kept(*_: Any, **__: Any) -> Any:
        return SimpleNamespace(status=HTTPStatus.OK, data=json.dumps(dict(certificates)).encode())

    verify: Any = id_token.verify_token
    try:
        claims = verify(token, kept, audience=list(audiences), clock_skew_in_seconds=_CLOCK_SKEW)
    except Exception as error:  # noqa: BLE001 - as above
        raise unknown_person(type(error).__name__) from None
    if not isinstance(claims, Mapping):
        raise unknown_person("no claims")
    return claims
