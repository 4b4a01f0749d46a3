"""How unmodified Google clients reach the local Google: their hosts are mapped to its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from requests import Session

    from sheetjudge.sandbox.problems import Json

GOOGLE_HOSTS = (
    "sheets.googleapis.com",
    "www.googleapis.com",
    "oauth2.googleapis.com",
    "iamcredentials.googleapis.com",  # google-auth asks it, in the background, where a service account may be used
)
SCOPES = ("https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive")


def redirected(session: Session, base_url: str) -> Session:
    """Make a session send what is meant for Google's hosts to the local Google instead; returns the same session."""
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            parts = urlsplit(request.url)
            local = urlsplit(base_url)
            request.url = parts._replace(scheme=local.scheme, netloc=local.netloc).geturl()
            return super().send(request, *args, **kwargs)

    for host in GOOGLE_HOSTS:
        session.mount(f"https://{host}/", Adapter())
    return session


def authorized_session(base_url: str, credentials: Json) -> Session:
    """A session, signed in with a service-account or authorized-user file, for `gspread.Client(None, session)`."""
    from google.auth.transport.requests import AuthorizedSession, Request
    from google.oauth2 import credentials as user_credentials
    from google.oauth2 import service_account
    from requests import Session as PlainSession

    user: Any = user_credentials.Credentials
    service: Any = service_account.Credentials
    signed_in: Any = AuthorizedSession
    if credentials.get("type") == "authorized_user":
        found = user.from_authorized_user_info(credentials, scopes=list(SCOPES))
    else:
        found = service.from_service_account_info(credentials, scopes=list(SCOPES))
    for_tokens: Any = Request(redirected(PlainSession(), base_url))
    return redirected(signed_in(found, auth_request=for_tokens), base_url)
