"""Many jobs at once, killed in the middle: a small form of tests/bench/serve_load.py."""

from __future__ import annotations

import statistics

import pytest

from tests.bench.serve_load import CALLS_AT_ONCE, load


@pytest.mark.slow
def test_no_job_is_lost_and_nothing_is_paid_for_twice(tmp_path):
    found = load(tmp_path, jobs=10, rows=60, latency=0.05, at_once=4, has_quota=False)
    assert found.states == {"done": 10}
    assert found.wrong == 0
    assert found.calls <= 600 + 4 * CALLS_AT_ONCE, "only what was in flight was asked again"
    assert statistics.median(found.status) < 0.2
    assert found.memory < 300
