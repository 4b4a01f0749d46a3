"""Measures of agreement against the libraries that define them, and what must not change them."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from sheetjudge.core.rubric import YES_NO, integer_scale, label_scale
from sheetjudge.stats.agreement_alpha import weighted_alpha
from sheetjudge.stats.agreement_groups import groups_of, within_groups
from sheetjudge.stats.agreement_measures import agreement, chance_rate, measures_of

SCALE = integer_scale(1, 5)
TOPICS = label_scale(("bug", "praise", "question", "spam", "other"), ordered=False)
NAN = float("nan")

marks = st.integers(1, 5)
pairs = st.lists(st.tuples(marks, marks), min_size=3, max_size=40)


def arrays(found):
    return tuple(np.array(side, dtype=float) for side in zip(*found, strict=True))


def once(first, second, scale=SCALE, **more):
    found = agreement(first, second, np.ones((1, len(first))), scale, **more)
    return {name: float(draws[0]) for name, draws in found.items()}


def same(here, there):
    assert here == pytest.approx(there, abs=1e-9, nan_ok=True)


# --- the libraries ----------------------------------------------------------------------------------------------------


@given(pairs)
def test_kappas_are_those_of_scikit_learn(found):
    first, second = arrays(found)
    assume(len(set(first)) > 1)
    assume(len(set(second)) > 1)
    told = once(first, second)
    for name, weights in (("kappa", None), ("kappa_linear", "linear"), ("kappa_quadratic", "quadratic")):
        same(told[name], cohen_kappa_score(first, second, weights=weights, labels=[1, 2, 3, 4, 5]))


@given(pairs)
def test_rank_correlations_are_those_of_scipy(found):
    first, second = arrays(found)
    assume(len(set(first)) > 1)
    assume(len(set(second)) > 1)
    told = once(first, second)
    same(told["spearman"], spearmanr(first, second).statistic)
    same(told["kendall"], kendalltau(first, second).statistic)


values = st.one_of(st.none(), marks)


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval"])
@given(data=st.lists(st.lists(values, min_size=3, max_size=3), min_size=2, max_size=20), weights=st.data())
@settings(max_examples=60)
def test_alpha_is_that_of_krippendorff_and_a_weight_is_a_repeated_row(metric, data, weights):
    answers = np.array([[NAN if v is None else v for v in row] for row in data]).T
    drawn = np.array(weights.draw(st.lists(st.integers(0, 3), min_size=len(data), max_size=len(data))))
    for weight in (np.ones(len(data), dtype=int), drawn):
        repeated = np.repeat(answers, weight, axis=1)
        try:
            expected = krippendorff.alpha(repeated, level_of_measurement=metric)
        except ValueError:
            expected = NAN
        same(float(weighted_alpha(answers, weight[None, :].astype(float), metric)[0]), expected)


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval"])
def test_raters_who_share_no_row_have_no_alpha(metric):
    apart = np.array([(1, 2, NAN, NAN), (NAN, NAN, 1, 2), (NAN, NAN, NAN, NAN)])
    for answers in (apart, apart[:, :0]):
        assert np.isnan(weighted_alpha(answers, np.ones((3, answers.shape[1])), metric)).all()


def test_alpha_as_published():
    # Krippendorff (2011), section C: four observers, twelve units, missing data.
    observers = np.array([
        (1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN),
        (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3),
        (NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN),
        (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN),
    ])  # fmt: skip
    ones = np.ones((1, 12))
    for metric, published in (("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)):
        assert weighted_alpha(observers, ones, metric)[0] == pytest.approx(published, abs=5e-4)


def test_kappa_as_published():
    # Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions: diagnoses of two raters on 100 subjects.
    table = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
    first, second = zip(*[(i, j) for i in range(3) for j in range(3) for _ in range(table[i][j])], strict=True)
    told = once(np.array(first, float), np.array(second, float), label_scale(("psychotic", "neurotic", "organic")))
    assert told["kappa"] == pytest.approx(0.676, abs=5e-4)
    assert told["exact"] == pytest.approx(0.89)


@given(pairs)
def test_rates_and_what_chance_would_give_follow_the_confusion_matrix(found):
    first, second = arrays(found)
    table = confusion_matrix(first, second, labels=[1, 2, 3, 4, 5]) / len(first)
    near = np.abs(np.subtract.outer(range(5), range(5)))
    told = once(first, second)
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0))
    for steps, name in ((0, "exact"), (1, "within_one")):
        same(told[name], table[near <= steps].sum())
        ones = np.ones((1, len(first)))
        same(float(chance_rate(first, second, ones, SCALE, steps)[0]), by_chance[near <= steps].sum())
    same(told["above"], first.mean() - second.mean())


# --- what must not change them ------------------------------------------------------------------------------------


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_rows_means_nothing(found, random):
    mixed = list(found)
    random.shuffle(mixed)
    here, there = once(*arrays(found)), once(*arrays(mixed))
    for name in here:
        same(here[name], there[name])


@given(pairs)
def test_who_is_first_means_nothing_but_to_the_difference(found):
    first, second = arrays(found)
    here, there = once(first, second), once(second, first)
    same(here.pop("above"), -there.pop("above"))
    for name in here:
        same(here[name], there[name])


@given(pairs, st.permutations(range(5)))
def test_what_labels_without_an_order_are_called_means_nothing(found, names):
    first, second = arrays(found)
    renamed = [np.array([names[int(v) - 1] for v in side], dtype=float) for side in (first, second)]
    here, there = once(first - 1, second - 1, TOPICS), once(*renamed, TOPICS)
    assert set(here) == {"exact", "kappa", "alpha"}
    for name in here:
        same(here[name], there[name])


@given(pairs, st.data())
def test_a_weight_is_a_repeated_row_and_a_missing_answer_is_a_missing_row(found, data):
    first, second = arrays(found)
    weights = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(first), max_size=len(first))), dtype=float)
    assume(weights.sum() > 0)
    drawn = agreement(first, second, weights[None, :], SCALE)
    repeated = once(np.repeat(first, weights.astype(int)), np.repeat(second, weights.astype(int)))
    gone = np.where(weights == 0, NAN, first)
    for name in repeated:
        same(float(drawn[name][0]), repeated[name])
        same(once(gone, second)[name], once(first[weights > 0], second[weights > 0])[name])


@given(pairs, st.floats(0.1, 10), st.floats(-5, 5))
def test_ranks_have_no_unit(found, unit, origin):
    first, second = arrays(found)
    moved = once(origin + unit * first, second, names=("spearman", "kendall"))
    for name in moved:
        same(moved[name], once(first, second)[name])


@pytest.mark.parametrize("scale", [SCALE, YES_NO, TOPICS])
def test_where_everybody_says_the_same_there_is_no_figure_beyond_chance(scale):
    first = np.full(20, float(scale.high))
    told = once(first, first, scale)
    assert told["exact"] == 1
    assert all(np.isnan(told[name]) for name in measures_of(scale) if name in ("kappa", "alpha", "spearman", "kendall"))


def test_without_a_row_in_common_there_is_nothing():
    told = once(np.array([1.0, NAN]), np.array([NAN, 2.0]))
    assert all(np.isnan(value) for value in told.values())


def test_a_value_between_two_answers_is_the_nearer_one_for_rates_and_itself_for_the_rest():
    told = once(np.array([2.5, 3.4, 1.0]), np.array([3.0, 3.0, 2.0]))
    assert told["exact"] == pytest.approx(2 / 3)
    assert told["above"] == pytest.approx(-1.1 / 3)


# --- groups -----------------------------------------------------------------------------------------------------------


def test_within_groups_each_group_has_a_coefficient_of_its_own():
    rng = np.random.default_rng(1)
    groups = np.repeat(["a", "b", "c", "d"], 12)
    level = np.repeat([0.0, 5.0, 10.0, 15.0], 12)
    first, second = level + rng.normal(size=48), level + rng.normal(size=48)
    rows = groups_of(list(groups))
    found = within_groups(first, second, np.ones((1, 48)), SCALE, rows)
    expected = [[spearmanr(first[r], second[r]).statistic, kendalltau(first[r], second[r]).statistic] for r in rows]
    same([float(found["spearman_within"][0]), float(found["kendall_within"][0])], list(np.mean(expected, axis=0)))
    assert once(first, second)["spearman"] > 0.9 > found["spearman_within"][0], "levels of groups are known to both"


def test_groups_without_an_order_do_not_count():
    first = np.array([1.0, 2, 3, 4, 4, 4, 1, 5])
    second = np.array([1.0, 2, 3, 1, 2, 3, 5, 1])
    rows = groups_of(["a"] * 3 + ["flat"] * 3 + ["two"] * 2)
    assert within_groups(first, second, np.ones((1, 8)), SCALE, rows)["spearman_within"][0] == pytest.approx(1.0)
    nothing = within_groups(first[3:], second[3:], np.ones((1, 5)), SCALE, groups_of(["flat"] * 3 + ["two"] * 2))
    assert np.isnan(nothing["spearman_within"][0])
