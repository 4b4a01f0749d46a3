"""Two drawn rows side by side, in both orders: does the judge like a place?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sheetjudge.core.rubric import Rubric
from sheetjudge.engine.run import Seat, Work
from sheetjudge.judging.likelihood import LikelihoodJudge
from sheetjudge.judging.pairwise import PairwiseJudge
from sheetjudge.judging.pairwise_orders import BothOrders, TwoOrders
from sheetjudge.judging.pairwise_prompts import compared
from sheetjudge.judging.protocol import Pair
from sheetjudge.ops.judges import Bench
from sheetjudge.ops.reading import Reading

PairSeat = Seat[TwoOrders]

_LEAST = 3


@dataclass(frozen=True, slots=True)
class PairTrial:
    """Two rows to be compared.

    Attributes:
        item: as judges see them. cut: they were too long to be shown whole.
    """

    item: Pair
    cut: bool = False


def pair_trials(drawn: Sequence[Work], reading: Reading) -> Iterator[PairTrial]:
    """Each drawn row beside the next, and the last beside the first; two that read the same would tell nothing."""
    # Two rows have to fit where one would, as in a ranking.
    reading = replace(reading, most=reading.most // 3)
    shown = [reading.work(work.row) for work in drawn]
    ahead = shown[:-1] if len(shown) < _LEAST else shown
    for number, one in enumerate(ahead):
        other = shown[(number + 1) % len(shown)]
        if one.item is not None and other.item is not None and one.item != other.item:
            yield PairTrial(Pair(one.item, other.item), one.cut or other.cut)


def pair_seats(bench: Bench, rubric: Rubric) -> tuple[tuple[PairSeat, ...], str]:
    """The judges, asked about pairs in both orders; or none, and why in a sentence."""
    deaf = [seat.caller.model.name for seat in bench.seats if isinstance(seat.judge, LikelihoodJudge)]
    if deaf:
        return (), f"{', '.join(deaf)} can't be asked about pairs, so a liking for a place wasn't tried."
    if not compared(rubric):
        return (), "The rubric asks nothing that could be compared, so a liking for a place wasn't tried."
    judge = BothOrders(PairwiseJudge(rubric, replace(bench.asking, per_criterion=False), bench.secret))
    return tuple(Seat(judge, seat.caller) for seat in bench.seats), ""


def orders(verdicts: Iterable[TwoOrders]) -> tuple[float, float] | None:
    """What judges said of a pair: the chance that the same row is better when it stood first and when it stood second.

    The mean of those that answered both times; None where nobody did.
    """
    both = [(two.forward, two.backward) for two in verdicts if two.forward is not None and two.backward is not None]
    if not both:
        return None
    return sum(ahead for ahead, _ in both) / len(both), sum(turned for _, turned in both) / len(both)
