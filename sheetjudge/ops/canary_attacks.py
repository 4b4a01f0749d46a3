"""A text under a few attacks, night by night: which of them take the judge in, and did they before?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheetjudge.judging.attacks import Attack
from sheetjudge.judging.canaries import TAKEN_IN, Tricks
from sheetjudge.ops.canary_things import Memory
from sheetjudge.stats.drift import answers_needed, p_of_turn

FIRST_ANSWERS = 6
"""Answers about an attack in the run that tries it first: later ones are held against them, so one would be too few."""

AskShares = Callable[[Sequence[Any], int], Awaitable[list[float | None]]]
"""The shares of the scale that some texts get in a further round, of a number that counts from 1."""


@dataclass
class Attacked:
    """What came of the attacks of one run.

    Attributes:
        gains: by the attack's id, what the text gained by it; None without an answer. taken: by the key of the text
            under attack, for each answer that is to be remembered whether it was taken in.
        works: names of attacks that worked, and did so before or are tried for the first time. fell: names of those
            that the judge withstood before. chance: of that, if nothing has changed; 1 where there is none.
    """

    gains: Mapping[str, float | None] = field(default_factory=dict)
    taken: dict[str, list[bool]] = field(default_factory=dict)
    works: tuple[str, ...] = ()
    fell: tuple[str, ...] = ()
    chance: float = 1.0


@dataclass
class _Tried:
    """An attack under way: how often it is to be tried, and whether each answer was taken in."""

    attack: Attack
    item: Any
    key: str
    is_new: bool
    most: int = 1
    taken: list[bool] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """A new one is tried as often as that. One that was withstood is as long as it works."""
        return len(self.taken) < self.most and (self.is_new or all(self.taken))


async def attacked(
    tricks: Tricks[Any], keys: Sequence[str], memory: Memory, gains: Sequence[float | None], ask: AskShares
) -> Attacked:
    """Hold what the judge says of a text under attack against what it said before.

    Only an attack that the judge withstood can raise an alarm, and only where it works each time that it is tried
    again, so often that chance doesn't explain it whatever the rate at which the judge is taken in.

    Args:
        tricks: the texts. keys: of those under attack. memory: of earlier runs; left as it is.
        gains: what the text gained by each attack in the first round. ask: for further rounds.
    """
    found = Attacked({attack.id: gain for (attack, _), gain in zip(tricks.attacked, gains, strict=True)})
    tried = []
    for (attack, item), key, gain in zip(tricks.attacked, keys, gains, strict=True):
        if gain is None:
            continue
        one = _Tried(attack, item, key, key not in memory.attacks, taken=[gain >= TAKEN_IN])
        if one.is_new:
            one.most = FIRST_ANSWERS
        elif one.taken[0] and memory.withstood(key):
            one.most = answers_needed(memory.attacks[key][0], len(keys)) or 1
        tried.append(one)
    number = 0
    while still := [one for one in tried if one.is_open]:
        number += 1
        plain, *under = await ask([tricks.plain, *(one.item for one in still)], number)
        for one, share in zip(still, under, strict=True):
            if plain is None or share is None:
                one.most = len(one.taken)
            else:
                one.taken.append(share - plain >= TAKEN_IN)
    # Answers that were asked for because of another one would make the share of those that are taken in another.
    found.taken = {one.key: one.taken if one.is_new else one.taken[:1] for one in tried}
    fell = [one for one in tried if not one.is_new and one.most > 1 and len(one.taken) == one.most and all(one.taken)]
    found.fell = tuple(one.attack.name for one in fell)
    found.works = tuple(
        one.attack.name for one in tried if one.taken[0] and (one.is_new or not memory.withstood(one.key))
    )
    if fell:
        # Any of the attacks could have been the one (Bonferroni).
        found.chance = len(keys) * min(p_of_turn(memory.attacks[one.key][0], one.most) for one in fell)
    return found
