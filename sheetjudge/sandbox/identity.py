"""Who a person is, so that another server can check it: ID tokens, and the certificates that they are checked by."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from sheetjudge.sandbox.problems import Json

ISSUER = "https://accounts.google.com"
SCRIPT_AUDIENCE = "1234567890-playground.apps.googleusercontent.com"
LIFETIME = 3600
_VALID = dt.timedelta(days=16)


class _Key(NamedTuple):
    key_id: str
    private: bytes
    certificate: str


class Identity:
    """Signs OpenID Connect ID tokens with RS256, as Google does for `ScriptApp.getIdentityToken()`.

    Its key is made when it is first needed.

    Args:
        now: seconds since the epoch.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self._lock = threading.Lock()
        self._made: _Key | None = None

    @property
    def certificates(self) -> Json:
        """The certificates by the ids of their keys, as `GET /oauth2/v1/certs` answers."""
        key = self._key()
        return {key.key_id: key.certificate}

    def _key(self) -> _Key:
        with self._lock:
            if self._made is None:
                self._made = _new_key(dt.datetime.fromtimestamp(self.now(), dt.UTC))
            return self._made

    def token(
        self,
        email: str,
        audience: str = SCRIPT_AUDIENCE,
        *,
        verified: bool = True,
        issuer: str = ISSUER,
        lifetime: float = LIFETIME,
    ) -> str:
        """An ID token for an account.

        Args:
            email: the account's address.
            audience: the OAuth client id that it is meant for.
            verified: what it says about the address.
            issuer: who it says it is from.
            lifetime: seconds from now until it runs out; a negative number makes one that has.
        """
        from google.auth import crypt, jwt

        signer_of: Any = crypt.RSASigner.from_string
        encode: Any = jwt.encode
        now = int(self.now())
        claims = {
            "iss": issuer,
            "azp": audience,
            "aud": audience,
            "sub": str(int(hashlib.sha256(email.casefold().encode()).hexdigest()[:17], 16)),
            "email": email,
            "email_verified": verified,
            "iat": now + min(0, int(lifetime) - LIFETIME),
            "exp": now + int(lifetime),
        }
        key = self._key()
        token: bytes = encode(signer_of(key.private, key.key_id), claims)
        return token.decode("ascii")


def _new_key(now: dt.datetime) -> _Key:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon.sandbox")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + _VALID)
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return _Key(hashlib.sha1(certificate, usedforsecurity=False).hexdigest(), private, certificate.decode())
