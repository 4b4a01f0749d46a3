"""What a person can say of a comparison of judges and people."""

from __future__ import annotations

from dataclasses import dataclass

from sheetjudge.ops.whereabouts import Whereabouts
from sheetjudge.stats.annotators import EPSILON


@dataclass(frozen=True, kw_only=True)
class AgreeOptions(Whereabouts):
    """What a person can say of `agree`. The names are those of the command's options.

    Attributes:
        human: columns with people's labels, or people's names (`agree_columns`); none for those headed `Human`.
        judge_column: columns with verdicts from elsewhere, or judges' names; none for what sheetjudge wrote.
        score: the score column of the results that are meant, where the table holds several; with `judge_column` those
            results are one more judge.
        rubric: gives criteria, scales and weights; None to go by the headers.
        scale: of all answers, where there is no rubric.
        group: a column with the same value for rows that belong together.
        read: columns whose length is held against the verdicts; none for all that aren't labels.
        epsilon: bonus for the judge in the alternative annotator test.
        recall, precision, confidence: what a threshold on the score is to reach of what people want; None for none.
        keep_from: the mark from which on people want a row; None where labels are yes and no.
    """

    human: tuple[str, ...] = ()
    judge_column: tuple[str, ...] = ()
    score: str | None = None
    rubric: str | None = None
    scale: str | None = None
    group: str | None = None
    read: tuple[str, ...] = ()
    epsilon: float = EPSILON
    recall: float | None = None
    precision: float | None = None
    confidence: float | None = None
    keep_from: str | None = None
