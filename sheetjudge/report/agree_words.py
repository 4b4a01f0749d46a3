"""Figures about agreement in words."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from sheetjudge.core.words import counted
from sheetjudge.ops.agree_whole import Whole
from sheetjudge.stats.advice import Follows
from sheetjudge.stats.agreement_interval import Figure
from sheetjudge.stats.agreement_values import Agreement, JudgeBeside, Pair, main_measure
from sheetjudge.stats.annotators import AnnotatorTest

HEADINGS: Mapping[str, str] = {
    "kappa_quadratic": "weighted kappa",
    "kappa_linear": "linear kappa",
    "kappa": "kappa",
    "alpha": "alpha",
    "spearman": "Spearman",
    "spearman_within": "Spearman in groups",
    "kendall": "Kendall",
    "kendall_within": "Kendall in groups",
    "exact": "same answer",
    "within_one": "within one",
}
_RATES = ("exact", "within_one")
_MOST_POINTS = 7
_EVEN = 0.1
"""A difference of coefficients that is surely smaller than this is called none."""


def figure_text(figure: Figure, name: str) -> str:
    """A figure with its interval: `0.61 [0.42, 0.75]`, `45% [38, 52]`; `–` without a value, `?` without an interval."""
    if figure.value is None:
        return "–"
    if name in _RATES:
        value = f"{figure.value:.0%}"
        return value + (" [?]" if figure.low is None else f" [{100 * figure.low:.0f}, {100 * (figure.high or 0):.0f}]")
    value = f"{figure.value:.2f}"
    return value + (" [?]" if figure.low is None else f" [{figure.low:.2f}, {figure.high:.2f}]")


def pair_name(pair: Pair) -> str:
    """Two raters."""
    return f"{pair.first} – {pair.second}"


def signed(figure: Figure, digits: int = 2) -> str:
    """A difference with its interval: `+0.10 [-0.02, +0.22]`."""
    if figure.low is None or figure.high is None:
        return f"{figure.value:+.{digits}f} [?]"
    return f"{figure.value:+.{digits}f} [{figure.low:+.{digits}f}, {figure.high:+.{digits}f}]"


def judge_sentences(judge: JudgeBeside, agreement: Agreement) -> list[str]:
    """What the figures of one judge come to."""
    name = main_measure(agreement.measures)
    mean = judge.mean[name]
    if mean.value is None:
        return [f"Whether {judge.judge} agrees with people can't be told: {mean.why}."]
    lines = []
    if mean.low is not None and mean.low <= 0:
        lines.append(
            f"It isn't shown that {judge.judge} agrees with people any better than chance: 0 lies in the interval."
        )
    if judge.beyond and judge.beyond[name].value is not None:
        lines.append(f"{judge.judge} {_beside_people(judge.beyond[name])}")
    for person, figures in judge.beyond_person.items():
        others = [other for other in agreement.people if other != person]
        told = figures[name]
        if told.value is not None and told.low is not None and len(agreement.people) <= 4:  # noqa: PLR2004
            lines.append(f"  {_beside_person(judge.judge, person, others, told)}")
    return [*lines, *([f"{judge.judge} {above(judge)}."] if above(judge) else [])]


def _beside_people(apart: Figure) -> str:
    shown = f"(difference {signed(apart)})"
    verdict = _verdict(apart)
    if verdict == "more":
        return f"agrees with people better than they agree with each other {shown}."
    if verdict == "less":
        return f"agrees with people less than they agree with each other {shown}."
    if verdict == "even":
        return f"agrees with people as well as they agree with each other {shown}."
    needed = "" if apart.low is None or apart.high is None else f"; some {_needed(apart):,} labelled rows should tell"
    return f"may agree with people as well as they do with each other, or not {shown}{needed}."


def _needed(apart: Figure) -> int:
    """How many rows would narrow an interval to a difference that is called none, rounded up to two digits."""
    half = ((apart.high or 0.0) - (apart.low or 0.0)) / 2
    rows = apart.rows * (half / _EVEN) ** 2
    return max(rounded_up(ceil(rows)), apart.rows + 1)


def _beside_person(judge: str, person: str, others: list[str], apart: Figure) -> str:
    whom = " and ".join([", ".join(others[:-1]), others[-1]] if len(others) > 1 else others)
    words = {"more": "better than", "less": "less than", "even": "as well as"}
    verdict = _verdict(apart)
    if verdict == "open":
        return f"{judge} agrees with {whom} about as {person} does, as far as can be told ({signed(apart)})."
    return f"{judge} agrees with {whom} {words[verdict]} {person} does ({signed(apart)})."


def _verdict(apart: Figure) -> str:
    if apart.low is None or apart.high is None:
        return "open"
    if apart.low > 0:
        return "more"
    if apart.high < 0:
        return "less"
    return "even" if max(-apart.low, apart.high) <= _EVEN else "open"


def beside_words(apart: Figure) -> str:
    """How a judge's agreement with people stands to theirs with each other, in two words and a figure."""
    if apart.value is None:
        return "–"
    words = {"more": "better", "less": "worse", "even": "the same", "open": "can't be told"}
    return f"{words[_verdict(apart)]} {signed(apart)}"


