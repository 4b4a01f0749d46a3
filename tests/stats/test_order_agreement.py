"""Agreement between the two orders of a pair, and the liking for a place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.stats.order_agreement import order_agreement


def test_a_judge_that_says_the_same_both_times():
    found = order_agreement([(1.0, 1.0), (0.0, 0.0), (1.0, 1.0), (0.5, 0.5)])
    assert (found.pairs, found.same, found.kappa, found.contradictions, found.first) == (4, 1.0, 1.0, 0.0, 0.5)


def test_a_judge_that_takes_whatever_stands_first():
    found = order_agreement([(1.0, 0.0)] * 50)
    assert (found.same, found.contradictions, found.first) == (0.0, 1.0, 1.0)
    assert found.kappa == pytest.approx(-1.0)
    assert 0.9 < found.first_low < found.first_high == 1.0


def test_a_tie_against_a_winner_is_neither_the_same_nor_a_contradiction():
    found = order_agreement([(1.0, 0.5), (1.0, 1.0)])
    assert (found.same, found.contradictions, found.first) == (0.5, 0.0, 0.625)


def test_what_chance_would_give():
    # Each of the four combinations of two winners once: as often the same as with a coin.
    found = order_agreement([(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)])
    assert (found.same, found.kappa) == (0.5, pytest.approx(0.0))


def test_ties_alone_are_agreement_of_no_value():
    assert order_agreement([(0.5, 0.5)] * 3).kappa is None


def test_no_pairs():
    assert order_agreement([]) is None


preferences = st.floats(0, 1)


@given(st.lists(st.tuples(preferences, preferences), min_size=1, max_size=40))
def test_swapping_the_names_of_the_two_changes_nothing(pairs):
    here = order_agreement(pairs)
    # Called the other way round, the text that stood first stands second.
    there = order_agreement([(1 - turned, 1 - ahead) for ahead, turned in pairs])
    assert (there.same, there.contradictions, there.kappa) == (here.same, here.contradictions, here.kappa)
    assert there.first == pytest.approx(here.first)
    assert 0 <= here.first_low <= here.first <= here.first_high <= 1
