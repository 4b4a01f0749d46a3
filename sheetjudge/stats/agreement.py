"""Judges beside people: how far they agree, beside how far people agree with each other, and beside chance."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Scale
from sheetjudge.core.words import counted
from sheetjudge.stats.agreement_alpha import weighted_alpha
from sheetjudge.stats.agreement_groups import groups_of, within_groups
from sheetjudge.stats.agreement_interval import LEVEL, Figure, Floats, Kind, LeftOut, figure, left_out
from sheetjudge.stats.agreement_measures import (
    MOST_CELLS,
    ORDER,
    Measured,
    agreement,
    chance_rate,
    measures_of,
    metric_of,
    rounded,
    too_many,
)
from sheetjudge.stats.agreement_values import MOST_CONFUSED, Agreement, Ceiling, JudgeBeside, Pair

LEAST_ROWS = 10
"""Rows with both answers below which only the rates of agreement are told."""

LEAST_OTHERS = 5
"""Rows with another answer than the most common one below which a coefficient gets no interval: it hangs on those."""

SAME_DIGITS = 9
"""Decimals up to which means are told apart: 3.3, 3.4 and 3.5 in any order have the mean of three times 3.4."""

_KENDALL = ("kendall", "kendall_within")
_TOO_MANY = f"Kendall's tau isn't computed for more than {MOST_CELLS:,} different pairs of marks"

Answers = Mapping[str, Floats]
"""By rater a value for each row, in scale units; NaN where there is none."""


def compared(
    people: Answers,
    judges: Answers,
    scale: Scale,
    *,
    groups: Sequence[Hashable] | None = None,
    by_order: bool = False,
    level: float = LEVEL,
) -> Agreement:
    """Compare judges with people.

    Args:
        people, judges: their answers, all of the same rows.
        scale: the answers that were possible.
        groups: for each row what it belongs to; then groups are left out and not rows, and ranks are compared within
            groups too.
        by_order: only the order is compared, since the marks are not on one scale.
        level: of the intervals.
    """
    desk = _Desk(people, judges, scale, groups, by_order=by_order, level=level)
    answered = np.any(~np.isnan(np.stack(list(people.values()))), axis=0)
    return Agreement(
        scale,
        desk.names,
        level,
        int(answered.sum()),
        None if groups is None else len(set(groups)),
        tuple(people),
        desk.ceiling() if len(people) > 1 else None,
        tuple(desk.judge(name, answered) for name in judges),
    )


def rest_of(people: Answers, left: str, scale: Scale) -> Floats:
    """What all people but one answered to each row, drawn together as `mean_answer` does."""
    return mean_answer([values for name, values in people.items() if name != left], scale)


def mean_answer(values: Sequence[Floats], scale: Scale) -> Floats:
    """The mean answer to each row of those who answered it; without an order the most common, NaN where several are."""
    stacked = np.stack(values)
    there = ~np.isnan(stacked)
    if scale.ordered:
        count = there.sum(axis=0)
        means = np.where(there, stacked, 0.0).sum(axis=0) / np.maximum(count, 1)
        return np.where(count > 0, np.round(means, SAME_DIGITS), np.nan)
    votes = np.stack([np.sum(stacked == k, axis=0) for k in range(scale.low, scale.high + 1)])
    most = votes.max(axis=0)
    alone = (np.sum(votes == most, axis=0) == 1) & (most > 0)
    return np.where(alone, votes.argmax(axis=0) + float(scale.low), np.nan)


class _Desk:
    """Figures are made of what was measured of pairs, each measured once."""

    def __init__(
        self,
        people: Answers,
        judges: Answers,
        scale: Scale,
        groups: Sequence[Hashable] | None,
        *,
        by_order: bool,
        level: float,
    ) -> None:
        self.people, self.judges, self.scale, self.level = people, judges, scale, level
        rows = len(next(iter(people.values())))
        self.plan: LeftOut = left_out(rows, groups)
        self.groups = groups_of(groups)
        measures = tuple(name for name in measures_of(scale) if name in ORDER or not by_order)
        self.within = tuple(f"{name}_within" for name in ORDER if groups is not None and name in measures)
        self.plain, self.names = measures, (*measures, *self.within)
        self.rests = {name: rest_of(people, name, scale) for name in people} if len(people) > 2 else {}  # noqa: PLR2004
        self._with_people = {
            (one, other): self._measure(people[one], people[other]) for one, other in combinations(people, 2)
        }

    # --- what was measured ---------------------------------------------------------------------------------------

    def _measure(self, first: Floats, second: Floats) -> Measured:
        found = dict(agreement(first, second, self.plan.weights, self.scale, self.plain))
        if self.within:
            found |= within_groups(first, second, self.plan.weights, self.scale, self.groups)
        both = _both(first, second)
        if not min(_others(first[both]), _others(second[both])):
            # Whoever says the same of every row says nothing of them, whatever formulas make of it.
            nothing = np.full(len(self.plan.weights), np.nan)
            found |= {name: nothing for name in found if _kind(name) == "coefficient"}
        return found

    def _of_people(self, one: str, other: str) -> Measured:
        if (one, other) in self._with_people:
            return self._with_people[one, other]
        turned = dict(self._with_people[other, one])
        return turned | ({"above": -turned["above"]} if "above" in turned else {})

    # --- figures -------------------------------------------------------------------------------------------------

    def _figures(
        self, found: Measured, used: NDArray[np.bool_], pairs: Sequence[tuple[Floats, Floats]]
    ) -> dict[str, Figure]:
        figures = {}
        fewest = _fewest(pairs)
        for name in found:
            steps = {"exact": 0, "within_one": 1}.get(name)
            chance: float | None = None if name == "above" else 0.0
            if steps is not None:
                shares = [chance_rate(a, b, np.ones((1, len(a))), self.scale, steps)[0] for a, b in pairs]
                told = [share for share in shares if not np.isnan(share)]
                chance = float(np.mean(told)) if told else None
            span = float(self.scale.high - self.scale.low) if name == "above" else 1.0
            made = figure(found[name], self.plan, used, _kind(name), level=self.level, chance=chance, span=span)
            figures[name] = made if steps is not None or name == "above" else _guarded(made, fewest)
            if name in _KENDALL and made.value is None and any(too_many(a, b) for a, b in pairs):
                figures[name] = replace(made, why=_TOO_MANY)
        return figures

    def _pair(self, first: str, second: str, a: Floats, b: Floats, found: Measured) -> Pair:
        used = _both(a, b)
        return Pair(first, second, int(used.sum()), self._figures(found, used, [(a, b)]), self._confusion(a, b))

    def _confusion(self, a: Floats, b: Floats) -> tuple[tuple[int, ...], ...]:
        size = self.scale.high - self.scale.low + 1
        if size > MOST_CONFUSED or self.names[0] in ORDER:
            return ()
        used = _both(a, b)
        at = [(rounded(values[used], self.scale) - self.scale.low).astype(int) for values in (a, b)]
        table = np.zeros((size, size), dtype=int)
        np.add.at(table, tuple(at), 1)
        return tuple(tuple(map(int, line)) for line in table)

    def _mean(self, found: Sequence[Measured], names: Iterable[str] = ()) -> Measured:
        return {name: _mean_told([one[name] for one in found]) for name in names or self.names}

    def _beyond(
        self,
        found: Measured,
        base: Measured,
        pairs: Sequence[tuple[Floats, Floats]],
        base_pairs: Sequence[tuple[Floats, Floats]],
    ) -> dict[str, Figure]:
        used = _any_of(pairs)
        is_rare = min(max(_fewest(pairs)), max(_fewest(base_pairs))) < LEAST_OTHERS
        figures = {}
        for name in self.names:
            if name == "above":
                continue
            made = figure(found[name] - base[name], self.plan, used, "difference", level=self.level)
            figures[name] = _without_interval(made) if is_rare and _kind(name) == "coefficient" else made
        return figures

    # --- people --------------------------------------------------------------------------------------------------

    def ceiling(self) -> Ceiling:
        named = self.people
        pairs = self._people_pairs
        used = _any_of(pairs)
        rest: dict[str, Figure] = {}
        if self.rests:
            beside = self._people_beside_rests
            rest = self._figures(self._people_with_rests, _any_of(beside), beside)
        answers = np.stack(list(named.values()))
        drawn = np.full(len(self.plan.weights), np.nan)
        if "alpha" in self.names:
            drawn = weighted_alpha(answers, self.plan.weights, metric_of(self.scale))
        alpha = figure(drawn, self.plan, used, "coefficient", level=self.level, chance=0.0)
        return Ceiling(
            tuple(
                self._pair(one, other, named[one], named[other], found)
                for (one, other), found in self._with_people.items()
            ),
            self._figures(self._people_mean, used, pairs),
            rest,
            _guarded(alpha, _fewest(pairs)),
        )

    @property
    def _people_pairs(self) -> list[tuple[Floats, Floats]]:
        return [(self.people[one], self.people[other]) for one, other in self._with_people]

    @property
    def _people_beside_rests(self) -> list[tuple[Floats, Floats]]:
        return [(self.people[name], others) for name, others in self.rests.items()]

    @cached_property
    def _people_mean(self) -> Measured:
        return self._mean(list(self._with_people.values()), self._undirected)

    @cached_property
    def _people_with_rests(self) -> Measured:
        found = [self._measure(self.people[name], others) for name, others in self.rests.items()]
        return self._mean(found, self._undirected)

    @property
    def _undirected(self) -> tuple[str, ...]:
        """Of people among themselves nobody is the judge: how far one lies above another means nothing in a mean."""
        return tuple(name for name in self.names if name != "above")

    # --- judges --------------------------------------------------------------------------------------------------

    def judge(self, judge: str, answered: Any) -> JudgeBeside:
        own = self.judges[judge]
        found = {name: self._measure(own, values) for name, values in self.people.items()}
        pairs = [(own, values) for values in self.people.values()]
        used = _any_of(pairs)
        mean = self._mean(list(found.values()))
        beside = JudgeBeside(
            judge,
            int(used.sum()),
            int((answered & np.isnan(own)).sum()),
            tuple(self._pair(judge, name, own, self.people[name], found[name]) for name in self.people),
            self._figures(mean, used, pairs),
        )
        if len(self.people) == 1:
            return beside
        rests = [(own, others) for others in self.rests.values()]
        with_rests = self._mean([self._measure(*pair) for pair in rests]) if rests else {}
        return JudgeBeside(
            beside.judge,
            beside.rows,
            beside.unscored,
            beside.pairs,
            beside.mean,
            self._figures(with_rests, _any_of(rests), rests) if rests else {},
            self._beyond(mean, self._people_mean, pairs, self._people_pairs),
            self._beyond(with_rests, self._people_with_rests, rests, self._people_beside_rests) if rests else {},
            {name: self._beyond_person(name, found, own) for name in self.people},
        )

    def _beyond_person(self, person: str, found: Mapping[str, Measured], own: Floats) -> dict[str, Figure]:
        others = [name for name in self.people if name != person]
        theirs = self._mean([self._of_people(person, other) for other in others])
        return self._beyond(
            self._mean([found[other] for other in others]),
            theirs,
            [(own, self.people[other]) for other in others],
            [(self.people[person], self.people[other]) for other in others],
        )


def _kind(name: str) -> Kind:
    if name in ("exact", "within_one"):
        return "rate"
    return "difference" if name == "above" else "coefficient"


def _both(a: Floats, b: Floats) -> NDArray[np.bool_]:
    both: NDArray[np.bool_] = ~(np.isnan(a) | np.isnan(b))
    return both


def _any_of(pairs: Iterable[tuple[Floats, Floats]]) -> NDArray[np.bool_]:
    used: NDArray[np.bool_] = np.any([_both(a, b) for a, b in pairs], axis=0)
    return used


def _others(values: Floats) -> int:
    """How many have another answer than the most common one."""
    return 0 if not values.size else int(values.size - np.unique(values, return_counts=True)[1].max())


def _fewest(pairs: Sequence[tuple[Floats, Floats]]) -> list[int]:
    """For each pair how many rows have another answer than the most common one, by whoever varies less."""
    return [min(_others(a[both]), _others(b[both])) for a, b in pairs for both in [_both(a, b)]]


def too_few(rows: int) -> str:
    """Why so few rows have no figure, in words."""
    return f"{counted(rows, 'row')} {'is' if rows == 1 else 'are'} too few to tell"


def _guarded(made: Figure, fewest: Sequence[int]) -> Figure:
    """A coefficient, or a reason in place of what too few rows, or rows all alike, can't tell."""
    if made.rows < LEAST_ROWS:
        return Figure(None, rows=made.rows, chance=made.chance, why=too_few(made.rows))
    told = [others for others in fewest if others]
    if not told:
        return Figure(None, rows=made.rows, chance=made.chance, why="one of the two gave every row the same answer")
    if min(told) < LEAST_OTHERS and made.value is not None:
        return _without_interval(made)
    if len(told) < len(fewest) and not made.why:
        why = f"without {len(fewest) - len(told)} of {len(fewest)} pairs of raters, with the same answer on every row"
        return replace(made, why=f"{why} or no row in common")
    return made


def _without_interval(made: Figure) -> Figure:
    why = f"no interval: fewer than {LEAST_OTHERS} rows have another answer than the most common one"
    return made if made.value is None else replace(made, low=None, high=None, why=why)


def _mean_told(draws: Sequence[Floats]) -> Floats:
    """The mean over those pairs of which the figure can be told at all."""
    told = [one for one in draws if not np.isnan(one[0])]
    return np.mean(told, axis=0) if told else np.full(len(draws[0]), np.nan)
