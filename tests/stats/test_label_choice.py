"""Which rows people are asked to label."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.errors import ConfigError
from sheetjudge.stats.label_choice import (
    choose_rows,
    half_width_of_correlation,
    half_width_of_share,
    strata_of,
)

scores = st.lists(st.one_of(st.none(), st.integers(1, 5).map(float), st.floats(1, 5)), min_size=1, max_size=80)


@given(scores)
def test_strata_rise_with_the_score_and_like_scores_share_one(found):
    strata = strata_of(found)
    pairs = sorted((s, k) for s, k in zip(found, strata, strict=True) if s is not None)
    assert all(k == -1 for s, k in zip(found, strata, strict=True) if s is None)
    assert [k for _, k in pairs] == sorted(k for _, k in pairs)
    assert len({s for s, _ in pairs}) == len(set(pairs))
    assert {k for _, k in pairs} == set(range(len({k for _, k in pairs})))
    assert len({k for _, k in pairs}) <= 5


@given(scores.filter(lambda found: any(s is not None for s in found)), st.integers(0, 90), st.integers(0, 3), st.data())
def test_as_many_rows_as_asked_each_once_none_without_a_score(found, count, seed, data):
    judged = [i for i, s in enumerate(found) if s is not None]
    done = data.draw(st.lists(st.sampled_from(judged), unique=True, max_size=5))
    choice = choose_rows(found, count, labelled=done, seed=seed)
    assert len(set(choice.rows)) == len(choice.rows)
    assert set(choice.rows) <= set(judged) - set(done)
    least = min(2 * (max(choice.strata) + 1), len(judged))
    assert len(choice.rows) + len(done) >= min(count, len(judged))
    assert len(choice.rows) <= max(min(count, len(judged)), least)
    assert choice == choose_rows(found, count, labelled=done, seed=seed)


def test_an_even_spread_over_the_scores():
    choice = choose_rows([float(i) for i in range(100)], 50)
    assert choice.of_stratum == (10, 10, 10, 10, 10)
    first = Counter(choice.strata[row] for row in choice.rows[:25])
    assert set(first.values()) == {5}


def test_more_rows_where_the_judge_is_unsure():
    found = [1.0] * 50 + [3.0] * 50
    choice = choose_rows(found, 30, unsure=[0.2] * 50 + [0.8] * 50)
    assert choice.of_stratum == (6, 24)
    assert choose_rows(found, 30, unsure=[0.0] * 100).of_stratum == (15, 15)


def test_nothing_scored_is_refused():
    with pytest.raises(ConfigError, match="Score the rows first"):
        choose_rows([None, None], 10)


def test_what_labels_will_tell():
    assert half_width_of_share(100, 10**9) == pytest.approx(0.098, abs=1e-3)
    assert half_width_of_share(100, 100) == 0
    assert half_width_of_share(0, 100) == 1
    assert half_width_of_correlation(50) == pytest.approx(0.20, abs=0.01)
    assert half_width_of_correlation(4) == 1
