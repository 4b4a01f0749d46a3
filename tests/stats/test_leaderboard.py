"""Leaderboards against values known from elsewhere, and what must hold for any comparisons."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from sheetjudge.stats.leaderboard import Match, leaderboard
from sheetjudge.stats.leaderboard_fit import EFFECT_SD, cells, fitted
from sheetjudge.stats.row_outcome import row_outcome

# American League baseball in 1987, rows beat columns (Agresti, Categorical Data Analysis, 1990, table 10.11).
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WINS = (
    (0, 7, 9, 7, 7, 9, 11),
    (6, 0, 7, 5, 11, 9, 9),
    (4, 6, 0, 7, 7, 8, 12),
    (6, 8, 6, 0, 6, 7, 10),
    (6, 2, 6, 7, 0, 7, 12),
    (4, 4, 5, 6, 6, 0, 6),
    (2, 4, 1, 3, 1, 7, 0),
)
STRENGTHS = (1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0.0)


def season():
    games = [(i, j) for i, row in enumerate(WINS) for j, count in enumerate(row) for _ in range(count)]
    return [Match(n, i, j, 1.0) for n, (i, j) in enumerate(games)]


def fit_of(count, matches, leans=None):
    met = cells(
        count,
        [m.prompt for m in matches],
        [(m.first, m.second) for m in matches],
        np.array([m.preference for m in matches]),
        np.zeros(len(matches)) if leans is None else leans,
    )
    everything = np.ones((1, met.wins.shape[0]))
    return fitted(met, everything @ met.wins, everything @ met.losses, None if leans is None else np.zeros(1))[0]


def round_robin(random, strengths, prompts, effect=0.0):
    matches = []
    for prompt in range(prompts):
        lengths = random.integers(50, 500, len(strengths))
        for i, j in combinations(range(len(strengths)), 2):
            edge = strengths[i] - strengths[j] + effect * np.tanh((lengths[i] - lengths[j]) / 200)
            won = random.random() < 1 / (1 + np.exp(-edge))
            matches.append(Match(prompt, i, j, float(won), (int(lengths[i]), int(lengths[j]))))
    return matches


class TestStrengths:
    def test_a_published_fit(self):
        found = fit_of(len(TEAMS), season())
        assert found[:-1] - found[6] == pytest.approx(STRENGTHS, abs=2e-4)

    def test_the_order_and_the_counts_of_a_season(self):
        board = leaderboard(TEAMS, season(), resamples=50)
        assert [s.contender for s in board.standings] == list(TEAMS)
        first = board.standings[0]
        assert (first.wins, first.losses, first.ties) == (50, 28, 0)
        assert first.win_rate.value == pytest.approx(50 / 78)
        assert (board.prompts, board.matches, board.groups) == (273, 273, (TEAMS,))
        meeting = next(m for m in board.meetings if (m.first, m.second) == ("Detroit", "Boston"))
        assert (meeting.wins, meeting.losses, meeting.ties) == (11, 2, 0)

    def test_the_length_effect_is_that_of_a_logistic_regression(self):
        from sklearn.linear_model import LogisticRegression

        random = np.random.default_rng(4)
        matches = round_robin(random, [0.8, 0.0, -0.8], 120, effect=1.5)
        leans = np.round(np.tanh([(m.lengths[0] - m.lengths[1]) / 200 for m in matches]) / 0.05) * 0.05
        design = np.zeros((len(matches), 4))
        for row, (match, lean) in enumerate(zip(matches, leans, strict=True)):
            design[row, [match.first, match.second, 3]] = 1, -1, lean * EFFECT_SD
        # With one penalty for all coefficients: make that of the strengths too small to matter.
        design[:, :3] *= 1e3
        model = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10, max_iter=10_000)
        model.fit(design, [m.preference for m in matches])
        expected = model.coef_[0] * [1e3, 1e3, 1e3, EFFECT_SD]
        found = fit_of(3, matches, leans)
        assert found[:3] == pytest.approx(expected[:3] - expected[:3].mean(), abs=1e-3)
        assert found[3] == pytest.approx(expected[3], abs=1e-3)

    def test_ties_are_half_a_win_for_either(self):
        halves = leaderboard("ab", [Match(n, 0, 1, 0.5) for n in range(6)] + [Match(6, 0, 1, 1.0)], resamples=0)
        wins = leaderboard("ab", [Match(n, 0, 1, n % 2) for n in range(6)] + [Match(6, 0, 1, 1.0)], resamples=0)
        assert [s.strength.value for s in halves.standings] == pytest.approx([s.strength.value for s in wins.standings])
        assert (halves.standings[0].ties, wins.standings[0].ties) == (6, 0)

    @pytest.mark.parametrize("won", [1, 4])
    def test_who_won_everything_has_half_a_loss_too(self, won):
        first, second = leaderboard("ab", [Match(n, 0, 1, 1.0) for n in range(won)], resamples=0).standings
        assert first.strength.value - second.strength.value == pytest.approx(np.log(2 * won + 1))

    def test_contenders_that_never_met_are_in_groups_of_their_own(self):
        matches = [Match(0, 0, 1, 1.0), Match(1, 2, 3, 1.0), Match(1, 3, 4, 1.0)]
        board = leaderboard("abcdef", matches, resamples=20)
        assert board.groups == (("a", "b"), ("c", "d", "e"))
        assert "f" not in {s.contender for s in board.standings}

    @given(st.integers(0, 10_000), st.permutations("abcde"))
    @settings(max_examples=30, deadline=None)
    def test_a_group_stands_as_if_there_were_no_other(self, seed, names):
        rng = np.random.default_rng(seed)
        games = {
            group: [
                Match(n, *rng.choice(len(group), 2, replace=False).tolist(), float(rng.choice([0, 0.5, 1.0])))
                for n in range(12)
            ]
            for group in ("ab", "cde")
        }
        met = [
            Match(
                m.prompt + 100 * (group == "ab"),
                names.index(group[m.first]),
                names.index(group[m.second]),
                m.preference,
            )
            for group, matches in games.items()
            for m in matches
        ]
        board = leaderboard(names, met, resamples=100)
        for group, matches in games.items():
            told = [s for s in board.standings if s.contender in group]
            alone = leaderboard(group, matches, resamples=100)
            ranks = {s.contender: s.rank.value for s in alone.standings}
            assert {s.contender: s.rank.value for s in told} == ranks
            assert sum(s.strength.value for s in told) == pytest.approx(0, abs=1e-5)
            assert all(1 <= s.rank.low <= s.rank.high <= len(alone.standings) for s in told)

    def test_nothing_compared(self):
        assert leaderboard("ab", []).standings == ()


class TestIntervals:
    @pytest.mark.parametrize(("won", "of"), [(10, 10), (7, 10), (0, 3), (1, 1)])
    def test_between_two_they_are_jeffreys(self, won, of):
        board = leaderboard("ab", [Match(n, 0, 1, float(n < won)) for n in range(of)], resamples=20_000)
        rate = next(s for s in board.standings if s.contender == "a").win_rate
        low, high = beta.ppf([0.05, 0.95], won + 0.5, of - won + 0.5)
        assert rate.value == won / of
        assert rate.low == pytest.approx(0.0 if won == 0 else low, abs=0.01)
        assert rate.high == pytest.approx(1.0 if won == of else high, abs=0.01)

    def test_they_hold_the_truth_as_often_as_they_say(self):
        truth = np.array([1.0, 0.3, -0.3, -1.0])
        chance = 1 / (1 + np.exp(truth[None] - truth[:, None]))
        rates = (chance.sum(1) - 0.5) / 3
        random = np.random.default_rng(7)
        held = []
        for _ in range(150):
            board = leaderboard(range(4), round_robin(random, truth, 40, effect=0.8), resamples=200)
            held += [s.level_win_rate.low <= rates[s.contender] <= s.level_win_rate.high for s in board.standings]
        # 150 boards of four rates that hang together: a standard error of about 0.02.
        assert 0.84 <= np.mean(held) <= 0.96

    def test_answers_to_one_prompt_count_as_one_observation(self):
        apart = [Match(n, 0, 1, float(n % 2)) for n in range(40)]
        together = [Match(n // 20, 0, 1, float(n % 2 == 0 if n < 20 else n % 2)) for n in range(40)]
        blocks = [Match(n // 20, 0, 1, float(n < 20)) for n in range(40)]
        widths = [
            (s := leaderboard("ab", matches, resamples=2000).standings[0].win_rate).high - s.low
            for matches in (apart, together, blocks)
        ]
        assert widths[2] > 2 * widths[0]

    def test_the_same_seed_gives_the_same_board(self):
        assert leaderboard(TEAMS, season(), resamples=50) == leaderboard(TEAMS, season(), resamples=50)
        assert leaderboard(TEAMS, season(), resamples=50) != leaderboard(TEAMS, season(), resamples=50, seed=1)

    def test_in_whatever_order_the_answers_came(self):
        random = np.random.default_rng(3)
        matches = round_robin(random, [0.4, 0.1, -0.5], 20)
        board = leaderboard("ABC", matches, resamples=50)
        for _ in range(3):
            assert leaderboard("ABC", [matches[i] for i in random.permutation(len(matches))], resamples=50) == board


class TestLength:
    def test_a_judge_that_only_counts_characters_is_seen_through(self):
        random = np.random.default_rng(1)
        matches = []
        for n in range(400):
            short, long = int(random.integers(50, 400)), int(random.integers(150, 500))
            won = random.random() < 1 / (1 + np.exp(-2.5 * np.tanh((short - long) / 180)))
            matches.append(Match(n, 0, 1, float(won), (short, long)))
        board = leaderboard(("short", "long"), matches)
        long = board.standings[0]
        assert long.contender == "long"
        assert long.win_rate.low > 0.6
        assert long.level_win_rate.low < 0.5 < long.level_win_rate.high
        assert board.longer.low > 0.7

    def test_without_an_effect_both_rates_are_about_the_same(self):
        board = leaderboard("abc", round_robin(np.random.default_rng(3), [0.7, 0.0, -0.7], 300), resamples=200)
        assert board.longer.low < 0.5 < board.longer.high
        for standing in board.standings:
            assert standing.level_win_rate.value == pytest.approx(standing.win_rate.value, abs=0.02)

    def test_unknown_or_equal_lengths_say_nothing(self):
        known = [Match(n, 0, 1, 1.0, (5, 7)) for n in range(3)]
        for matches in ([*known, Match(3, 0, 1, 1.0)], [Match(0, 0, 1, 1.0, (5, 5))]):
            board = leaderboard("ab", matches, resamples=20)
            assert (board.longer, board.length_step, board.standings[0].level_win_rate) == (None, None, None)


comparisons = st.lists(
    st.builds(
        Match,
        st.integers(0, 5),
        st.integers(0, 3),
        st.integers(4, 6),
        st.sampled_from([0.0, 0.3, 0.5, 0.75, 1.0]),
        st.tuples(st.integers(0, 900), st.integers(0, 900)),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(comparisons)
def test_what_holds_for_any_comparisons(matches):
    board = leaderboard("abcdefg", matches, resamples=30)
    turned = [Match(m.prompt, m.second, m.first, 1 - m.preference, m.lengths[::-1]) for m in matches]
    other = leaderboard("abcdefg", turned, resamples=0)
    assert {s.contender: s.strength.value for s in other.standings} == pytest.approx(
        {s.contender: s.strength.value for s in board.standings}, abs=1e-6
    )
    assert sum(s.strength.value for s in board.standings) == pytest.approx(0.0, abs=1e-6)
    assert sum(s.wins for s in board.standings) == sum(s.losses for s in board.standings)
    assert sum(s.wins + s.losses + s.ties for s in board.standings) == 2 * len(matches)
    for s in board.standings:
        for estimate in (s.rank, s.strength, s.win_rate, *([s.level_win_rate] if s.level_win_rate else [])):
            assert np.isfinite([estimate.low, estimate.value, estimate.high]).all()
            assert estimate.low <= estimate.value <= estimate.high
        assert 0 <= s.win_rate.low <= s.win_rate.high <= 1
        assert 1 <= s.rank.low <= s.rank.high <= len(board.standings)
    strengths = [s.strength.value for s in board.standings]
    assert strengths == sorted(strengths, reverse=True)


class TestRows:
    @pytest.mark.parametrize(
        ("preference", "winners", "margin"),
        [(1.0, (0,), 1.0), (0.0, (1,), 1.0), (0.5, (0, 1), 0.0), (0.55, (0, 1), 0.1), (0.6, (0,), 0.2)],
    )
    def test_two(self, preference, winners, margin):
        found = row_outcome({(0, 1): preference})
        assert (found.winners, found.margin) == (winners, pytest.approx(margin))

    def test_a_winner_among_three(self):
        found = row_outcome({(0, 1): 1.0, (0, 2): 0.5, (1, 2): 0.5})
        assert (found.winners, found.margin) == ((0,), pytest.approx(0.25))

    def test_a_circle_is_a_tie(self):
        assert row_outcome({(0, 1): 1.0, (1, 2): 1.0, (2, 0): 1.0}).winners == (0, 1, 2)

    def test_a_missing_comparison_leaves_no_winner(self):
        assert row_outcome({(0, 1): 1.0, (0, 2): 1.0}) is None
        assert row_outcome({}) is None

    @given(st.dictionaries(st.sampled_from(list(combinations(range(4), 2))), st.floats(0, 1), min_size=6))
    def test_the_order_of_a_pair_means_nothing(self, preferences):
        turned = {(j, i): 1 - p for (i, j), p in preferences.items()}
        ours, theirs = row_outcome(preferences), row_outcome(turned)
        assert ours.margin == pytest.approx(theirs.margin, abs=1e-6) or ours.winners != theirs.winners
        assert 0 <= ours.margin <= 1
