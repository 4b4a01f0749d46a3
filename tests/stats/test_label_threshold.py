"""From which score on to keep rows, by labels of some: what is promised of it holds."""

from __future__ import annotations

from itertools import product
from math import ceil, comb, log

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom, hypergeom

from sheetjudge.stats.guarantee_promise import Promise
from sheetjudge.stats.label_choice import choose_rows
from sheetjudge.stats.label_evidence import Sample, _wealth, chance_of_recall, shows_precision
from sheetjudge.stats.label_threshold import threshold_from_labels


def rows_of(count, share, rng, *, worth=2.5):
    wanted = rng.random(count) < share
    return np.round(1 / (1 + np.exp(-worth * (wanted - 0.5) - rng.normal(size=count))), 4), wanted


def drawn(scores, wanted, count, rng):
    return {int(row): bool(wanted[row]) for row in rng.choice(len(scores), count, replace=False)}


def drawn_by_label(scores, wanted, count, seed):
    unsure = [2.0 if 0.3 < score < 0.7 else 1.0 for score in scores]
    choice = choose_rows(scores.tolist(), count, unsure=unsure, seed=seed)
    return {row: bool(wanted[row]) for row in choice.rows}, choice.strata


def is_broken(found, scores, wanted):
    """The promise, of these very rows."""
    promise, kept = found.promise, scores >= found.high
    lost = promise.recall is not None and np.sum(wanted & (scores >= found.low)) < promise.recall * wanted.sum() - 1e-9
    wrong = promise.precision is not None and np.sum(wanted & kept) < promise.precision * kept.sum() - 1e-9
    return bool(lost or wrong)


# --- known cases ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("recall", "confidence", "least"), [(0.9, 0.95, 29), (0.95, 0.95, 59), (0.9, 0.9, 22)])
def test_so_many_wanted_labels_are_needed_at_the_least(recall, confidence, least):
    # 0.9**29 < 0.05 < 0.9**28: the known sample size for a tolerance bound (Wilks, 1941).
    assert least == ceil(log(1 - confidence) / log(recall))
    scores = np.linspace(0, 1, 100_000)
    for count, is_met in ((least - 1, False), (least, True)):
        labels = {50_000 + row: True for row in range(count)} | dict.fromkeys(range(10), False)
        found = threshold_from_labels(scores, labels, Promise(recall, None, confidence))
        assert found.met is is_met
        assert found.wanted == count
    assert found.low == pytest.approx(scores[50_000], abs=1e-4)
    assert found.recall.more == 0


def test_precision_is_that_of_clopper_and_pearson_where_rows_are_many():
    scores = np.linspace(0, 1, 1_000_000)
    for count, wrong in ((60, 0), (100, 1), (140, 5)):
        right = count - wrong
        # Lower end of Clopper and Pearson's interval, at the share of the risk that each of three starts has.
        end = beta.ppf(0.05 / 3, right, wrong + 1)
        labels = {999_000 + row: row >= wrong for row in range(count)}
        for share, is_met in ((end - 0.002, True), (end + 0.05, False)):
            starts = [ceil(log(3 / 0.05) / -log(share)) * 2**n for n in range(3)]
            if starts[-1] <= count:
                assert threshold_from_labels(scores, labels, Promise(None, share, 0.95)).met is is_met


