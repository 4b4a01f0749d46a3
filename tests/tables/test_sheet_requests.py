"""How few requests it takes to read a sheet and to write its results back."""

from __future__ import annotations

import pytest

from sheetjudge import sandbox
from tests.bench.sheet_requests import measure

MOST_BYTES = 2_600_000


@pytest.fixture(scope="module")
def google(tmp_path_factory):
    with sandbox.start(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=1) as running:
        yield running


@pytest.mark.parametrize(
    ("rows", "most"), [(1000, 20), (10_000, 24), pytest.param(100_000, 59, marks=pytest.mark.slow)]
)
def test_requests_grow_with_the_bytes_and_not_with_the_rows(google, rows, most):
    used = measure(google, rows, results=4)
    assert used.reads + used.writes <= most
    assert used.largest <= MOST_BYTES
