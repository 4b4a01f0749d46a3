"""From a Rubric back to the text of a rubric file."""

from __future__ import annotations

from typing import Any

import yaml

from sheetjudge.core.rubric import YES_NO, Criterion, Rubric, Scale
from sheetjudge.core.rubric_reader import DEFAULT_LOCALE

_WIDTH = 110


def dump_rubric(rubric: Rubric) -> str:
    """YAML from which `parse_rubric` makes the same rubric, for any rubric that it has made."""
    return yaml.safe_dump(rubric_data(rubric), sort_keys=False, allow_unicode=True, width=_WIDTH)


def rubric_data(rubric: Rubric) -> dict[str, Any]:
    """The rubric as a rubric file's mappings, lists and scalars."""
    content: dict[str, Any] = {"name": rubric.name}
    if rubric.about:
        content["about"] = rubric.about
    content["scale"] = _scale(rubric.scale)
    if rubric.locale != DEFAULT_LOCALE:
        content["locale"] = rubric.locale
    content["criteria"] = [_criterion(criterion, rubric.scale) for criterion in rubric.criteria]
    return content


def _criterion(criterion: Criterion, row_scale: Scale) -> dict[str, Any]:
    told: dict[str, Any] = {"id": criterion.id}
    if criterion.ask:
        told["ask"] = criterion.ask
    if criterion.check is not None:
        told["check"] = dict(criterion.check)
    if criterion.statement:
        told["statement"] = criterion.statement
    if criterion.scale != (row_scale if criterion.check is None else YES_NO):
        told["scale"] = _scale(criterion.scale)
    if criterion.weight != 1:
        told["weight"] = _plain(criterion.weight)
    if criterion.required is not None:
        told["required"] = _required(criterion.scale, criterion.required)
    if criterion.levels:
        numbers = criterion.scale.kind == "integer"
        told["levels"] = {int(answer) if numbers else answer: text for answer, text in criterion.levels.items()}
    return told


def _scale(scale: Scale) -> Any:
    if scale.kind != "labels":
        return str(scale)
    return list(scale.names) if scale.ordered else {"labels": list(scale.names), "ordered": False}


def _required(scale: Scale, value: float) -> Any:
    if scale.kind == "yes/no":
        return True
    return scale.nearest_label(value) if scale.kind == "labels" else _plain(value)


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) else value
