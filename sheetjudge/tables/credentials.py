"""Who asks Google: a service account, a person's own log-in, or what the machine is set up with.

Credentials only ever go to the host that they are made for.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from sheetjudge.errors import AccessError

SCOPES = ("https://www.googleapis.com/auth/spreadsheets",)
LOGIN_FILE = "google_login.json"
_GOOGLE_DOMAINS = (".googleapis.com", ".google.com")
_ADVICE = (
    "Give a service account's key with --credentials FILE, log in as yourself (sheetjudge login CLIENT_FILE), "
    "or run: gcloud auth application-default login --scopes=openid,https://www.googleapis.com/auth/spreadsheets,"
    "https://www.googleapis.com/auth/cloud-platform"
)


@dataclass(frozen=True)
class Identity:
    """Credentials that google-auth takes, and whose they are.

    Attributes:
        credentials: `google.auth.credentials.Credentials`.
        who: the e-mail address, or "" where it isn't known.
    """

    credentials: Any
    who: str = ""

    @property
    def shown(self) -> str:
        """What to call it in a sentence."""
        return self.who or "your Google account"


def find_identity(file: str | None, *, home: Path | None, environment: Mapping[str, str], host: str = "") -> Identity:
    """The credentials to use.

    Looked for in this order: `file`, GOOGLE_APPLICATION_CREDENTIALS, the log-in kept in `home`, and the
    machine's application default credentials (gcloud's, or those of a Google server).

    Args:
        file: path of a credentials file, or None.
        home: the folder with sheetjudge's configuration, or None.
        environment: environment variables.
        host: scheme and host of a server other than Google; "" for Google.

    Raises:
        AccessError: none found, unreadable, or made for another host than `host`.
    """
    chosen = file or environment.get("GOOGLE_APPLICATION_CREDENTIALS")
    if chosen:
        return _from_file(Path(chosen).expanduser(), host)
    if host:
        raise AccessError(
            f"{host} is not Google, so your Google credentials stay here.",
            "Give the credentials file that the server wrote with --credentials FILE.",
        )
    login = home / LOGIN_FILE if home else None
    if login and login.is_file():
        return _from_file(login, "")
    return _from_machine()


def check_destination(token_uri: str, file: str, host: str) -> None:
    """Refuse credentials that another host than `host` gave out.

    Raises:
        AccessError: `token_uri` isn't on `host` (or not Google's, where `host` is "").
    """
    parts = urlsplit(token_uri)
    issuer = f"{parts.scheme}://{parts.netloc}"
    if host and issuer.lower() != host.lower():
        raise AccessError(
            f"{file} belongs to {parts.netloc}, and the table is at {urlsplit(host).netloc}.",
            "Credentials only go to the host that they are from; give the file that this server wrote.",
        )
    google = parts.scheme == "https" and f".{parts.hostname or ''}".endswith(_GOOGLE_DOMAINS)
    if not host and not google:
        raise AccessError(
            f"{file} belongs to {parts.netloc}, not to Google.", "Give a file from Google, or a table at that host."
        )


def host_of(file: str) -> str:
    """Scheme and host of the server, other than Google, that gave out a credentials file; "" for Google.

    Raises:
        AccessError: the file can't be read.
    """
    parts = urlsplit(str(_read(Path(file).expanduser()).get("token_uri", "")))
    is_google = not parts.netloc or f".{parts.hostname or ''}".endswith(_GOOGLE_DOMAINS)
    return "" if is_google else f"{parts.scheme}://{parts.netloc}"


def _from_file(path: Path, host: str) -> Identity:
    info = _read(path)
    kind = info.get("type")
    if "installed" in info or "web" in info:
        raise AccessError(
            f"{path} names an application, not an account.", f"Log in with it once: sheetjudge login {path}"
        )
    if kind == "service_account":
        from google.oauth2 import service_account

        check_destination(str(info.get("token_uri", "")), str(path), host)
        try:
            key = cast("Any", service_account.Credentials)
            found = key.from_service_account_info(info, scopes=list(SCOPES))
        except ValueError as error:
            raise AccessError(f"{path} is no complete service-account key: {_first_line(error)}.", _ADVICE) from error
        return Identity(found, str(found.service_account_email))
    if host:
        raise AccessError(
            f"{path} holds no service account, and only one goes to {host}.", "Give the server's own file."
        )
    if kind == "authorized_user":
        from google.oauth2.credentials import Credentials

        check_destination(str(info.get("token_uri") or "https://oauth2.googleapis.com/token"), str(path), "")
        try:
            return Identity(
                cast("Any", Credentials).from_authorized_user_info(info, scopes=list(SCOPES)),
                str(info.get("account", "")),
            )
        except ValueError as error:
            raise AccessError(
                f"{path} is no complete log-in: {_first_line(error)}.", "Run: sheetjudge login CLIENT_FILE"
            ) from error
    return _from_other_file(path, kind)


def _from_other_file(path: Path, kind: object) -> Identity:
    """Workload identity and impersonation, which google-auth knows how to load."""
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    if kind not in {"external_account", "external_account_authorized_user", "impersonated_service_account"}:
        raise AccessError(f"{path} is no credentials file that Google knows (its type is {kind!r}).", _ADVICE)
    try:
        with warnings.catch_warnings():
            # It warns against files from strangers; this one the user named.
            warnings.simplefilter("ignore")
            load: Any = google.auth.load_credentials_from_file
            found, _ = load(str(path), scopes=list(SCOPES))
    except (GoogleAuthError, ValueError) as error:
        raise AccessError(f"{path} can't be used: {_first_line(error)}.", _ADVICE) from error
    return Identity(found, str(getattr(found, "service_account_email", "") or ""))


def _from_machine() -> Identity:
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        with warnings.catch_warnings():
            # It warns of log-ins without a quota project; Sheets' own error says so better when it matters.
            warnings.simplefilter("ignore")
            found, _ = google.auth.default(scopes=list(SCOPES))
    except GoogleAuthError as error:
        raise AccessError("There are no Google credentials on this machine.", _ADVICE) from error
    return Identity(found, str(getattr(found, "service_account_email", "") or "").replace("default", ""))


def _read(path: Path) -> dict[str, Any]:
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AccessError(f"The credentials file {path} doesn't exist.", _ADVICE) from None
    except OSError as error:
        raise AccessError(f"The credentials file {path} can't be read: {error.strerror}.") from error
    except ValueError:
        raise AccessError(f"{path} is no credentials file: it isn't JSON.", _ADVICE) from None
    if not isinstance(info, dict):
        raise AccessError(f"{path} is no credentials file.", _ADVICE)
    return info


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
