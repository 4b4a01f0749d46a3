"""Effects of a change on scores: the paired figures and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sheetjudge.stats.probe_effects import Effect, Gap, effect, gap

RISES = st.lists(st.integers(-4, 4).map(float), min_size=2, max_size=40)


@given(RISES)
def test_the_interval_is_that_of_the_paired_t_test(rises):
    found = effect(rises, step=1, span=4)
    assert found.mean == pytest.approx(np.mean(rises))
    if len(set(rises)) > 1:
        known = stats.ttest_1samp(rises, 0).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((max(known.low, -4), min(known.high, 4)))


@given(RISES)
def test_the_share_has_wilsons_interval(rises):
    found = effect(rises, step=1, span=4)
    hits = sum(rise >= 1 for rise in rises)
    known = stats.binomtest(hits, len(rises)).proportion_ci(0.95, method="wilson")
    assert found.raised == hits / len(rises)
    assert (found.raised_low, found.raised_high) == pytest.approx((known.low, known.high), abs=1e-9)


@given(st.integers(-4, 4), st.integers(2, 60))
def test_rows_that_all_move_alike_are_not_taken_for_certainty(rise, rows):
    found = effect([float(rise)] * rows, step=1, span=4)
    assert -4 <= found.low <= rise <= found.high <= 4
    assert found.low < found.high
    assert found.is_rise == (rise > 0)
    assert found.is_fall == (rise < 0)


def test_intervals_hold_the_mean_as_often_as_they_say():
    draws = np.random.default_rng(1)
    held = 0
    for _ in range(2000):
        rises = draws.choice([-1.0, 0.0, 0.0, 1.0, 2.0], size=20)
        found = effect(rises.tolist(), step=1, span=4)
        held += found.low <= 0.4 <= found.high
    assert 0.93 <= held / 2000 <= 0.97


def test_one_row_or_none_has_no_interval():
    assert effect([], step=1, span=4) == Effect(0)
    alone = effect([2.0], step=1, span=4)
    assert (alone.mean, alone.low, alone.high, alone.raised) == (2.0, None, None, 1.0)
    assert not alone.is_rise


@given(RISES, RISES)
def test_the_gap_s_interval_is_welch_s(rows, others):
    found = gap(rows, others, span=8)
    assert found.mean == pytest.approx(np.mean(rows) - np.mean(others))
    if len(set(rows)) > 1 and len(set(others)) > 1:
        known = stats.ttest_ind(rows, others, equal_var=False).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((max(known.low, -8), min(known.high, 8)))


@given(st.integers(-4, 4), st.integers(-4, 4), st.integers(2, 60), st.integers(2, 60))
def test_two_kinds_that_are_alike_each_are_not_taken_for_certainty(one, other, rows, others):
    found = gap([float(one)] * rows, [float(other)] * others, span=8)
    assert -8 <= found.low <= one - other <= found.high <= 8
    assert found.low < found.high
    assert not (found.is_more and one <= other)
    assert not (found.is_less and one >= other)


@pytest.mark.parametrize("sizes", [(10, 10), (8, 32)])
def test_the_gap_is_held_as_often_as_it_says(sizes):
    draws = np.random.default_rng(3)
    held = 0
    for _ in range(2000):
        rows, others = (draws.choice([-1.0, 0.0, 0.0, 1.0, 2.0], size=size) for size in sizes)
        found = gap((rows + 1).tolist(), others.tolist(), span=8)
        held += found.low <= 1 <= found.high
    assert 0.93 <= held / 2000 <= 0.97


def test_a_kind_of_one_row_or_none_has_no_interval():
    assert gap([], [1.0], span=4) == Gap(0, 1)
    alone = gap([2.0], [1.0, 0.0], span=4)
    assert (alone.mean, alone.low, alone.high) == (1.5, None, None)
    assert not alone.is_more
