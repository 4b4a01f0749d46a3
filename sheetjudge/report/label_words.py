"""What labels say beyond agreement, in words: weights of a jury's judges, and a threshold to keep rows by."""

from __future__ import annotations

from sheetjudge.core.rubric import Scale
from sheetjudge.core.words import counted
from sheetjudge.report.agree_words import HEADINGS, figure_text, rounded_up, signed
from sheetjudge.stats.jury_weights import JuryWeights
from sheetjudge.stats.label_threshold import Cut, Threshold

_LEAST = 0.005
"""A weight that is shown as 0."""


def weights_sentences(found: JuryWeights) -> list[str]:
    """What weights of a jury's judges are worth."""
    on = f"by {counted(found.rows, 'labelled row')}"
    if found.are_equal:
        return [f"Weights for the {len(found.weights)} judges, {on}: none are better than the plain mean; keep it."]
    shown = ", ".join(
        f"{judge} {weight:.2f} ({found.lowest[judge]:.2f} to {found.highest[judge]:.2f})"
        for judge, weight in found.weights.items()
    )
    before, after, gain = found.before[found.measure], found.after[found.measure], found.gain[found.measure]
    beside = f"{figure_text(after, found.measure)} in place of {figure_text(before, found.measure)}"
    apart = f" (difference {signed(gain)})" if gain.value is not None else ""
    told = (
        f"Weights for the {len(found.weights)} judges, {on} (in brackets how far they move when a tenth is left out):"
        f" {shown}. On rows that they weren't fitted on, {HEADINGS[found.measure]} with people is {beside} for the"
        f" plain mean{apart}."
    )
    lines = [told]
    worse = [HEADINGS[name] for name, one in found.gain.items() if one.high is not None and one.high < 0]
    if found.help:
        sums = " + ".join(f"{weight:.2f} × {judge}" for judge, weight in found.weights.items() if weight >= _LEAST)
        unused = [judge for judge, weight in found.weights.items() if weight < _LEAST]
        lines.append(
            f"They are worth using: {sums}. Nothing applies them by itself; the score stays the plain mean. To use"
            " them, score with each judge alone and take this sum."
            + (f" {' and '.join(unused)} can be spared." if unused else "")
        )
    else:
        verdict = f"worse than the plain mean by {' and '.join(worse)}" if worse else "not shown to be better"
        verdict = "better, but too little to be worth the trouble" if found.are_better else verdict
        lines.append(f"They are {verdict}; keep the plain mean.")
    return lines


def threshold_sentences(judge: str, found: Threshold | str, scale: Scale) -> list[str]:
    """From which score on to keep rows, and what is certain of that.

    Args:
        judge: its name. found: the threshold, or why there is none. scale: of the scores.
    """
    if isinstance(found, str):
        return [f"From which score of {judge} on to keep rows can't be told: {found}."]
    if found.low is None or found.high is None:
        return _not_shown(judge, found)
    held = " and ".join(_kept_promises(found))
    level = f"with {_percent(found.promise.confidence)} confidence"
    rest = found.rows - found.kept - found.dropped
    if found.low == found.high:
        what = f"Keep rows from {found.high:.10g} of {judge} on: {held}, {level}"
        rows = f"That keeps {found.kept:,} of {counted(found.rows, 'row')}"
    else:
        what = f"Drop rows below {found.low:.10g} of {judge}, and keep those from {found.high:.10g} on: {held}, {level}"
        rows = (
            f"That drops {found.dropped:,}, keeps {found.kept:,} and leaves {rest:,} of {found.rows:,} rows to look at"
        )
    drawn = "drawn by sheetjudge label" if found.in_strata else "if they were drawn at random"
    lines = [f"{what}, for these rows by {counted(found.labels, 'label')} ({drawn})."]
    if found.dropped == 0 and found.recall is not None:
        return [*lines, f"{rows}: {_why_all(found.recall)}."]
    by_filter = f"; filter does so with --unsure {found.low:.10g} {found.high:.10g}" if scale.high == 1 else ""
    return [*lines, f"{rows}{by_filter}."]


def _kept_promises(found: Threshold) -> list[str]:
    told = []
    if found.recall is not None:
        what = "kept" if found.low == found.high else "not dropped"
        told.append(
            f"at least {_percent(found.promise.recall)} of the rows that people want are {what} ({_seen(found.recall)})"
        )
    if found.precision is not None:
        told.append(
            f"people want at least {_percent(found.promise.precision)} of the kept rows ({_seen(found.precision)})"
        )
    return told


def _seen(cut: Cut) -> str:
    return f"{cut.right:,} of {counted(cut.right + cut.wrong, 'labelled one')}"


def _percent(share: float | None) -> str:
    # As it was asked for: 99.999% is not 100%.
    return f"{100 * (share or 0.0):.10g}%"


def _why_all(recall: Cut) -> str:
    if recall.wrong:
        return "too many wanted rows have low scores"
    return "a labelled row that people want has the lowest score, or more labels are needed"


def _not_shown(judge: str, found: Threshold) -> list[str]:
    lines = []
    for name, share, cut in (
        ("recall", found.promise.recall, found.recall),
        ("precision", found.promise.precision, found.precision),
    ):
        if cut is None or cut.at is not None:
            continue
        labels = f"{counted(found.labels, 'label')}, {found.wanted:,} of them of wanted rows,"
        needed = "and more like these wouldn't either"
        if cut.more is None and not found.wanted:
            needed = "since people want none of these rows"
        elif cut.more is not None and cut.more >= (left := found.rows - found.labels):
            needed = f"labels of the {counted(left, 'row')} that {'is' if left == 1 else 'are'} left would"
        elif cut.more is not None:
            needed = f"some {rounded_up(cut.more):,} labels more should, if they come out like these"
        lines.append(
            f"No score of {judge} is shown to reach a {name} of {_percent(share)} with"
            f" {_percent(found.promise.confidence)} confidence: {labels} don't tell; {needed}."
        )
    return lines
