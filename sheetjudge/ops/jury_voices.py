"""What each judge of a jury said of a row, read back from the reasons that `score` wrote beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sheetjudge.core.rubric import Scale
from sheetjudge.ops.agree_labels import read_answer

Voices = Mapping[tuple[str, str], str]
"""By criterion and judge how the line goes on after both: the answer, and a reason behind a full stop."""

_MOST_TEXT = 120
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?=\. |$)")


def voices_in(why: str, criteria: Sequence[str]) -> Voices:
    """The judges' own answers, as `row_values.why` puts them: a line for each judge and criterion.

    Args:
        why: the cell. criteria: ids of the rubric's criteria.

    Returns:
        Empty where one judge sat alone. A reason is one line, so that no model can speak as another judge.
    """
    found: dict[tuple[str, str], str] = {}
    for line in why.split("\n"):
        criterion, comma, rest = line.partition(", ")
        judge, colon, said = rest.partition(": ")
        if comma and colon and criterion in criteria and not said.startswith("no verdict"):
            found.setdefault((criterion, judge), said[:_MOST_TEXT].strip())
    return found


def answer_in(scale: Scale, said: str) -> float | None:
    """The answer that a judge's line begins with, in scale units; None where it begins with none."""
    if scale.kind == "integer":
        number = _NUMBER.match(said)
        texts = [number[0]] if number is not None else []
    else:
        texts = [label for label in scale.labels if said == label or said.startswith(f"{label}. ")]
    value = read_answer(scale, max(texts, key=len)) if texts else None
    return value if isinstance(value, float) else None
