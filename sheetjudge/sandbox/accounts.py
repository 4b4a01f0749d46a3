"""OAuth: service-account files, the token endpoint, and the tokens that it gives out."""

from __future__ import annotations

import json
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sheetjudge.errors import ConfigError
from sheetjudge.sandbox.problems import ApiError, Json
from sheetjudge.sandbox.world import Caller

PROJECT = "sheetjudge-sandbox"
LIFETIME = 3600
GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"  # what google-auth signs for, wherever it sends
_CLOCK_SKEW = 60
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SIGN_IN = "https://developers.google.com/identity/sign-in/web/devconsole-project"


class GrantRefused(Exception):
    """The token endpoint's refusal: OAuth's error code and a sentence."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """An account for programs, with the key that its file holds."""

    email: str
    project: str
    key_id: str
    private_pem: str
    public_pem: str

    def file(self, base_url: str) -> Json:
        """The service-account file, in Google's form, that leads to the local Google."""
        return {
            "type": "service_account",
            "project_id": self.project,
            "private_key_id": self.key_id,
            "private_key": self.private_pem,
            "client_email": self.email,
            "client_id": str(int(self.key_id[:16], 16)),
            "auth_uri": f"{base_url}/o/oauth2/auth",
            "token_uri": f"{base_url}/token",
            "auth_provider_x509_cert_url": f"{base_url}/oauth2/v1/certs",
            "client_x509_cert_url": f"{base_url}/robot/v1/metadata/x509/{self.email}",
            "universe_domain": "googleapis.com",
        }


def new_service_account(email: str, project: str = PROJECT) -> ServiceAccount:
    """A service account with a fresh key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return ServiceAccount(email, project, uuid.uuid4().hex, private.decode(), public.decode())


class Accounts:
    """Who there is, and which tokens are good.

    Args:
        now: seconds since the epoch.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.services: dict[str, ServiceAccount] = {}
        self._tokens: dict[str, tuple[Caller, float]] = {}
        self._refresh: dict[str, Caller] = {}
        self._lock = threading.Lock()

    def add_service(self, account: ServiceAccount) -> None:
        """Make a service account known."""
        self.services[account.email] = account

    def user_file(self, email: str, base_url: str, project: str = PROJECT) -> Json:
        """An authorized-user file, in Google's form: a person's log-in as kept by a program."""
        refresh = "1//" + secrets.token_urlsafe(32)
        with self._lock:
            self._refresh[refresh] = Caller(email, project)
        return {
            "type": "authorized_user",
            "client_id": f"{project}.apps.googleusercontent.com",
            "client_secret": "sandbox",
            "refresh_token": refresh,
            "token_uri": f"{base_url}/token",
            "universe_domain": "googleapis.com",
        }

    def grant(self, form: dict[str, str], audience: str) -> Json:
        """Answer the token endpoint.

        Raises:
            GrantRefused: what is presented earns no token.
        """
        kind = form.get("grant_type", "")
        if kind == _JWT_BEARER:
            return self.token(self._caller_of_jwt(form.get("assertion", ""), audience))
        if kind == "refresh_token":
            caller = self._refresh.get(form.get("refresh_token", ""))
            if caller is None:
                raise GrantRefused("invalid_grant", "Bad Request")
            scopes = frozenset(form.get("scope", "").split())
            return self.token(Caller(caller.email, caller.project, scopes)) | {"scope": form.get("scope", "")}
        raise GrantRefused("unsupported_grant_type", f"Invalid grant_type: {kind}")

    def _caller_of_jwt(self, assertion: str, audience: str) -> Caller:
        from google.auth import exceptions, jwt

        decode: Any = jwt.decode
        keys = {account.key_id: account.public_pem for account in self.services.values()}
        audiences = [audience, GOOGLE_AUDIENCE]
        try:
            claims: Json = decode(assertion, certs=keys, audience=audiences, clock_skew_in_seconds=_CLOCK_SKEW)
        except exceptions.InvalidValue as refusal:
            raise GrantRefused("invalid_grant", f"Invalid JWT: {refusal}") from None
        except (ValueError, exceptions.MalformedError):
            raise GrantRefused("invalid_grant", "Invalid JWT Signature.") from None
        account = self.services.get(claims.get("iss", ""))
        if account is None:
            raise GrantRefused("invalid_grant", "Invalid grant: account not found")
        return Caller(account.email, account.project, frozenset(str(claims.get("scope", "")).split()))

    def token(self, caller: Caller) -> Json:
        """A fresh access token, as the token endpoint answers it."""
        token = "ya29.sandbox." + secrets.token_urlsafe(32)
        with self._lock:
            self._tokens[token] = (caller, self.now() + LIFETIME)
        return {"access_token": token, "expires_in": LIFETIME - 1, "token_type": "Bearer"}

    def caller(self, authorization: str | None) -> Caller:
        """Who sent a request with this Authorization header.

        Raises:
            ApiError: 401 or 403, in Google's words.
        """
        if not authorization:
            raise ApiError(
                403,
                "Method doesn't allow unregistered callers (callers without established identity). Please use API Key "
                "or other form of API consumer identity to call this API.",
            )
        known = self._tokens.get(authorization.removeprefix("Bearer "))
        if known is None or known[1] < self.now():
            raise ApiError(
                401,
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
                f"valid authentication credential. See {_SIGN_IN}.",
            )
        return known[0]


def check_scope(caller: Caller, allowed: frozenset[str]) -> None:
    """Refuse a token whose scopes don't reach this far; a token without any scope is taken for one with all."""
    if caller.scopes and not caller.scopes & allowed:
        raise ApiError(
            403,
            "Request had insufficient authentication scopes.",
            [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                    "domain": "googleapis.com",
                }
            ],
        )


def write_credentials(path: Path, content: Json) -> None:
    """Write a service-account file, but never over one that isn't a sandbox's own."""
    if path.exists():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, OSError):
            known = None
        if not isinstance(known, dict) or known.get("project_id") != PROJECT:
            raise ConfigError(
                f"{path} exists and is no credentials file of the sandbox.",
                "Name a file that doesn't exist yet with --credentials.",
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
