"""A local Google for the tests of this folder, whose helpers are imported by name: tests are not a package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sheetjudge import sandbox

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with sandbox.start(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=1) as google:
        yield google


@pytest.fixture
def google(server):
    server.forget()
    server.clear_log()
    return server
