"""Preferences and advantages from the scores of several answers to one prompt."""

from __future__ import annotations

import math
from itertools import islice, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.stats.training import Preference, Scored, advantages, preferences

numbers = st.floats(-1e6, 1e6) | st.integers(0, 5).map(float)
groups = st.lists(numbers, min_size=1, max_size=9)
answers = st.lists(st.builds(Scored, numbers, st.none() | st.integers(1, 3)), max_size=9)


def scored(*scores):
    return [Scored(score) for score in scores]


class TestPreferences:
    def test_the_better_of_each_pair_with_the_largest_margin_first(self):
        assert [*preferences(scored(2, 5, 4))] == [Preference(1, 0, 3), Preference(2, 0, 2), Preference(1, 2, 1)]

    def test_equal_scores_make_no_pair(self):
        assert not [*preferences(scored(4, 4))]
        assert not [*preferences(scored(0.1 + 0.2, 0.3))]

    def test_a_least_margin_is_enough(self):
        assert [*preferences(scored(1, 2, 2.5), least_margin=1)] == [Preference(2, 0, 1.5), Preference(1, 0, 1)]

    def test_a_few_of_very_many_answers_take_no_time(self):
        pairs = preferences(scored(*range(20_000)))
        assert [*islice(pairs, 3)] == [
            Preference(19_999, 0, 19_999), Preference(19_998, 0, 19_998), Preference(19_999, 1, 19_998)
        ]  # fmt: skip

    def test_answers_that_could_not_be_told_apart_make_no_pair(self):
        found = preferences([Scored(5, 1), Scored(4, 1), Scored(2, 2)])
        assert [(pair.chosen, pair.rejected) for pair in found] == [(0, 2), (1, 2)]

    def test_scores_and_tiers_that_say_the_opposite_make_no_pair(self):
        assert not [*preferences([Scored(5, 2), Scored(4, 1)])]

    @given(answers, st.floats(0, 10))
    def test_margins_are_above_nought_and_no_answer_is_better_than_itself(self, group, least):
        pairs = [*preferences(group, least_margin=least)]
        assert pairs == sorted(pairs, key=lambda pair: -pair.margin)
        wanted = {
            (i, j)
            for (i, one), (j, other) in permutations(enumerate(group), 2)
            if one.score - other.score > 1e-9
            and one.score - other.score >= least - 1e-9
            and (one.tier is None or other.tier is None or one.tier < other.tier)
        }
        assert {(pair.chosen, pair.rejected) for pair in pairs} == wanted
        assert len({frozenset((p.chosen, p.rejected)) for p in pairs}) == len(pairs)
        for pair in pairs:
            assert pair.chosen != pair.rejected
            assert pair.margin > 0
            assert pair.margin >= least - 1e-6
            assert pair.margin == group[pair.chosen].score - group[pair.rejected].score


class TestAdvantages:
    def test_as_the_papers_have_them(self):
        found = advantages([1.0, 2.0, 3.0])
        assert (found.mean, found.deviation) == (2.0, 1.0)
        assert found.scaled == found.centred == (-1.0, 0.0, 1.0)
        assert advantages([0.0, 1.0]).scaled == pytest.approx((-math.sqrt(0.5), math.sqrt(0.5)))

    @pytest.mark.parametrize("scores", [[3.0], [3.0, 3.0], [0.1 + 0.2, 0.3]])
    def test_without_variance_there_is_nothing_and_it_is_said(self, scores):
        found = advantages(scores)
        assert found.scaled == found.centred == (0.0,) * len(scores)
        assert not found.has_variance

    @given(groups)
    def test_they_sum_to_nought_keep_the_order_and_are_finite(self, scores):
        found = advantages(scores)
        size = max(map(abs, scores), default=0) + 1
        assert sum(found.centred) == pytest.approx(0, abs=1e-9 * size * len(scores))
        assert all(map(math.isfinite, (*found.scaled, *found.centred)))
        if found.has_variance:
            assert sum(found.scaled) == pytest.approx(0, abs=1e-6 * size / found.deviation)
            assert sum(a * a for a in found.scaled) == pytest.approx(len(scores) - 1, rel=1e-3)
            for a, b in zip(scores, found.scaled, strict=True):
                assert (b > 0) == (a > found.mean)
