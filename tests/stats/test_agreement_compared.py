"""Judges beside people, and people beside each other."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from sheetjudge.core.rubric import YES_NO, integer_scale, label_scale
from sheetjudge.stats.agreement import compared, mean_answer, rest_of
from sheetjudge.stats.agreement_values import main_measure

SCALE = integer_scale(1, 5)
TOPICS = label_scale(("bug", "praise", "question"), ordered=False)
NAN = float("nan")


def raters(rows=60, seed=0, **noise):
    """Marks from 1 to 5: the same merit of each row, with noise of a rater's own."""
    rng = np.random.default_rng(seed)
    merit = rng.normal(3, 1.2, rows)
    return {name: np.clip(np.round(merit + rng.normal(0, spread, rows)), 1, 5) for name, spread in noise.items()}


PEOPLE = raters(ana=0.5, ben=0.7, cleo=0.9)
JUDGES = raters(good=0.2, poor=3.0)


def kappa(first, second):
    return cohen_kappa_score(first, second, weights="quadratic", labels=[1, 2, 3, 4, 5])


def test_figures_are_means_over_people_and_the_ceiling_is_that_of_people():
    found = compared(PEOPLE, JUDGES, SCALE)
    assert (found.people, found.rows, main_measure(found.measures)) == (("ana", "ben", "cleo"), 60, "kappa_quadratic")
    theirs = [kappa(PEOPLE[a], PEOPLE[b]) for a, b in (("ana", "ben"), ("ana", "cleo"), ("ben", "cleo"))]
    assert found.ceiling.mean["kappa_quadratic"].value == pytest.approx(np.mean(theirs))
    assert [pair.figures["kappa_quadratic"].value for pair in found.ceiling.pairs] == pytest.approx(theirs)
    for judge in found.judges:
        own = [kappa(JUDGES[judge.judge], values) for values in PEOPLE.values()]
        assert judge.mean["kappa_quadratic"].value == pytest.approx(np.mean(own))
        assert judge.beyond["kappa_quadratic"].value == pytest.approx(np.mean(own) - np.mean(theirs))
        ben = np.mean([own[0], own[2]]) - np.mean([theirs[0], theirs[2]])
        assert judge.beyond_person["ben"]["kappa_quadratic"].value == pytest.approx(ben)


def test_one_versus_the_rest():
    found = compared(PEOPLE, JUDGES, SCALE)
    rests = {name: np.mean([v for n, v in PEOPLE.items() if n != name], axis=0) for name in PEOPLE}
    theirs = np.mean([spearmanr(PEOPLE[name], rests[name]).statistic for name in PEOPLE])
    assert found.ceiling.rest["spearman"].value == pytest.approx(theirs)
    own = np.mean([spearmanr(JUDGES["good"], rest).statistic for rest in rests.values()])
    assert found.judges[0].rest["spearman"].value == pytest.approx(own)
    assert found.judges[0].beyond_rest["spearman"].value == pytest.approx(own - theirs)


def test_a_good_judge_is_told_from_a_poor_one():
    good, poor = compared(PEOPLE, JUDGES, SCALE).judges
    assert good.beyond["kappa_quadratic"].low > 0
    assert poor.beyond["kappa_quadratic"].high < 0
    assert good.mean["kappa_quadratic"].chance == 0
    assert 0.1 < good.mean["exact"].chance < 0.4


def test_a_person_who_is_the_judge_agrees_as_they_do():
    found = compared(PEOPLE, {"twin": PEOPLE["ana"]}, SCALE).judges[0]
    apart = found.beyond_person["ana"]["kappa_quadratic"]
    assert (apart.value, apart.high) == (pytest.approx(0), pytest.approx(-apart.low))
    assert 0.01 < apart.high < 0.1, "60 rows say much, and not everything"


@given(st.integers(0, 10_000), st.sampled_from([0.03, 0.1, 0.4]), st.integers(2, 3))
@settings(max_examples=40, deadline=None)
def test_what_no_pair_can_tell_their_difference_can_t_tell_either(seed, share, people):
    rng = np.random.default_rng(seed)
    truth = rng.random(40) < share
    said = {name: (truth ^ (rng.random(40) < 0.05)).astype(float) for name in ("judge", "ana", "ben", "cleo")}
    named = {name: said[name] for name in ("ana", "ben", "cleo")[:people]}
    found = compared(named, {"judge": said["judge"]}, YES_NO)
    judge = found.judges[0]
    for name in ("kappa", "alpha", "spearman"):
        sides = [[pair.figures[name].low for pair in pairs] for pairs in (judge.pairs, found.ceiling.pairs)]
        if any(all(low is None for low in side) for side in sides):
            assert judge.beyond[name].low is None, "no verdict on what hangs on a few rows"
            assert judge.beyond[name].why
        else:
            assert judge.beyond[name].low is not None
    assert judge.beyond["exact"].low is not None


