"""Strengths from comparisons, the places that they give, and which rows to compare next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, norm

from sheetjudge.stats import ranking_algebra
from sheetjudge.stats.pairing import next_pairs
from sheetjudge.stats.ranking import placed_by_scores, ranking
from sheetjudge.stats.ranking_belief import comparisons, fitted, prior_belief
from sheetjudge.stats.ranking_learning import log_evidence
from sheetjudge.stats.ranking_noise import Noise, answer_chance, answer_shares, first_wins, position_bias

BRADLEY_TERRY = Noise(slope=3.0, first=1e-9, second=1e-9, tie=1e-9, width=0.3)
# American League, Eastern Division, 1987: wins of the row's team over the column's (Agresti, Categorical Data Analysis,
# 1990, table 10.10), and the strengths of Bradley and Terry that he gives, Baltimore's being 0.
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WINS = [
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
]
PUBLISHED = [1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0.0]


def season():
    return [(i, j, 1.0) for i in range(7) for j in range(7) for _ in range(WINS[i][j])]


def believed(count, answers, *, noise=None, scores=None, groups=None):
    return fitted(prior_belief(count, scores, groups), comparisons(answers), noise=noise)


@st.composite
def tournaments(draw):
    """(rows, answers) of a few rows, ties and hedged answers among them."""
    rows = draw(st.integers(2, 8))
    row = st.integers(0, rows - 1)
    answer = st.tuples(row, row, st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0])).filter(lambda a: a[0] != a[1])
    return rows, draw(st.lists(answer, min_size=1, max_size=19))


class TestStrengths:
    def test_of_a_season_are_those_published(self):
        # Log-odds of a prior this wide leave the say to the answers.
        found = believed(7, season(), noise=Noise(slope=3.0, first=1e-9, second=1e-9)).mean * 3.0
        assert found - found[6] == pytest.approx(PUBLISHED, abs=0.06)

    @given(tournaments(), st.randoms())
    @settings(max_examples=25, deadline=None)
    def test_do_not_hang_on_how_rows_are_numbered(self, tournament, random):
        rows, answers = tournament
        number = list(range(rows))
        random.shuffle(number)
        as_is = believed(rows, answers).mean
        renumbered = believed(rows, [(number[i], number[j], p) for i, j, p in answers]).mean
        assert renumbered[number] == pytest.approx(as_is, abs=1e-6)

    @given(tournaments())
    @settings(max_examples=25, deadline=None)
    def test_turn_round_where_every_answer_does(self, tournament):
        rows, answers = tournament
        ahead = believed(rows, answers, noise=BRADLEY_TERRY).mean
        turned = believed(rows, [(i, j, 1 - p) for i, j, p in answers], noise=BRADLEY_TERRY).mean
        assert turned == pytest.approx(-ahead, abs=1e-6)

    @given(tournaments())
    @settings(max_examples=25, deadline=None)
    def test_are_the_same_whichever_was_shown_first_where_no_place_is_liked(self, tournament):
        rows, answers = tournament
        ahead = believed(rows, answers, noise=BRADLEY_TERRY).mean
        swapped = believed(rows, [(j, i, 1 - p) for i, j, p in answers], noise=BRADLEY_TERRY).mean
        assert swapped == pytest.approx(ahead, abs=1e-6)

    @given(tournaments(), st.data())
    @settings(max_examples=25, deadline=None)
    def test_a_row_with_the_same_answers_and_one_defeat_more_is_not_above(self, tournament, data):
        rows, answers = tournament
        twin = data.draw(st.integers(0, rows - 1))
        doubled = [*answers]
        for i, j, p in answers:
            if twin in (i, j):
                doubled.append((rows if i == twin else i, rows if j == twin else j, p))
        mean = believed(rows + 1, [*doubled, (rows, twin, 0.0)], noise=BRADLEY_TERRY).mean
        assert mean[rows] < mean[twin]

    def test_a_contradiction_is_a_tie(self):
        mean = believed(2, [(0, 1, 1.0), (1, 0, 1.0)]).mean
        assert mean == pytest.approx([0.0, 0.0], abs=1e-9)

    def test_a_tie_brings_two_rows_together(self):
        noise = Noise(slope=4.0, first=0.01, second=0.01, tie=0.01, width=1.0)
        before = believed(3, [(0, 2, 1.0), (2, 1, 1.0)], noise=noise).mean
        after = believed(3, [(0, 2, 1.0), (2, 1, 1.0), (0, 1, 0.5), (1, 0, 0.5)], noise=noise).mean
        assert after[0] - after[1] < before[0] - before[1]

    def test_agree_with_exact_integration(self):
        noise = Noise(slope=4.0, first=0.15, second=0.05, shift=0.3)
        answers = [(0, 1, 1.0), (1, 2, 1.0), (2, 0, 0.0), (0, 2, 1.0), (1, 0, 1.0)]
        grid = np.linspace(-4, 4, 81)
        a, b, c = np.meshgrid(grid, grid, grid, indexing="ij")
        weight = np.exp(-0.5 * (a * a + b * b + c * c))
        for i, j, p in answers:
            chance = first_wins(noise, (a, b, c)[i] - (a, b, c)[j])
            weight = weight * (chance if p == 1.0 else 1 - chance)
        exact = [float((weight * x).sum() / weight.sum()) for x in (a, b, c)]
        belief = believed(3, answers, noise=noise)
        assert belief.mean == pytest.approx(exact, abs=0.04)
        spread = [np.sqrt((weight * (x - m) ** 2).sum() / weight.sum()) for x, m in zip((a, b, c), exact, strict=True)]
        assert np.sqrt(belief.system.variances[0]) == pytest.approx(spread, abs=0.04)


class TestNoise:
    @given(st.floats(-3, 3), st.floats(0.01, 3), st.sampled_from([1.0, 0.0, 0.5, 0.8]))
    @settings(max_examples=50, deadline=None)
    def test_the_chance_of_an_answer_is_its_mean_over_the_gap(self, mean, variance, preference):
        noise = Noise(slope=3.0, first=0.1, second=0.05, tie=0.02, shift=0.4, width=0.6)
        shares = answer_shares(np.array([preference]))
        gaps = mean + np.sqrt(variance) * norm.ppf((np.arange(4000) + 0.5) / 4000)
        one = answer_chance(noise, np.repeat(shares, 4000, axis=1), gaps, np.zeros(4000))[0].mean()
        chance, slope, _ = answer_chance(noise, shares, np.array([mean]), np.array([variance]))
        assert chance[0] == pytest.approx(one, abs=2e-3)
        step = 1e-5
        moved = answer_chance(noise, shares, np.array([mean + step]), np.array([variance]))[0]
        assert slope[0] == pytest.approx((moved - chance)[0] / step, abs=1e-3)

    @given(st.floats(-6, 6))
    @settings(deadline=None)
    def test_the_answers_to_a_question_are_all_there_are(self, gap):
        noise = Noise(slope=2.0, first=0.1, second=0.05, tie=0.02, shift=0.4, width=0.6)
        answers = answer_shares(np.array([1.0, 0.5, 0.0]))
        assert answer_chance(noise, answers, np.full(3, gap), np.zeros(3))[0].sum() == pytest.approx(1.0)

    def test_position_bias_of_flat_and_of_gap_dependent_kind(self):
        assert position_bias(Noise(first=0.19, second=0.09), np.array([0.0, 2.0])) == pytest.approx([0.10, 0.10])
        close, far = position_bias(Noise(first=0.0, second=0.0, shift=1.0), np.array([0.0, 3.0]))
        assert close == pytest.approx(np.tanh(0.5))
        assert far == pytest.approx(0.0, abs=1e-4)

    @pytest.mark.parametrize("ties", [False, True])
    @given(seed=st.integers(0, 2**32))
    @settings(deadline=None)
    def test_the_gradient_it_is_learned_by(self, ties, seed):
        rng = np.random.default_rng(seed)
        shares = answer_shares(rng.choice([0.0, 0.3, 0.5, 0.8, 1.0] if ties else [0.0, 0.3, 1.0], 20))
        gaps, off = (rng.normal(size=20), rng.random(20)), 1e-5 * np.eye(6 if ties else 4)
        at = np.array([1.0, -2.0, -2.0, 0.0, -2.0, -0.5])[: len(off)] + 0.5 * rng.normal(size=len(off))

        def value(given):
            return log_evidence(given, shares, *gaps, ties=ties)[0]

        steps = [(value(at + step) - value(at - step)) / 2e-5 for step in off]
        assert log_evidence(at, shares, *gaps, ties=ties)[1] == pytest.approx(steps, abs=1e-3)

    def test_is_learned_flat_where_it_is_flat_and_steep_where_it_hangs_on_the_gap(self):
        flat = _answered(lambda gap, rng: (gap > 0) ^ (rng.random() < 0.14))
        close = _answered(lambda gap, rng: rng.random() < 1 / (1 + np.exp(-4 * gap)))
        assert flat.noise.flat_errors == pytest.approx(0.14, abs=0.06)
        assert close.noise.flat_errors < 0.04
        assert 2.5 < close.noise.slope < 6.5


def _answered(judge, rows=60, count=1500, scores=None):
    rng = np.random.default_rng(5)
    strength = norm.ppf((np.arange(rows) + 0.5) / rows)
    pairs = [rng.choice(rows, 2, replace=False) for _ in range(count)]
    answers = [(int(i), int(j), float(judge(strength[i] - strength[j], rng))) for i, j in pairs]
    return believed(rows, answers, scores=scores)


class TestScores:
    def test_are_trusted_as_far_as_the_comparisons_bear_them_out(self):
        rng = np.random.default_rng(1)
        strength = norm.ppf((np.arange(60) + 0.5) / 60)

        def judge(gap, rng):
            return rng.random() < 1 / (1 + np.exp(-4 * gap))

        good = _answered(judge, scores=(strength + 0.3 * rng.standard_normal(60)).tolist())
        useless = _answered(judge, scores=rng.standard_normal(60).tolist())
        inverted = _answered(judge, scores=(-strength).tolist())
        assert good.trust > 0.8
        assert useless.trust < 0.35
        assert inverted.trust < 0.1
        for belief in (good, useless, inverted):
            assert kendalltau(belief.mean, strength).statistic > 0.85

    def test_before_any_comparison_they_are_the_order(self):
        mean = prior_belief(4, [3.0, None, 1.0, 3.0]).mean
        assert mean[0] == mean[3] > mean[1] == 0.0 > mean[2]

    def test_of_groups_count_by_their_distance_from_the_groups_mean(self):
        mean = prior_belief(4, [1.0, 2.0, 11.0, 12.0], [0, 0, 1, 1]).mean
        assert mean[:2] == pytest.approx(mean[2:])

    def test_alone_give_shared_ranks(self):
        places = placed_by_scores([2.0, 5.0, 5.0, 1.0, 9.0], [0, 0, 0, 0, 1])
        assert [(p.rank, p.tier) for p in places] == [(3, 2), (1, 1), (1, 1), (4, 3), (1, 1)]


class TestManyRows:
    def test_belief_propagation_comes_to_what_exact_algebra_does(self, monkeypatch):
        rng = np.random.default_rng(3)
        strength = rng.standard_normal(90)
        first = rng.integers(0, 90, 300)
        second = (first + rng.integers(1, 90, 300)) % 90
        answers = [
            (int(i), int(j), float(rng.random() < 1 / (1 + np.exp(-4 * (strength[i] - strength[j])))))
            for i, j in zip(first, second, strict=True)
        ]
        exact = believed(90, answers, noise=BRADLEY_TERRY)
        monkeypatch.setattr(ranking_algebra, "DENSE", 0)
        sparse = believed(90, answers, noise=BRADLEY_TERRY)
        assert sparse.mean == pytest.approx(exact.mean, abs=0.03)
        assert sparse.system.variances[0] == pytest.approx(np.diag(exact.system._covariance), rel=0.1)
        spread = sparse.draws(2000, rng).std(1)
        assert spread == pytest.approx(np.sqrt(np.diag(exact.system._covariance)), rel=0.15)


class TestPlaces:
    def test_rows_that_were_told_apart_stand_in_tiers(self):
        answers = [(i, j, 1.0) for i in range(4) for j in range(i + 1, 4)] * 6
        found = ranking(believed(4, answers, noise=BRADLEY_TERRY), np.random.default_rng(0))
        assert [p.rank for p in found.places] == [1, 2, 3, 4]
        assert [p.tier for p in found.places] == sorted(p.tier for p in found.places)
        assert found.places[0].tier < found.places[3].tier
        assert found.certainty > 0.9

    def test_rows_of_which_nothing_is_known_share_everything(self):
        found = ranking(prior_belief(5), np.random.default_rng(0))
        assert {(p.rank, p.tier, p.rank_low) for p in found.places} == {(1, 1, 1)}
        assert found.position_bias is None

    @given(tournaments())
    @settings(max_examples=30, deadline=None)
    def test_intervals_hold_what_is_shown(self, tournament):
        rows, answers = tournament
        found = ranking(believed(rows, answers), np.random.default_rng(0), top=1, count=400)
        for place in found.places:
            assert 1 <= place.rank_low <= place.rank <= place.rank_high <= rows
            assert place.low <= place.strength <= place.high
            assert 0 <= place.top_chance <= 1
        assert 0 <= found.certainty <= 1

    def test_both_orders_and_contradictions_are_counted(self):
        answers = [(0, 1, 1.0), (1, 0, 1.0), (0, 2, 1.0), (2, 0, 0.0), (1, 2, 0.5), (2, 1, 0.0)]
        found = ranking(believed(3, answers), np.random.default_rng(0))
        assert (found.swapped, found.contradictions) == (3, 1)

    def test_nothing_to_rank(self):
        assert ranking(prior_belief(0), np.random.default_rng(0)).places == ()


@pytest.mark.parametrize("sweeps", [1, 2, 3, 8])
@pytest.mark.parametrize("rows", [30, 500])
def test_the_mean_is_that_of_the_factors_whenever_the_sweeps_end(rows, sweeps):
    rng = np.random.default_rng(rows)
    first = rng.integers(0, rows, 6 * rows)
    second = (first + rng.integers(1, rows, 6 * rows)) % rows
    answers = comparisons(
        [(i, j, float(rng.random() < 0.2) if i < j else 1.0) for i, j in zip(first, second, strict=True)]
    )
    belief = fitted(prior_belief(rows), answers, sweeps=sweeps)
    assert belief.solved().mean == pytest.approx(belief.mean, abs=1e-4)
    assert (belief.system.variances[0] > 0).all()


class TestPairs:
    @given(st.integers(2, 30), st.integers(1, 400), st.sampled_from([None, 1, 3]), st.booleans())
    @settings(max_examples=25, deadline=None)
    def test_are_of_two_rows_and_never_asked_twice(self, rows, count, top, both):
        belief, asked = prior_belief(rows, list(range(rows))), set()
        for number in range(3):
            rng = np.random.default_rng(number)
            pairs = next_pairs(belief, count, rng, asked=asked, top=top, both_orders=both)
            assert len(set(pairs)) == len(pairs) <= count
            assert not asked & set(pairs)
            assert all(i != j for i, j in pairs)
            assert pairs or len(asked) == rows * (rows - 1)
            asked |= set(pairs)

    def test_stay_in_their_group(self):
        groups = [n % 5 for n in range(30)]
        pairs = next_pairs(prior_belief(30, None, groups), 40, np.random.default_rng(0), asked=(), top=2)
        assert pairs
        assert all(i % 5 == j % 5 for i, j in pairs)

    @given(st.lists(st.integers(1, 5), min_size=40, max_size=50), st.integers(40, 300), st.none() | st.integers(1, 3))
    @settings(max_examples=3, deadline=None)
    def test_in_many_groups_there_are_some_until_all_are_made(self, sizes, count, top):
        groups = [group for group, size in enumerate(sizes) for _ in range(size)]
        belief = prior_belief(len(groups), [n * 37 % 101 for n in range(len(groups))], groups)
        rng, left = np.random.default_rng(0), sum(size * (size - 1) for size in sizes)
        members = {own: [i for i, group in enumerate(groups) if group == own] for own in groups}
        asked = set()
        while left:
            pairs = next_pairs(belief, count, rng, asked=asked, top=top)
            # Of a pair that wasn't asked yet one order, or both.
            open_pairs = {frozenset((i, j)) for i, own in enumerate(groups) for j in members[own] if i != j}
            open_pairs -= {frozenset(pair) for pair in asked if pair[::-1] in asked}
            assert len(pairs) >= min(count, len(open_pairs))
            assert not asked & set(pairs)
            asked |= set(pairs)
            left -= len(pairs)
        assert next_pairs(belief, count, rng, asked=asked, top=top) == []

    def test_are_shown_in_an_order_that_is_drawn_by_lot(self):
        pairs = next_pairs(prior_belief(150, list(range(150))), 100, np.random.default_rng(0), asked=())
        assert 30 < sum(i < j for i, j in pairs) < 70

    def test_near_ties_come_first(self):
        scores = [0.0, 0.1, 5.0, 5.1, 9.0, 9.1]
        answers = [(j, i, 1.0) for i in range(6) for j in range(i + 1, 6) if scores[j] - scores[i] > 1] * 2
        belief = believed(6, answers, noise=BRADLEY_TERRY)
        pairs = next_pairs(belief, 3, np.random.default_rng(0), asked=())
        assert {frozenset(pair) for pair in pairs} == {frozenset({0, 1}), frozenset({2, 3}), frozenset({4, 5})}

    def test_of_the_best_k_are_at_the_border_and_in_both_orders(self):
        scores = [0.0, 0.1, 5.0, 5.1, 9.0, 9.1]
        answers = [(j, i, 1.0) for i in range(6) for j in range(i + 1, 6) if scores[j] - scores[i] > 1] * 2
        belief = believed(6, answers, noise=BRADLEY_TERRY)
        pairs = next_pairs(belief, 2, np.random.default_rng(0), asked=(), top=3)
        assert sorted(pairs) == [(2, 3), (3, 2)]

    @pytest.mark.parametrize("slope", [1.0, 4.0, 30.0, 1000.0])
    def test_each_tells_most_once_those_before_it_are_answered(self, slope):
        rows, count, seed = 24, 30, 5
        belief = replace(prior_belief(rows), noise=Noise(slope, 0.0, 0.0))
        pairs = next_pairs(belief, count, np.random.default_rng(seed), asked=())
        # The same, straight from the definition: covariances of all answers, and of each with what is asked.
        draws = belief.draws(512, np.random.default_rng(seed))
        above, below = np.triu_indices(rows, 1)
        chance = first_wins(belief.noise, draws[above] - draws[below])
        noise = (chance * (1 - chance)).mean(1) + 1e-6
        chance -= chance.mean(1, keepdims=True)
        ranks = draws.argsort(0).argsort(0) / rows
        told = chance @ (ranks - ranks.mean(1, keepdims=True)).T / draws.shape[1]
        covariance = chance @ chance.T / draws.shape[1]
        number = {frozenset(pair): at for at, pair in enumerate(zip(above.tolist(), below.tolist(), strict=True))}
        for pair in pairs:
            chosen = number.pop(frozenset(pair))
            total = covariance.diagonal() + noise
            gain = (told**2).sum(1) / total
            assert gain[chosen] > 0.99 * max(gain[at] for at in number.values())
            shared = covariance[chosen] / total[chosen]
            told -= np.outer(shared, told[chosen])
            covariance -= np.outer(shared, covariance[chosen])

    def test_find_more_of_the_best_than_random_pairs_do(self):
        hits = np.sum([_found_of_the_best(seed) for seed in range(6)], axis=0)
        assert hits[0] > hits[1] + 3


def _found_of_the_best(seed, rows=40, count=160, top=5):
    """How many of the best rows are found by chosen pairs, and how many by random ones."""
    rng = np.random.default_rng(seed)
    quality = rng.random(rows)
    says = (quality[:, None] > quality) ^ (rng.random((rows, rows)) < 0.1)
    belief, asked, answers = prior_belief(rows), set(), []
    while len(answers) < count:
        pairs = next_pairs(belief, 20, rng, asked=asked, top=top)
        asked.update(pairs)
        answers += [(i, j, float(says[i, j])) for i, j in pairs]
        belief = fitted(belief, comparisons(answers))
    first = rng.integers(0, rows, count)
    second = (first + rng.integers(1, rows, count)) % rows
    by_chance = believed(rows, [(int(i), int(j), float(says[i, j])) for i, j in zip(first, second, strict=True)])
    best = set(np.argsort(-quality)[:top].tolist())
    return [len(best & set(np.argsort(-b.mean)[:top].tolist())) for b in (belief, by_chance)]


def test_many_rows_whose_answers_take_more_precision_than_there_is_still_have_finite_draws():
    rows = 500
    first, second = np.arange(rows - 1), np.arange(1, rows)
    precision = np.where(first == 0, -3.0, 2.0)
    system = ranking_algebra.System(first, second, precision, np.ones(rows))
    assert np.isnan(system.solve(np.linspace(-1, 1, rows))).all()
    assert np.isfinite(system.draws(100, np.random.default_rng(0))).all()
    assert (system.variances[1] > 0).all()


def test_draws_of_many_rows_spread_as_the_precision_says():
    rows = 500
    first, second = np.arange(rows - 1), np.arange(1, rows)
    system = ranking_algebra.System(first, second, np.full(rows - 1, 2.0), np.ones(rows))
    drawn = system.draws(2000, np.random.default_rng(0))
    # On a chain belief propagation is exact.
    assert drawn.var(1).mean() == pytest.approx(system.variances[0].mean(), rel=0.02)


@pytest.mark.parametrize("taken", [-0.6, -3.0, -30.0])
def test_a_belief_about_many_rows_recovers_from_answers_that_took_more_precision_than_there_is(taken):
    rows = 500
    answers = comparisons([(i, i + 1, 1.0) for i in range(rows - 1)])
    precision = np.where(np.arange(rows - 1) % 2 == 0, taken, 2.0)
    beside_itself = replace(prior_belief(rows), answers=answers, precision=precision, pull=np.ones(rows - 1))
    belief = fitted(beside_itself, answers, noise=BRADLEY_TERRY)
    assert belief.mean == pytest.approx(fitted(prior_belief(rows), answers, noise=BRADLEY_TERRY).mean, abs=0.1)
