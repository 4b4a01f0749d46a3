"""Weights of a jury's judges from people's labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetjudge.core.rubric import YES_NO, integer_scale
from sheetjudge.errors import ConfigError
from sheetjudge.stats.jury_weights import jury_weights

SCALE = integer_scale(1, 10)


def jury(rows, noises, seed=0, lenient=()):
    rng = np.random.default_rng(seed)
    merit = rng.uniform(2, 9, rows)
    shifts = (*lenient, *[0.0] * len(noises))
    judges = {f"j{n}": merit + rng.normal(0, noise, rows) + shifts[n] for n, noise in enumerate(noises)}
    return judges, merit + rng.normal(0, 0.3, rows)


def test_a_judge_who_guesses_counts_for_less_and_that_helps():
    judges, people = jury(200, (0.4, 8.0))
    found = jury_weights(judges, people, SCALE)
    assert found.weights["j0"] > 0.9
    assert found.weights["j0"] <= found.highest["j0"]
    assert found.lowest["j1"] <= found.weights["j1"] <= found.highest["j1"]
    assert found.help
    assert not found.are_equal
    assert found.after["spearman"].value > found.before["spearman"].value + 0.1
    assert found.gain["spearman"].value == pytest.approx(found.after["spearman"].value - found.before["spearman"].value)


def test_the_known_weights_of_judges_with_errors_of_their_own():
    # Errors that are independent weigh by one over their variance: 1 and 1/4, that is 0.8 and 0.2.
    judges, people = jury(1000, (1.0, 2.0))
    found = jury_weights(judges, people, SCALE)
    assert found.weights["j0"] == pytest.approx(0.8, abs=0.08)


@given(st.integers(1, 6), st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_groups_that_are_too_few_say_so(groups, seed):
    judges, people = jury(40, (0.5, 3.0), seed)
    named = np.random.default_rng(seed).integers(0, groups, 40).tolist()
    if len(set(named)) < 3:
        with pytest.raises(ConfigError, match="too few to weigh judges by"):
            jury_weights(judges, people, SCALE, groups=named)
    else:
        found = jury_weights(judges, people, SCALE, groups=named)
        assert sum(found.weights.values()) == pytest.approx(1)


def test_judges_who_are_as_good_as_each_other_keep_the_mean():
    equal = [jury_weights(*jury(60, (1.0, 1.0, 1.0), seed), SCALE) for seed in range(12)]
    assert sum(found.help for found in equal) <= 1
    assert sum(found.are_equal for found in equal) >= 8


def test_a_gain_that_is_sure_and_tiny_is_not_worth_the_trouble():
    # The same errors, in one judge a little larger: with many labels that is sure, and changes nothing.
    judges, people = jury(800, (1.6, 2.1))
    found = jury_weights(judges, people, SCALE)
    assert found.are_better
    assert 0 < found.gain[found.measure].value < 0.02
    assert not found.help


def test_leniency_of_a_judge_takes_no_weight_from_it():
    judges, people = jury(200, (0.6, 0.6), lenient=(3.0, 0.0))
    assert jury_weights(judges, people, SCALE).weights["j0"] == pytest.approx(0.5, abs=0.15)


def test_weights_are_measured_on_rows_that_they_were_not_fitted_on():
    # With labels that mean nothing, weights fitted to them look good on those and on no others.
    rng = np.random.default_rng(4)
    gains = []
    for _ in range(8):
        judges = {f"j{n}": rng.normal(5, 1, 40) for n in range(8)}
        gains.append(jury_weights(judges, rng.normal(5, 1, 40), SCALE).gain["spearman"].value)
    assert np.mean(gains) < 0.05


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 5), st.integers(30, 70), st.integers(0, 10**6))
def test_weights_lie_on_the_simplex(count, rows, seed):
    rng = np.random.default_rng(seed)
    judges = {f"j{n}": rng.integers(1, 11, rows).astype(float) for n in range(count)}
    judges["j0"][rng.integers(0, rows)] = np.nan
    people = rng.integers(1, 11, rows).astype(float)
    try:
        found = jury_weights(judges, people, SCALE)
    except ConfigError:
        assert rows == 30, "only a row that nobody may count can make them too few"
        return
    weights = np.array(list(found.weights.values()))
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    assert found.rows == rows - 1
    assert all(found.lowest[j] <= found.highest[j] for j in judges)


def test_rows_of_a_group_are_in_one_fold():
    judges, people = jury(60, (0.5, 2.0))
    found = jury_weights(judges, people, SCALE, groups=[f"g{n // 20}" for n in range(60)])
    assert found.rows == 60
    assert found.gain[found.measure].low is None, "three groups have no interval"
    assert not found.help


def test_yes_and_no_are_weighed_as_shares():
    rng = np.random.default_rng(0)
    people = rng.integers(0, 2, 200).astype(float)
    judges = {"good": np.where(rng.random(200) < 0.9, people, 1 - people), "lot": rng.integers(0, 2, 200).astype(float)}
    found = jury_weights(judges, people, YES_NO)
    assert found.measure == "kappa"
    assert found.weights["good"] > 0.8


def test_too_few_labels_or_equal_answers_are_refused():
    judges, people = jury(29, (1.0, 1.0))
    with pytest.raises(ConfigError, match="29 labels"):
        jury_weights(judges, people, SCALE)
    with pytest.raises(ConfigError, match="same answer"):
        jury_weights({"a": np.full(40, 3.0), "b": np.full(40, 3.0)}, np.arange(40) % 5 + 1.0, SCALE)
