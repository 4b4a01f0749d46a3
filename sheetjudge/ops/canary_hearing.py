"""One judge hears its canaries: what it says of them is held against what it said before."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sheetjudge.engine.run import Seat
from sheetjudge.judging.canaries import HIGH, TAKEN_IN, Reading, Tricks, as_shares, share_of
from sheetjudge.ops.canary_attacks import Attacked, attacked
from sheetjudge.ops.canary_things import Memory, Questions, Thing, question_key
from sheetjudge.stats.drift import (
    ROUNDS,
    TOLERATED,
    TRICK_ANSWERS,
    Movement,
    could_tell,
    movement,
    p_of_tail,
    significant,
)
from sheetjudge.stats.jury import MOST_DISAGREEMENT

_AGAIN = 4
_MOST_READINGS = 12
_FIRST_LOOK = 2_000
# Answers to tricks are numbered apart from those about rows, which may be asked again for a reason of their own.
_TRICKS_FROM = 100
_ATTACKS_FROM = 200

Fate = Reading | Literal["unreadable", "unanswered"]

AskFor = Callable[[Seat[Any], Iterable[Any], int], Awaitable[list[Fate]]]
"""What a judge says of some things, under a number: under each, a run asks once."""


@dataclass
class Heard:
    """What a judge said of the canaries of one run.

    Attributes:
        name: the judge. asked: rows. learned: those of them whose verdict wasn't known.
        unreadable, unanswered: rows without a reading.
        moved: how far the known rows lie from what was said before. asked_again: it looked like more than noise at
            first. could_tell: a change would have been told.
        empty: share of the scale that the empty text got. gained: what the plain text gained by asking for it.
        attacked: what came of the attacks.
        distance: mean distance from the scores that people gave; None where they gave none.
        alarms: what is wrong, a sentence each.
    """

    name: str
    asked: int = 0
    learned: int = 0
    unreadable: int = 0
    unanswered: int = 0
    moved: Movement = field(default_factory=lambda: Movement(0, 0.0, 1.0, 1.0))
    asked_again: bool = False
    could_tell: bool = False
    empty: float | None = None
    gained: float | None = None
    attacked: Attacked = field(default_factory=Attacked)
    distance: float | None = None
    alarms: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """All of it, for machines."""
        return {
            "rows": self.asked,
            "known": self.moved.things,
            "unreadable": self.unreadable,
            "unanswered": self.unanswered,
            "shift": round(self.moved.shift, 4),
            "p_shift": self.moved.p_shift,
            "p_scatter": self.moved.p_scatter,
            "asked_again": self.asked_again,
            "could_tell": self.could_tell,
            "empty_text": self.empty,
            "gained_by_asking": self.gained,
            "gained_by_attacks": dict(self.attacked.gains),
            "from_known_scores": self.distance,
            "alarms": list(self.alarms),
        }

    def notes(self) -> list[str]:
        """What a reader must know besides the alarms."""
        notes = []
        if not self.asked:
            notes.append(f"{self.name}: the verdict of no row is known from an earlier run, so none was asked again.")
        elif self.learned:
            notes.append(f"{self.name}: what it says of {self.learned} canaries counts as known from now on.")
        elif not self.could_tell:
            notes.append(
                f"{self.name}: {self.moved.things} known rows are too few to tell whether it has moved;"
                " a file of canaries would help."
            )
        if self.empty is not None and self.empty > HIGH and not self.alarms:
            notes.append(f"{self.name} gives an empty text more than half of the scale: here, that tells nothing.")
        if self.attacked.works:
            what = ", ".join(self.attacked.works)
            notes.append(f"{self.name} is taken in by attacks: {what}. sheetjudge probe --attacks says by how much.")
        if self.unanswered:
            notes.append(f"{self.name} gave no answer to {self.unanswered} of {self.asked} canaries.")
        return notes


class Hearing:
    """A judge and its canaries in one run.

    Args:
        questions: what they are made of. seat: the judge. things: its rows. tricks: texts for any rubric.
        memory: of earlier runs; brought up to date where nothing is wrong.
        ask: puts the questions.
    """

    def __init__(
        self,
        questions: Questions,
        seat: Seat[Any],
        things: Sequence[Thing],
        tricks: Tricks[Any] | None,
        memory: Memory,
        ask: AskFor,
    ) -> None:
        self._questions = questions
        self._seat = seat
        self._things = things
        self._tricks = tricks
        self._memory = memory
        self._ask = ask
        self._heard = Heard(seat.caller.model.name)

    async def go(self) -> Heard:
        """Ask, compare, and remember."""
        heard, things = self._heard, self._things
        fates = await self._ask(self._seat, [thing.item for thing in things], 0)
        heard.asked = len(things)
        heard.unreadable, heard.unanswered = fates.count("unreadable"), fates.count("unanswered")
        said = [(t, fate) for t, fate in zip(things, fates, strict=True) if not isinstance(fate, str)]
        heard.learned = sum(not thing.before for thing, _ in said)
        chances = {"unreadable": p_of_tail(heard.unreadable, len(things))} if heard.unreadable else {}
        chances |= await self._movement([one for one in said if one[0].before])
        chances |= await self._trick()
        found = significant(chances)
        # A shift is a change of each row as well.
        alarms = [
            self._alarm(name) for name in chances if name in found and (name != "scatter" or "shift" not in found)
        ]
        heard.alarms = (*alarms, *self._far_from_known(said))
        if not alarms:
            for thing, reading in said:
                self._memory.add(thing, reading, _MOST_READINGS)
            for key, gains in heard.attacked.taken.items():
                self._memory.add_attack(key, gains)
        return heard

    async def _movement(self, said: Sequence[tuple[Thing, Reading]]) -> dict[str, float]:
        if not said:
            return {}
        self._heard.could_tell = could_tell([len(thing.before) for thing, _ in said], 1 + _AGAIN)
        now = [[reading] for _, reading in said]
        moved = await self._compared(said, now, _FIRST_LOOK)
        if moved.is_suspect:
            self._heard.asked_again = True
            for again in range(1, _AGAIN + 1):
                fates = await self._ask(self._seat, [thing.item for thing, _ in said], again)
                for readings, fate in zip(now, fates, strict=True):
                    if not isinstance(fate, str):
                        readings.append(fate)
            moved = await self._compared(said, now)
        self._heard.moved = moved
        # A first look can't raise an alarm: the answers that it asks for decide.
        return {"shift": moved.p_shift, "scatter": moved.p_scatter} if self._heard.asked_again else {}

    async def _compared(
        self, said: Sequence[tuple[Thing, Reading]], now: Sequence[Sequence[Reading]], rounds: int = ROUNDS
    ) -> Movement:
        shares = [as_shares(thing.before, readings) for (thing, _), readings in zip(said, now, strict=True)]
        seed = hashlib.sha256("".join(thing.key for thing, _ in said).encode()).digest()
        before, later = [one for one, _ in shares], [one for _, one in shares]
        return await asyncio.to_thread(movement, before, later, int.from_bytes(seed[:8]), rounds=rounds)

    async def _trick(self) -> dict[str, float]:
        """The texts that fit any rubric. An answer that is taken in is asked for again before it counts."""
        if self._tricks is None:
            return {}
        items = [self._tricks.empty, self._tricks.plain, self._tricks.told]
        under_attack = [item for _, item in self._tricks.attacked]
        chances: dict[str, float] = {}
        key = question_key(self._seat, self._tricks.empty)
        bad = {"empty": 0, "told": 0}
        for again in range(TRICK_ANSWERS):
            asked = items if again else [*items, *under_attack]
            empty, plain, told, *under = map(self._share, await self._ask(self._seat, asked, _TRICKS_FROM + again))
            gained = _gain(plain, told)
            if again == 0:
                chances = await self._attack(self._tricks, [_gain(plain, share) for share in under])
                self._heard.empty, self._heard.gained = empty, gained
                if empty is not None:
                    self._memory.empty.setdefault(key, empty)
            # There are rubrics that an empty text meets: then it got a high score from the first.
            is_met = self._memory.empty.get(key, 0.0) > HIGH
            bad["empty"] += empty is not None and empty > HIGH and not is_met
            bad["told"] += gained is not None and gained >= TAKEN_IN
            if max(bad.values()) <= again:
                break
        return {name: TOLERATED**count for name, count in bad.items() if count == TRICK_ANSWERS} | chances

    async def _attack(self, tricks: Tricks[Any], gains: Sequence[float | None]) -> dict[str, float]:
        """The text under attack."""

        async def ask(items: Sequence[Any], number: int) -> list[float | None]:
            return list(map(self._share, await self._ask(self._seat, items, _ATTACKS_FROM + number)))

        keys = [question_key(self._seat, item) for _, item in tricks.attacked]
        found = self._heard.attacked = await attacked(tricks, keys, self._memory, gains, ask)
        return {"attacks": found.chance} if found.fell else {}

    def _share(self, fate: Fate) -> float | None:
        return None if isinstance(fate, str) else share_of(fate, self._questions.weights)

    def _far_from_known(self, said: Sequence[tuple[Thing, Reading]]) -> list[str]:
        apart = [
            abs(share - thing.known)
            for thing, reading in said
            if thing.known is not None and (share := self._share(reading)) is not None
        ]
        if not apart:
            return []
        distance = self._heard.distance = sum(apart) / len(apart)
        if distance <= MOST_DISAGREEMENT:
            return []
        how = self._on_scale(distance)
        return [f"{self._heard.name} is {how} away from the scores that people gave to {len(apart)} canaries."]

    def _alarm(self, name: str) -> str:
        heard, moved = self._heard, self._heard.moved
        if name == "shift":
            way = "higher" if moved.shift > 0 else "lower"
            how = f"{self._on_scale(abs(moved.shift))} {way} than before"
            return f"{heard.name} has moved: it judges {moved.things} known rows {how}."
        if name == "scatter":
            return f"{heard.name} has moved: it says something else of {moved.things} known rows than before."
        if name == "unreadable":
            return f"{heard.name} gave no readable answer about {heard.unreadable} of {heard.asked} known rows."
        if name == "empty":
            how = self._on_scale(heard.empty or 0.0)
            return f"{heard.name} gives an empty text {how} more than the lowest score."
        if name == "attacks":
            what = ", ".join(heard.attacked.fell)
            return f"{heard.name} has begun to be taken in by attacks that it withstood before: {what}."
        how = self._on_scale(heard.gained or 0.0)
        return f"{heard.name} gives a text {how} more because it asks for full marks."

    def _on_scale(self, share: float) -> str:
        if self._questions.are_pairs:
            return f"{share:.2f} (of 1)"
        scale = self._questions.job.rubric.scale
        return f"{share * (scale.high - scale.low):.2g} (on {scale})"


def _gain(plain: float | None, changed: float | None) -> float | None:
    return None if plain is None or changed is None else changed - plain
