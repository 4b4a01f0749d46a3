"""Two contenders' answers to one prompt: what is asked about them, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Literal

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.verdict import Basis, PairVerdict
from sheetjudge.judging.pairwise_checks import settled_by_checks, with_checks
from sheetjudge.judging.pairwise_orders import TwoOrders, winner
from sheetjudge.judging.protocol import Pair
from sheetjudge.ops.compare_prompts import Entry, Prompt, shown_pair
from sheetjudge.ops.row_values import DIGITS, Judged

CONTRADICTED = "otherwise when the texts change places"
"""What the status says of a judge whose verdict hung on the order."""


@dataclass(frozen=True, slots=True)
class PairWork:
    """Two answers to be compared.

    Attributes:
        prompt: what they answer. first, second: the answers.
        item: as judges see them; None where the checks have settled it.
        is_turned: `second` stands first in the item.
        settled: the checks' verdict, on the two as they would be shown.
        note: what a reader must know. cut: they were too long to be shown whole.
    """

    prompt: Prompt
    first: Entry
    second: Entry
    item: Pair | None
    is_turned: bool = False
    settled: PairVerdict | None = None
    note: str = ""
    cut: bool = False

    @property
    def shown(self) -> tuple[Entry, Entry]:
        """The two in the order in which judges see them."""
        return (self.second, self.first) if self.is_turned else (self.first, self.second)


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of two answers to one prompt.

    Attributes:
        prompt: its number. first, second: the contenders. lengths: characters of their answers.
        preference: chance in 0…1 that the first one's is better; None where unscored.
        unscored: why there is none, or "".
        why: the reasons in a judge's words, lines; A and B in them are what `called` says.
        called: the contenders called A and B.
        notes: what a reader must know.
        basis: how the preference came about, `scores` where scores were compared.
        orders: for each judge asked in both orders, its preference in either order for the same text.
        contradictions: judges that said something else when the texts were swapped.
        criteria: (id, preference for the first contender).
        is_identical: the texts were the same, so nobody was asked.
        reasoning: a reasoning model's thoughts, where they are kept.
    """

    prompt: int
    first: int
    second: int
    lengths: tuple[int, int]
    preference: float | None = None
    unscored: str = ""
    why: tuple[str, ...] = ()
    called: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()
    basis: Basis | Literal["scores"] = "stated"
    orders: tuple[tuple[float, float], ...] = ()
    contradictions: int = 0
    criteria: tuple[tuple[str, float], ...] = ()
    is_identical: bool = False
    reasoning: str = ""


def pair_work(
    rubric: Rubric,
    prompt: Prompt,
    two: tuple[Entry, Entry],
    contenders: Sequence[str],
    *,
    most: int,
    secret: bytes,
) -> PairWork:
    """What is to be asked about two answers.

    Args:
        rubric: what they are compared by. prompt: what they answer. two: the answers.
        contenders: their names, for notes.
        most: characters that are shown at the most. secret: key of the order in which they are shown.
    """
    first, second = two
    pair, is_turned, note = shown_pair(prompt, first, second, contenders, most, secret)
    work = PairWork(prompt, first, second, pair, is_turned, None, note, bool(note))
    ahead, behind = work.shown
    settled = settled_by_checks(rubric, ahead.checks, behind.checks)
    return work if settled is None else PairWork(prompt, first, second, None, is_turned, settled)


def compared(rubric: Rubric, work: PairWork, verdicts: Sequence[TwoOrders]) -> Compared:
    """Draw together what the judges said of two answers: the mean over those that said something."""
    ahead, behind = work.shown
    called = (ahead.contender, behind.contender)
    blank = _blank(work.prompt, work.first, work.second, called)
    if work.settled is not None:
        settled = work.settled
        preference = None if settled.preference is None else _for_first(work, settled.preference)
        said = (settled.reason,) if settled.reason else ()
        return replace(blank, preference=preference, unscored=settled.unscored, why=said, basis="check")
    decided = [two for two in verdicts if two.verdict.preference is not None]
    if not decided:
        return replace(blank, unscored="; ".join(dict.fromkeys(two.verdict.unscored for two in verdicts)))
    mean = _mean([two.verdict for two in decided])
    told = min(decided, key=lambda two: abs((two.verdict.preference or 0.0) - mean))
    reasons = [told.verdict.reason, *(f"{name}: {why}" for name, _, why in told.verdict.criteria if why)]
    is_identical = told.verdict.basis == "check"
    return replace(
        blank,
        preference=_for_first(work, with_checks(rubric, mean, ahead.checks, behind.checks)),
        why=tuple(filter(None, reasons)),
        called=called[::-1] if told.swapped_reason else called,
        notes=tuple(dict.fromkeys(filter(None, [work.note, *_notes(verdicts, decided)]))),
        basis=told.verdict.basis,
        orders=() if is_identical else _orders(decided),
        contradictions=sum(two.contradiction for two in decided),
        criteria=tuple((name, _for_first(work, p)) for name, p in _criteria(decided).items()),
        is_identical=is_identical,
        reasoning=told.verdict.reasoning,
    )


def _blank(prompt: Prompt, first: Entry, second: Entry, called: tuple[int, int] = (0, 0)) -> Compared:
    return Compared(prompt.number, first.contender, second.contender, (first.length, second.length), called=called)


def _for_first(work: PairWork, preference: float) -> float:
    return 1.0 - preference if work.is_turned else preference


def _mean(verdicts: Sequence[PairVerdict]) -> float:
    return fsum(v.preference for v in verdicts if v.preference is not None) / len(verdicts)


def _notes(verdicts: Sequence[TwoOrders], decided: Sequence[TwoOrders]) -> list[str]:
    notes = [two.verdict.note for two in decided]
    failed = [two.verdict.unscored for two in verdicts if two.verdict.preference is None]
    if failed:
        notes.append(f"{len(failed)} of {len(verdicts)} judges gave no verdict ({failed[0].rstrip('.')})")
    if {"first", "second"} <= {winner(two.verdict.preference or 0.0) for two in decided}:
        notes.append("judges disagree")
    turned = sum(two.contradiction for two in decided)
    if turned:
        who = "the judge says" if len(verdicts) == 1 else f"{turned} of {len(verdicts)} judges say"
        notes.append(f"{who} {CONTRADICTED}")
    return notes


def _orders(decided: Sequence[TwoOrders]) -> tuple[tuple[float, float], ...]:
    return tuple((two.forward, two.backward) for two in decided if two.forward is not None and two.backward is not None)


def _criteria(decided: Sequence[TwoOrders]) -> Mapping[str, float]:
    found: dict[str, list[float]] = {}
    for two in decided:
        for name, preference, _ in two.verdict.criteria:
            found.setdefault(name, []).append(preference)
    return {name: fsum(values) / len(values) for name, values in found.items()}


def compared_scores(prompt: Prompt, first: Entry, second: Entry, scores: Mapping[int, Judged]) -> Compared:
    """Two answers compared by their scores: the higher one wins, whatever the distance; the same is a tie.

    Args:
        scores: each answer's, by contender.
    """
    blank = _blank(prompt, first, second)
    values = []
    for entry in (first, second):
        score = scores[entry.contender].score
        if score.score is None:
            whys = dict.fromkeys(why for _, why in score.unscored) or {"nothing with a weight was scored": None}
            return replace(blank, unscored="; ".join(whys))
        values.append(round(score.score, DIGITS))
    preference = 0.5 if values[0] == values[1] else float(values[0] > values[1])
    return replace(blank, preference=preference, basis="scores")
