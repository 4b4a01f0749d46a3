"""What is legal in a rubric and yet unwise."""

from __future__ import annotations

from collections.abc import Iterator

from sheetjudge.core.rubric import Criterion, Rubric

LONG_ASK = 500
MANY_CRITERIA = 12
FEW_ANSWERS = 10


def unwise(rubric: Rubric) -> tuple[tuple[int, str], ...]:
    """(index of the criterion, or -1 for the rubric; a sentence) for each thing worth a second thought."""
    found = [(n, note) for n, criterion in enumerate(rubric.criteria) for note in _notes(criterion)]
    if len(rubric.criteria) > MANY_CRITERIA:
        found.append((-1, f"The rubric has {len(rubric.criteria)} criteria; judges answer fewer with more care."))
    return tuple(found)


def _notes(criterion: Criterion) -> Iterator[str]:
    name = repr(criterion.id)
    if criterion.weight == 0 and criterion.required is None:
        yield f"{name} has the weight 0 and isn't required, so it doesn't count."
    if criterion.check is not None:
        return
    if len(criterion.ask) > LONG_ASK:
        yield f"{name} asks in {len(criterion.ask)} characters; two criteria may be clearer."
    if criterion.ask.count("?") > 1:
        yield f"{name} asks more than one question; a judge can answer only one."
    answers = criterion.scale.labels
    missing = [answer for answer in answers if answer not in criterion.levels]
    if criterion.scale.kind == "yes/no" or not missing:
        return
    if not criterion.levels:
        yield f"{name} describes none of its {len(answers)} answers, so each judge will read them its own way."
    elif len(answers) <= FEW_ANSWERS:
        yield f"{name} doesn't describe {', '.join(missing)}."
