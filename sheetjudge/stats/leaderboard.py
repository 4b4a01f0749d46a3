"""Comparisons of contenders' answers to many prompts become a leaderboard with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, tanh
from typing import TYPE_CHECKING, NamedTuple

from sheetjudge.judging.pairwise_orders import winner
from sheetjudge.stats.leaderboard_fit import Cells, Weighted, cells, weighted

if TYPE_CHECKING:
    from sheetjudge.stats.leaderboard_fit import Array, Indexes

LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Match:
    """One comparison of two contenders' answers to one prompt.

    Attributes:
        prompt: which prompt; any integer that tells prompts apart.
        first, second: the contenders' indexes.
        preference: chance in 0…1 that the first is better; 0.5 is a tie.
        lengths: characters of the two texts, or None.
    """

    prompt: int
    first: int
    second: int
    preference: float
    lengths: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Standing:
    """One contender's place.

    Attributes:
        contender: its name.
        rank: 1 for the strongest of its group, with the interval of ranks; contenders of the same strength share one.
        strength: Bradley-Terry, in log-odds; the mean over contenders of its group is 0.
        win_rate: mean preference over those it met, ties half.
        level_win_rate: the same had all texts been equally long; None where lengths don't differ or aren't known.
        wins, losses, ties: comparisons.
        length: mean number of characters, or None.
    """

    contender: str
    rank: Estimate
    strength: Estimate
    win_rate: Estimate
    level_win_rate: Estimate | None
    wins: int
    losses: int
    ties: int
    length: float | None


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two contenders against each other: wins of either, ties, and the mean preference for the first."""

    first: str
    second: str
    wins: int
    losses: int
    ties: int
    preference: float


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Contenders from the strongest to the weakest.

    Attributes:
        standings: best first. Contenders that met nobody aren't in it.
        meetings: each two that met.
        prompts, matches: what it rests on.
        longer: chance to win of a text that is a standard deviation of length differences longer, between contenders of
            the same strength; 0.5 where length doesn't matter, None where it isn't known. It may be a judge's liking,
            or longer texts may be better.
        length_step: that standard deviation, in characters.
        groups: contenders that met each other, directly or by way of others. Nothing is known of how those of
            different groups compare: each group has strengths and ranks of its own.
        level: what the intervals hold.
    """

    standings: tuple[Standing, ...]
    meetings: tuple[Meeting, ...]
    prompts: int
    matches: int
    longer: Estimate | None
    length_step: float | None
    groups: tuple[tuple[str, ...], ...]
    level: float


def leaderboard(
    contenders: Sequence[str],
    matches: Sequence[Match],
    *,
    level: float = LEVEL,
    resamples: int = 1000,
    seed: int = 0,
) -> Leaderboard:
    """Rank contenders by their comparisons.

    Strengths are Bradley and Terry's (1952), ties counting half for either. Intervals come from a Bayesian bootstrap
    over prompts (Rubin, 1981) with half a made-up win and loss for each contender, so that winning three of three is
    not mistaken for certainty: between two contenders without ties they are Jeffreys intervals. The win rate at equal
    length follows length-controlled AlpacaEval (Dubois et al., 2024): a logistic regression on the contenders and the
    hyperbolic tangent of the standardised difference of lengths, read where that difference is 0. Here one length
    effect is fitted for the judge, not one for each contender, and prompts have no term of their own.

    Args:
        contenders: their names; matches hold indexes into it.
        matches: what was compared, and only that: no failed comparisons; in any order.
        level: of the intervals, 0.9 for 90%.
        resamples: weightings drawn.
        seed: of the drawing.
    """
    import numpy as np

    if not matches:
        return Leaderboard((), (), 0, 0, None, None, (), level)
    # In the order of the prompts, not in the one in which judges answered: the same results draw the same intervals.
    matches = sorted(matches, key=lambda match: (match.prompt, match.first, match.second, match.preference))
    present = sorted({i for match in matches for i in (match.first, match.second)})
    at = {contender: i for i, contender in enumerate(present)}
    prompts = {prompt: i for i, prompt in enumerate(dict.fromkeys(match.prompt for match in matches))}
    leans, step = _leans(matches)
    met = cells(
        len(present),
        [prompts[match.prompt] for match in matches],
        [(at[match.first], at[match.second]) for match in matches],
        np.array([match.preference for match in matches]),
        leans,
    )
    found = weighted(met, resamples=resamples, seed=seed, with_effect=step is not None)
    longer = None if step is None else _estimate(1 / (1 + np.exp(-found.effects * tanh(1.0))), level)
    names = [contenders[i] for i in present]
    records = _records(matches)
    group = _group_of(met)
    return Leaderboard(
        _standings(names, found, [records[i] for i in present], level, group),
        _meetings(matches, contenders),
        len(prompts),
        len(matches),
        longer,
        step,
        tuple(
            tuple(name for name, own in zip(names, group, strict=True) if own == n) for n in sorted(set(group.tolist()))
        ),
        level,
    )


def _leans(matches: Sequence[Match]) -> tuple[Array, float | None]:
    """How much longer the first text is, squashed to -1…1, and what one standard deviation is in characters."""
    import numpy as np

    gaps = np.array([float(m.lengths[0] - m.lengths[1]) if m.lengths else 0.0 for m in matches])
    # Which of two stands first means nothing, so the mean difference is 0 by right.
    step = float(np.sqrt((gaps**2).mean()))
    if not step or any(m.lengths is None for m in matches):
        return np.zeros(len(matches)), None
    return np.tanh(gaps / step), step


def _estimate(drawn: Array, level: float) -> Estimate:
    """The first is the value, the others are what it could have been."""
    import numpy as np

    value = float(drawn[0])
    if len(drawn) == 1:
        return Estimate(value, value, value)
    low, high = np.quantile(drawn[1:], [(1 - level) / 2, (1 + level) / 2])
    # A share of 100% lies at the edge of what could be.
    return Estimate(value, min(float(low), value), max(float(high), value))


def _standings(
    names: Sequence[str], found: Weighted, records: Sequence[_Record], level: float, group: Indexes
) -> tuple[Standing, ...]:
    import numpy as np

    ranks = _ranks(found.strengths, group)
    with_length = not np.isnan(found.level_chances).any()
    standings = [
        Standing(
            name,
            _estimate(ranks[:, i], level),
            _estimate(found.strengths[:, i], level),
            _estimate(found.chances[:, i], level),
            _estimate(found.level_chances[:, i], level) if with_length else None,
            *records[i],
        )
        for i, name in enumerate(names)
    ]
    return tuple(sorted(standings, key=lambda s: -s.strength.value))


def _ranks(strengths: Array, group: Indexes) -> Array:
    """1 for the strongest of each group in each row; the same strength, the same rank."""
    import numpy as np

    rounded = np.round(strengths, 9)
    is_ahead = (rounded[:, None, :] > rounded[:, :, None]) & (group[None, :] == group[:, None])
    ahead: Array = is_ahead.sum(-1).astype(float)
    return ahead + 1


class _Record(NamedTuple):
    wins: int
    losses: int
    ties: int
    length: float | None


def _records(matches: Sequence[Match]) -> Mapping[int, _Record]:
    """What each contender's comparisons came to."""
    counts: dict[int, Counter[str]] = {}
    lengths: dict[int, list[int]] = {}
    for match in matches:
        result = winner(match.preference)
        for contender, won, place in ((match.first, "first", 0), (match.second, "second", 1)):
            own = counts.setdefault(contender, Counter())
            own["tie" if result == "tie" else "won" if result == won else "lost"] += 1
            if match.lengths is not None:
                lengths.setdefault(contender, []).append(match.lengths[place])
    means = {contender: fsum(own) / len(own) for contender, own in lengths.items()}
    return {i: _Record(own["won"], own["lost"], own["tie"], means.get(i)) for i, own in counts.items()}


def _meetings(matches: Sequence[Match], contenders: Sequence[str]) -> tuple[Meeting, ...]:
    found: dict[tuple[int, int], list[float]] = {}
    for m in matches:
        turned = m.first > m.second
        pair = (m.second, m.first) if turned else (m.first, m.second)
        found.setdefault(pair, []).append(1 - m.preference if turned else m.preference)
    meetings = []
    for (first, second), preferences in sorted(found.items()):
        results = Counter(map(winner, preferences))
        counts = (results["first"], results["second"], results["tie"])
        meetings.append(Meeting(contenders[first], contenders[second], *counts, fsum(preferences) / len(preferences)))
    return tuple(meetings)


def _group_of(met: Cells) -> Indexes:
    """For each contender the number of its group, by the first contender of each."""
    import numpy as np
    from scipy import sparse

    shape = (met.count, met.count)
    graph = sparse.csr_array((np.ones(len(met.first)), (met.first, met.second)), shape)
    groups: Indexes = sparse.csgraph.connected_components(graph, directed=False)[1]
    return groups
