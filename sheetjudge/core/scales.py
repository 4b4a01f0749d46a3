"""From what a rubric file says under `scale` to a Scale."""

from __future__ import annotations

import re

from sheetjudge.core.rubric import YES_NO, Scale, integer_scale, label_scale
from sheetjudge.core.yaml_nodes import Node, Wrong, did_you_mean, number_of, text_of, truth_of

MOST_ANSWERS = 1001
LONGEST_LABEL = 60

_RANGE = re.compile(r"([-+]?[0-9]{1,9})\s*(?:-|\.\.\.?|…|to)\s*([-+]?[0-9]{1,9})")
_DASHES = str.maketrans(dict.fromkeys("\N{MINUS SIGN}\N{EN DASH}\N{EM DASH}\N{HYPHEN}", "-"))
_FORMS = "Write a range such as 1-5, yes/no, or labels such as [low, medium, high]."


def read_scale(node: Node) -> Scale:
    """The scale that `node` describes: `1-5`, `-2..2`, `yes/no`, `[low, high]`, `{labels: [...], ordered: false}`.

    Raises:
        Wrong: it describes none.
    """
    if node.items is not None:
        return _from_list(node, ordered=True)
    if node.entries is not None:
        return _from_mapping(node)
    text = text_of(node)
    if re.sub(r"\s", "", text).casefold() in {"yes/no", "no/yes"}:
        return YES_NO
    match = _RANGE.fullmatch(text.translate(_DASHES))
    if not match:
        raise Wrong(node, f"{node.path} is {node.what()}, which is no scale.", _text_advice(text))
    low, high = (int(part) for part in match.groups())
    if low >= high:
        advice = f"Write {high}-{low}." if high < low else ""
        raise Wrong(node, f"{node.path} is {node.what()}: the first number must be the lower one.", advice)
    if high - low >= MOST_ANSWERS:
        raise Wrong(node, f"{node.path} is {node.what()}: more than {MOST_ANSWERS:,} answers.", "Use 0-100, say.")
    return integer_scale(low, high)


def _text_advice(text: str) -> str:
    if re.fullmatch(r"[0-9]{1,4}", text):
        return f"Write 1-{text} or 0-{text}."
    if re.sub(r"\s", "", text).casefold() in {"true/false", "y/n", "yes", "yesno", "yes-no", "boolean", "bool"}:
        return "Write yes/no."
    parts = [part.strip() for part in re.split(r"[,/|]", text) if part.strip()]
    if len(parts) > 1:
        return f"If these are labels, lowest first, write [{', '.join(parts)}]."
    return _FORMS


def _from_mapping(node: Node) -> Scale:
    entries = {key.text: value for key, value in node.entries or ()}
    for key, _ in node.entries or ():
        if key.text not in {"labels", "ordered"}:
            advice = did_you_mean(key.text, ("labels", "ordered"), "keys")
            raise Wrong(key, f"{node.path} has no key {key.text!r}.", advice)
    if "labels" not in entries:
        raise Wrong(node, f"{node.path} names no labels.", "Write {labels: [bug, praise], ordered: false}.")
    ordered: bool | None = True
    if "ordered" in entries:
        ordered = truth_of(entries["ordered"])
    if ordered is None:
        at = entries["ordered"]
        raise Wrong(at, f"{at.path} is {at.what()}, neither true nor false.")
    return _from_list(entries["labels"], ordered=ordered)


def _from_list(node: Node, *, ordered: bool) -> Scale:
    if node.items is None:
        raise Wrong(node, f"{node.path} is {node.what()}, not a list.", "Write [low, medium, high], lowest first.")
    names = tuple(text_of(item) for item in node.items)
    folded = [name.casefold() for name in names]
    for n, (name, item) in enumerate(zip(names, node.items, strict=True)):
        if folded[n] in folded[:n]:
            raise Wrong(item, f"{node.path} has the label {name!r} twice.", "Keep one.")
        if len(name) > LONGEST_LABEL or "\n" in name:
            raise Wrong(item, f"{item.path} is longer than {LONGEST_LABEL} characters.", "Describe it under levels.")
    if len(names) < len(("no", "yes")):
        raise Wrong(node, f"{node.path} needs two labels or more.", _FORMS)
    if len(names) > MOST_ANSWERS:
        raise Wrong(node, f"{node.path} has {len(names):,} labels; at most {MOST_ANSWERS:,} are possible.")
    if ordered and set(folded) == {"yes", "no"}:
        return YES_NO
    if ordered and all(re.fullmatch(r"[-+]?[0-9]{1,9}", name) for name in names):
        return _from_numbers(node, [int(name) for name in names])
    return label_scale(names, ordered=ordered)


def _from_numbers(node: Node, numbers: list[int]) -> Scale:
    """A list of numbers is a range where it has no gaps: as labels, 0, 5, 10 would count 0, 1, 2."""
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return integer_scale(numbers[0], numbers[-1])
    advice = "Write a range such as 0-10, and describe the answers that matter under levels."
    raise Wrong(node, f"{node.path} lists numbers with gaps or out of order.", advice)


def answer_of(scale: Scale, node: Node, what: str) -> str:
    """The scale's answer that a person wrote.

    Args:
        scale: whose answers are allowed.
        node: what was written.
        what: how to call it in the error, `criteria[1].levels` say.

    Raises:
        Wrong: it is not one of the scale's answers.
    """
    written = node.text.strip()
    if scale.kind == "yes/no":
        truth = truth_of(node)
        if truth is not None:
            return "yes" if truth else "no"
    elif written in scale.labels:
        return written
    numbers = scale.kind == "integer"
    advice = _nearest_number(scale, node) if numbers else did_you_mean(written, scale.labels, "answers")
    raise Wrong(node, f"{what} has {written!r}, which is no answer of the scale {scale}.", advice)


def is_answer(scale: Scale, node: Node) -> bool:
    """Whether `node` is one of the scale's answers."""
    try:
        answer_of(scale, node, "")
    except Wrong:
        return False
    return True


def _nearest_number(scale: Scale, node: Node) -> str:
    try:
        value = number_of(node)
    except Wrong:
        return f"Its answers are {scale.low} to {scale.high}."
    return f"The nearest answer is {scale.nearest_label(value)}."


def least_value(scale: Scale, node: Node) -> float | None:
    """What `required` asks for: the least value (scale units) that passes, or None for `required: false`.

    `true` means yes on yes/no and anything above the bottom elsewhere; a number or a label means that or more.

    Raises:
        Wrong: it means nothing on this scale.
    """
    written = text_of(node)
    if scale.kind == "labels" and not scale.ordered:
        raise Wrong(node, f"{node.path} needs labels with an order.", "Take it out, or order the labels.")
    value: float | None = None
    if written in scale.labels and scale.kind == "labels":
        value = scale.value_of(written)
    elif truth_of(node) is not None:
        return scale.low + 1.0 if truth_of(node) else None
    elif scale.kind == "integer":
        value = number_of(node)
    if value is None:
        advice = did_you_mean(written, ("true", "false", *scale.names), "possible values")
        raise Wrong(node, f"{node.path} is {node.what()}, which is no answer of the scale {scale}.", advice)
    if not scale.low < value <= scale.high:
        state = "always" if value <= scale.low else "never"
        raise Wrong(node, f"{node.path} is {node.what()}, which is {state} met on the scale {scale}.", "")
    return value
