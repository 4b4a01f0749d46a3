"""Has a judge moved? The rate of false alarms is kept whatever its noise; a change is told."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetjudge.judging.canaries import ATTACKS
from sheetjudge.ops.canary_attacks import FIRST_ANSWERS
from sheetjudge.stats.drift import (
    FALSE_ALARMS,
    MOST_ANSWERS,
    TESTS,
    TOLERATED,
    TRICK_ANSWERS,
    answers_needed,
    could_tell,
    movement,
    p_of_tail,
    p_of_turn,
    significant,
)
from tests.bench.canary_nights import ATTACKED, FALLS, JUDGES, History

SHARES = st.floats(0, 1, allow_nan=False)


@given(st.lists(SHARES, min_size=1, max_size=8), st.integers(1, 5), st.integers(1, 5))
def test_a_judge_that_says_the_same_has_not_moved(truths, before, now):
    found = movement([[[t]] * before for t in truths], [[[t]] * now for t in truths], 0, rounds=50)
    assert (found.shift, found.p_shift, found.p_scatter) == (0, 1, 1)
    assert not found.is_suspect


@settings(max_examples=20)
@given(st.lists(st.floats(0.2, 0.8), min_size=8, max_size=12), st.floats(0.01, 0.2))
def test_a_shift_of_all_is_told_up_and_down(truths, by):
    before = [[[t]] * 3 for t in truths]
    for sign in (1, -1):
        found = movement(before, [[[t + sign * by]] * 5 for t in truths], 0)
        assert found.shift == pytest.approx(sign * by)
        assert "shift" in significant({"shift": found.p_shift, "scatter": found.p_scatter})


def test_changes_that_go_both_ways_are_told_by_the_scatter():
    truths = [0.3, 0.7] * 6
    found = movement([[[t]] * 3 for t in truths], [[[1 - t]] * 5 for t in truths], 0)
    assert found.shift == pytest.approx(0)
    assert significant({"shift": found.p_shift, "scatter": found.p_scatter}) == ("scatter",)


@pytest.mark.parametrize("kind", ["normal", "flips", "cauchy", "whole marks"])
def test_chances_are_not_smaller_than_they_say(kind):
    """P(p <= x) is at most x, for any noise, with few readings of each thing."""
    rng = np.random.default_rng(7)

    def say(shape):
        if kind == "normal":
            return rng.normal(0.5, 0.1, shape)
        if kind == "flips":
            return np.where(rng.random(shape) < 0.1, 0.75, 0.5)
        if kind == "cauchy":
            return rng.standard_cauchy(shape)
        return rng.integers(0, 5, shape) / 4

    trials = 600
    chances = [movement([*say((6, 2, 2))], [*say((6, 3, 2))], seed, rounds=400) for seed in range(trials)]
    for at in (0.05, 0.2):
        for p in ("p_shift", "p_scatter"):
            hits = sum(getattr(one, p) <= at for one in chances)
            assert hits <= trials * at + 4 * (trials * at * (1 - at)) ** 0.5


def test_the_level_is_shared():
    assert significant({}) == ()
    assert significant({"a": FALSE_ALARMS}) == ()
    assert significant({"a": FALSE_ALARMS / TESTS}) == ("a",)
    assert significant({"a": FALSE_ALARMS / TESTS, "b": FALSE_ALARMS / (TESTS - 1)}) == ("a", "b")
    assert TOLERATED**TRICK_ANSWERS <= FALSE_ALARMS / TESTS


def test_tails():
    assert p_of_tail(0, 12) == pytest.approx(1)
    assert p_of_tail(12, 12) == pytest.approx(TOLERATED**12)
    assert p_of_tail(1, 2) == pytest.approx(1 - 0.9**2)


def test_too_few_things_can_not_tell():
    assert could_tell([1] * 12, 5)
    assert not could_tell([1] * 3, 5)


@pytest.mark.parametrize("kind", ["the same each time", "3 in 100 answers off by 10% of the scale"])
def test_200_nights_without_a_change_and_then_another_judge(kind):
    history = History(JUDGES[kind], seed=3)
    nights = 200 if kind == "the same each time" else 60
    assert sum(history.night() for _ in range(nights)) == 0
    history.times = 1.1
    assert history.night(), "on the first night"


@pytest.mark.parametrize("before", [1, 30])
@pytest.mark.parametrize("attack", range(len(ATTACKED)))
def test_an_attack_that_begins_to_work_is_told_on_the_first_night(attack, before):
    history = History(JUDGES["the same each time"], seed=attack)
    assert sum(history.night() for _ in range(before)) == 0
    history.falls[ATTACKED[attack]] = 1.0
    assert history.night()
    assert history.night(), "until somebody has looked at it"


def test_an_attack_that_worked_from_the_first_is_no_change():
    history = History(JUDGES["the same each time"], seed=1, falls=1.0)
    assert sum(history.night() for _ in range(30)) == 0


@pytest.mark.parametrize("kind", FALLS)
def test_a_judge_that_is_taken_in_now_and_then_is_left_in_peace(kind):
    for seed in range(3):
        history = History(JUDGES[kind], seed, falls=FALLS[kind])
        assert sum(history.night() for _ in range(60)) == 0


def test_attacks_cost_one_call_each_where_nothing_has_changed():
    history = History(JUDGES["the same each time"], seed=2)
    history.night()
    assert history.calls == 12 + 3 + len(ATTACKS) + (FIRST_ANSWERS - 1) * (1 + len(ATTACKS)), "the first run"
    history.night()
    assert history.calls == 2 * (12 + 3 + len(ATTACKS)) + (FIRST_ANSWERS - 1) * (1 + len(ATTACKS))


@given(st.integers(0, 60), st.integers(1, MOST_ANSWERS), st.floats(0, 1))
def test_no_rate_makes_a_trick_turn_more_often_than_is_said(before, now, rate):
    few = sum(comb(before, k) * rate**k * (1 - rate) ** (before - k) for k in range(before // 10 + 1))
    assert few * rate**now <= p_of_turn(before, now) + 1e-4


def test_as_many_answers_as_it_takes():
    assert answers_needed(FIRST_ANSWERS, len(ATTACKS)) is not None
    assert answers_needed(1, len(ATTACKS)) is None
    needed = [answers_needed(before, len(ATTACKS)) for before in (6, 20, 60, 200)]
    assert needed == sorted(needed, reverse=True)
    for before, now in zip((6, 20, 60, 200), needed, strict=True):
        assert len(ATTACKS) * p_of_turn(before, now) <= FALSE_ALARMS / TESTS
