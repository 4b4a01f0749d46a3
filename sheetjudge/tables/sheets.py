"""The calls to the Google Sheets API that sheetjudge makes: the only module that knows gspread.

gspread's own retrying client is not used: it repeats calls that can never succeed, and it repeats changes
without knowing whether they were made. Here a call is repeated only where that can help and can't harm.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import AuthorizedSession, Request
from gspread.exceptions import APIError
from gspread.http_client import HTTPClient
from gspread.urls import (
    SPREADSHEET_BATCH_UPDATE_URL,
    SPREADSHEET_URL,
    SPREADSHEET_VALUES_BATCH_URL,
    SPREADSHEET_VALUES_URL,
)
from gspread.utils import quote

from sheetjudge.errors import AccessError, SheetjudgeError
from sheetjudge.tables.credentials import Identity
from sheetjudge.tables.google_errors import Protected, Refusal, no_answer, not_let_in, refused
from sheetjudge.tables.protected_ranges import FIELDS as PROTECTED_FIELDS
from sheetjudge.tables.protected_ranges import protection_error
from sheetjudge.tables.quota import Quota

JsonObject = dict[str, Any]

_RETRIED_CODES = frozenset({429, 500, 502, 503, 504})
_CONNECT_SECONDS, _READ_SECONDS = 10.0, 180.0
# Google indents its answers unless asked not to: a third more bytes where cells are short.
_COMPACT = {"prettyPrint": "false"}
_UNREACHED = (requests.ConnectionError, requests.Timeout, TransportError)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on when Google is busy or the network is down.

    Attributes:
        tries: calls at most.
        first, longest: seconds of the first wait and of the longest; it doubles in between, with jitter.
            Google's quotas are per minute, so that the waits together last longer than one.
        sleep: how to wait.
    """

    tries: int = 8
    first: float = 1.0
    longest: float = 64.0
    sleep: Callable[[float], None] = field(default=time.sleep)


class Uncertain(SheetjudgeError):
    """A change may or may not have been made: the connection broke, or the server failed, before it answered."""


class SheetsApi:
    """One spreadsheet, over HTTP.

    Args:
        spreadsheet: its ID.
        identity: who asks.
        host: scheme and host of a server other than Google, "" for Google. The identity's credentials must
            be from there (`credentials.check_destination`).
        patience: when to give up.
        quota: what may be asked; None for no limit but Google's own refusals.
    """

    def __init__(
        self,
        spreadsheet: str,
        identity: Identity,
        *,
        host: str = "",
        patience: Patience | None = None,
        quota: Quota | None = None,
    ) -> None:
        self.spreadsheet = spreadsheet
        self.identity = identity
        self._host = host
        self._patience = patience or Patience()
        self._quota = quota
        self._http = _Http(identity.credentials, host)

    def describe(self, fields: str, ranges: Sequence[str] = ()) -> JsonObject:
        """The parts of the spreadsheet resource that `fields` names, of the whole or of `ranges` (A1)."""
        params: JsonObject = {"fields": fields} | _COMPACT | ({"ranges": list(ranges)} if ranges else {})
        found: JsonObject = self._again(lambda: self._http.spreadsheets_get(self.spreadsheet, params), "read")
        return found

    def describe_area(self, area: Mapping[str, int], fields: str) -> JsonObject:
        """As `describe`, of the tab and the cells of a GridRange alone, so that a renamed tab is found."""
        body = {"dataFilters": [{"gridRange": dict(area)}]}
        url = SPREADSHEET_URL % self.spreadsheet + ":getByDataFilter"
        found: JsonObject = self._again(lambda: self._http.asked(url, body, fields=fields), "read")[0]
        return found

    def values(self, range_name: str) -> tuple[list[list[str]], int]:
        """The cells of an A1 range as a person sees them, rows and cells at the end left out where empty.

        Returns:
            The rows, and the size of the answer in bytes.
        """
        params = {"valueRenderOption": "FORMATTED_VALUE", "majorDimension": "ROWS"} | _COMPACT
        found = self._again(lambda: self._http.values_with_size(self.spreadsheet, range_name, params), "read")
        answer, size = found
        return [[str(cell) for cell in row] for row in answer.get("values", [])], size

    def values_in(
        self, filters: Sequence[Mapping[str, Any]], *, is_formatted: bool, has_formulas: bool = False
    ) -> tuple[JsonObject, int]:
        """The cells that data filters select, as a person sees them or as they are, and the size of the answer.

        With `has_formulas`, what was entered into them.
        """
        shown = "FORMATTED_VALUE" if is_formatted else "UNFORMATTED_VALUE"
        body = {
            "dataFilters": list(filters),
            "valueRenderOption": "FORMULA" if has_formulas else shown,
            "majorDimension": "ROWS",
        }
        url = SPREADSHEET_VALUES_BATCH_URL % self.spreadsheet + "ByDataFilter"
        found: tuple[JsonObject, int] = self._again(lambda: self._http.asked(url, body), "read")
        return found

    def type_values(self, range_name: str, rows: Sequence[Sequence[str]], *, appended: bool = False) -> JsonObject:
        """Enter texts as if a person typed them: into an A1 range, or below the table that is found there.

        Raises:
            Uncertain: the answer was lost.
        """
        url = SPREADSHEET_VALUES_URL % (self.spreadsheet, quote(range_name))
        method, url = ("post", f"{url}:append") if appended else ("put", url)
        params = {"valueInputOption": "USER_ENTERED"}
        found: JsonObject = self._again(
            lambda: self._http.request(method, url, params=params, json={"values": rows}).json(),
            "write",
            is_repeatable=False,
        )
        return found

    def metadata(self, key: str) -> JsonObject:
        """All developer metadata under a key, as `developerMetadata.search` answers it."""
        body = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": key}}]}
        url = SPREADSHEET_URL % self.spreadsheet + "/developerMetadata:search"
        found: JsonObject = self._again(lambda: self._http.asked(url, body), "read")[0]
        return found

    def pause(self, failures: int) -> bool:
        """Wait after so many failures in a row; False where it is time to give up."""
        self._patience.sleep(min(self._patience.first * 2 ** (failures - 1), self._patience.longest))
        return failures < self._patience.tries

    def change(self, changes: Sequence[Mapping[str, Any]]) -> JsonObject:
        """Make structural changes, all or none. Repeated only where Google surely made none of them.

        Raises:
            Uncertain: the answer was lost. Look at the spreadsheet before asking again.
            AccessError: they touch what is protected, among others.
        """
        body = {"requests": list(changes)}
        url = SPREADSHEET_BATCH_UPDATE_URL % self.spreadsheet
        try:
            found: JsonObject = self._again(lambda: self._http.asked(url, body)[0], "write", is_repeatable=False)
        except Protected as error:
            shown = self.describe(PROTECTED_FIELDS)
            raise protection_error(shown, changes, self.identity.shown) or error from error
        return found

    def _within_quota(self, call: Callable[[], Any], doing: str) -> Any:
        if self._quota is None:
            return call()
        self._quota.take(doing)
        try:
            return call()
        except APIError as error:
            if _status(error) == 429:  # noqa: PLR2004
                self._quota.refused(doing)
            raise

    def _again(self, call: Callable[[], Any], doing: str, *, is_repeatable: bool = True) -> Any:
        """Make a call, with retries, and tell what went wrong in words."""

        def may_help(error: BaseException) -> bool:
            if isinstance(error, APIError):
                return _status(error) == 429 or (is_repeatable and _status(error) in _RETRIED_CODES)  # noqa: PLR2004
            return is_repeatable and isinstance(error, _UNREACHED)

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(may_help),
            stop=tenacity.stop_after_attempt(self._patience.tries),
            wait=_wait(self._patience),
            sleep=self._patience.sleep,
            reraise=True,
        )
        where = urlsplit(self._host).netloc or "Google"
        try:
            return retrying(lambda: self._within_quota(call, doing))
        except APIError as error:
            if not is_repeatable and _status(error) in _RETRIED_CODES - {429}:
                raise Uncertain(f"{where} failed while it changed the spreadsheet.") from error
            refusal = Refusal(_status(error), dict(error.error), self.spreadsheet, self.identity, where, doing)
            raise refused(refusal) from error
        except _UNREACHED as error:
            if not is_repeatable:
                raise Uncertain(f"The connection to {where} broke while it changed the spreadsheet.") from error
            raise no_answer(where, error) from error
        except GoogleAuthError as error:
            raise not_let_in(self.identity, error) from error
        except requests.RequestException as error:
            raise AccessError(f"{where} gave no answer that can be used: {type(error).__name__}.") from error


