"""Several judges on the same rows: how far they are apart, and what they come to over all rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.rubric import YES_NO, Criterion, Rubric, integer_scale, label_scale
from sheetjudge.core.verdict import Verdict, unscored
from sheetjudge.stats.jury import (
    JuryTally,
    criterion_disagreement,
    disagreement,
    row_disagreement,
    short_names,
    voice,
)

FIVE = Criterion("clear", "Is it clear?", integer_scale(1, 5))
GATE = Criterion("school", "Is a school named?", YES_NO, weight=0.0, required=1.0)
TOPIC = Criterion("topic", "Which topic?", label_scale(("bug", "praise", "question"), ordered=False))
RUBRIC = Rubric("R", (FIVE,), FIVE.scale)


def said(label, criterion=FIVE):
    value = criterion.scale.value_of(label) if criterion.scale.ordered else None
    return Verdict(criterion.id, value=value, label=label)


def voices(*labels, rubric=RUBRIC, criterion=FIVE):
    """A voice for each label; "" is a judge without a verdict."""
    return [
        voice(rubric, f"judge {n}", [said(label, criterion) if label else unscored(criterion.id, "timed out")])
        for n, label in enumerate(labels)
    ]


shares = st.lists(st.floats(0, 1), min_size=2, max_size=6)


class TestDisagreement:
    @pytest.mark.parametrize(
        ("given_shares", "expected"),
        [([0, 1], 1), ([0.5, 0.5], 0), ([0, 0, 0, 1], 0.5), ([0.25, 0.5], 0.25), ([0.5], None), ([], None)],
    )
    def test_is_the_mean_difference_of_two_judges(self, given_shares, expected):
        assert disagreement(given_shares) == expected

    @given(shares, st.randoms())
    def test_lies_between_nought_and_one_whatever_the_order(self, found, random):
        apart = disagreement(found)
        assert 0 <= apart <= 1
        random.shuffle(found)
        assert disagreement(found) == pytest.approx(apart)
        assert disagreement([1 - share for share in found]) == pytest.approx(apart)

    @given(shares, st.floats(0, 1))
    def test_of_a_judge_who_agrees_with_everybody(self, found, share):
        assert disagreement([share] * len(found)) == 0

    def test_on_a_criterion_is_a_share_of_its_scale_and_leaves_out_who_gave_no_verdict(self):
        verdicts = [said("1"), said("3"), unscored("clear", "refused")]
        assert criterion_disagreement(FIVE, verdicts) == pytest.approx(0.5)
        assert criterion_disagreement(GATE, [said("yes", GATE), said("no", GATE)]) == 1
        assert criterion_disagreement(FIVE, verdicts[1:]) is None

    def test_on_labels_without_an_order_is_the_share_of_pairs_that_differ(self):
        verdicts = [said("bug", TOPIC), said("bug", TOPIC), said("praise", TOPIC)]
        assert criterion_disagreement(TOPIC, verdicts) == pytest.approx(2 / 3)

    def test_on_a_row_is_by_the_score_that_each_judge_would_have_given(self):
        rubric = Rubric("R", (FIVE, Criterion("deep", "Is it deep?", integer_scale(1, 5))), FIVE.scale)
        one = voice(rubric, "a", [said("5"), Verdict("deep", value=1.0, label="1")])
        other = voice(rubric, "b", [said("1"), Verdict("deep", value=5.0, label="5")])
        assert row_disagreement(rubric, [one, other]) == 0
        assert row_disagreement(RUBRIC, voices("2", "4", "")) == pytest.approx(0.5)

    def test_a_gate_that_one_judge_shuts_puts_them_far_apart(self):
        rubric = Rubric("R", (FIVE, GATE), FIVE.scale)
        shut = voice(rubric, "a", [said("5"), said("no", GATE)])
        open_ = voice(rubric, "b", [said("5"), said("yes", GATE)])
        assert row_disagreement(rubric, [shut, open_]) == 1

    def test_with_labels_alone_goes_by_the_labels(self):
        rubric = Rubric("R", (TOPIC,), FIVE.scale)
        assert row_disagreement(rubric, voices("bug", "praise", rubric=rubric, criterion=TOPIC)) == 1

    @pytest.mark.parametrize("labels", [(), ("4",), ("4", ""), ("", "")])
    def test_takes_two_judges(self, labels):
        assert row_disagreement(RUBRIC, voices(*labels)) is None


class TestTally:
    def test_means_and_leniency_of_each_judge(self):
        tally = JuryTally(RUBRIC)
        for labels in (("5", "3"), ("4", "4"), ("2", "")):
            tally.add(voices(*labels))
        first, second = tally.judges.values()
        assert (first.rows, first.unscored, first.compared) == (3, 0, 2)
        assert first.mean == pytest.approx(11 / 3)
        assert first.above_others == pytest.approx(1.0)
        assert (second.rows, second.unscored, second.mean) == (2, 1, 3.5)
        assert second.above_others == pytest.approx(-1.0)

    def test_rows_on_which_they_are_too_far_apart_are_counted(self):
        tally = JuryTally(RUBRIC, most=0.25)
        for labels in (("5", "3"), ("4", "3"), ("2", ""), ("1", "5")):
            tally.add(voices(*labels))
        assert (tally.rows, tally.disputed) == (3, 2)
        found = tally.as_json()
        assert found["mean_disagreement"] == pytest.approx((0.5 + 0.25 + 1) / 3)
        assert found["disputed"] == 2

    def test_agreement_is_chance_corrected(self):
        same, turned = JuryTally(RUBRIC), JuryTally(RUBRIC)
        for label in "12345":
            same.add(voices(label, label))
            turned.add(voices(label, str(6 - int(label))))
        assert same.alpha == 1
        assert same.as_json()["criteria"]["clear"]["alpha"] == 1
        assert turned.alpha < 0

    def test_one_judge_alone_has_nobody_to_agree_with(self):
        tally = JuryTally(RUBRIC)
        tally.add(voices("4"))
        assert (tally.alpha, tally.rows) == (None, 0)
        assert tally.as_json()["mean_disagreement"] is None
        assert tally.judges["judge 0"].above_others is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["openai:gpt-5-mini", "deepseek:deepseek-chat"], ["gpt-5-mini", "deepseek-chat"]),
        (
            ["http://127.0.0.1:1/v1#m", "http://127.0.0.1:2/v1#m"],
            ["http://127.0.0.1:1/v1#m", "http://127.0.0.1:2/v1#m"],
        ),
        (["embedded", "openai:x"], ["embedded", "x"]),
    ],
)
def test_names_are_short_where_that_leaves_them_apart(names, expected):
    assert short_names(names) == expected
