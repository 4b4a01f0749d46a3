"""Two texts judged in both orders: what holds whichever comes first.

Judges prefer a place as well as a text. Both orders, and a judge that contradicts itself counted as a tie, is what
MT-Bench does (Zheng et al., 2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from sheetjudge.core.verdict import PairVerdict, undecided
from sheetjudge.judging.protocol import Ask, Pair, PairJudge, Reply, Steps, T

TIE = 0.1
"""A preference nearer to 0.5 than this is a tie."""

Winner = Literal["first", "second", "tie"]


def winner(preference: float) -> Winner:
    """Who wins with this chance (0…1) that the first is better."""
    # What comes from sums of shares is not exactly 0.6.
    if abs(preference - 0.5) < TIE - 1e-9:
        return "tie"
    return "first" if preference > 0.5 else "second"  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class TwoOrders:
    """One comparison, judged in both orders.

    Attributes:
        verdict: the two drawn together, about the pair's own order (`preference` is for its first text); its reason
            and its criteria's are those of one order, with A for the pair's first text unless `swapped_reason`.
        forward, backward: chance that the pair's first text is better, as judged in the pair's order and with the
            texts swapped; None where unscored.
        swapped_reason: the reasons call the pair's first text B.
    """

    verdict: PairVerdict
    forward: float | None
    backward: float | None
    swapped_reason: bool = False

    @property
    def contradiction(self) -> bool:
        """Each order has a winner, and not the same."""
        return self.forward is not None and self.backward is not None and _contradict(self.forward, self.backward)


def both_orders(forward: PairVerdict, backward: PairVerdict) -> TwoOrders:
    """Draw two verdicts on the same pair together.

    Args:
        forward: on the pair as it is.
        backward: on the pair swapped; its preference is for the pair's second text.

    Returns:
        The mean of the two, which a liking for either place cancels out of; 0.5 where the orders contradict each
        other. Unscored where an order has no verdict: the other alone would count the place with the text.
    """
    ahead, back = forward.preference, backward.preference
    turned = None if back is None else 1.0 - back
    if ahead is None or turned is None:
        whys = [v.unscored for v in (forward, backward) if v.preference is None]
        return TwoOrders(undecided("; ".join(dict.fromkeys(whys))), ahead, turned)
    # Of two reasons for the same result the more decided one tells more.
    swapped = abs(turned - 0.5) > abs(ahead - 0.5) and not _contradict(ahead, turned)
    told = backward if swapped else forward
    verdict = PairVerdict(
        _together(ahead, turned),
        told.reason,
        told.basis,
        note="; ".join(dict.fromkeys(n for n in (forward.note, backward.note) if n)),
        reasoning=told.reasoning,
        criteria=_criteria(forward, backward, {name: reason for name, _, reason in told.criteria}),
    )
    return TwoOrders(verdict, ahead, turned, swapped)


def _criteria(
    forward: PairVerdict, backward: PairVerdict, reasons: Mapping[str, str]
) -> tuple[tuple[str, float, str], ...]:
    """The criteria that both orders decided, for the pair's first text."""
    turned = {name: 1.0 - preference for name, preference, _ in backward.criteria}
    return tuple(
        (name, _together(preference, turned[name]), reasons[name])
        for name, preference, _ in forward.criteria
        if name in turned
    )


def _together(ahead: float, turned: float) -> float:
    return 0.5 if _contradict(ahead, turned) else (ahead + turned) / 2


def _contradict(ahead: float, turned: float) -> bool:
    return {winner(ahead), winner(turned)} == {"first", "second"}


class BothOrders:
    """Asks a pair judge about a pair in both orders, at the same time.

    Args:
        judge: asked about one order a time.
    """

    def __init__(self, judge: PairJudge) -> None:
        self._judge = judge

    def judge(self, pair: Pair) -> Steps[TwoOrders]:
        """The verdicts on the pair and on the pair swapped, drawn together."""
        forward, backward = yield from _at_once(self._judge.judge(pair), self._judge.judge(pair.swapped))
        return both_orders(forward, backward)


class OneOrder:
    """Asks a pair judge about a pair as it is, once: half the calls, and a liking for a place stays in.

    Args:
        judge: asked about the pair.
    """

    def __init__(self, judge: PairJudge) -> None:
        self._judge = judge

    def judge(self, pair: Pair) -> Steps[TwoOrders]:
        """The verdict on the pair; there is no backward one."""
        verdict = yield from self._judge.judge(pair)
        return TwoOrders(verdict, verdict.preference, None)


def _at_once(*all_steps: Steps[T]) -> Steps[list[T]]:
    """Several steps side by side: the asks of each round are put together."""
    results: dict[int, T] = {}
    replies: dict[int, tuple[Reply, ...] | None] = dict.fromkeys(range(len(all_steps)))
    while True:
        asks: dict[int, tuple[Ask, ...]] = {}
        for n, got in replies.items():
            try:
                asks[n] = next(all_steps[n]) if got is None else all_steps[n].send(got)
            except StopIteration as end:
                results[n] = end.value
        if not asks:
            return [results[n] for n in range(len(all_steps))]
        answered = iter((yield tuple(ask for some in asks.values() for ask in some)))
        replies = {n: tuple(islice(answered, len(some))) for n, some in asks.items()}
