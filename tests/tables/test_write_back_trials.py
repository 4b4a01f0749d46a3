"""A sample of the seeded trials; `python tests/bench/write_back_trials.py` runs them all."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench" / "write_back_trials.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("write_back_trials", BENCH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_score_ends_beside_a_wrong_row_and_no_persons_cell_is_written_over(bench):
    total = bench.trials(range(20))
    assert {name: total[name] for name in bench.BAD} == dict.fromkeys(bench.BAD, 0)
    assert total["ok"] > 1000
    assert total["edits"] > 50