@given(st.integers(0, 10_000), st.permutations(range(4)))
@settings(deadline=None)
def test_a_jury_has_the_same_mean_in_any_order_and_ties_are_ties(seed, order):
    tenths = np.random.default_rng(seed).integers(10, 50, (4, 30))
    means = mean_answer([tenths[at] / 10 for at in order], SCALE)
    whole = tenths.sum(axis=0)
    assert means == pytest.approx(whole / 40)
    assert (np.unique(means, return_inverse=True)[1] == np.unique(whole, return_inverse=True)[1]).all()


@pytest.mark.parametrize("rows", [10, 30, 400])
def test_raters_who_say_the_same_of_few_rows_may_differ_on_others(rows):
    marks = raters(rows, seed=3, ana=0.5)["ana"]
    found = compared({"ana": marks, "ben": marks}, {"twin": marks, "kind": marks + 1}, integer_scale(1, 6))
    twin, kind = found.judges
    unseen = 1 - twin.mean["kappa_quadratic"].low
    for figure in (*twin.beyond.values(), twin.mean["above"], kind.mean["above"]):
        assert figure.low <= figure.value <= figure.high
        assert figure.high - figure.low > unseen
    assert twin.mean["above"].high == pytest.approx(5 * unseen)
    assert kind.mean["above"].high - 1 < 1 - kind.mean["above"].low, "there is less room above"


def test_one_person_has_no_ceiling():
    found = compared({"ana": PEOPLE["ana"]}, JUDGES, SCALE)
    assert found.ceiling is None
    assert (found.judges[0].beyond, found.judges[0].rest) == ({}, {})
    assert found.judges[0].mean["kappa_quadratic"].value == pytest.approx(kappa(JUDGES["good"], PEOPLE["ana"]))


def test_missing_answers_are_left_out_of_what_they_are_missing_from():
    ana, ben = PEOPLE["ana"].copy(), PEOPLE["ben"].copy()
    ana[:20], ben[50:] = NAN, NAN
    own = JUDGES["good"].copy()
    own[:5] = NAN
    found = compared({"ana": ana, "ben": ben}, {"good": own}, SCALE)
    judge = found.judges[0]
    assert (found.rows, judge.rows, judge.unscored) == (60, 55, 5)
    assert [pair.rows for pair in judge.pairs] == [40, 45]
    assert found.ceiling.pairs[0].rows == 30
    assert found.ceiling.pairs[0].figures["kappa_quadratic"].value == pytest.approx(kappa(ana[20:50], ben[20:50]))


def test_the_confusion_matrix_counts_every_row_once():
    found = compared(PEOPLE, {"good": JUDGES["good"]}, SCALE).judges[0].pairs[0]
    table = np.array(found.confusion)
    assert (table.shape, table.sum(), np.trace(table)) == ((5, 5), 60, np.sum(JUDGES["good"] == PEOPLE["ana"]))
    assert table[4, 3] == np.sum((JUDGES["good"] == 5) & (PEOPLE["ana"] == 4))


def test_a_rater_who_always_says_the_same_gets_a_reason_and_no_number():
    found = compared({"ana": PEOPLE["ana"]}, {"flat": np.full(60, 3.0)}, SCALE).judges[0].mean
    for name in ("kappa", "kappa_linear", "kappa_quadratic", "alpha", "spearman", "kendall"):
        assert found[name].value is None, name
        assert "the same answer" in found[name].why
    assert found["exact"].value == pytest.approx(np.mean(PEOPLE["ana"] == 3))
    assert found["exact"].low is not None


def test_few_rows_and_rare_answers_are_told():
    few = {name: values[:8] for name, values in PEOPLE.items()}
    found = compared(few, {"good": JUDGES["good"][:8]}, SCALE).judges[0].mean["kappa_quadratic"]
    assert (found.value, "8 rows are too few" in found.why) == (None, True)
    rare = np.zeros(40)
    rare[:3] = 1.0
    found = compared({"ana": rare}, {"judge": rare}, YES_NO).judges[0].mean["kappa"]
    assert (found.value, found.low, "fewer than 5 rows" in found.why) == (1.0, None, True)