def test_a_table_that_is_labelled_to_its_end_is_known():
    scores = np.arange(200) / 200
    wanted = np.arange(200) >= 100
    labels = {row: bool(wanted[row]) for row in range(200)}
    found = threshold_from_labels(scores, labels, Promise(1.0, None, 0.95))
    assert (found.kept, found.dropped) == (100, 100)
    assert found.recall.share == 1.0
    strict = threshold_from_labels(scores, labels, Promise(0.9, None, 0.99), strata=[row // 50 for row in range(200)])
    assert strict.kept == 90


def test_too_few_labels_say_about_how_many_more():
    scores = np.linspace(0, 1, 5000)
    labels = {row: row > 2500 for row in range(0, 5000, 200)}
    found = threshold_from_labels(scores, labels, Promise(0.9, 0.9, 0.95))
    assert (found.low, found.high, found.met) == (None, None, False)
    # 12 of 25 are wanted, and 36 wanted ones are needed at half the risk: 50 labels more.
    assert 40 < found.recall.more < 70
    assert found.precision.more > 0
    none = threshold_from_labels(scores, dict.fromkeys(range(0, 5000, 200), False), Promise(0.9, None, 0.95))
    assert none.recall.more is None


def test_a_judge_who_cannot_tell_is_not_asked_for_more_labels():
    rng = np.random.default_rng(0)
    labels = {int(row): bool(rng.random() < 0.3) for row in rng.choice(5000, 400, replace=False)}
    found = threshold_from_labels(rng.random(5000), labels, Promise(None, 0.9, 0.95))
    assert (found.high, found.precision.more) == (None, None)


def test_between_two_thresholds_people_look():
    rng = np.random.default_rng(1)
    scores, wanted = rows_of(2000, 0.4, rng, worth=3.0)
    found = threshold_from_labels(scores, drawn(scores, wanted, 500, rng), Promise(0.95, 0.85, 0.9))
    assert found.low < found.high
    assert found.kept + found.dropped < found.rows == 2000
    easy = threshold_from_labels(scores, drawn(scores, wanted, 500, rng), Promise(0.7, 0.6, 0.9))
    assert easy.low == easy.high
    assert easy.kept + easy.dropped == 2000


def test_no_row_lies_on_a_threshold():
    rng = np.random.default_rng(2)
    scores, wanted = rows_of(3000, 0.4, rng)
    found = threshold_from_labels(scores, drawn(scores, wanted, 400, rng), Promise(0.9, None, 0.9))
    assert not np.isin(found.low, scores)
    assert np.abs(scores - found.low).min() >= 0.49e-4, "scores in a table are rounded"


# --- laws -------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60), st.integers(0, 8), st.integers(0, 400), st.sampled_from([0.7, 0.8, 0.9, 0.95, 0.99])
)  # fmt: skip
def test_rows_drawn_without_replacement_are_no_worse_than_the_binomial(wanted, wrong, unlabelled, share):
    exact = chance_of_recall(min(wrong, wanted), wanted, wanted + unlabelled, share)
    limit = float(binom.cdf(min(wrong, wanted), wanted, 1 - share))
    assert exact <= limit + 1e-9 or limit > 0.3


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.6, 0.8, 0.9]), st.booleans(), st.sampled_from([None, 4]))
def test_more_confidence_or_a_higher_share_never_drops_more(seed, share, in_strata, marks):
    rng = np.random.default_rng(seed)
    scores, wanted = rows_of(400, 0.5, rng)
    scores = scores if marks is None else np.round(scores * marks) / marks
    labels, strata = drawn(scores, wanted, 120, rng), None
    if in_strata:
        labels, strata = drawn_by_label(scores, wanted, 120, seed)
    dropped = []
    for recall, confidence in ((share, 0.8), (share, 0.95), (min(share + 0.05, 1), 0.95)):
        found = threshold_from_labels(scores, labels, Promise(recall, None, confidence), strata=strata)
        dropped.append(found.dropped)
        assert found.rows == found.kept + found.dropped or not found.met
    assert dropped == sorted(dropped, reverse=True)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_one_stratum_is_a_plain_draw_and_order_means_nothing(seed):
    rng = np.random.default_rng(seed)
    scores, wanted = rows_of(300, 0.5, rng)
    labels, promise = drawn(scores, wanted, 100, rng), Promise(0.8, 0.6, 0.9)
    found = threshold_from_labels(scores, labels, promise)
    assert found == threshold_from_labels(scores, labels, promise, strata=[3] * 300)
    moved = rng.permutation(300)
    place = {int(row): at for at, row in enumerate(moved)}
    assert found == threshold_from_labels(scores[moved], {place[row]: said for row, said in labels.items()}, promise)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from([0.5, 0.7, 0.8, 0.9]))
def test_bets_on_a_broken_promise_win_nothing_on_average(data, share):
    """Over every draw in two strata that there is: rows of each are (lost, kept, unwanted), and so are those drawn."""
    strata = [tuple(data.draw(st.integers(0, 5)) for _ in range(3)) for _ in range(2)]
    drawn = [data.draw(st.integers(1, sum(rows))) if sum(rows) else 0 for rows in strata]
    lost, kept = (sum(rows[at] for rows in strata) for at in (0, 1))
    assume(all(drawn) and kept < share * (lost + kept))
    rates = [sum(rows) / count for rows, count in zip(strata, drawn, strict=True)]
    mean = 0.0
    for chances in product(*(list(draws(rows, count)) for rows, count in zip(strata, drawn, strict=True))):
        chance = np.prod([chance for _, chance in chances])
        wrong, right = (
            np.array([rate for (got, _), rate in zip(chances, rates, strict=True) for _ in range(got[at])])
            for at in (0, 1)
        )
        mean += chance * np.exp(_wealth(right, wrong, max(rates), share))
    assert mean <= 1 + 1e-9


