"""A monotone map from a judge's scores to people's labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetjudge.errors import ConfigError
from sheetjudge.stats.calibration import calibrate


def test_a_judge_who_is_too_kind_is_put_right():
    rng = np.random.default_rng(0)
    truth = rng.uniform(1, 5, 300)
    judged = 5 - (5 - truth) / 3 + rng.normal(0, 0.1, 300)
    found = calibrate(judged, truth)
    assert found.before.bias == pytest.approx(4 / 3, abs=0.15)
    assert abs(found.after.bias) < 0.05
    assert found.after.mean < 0.4 * found.before.mean
    assert found.helps
    assert found.map.apply(5 - 2 / 3) == pytest.approx(3, abs=0.2)


def test_a_judge_who_is_right_isnt_made_better():
    truth = np.random.default_rng(0).uniform(1, 5, 30)
    found = calibrate(truth, truth)
    assert found.before.mean == 0
    assert not found.helps


def test_a_judge_who_knows_nothing_is_mapped_to_the_mean():
    rng = np.random.default_rng(0)
    found = calibrate(rng.uniform(1, 5, 500), rng.normal(2, 1, 500))
    assert found.after.root_mean_square == pytest.approx(1, abs=0.15)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=20, max_size=60))
def test_the_map_rises_and_stays_within_the_labels(pairs):
    scores, labels = zip(*pairs, strict=True)
    if len(set(scores)) == 1:
        return
    found = calibrate(scores, labels).map
    mapped = [found.apply(s) for s in np.linspace(0, 6, 25)]
    assert mapped == sorted(mapped)
    assert min(labels) <= min(mapped) <= max(mapped) <= max(labels)


def test_too_few_labels_or_one_score_are_refused():
    with pytest.raises(ConfigError, match="19 labels are too few"):
        calibrate([1.0, 2.0] * 9 + [1.0], [1.0] * 19)
    with pytest.raises(ConfigError, match="the same score"):
        calibrate([2.0] * 30, [1.0] * 30)