def test_labels_without_an_order_have_no_ranks_and_no_mean():
    rng = np.random.default_rng(2)
    topics = rng.integers(0, 3, (3, 50)).astype(float)
    people = dict(zip(("ana", "ben", "cleo"), topics, strict=True))
    found = compared(people, {"judge": topics[0]}, TOPICS)
    assert found.measures == ("exact", "kappa", "alpha")
    rest = rest_of(people, "ana", TOPICS)
    assert np.isnan(rest[topics[1] != topics[2]]).all(), "one against one is no majority"
    assert (rest[topics[1] == topics[2]] == topics[1][topics[1] == topics[2]]).all()


def test_the_mean_answer():
    three = [np.array([1.0, NAN, NAN]), np.array([2.0, 4.0, NAN])]
    np.testing.assert_array_equal(mean_answer(three, SCALE), [1.5, 4.0, NAN])
    np.testing.assert_array_equal(mean_answer([np.array([0.0, 2.0])] * 2, TOPICS), [0.0, 2.0])


def test_by_order_alone():
    found = compared({"ana": PEOPLE["ana"] * 17}, {"good": JUDGES["good"]}, SCALE, by_order=True)
    assert found.measures == ("spearman", "kendall")
    assert found.judges[0].mean["spearman"].value == pytest.approx(spearmanr(JUDGES["good"], PEOPLE["ana"]).statistic)


def test_groups_are_left_out_together_and_ranks_are_compared_within_them():
    groups = [row // 4 for row in range(60)]
    found = compared(PEOPLE, JUDGES, SCALE, groups=groups)
    assert (found.groups, "spearman_within" in found.measures) == (15, True)
    assert found.judges[0].mean["spearman_within"].value is not None
    alone = compared(PEOPLE, JUDGES, SCALE)
    here, there = (f.judges[0].mean["kappa_quadratic"] for f in (found, alone))
    assert here.value == pytest.approx(there.value)
    assert (here.low, here.high) != (there.low, there.high)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_the_order_of_rows_and_of_people_means_nothing(seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(60)
    here = compared(PEOPLE, JUDGES, SCALE)
    mixed = {name: PEOPLE[name][order] for name in rng.permutation(list(PEOPLE))}
    there = compared(mixed, {name: values[order] for name, values in JUDGES.items()}, SCALE)
    for one, other in zip(here.judges, there.judges, strict=True):
        for part in ("mean", "rest", "beyond"):
            for name, figure in getattr(one, part).items():
                told = getattr(other, part)[name]
                assert (told.value, told.low, told.high) == pytest.approx((figure.value, figure.low, figure.high))


def test_everything_is_plain_data():
    found = compared(PEOPLE, JUDGES, SCALE, groups=[row // 3 for row in range(60)])
    assert json.loads(json.dumps(asdict(found)))["judges"][0]["judge"] == "good"


def test_a_mean_over_people_says_whom_it_leaves_out():
    people = PEOPLE | {"flat": np.full(60, 3.0)}
    found = compared(people, {"good": JUDGES["good"]}, SCALE).judges[0].mean["kappa_quadratic"]
    expected = np.mean([kappa(JUDGES["good"], values) for values in PEOPLE.values()])
    assert found.value == pytest.approx(expected)
    assert "without 1 of 4 pairs" in found.why


def test_why_there_is_no_tau_of_very_many_marks_is_said():
    rng = np.random.default_rng(1)
    merit = rng.uniform(0, 100, 5_001)
    people, judges = {"ana": merit}, {"judge": merit + rng.normal(0, 5, 5_001)}
    (judge,) = compared(people, judges, integer_scale(0, 100), by_order=True).judges
    assert judge.mean["kendall"].value is None
    assert "more than 5,000 different pairs of marks" in judge.mean["kendall"].why
    assert judge.mean["spearman"].value == pytest.approx(spearmanr(people["ana"], judges["judge"]).statistic)


@pytest.mark.parametrize("rows", [1, 3])
def test_too_few_rows_are_counted_as_a_person_counts(rows):
    marks = np.arange(1.0, rows + 1)
    (judge,) = compared({"ana": marks}, {"judge": marks}, SCALE).judges
    assert judge.mean["alpha"].why == ("1 row is too few to tell" if rows == 1 else "3 rows are too few to tell")
