"""Does a judge say the same when the two texts change places, and which place does it like?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import NormalDist

from sheetjudge.judging.pairwise_orders import winner


@dataclass(frozen=True, slots=True)
class OrderAgreement:
    """What judging pairs in both orders showed.

    Attributes:
        pairs: judged in both orders.
        same: share of them with the same outcome (either text, or a tie) both times.
        kappa: the same beyond chance, 1 for always and 0 for no better than a judge that draws its outcomes by lot
            (Scott's pi, 1955: either order is the same judge); None where chance alone gives the same each time.
        contradictions: share with another text as the winner each time.
        first: mean preference for whichever text stands first; 0.5 where the place means nothing.
        first_low, first_high: its interval.
        level: what the interval holds.
    """

    pairs: int
    same: float
    kappa: float | None
    contradictions: float
    first: float
    first_low: float
    first_high: float
    level: float


def order_agreement(pairs: Iterable[tuple[float, float]], level: float = 0.9) -> OrderAgreement | None:
    """Agreement between orders, and the liking for a place.

    Args:
        pairs: for each pair the chance that the same one of its texts is better, as judged when it stood first and
            when it stood second.
        level: of the interval.

    Returns:
        None where there are no pairs. The interval is Agresti and Coull's (1998) with the variance of the pairs' own
        means: a pair is one observation, not two.
    """
    found = list(pairs)
    if not found:
        return None
    n = len(found)
    outcomes = [(winner(ahead), winner(turned)) for ahead, turned in found]
    same = sum(a == b for a, b in outcomes) / n
    ties = Counter(outcome for pair in outcomes for outcome in pair)["tie"] / (2 * n)
    # Which text is called the first of the pair is arbitrary, so either wins with the same chance.
    by_chance = ties**2 + (1 - ties) ** 2 / 2
    likings = [(ahead + 1 - turned) / 2 for ahead, turned in found]
    first = fsum(likings) / n
    z = NormalDist().inv_cdf((1 + level) / 2)
    # Half of z² pairs that like either place are added, so that ten of ten is not certainty.
    middle = (fsum(likings) + z**2 / 2) / (n + z**2)
    spread = fsum((x - middle) ** 2 for x in likings) + z**2 / 4 + z**2 * (middle - 0.5) ** 2
    half = z * sqrt(spread) / (n + z**2)
    return OrderAgreement(
        n,
        same,
        None if by_chance == 1 else (same - by_chance) / (1 - by_chance),
        sum({a, b} == {"first", "second"} for a, b in outcomes) / n,
        first,
        max(middle - half, 0.0),
        min(middle + half, 1.0),
        level,
    )
