"""A sample of the seeded trials; `python tests/bench/write_back_trials.py` runs them all."""

from __future__ import annotations

from tests.bench import write_back_trials as bench


def test_no_score_ends_beside_a_wrong_row_and_no_persons_cell_is_written_over():
    total = bench.trials(range(20))
    assert {name: total[name] for name in bench.BAD} == dict.fromkeys(bench.BAD, 0)
    assert total["ok"] > 1000
    assert total["edits"] > 50
