"""Promises on recall and precision hold, whatever the proxy is worth."""

from __future__ import annotations

from itertools import pairwise, product
from math import comb, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from sheetjudge.stats.guarantee_bounds import HiddenBound
from sheetjudge.stats.guarantee_plan import chances, cheapest, ranks
from sheetjudge.stats.guarantee_promise import Promise
from sheetjudge.stats.guarantees import Cascade
from sheetjudge.stats.text_proxy import TextProxy

promises = st.builds(
    Promise,
    recall=st.none() | st.floats(0.3, 1),
    precision=st.floats(0.3, 1),
    confidence=st.floats(0.5, 0.99),
) | st.builds(Promise, recall=st.floats(0.3, 1), confidence=st.floats(0.5, 0.99))
scores = st.none() | st.floats(0, 1) | st.sampled_from([0.0, 1.0])


def run(scores, labels, promise, seed=0, batch=8):
    """(the decisions, the rows in the order in which they were asked about); `labels` of None are failures."""
    cascade = Cascade(scores, promise, seed=seed, batch=batch)
    order = []
    while (rows := cascade.ask()).size:
        order += rows.tolist()
        cascade.tell([labels[row] for row in rows])
    return cascade.decided(), order


def shares(decided, labels):
    """(recall, precision) over the rows that can be answered."""
    keep = np.array([k == "yes" for k in decided.keep])
    yes = np.array([label is True for label in labels])
    right = np.sum(keep & yes)
    return right / yes.sum() if yes.any() else 1.0, right / keep.sum() if keep.any() else 1.0


# --- the bound --------------------------------------------------------------------------------------------------------


def wealths(unseen, wanted, draws, expected, left_after):
    """(chance, wealth at the end) over all ways in which draws without replacement can turn out."""
    for hits in product([False, True], repeat=draws):
        chance, at, left = 1.0, unseen, wanted
        for hit in hits:
            chance *= (left if hit else at - left) / at
            at, left = at - 1, left - hit
        if chance > 0:
            bound = HiddenBound()
            bound.draw(hits, unseen=unseen, found=0, expected=expected)
            yield chance, np.exp(bound.log_wealth(left_after(sum(hits)), sum(hits)))


@pytest.mark.parametrize("expected", [0.0, 0.2, 0.7])
@pytest.mark.parametrize(("unseen", "wanted", "draws"), [(10, 3, 5), (7, 1, 6), (12, 8, 4), (9, 2, 8)])
def test_whoever_bets_against_the_truth_wins_nothing_on_average(unseen, wanted, draws, expected):
    told = list(wealths(unseen, wanted, draws, expected, lambda hits: wanted - hits))
    assert sum(chance for chance, _ in told) == pytest.approx(1)
    assert sum(chance * wealth for chance, wealth in told) <= 1 + 1e-9


def test_without_a_hit_the_bound_is_that_of_the_hypergeometric_distribution():
    # 40 of 100 rows drawn, none wanted: the chance of that with 7 wanted rows is C(93, 40) / C(100, 40).
    bound = HiddenBound()
    bound.draw([False] * 40, unseen=100, found=0, expected=0.0)
    exactly = -log(comb(93, 40) / comb(100, 40))
    # Its share of the money is what the bet on no hit at all can lose against that; other bets can only add.
    assert exactly + log(0.45) <= bound.log_wealth(7, 0) <= exactly


def test_rows_that_can_t_be_known_tell_nothing():
    bound, other = HiddenBound(), HiddenBound()
    bound.draw([False, None, False], unseen=20, found=0, expected=0.1)
    other.draw([False], unseen=20, found=0, expected=0.1)
    other.draw([False], unseen=18, found=0, expected=0.1)
    assert bound.log_wealth(3, 0) == pytest.approx(other.log_wealth(3, 0))
    nothing = HiddenBound()
    nothing.draw([None] * 20, unseen=20, found=0, expected=0.1)
    assert nothing.log_wealth(3, 0) == 0


def test_all_rows_drawn_rules_out_that_one_is_left():
    bound = HiddenBound()
    bound.draw([False] * 5, unseen=5, found=0, expected=0.1)
    assert bound.log_wealth(1, 0) == float("inf")
    assert bound.most_left(0, 0, 0.05) == 0