def above_words(judge: JudgeBeside) -> str:
    """A judge's leniency in a word and a figure; "" where marks aren't on one scale."""
    apart = judge.mean.get("above")
    if apart is None or apart.value is None:
        return ""
    known = apart.low is not None and apart.high is not None and not apart.low <= 0 <= apart.high
    return f"{('higher' if apart.value > 0 else 'lower') if known else 'no difference shown'} {signed(apart)}"


def test_words(test: AnnotatorTest) -> str:
    """The alternative annotator test in a few figures."""
    if test.passed is None:
        return f"can't be told: {test.why}"
    won = sum(contest.won for contest in test.contests)
    verdict = "passed" if test.passed else "not passed"
    return f"{won} of {len(test.contests)}, {verdict}; {figure_text(test.advantage, 'exact')}"


def above(judge: JudgeBeside) -> str:
    """How lenient a judge is, in words; "" where marks aren't on one scale."""
    apart = judge.mean.get("above")
    if apart is None or apart.value is None:
        return ""
    if apart.low is None or apart.high is None:
        return f"gives {abs(apart.value):.2f} {'more' if apart.value >= 0 else 'less'} than people on average [?]"
    if apart.low <= 0 <= apart.high:
        return f"is neither lenient nor strict beside people, as far as can be told ({signed(apart)})"
    kind = "lenient" if apart.low > 0 else "strict"
    return f"is more {kind} than people: {signed(apart)} on average"


def annotator_sentence(judge: str, test: AnnotatorTest) -> str:
    """What the alternative annotator test came to."""
    lead = f"Alternative annotator test (ε = {test.epsilon:g})"
    if test.passed is None or test.winning_rate is None:
        return f"{lead}: can't be told; {test.why}."
    won = sum(contest.won for contest in test.contests)
    verdict = "may stand in for a person" if test.passed else "isn't shown to be able to stand in for a person"
    left = ""
    if test.left_out:
        names = ", ".join(f"{name} ({counted(rows, 'row')})" for name, rows in test.left_out)
        left = f" Left out, with too few rows: {names}."
    return (
        f"{lead}: {judge} wins against {won} of {counted(len(test.contests), 'person', 'people')}"
        f" (winning rate {test.winning_rate:.2f}; half is asked for), so it {verdict}. It matches the others as well as"
        f" a person or better on {figure_text(test.advantage, 'exact')} of the rows.{left}"
    )


def whole_sentences(judge: str, whole: Whole) -> list[str]:
    """What the labels say of all rows, and how the judge's scale lies beside people's."""
    found, alone = whole.together, whole.alone
    how = "drawn by sheetjudge label" if whole.drawn else "if they were drawn at random"
    by = f"by {found.labels:,} labels ({how}) and {judge}'s answers"
    rest = f"{judge} says {whole.judged:.2f}, and labels alone {alone.value:.2f} [{alone.low:.2f}, {alone.high:.2f}]."
    mean = f"people would say {found.value:.2f} on average [{found.low:.2f}, {found.high:.2f}]"
    lines = [f"Of all {found.rows:,} rows {mean}, {by}; {rest}"]
    if whole.mapped is not None:
        before, after = whole.mapped.before, whole.mapped.after
        corners = zip(whole.mapped.map.scores, whole.mapped.map.labels, strict=True)
        points = [f"{score:g} → {label:.1f}" for score, label in corners]
        shown = points if len(points) <= _MOST_POINTS else [points[0], points[len(points) // 2], points[-1]]
        verdict = "would bring it nearer to people" if whole.mapped.helps else "wouldn't bring it nearer to people"
        lines.append(
            f"A map of {judge}'s answers to people's scale ({', '.join(shown)}) {verdict}: off by"
            f" {after.root_mean_square:.2f} in place of {before.root_mean_square:.2f} (root mean square, in which far"
            " ones count more), on rows that it wasn't fitted on."
        )
    return lines


def length_sentence(found: Follows) -> str:
    """How a judge's liking for the length of texts is told."""
    shown = found.shown
    figure, judge = figure_text(shown, "spearman"), found.judge
    if shown is found.partial:
        way = "longer" if (shown.value or 0) > 0 else "shorter"
        own = "" if found.people.value is None else f" (people's own: {figure_text(found.people, 'spearman')})"
        return (
            f"{judge} gives {way} texts more for {found.criterion} than people do: rank correlation with length"
            f" {figure} at equal labels{own}."
        )
    way = "rise" if (shown.value or 0) > 0 else "fall"
    return (
        f"The answers of {judge} for {found.criterion} {way} with the length of the text: rank correlation {figure}."
        " There are too few labels to tell whether people's do as well."
    )


def rounded_up(number: int) -> int:
    """A number of rows, to two digits."""
    unit: int = 10 ** max(len(str(number)) - 2, 0)
    return ceil(number / unit) * unit
