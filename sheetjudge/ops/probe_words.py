"""What a probe found, as plain sentences: the same on the terminal and in a report."""

from __future__ import annotations

from collections.abc import Sequence

from sheetjudge.core.words import counted
from sheetjudge.stats.order_agreement import OrderAgreement
from sheetjudge.stats.probe_effects import Gap

_FAIR = 0.5


def place_sentence(found: OrderAgreement | None, *, is_sure: bool) -> str:
    """Which place a judge likes, and how often that decides.

    Args:
        found: over the pairs. is_sure: chance doesn't explain a liking.
    """
    if found is None:
        return "No pair was judged in both orders."
    is_first = found.first >= _FAIR
    share, low, high = found.first, found.first_low, found.first_high
    if not is_first:
        share, low, high = 1 - share, 1 - high, 1 - low
    place = "first" if is_first else "second"
    figure = f"{share:.0%} of {counted(found.pairs, 'pair')} ({low:.0%} to {high:.0%}; 50% would be fair)"
    turned = f"it contradicts itself on {found.contradictions:.0%} when the two change places"
    if is_sure:
        return f"The judge prefers whichever comes {place} in {figure}; {turned}."
    if low > _FAIR:
        return f"The judge may prefer whichever comes {place}; more pairs would tell: {figure}; {turned}."
    return f"No liking for a place that can be told from chance: whichever comes {place} wins in {figure}; {turned}."


def own_sentence(found: Gap, own: Sequence[str], *, is_sure: bool, beside_people: bool) -> str:
    """How much more a judge gives to its own than to others.

    Args:
        found: the difference. own: authors that are its own. is_sure: chance doesn't explain it.
        beside_people: people's scores have been taken off.
    """
    if found.mean is None:
        return f"No row of its own ({', '.join(own)}), or none of others, was scored."
    between = "" if found.low is None or found.high is None else f" ({found.low:+.2f} to {found.high:+.2f})"
    less = found.mean < 0
    figure = (
        f"texts of its own ({', '.join(own)}) get {abs(found.mean):.2f} {'less' if less else 'more'} than others'"
        f"{between}, over {found.rows:,} of its own and {found.others:,} of others"
    )
    held = "beside what people gave, " if beside_people else ""
    better = "the others" if less else "its own"
    rest = f" How good they are isn't held constant, and {better} may be better: people's scores (--human) would tell."
    rest = "" if beside_people else rest
    if found.low is None:
        return f"Too few rows to tell by: {held}{figure}.{rest}"
    if not (found.is_more or found.is_less):
        return f"No effect that can be told from chance: {held}{figure}.{rest}"
    if not is_sure:
        return f"There may be something; more rows would tell: {held}{figure}.{rest}"
    if not beside_people:
        return f"{figure[0].upper()}{figure[1:]}.{rest}"
    return f"The judge {'is harder on' if less else 'favours'} its own: {held}{figure}."
