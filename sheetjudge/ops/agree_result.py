"""What a comparison of judges and people came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sheetjudge import __version__
from sheetjudge.ops.agree_columns import Matched
from sheetjudge.ops.agree_labels import Unread
from sheetjudge.ops.agree_threshold import summary
from sheetjudge.ops.agree_whole import Whole
from sheetjudge.stats.advice import Apart, Follows, Repeats, Unvaried, is_marked
from sheetjudge.stats.agreement_values import Agreement, main_measure
from sheetjudge.stats.annotators import AnnotatorTest
from sheetjudge.stats.jury_weights import JuryWeights
from sheetjudge.stats.label_threshold import Threshold
from sheetjudge.stats.prediction_powered import Estimate


@dataclass(frozen=True)
class ApartRow:
    """A row on which a judge and people disagree: its number and title, and how far."""

    number: int
    title: str
    found: Apart


@dataclass(frozen=True)
class CriterionResult:
    """One criterion.

    Attributes:
        name: its id, or `overall`.
        agreement: all figures.
        tests: by judge the alternative annotator test.
        apart: by judge the rows on which it and people are furthest apart.
        by_order: why only the order was compared; "" where all was.
        whole: by judge what the labels say of all rows that it scored.
        weights: of the jury's judges, by labels; None where there is no jury, or too few labels.
        thresholds: by judge from which score on to keep rows, or why that can't be told; empty where nobody asked.
    """

    name: str
    agreement: Agreement
    tests: Mapping[str, AnnotatorTest]
    apart: Mapping[str, tuple[ApartRow, ...]]
    by_order: str = ""
    whole: Mapping[str, Whole] = field(default_factory=dict)
    weights: JuryWeights | None = None
    thresholds: Mapping[str, Threshold | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Advice:
    """What verdicts say of the rubric.

    Attributes:
        unvaried: criteria with nearly the same answer on every row.
        repeats: pairs of criteria that order rows alike.
        follows: for each criterion with an order and each judge, how answers go with the length of the text.
    """

    unvaried: tuple[Unvaried, ...] = ()
    repeats: tuple[Repeats, ...] = ()
    follows: tuple[Follows, ...] = ()


@dataclass(frozen=True)
class AgreeResult:
    """Judges beside people.

    Attributes:
        table: its name. rubric: name and version, or None.
        people, judges: which column was taken for what.
        labelled: rows that a person labelled. rows: rows that hold anything.
        criteria: the row as a whole last.
        advice: on the rubric. texts: the columns whose length was held against the answers.
        unread: cells that hold no answer of the scale, and count as empty.
        unscored: rows that people labelled and sheetjudge didn't score, by reason.
        group: the column that groups rows, or None.
        notes: what a reader must know of how the table was read.
    """

    table: str
    rubric: tuple[str, str] | None
    people: tuple[Matched, ...]
    judges: tuple[Matched, ...]
    labelled: int
    rows: int
    criteria: tuple[CriterionResult, ...]
    advice: Advice
    texts: tuple[str, ...]
    unread: tuple[Unread, ...]
    unscored: Counter[str]
    group: str | None
    notes: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 done, 1 some labelled rows have no verdict, or some labels can't be read."""
        return 1 if self.unscored or self.unread else 0

    def as_json(self) -> dict[str, Any]:
        """Everything for machines."""
        return {
            "operation": "agree",
            "table": self.table,
            "rubric": None if self.rubric is None else {"name": self.rubric[0], "version": self.rubric[1]},
            "people": [_matched(match) for match in self.people],
            "judges": [_matched(match) for match in self.judges],
            "rows": self.rows,
            "labelled": self.labelled,
            "group": self.group,
            "criteria": [_criterion(found) for found in self.criteria],
            "advice": {
                "unvaried": [asdict(found) for found in self.advice.unvaried],
                "repeats": [asdict(found) for found in self.advice.repeats],
                "length": [{**asdict(found), "marked": is_marked(found)} for found in self.advice.follows],
                "length_of": list(self.texts),
            },
            "unread": [asdict(cell) for cell in self.unread],
            "unscored": dict(self.unscored.most_common()),
            "notes": list(self.notes),
            "sheetjudge": __version__,
        }


def _matched(match: Matched) -> dict[str, str]:
    return {"rater": match.rater, "criterion": match.criterion, "column": match.column.name}


def _criterion(found: CriterionResult) -> dict[str, Any]:
    agreement = found.agreement
    told = asdict(agreement)
    return {
        "criterion": found.name,
        **told,
        "scale": str(agreement.scale),
        "answers": list(agreement.scale.labels) if len(agreement.scale.labels) <= _MOST_ANSWERS else None,
        "main_measure": main_measure(agreement.measures),
        "only_order": found.by_order or None,
        "annotator_tests": {judge: asdict(test) for judge, test in found.tests.items()},
        "all_rows": {judge: _whole(whole) for judge, whole in found.whole.items()},
        "jury_weights": None if found.weights is None else _weights(found.weights),
        "thresholds": {judge: summary(one) for judge, one in found.thresholds.items()},
        "apart": {
            judge: [
                {"row": far.number, "title": far.title, "judge": far.found.judge, "people": dict(far.found.people),
                 "apart": far.found.apart}
                for far in rows
            ]
            for judge, rows in found.apart.items()
        },
    }  # fmt: skip


def _weights(found: JuryWeights) -> dict[str, Any]:
    return {**asdict(found), "equal": found.are_equal, "better": found.are_better, "help": found.help}


def _whole(whole: Whole) -> dict[str, Any]:
    mapped = None if whole.mapped is None else {**asdict(whole.mapped), "helps": whole.mapped.helps}
    return {
        "judge_mean": whole.judged,
        "labels_alone": _estimate(whole.alone),
        "labels_with_judge": {**_estimate(whole.together), "weight": whole.together.weight},
        "drawn_in_strata": whole.drawn,
        "calibration": mapped,
    }


def _estimate(found: Estimate) -> dict[str, Any]:
    told = asdict(found)
    del told["weight"]
    return told


_MOST_ANSWERS = 20
