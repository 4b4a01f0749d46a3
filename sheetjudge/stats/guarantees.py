"""Yes or no for every row at few questions to a strong judge, with a promise on recall, on precision, or on both.

A proxy (a cheap judge's score, a classifier's) says where to look; the promise never rests on it. With a promise on
recall, rows may be dropped unseen; with one on precision, rows may be kept unseen; everything else is asked of the
strong judge. Rows are asked about in the order of what they tell, and at random among the rest, until the bound of
`guarantee_bounds` says that few enough wanted rows (or unwanted ones among the kept) can be hidden there. It holds in
finite samples, for a proxy that is useless, inverted or constant too; then only the saving is gone.

After BARGAIN (Zeighami, Shankar and Parameswaran, "Cut Costs, Not Accuracy: LLM-Powered Data Processing with
Guarantees", SIGMOD 2026): betting bounds with adaptive sampling, where SUPG (Kang et al., "Approximate Selection with
Guarantees using Proxies", VLDB 2020) has asymptotic ones. Where BARGAIN tests one threshold after the other, here the
one unknown number of hidden rows is bounded, so that no correction for many tests is due; and BARGAIN's recall holds
for rare rows only where a least density of them is assumed, which is not assumed here.

The promise is about the rows that the strong judge answers. A row that it was asked about and couldn't answer is for
review, neither kept nor dropped, and counts neither way. That is sound where such failures belong to a row for good
(it is refused each time) or strike without regard to the answer (a network that is down).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sheetjudge.stats.guarantee_bounds import HiddenBound, as_floats
from sheetjudge.stats.guarantee_plan import Plan, chances, cheapest, ranks
from sheetjudge.stats.guarantee_promise import ROUNDING, Bounds, Decided, Keep, Promise

Rows = NDArray[np.intp]

# Asked about before anything is planned: enough to see which way the proxy points.
_PILOT = 64
_SECOND_PILOT = 192
# Wanted rows added to those expected among the rest: to expect too few costs more than to expect too many.
_DOUBT = 2.0
_EVEN = 0.5
# Rows drawn at random beside those that are asked about on purpose, one for so many.
_BESIDE = 8


class _Side:
    """Rows that may be decided unseen, all in the same way.

    "Wanted" are here those for which that would be wrong: wanted rows among the dropped, unwanted among the kept.
    """

    def __init__(self, members: NDArray[np.bool_], *, wanted: bool, risk: float) -> None:
        self.members = members
        self.wanted = wanted
        self.risk = risk
        self.bound = HiddenBound()
        self.found = 0
        self.draws: Rows = np.array([], np.intp)
        self.bet = 1.0

    def most_left(self, unseen: int) -> int:
        return self.bound.most_left(unseen, self.found, self.risk)


class Cascade:
    """Decides rows, round by round.

    Ask the strong judge about the rows of `ask()`, all at once if you like, hand its answers to `tell`, and go on
    until `ask()` has none. `decided()` says what holds, then and at any moment before.

    Args:
        scores: a proxy's score for each row, the higher the likelier to be kept; None where it has none: such rows
            are always asked about. Only their order counts.
        promise: what is to hold.
        seed: of the random draws. Equal seeds and answers give equal questions.
        batch: questions that it makes sense to ask at once, 1 or more.
    """

    def __init__(self, scores: Sequence[float | None], promise: Promise, *, seed: int, batch: int = 32) -> None:
        self._promise = promise
        self._random = np.random.default_rng(seed)
        self._batch = batch
        count = len(scores)
        self._answer = np.zeros(count, bool)
        self._asked = np.zeros(count, bool)
        self._failed = np.zeros(count, bool)
        self._waiting: Rows = np.array([], np.intp)
        self._unproxied = np.zeros(count, bool)
        self._sides: list[_Side] = []
        self._piloted = False
        self.rescore(scores)
        if promise.recall is None or promise.precision is None:
            keeping = promise.recall is None
            self._sides = [_Side(np.ones(count, bool), wanted=not keeping, risk=1 - promise.confidence)]

    def rescore(self, scores: Sequence[float | None]) -> None:
        """Take another proxy's scores from here on, made from answers so far or from anything else."""
        values = as_floats(scores)
        self._unproxied = np.isnan(values)
        middle = float(np.median(values[~self._unproxied])) if not self._unproxied.all() else 0.0
        self._rank = ranks(np.where(self._unproxied, middle, values))

    def ask(self) -> Rows:
        """Rows to ask about next; none where the promise is met.

        Raises:
            RuntimeError: the last questions have not been answered.
        """
        if self._waiting.size:
            raise RuntimeError("the last questions have not been answered")
        if not self._asked.any():
            self._waiting = self._pilot()
        elif not self._sides and not self._piloted:
            self._piloted = True
            self._waiting = self._second_pilot()
        elif not self.bounds().met:
            self._split()
            open_sides = [side for side in self._sides if self._is_open(side)] or self._sides
            self._waiting = np.concatenate([self._questions(side) for side in open_sides])
        return self._waiting

    def tell(self, answers: Sequence[bool | None]) -> None:
        """The strong judge's answers to `ask()`, in its order; None where it could not answer."""
        if len(answers) != len(self._waiting):
            raise ValueError(f"{len(self._waiting)} answers were expected, {len(answers)} came")
        told = dict(zip(self._waiting.tolist(), answers, strict=True))
        drawn = [row for side in self._sides for row in side.draws.tolist()]
        # Asked on purpose first: the draws were made from the rows that were left.
        for row in self._waiting[~np.isin(self._waiting, drawn)].tolist():
            self._take(row, answer=told[row])
        for side in self._sides:
            draws, side.draws = side.draws.tolist(), np.array([], np.intp)
            hits = [None if told[row] is None else told[row] is side.wanted for row in draws]
            side.bound.draw(hits, unseen=self._unseen(side), found=side.found, expected=side.bet)
            for row in draws:
                self._take(row, answer=told[row])
        self._waiting = np.array([], np.intp)

    def bounds(self) -> Bounds:
        """What can be promised now of the rows as `decided` has them once the promise is met."""
        found = int(self._answer.sum())
        hidden = wrong = kept_unseen = 0
        for side in self._sides:
            unseen = self._unseen(side)
            left = side.most_left(unseen)
            if side.wanted:
                hidden = left
            else:
                wrong, kept_unseen = left, unseen
        if not self._sides:
            hidden = int(np.sum(~self._asked))
        right, kept = found + kept_unseen - wrong, found + kept_unseen
        recall = right / (right + hidden) if hidden else 1.0
        precision = right / kept if wrong else 1.0
        met = _reaches(recall, self._promise.recall) and _reaches(precision, self._promise.precision)
        return Bounds(recall, precision, hidden, wrong, met and bool(self._sides or self._asked.all()))

    def decided(self) -> Decided:
        """What became of every row until now."""
        bounds = self.bounds()
        keep: list[Keep] = ["review"] * len(self._asked)
        for row in np.flatnonzero(self._asked & ~self._failed).tolist():
            keep[row] = "yes" if self._answer[row] else "no"
        if bounds.met:
            for side in self._sides:
                for row in np.flatnonzero(side.members & ~self._asked).tolist():
                    keep[row] = "no" if side.wanted else "yes"
        return Decided(tuple(keep), tuple(self._asked.tolist()), bounds)

    def _unseen(self, side: _Side) -> int:
        return int(np.sum(side.members & ~self._asked))

    def _is_open(self, side: _Side) -> bool:
        """More may be hidden on this side than the promise allows."""
        return side.most_left(self._unseen(side)) > int(self._allowed(side)[0])

    def _take(self, row: int, *, answer: bool | None) -> None:
        self._asked[row] = True
        if answer is None:
            self._failed[row] = True
            return
        self._answer[row] = answer
        for side in self._sides:
            if side.members[row] and answer is side.wanted:
                side.found += 1

    def _pilot(self) -> Rows:
        """The first rows to ask about: from all along the proxy, and those without a score."""
        count = len(self._asked)
        along = self._along(self._rank, min(_PILOT, max(count // 5, min(count, 8))))
        return np.union1d(along, np.flatnonzero(self._unproxied))

    def _second_pilot(self) -> Rows:
        """More of them, before rows are split for good: along what the first answers made of the proxy."""
        return self._along(-self._chances(wanted=True), min(_SECOND_PILOT, max(len(self._asked) // 10, 1)))

    def _along(self, key: NDArray[np.float64], size: int) -> Rows:
        """Rows not asked about yet, from all along `key`, closer towards its ends and closest to its lowest."""
        unseen = np.flatnonzero(~self._asked)
        # Equal keys come in no order that means anything.
        order = unseen[np.lexsort((self._random.permutation(unseen.size), key[unseen]))]
        last = max(unseen.size - 1, 0)
        half, quarter = np.geomspace(1, last + 1, size // 2 + 1), np.geomspace(1, last + 1, size // 4 + 1)
        places = np.concatenate([half - 1, last + 1 - quarter, np.linspace(0, last, size // 4 + 1)]).astype(int)
        chosen: Rows = order[np.unique(places[(places >= 0) & (places < unseen.size)])]
        return chosen

    def _split(self) -> None:
        """With two promises: which rows may be kept unseen and which dropped. Fixed from then on.

        Where few rows could be kept unseen (or dropped), asking about them all costs less than a share of the risk.
        """
        if self._sides:
            return
        risk, everywhere = 1 - self._promise.confidence, np.ones(len(self._asked), bool)
        likely = self._chances(wanted=True) >= _EVEN
        ways = [
            [_Side(~likely, wanted=True, risk=risk / 2), _Side(likely, wanted=False, risk=risk / 2)],
            [_Side(everywhere, wanted=True, risk=risk)],
            [_Side(everywhere, wanted=False, risk=risk)],
        ]
        prices = []
        for sides in ways:
            self._sides = sides
            for side in sides:
                known = side.members & self._asked & ~self._failed
                side.found = int(np.sum(self._answer[known] == side.wanted))
            plans = [self._plan(side)[1] for side in sides]
            prices.append(sum(plan.first + plan.draws for plan in plans))
        self._sides = ways[int(np.argmin(prices))]

    def _chances(self, *, wanted: bool) -> NDArray[np.float64]:
        known = np.flatnonzero(self._asked & ~self._failed)
        rank = self._rank if wanted else len(self._rank) + 1 - self._rank
        return chances(rank, known, self._answer[known] == wanted)

    def _allowed(self, side: _Side) -> tuple[float, float]:
        """How many wanted rows may stay unseen on a side, and how much that grows with each one found there."""
        found = float(self._answer.sum())
        keeping = next((s for s in self._sides if not s.wanted), None)
        unseen = 0 if keeping is None else self._unseen(keeping)
        wrong = (1 - (self._promise.precision or 1.0)) * (found + unseen) + ROUNDING
        if not side.wanted:
            return wrong, 0.0
        missable = (1 - (self._promise.recall or 1.0)) / (self._promise.recall or 1.0)
        return missable * (found + unseen - wrong) + ROUNDING, missable

    def _plan(self, side: _Side) -> tuple[Rows, Plan]:
        """The unseen rows of a side, the likeliest first, and what seems cheapest for it."""
        unseen = np.flatnonzero(side.members & ~self._asked)
        likely = self._chances(wanted=side.wanted)[unseen]
        likely[self._unproxied[unseen]] = 1.0
        order = np.lexsort((self._random.permutation(unseen.size), -likely))
        allowed, gain = self._allowed(side)
        sure = -float(np.log(side.risk))
        owed = sure - min(side.bound.log_wealth(int(allowed) + 1, side.found), sure)
        return unseen[order], cheapest(likely[order], allowed, gain, owed)

    def _questions(self, side: _Side) -> Rows:
        unseen, plan = self._plan(side)
        side.bet = 1.0
        if plan.first > max(8, unseen.size // 100):
            size = min(plan.first, max(self._batch, int(self._asked.sum())))
            likeliest, rest = unseen[:size], unseen[size:]
            # A few at random beside them, to learn how the rest really is.
            side.draws = self._random.choice(rest, min(rest.size, -(-size // _BESIDE)), replace=False)
            return np.concatenate([likeliest, side.draws])
        # A third of what seems to be needed, so that little is asked in vain where it was less.
        size = min(unseen.size, max(self._batch, plan.draws // 3))
        side.draws = self._random.choice(unseen, size, replace=False)
        if size:
            allowed = int(self._allowed(side)[0])
            side.bet = float(min((plan.left + _DOUBT) / (allowed + 1 + plan.left * size / unseen.size), 0.95))
        return side.draws


def _reaches(value: float, target: float | None) -> bool:
    # Shares of whole rows: 0.95 of 20 must be reached by 19.
    return value >= (1.0 if target is None else target) - ROUNDING