@given(
    st.integers(1, 60).flatmap(
        lambda size: st.tuples(st.just(size), st.lists(st.none() | st.booleans(), min_size=1, max_size=size))
    ),
    st.floats(0, 1),
)
def test_more_left_is_never_harder_to_rule_out(drawn, expected):
    unseen, hits = drawn
    bound = HiddenBound()
    bound.draw(hits, unseen=unseen, found=3, expected=expected)
    found = 3 + hits.count(True)
    told = [bound.log_wealth(left, found) for left in range(1, unseen + 2)]
    assert all(after >= before - 1e-9 for before, after in pairwise(told))
    rest = unseen - len(hits)
    assert 0 <= bound.most_left(rest, found, 0.05) <= rest


@given(st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_less_risk_bounds_less_tightly(one, other):
    bound = HiddenBound()
    bound.draw([False] * 30 + [True] + [False] * 20, unseen=100, found=5, expected=0.2)
    low, high = sorted([one, other])
    assert bound.most_left(49, 6, low) >= bound.most_left(49, 6, high)


# --- what rests on no chance ------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(scores, st.none() | st.booleans()), max_size=70), promises, st.integers(0, 2**32))
def test_any_rows_come_to_an_end_and_what_was_said_of_them_stands(rows, promise, seed):
    labels = [label for _, label in rows]
    decided, order = run([score for score, _ in rows], labels, promise, seed)
    assert len(order) == len(set(order))
    assert {row for row, asked in enumerate(decided.asked) if asked} == set(order)
    said = {True: "yes", False: "no", None: "review"}
    assert all(decided.keep[row] == said[labels[row]] for row in order)
    unseen = {decided.keep[row] for row in range(len(rows)) if row not in set(order)}
    assert decided.bounds.met
    assert unseen <= {*(["no"] if promise.recall is not None else []), *(["yes"] if promise.precision else [])}
    assert all(row in order for row, (score, _) in enumerate(rows) if score is None)
    if len(order) == len(rows):
        assert (decided.bounds.recall, decided.bounds.precision) == (1, 1)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), promises, st.integers(0, 99))
def test_the_same_answers_and_seed_ask_the_same_questions(rows, promise, seed):
    columns = [score for score, _ in rows], [label for _, label in rows]
    assert run(*columns, promise, seed) == run(*columns, promise, seed)


def test_nothing_is_decided_unseen_before_the_promise_is_met():
    cascade = Cascade([n / 500 for n in range(500)], Promise(recall=0.9), seed=1)
    rows = cascade.ask()
    cascade.tell([row > 400 for row in rows])
    decided = cascade.decided()
    assert not decided.bounds.met
    assert {k for k, asked in zip(decided.keep, decided.asked, strict=True) if not asked} == {"review"}


def test_questions_are_answered_before_there_are_more():
    cascade = Cascade([0.1, 0.9, 0.4], Promise(recall=0.9), seed=1)
    rows = cascade.ask()
    with pytest.raises(RuntimeError):
        cascade.ask()
    with pytest.raises(ValueError, match="were expected"):
        cascade.tell([True] * (len(rows) + 1))


@pytest.mark.parametrize(
    "wrong", [{}, {"recall": 0.0}, {"recall": 1.1}, {"precision": -1}, {"recall": 0.9, "confidence": 1.0}]
)
def test_promises_that_are_none(wrong):
    with pytest.raises(ValueError, match=r"promise|confidence"):
        Promise(**wrong)


# --- what rests on chance ---------------------------------------------------------------------------------------------


def proxies(random, labels):
    noise = random.normal(size=len(labels))
    good = 2.5 * labels + noise
    hiding = good.copy()
    # As many wanted rows as break the promise, where the proxy is surest that there are none.
    hidden = np.flatnonzero(labels)[: max(int(0.25 * labels.sum()), 1)]
    hiding[hidden] = good.min() - random.random(len(hidden))
    return {
        "good": good,
        "useless": noise,
        "inverted": -good,
        "constant": np.zeros(len(labels)),
        "two values": (good > 1).astype(float),
        "hiding": hiding,
    }


