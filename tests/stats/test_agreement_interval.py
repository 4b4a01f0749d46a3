"""Intervals of figures about agreement."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from sheetjudge.core.rubric import integer_scale
from sheetjudge.stats.agreement_interval import LEAST_UNITS, MOST_UNITS, figure, left_out
from sheetjudge.stats.agreement_measures import agreement

SCALE = integer_scale(1, 5)


def of_mean(values, kind="difference", groups=None):
    plan = left_out(len(values), groups)
    draws = plan.weights @ values / plan.weights.sum(axis=1)
    return figure(draws, plan, np.ones(len(values), dtype=bool), kind)


@given(st.lists(st.floats(-100, 100), min_size=LEAST_UNITS, max_size=60))
def test_the_interval_of_a_mean_is_students(values):
    assume(np.ptp(values) > 1e-6)
    found = of_mean(np.array(values))
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)


@given(st.integers(LEAST_UNITS, 400), st.floats(-1, 1), st.sampled_from([1.0, 4.0, 100.0]))
def test_rows_that_all_differ_alike_are_not_certain_that_others_do(rows, share, span):
    value = share * span
    plan = left_out(rows)
    draws = plan.weights @ np.full(rows, value) / plan.weights.sum(axis=1)
    found = figure(draws, plan, np.ones(rows, dtype=bool), "difference", span=span)
    assert -span <= found.low <= found.value <= found.high <= span
    # What a rate of none has, as far as can be in either direction.
    none = of_mean(np.zeros(rows), "rate").high
    assert found.high - found.low == pytest.approx(none * 2 * span)


def test_a_group_is_one_observation():
    rng = np.random.default_rng(0)
    means = rng.normal(size=15)
    found = of_mean(np.repeat(means, 4), groups=list(np.repeat(np.arange(15), 4)))
    alone = of_mean(means)
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high))
    assert of_mean(np.repeat(means, 4)).low > found.low


@given(st.integers(LEAST_UNITS, 300), st.floats(0, 1))
def test_a_rate_has_an_interval_within_its_bounds_also_where_every_row_agrees(rows, share):
    hits = np.zeros(rows)
    hits[: round(share * rows)] = 1.0
    found = of_mean(hits, "rate")
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low > 0.5 / rows, "ten of ten is not certainty"


@given(st.lists(st.integers(-20, 20), min_size=LEAST_UNITS, max_size=60))
def test_a_difference_that_few_rows_make_too_small_has_its_interval_around_what_many_would_make_it(values):
    assume(len(set(values)) > 2)
    marks, plan = np.array(values, dtype=float), left_out(len(values))
    means = [plan.weights @ power / plan.weights.sum(axis=1) for power in (marks, marks**2)]
    # The variance of the rows themselves: by n / (n - 1) below that of what they were drawn from.
    draws = means[1] - means[0] ** 2
    found = figure(draws, plan, np.ones(len(marks), dtype=bool), "difference", span=1e6)
    assert found.value == pytest.approx(marks.var())
    assert (found.low + found.high) / 2 == pytest.approx(marks.var(ddof=1))
    assert found.low <= found.value <= found.high


def test_a_coefficient_of_one_is_not_certain():
    marks = np.array([1.0, 2, 3, 4, 5] * 6)
    plan = left_out(30)
    draws = agreement(marks, marks, plan.weights, SCALE)["kappa_quadratic"]
    found = figure(draws, plan, np.ones(30, dtype=bool), "coefficient")
    assert (found.value, found.high) == (1.0, 1.0)
    square = float(t.ppf(0.975, 29)) ** 2
    assert found.low == pytest.approx(30 / (30 + square))


@settings(max_examples=50)
@given(st.integers(12, 80), st.integers(0, 10_000))
def test_a_coefficient_stays_between_minus_one_and_one(rows, seed):
    rng = np.random.default_rng(seed)
    marks = rng.integers(1, 6, size=(2, rows)).astype(float)
    plan = left_out(rows)
    for name, draws in agreement(*marks, plan.weights, SCALE, ("kappa_quadratic", "alpha", "spearman")).items():
        found = figure(draws, plan, np.ones(rows, dtype=bool), "coefficient")
        assert -1 <= found.low <= found.value <= found.high <= 1, name


def test_few_rows_have_no_interval_and_say_so():
    found = of_mean(np.arange(LEAST_UNITS - 1.0))
    assert (found.low, found.high) == (None, None)
    assert found.value == pytest.approx(4.0)
    assert "10 rows or more" in found.why
    grouped = of_mean(np.arange(30.0), groups=["a", "b", "c"] * 10)
    assert (grouped.low, "10 groups" in grouped.why) == (None, True)


def test_rows_that_a_figure_does_not_rest_on_do_not_count():
    values = np.array([1.0, 5.0] * 10)
    plan = left_out(40)
    padded = np.concatenate([values, np.zeros(20)])
    used = np.arange(40) < 20
    draws = plan.weights[:, :20] @ values / plan.weights[:, :20].sum(axis=1)
    assert figure(draws, plan, used, "difference") == of_mean(padded[:20])


def test_what_hangs_on_one_row_has_no_interval():
    first, second = np.full(20, 3.0), np.array([3.0] * 10 + [2.0] * 10)
    first[0] = 4.0
    plan = left_out(20)
    draws = agreement(first, second, plan.weights, SCALE)["spearman"]
    found = figure(draws, plan, np.ones(20, dtype=bool), "coefficient")
    assert (found.low, "single row" in found.why) == (None, True)


def test_many_rows_are_left_out_in_blocks_with_nearly_the_same_interval():
    values = np.random.default_rng(3).normal(size=4 * MOST_UNITS)
    found = of_mean(values)
    assert left_out(len(values)).units == MOST_UNITS
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    assert found.high - found.low == pytest.approx(expected.high - expected.low, rel=0.15)
    assert of_mean(values) == found, "always the same"
