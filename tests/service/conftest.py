"""A local Google, and a judge that knows the truth, for all tests of the backend."""

from __future__ import annotations

import pytest

from sheetjudge import sandbox


@pytest.fixture(scope="session")
def google(tmp_path_factory):
    with sandbox.start(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=1) as server:
        server.credentials = str(server.credentials)
        yield server
