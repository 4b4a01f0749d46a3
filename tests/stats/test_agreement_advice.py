"""What verdicts say of a rubric."""

from __future__ import annotations

import numpy as np
import pytest

from sheetjudge.core.rubric import YES_NO, integer_scale, label_scale
from sheetjudge.report.agree_words import length_sentence
from sheetjudge.stats import advice

SCALE = integer_scale(1, 5)
NAN = float("nan")
RNG = np.random.default_rng(0)
MERIT = RNG.normal(3, 1.2, 80)


def marked(values):
    return np.clip(np.round(values), 1, 5)


def test_the_rows_furthest_apart_come_first_and_agreed_ones_not_at_all():
    judge = np.array([1.0, 5, 3, NAN, 2])
    people = {"ana": np.array([1.0, 2, 3, 1, NAN]), "ben": np.array([1.0, 1, 3, 1, 4])}
    found = advice.disagreements(judge, people, SCALE)
    assert [(far.row, far.apart) for far in found] == [(1, 3.5), (4, 2.0)]
    assert found[1].people == {"ben": 4.0}


def test_labels_without_an_order_are_apart_by_the_people_who_say_otherwise():
    topics = label_scale(("bug", "praise", "spam"), ordered=False)
    people = {"ana": np.array([0.0, 1, 2]), "ben": np.array([0.0, 0, 2])}
    found = advice.disagreements(np.array([1.0, 1, 2]), people, topics)
    assert [(far.row, far.apart) for far in found] == [(0, 1.0), (1, 0.5)]


def test_a_criterion_that_never_varies():
    values = np.array([1.0] * 39 + [0.0])
    found = advice.unvaried("budget", "judge", values, YES_NO)
    assert (found.answer, found.share, found.rows) == ("yes", pytest.approx(39 / 40), 40)
    assert advice.unvaried("budget", "judge", np.array([1.0, 0.0] * 20), YES_NO) is None
    assert advice.unvaried("budget", "judge", np.full(10, 1.0), YES_NO) is None, "ten rows say nothing"


def test_criteria_that_repeat_each_other_for_the_judge_and_not_for_people():
    other = RNG.normal(3, 1.2, 80)
    judge = {"clear": marked(MERIT), "sharp": marked(MERIT + RNG.normal(0, 0.2, 80)), "cheap": marked(other)}
    people = {"clear": marked(MERIT), "sharp": marked(other)}
    scales = dict.fromkeys(judge, SCALE)
    (found,) = advice.repeats("judge", judge, people, scales)
    assert {found.first, found.second} == {"clear", "sharp"}
    assert 0.8 < found.correlation.low < found.correlation.high < 1
    assert found.people.value < 0.5


def test_a_judge_who_likes_length_is_told_from_one_whose_better_texts_are_longer():
    people = marked(MERIT)
    lengths = 200 * MERIT + RNG.normal(0, 100, 80)
    fair = advice.follows_length("clear", "judge", marked(MERIT + RNG.normal(0, 0.5, 80)), people, lengths)
    assert fair.plain.low > 0.3, "better texts are longer"
    assert not advice.is_marked(fair)
    random_lengths = RNG.normal(1000, 300, 80)
    fond = marked(MERIT + (random_lengths - 1000) / 300)
    found = advice.follows_length("clear", "judge", fond, people, random_lengths)
    assert found.partial.low > 0.2
    assert advice.is_marked(found)
    said = length_sentence(found)
    assert f"longer texts more for clear than people do: rank correlation with length {found.partial.value:.2f}" in said
    assert f"(people's own: {found.people.value:.2f}" in said
    assert not advice.is_marked(advice.follows_length("clear", "judge", fond[:15], people[:15], random_lengths[:15]))


def test_without_labels_the_plain_correlation_speaks():
    lengths = RNG.normal(1000, 300, 80)
    found = advice.follows_length("clear", "judge", marked(3 + (lengths - 1000) / 300), np.full(80, NAN), lengths)
    assert (found.partial.value, found.people.value) == (None, None)
    assert advice.is_marked(found)
    said = length_sentence(found)
    assert "than people do" not in said
    assert f"rank correlation {found.plain.value:.2f}" in said
