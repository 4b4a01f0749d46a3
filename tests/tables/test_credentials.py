"""Credentials are found in order, and never go to a host that they aren't from."""

from __future__ import annotations

import json
import stat

import pytest

from sheetjudge import sandbox
from sheetjudge.errors import AccessError
from sheetjudge.tables.credentials import LOGIN_FILE, find_identity
from sheetjudge.tables.login import keep_login, log_in, log_out

HOST = "http://127.0.0.1:8123"
LOGIN = {
    "type": "authorized_user",
    "client_id": "i",
    "client_secret": "s",
    "refresh_token": "r",
    "account": "ann@example.com",
}


@pytest.fixture(scope="module")
def key():
    with sandbox.start() as google:
        return google.service_account


@pytest.fixture
def key_file(key, tmp_path):
    def write(token_uri):
        path = tmp_path / "key.json"
        path.write_text(json.dumps(key | {"token_uri": token_uri}))
        return str(path)

    return write


def test_a_service_account_is_known_by_its_address(key, key_file):
    found = find_identity(key_file("https://oauth2.googleapis.com/token"), home=None, environment={})
    assert found.who == key["client_email"]


def test_the_environment_names_a_file_unless_the_user_does(key, key_file, tmp_path):
    file = key_file("https://oauth2.googleapis.com/token")
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": file}
    assert find_identity(None, home=None, environment=environment).who == key["client_email"]
    with pytest.raises(AccessError, match=r"other\.json doesn't exist"):
        find_identity(str(tmp_path / "other.json"), home=None, environment=environment)


def test_a_kept_log_in_is_used(tmp_path):
    keep_login(json.dumps(LOGIN), tmp_path)
    found = find_identity(None, home=tmp_path, environment={})
    assert found.who == "ann@example.com"
    assert found.credentials.refresh_token == "r"


@pytest.mark.parametrize(
    ("token_uri", "host"),
    [
        ("https://oauth2.googleapis.com/token", HOST),
        ("http://127.0.0.1:9999/token", HOST),
        ("https://127.0.0.1:8123/token", HOST),
        ("http://127.0.0.1:8123.evil.example/token", HOST),
        ("http://127.0.0.1:8123/token", ""),
        ("https://oauth2.googleapis.com.evil.example/token", ""),
        ("https://evilgoogleapis.com/token", ""),
        ("http://oauth2.googleapis.com/token", ""),
        ("", ""),
    ],
)
def test_credentials_of_one_host_never_go_to_another(key_file, token_uri, host):
    with pytest.raises(AccessError, match="belongs to"):
        find_identity(key_file(token_uri), home=None, environment={}, host=host)


def test_credentials_go_to_the_host_that_they_are_from(key, key_file):
    found = find_identity(key_file(f"{HOST}/token"), home=None, environment={}, host=HOST)
    assert found.who == key["client_email"]


def test_a_log_in_with_google_never_goes_to_another_host(tmp_path):
    file = keep_login(json.dumps(LOGIN | {"token_uri": f"{HOST}/token"}), tmp_path)
    with pytest.raises(AccessError, match="your Google credentials stay here"):
        find_identity(None, home=tmp_path, environment={}, host=HOST)
    with pytest.raises(AccessError, match="holds no service account"):
        find_identity(str(file), home=None, environment={}, host=HOST)
    with pytest.raises(AccessError, match="not to Google"):
        find_identity(str(file), home=None, environment={})


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("no json", "isn't JSON"),
        ("[]", "no credentials file"),
        ("{}", "no credentials file that Google knows"),
        (
            '{"type": "service_account", "token_uri": "https://oauth2.googleapis.com/token"}',
            "no complete service-account key",
        ),
        ('{"type": "authorized_user", "client_id": "i"}', "no complete log-in"),
        ('{"installed": {"client_id": "i"}}', "names an application.*sheetjudge login"),
        ('{"type": "external_account"}', "can't be used"),
    ],
)
def test_a_file_that_is_no_key_is_told_in_one_line(tmp_path, content, why):
    path = tmp_path / "key.json"
    path.write_text(content)
    with pytest.raises(AccessError, match=why) as caught:
        find_identity(str(path), home=None, environment={})
    assert "\n" not in str(caught.value)


def test_no_secret_of_a_broken_key_is_shown(key, tmp_path):
    path = tmp_path / "key.json"
    broken = key | {"token_uri": "https://oauth2.googleapis.com/token", "private_key": "-----BEGIN SECRET s3cr3t"}
    path.write_text(json.dumps(broken))
    with pytest.raises(AccessError) as caught:
        find_identity(str(path), home=None, environment={})
    assert "s3cr3t" not in str(caught.value)


def test_a_log_in_is_kept_for_its_owner_alone(tmp_path):
    path = keep_login("{}", tmp_path / "home")
    assert path.name == LOGIN_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert keep_login('{"a": 1}', tmp_path / "home").read_text() == '{"a": 1}'
    assert [entry.name for entry in path.parent.iterdir()] == [LOGIN_FILE]
    assert log_out(tmp_path / "home") is True
    assert log_out(tmp_path / "home") is False


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "can't be read"),
        ("{}", "no OAuth client"),
        ("nonsense", "no OAuth client"),
        (
            '{"installed": {"client_id": "i", "client_secret": "s", "auth_uri": "https://a.example", "token_uri": "https://a.example/t"}}',
            "not to Google",
        ),
    ],
)
def test_a_client_file_that_cannot_be_used_is_told(tmp_path, content, why):
    path = tmp_path / "client.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(AccessError, match=why):
        log_in(str(path), tmp_path, open_browser=False)
