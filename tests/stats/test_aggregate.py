"""From verdicts to the row's score."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from operator import mul

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sheetjudge.core.rubric import YES_NO, Criterion, Rubric, integer_scale, label_scale
from sheetjudge.core.verdict import RowScore, Verdict, unscored
from sheetjudge.stats.aggregate import row_score

SCALE = integer_scale(1, 5)
LEVELS = label_scale(("low", "middle", "high"))
TOPICS = label_scale(("bug", "praise"), ordered=False)


def criterion(name, scale=SCALE, weight=1.0, required=None):
    return Criterion(name, "?", scale, weight=weight, required=required)


def rubric(*criteria, scale=SCALE):
    return Rubric("R", criteria, scale)


def score(criteria, values, scale=SCALE):
    """The row's score where `values` names each criterion's value, or why it has none."""
    verdicts = [
        unscored(name, value) if isinstance(value, str) else Verdict(name, value=value, label="x")
        for name, value in values.items()
    ]
    return row_score(rubric(*criteria, scale=scale), verdicts)


class TestMean:
    def test_weighted_on_scales_of_all_kinds(self):
        criteria = [
            criterion("a", weight=2.0),
            criterion("b", YES_NO),
            criterion("c", LEVELS),
            criterion("d", integer_scale(-2, 2), weight=4.0),
        ]
        result = score(criteria, {"a": 4.0, "b": 1.0, "c": 1.0, "d": -1.0})
        assert result.score == pytest.approx(1 + 4 * (2 * 0.75 + 1 + 0.5 + 4 * 0.25) / 8)
        assert (result.failed_gates, result.unscored) == ((), ())

    @pytest.mark.parametrize(
        ("scale", "expected"),
        [(integer_scale(0, 100), 75.0), (YES_NO, 0.75), (integer_scale(-2, 2), 1.0), (LEVELS, 1.5)],
    )
    def test_on_the_rubrics_own_scale(self, scale, expected):
        assert score([criterion("a")], {"a": 4.0}, scale).score == pytest.approx(expected)

    def test_what_is_unscored_is_left_out_and_said(self):
        result = score([criterion("a", weight=9.0), criterion("b"), criterion("c")], {"a": "timed out", "b": 2.0})
        assert result == RowScore(2.0, (), (("a", "timed out"), ("c", "it was not judged")))

    def test_labels_without_an_order_are_left_out_and_not_missing(self):
        verdicts = [Verdict("a", value=2.0, label="2"), Verdict("t", label="bug")]
        assert row_score(rubric(criterion("a"), criterion("t", TOPICS, weight=9.0)), verdicts) == RowScore(2.0)

    def test_a_weight_of_nought_counts_for_nothing(self):
        assert score([criterion("a"), criterion("b", weight=0.0)], {"a": 2.0, "b": 5.0}).score == 2.0

    @pytest.mark.parametrize("values", [{}, {"a": "refused", "b": 5.0}])
    def test_nothing_with_a_weight_is_no_score(self, values):
        assert score([criterion("a"), criterion("b", weight=0.0)], values).score is None

    def test_only_labels_without_an_order_is_no_score(self):
        assert row_score(rubric(criterion("t", TOPICS)), [Verdict("t", label="bug")]) == RowScore(None)

    def test_verdicts_of_other_rubrics_count_for_nothing(self):
        assert score([criterion("a")], {"a": 2.0, "z": 5.0}).score == 2.0


class TestGates:
    GATED = (criterion("a"), criterion("b", YES_NO, required=1.0))

    def test_met(self):
        assert score(self.GATED, {"a": 3.0, "b": 1.0}) == RowScore(pytest.approx(4.0))

    @pytest.mark.parametrize("scale", [SCALE, integer_scale(0, 100), integer_scale(-2, 2)])
    def test_not_met_is_the_bottom_of_the_scale(self, scale):
        assert score(self.GATED, {"a": 5.0, "b": 0.0}, scale) == RowScore(float(scale.low), ("b",))

    def test_unscored_leaves_the_row_unscored(self):
        assert score(self.GATED, {"a": 5.0, "b": "timed out"}) == RowScore(None, (), (("b", "timed out"),))
        assert score(self.GATED, {"a": 5.0}) == RowScore(None, (), (("b", "it was not judged"),))

    def test_unscored_beside_one_that_is_not_met(self):
        gates = (criterion("a", YES_NO, required=1.0), criterion("b", YES_NO, required=1.0))
        assert score(gates, {"a": 0.0, "b": "refused"}) == RowScore(None, ("a",), (("b", "refused"),))

    @pytest.mark.parametrize("rest", [{}, {"a": "refused"}])
    def test_not_met_counts_also_where_nothing_else_is_scored(self, rest):
        gate = criterion("b", YES_NO, weight=0.0, required=1.0)
        result = score([criterion("a"), gate], {"b": 0.0} | rest)
        assert (result.score, result.failed_gates) == (1.0, ("b",))
        assert [name for name, _ in result.unscored] == ["a"]

    @pytest.mark.parametrize(
        ("least", "value", "met"),
        [
            (3.0, 3.0, True),
            (3.0, 2.5, True),
            (3.0, 2.49, False),
            (3.0, 2.0, False),
            (3.5, 3.0, False),
            (3.5, 3.4, False),
            (3.5, 3.5, True),
            (5.0, 4.4, False),
        ],
    )
    def test_a_value_between_two_answers_counts_as_the_nearer(self, least, value, met):
        result = score([criterion("a", required=least)], {"a": value})
        assert result.failed_gates == (() if met else ("a",))

    def test_on_labels(self):
        gate = criterion("a", LEVELS, required=1.0)
        assert score([gate], {"a": 1.0}).failed_gates == ()
        assert score([gate], {"a": 0.0}) == RowScore(1.0, ("a",))


scales = st.sampled_from([SCALE, YES_NO, LEVELS, integer_scale(0, 100), integer_scale(-2, 2)])


@st.composite
def judged(draw):
    """(criteria without gates, their values, the rubric's scale)."""
    criteria, values = [], {}
    for i in range(draw(st.integers(1, 6))):
        scale = draw(scales)
        criteria.append(criterion(f"c{i}", scale, weight=draw(st.floats(0, 100))))
        values[f"c{i}"] = draw(st.floats(scale.low, scale.high) | st.just("unscored"))
    assume(any(c.weight > 1e-6 and values[c.id] != "unscored" for c in criteria))
    return criteria, values, draw(scales)


@given(judged())
def test_the_score_lies_on_the_scale_and_between_its_parts(case):
    criteria, values, scale = case
    result = score(criteria, values, scale).score
    assert scale.low <= result <= scale.high
    shares = [c.scale.normalised(values[c.id]) for c in criteria if c.weight and values[c.id] != "unscored"]
    assert scale.at(min(shares)) - 1e-9 <= result <= scale.at(max(shares)) + 1e-9


@given(judged(), st.randoms())
def test_the_order_of_criteria_and_verdicts_means_nothing(case, random):
    criteria, values, scale = case
    turned, mixed_up = list(criteria), list(values.items())
    random.shuffle(turned)
    random.shuffle(mixed_up)
    assert score(turned, dict(mixed_up), scale).score == pytest.approx(score(criteria, values, scale).score, abs=1e-9)


@given(judged(), st.floats(0.01, 100))
def test_only_the_ratio_of_weights_matters(case, factor):
    criteria, values, scale = case
    scaled = [replace(c, weight=c.weight * factor) for c in criteria]
    assert score(scaled, values, scale).score == pytest.approx(score(criteria, values, scale).score, abs=1e-6)


@given(judged(), st.data())
def test_a_better_criterion_never_makes_a_worse_row(case, data):
    criteria, values, scale = case
    chosen = data.draw(st.sampled_from([c for c in criteria if values[c.id] != "unscored"]))
    better = data.draw(st.floats(values[chosen.id], chosen.scale.high))
    before = score(criteria, values, scale).score
    assert score(criteria, values | {chosen.id: better}, scale).score >= before - 1e-9


@given(judged())
def test_what_is_unscored_could_as_well_not_be_there(case):
    criteria, values, scale = case
    known = {name: value for name, value in values.items() if value != "unscored"}
    rest = [c for c in criteria if c.id in known]
    result = score(criteria, values, scale)
    assert result.score == score(rest, known, scale).score
    assert [name for name, _ in result.unscored] == [c.id for c in criteria if c.id not in known]


@given(st.lists(st.integers(1, 30), min_size=2, max_size=4), st.data())
def test_scores_are_ordered_as_exact_arithmetic_orders_them_ties_included(tenths, data):
    criteria = [criterion(f"c{i}", integer_scale(0, 5), weight=n / 10) for i, n in enumerate(tenths)]
    marks = st.lists(st.integers(0, 5), min_size=len(tenths), max_size=len(tenths))
    one, other = data.draw(marks), data.draw(marks)
    # Marks that weigh the same, moved from one criterion to another: floats make them differ in the last digit.
    if data.draw(st.booleans()) and (found := traded(one, tenths)):
        other = found
    exact = [sum(n * mark for n, mark in zip(tenths, marks, strict=True)) for marks in (one, other)]
    scores = [score(criteria, {f"c{i}": float(m) for i, m in enumerate(marks)}).score for marks in (one, other)]
    assert (scores[0] < scores[1], scores[0] == scores[1]) == (exact[0] < exact[1], exact[0] == exact[1])


def traded(marks, weights):
    """Other marks of the same weighted sum, or None."""
    total = sum(n * mark for n, mark in zip(weights, marks, strict=True))
    tried = product(range(6), repeat=len(marks))
    return next((list(m) for m in tried if list(m) != marks and sum(map(mul, m, weights)) == total), None)
