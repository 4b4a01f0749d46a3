"""The alternative annotator test against its definition, written out plainly."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from sheetjudge.core.rubric import integer_scale, label_scale
from sheetjudge.stats.annotators import annotator_test

SCALE = integer_scale(1, 5)
TOPICS = label_scale(("a", "b", "c", "d", "e"), ordered=False)
NAN = float("nan")
ROUNDING = 1e-9


def plainly(people, judge, score, epsilon):
    """Calderon et al. (2025), section 3: winning rate and average advantage probability."""
    ps, advantages = [], []
    for person, own in people.items():
        wins, losses = [], []
        for row, mark in enumerate(own):
            others = [v[row] for name, v in people.items() if name != person and not np.isnan(v[row])]
            if others and not np.isnan(mark) and not np.isnan(judge[row]):
                ahead = score(judge[row], others) - score(mark, others)
                wins.append(ahead >= -ROUNDING)
                losses.append(ahead <= ROUNDING)
        if len(wins) >= 30:
            apart = np.array(losses, dtype=float) - np.array(wins, dtype=float)
            ps.append(ttest_1samp(apart, epsilon, alternative="less").pvalue)
            advantages.append(np.mean(wins))
    ranked = sorted(ps)
    harmonic = sum(1 / k for k in range(1, len(ps) + 1))
    rejected = [k for k, p in enumerate(ranked, start=1) if p <= k / len(ps) * 0.05 / harmonic]
    return max(rejected, default=0) / len(ps), float(np.mean(advantages))


def minus_rmse(mark, others):
    return -np.sqrt(np.mean([(mark - other) ** 2 for other in others]))


def accuracy(mark, others):
    return np.mean([mark == other for other in others])


def marks(seed, people=4, rows=50, missing=0.2, noise=1.0):
    rng = np.random.default_rng(seed)
    merit = rng.normal(3, 1.2, rows)
    told = {f"p{k}": np.clip(np.round(merit + rng.normal(0, noise, rows)), 1, 5) for k in range(people)}
    for values in told.values():
        values[rng.random(rows) < missing] = NAN
    # To two digits: what is apart is so by far more than by rounding.
    return told, np.round(np.clip(merit + rng.normal(0, rng.uniform(0.1, 2), rows), 1, 5), 2)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.1, 0.2]))
def test_as_defined(seed, epsilon):
    people, judge = marks(seed)
    for scale, score, told in ((SCALE, minus_rmse, judge), (TOPICS, accuracy, np.round(judge))):
        found = annotator_test(people, told, scale, epsilon=epsilon)
        rate, advantage = plainly(people, told, score, epsilon)
        assert found.winning_rate == pytest.approx(rate)
        assert found.advantage.value == pytest.approx(advantage)
        assert found.passed == (rate >= 0.5)


@given(st.integers(0, 10_000), st.sampled_from([10.0, 0.1, 1 / 3]))
def test_another_unit_of_the_scale_changes_nothing(seed, unit):
    people, judge = marks(seed)
    judge = np.round(judge, 1)
    here = annotator_test(people, judge, SCALE)
    there = annotator_test({name: values * unit for name, values in people.items()}, judge * unit, SCALE)
    assert [(c.judge, c.own) for c in there.contests] == [(c.judge, c.own) for c in here.contests]


def test_the_mean_of_people_passes_and_noise_does_not():
    people, _ = marks(1, people=5, rows=80, missing=0.0)
    mean = np.mean(list(people.values()), axis=0)
    assert annotator_test(people, mean, SCALE).passed is True
    noise = np.random.default_rng(0).integers(1, 6, 80).astype(float)
    found = annotator_test(people, noise, SCALE)
    assert (found.passed, found.winning_rate) == (False, 0.0)


def test_a_bonus_helps_the_judge():
    people, judge = marks(7, rows=60)
    ps = [[c.p for c in annotator_test(people, judge, SCALE, epsilon=e).contests] for e in (0.0, 0.1, 0.3)]
    assert all(a >= b >= c for a, b, c in zip(*ps, strict=True))


@pytest.mark.parametrize(("people", "rows", "why"), [(2, 60, "3 people"), (3, 20, "30 rows")])
def test_what_cannot_be_told(people, rows, why):
    told, judge = marks(3, people=people, rows=rows, missing=0.0)
    found = annotator_test(told, judge, SCALE)
    assert (found.passed, found.winning_rate, found.advantage.value) == (None, None, None)
    assert why in found.why


def test_a_person_with_few_rows_is_left_out_and_named():
    people, judge = marks(4, people=4, rows=60, missing=0.0)
    people["p3"][10:] = NAN
    found = annotator_test(people, judge, SCALE)
    assert [c.person for c in found.contests] == ["p0", "p1", "p2"]
    assert found.left_out == (("p3", 10),)


def test_rows_of_a_group_are_not_independent():
    people, judge = marks(5, rows=40, missing=0.0)
    four = {name: np.repeat(values, 4) for name, values in people.items()}
    repeated = np.repeat(judge, 4)
    groups = list(np.repeat(np.arange(40), 4))
    alone = annotator_test(people, judge, SCALE)
    found = annotator_test(four, repeated, SCALE, groups=groups)
    assert [c.p for c in found.contests] == pytest.approx([c.p for c in alone.contests])
    assert [c.p for c in annotator_test(four, repeated, SCALE).contests] != pytest.approx([c.p for c in alone.contests])


def test_a_judge_who_ties_with_everyone():
    same = {f"p{k}": np.array([1.0, 5.0] * 20) for k in range(3)}
    found = annotator_test(same, same["p0"], SCALE)
    assert (found.winning_rate, found.advantage.value) == (1.0, 1.0)
    assert annotator_test(same, same["p0"], SCALE, epsilon=0.0).winning_rate == 0.0
    assert json.loads(json.dumps(asdict(found)))["winning_rate"] == 1.0
