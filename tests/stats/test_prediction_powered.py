"""Means over a sheet from few labels and all scores."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sheetjudge.errors import ConfigError
from sheetjudge.stats.prediction_powered import mean_by_labels, mean_with_judge


def sheet(rows, noise, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.normal(3, 1, rows)
    return truth, truth + rng.normal(0.5, noise, rows)


def test_labels_alone_give_the_textbooks_interval():
    labels = {i: float(v) for i, v in enumerate([3, 4, 2, 5, 4, 3, 3, 2, 4, 5, 1, 4])}
    said = np.array(list(labels.values()))
    low, high = stats.t.interval(0.95, 11, said.mean(), said.std(ddof=1) / np.sqrt(12) * np.sqrt(1 - 12 / 40))
    found = mean_by_labels(labels, 40)
    assert (found.value, found.low, found.high) == pytest.approx((said.mean(), low, high))
    sample = mean_by_labels(labels, 10**4, is_sample=True)
    assert (sample.low, sample.high) == pytest.approx(stats.t.interval(0.95, 11, said.mean(), stats.sem(said)))


def test_the_estimate_is_the_regression_estimator():
    truth, scores = sheet(200, 0.5)
    labels = {i: float(truth[i]) for i in range(0, 200, 5)}
    at = list(labels)
    slope = np.cov(truth[at], scores[at])[0, 1] / np.var(scores[at], ddof=1)
    found = mean_with_judge(scores, labels)
    assert found.weight == pytest.approx(slope)
    assert found.value == pytest.approx(truth[at].mean() + slope * (scores.mean() - scores[at].mean()))


def test_a_good_judge_narrows_the_interval_and_a_useless_one_does_no_harm():
    truth, good = sheet(1000, 0.3)
    labels = {i: float(truth[i]) for i in range(100)}
    alone = mean_by_labels(labels, 1000)
    assert mean_with_judge(good, labels).half_width < 0.5 * alone.half_width
    noise = np.random.default_rng(1).normal(size=1000)
    assert mean_with_judge(noise, labels).half_width < 1.02 * alone.half_width
    constant = mean_with_judge([3.0] * 1000, labels)
    assert (constant.value, constant.low) == pytest.approx((alone.value, alone.low))


def test_every_row_labelled_leaves_no_doubt_about_these_rows():
    truth, scores = sheet(50, 0.5)
    labels = dict(enumerate(map(float, truth)))
    found = mean_with_judge(scores, labels)
    assert found.low == pytest.approx(found.high) == pytest.approx(truth.mean())
    assert mean_with_judge(scores, labels, is_sample=True).half_width > 0.1


@settings(max_examples=50, deadline=None)
@given(st.floats(-50, 50), st.floats(0.1, 20), st.integers(0, 1000))
def test_another_scale_of_the_judge_changes_nothing(shift, factor, seed):
    truth, scores = sheet(120, 0.6, seed)
    labels = {i: float(truth[i]) for i in range(0, 120, 4)}
    one, other = mean_with_judge(scores, labels), mean_with_judge(scores * factor + shift, labels)
    assert (one.value, one.half_width) == pytest.approx((other.value, other.half_width), rel=1e-6)


def test_strata_with_more_labels_in_one_are_weighed_by_their_rows():
    truth = np.r_[np.full(90, 1.0), np.full(10, 5.0)] + np.random.default_rng(0).normal(0, 0.1, 100)
    strata = [0] * 90 + [1] * 10
    labels = {i: float(truth[i]) for i in (*range(8), *range(90, 98))}
    found = mean_with_judge(truth * 0, labels, strata=strata)
    assert found.value == pytest.approx(truth.mean(), abs=0.15)
    assert found.low < truth.mean() < found.high
    assert abs(mean_by_labels(labels, 100).value - truth.mean()) > 1


def test_a_stratum_with_one_label_joins_its_neighbour():
    truth, scores = sheet(60, 0.5)
    strata = [0] * 20 + [1] * 20 + [2] * 20
    labels = {i: float(truth[i]) for i in (*range(10), 25, *range(40, 50))}
    assert mean_with_judge(scores, labels, strata=strata).labels == 21


@given(
    st.integers(10, 60),
    st.integers(0, 200),
    st.sampled_from([(0, 1), (1, 5), (-3, 3)]),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.1, 1.0]),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_intervals_stay_on_the_scale_and_labels_that_are_all_alike_are_not_certain(
    count, further, ends, seed, varied, is_stratified
):
    rng = np.random.default_rng(seed)
    rows = count + further
    truth = np.where(rng.random(rows) < varied, rng.integers(ends[0], ends[1] + 1, rows), rng.integers(*ends))
    scores = np.where(rng.random(rows) < 0.5, truth, rng.integers(ends[0], ends[1] + 1, rows))
    strata = (np.arange(rows) % 3).tolist() if is_stratified else None
    labels = {int(i): float(truth[i]) for i in rng.choice(rows, count, replace=False)}
    for found in (
        mean_by_labels(labels, rows, strata=strata, ends=ends),
        mean_with_judge(scores, labels, strata=strata, ends=ends),
    ):
        assert ends[0] <= found.low <= found.value <= found.high <= ends[1]
        assert (found.high - found.low > 0) == (further > 0)
    assert not isnan(mean_with_judge(scores, labels, strata=strata, ends=ends).weight)


@pytest.mark.parametrize("share", [0.02, 0.05, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("labels", [10, 30])
def test_a_share_near_the_end_of_the_scale_is_covered(share, labels):
    rng = np.random.default_rng(4)
    truth = (np.arange(2000) < 2000 * share).astype(float)
    scores = np.where(rng.random(2000) < 0.9, truth, 1 - truth)
    covered = np.zeros(2)
    for _ in range(400):
        said = {int(i): float(truth[i]) for i in rng.choice(2000, labels, replace=False)}
        found = mean_by_labels(said, 2000, ends=(0, 1)), mean_with_judge(scores, said, ends=(0, 1))
        covered += [one.low <= share <= one.high for one in found]
    assert covered.min() / 400 > 0.93


@pytest.mark.parametrize("labels", [10, 20, 50])
def test_marks_near_the_end_of_the_scale_are_covered(labels):
    """Few labels seldom show the low marks, so that a t-interval holds 85% of the time."""
    rng = np.random.default_rng(5)
    truth = rng.choice([1.0, 2.0, 3.0, 4.0, 5.0], size=1000, p=[0.02, 0.03, 0.05, 0.1, 0.8])
    scores = np.clip(np.round(truth + rng.normal(0, 1.5, 1000)), 1, 5)
    covered = np.zeros(2)
    for _ in range(400):
        said = {int(i): float(truth[i]) for i in rng.choice(1000, labels, replace=False)}
        found = mean_by_labels(said, 1000, ends=(1, 5)), mean_with_judge(scores, said, ends=(1, 5))
        covered += [one.low <= truth.mean() <= one.high for one in found]
    assert covered.min() / 400 > 0.88


def test_an_estimate_at_the_end_of_the_scale_has_an_interval_of_its_labels():
    """All labels but a few are at the top, and the judge says that the rest of the rows stand even higher."""
    labels = {i: 4.0 if i < 4 else 5.0 for i in range(50)}
    scores = [3.0 if i < 3 else 4.0 if i < 50 else 5.0 for i in range(500)]
    found = mean_with_judge(scores, labels, ends=(1, 5))
    assert found.high == found.value == 5.0
    assert 4.5 < found.low < 5.0


def test_too_few_labels_are_refused():
    with pytest.raises(ConfigError, match="9 labels are too few"):
        mean_with_judge([1.0] * 50, dict.fromkeys(range(9), 1.0))


@pytest.mark.parametrize("noise", [0.3, 3.0])
@pytest.mark.parametrize("is_stratified", [False, True])
def test_intervals_cover(noise, is_stratified):
    truth, scores = sheet(600, noise)
    strata = (np.argsort(np.argsort(scores)) * 4 // 600).tolist() if is_stratified else None
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(400):
        if strata is None:
            rows = rng.choice(600, 50, replace=False)
        else:
            rows = np.concatenate(
                [rng.choice(np.flatnonzero(np.equal(strata, k)), 12 + k, replace=False) for k in range(4)]
            )
        found = mean_with_judge(scores, {int(i): float(truth[i]) for i in rows}, strata=strata)
        covered += found.low <= truth.mean() <= found.high
    # Four standard errors of a share of 0.95 in 400 draws.
    assert abs(covered / 400 - 0.95) < 0.044
