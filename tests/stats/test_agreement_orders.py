"""Pairs judged in both orders: the same figures as while `compare` runs, each with an interval."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.stats.agreement_orders import order_figures
from sheetjudge.stats.order_agreement import order_agreement

preferences = st.floats(0, 1)


@given(st.lists(st.tuples(preferences, preferences), min_size=10, max_size=60))
def test_the_figures_are_those_of_compare_with_intervals_around_them(pairs):
    found, plain = order_figures(pairs), order_agreement(pairs)
    for name in ("same", "kappa", "contradictions", "first"):
        assert found[name].value == pytest.approx(getattr(plain, name), abs=1e-9)
        if found[name].low is not None:
            assert found[name].low - 1e-9 <= found[name].value <= found[name].high + 1e-9
    assert (found["first"].chance, found["kappa"].chance) == (0.5, 0.0)


def test_a_judge_that_never_contradicts_itself_is_not_sure_to_never_do():
    found = order_figures([(1.0, 1.0), (0.0, 0.0)] * 10)
    assert (found["same"].value, found["kappa"].value, found["same"].chance) == (1.0, 1.0, 0.5)
    assert 0.75 < found["same"].low < 0.95
    assert 0 < found["contradictions"].high < 0.25


def test_pairs_of_a_group_are_one_observation():
    pairs = [(1.0, float(n % 3 == 0)) for n in range(12)]
    alone = order_figures(pairs)["first"]
    again = order_figures([pair for pair in pairs for _ in range(3)], groups=[n // 3 for n in range(36)])["first"]
    assert (again.low, again.high) == pytest.approx((alone.low, alone.high))


def test_no_pairs_and_few():
    assert order_figures([]) == {}
    assert "10 rows" in order_figures([(1.0, 0.0)] * 5)["first"].why
