"""The policies of a cascade: who is asked further, and until when."""

from __future__ import annotations

import random
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.stats.escalation import (
    Best,
    IfBelow,
    Line,
    Noise,
    UntilSure,
    in_turn,
    margins,
    mean_over_judges,
    noise_of,
)

ORDER = (0, 1, 2)
USUAL = Noise()
scores = st.floats(0, 1)
groups = st.lists(st.lists(scores | st.none(), min_size=1, max_size=3), min_size=1, max_size=8)
borders = st.builds(Best, st.integers(1, 3)) | st.builds(Line, scores)
policies = st.builds(IfBelow, st.floats(0, 1)) | st.builds(UntilSure, st.floats(0.5, 0.999))


def firsts(*found):
    """Rows with one answer each."""
    return [[score] for score in found]


def test_judges_answer_in_turn():
    assert in_turn([0], [1, 2], 3, 1) == (0, 1, 2, 0, 0)
    assert in_turn([0, 1], [2], 1, 2) == (0, 1, 2, 2)


class TestMeans:
    def test_are_over_judges_and_not_over_answers(self):
        assert mean_over_judges([0.0, 1.0, 1.0, 1.0], (0, 1, 1, 1)) == 0.5
        assert mean_over_judges([0.25, None, 0.75], ORDER) == 0.5
        assert mean_over_judges([None], ORDER) is None


class TestMargins:
    def test_with_one_best_row(self):
        assert margins([0.5, 0.9, 0.8, None], Best()) == pytest.approx([0.4, 0.1, 0.1, inf])

    def test_at_the_border_of_the_best_few(self):
        assert margins([0.9, 0.8, 0.5, 0.4], Best(2)) == pytest.approx([0.4, 0.3, 0.3, 0.4])

    def test_a_tie_has_none(self):
        assert margins([0.7, 0.7, 0.7], Best()) == [0, 0, 0]

    def test_from_a_line(self):
        assert margins([0.5, 0.9, None], Line(0.6)) == pytest.approx([0.1, 0.3, inf])

    @pytest.mark.parametrize("found", [[0.5], [0.5, None], [None], []])
    def test_nothing_to_compare_with(self, found):
        assert margins(found, Best()) == [inf] * len(found)


class TestIfBelow:
    def test_close_rows_get_all_that_is_left(self):
        wants = IfBelow(0.15).wants(firsts(0.9, 0.8, 0.5), ORDER, Best(), USUAL)
        assert wants == [2, 2, 0]

    def test_a_gap_that_is_the_margin_is_not_below_it(self):
        # 8 and 6.5 on a scale of 1 to 10, and a margin of 1.5.
        assert IfBelow(1.5 / 9).wants(firsts(7 / 9, 5.5 / 9), ORDER, Best(), USUAL) == [0, 0]

    def test_a_row_that_became_close_by_the_answers_of_others_is_asked_too(self):
        group = [[0.9, 0.5, 0.5], [0.8, 0.5, 0.5], [0.6]]
        assert IfBelow(0.15).wants(group, ORDER, Best(), USUAL) == [0, 0, 2]

    def test_rows_near_a_line(self):
        assert IfBelow(0.15).wants(firsts(0.9, 0.5, 0.3), ORDER, Line(0.6), USUAL) == [0, 2, 0]


class TestUntilSure:
    def test_goes_on_one_answer_at_a_time_with_those_that_may_be_best(self):
        assert UntilSure(0.9).wants(firsts(0.9, 0.85, 0.2), ORDER, Best(), USUAL) == [1, 1, 0]

    def test_those_behind_catch_up_first(self):
        assert UntilSure(0.9).wants([[0.9, 0.9], [0.85], [0.1]], ORDER, Best(), USUAL) == [0, 1, 0]

    def test_many_that_are_unlikely_each_are_not_dropped_together(self):
        # Each has a chance of 4.5% to be the best; ten of them together are no certainty of 90%.
        noise = Noise(0.005, 0.005)
        assert UntilSure(0.9).wants(firsts(0.9, 0.66), ORDER, Best(), noise) == [0, 0]
        assert len(UntilSure(0.9).undecided(firsts(0.9, *[0.66] * 10), ORDER, Best(), noise)) > 5

    def test_those_at_the_border_come_first(self):
        assert UntilSure(0.9).wants(firsts(0.5, 0.9, 0.8, 0.85, 0.7), ORDER, Best(), USUAL) == [0, 1, 0, 1, 0]
        assert sum(UntilSure(0.9).wants(firsts(*[0.9] * 10), ORDER, Best(), USUAL)) == 5

    def test_ends_when_judges_are_used_up(self):
        assert UntilSure(0.99).wants([[0.5] * 3, [0.5] * 3], ORDER, Best(), USUAL) == [0, 0]

    def test_the_leader_has_no_more_answers_but_its_rival_has(self):
        assert UntilSure(0.99).wants([[0.5] * 3, [0.5] * 2], ORDER, Best(), USUAL) == [0, 1]

    def test_both_sides_of_the_border_of_the_best_few(self):
        wants = UntilSure(0.9).wants(firsts(0.95, 0.52, 0.5, 0.05), ORDER, Best(2), USUAL)
        assert wants == [0, 1, 1, 0]

    def test_rows_near_a_line_each_for_itself(self):
        assert UntilSure(0.9).wants(firsts(0.9, 0.62, 0.3), ORDER, Line(0.6), USUAL) == [0, 1, 0]