@pytest.mark.parametrize("proxy", ["good", "useless", "inverted", "constant", "two values", "hiding"])
@pytest.mark.parametrize(
    "promise",
    [
        Promise(recall=0.8, confidence=0.8),
        Promise(precision=0.8, confidence=0.8),
        Promise(recall=0.8, precision=0.8, confidence=0.8),
    ],
    ids=["recall", "precision", "both"],
)
def test_promises_are_broken_no_more_often_than_they_may_be(proxy, promise):
    runs, broken = 40, 0
    for seed in range(runs):
        random = np.random.default_rng([seed, len(proxy)])
        labels = random.random(250) < random.choice([0.05, 0.3, 0.7])
        found, _ = run(proxies(random, labels)[proxy].tolist(), labels.tolist(), promise, seed)
        recall, precision = shares(found, labels.tolist())
        broken += recall < (promise.recall or 1) - 1e-9 or precision < (promise.precision or 1) - 1e-9
    # So many would come up less than once in 10,000 times if the promise held as often as it says.
    assert binom.sf(broken - 1, runs, 1 - promise.confidence) > 1e-4


def test_the_bounds_of_the_moment_hold_at_every_moment():
    # Looked at after each round, not at the end alone: stopping early must not make them wrong.
    broken = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        labels = random.random(400) < 0.1
        cascade = Cascade((labels + random.normal(size=400)).tolist(), Promise(recall=0.9, confidence=0.8), seed=seed)
        wrong = False
        while (rows := cascade.ask()).size:
            cascade.tell(labels[rows].tolist())
            decided = cascade.decided()
            wrong |= np.sum(labels & ~np.array(decided.asked)) > decided.bounds.hidden
        broken += wrong
    assert binom.sf(broken - 1, 40, 0.2) > 1e-4


def test_a_good_proxy_saves_most_of_the_questions():
    random = np.random.default_rng(5)
    labels = random.random(4000) < 0.1
    _, order = run((6 * labels + random.normal(size=4000)).tolist(), labels.tolist(), Promise(recall=0.9), batch=32)
    assert len(order) < 0.35 * 4000
    _, order = run((-6 * labels + random.normal(size=4000)).tolist(), labels.tolist(), Promise(recall=0.9), batch=32)
    assert len(order) < 0.4 * 4000, "one that points the other way is as good, once that is seen"


# --- guesses ----------------------------------------------------------------------------------------------------------


def test_equal_scores_share_their_mean_rank():
    assert ranks(np.array([0.2, 0.9, 0.2, 0.5])).tolist() == [3.5, 1, 3.5, 2]


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.booleans()), min_size=1, max_size=80), st.integers(0, 80))
def test_guesses_are_chances(rows, answered):
    asked = np.arange(min(answered, len(rows)))
    wanted = np.array([label for _, label in rows])[asked]
    found = chances(ranks(np.array([score for score, _ in rows])), asked, wanted)
    assert np.all((found > 0) & (found < 1))


@given(st.lists(st.floats(1e-9, 1 - 1e-9), max_size=50), st.floats(0, 40), st.floats(0, 2), st.floats(0.1, 9))
def test_plans_ask_for_no_more_rows_than_there_are(likely, allowed, gain, owed):
    plan = cheapest(np.array(sorted(likely, reverse=True)), allowed, gain, owed)
    assert plan.first >= 0
    assert plan.draws >= 0
    assert plan.first + plan.draws <= len(likely)


# --- a classifier -----------------------------------------------------------------------------------------------------


def test_a_classifier_learns_from_the_answers():
    texts = [f"{'refund' if n % 3 == 0 else 'thanks'} number {n}" for n in range(60)]
    proxy = TextProxy(texts, "asks for money back")
    found = proxy.scores({n: n % 3 == 0 for n in range(20)})
    unseen = range(20, 60)
    assert min(found[n] for n in unseen if n % 3 == 0) > max(found[n] for n in unseen if n % 3)


def test_an_answered_text_is_not_scored_by_what_it_taught():
    # Words that nothing else holds: whoever learnt the answer by heart would score these rows perfectly.
    texts = [f"word{n} other{n}" for n in range(40)]
    answers = {n: n % 2 == 0 for n in range(40)}
    found = TextProxy(texts, "a thing").scores(answers)
    assert max(found) - min(found) < 0.5


def test_without_answers_texts_score_by_the_words_they_share():
    found = TextProxy(["a refund please", "many thanks"], "asks for a refund").scores({})
    assert found[0] > found[1] == 0


@pytest.mark.parametrize("texts", [[], ["", "  "], ["!!", "??"]])
def test_texts_without_words(texts):
    assert TextProxy(texts, "!!").scores(dict.fromkeys(range(len(texts)), True)) == [0.0] * len(texts)
