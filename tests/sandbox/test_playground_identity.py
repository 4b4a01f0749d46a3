"""ID tokens that google-auth itself accepts, and those that it refuses."""

from __future__ import annotations

import pytest
import requests
from google.auth import exceptions, jwt
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from sheetjudge import sandbox


def verify(google, token, audience=None):
    return id_token.verify_token(token, Request(), audience, certs_url=f"{google.base_url}/oauth2/v1/certs")


def test_google_auth_accepts_a_token_by_the_published_certificates(one_google):
    claims = verify(one_google, one_google.identity.token("Ann@example.com", "mine"), "mine")
    assert claims["email"] == "Ann@example.com"
    assert claims["email_verified"] is True
    assert claims["iss"] == "https://accounts.google.com"
    assert claims["exp"] - claims["iat"] == 3600
    assert jwt.decode_header(one_google.identity.token("a@b.example"))["alg"] == "RS256"


def test_an_account_keeps_its_number(one_google):
    first, again, other = (
        verify(one_google, one_google.identity.token(email))["sub"]
        for email in ("ann@example.com", "Ann@example.com", "bob@example.com")
    )
    assert first == again != other


@pytest.mark.parametrize("attack", [{"lifetime": -30}, {"audience": "another"}])
def test_google_auth_refuses_what_is_no_longer_or_not_meant(one_google, attack):
    token = one_google.identity.token("ann@example.com", **{"audience": "mine", **attack})
    with pytest.raises((exceptions.GoogleAuthError, ValueError)):
        verify(one_google, token, "mine")


def test_another_googles_token_is_refused(one_google):
    with sandbox.start() as other, pytest.raises((exceptions.GoogleAuthError, ValueError)):
        verify(one_google, other.identity.token("ann@example.com"))


def test_the_certificates_need_no_login(one_google):
    answer = requests.get(f"{one_google.base_url}/oauth2/v1/certs", timeout=60)
    assert list(answer.json()) == list(one_google.identity.certificates)