class _Http(HTTPClient):
    """gspread's client, with time limits, at Google or at another host."""

    def __init__(self, credentials: Any, host: str) -> None:
        refresh = requests.Session()
        # A proxy for the outside world must not see, or swallow, what is for a server on this machine.
        refresh.trust_env = not host
        authorized = AuthorizedSession(credentials, auth_request=Request(refresh))  # type: ignore[no-untyped-call]
        authorized.trust_env = not host
        # No credentials follow a redirect to wherever.
        authorized.max_redirects = refresh.max_redirects = 0
        super().__init__(credentials, authorized)
        self.auth = credentials
        self._host = host
        self.set_timeout((_CONNECT_SECONDS, _READ_SECONDS))

    def request(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> requests.Response:
        """As gspread's, at the host that was given."""
        if self._host:
            endpoint = self._host + urlsplit(endpoint).path
        return super().request(method, endpoint, *args, **kwargs)

    def values_with_size(self, spreadsheet: str, range_name: str, params: JsonObject) -> tuple[JsonObject, int]:
        """`values.get`, with the size of its answer in bytes."""
        url = SPREADSHEET_VALUES_URL % (spreadsheet, quote(range_name))
        response = self.request("get", url, params=params)
        return response.json(), len(response.content)

    def asked(self, url: str, body: JsonObject, **more: str) -> tuple[JsonObject, int]:
        """The answer to a POST, and its size in bytes. Nothing is sent or answered with spare blanks."""
        params = {**_COMPACT, **more}
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        response = self.request("post", url, params=params, data=data, headers={"Content-Type": "application/json"})
        return response.json(), len(response.content)


def _wait(patience: Patience) -> Callable[[tenacity.RetryCallState], float]:
    grow = tenacity.wait_exponential(multiplier=patience.first, max=patience.longest) + tenacity.wait_random(
        0, patience.first
    )

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.response.headers.get("Retry-After", "") if isinstance(error, APIError) else ""
        return max(float(grow(state)), min(float(asked), patience.longest) if asked.isdigit() else 0.0)

    return wait


def _status(error: APIError) -> int:
    # The body's own code is -1 where a proxy in between answered with a page.
    return int(error.response.status_code)
