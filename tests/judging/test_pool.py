"""Several verdicts drawn together: the mean, and what failed is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.rubric import YES_NO, Criterion, integer_scale, label_scale
from sheetjudge.core.verdict import Verdict, unscored
from sheetjudge.judging.pool import pooled

FIVE = Criterion("clarity", "Is it clear?", integer_scale(1, 5))
GATE = Criterion("budget", "Is there a budget?", YES_NO)
LEVEL = Criterion("depth", "How deep?", label_scale(("low", "middle", "high")))
TOPIC = Criterion("topic", "Which topic?", label_scale(("bug", "praise", "question"), ordered=False))


def said(label, criterion=FIVE, **more):
    value = criterion.scale.value_of(label) if criterion.scale.ordered else None
    return Verdict(criterion.id, value=value, label=label, **more)


def test_the_mean_and_not_the_most_frequent():
    verdict = pooled(FIVE, [said("5"), said("5"), said("1")], "sample")
    assert verdict.value == pytest.approx(11 / 3)
    assert verdict.label == "4"
    assert verdict.basis == "samples"
    assert dict(verdict.distribution) == pytest.approx({"1": 1 / 3, "5": 2 / 3})
    assert not verdict.unscored


@given(st.lists(st.integers(1, 5), min_size=2, max_size=9), st.randoms())
def test_the_mean_whatever_the_order(scores, random):
    verdict = pooled(FIVE, [said(str(n)) for n in scores], "sample")
    random.shuffle(scores)
    again = pooled(FIVE, [said(str(n)) for n in scores], "sample")
    assert verdict.value == again.value == pytest.approx(sum(scores) / len(scores))
    assert dict(verdict.distribution) == pytest.approx(dict(again.distribution))
    assert [label for label, _ in verdict.distribution] == sorted({str(n) for n in scores})
    assert sum(p for _, p in verdict.distribution) == pytest.approx(1.0)


def test_one_alone_stays_as_it_is():
    alone = said("4", note="n", reason="r", basis="expectation")
    assert pooled(FIVE, [alone], "sample") is alone
    failed = unscored("clarity", "no reply")
    assert pooled(FIVE, [failed], "judge") is failed


def test_those_that_failed_count_for_nothing_and_are_noted():
    verdict = pooled(
        FIVE, [said("4"), unscored("clarity", "timed out."), said("2"), unscored("clarity", "refused")], "sample"
    )
    assert verdict.value == 3
    assert verdict.note == "2 of 4 samples gave no verdict (timed out)"
    assert "2 of 3 judges" in pooled(FIVE, [said("4"), *[unscored("clarity", "x")] * 2], "judge").note


def test_all_failed_is_unscored_with_the_most_frequent_reason():
    verdict = pooled(FIVE, [unscored("clarity", w) for w in ("timed out", "refused", "refused")], "sample")
    assert verdict == unscored("clarity", "refused")
    assert verdict.value is None


def test_there_is_no_unscored_verdict_without_a_reason():
    assert unscored("clarity", "").unscored
    assert unscored("clarity", " \n").unscored.strip()


def test_notes_of_the_parts_are_kept_once():
    verdict = pooled(FIVE, [said("4", note="cut"), said("4", note="cut"), said("4", note="slow")], "judge")
    assert verdict.note == "cut; slow"


def test_the_reason_of_the_one_nearest_to_the_mean():
    verdict = pooled(FIVE, [said("1", reason="poor"), said("4", reason="fair"), said("5", reason="good")], "sample")
    assert verdict.reason == "fair"


def test_distributions_are_mixed_and_values_averaged():
    first = Verdict("clarity", value=4.6, label="5", distribution=(("4", 0.4), ("5", 0.6)), basis="expectation")
    verdict = pooled(FIVE, [first, said("3")], "judge")
    assert verdict.value == pytest.approx(3.8)
    assert dict(verdict.distribution) == pytest.approx({"3": 0.5, "4": 0.2, "5": 0.3})
    assert pooled(FIVE, [first, first], "judge").basis == "expectation"


@pytest.mark.parametrize(
    ("labels", "value", "label"), [("yes no no", 1 / 3, "no"), ("yes no", 0.5, "yes"), ("yes yes no", 2 / 3, "yes")]
)
def test_yes_and_no(labels, value, label):
    verdict = pooled(GATE, [said(each, GATE) for each in labels.split()], "sample")
    assert (verdict.value, verdict.label) == (pytest.approx(value), label)


def test_ordered_labels_meet_in_the_middle():
    verdict = pooled(LEVEL, [said("low", LEVEL), said("high", LEVEL)], "judge")
    assert (verdict.value, verdict.label) == (1.0, "middle")


def test_labels_without_an_order_have_a_majority_and_no_value():
    verdict = pooled(TOPIC, [said("praise", TOPIC), said("bug", TOPIC), said("praise", TOPIC)], "sample")
    assert (verdict.value, verdict.label, verdict.note) == (None, "praise", "")


@pytest.mark.parametrize("order", [("praise", "bug"), ("bug", "praise")])
def test_a_tie_of_labels_is_said_and_does_not_hang_on_the_order(order):
    verdict = pooled(TOPIC, [said(each, TOPIC, reason=f"it is {each}") for each in order], "judge")
    assert (verdict.label, verdict.note, verdict.reason) == ("bug", "tied between bug and praise", "it is bug")


def test_thirds_that_round_differently_are_a_tie_all_the_same():
    skewed = Verdict("topic", label="bug", distribution=(("bug", 0.1 + 0.2), ("praise", 0.3), ("question", 0.4)))
    other = Verdict("topic", label="question", distribution=(("bug", 0.4), ("praise", 0.4), ("question", 0.2)))
    assert "tied between bug and praise" in pooled(TOPIC, [skewed, other], "judge").note
