"""The same pairs judged in both orders, with an interval for every figure: does a judge agree with itself?

As `order_agreement`, which `compare` prints while it runs; here for reports, where rows may belong together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np

from sheetjudge.judging.pairwise_orders import winner
from sheetjudge.stats.agreement_interval import LEVEL, Figure, figure, left_out


def order_figures(
    pairs: Iterable[tuple[float, float]], groups: Sequence[Hashable] | None = None, *, level: float = LEVEL
) -> Mapping[str, Figure]:
    """Agreement between orders and the liking for a place.

    Args:
        pairs: for each pair the chance that the same one of its texts is better, as judged when it stood first and when
            it stood second.
        groups: for each pair what it belongs to; None where each stands alone.
        level: of the intervals.

    Returns:
        `same`: share of pairs with the same outcome both times, beside what a judge that draws its outcomes by lot
        would reach. `kappa`: the same beyond chance (Scott's pi, 1955). `contradictions`: share with another winner
        each time. `first`: mean preference for whichever text stands first, beside 0.5. Empty where there are no pairs.
    """
    found = list(pairs)
    if not found:
        return {}
    outcomes = [(winner(ahead), winner(turned)) for ahead, turned in found]
    same = np.array([float(a == b) for a, b in outcomes])
    against = np.array([float({a, b} == {"first", "second"}) for a, b in outcomes])
    ties = np.array([((a == "tie") + (b == "tie")) / 2 for a, b in outcomes])
    liking = np.array([(ahead + 1 - turned) / 2 for ahead, turned in found])
    plan = left_out(len(found), groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = {
            name: plan.weights @ values / plan.weights.sum(axis=1)
            for name, values in (("same", same), ("contradictions", against), ("ties", ties), ("first", liking))
        }
        # Which text is called the first of the pair is arbitrary, so either wins with the same chance.
        chance = means["ties"] ** 2 + (1 - means["ties"]) ** 2 / 2
        kappa = np.where(chance < 1, (means["same"] - chance) / (1 - chance), np.nan)
    used = np.ones(len(found), dtype=bool)
    return {
        "same": figure(means["same"], plan, used, "rate", level=level, chance=float(chance[0])),
        "kappa": figure(kappa, plan, used, "coefficient", level=level, chance=0.0),
        "contradictions": figure(means["contradictions"], plan, used, "rate", level=level),
        "first": figure(means["first"], plan, used, "rate", level=level, chance=0.5),
    }
