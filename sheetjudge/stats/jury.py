"""What several judges of the same rows say to each other: how far they disagree, and how they agree over all rows.

A row's score is the mean over its judges (`judging.pool`): learned weights did not beat it on recorded verdicts of four
judges. What is lost in a mean is kept here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sheetjudge.core.rubric import Criterion, Rubric
from sheetjudge.core.verdict import Verdict
from sheetjudge.stats.aggregate import row_score
from sheetjudge.stats.alpha import IntervalAlpha, NominalAlpha

MOST_DISAGREEMENT = 0.25
"""Judges who differ by more than this share of the scale disagree: more than one mark of five.

Two raters next to each other on a scale of five or six marks are taken as agreeing where people grade (the third reader
of essay scoring is called beyond that). On recorded verdicts of four judges on a scale of 1 to 10 it marks 6% of the
rows, and the best-scored row of a group is then the wrong one in 28 of 100 cases, in 12 of 100 else
(`tests/bench/jury_panel.py`).
"""


@dataclass(frozen=True, slots=True)
class Voice:
    """What one judge said of one row.

    Attributes:
        judge: its name.
        verdicts: one for each criterion that it answers.
        score: the row's score by its verdicts alone, together with the checks; None where it has none.
    """

    judge: str
    verdicts: tuple[Verdict, ...]
    score: float | None = None


def voice(rubric: Rubric, judge: str, verdicts: Sequence[Verdict], checks: Iterable[Verdict] = ()) -> Voice:
    """One judge's verdicts, with the row's score by them alone."""
    return Voice(judge, tuple(verdicts), row_score(rubric, [*verdicts, *checks]).score)


def disagreement(shares: Sequence[float]) -> float | None:
    """How far judges are apart: the mean difference between two of them, from 0 to 1. None for fewer than two.

    It is the observed disagreement of Krippendorff's alpha with the absolute difference as the metric; two judges at
    opposite ends of the scale come to 1, three against one to 0.5.

    Args:
        shares: each judge's answer as a share of the scale.
    """
    pairs = [abs(a - b) for a, b in combinations(shares, 2)]
    return sum(pairs) / len(pairs) if pairs else None


def criterion_disagreement(criterion: Criterion, verdicts: Sequence[Verdict]) -> float | None:
    """How far judges are apart on one criterion, from 0 to 1; None where fewer than two gave a verdict.

    For labels without an order it is the share of pairs of judges that chose different ones.
    """
    scored = [v for v in verdicts if not v.unscored]
    if criterion.scale.ordered:
        return disagreement([criterion.scale.normalised(v.value) for v in scored if v.value is not None])
    pairs = [a.label != b.label for a, b in combinations(scored, 2)]
    return sum(pairs) / len(pairs) if pairs else None


def row_disagreement(rubric: Rubric, voices: Sequence[Voice]) -> float | None:
    """How far judges are apart on a row as a whole, from 0 to 1; None where fewer than two scored it.

    By the scores that each would have given to the row. Where the rubric makes no score (labels without an order
    alone), by the criterion on which they are furthest apart.
    """
    scores = [rubric.scale.normalised(v.score) for v in voices if v.score is not None]
    if len(scores) > 1:
        return disagreement(scores)
    if any(c.scale.ordered and c.weight for c in rubric.criteria):
        return None
    found = [criterion_disagreement(c, _said_of(c, voices)) for c in rubric.criteria]
    return max((d for d in found if d is not None), default=None)


def _said_of(criterion: Criterion, voices: Sequence[Voice]) -> list[Verdict]:
    return [verdict for v in voices for verdict in v.verdicts if verdict.criterion == criterion.id]


class JuryTally:
    """Judges over all rows of a run, kept as rows come in.

    Args:
        rubric: what they were asked.
        most: rows with a disagreement above it count as disputed.

    Attributes:
        disputed: number of those rows. rows: rows that two judges or more scored.
    """

    def __init__(self, rubric: Rubric, most: float = MOST_DISAGREEMENT) -> None:
        self.rubric = rubric
        self.most = most
        self.rows = self.disputed = 0
        self._scores = IntervalAlpha()
        self._criteria: dict[str, IntervalAlpha | NominalAlpha] = {
            c.id: IntervalAlpha() if c.scale.ordered else NominalAlpha() for c in rubric.asked
        }
        self._judges: dict[str, _Judge] = {}
        self._total = 0.0

    def add(self, voices: Sequence[Voice]) -> None:
        """Take one row into account."""
        for v in voices:
            self._judges.setdefault(v.judge, _Judge()).add(v.score)
        scores = [v.score for v in voices if v.score is not None]
        if len(scores) > 1:
            for v in voices:
                if v.score is not None:
                    others = (sum(scores) - v.score) / (len(scores) - 1)
                    self._judges[v.judge].compare(v.score - others)
        self._scores.add(scores)
        for c in self.rubric.asked:
            said = [v for v in _said_of(c, voices) if not v.unscored]
            alpha = self._criteria[c.id]
            if isinstance(alpha, NominalAlpha):
                alpha.add([v.label for v in said])
            else:
                alpha.add([v.value for v in said if v.value is not None])
        apart = row_disagreement(self.rubric, voices)
        if apart is not None:
            self.rows += 1
            self._total += apart
            self.disputed += apart > self.most

    @property
    def alpha(self) -> float | None:
        """Krippendorff's alpha (interval) of the judges' row scores, or None."""
        return self._scores.value

    @property
    def judges(self) -> dict[str, JudgeFigures]:
        """By judge, in the order in which they came."""
        return {name: judge.figures() for name, judge in self._judges.items()}

    def state(self) -> dict[str, Any]:
        """All that it holds, as JSON: for `add_state`."""
        return {
            "rows": [self.rows, self.disputed, self._total],
            "scores": self._scores.state(),
            "criteria": {name: alpha.state() for name, alpha in self._criteria.items()},
            "judges": {name: judge.state() for name, judge in self._judges.items()},
        }

    def add_state(self, state: Mapping[str, Any]) -> None:
        """Take the rows of another one of the same rubric into account, by its `state`."""
        rows, disputed, total = state["rows"]
        self.rows += rows
        self.disputed += disputed
        self._total += total
        self._scores.add_state(state["scores"])
        for name, alpha in state["criteria"].items():
            self._criteria[name].add_state(alpha)
        for name, judge in state["judges"].items():
            self._judges.setdefault(name, _Judge()).add_state(judge)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "judges": {
                name: {
                    "rows": j.rows,
                    "unscored": j.unscored,
                    "mean": j.mean,
                    "compared": j.compared,
                    "above_others": j.above_others,
                }
                for name, j in self.judges.items()
            },
            "rows": self.rows,
            "mean_disagreement": self._total / self.rows if self.rows else None,
            "disputed": self.disputed,
            "most_disagreement": self.most,
            "alpha": self.alpha,
            "criteria": {name: {"alpha": alpha.value} for name, alpha in self._criteria.items()},
        }


@dataclass(frozen=True, slots=True)
class JudgeFigures:
    """One judge over all rows.

    Attributes:
        rows: rows that it scored. unscored: rows that it was asked about and did not score.
        mean: its mean score on the rubric's scale, or None.
        compared: rows that others scored too.
        above_others: how far it lies above the mean of the others on those rows, on the rubric's scale; None without
            any. This is its leniency, where the means of judges who saw different rows are not comparable.
    """

    rows: int
    unscored: int
    mean: float | None
    compared: int
    above_others: float | None


class _Judge:
    def __init__(self) -> None:
        self._rows = self._unscored = self._compared = 0
        self._total = self._above = 0.0

    def state(self) -> list[float]:
        return [self._rows, self._unscored, self._compared, self._total, self._above]

    def add_state(self, state: Sequence[float]) -> None:
        rows, unscored, compared, total, above = state
        self._rows += int(rows)
        self._unscored += int(unscored)
        self._compared += int(compared)
        self._total += total
        self._above += above

    def add(self, score: float | None) -> None:
        if score is None:
            self._unscored += 1
            return
        self._rows += 1
        self._total += score

    def compare(self, above: float) -> None:
        self._compared += 1
        self._above += above

    def figures(self) -> JudgeFigures:
        mean = self._total / self._rows if self._rows else None
        above = self._above / self._compared if self._compared else None
        return JudgeFigures(self._rows, self._unscored, mean, self._compared, above)


def short_names(names: Sequence[str]) -> list[str]:
    """Judges' names without their provider, or the address of their server, where that leaves them apart.

    >>> short_names(["openai:gpt-5-mini", "http://127.0.0.1:8000/v1#qwen"])
    ['gpt-5-mini', 'qwen']
    """
    short = []
    for name in names:
        tail = name.rpartition("#")[2] if "#" in name else name.partition(":")[2]
        short.append(tail or name)
    return [s if short.count(s) == 1 else name for s, name in zip(short, names, strict=True)]
