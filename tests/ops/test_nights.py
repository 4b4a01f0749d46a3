"""Nights of an unattended job with everything that can go wrong; `tests/bench/nights.py` has thirty of them."""

from __future__ import annotations

import pytest

from tests.bench.nights import simulate


@pytest.mark.slow
def test_some_nights():
    report, problems = simulate(6, seed=5)
    assert not problems, report
