"""What a filter says of a row: yes, no or review, and the cells that are written beside it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Literal

from sheetjudge.core.rubric import YES_NO, Rubric
from sheetjudge.core.rubric_file import rubric_from_sentence
from sheetjudge.core.table import CellValue
from sheetjudge.errors import ConfigError
from sheetjudge.judging.addressing import ADDRESSED
from sheetjudge.ops.row_values import DIGITS, Judged

Keep = Literal["yes", "no", "review"]

KEEP: tuple[Keep, ...] = ("yes", "no", "review")
HEADERS = ("Score", "Keep", "Why", "Status")

_VERBS = frozenset(
    {"is", "are", "was", "were", "has", "have", "had", "can", "could", "will", "would", "should", "must"}
)
_MIDDLE = 0.5


def keep_rubric(words: str) -> Rubric:
    """The rubric of one question, yes or no: is this said of the row truly?

    Args:
        words: what rows to keep have in common, as people say it: `asks for less than $10,000`, `It is polite`,
            `Does it name a partner?`.

    Raises:
        ConfigError: the words are none, or name a file. RubricError: their braces don't match.
    """
    words = " ".join(words.split())
    if not words or words.lower().endswith((".yaml", ".yml")):
        raise ConfigError("--keep says in words which rows to keep.", 'Write --keep "names a school partner", say.')
    rubric = rubric_from_sentence(words)
    (criterion,) = rubric.criteria
    if criterion.ask.endswith("?"):
        ask, statement = criterion.ask, ""
    else:
        ask = f"Should this be kept? Answer yes only if this is true of it: {criterion.ask}"
        statement = _sentence(criterion.ask)
    asked = replace(criterion, id="keep", ask=ask, statement=statement, scale=YES_NO)
    return replace(rubric, criteria=(asked,), scale=YES_NO)


def _sentence(words: str) -> str:
    """A whole sentence: `asks for less` says what "it" does."""
    first = words.split(maxsplit=1)[0]
    says_what_it_does = first in _VERBS or (first.islower() and first.endswith("s") and not first.endswith("ss"))
    return f"It {words}" if says_what_it_does else words


def answer(row: Judged) -> bool | None:
    """A judge's own yes or no on a row; None where it gave none."""
    return None if row.score.score is None else row.score.score >= _MIDDLE


@dataclass(frozen=True, slots=True)
class Decided:
    """A row with its decision.

    Attributes:
        keep: the decision; None for a row with nothing to judge.
        score: chance of a yes, 0 to 1, as the judge that decided says; None where it gave none.
        why: its reason. status: as in every result.
    """

    keep: Keep | None
    score: float | None
    why: str
    status: str

    def values(self) -> tuple[CellValue, ...]:
        """One value for each of `HEADERS`."""
        score = None if self.score is None else round(self.score, DIGITS)
        return (score, self.keep, self.why or None, self.status)


def decided(row: Judged, keep: Keep | None, judge: str, note: str = "") -> Decided:
    """A decision on a row.

    Args:
        row: what `judge` said of it.
        keep: the decision; an unscored row is for review, whatever this says.
        judge: its name, where more than one decides; else "".
        note: why a scored row is for review.
    """
    if not row.verdicts:
        return Decided(None, None, "", row.status)  # skipped: there is nothing to judge
    reason = row.verdicts[0].reason
    if judge:
        reason = f"{judge}: {reason}" if reason else f"Decided by {judge}."
    if row.score.score is None:
        return Decided("review", None, reason, row.status)
    status = row.status if not note else f"review: {note}" + ("" if row.status == "ok" else f"; {row.status}")
    return Decided(keep, row.score.score, reason, status)


@dataclass
class Counts:
    """Rows by what became of them.

    Attributes:
        keep: by decision. skipped: rows with nothing to judge. errors: rows without a verdict, for review.
        strong: rows decided by the judge that is asked about some only.
        unscored: rows without a verdict by the reason.
        addressed: rows whose text speaks to the judge.
    """

    keep: Counter[Keep] = field(default_factory=Counter)
    skipped: int = 0
    errors: int = 0
    strong: int = 0
    unscored: Counter[str] = field(default_factory=Counter)
    addressed: int = 0

    def add(self, row: Decided, *, strong: bool) -> None:
        """Count one row."""
        if row.keep is None:
            self.skipped += 1
            return
        self.keep[row.keep] += 1
        self.strong += strong
        self.addressed += ADDRESSED in row.status
        if row.status.startswith("error"):
            self.errors += 1
            reason = row.status.removeprefix("error: ")
            # A server that puts a number of its own into each error must not make memory grow with the table.
            self.unscored[reason if reason in self.unscored or len(self.unscored) < _MOST_REASONS else "other"] += 1

    @property
    def rows(self) -> int:
        """All rows that were decided, and those skipped."""
        return sum(self.keep.values()) + self.skipped


_MOST_REASONS = 1000