def draws(rows, count):
    """Every draw of so many rows from some of three kinds, with its chance."""
    for got in product(*(range(min(size, count) + 1) for size in rows)):
        if sum(got) == count:
            yield got, np.prod([comb(size, n) for size, n in zip(rows, got, strict=True)]) / comb(sum(rows), count)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from([0.5, 0.7, 0.9]), st.sampled_from([0.05, 0.2, 0.4]))
def test_a_broken_precision_passes_as_rarely_as_it_may(data, share, risk):
    """Over every draw in two strata: wherever the wrong rows are."""
    sizes = [data.draw(st.integers(2, 40)) for _ in range(2)]
    counts = [data.draw(st.integers(1, size)) for size in sizes]
    too_many = int((1 - share) * sum(sizes) + 1e-9) + 1
    first = data.draw(st.integers(max(0, too_many - sizes[1]), min(sizes[0], too_many)))
    passed = 0.0
    for got in product(*(range(count + 1) for count in counts)):
        chance = np.prod([
            hypergeom.pmf(n, size, wrong, count)
            for n, size, wrong, count in zip(got, sizes, (first, too_many - first), counts, strict=True)
        ])  # fmt: skip
        if chance:
            passed += chance * shows_precision(sample_of(sizes, counts, got), 0, share, risk)
    assert passed <= risk + 1e-9


def sample_of(sizes, counts, wrong):
    """Rows with one score in strata, so many of them labelled and so many of those wrong."""
    labels, strata, place = {}, [], 0
    for stratum, (size, count, off) in enumerate(zip(sizes, counts, wrong, strict=True)):
        labels |= {place + n: n >= off for n in range(count)}
        strata += [stratum] * size
        place += size
    return Sample.made(np.zeros(place), labels, strata)


def test_what_cannot_be_known_is_refused():
    with pytest.raises(ValueError, match="no row"):
        threshold_from_labels([0.1, 0.2], {}, Promise(0.9))
    with pytest.raises(ValueError, match="stratum"):
        threshold_from_labels([0.1, 0.2], {0: True}, Promise(0.9), strata=[0, 1])


# --- the promise ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("worth", "seeds"), [(2.5, 30), (0.0, 12)])
@pytest.mark.parametrize("in_strata", [False, True])
@pytest.mark.parametrize("promise", [Promise(0.8, None, 0.9), Promise(None, 0.6, 0.9), Promise(0.8, 0.5, 0.9)])
def test_no_more_promises_are_broken_than_the_confidence_allows(worth, seeds, in_strata, promise):
    broken = 0
    for seed in range(seeds):
        rng = np.random.default_rng([seed, in_strata])
        scores, wanted = rows_of(300, 0.5, rng, worth=worth)
        labels, strata = drawn(scores, wanted, 80, rng), None
        if in_strata:
            labels, strata = drawn_by_label(scores, wanted, 80, seed)
        found = threshold_from_labels(scores, labels, promise, strata=strata)
        broken += found.met and is_broken(found, scores, wanted)
    # A tenth is allowed; more than this would come about once in 1,000 such tests.
    assert broken <= binom.ppf(0.999, seeds, 0.1)


def test_strata_that_are_taken_for_a_plain_draw_break_it():
    """That weights are needed at all: with labels where the judge is sure, a promise without them would not hold."""
    broken = {"with": 0, "without": 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        scores = np.sort(rng.random(600))
        wanted = rng.random(600) < np.where(scores < 0.5, 0.25, 0.75)
        strata = [int(score >= 0.5) for score in scores]
        low, high = np.flatnonzero(scores < 0.5), np.flatnonzero(scores >= 0.5)
        rows = [*rng.choice(low, 20, replace=False), *rng.choice(high, 150, replace=False)]
        labels = {int(row): bool(wanted[row]) for row in rows}
        for name, given_strata in (("with", strata), ("without", None)):
            found = threshold_from_labels(scores, labels, Promise(0.8, None, 0.8), strata=given_strata)
            broken[name] += found.met and is_broken(found, scores, wanted)
    assert broken["without"] > 40
    assert broken["with"] <= 12
