"""Who may do what: tokens, scopes, sharing, and files of credentials."""

from __future__ import annotations

import json

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from sheetjudge import sandbox
from sheetjudge.errors import ConfigError

gspread = pytest.importorskip("gspread")


def test_a_wrong_key_earns_no_token(google):
    stranger = google.another_service_account("stranger")
    forged = google.service_account | {"private_key": stranger["private_key"]}
    credentials = service_account.Credentials.from_service_account_info(forged, scopes=["x"])
    with pytest.raises(RefreshError, match="Invalid JWT Signature"):
        credentials.refresh(Request())
    unknown = google.service_account | {"client_email": "nobody@example.com"}
    with pytest.raises(RefreshError, match="account not found"):
        service_account.Credentials.from_service_account_info(unknown, scopes=["x"]).refresh(Request())


@pytest.mark.parametrize(("token", "code"), [(None, 403), ("Bearer wrong", 401)])
def test_without_a_good_token_nothing_is_answered(google, token, code):
    url = google.load("Private", [["secret"]])
    path = url.split("/d/")[1].split("/")[0]
    answer = requests.get(
        f"{google.base_url}/v4/spreadsheets/{path}", headers={"Authorization": token} if token else {}, timeout=60
    )
    assert answer.status_code == code
    assert "secret" not in answer.text


def test_a_token_runs_out(google, one_session):
    one_session.get("https://www.googleapis.com/drive/v3/files")
    token = one_session.credentials.token
    try:
        google.accounts.now = lambda: __import__("time").time() + 3601
        answer = requests.get(
            f"{google.base_url}/drive/v3/files", headers={"Authorization": f"Bearer {token}"}, timeout=60
        )
    finally:
        google.accounts.now = __import__("time").time
    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"


def test_a_read_only_token_may_not_write(google):
    url = google.load("Read only", [["a"]])
    scope = "https://www.googleapis.com/auth/spreadsheets.readonly"
    credentials = service_account.Credentials.from_service_account_info(google.service_account, scopes=[scope])
    credentials.refresh(Request())
    path = f"{google.base_url}/v4/spreadsheets/{url.split('/d/')[1].split('/')[0]}/values/A1"
    headers = {"Authorization": f"Bearer {credentials.token}"}
    assert requests.get(path, headers=headers, timeout=60).json()["values"] == [["a"]]
    refused = requests.put(
        path, params={"valueInputOption": "RAW"}, json={"values": [["b"]]}, headers=headers, timeout=60
    )
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "Request had insufficient authentication scopes."


@pytest.mark.parametrize("role", [None, "reader", "commenter", "writer", "owner"])
def test_sharing(google, gspread_client, role):
    url = google.load("Shared", [["a"]], role=role)
    if role is None:
        with pytest.raises(PermissionError):
            gspread_client.open_by_url(url)
        return
    tab = gspread_client.open_by_url(url).sheet1
    if role in ("reader", "commenter"):
        with pytest.raises(gspread.exceptions.APIError, match="The caller does not have permission") as refused:
            tab.update([["b"]], "A1")
        assert refused.value.code == 403
        assert google.spreadsheet(url).rows() == [["a"]]
    else:
        tab.update([["b"]], "A1")
        assert google.spreadsheet(url).rows() == [["b"]]


def test_sharing_can_change_under_way(google, gspread_client):
    url = google.load("Shared", [["a"]])
    tab = gspread_client.open_by_url(url).sheet1
    google.share(url, "reader")
    with pytest.raises(gspread.exceptions.APIError, match="permission"):
        tab.update([["b"]], "A1")
    google.share(url, None)
    with pytest.raises(gspread.exceptions.APIError, match="permission"):
        tab.get_all_values()
    google.share(url, "writer")
    tab.update([["b"]], "A1")


def test_a_persons_own_login(google):
    url = google.load("Mine", [["a"]], role=None)
    client = gspread.Client(None, google.session(google.user_login()))
    client.open_by_url(url).sheet1.update([["b"]], "A1")
    assert google.spreadsheet(url).rows() == [["b"]]


def test_the_credentials_file_is_written_and_never_over_another(tmp_path):
    path = tmp_path / "folder" / "credentials.json"
    with sandbox.start(credentials=path) as first:
        content = json.loads(path.read_text())
        assert content == first.service_account
        assert content["type"] == "service_account"
        assert content["token_uri"] == f"{first.base_url}/token"
        assert path.stat().st_mode & 0o077 == 0
    with sandbox.start(credentials=path) as second:
        assert json.loads(path.read_text())["token_uri"] == f"{second.base_url}/token"
    path.write_text('{"type": "service_account", "project_id": "real"}')
    with pytest.raises(ConfigError, match="no credentials file of the sandbox"):
        sandbox.start(credentials=path)
    assert json.loads(path.read_text())["project_id"] == "real"


def test_the_page_shows_cells_as_text(google):
    url = google.load("<Page>", [["<script>alert(1)</script>", "a & b"]])
    page = requests.get(url, timeout=60)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "<script>" not in page.text
    assert "a &amp; b" in page.text
    assert "&lt;Page&gt;" in requests.get(google.base_url, timeout=60).text
    assert requests.get(f"{google.base_url}/spreadsheets/d/none/edit", timeout=60).status_code == 404


DRIVE = "https://www.googleapis.com/drive/v3/files"


@pytest.mark.parametrize(
    ("params", "said", "where"),
    [
        ({"pageSize": "0"}, "Invalid value '0'. Values must be within the range: [1, 1000]", "pageSize"),
        ({"pageSize": "1001"}, "Invalid value '1001'. Values must be within the range: [1, 1000]", "pageSize"),
        ({"pageSize": "many"}, "Invalid value 'many'. Values must be within the range: [1, 1000]", "pageSize"),
        ({"pageToken": "next"}, "Invalid Value", "pageToken"),
    ],
)
def test_a_page_of_files_that_cannot_be_is_refused(google, one_session, params, said, where):
    google.load("One", [["a"]])
    answer = one_session.get(DRIVE, params=params)
    assert answer.status_code == 400
    [error] = answer.json()["error"]["errors"]
    assert (error["message"], error["location"]) == (said, where)


def test_files_come_in_the_order_asked_for(google, one_session):
    for name in ("b", "C", "a"):
        google.load(name, [["x"]])

    def names(**params):
        return [one["name"] for one in one_session.get(DRIVE, params=params).json()["files"]]

    assert names(orderBy="name") == ["a", "b", "C"]
    assert names(orderBy="name desc") == ["C", "b", "a"]
    assert names(orderBy="createdTime") == ["b", "C", "a"]
    assert names(orderBy="folder,recency desc") == ["a", "C", "b"]
    assert names() == ["a", "C", "b"]
    refused = one_session.get(DRIVE, params={"orderBy": "starred"})
    assert refused.status_code == 501


def test_what_one_owns_lies_in_ones_root(google, one_session, gspread_client):
    google.load("Of another", [["x"]])
    gspread_client.create("Mine")
    found = one_session.get(DRIVE, params={"q": "'root' in parents"}).json()["files"]
    assert [one["name"] for one in found] == ["Mine"]