class TestBoth:
    @given(policies, groups, borders)
    def test_never_ask_for_more_than_there_is_and_always_end(self, policy, group, border):
        rng = random.Random(0)
        rows = [list(row) for row in group]
        for _ in range(len(ORDER) * len(group) + 1):
            wants = policy.wants(rows, ORDER, border, USUAL)
            assert len(wants) == len(rows)
            assert all(0 <= n <= len(ORDER) - len(row) for n, row in zip(wants, rows, strict=True))
            if not any(wants):
                return
            for row, n in zip(rows, wants, strict=True):
                row += [rng.random() for _ in range(n)]
        pytest.fail("it went on after every answer was in")

    @given(policies, st.lists(scores | st.none(), min_size=1, max_size=8), borders, st.randoms())
    def test_the_order_of_rows_means_nothing(self, policy, found, border, rng):
        # Rows with the same score are told apart by their order alone.
        known = [score for score in found if score is not None]
        if len({round(score, 6) for score in known}) < len(known):
            return
        turned = sorted(range(len(found)), key=lambda _: rng.random())
        wants = policy.wants(firsts(*found), ORDER, border, USUAL)
        again = policy.wants(firsts(*(found[i] for i in turned)), ORDER, border, USUAL)
        assert [wants[i] for i in turned] == again

    @given(policies, borders)
    def test_a_row_without_a_score_is_asked_about(self, policy, border):
        assert policy.wants([[None]], ORDER, border, USUAL)[0] >= 1
        assert policy.wants([[None, None, None]], ORDER, border, USUAL) == [0]

    @given(policies, scores)
    def test_a_row_alone_has_no_rival(self, policy, score):
        assert policy.wants([[score]], ORDER, Best(), USUAL) == [0]


def simulated(rows, judge, sample, *, seed=0, order=(0, 1, 2, 0, 1, 2), leniency=(0.0, 0.2, -0.3)):
    rng = random.Random(seed)
    for _ in range(rows):
        truth = rng.random()
        view = [rng.gauss(truth + leniency[j], judge**0.5) for j in range(3)]
        yield [rng.gauss(view[j], sample**0.5) for j in order]


class TestNoise:
    @pytest.mark.parametrize(("judge", "sample"), [(0.01, 0.002), (0.002, 0.01), (0.02, 0.02)])
    def test_is_found_from_the_spread_of_answers_whatever_judges_leniency(self, judge, sample):
        found = noise_of(simulated(3000, judge, sample), (0, 1, 2, 0, 1, 2))
        assert found.judge == pytest.approx(judge, rel=0.15)
        assert found.sample == pytest.approx(sample, rel=0.1)

    def test_is_found_where_most_rows_have_few_answers(self):
        rows = [row[: 1 + (i % 3 == 0) * 4] for i, row in enumerate(simulated(6000, 0.01, 0.004))]
        found = noise_of(rows, (0, 1, 2, 0, 1, 2))
        assert found.judge == pytest.approx(0.01, rel=0.25)
        assert found.sample == pytest.approx(0.004, rel=0.25)

    @pytest.mark.parametrize("rows", [[], [[0.5]], [[0.5], [None]], [[None, None], [0.5, None]]])
    def test_is_the_usual_before_anything_is_known(self, rows):
        found = noise_of(rows, ORDER)
        assert found == USUAL

    def test_a_few_answers_don_t_make_it_nothing(self):
        found = noise_of([[0.5, 0.5, 0.5]], ORDER)
        assert found.judge > USUAL.judge / 2


@pytest.mark.parametrize(("confidence", "rows"), [(0.8, 3), (0.9, 4), (0.9, 12), (0.95, 4)])
def test_a_decision_that_is_called_certain_is_right_as_often_as_that(confidence, rows):
    rng, order, policy = random.Random(2), (0, 1, 2, 0, 1, 2), UntilSure(confidence)
    noise = Noise(0.09**2, 0.06**2)
    decided = wrong = 0
    for _ in range(800):
        truth = [rng.random() for _ in range(rows)]
        views = [[rng.gauss(t, 0.09) for _ in range(3)] for t in truth]
        group = [[rng.gauss(view[0], 0.06)] for view in views]
        while any(wants := policy.wants(group, order, Best(), noise)):
            for answers, view, n in zip(group, views, wants, strict=True):
                answers += [rng.gauss(view[order[len(answers) + k]], 0.06) for k in range(n)]
        if not policy.undecided(group, order, Best(), noise):
            scores = [mean_over_judges(answers, order) for answers in group]
            decided += 1
            wrong += truth.index(max(truth)) != scores.index(max(scores))
    assert decided > 150
    assert wrong / decided <= (1 - confidence) + 0.02
