"""Verdict, PairVerdict and RowScore: what a judge, or several, said of a row or of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Basis = Literal["stated", "expectation", "samples", "likelihood", "check"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judge's answer to one criterion for one row. Either scored, or `unscored` says why not.

    Attributes:
        criterion: the criterion's id.
        value: in the criterion's scale units, possibly between two answers. None where unscored, and for
            labels without an order.
        label: the allowed answer itself, or the most probable one; "" where unscored.
        distribution: (answer, probability) pairs that sum to 1, where a distribution is known.
        basis: how the value came about: the reply's own figure, an expectation over token probabilities,
            a mean over samples, a likelihood, or a deterministic check.
        reason: the judge's reason in its own words; "" where it gives none.
        unscored: why there is no verdict; "" where there is one.
        note: what a reader must know of a scored verdict (samples that failed, say).
        reasoning: a reasoning model's thoughts, where they are kept.
    """

    criterion: str
    value: float | None = None
    label: str = ""
    distribution: tuple[tuple[str, float], ...] = ()
    basis: Basis = "stated"
    reason: str = ""
    unscored: str = ""
    note: str = ""
    reasoning: str = ""


def unscored(criterion: str, why: str) -> Verdict:
    """A verdict that is none: `why` in words for a person."""
    # An empty reason would read as a verdict.
    return Verdict(criterion, unscored=why.strip() or "the judge gave no verdict.")


@dataclass(frozen=True, slots=True)
class RowScore:
    """The verdicts of one row, drawn together.

    Attributes:
        score: on the rubric's scale, or None where the row is unscored.
        failed_gates: ids of the required criteria that were not met (the score is then the scale's bottom).
        unscored: (criterion id, reason) of the criteria without a verdict.
    """

    score: float | None
    failed_gates: tuple[str, ...] = ()
    unscored: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """One judge's comparison of two texts, shown in one order. Either decided, or `unscored` says why not.

    Attributes:
        preference: chance in 0…1 that the text shown first is the better one: 1 the first, 0 the second, 0.5 a tie.
            None where unscored.
        reason: the judge's reason in its own words, which call the texts A (first) and B (second); "" where none.
        basis: how the preference came about, as in `Verdict`.
        unscored: why there is no verdict; "" where there is one.
        note: what a reader must know of a decided verdict (samples that failed, say).
        reasoning: a reasoning model's thoughts, where they are kept.
        criteria: (id, preference, reason) of each criterion of several; the preference above is the overall one.
    """

    preference: float | None = None
    reason: str = ""
    basis: Basis = "stated"
    unscored: str = ""
    note: str = ""
    reasoning: str = ""
    criteria: tuple[tuple[str, float, str], ...] = ()


def undecided(why: str) -> PairVerdict:
    """A comparison that is none (not a tie): `why` in words for a person."""
    return PairVerdict(unscored=why.strip() or "the judge gave no verdict.")
