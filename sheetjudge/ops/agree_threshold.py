"""From which score on to keep rows, so that a promise on people's labels holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetjudge.core.rubric import Scale
from sheetjudge.errors import ConfigError
from sheetjudge.ops.agree_labels import read_answer
from sheetjudge.ops.agree_options import AgreeOptions
from sheetjudge.ops.agree_table import Criterion
from sheetjudge.stats.agreement import mean_answer
from sheetjudge.stats.guarantee_promise import Promise
from sheetjudge.stats.label_threshold import Threshold, threshold_from_labels

CONFIDENCE = 0.95

UNNAMED = "the rows to label were drawn by a score that isn't named; name its column with --score"

_MIDDLE = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for.

    Attributes:
        promise: what is to hold. keep_from: the mark from which on people want a row; None where a yes says so.
        strata: for each row that of its draw; None for a plain draw. why: why nothing can be promised, or "".
    """

    promise: Promise
    keep_from: str | None
    strata: tuple[int, ...] | None = None
    why: str = ""


def promise_of(options: AgreeOptions) -> Promise | None:
    """The promise that a person asked for, if any.

    Raises:
        ConfigError: something is said of a promise that isn't made.
    """
    if options.recall is None and options.precision is None:
        for name, value in (("--confidence", options.confidence), ("--keep-from", options.keep_from)):
            if value is not None:
                raise ConfigError(f"{name} belongs to a promise.", "Say what is to hold: --recall 0.95, say.")
        return None
    return Promise(options.recall, options.precision, options.confidence or CONFIDENCE)


def asked_for(options: AgreeOptions, strata: tuple[int, ...] | None, *, drawn: bool, grouped: bool) -> Asked | None:
    """What is to be promised, and by which draw rows came to be labelled.

    Args:
        options: what a person said. strata: of the draw; None for a plain one, or where they aren't known.
        drawn: rows were drawn by their scores (`label`). grouped: rows stand or fall together.

    Raises:
        ConfigError: as for `promise_of`.
    """
    promise = promise_of(options)
    if promise is None:
        return None
    if grouped:
        why = "rows of one group are alike, and what is promised is only known of rows that were drawn one by one"
        return Asked(promise, options.keep_from, why=why)
    if drawn and strata is None:
        return Asked(promise, options.keep_from, why=UNNAMED)
    return Asked(promise, options.keep_from, strata)


def thresholds_of(parts: Mapping[str, Criterion], asked: Asked) -> dict[str, dict[str, Threshold | str]]:
    """By criterion and judge the threshold, or why there is none, in words.

    Raises:
        ConfigError: it isn't said which marks mean that people want a row.
    """
    least = {name: _least(part.scale, asked.keep_from) for name, part in parts.items()}
    known = {name: mark for name, mark in least.items() if mark is not None}
    if not known:
        scales = ", ".join(dict.fromkeys(str(part.scale) for part in parts.values()))
        said = "It isn't said" if asked.keep_from is None else f"{asked.keep_from!r} is no mark that says"
        raise ConfigError(
            f"{said} which labels mean that a row is wanted ({scales}).",
            "Name the least mark of a row that people would keep: --keep-from 4, say.",
        )
    return {
        name: {judge: _of(values, parts[name], mark, asked) for judge, values in parts[name].judges.items()}
        for name, mark in known.items()
    }


def _least(scale: Scale, keep_from: str | None) -> float | None:
    if not scale.ordered:
        return None
    if keep_from is None:
        return (scale.low + scale.high) / 2 if scale.high - scale.low == 1 else None
    value = read_answer(scale, keep_from)
    return value if isinstance(value, float) else None


def _of(judge: NDArray[np.float64], part: Criterion, least: float, asked: Asked) -> Threshold | str:
    if asked.why:
        return asked.why
    if part.by_order:
        return "the marks aren't on one scale"
    wanted = mean_answer(list(part.people.values()), part.scale)
    # Rows without a score as a whole could not be drawn.
    could = np.ones(len(judge), bool) if asked.strata is None else np.array(asked.strata) >= 0
    scored = np.flatnonzero(~np.isnan(judge) & could)
    place = {int(row): at for at, row in enumerate(scored)}
    labels = {place[row]: bool(wanted[row] >= least) for row in place if not np.isnan(wanted[row])}
    strata = None if asked.strata is None else [asked.strata[row] for row in scored.tolist()]
    if not labels:
        return "no labelled row has an answer of it"
    if strata is not None and set(strata) != {strata[at] for at in labels}:
        return "at some heights of the score no row is labelled yet; label those that sheetjudge label chose"
    return threshold_from_labels(judge[scored].tolist(), labels, asked.promise, strata=strata)


def summary(found: Threshold | str) -> dict[str, object]:
    """A threshold for machines."""
    if isinstance(found, str):
        return {"met": False, "why": found}
    promise = found.promise
    cuts = {
        name: None
        if cut is None
        else {
            "threshold": cut.at,
            "by_labels": cut.share,
            "for": cut.right,
            "against": cut.wrong,
            "more_labels": cut.more,
        }
        for name, cut in (("recall", found.recall), ("precision", found.precision))
    }
    return {
        "met": found.met,
        "promise": {"recall": promise.recall, "precision": promise.precision, "confidence": promise.confidence},
        "drop_below": found.low,
        "keep_from": found.high,
        **cuts,
        "rows": {"scored": found.rows, "kept": found.kept, "dropped": found.dropped},
        "labels": found.labels,
        "wanted": found.wanted,
        "drawn_in_strata": found.in_strata,
    }
