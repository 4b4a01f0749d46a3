"""The judge beside people: what the page shows of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sheetjudge.core.rubric import Scale
from sheetjudge.core.table import Table
from sheetjudge.core.visible import cut_middle, made_visible
from sheetjudge.core.words import counted
from sheetjudge.core.yaml_nodes import shorten
from sheetjudge.ops.agree_columns import OVERALL
from sheetjudge.ops.agree_labels import read_answer
from sheetjudge.ops.agree_result import AgreeResult, ApartRow, CriterionResult
from sheetjudge.ops.agree_table import JUDGE
from sheetjudge.report.agree_words import (
    HEADINGS,
    annotator_sentence,
    figure_text,
    judge_sentences,
    length_sentence,
    whole_sentences,
)
from sheetjudge.report.charts import LEVELS, figure_line, reliability
from sheetjudge.report.judgements import Floats, Judgements, Line
from sheetjudge.report.label_words import threshold_sentences, weights_sentences
from sheetjudge.report.spread import Calibrated, calibrated
from sheetjudge.stats.advice import is_marked
from sheetjudge.stats.agreement_values import JudgeBeside, main_measure

_MOST_TEXT = 1500
_MOST_WHY = 1200
_MATRIX = 7
_MOST_CARDS = 40
_LEAST_TESTED = 3


def about_agreement(result: AgreeResult, labels: Mapping[str, Sequence[Floats]], found: Judgements) -> dict[str, Any]:
    """Every criterion that people labelled, with its figures, sentences and pictures.

    Args:
        result: of `agree`. labels: by criterion what each person answered on each line. found: what the judge said.
    """
    level = result.criteria[0].agreement.level
    grouped = f" Rows with the same {result.group} stand or fall together." if result.group is not None else ""
    people = ", ".join(dict.fromkeys(match.rater for match in result.people))
    whys = [f"{count:,} × {reason}" for reason, count in result.unscored.most_common(3)]
    unread = [f"row {c.row}, {c.column}: {c.why}" for c in result.unread[:3]]
    lost = counted(len(result.unread), "label")
    notes = [
        *([f"Labelled but not scored, and so in no figure: {', '.join(whys)}."] if whys else []),
        *([f"{lost} can't be read and count as empty: {'; '.join(unread)}."] if unread else []),
        *(note for note in result.notes if note not in found.notes),
    ]  # fmt: skip
    return {
        "absent": "",
        "told": f"{counted(result.labelled, 'row')} of {result.rows:,} labelled by {people}.{grouped}",
        "caption": f"Agreement with people beside how far people agree with each other, the most that a judge can be"
        f" held to, and beside chance. 0 is what chance would give, 1 is perfect. Brackets hold {level:.0%}. In the"
        " picture the dot is the judge, the bar its interval, the grey mark chance, the orange mark people with each"
        " other.",
        "notes": [made_visible(note) for note in notes],
        "lines": [_figures(part, judge) for part in result.criteria for judge in part.agreement.judges],
        "criteria": [_criterion(part, labels, found) for part in result.criteria],
        "advice": list(_advice(result)),
    }  # fmt: skip


def _figures(part: CriterionResult, judge: JudgeBeside) -> dict[str, Any]:
    name = main_measure(part.agreement.measures)
    main, ceiling = judge.mean[name], part.agreement.ceiling
    theirs = ceiling.mean[name] if ceiling is not None else None
    order, same = judge.mean.get("spearman"), judge.mean.get("exact")
    return {
        "criterion": part.name,
        "judge": judge.judge,
        "rows": f"{judge.rows:,}",
        "main": figure_text(main, name),
        "measure": HEADINGS[name],
        "chart": figure_line(main.value, main.low, main.high, None if theirs is None else theirs.value),
        "ceiling": "one person only" if theirs is None else figure_text(theirs, name),
        "order": "" if order is None else figure_text(order, "spearman"),
        "same": "" if same is None else figure_text(same, "exact"),
        "chance": "" if same is None or same.chance is None else f"{same.chance:.0%}",
    }


def _criterion(part: CriterionResult, labels: Mapping[str, Sequence[Floats]], found: Judgements) -> dict[str, Any]:
    agreement = part.agreement
    sentences: list[str] = []
    for judge in agreement.judges:
        sentences += [line.strip() for line in judge_sentences(judge, agreement)]
        if judge.judge in part.tests and len(agreement.people) >= _LEAST_TESTED:
            sentences.append(annotator_sentence(judge.judge, part.tests[judge.judge]))
        if judge.judge in part.whole:
            sentences += whole_sentences(judge.judge, part.whole[judge.judge])
        if judge.judge in part.thresholds:
            sentences += threshold_sentences(judge.judge, part.thresholds[judge.judge], agreement.scale)
    sentences += weights_sentences(part.weights) if part.weights is not None else []
    sentences += [f"{part.by_order}."] if part.by_order else []
    if len(agreement.people) == 1:
        sentences.append(f"Only {agreement.people[0]} labelled, so how far people agree among themselves isn't known.")
    told: dict[str, Any] = {
        "name": part.name,
        "sentences": [made_visible(s[:1].upper() + s[1:]) for s in sentences],
        "labels": [shorten(made_visible(label), 14) for label in agreement.scale.labels[: _MATRIX + 1]],
        "matrix": _matrix(part),
        "judge": JUDGE,
        "chart": None,
    }
    points = reliable(part, labels, found)
    if points:
        few = " Hollow dots rest on fewer than five rows." if any(p.low is None for p in points) else ""
        told["chart"] = reliability(points, agreement.scale, part.name)
        told["caption"] = (
            "What people gave on average where the judge gave so much; larger dots are more rows, bars hold 95%. On the"
            f" dotted line both are the same; above it the judge is stricter than people, below it more lenient.{few}"
        )
    return told


def reliable(
    part: CriterionResult, labels: Mapping[str, Sequence[Floats]], found: Judgements
) -> tuple[Calibrated, ...]:
    """The points of a criterion's reliability plot; none where marks can't be laid beside each other."""
    own = next((j for j in part.agreement.judges if j.judge == JUDGE), None)
    if own is None or part.by_order or not part.agreement.scale.ordered or not labels.get(part.name):
        return ()
    values = _judged(part.name, found)
    return () if values is None else calibrated(values, labels[part.name], part.agreement.scale)


def _judged(name: str, found: Judgements) -> Floats | None:
    if name == OVERALL:
        return found.scores
    at = next((at for at, asked in enumerate(found.criteria) if asked.name == name), None)
    return None if at is None else found.values(at)


def labels_of(result: AgreeResult, table: Table) -> dict[str, list[Floats]]:
    """What each person answered on each row that holds anything, by criterion, in scale units; NaN for no answer."""
    scales = {part.name: part.agreement.scale for part in result.criteria}
    wanted = [match for match in result.people if match.criterion in scales]
    answers: list[list[float]] = [[] for _ in wanted]
    for row in table.rows():
        if row.is_empty:
            continue
        for match, told in zip(wanted, answers, strict=True):
            value = read_answer(scales[match.criterion], row.cells[match.column.index])
            told.append(value if isinstance(value, float) else np.nan)
    found: dict[str, list[Floats]] = {}
    for match, told in zip(wanted, answers, strict=True):
        found.setdefault(match.criterion, []).append(np.array(told))
    return found


def _matrix(part: CriterionResult) -> list[tuple[str, list[tuple[str, str]]]]:
    """The judge's answers in lines, people's in columns, all people together."""
    own = next((j for j in part.agreement.judges if j.judge == JUDGE), None)
    labels = part.agreement.scale.labels
    tables = [pair.confusion for pair in own.pairs if pair.confusion] if own is not None else []
    if not tables or len(labels) > _MATRIX:
        return []
    total = np.sum(tables, axis=0)
    most = int(total.max()) or 1
    return [
        (
            shorten(made_visible(label), 24),
            [
                (f"{count:,}", f" s{min(int(count / most * LEVELS), LEVELS - 1)}" if count else "")
                for count in line.tolist()
            ],
        )
        for label, line in zip(labels, total, strict=True)
    ]


def _advice(result: AgreeResult) -> Iterator[str]:
    for same in result.advice.unvaried:
        yield made_visible(
            f"{same.rater} answers {same.answer} on {same.share:.0%} of {counted(same.rows, 'row')} for"
            f" {same.criterion}: it hardly tells rows apart."
        )
    for pair in result.advice.repeats:
        told = figure_text(pair.correlation, "spearman")
        yield made_visible(
            f"{pair.first} and {pair.second} repeat each other for {pair.judge}: rank correlation {told}."
        )
    yield from (made_visible(length_sentence(found)) for found in result.advice.follows if is_marked(found))


def about_disagreements(result: AgreeResult, found: Judgements, table: Table) -> list[dict[str, Any]]:
    """The rows on which the judge and people are furthest apart, with their texts and the judge's reasons."""
    wanted = {part.name: part.apart.get(JUDGE, ()) for part in result.criteria}
    numbers = {far.number for rows in wanted.values() for far in rows}
    shown = [c for c in table.columns if c.name in result.texts]
    texts = {
        row.number: [(c.name, _cut(row.cells[c.index], _MOST_TEXT)) for c in shown if row.cells[c.index].strip()]
        for row in table.rows()
        if row.number in numbers
    }
    lines = {line.number: line for line in found.lines if line.number in numbers}
    told, left = [], _MOST_CARDS
    for part in result.criteria:
        cards = [
            _card(far, part.agreement.scale, lines[far.number], texts[far.number], part.name)
            for far in wanted[part.name][: max(left, 0)]
        ]
        left -= len(cards)
        if cards:
            told.append({"name": part.name, "cards": cards})
    return told


def _card(far: ApartRow, scale: Scale, line: Line, texts: list[tuple[str, str]], criterion: str) -> dict[str, Any]:
    return {
        "number": far.number,
        "title": line.title,
        "texts": [(name, text) for name, text in texts if text != line.title],
        "judge": _answer(far.found.judge, scale),
        "people": [(name, _answer(value, scale)) for name, value in far.found.people.items()],
        "why": _cut(_about(line.why, criterion), _MOST_WHY) or "It gave none.",
    }


def _about(why: str, criterion: str) -> str:
    """What the reasons say of a criterion; all of them where no line begins with its name."""
    if criterion == OVERALL:
        return why
    begun = re.compile(rf"{re.escape(criterion)}(?:, [^:]+)?: ")
    own = [line for line in why.splitlines() if begun.match(line)]
    return "\n".join(own) or why


def _cut(text: str, most: int) -> str:
    return cut_middle(made_visible(text.strip()), most)[0]


def _answer(value: float, scale: Scale) -> str:
    return f"{round(value, 2):g}" if scale.kind == "integer" else scale.nearest_label(value)
