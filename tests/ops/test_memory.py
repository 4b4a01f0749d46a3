"""Memory grows with what is under way, not with the table."""

from __future__ import annotations

from tests.bench.memory import measure

# More than what a run of any size needs beyond one of a single row, and far less than a table of 5,000 rows whose
# requests, replies or rows were kept (about 4 kB a row, 20 MiB).
GROWTH_MIB = 12


def test_five_thousand_rows_need_little_more_than_one():
    one, many = measure(1), measure(5000)
    assert many["peak_mib"] - one["peak_mib"] < GROWTH_MIB
