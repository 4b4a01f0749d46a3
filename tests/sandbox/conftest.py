from __future__ import annotations

import pytest
from discovery import Audit

from sheetjudge import sandbox


@pytest.fixture(scope="session")
def one_google():
    with sandbox.start(seed=1) as running:
        yield running


@pytest.fixture(scope="session")
def one_session(one_google):
    return one_google.session()


@pytest.fixture
def google(one_google):
    """An empty local Google whose every request and answer must fit Google's own description of its API."""
    found = Audit()
    one_google.world.files.clear()
    one_google.clear_log()
    one_google.audit(found)
    one_google.auditor = found
    yield one_google
    one_google.forget()
    assert found.problems == []


@pytest.fixture
def gspread_client(google, one_session):
    assert google.base_url
    gspread = pytest.importorskip("gspread")
    return gspread.Client(None, one_session)
