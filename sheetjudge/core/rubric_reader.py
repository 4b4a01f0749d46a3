"""Reads a rubric file's nodes, and goes on after what is wrong so as to find the rest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from sheetjudge.core.checks import compile_check, known_locale
from sheetjudge.core.criterion_ids import read_id, unused_id
from sheetjudge.core.rubric import YES_NO, Criterion, Rubric, Scale, integer_scale
from sheetjudge.core.scales import answer_of, is_answer, least_value, read_scale
from sheetjudge.core.yaml_nodes import Node, Wrong, nearest, number_of, plain_data, shorten, text_of, texts
from sheetjudge.errors import RubricError

T = TypeVar("T")

RUBRIC_KEYS = ("name", "about", "scale", "locale", "criteria")
CRITERION_KEYS = ("id", "ask", "statement", "scale", "weight", "required", "levels", "check")

DEFAULT_SCALE = integer_scale(1, 5)
DEFAULT_LOCALE = "en"
LONGEST_NAME = 120

# What people write when they mean one of our keys.
_SYNONYMS = {
    "title": "name", "description": "about", "context": "about", "questions": "criteria", "criterion": "criteria",
    "question": "ask", "prompt": "ask", "type": "scale", "answers": "scale", "gate": "required", "must": "required",
    "descriptions": "levels", "language": "locale", "name": "id", "key": "id",
}  # fmt: skip

_BRACES = re.compile(r"\{\{|\}\}|\{[^{}\n]*[^\s{}][^{}\n]*\}")


class Reader:
    """Reads node by node and goes on after what is wrong.

    Args:
        wrong: takes what is wrong.
        place: how a line is called in a sentence.
    """

    def __init__(self, wrong: list[Wrong], *, place: str = "on line") -> None:
        self.wrong = wrong
        self.lines: list[int] = []
        self._place = place

    def value(self, keys: Mapping[str, Node], key: str, read: Callable[[Node], T], default: T) -> T:
        """What `read` makes of the key's value; `default` where there is no such key, or it is wrong."""
        if key not in keys:
            return default
        try:
            return read(keys[key])
        except Wrong as wrong:
            self.wrong.append(wrong)
            return default

    def add(self, where: Node, what: str, advice: str = "") -> None:
        """Note something wrong, and go on."""
        self.wrong.append(Wrong(where, what, advice))

    def keys(self, node: Node, allowed: tuple[str, ...]) -> dict[str, Node] | None:
        """The entries of a mapping, unknown keys reported; None where it is no mapping."""
        if node.entries is None:
            name = node.path or "The file"
            self.add(node, f"{name} is {node.what()}, not a mapping.", f"Its keys are {', '.join(allowed)}.")
            return None
        for key, value in node.entries:
            if key.text not in allowed:
                advice = key_advice(key.text, allowed, comma=node.flow and value.is_empty)
                self.add(key, f"{node.path or 'A rubric'} has no key {shorten(key.text)!r}.", advice)
        return {key.text: value for key, value in node.entries if key.text in allowed}

    def rubric(self, root: Node) -> Rubric | None:
        """The whole file; what it returns counts only where nothing was wrong."""
        keys = self.keys(root, RUBRIC_KEYS)
        if keys is None:
            return None
        for key in ("name", "criteria"):
            if key not in keys:
                self.add(root, f"The rubric has no {key!r}.", "Add it at the left margin.")
        name = self.value(keys, "name", _name, "")
        locale = self.value(keys, "locale", _locale, DEFAULT_LOCALE)
        about = self.value(keys, "about", text_of, "")
        scale = self.value(keys, "scale", _row_scale, None if "scale" in keys else DEFAULT_SCALE)
        criteria = self.criteria(keys["criteria"], scale, locale) if "criteria" in keys else ()
        return Rubric(name=name, criteria=criteria, scale=scale or DEFAULT_SCALE, about=about, locale=locale)

    def criteria(self, node: Node, scale: Scale | None, locale: str) -> tuple[Criterion, ...]:
        """The list of criteria. `scale` is None where the rubric's own is wrong."""
        if not node.items:
            state = "is an empty list" if node.items is not None else f"is {node.what()}, not a list"
            self.add(node, f"criteria {state}.", "Begin each criterion with '- ask:' or '- check:'.")
            return ()
        read = [(item, keys) for item in node.items if (keys := self.keys(item, CRITERION_KEYS)) is not None]
        given = [self.value(keys, "id", read_id, "") for _, keys in read]
        first: dict[str, int] = {}
        for name, (_, keys) in zip(given, read, strict=True):
            if name.casefold() in first:
                at = keys["id"]
                also = f"{self._place} {first[name.casefold()]}"
                self.add(at, f"{at.path} {name!r} is also {also}.", "Give each its own id.")
            elif name:
                first[name.casefold()] = keys["id"].line
        taken, criteria = set(given), list[Criterion]()
        for (item, keys), name in zip(read, given, strict=True):
            criterion = self.criterion(item, keys, scale, locale)
            own = name or unused_id(criterion.ask or " ".join(criterion.check or ()), taken)
            taken.add(own)
            criteria.append(replace(criterion, id=own))
            self.lines.append(item.line)
        if criteria and all(c.weight == 0 for c in criteria):
            self.add(node, "Every criterion has the weight 0.", "Give one of them a weight above 0.")
        return tuple(criteria)

    def criterion(self, item: Node, keys: Mapping[str, Node], row_scale: Scale | None, locale: str) -> Criterion:
        """A criterion, but for its id."""
        check = self.value(keys, "check", lambda node: _check(node, locale), None)
        if "ask" in keys and "check" in keys:
            self.add(keys["check"], f"{item.path} has both an ask and a check.", "Make them two criteria.")
        elif "ask" not in keys and "check" not in keys:
            self.add(item, f"{item.path} has neither an ask nor a check.", "Add what to ask.")
        usual = YES_NO if "check" in keys else row_scale
        scale = self.value(keys, "scale", read_scale, None if "scale" in keys else usual)
        if check is not None and scale and not scale.ordered:
            self.add(keys["scale"], f"{item.path} has a check, so its labels need an order.")
        required, levels = None, dict[str, str]()
        if scale:  # else every answer would be called wrong
            required = self.value(keys, "required", lambda node: least_value(scale, node), None)
            levels = self.value(keys, "levels", lambda node: self.levels(node, scale), {})
        return Criterion(
            id="",
            ask=self.value(keys, "ask", read_ask, ""),
            scale=scale or DEFAULT_SCALE,
            statement=self.value(keys, "statement", read_ask, ""),
            weight=self.value(keys, "weight", _weight, 1.0),
            required=required,
            levels=levels,
            check=check,
        )

    def levels(self, node: Node, scale: Scale) -> dict[str, str]:
        """Answer -> description, in the order of the scale."""
        if node.entries is None:
            form = f"Write what each answer means, '{scale.labels[0]}: …' to '{scale.labels[-1]}: …'."
            raise Wrong(node, f"{node.path} is {node.what()}, not a mapping.", form)
        found: dict[str, str] = {}
        for key, value in joined_at_commas(node, scale):
            try:
                answer, text = answer_of(scale, key, node.path), text_of(value)
            except Wrong as wrong:
                self.wrong.append(wrong)
                continue
            if answer in found:
                self.add(key, f"{node.path} describes {answer!r} twice.", "Keep one.")
            found[answer] = text
        return {answer: found[answer] for answer in scale.labels if answer in found}


def joined_at_commas(node: Node, scale: Scale) -> Iterable[tuple[Node, Node]]:
    """The entries of `{1: Weak, or none, 3: Fair}` as they were meant, the text after a comma joined to its answer.

    In YAML's brackets every comma begins an entry, so `or none` arrives as a key without a value.
    """
    pending: tuple[Node, Node] | None = None
    for key, value in node.entries or ():
        stray = node.flow and key.plain and value.is_empty and value.text == "" and pending is not None
        if stray and pending and not is_answer(scale, key):
            text = f"{pending[1].text}, {key.text}"
            pending = (pending[0], Node(pending[1].line, pending[1].path, text, plain=pending[1].plain))
            continue
        if pending:
            yield pending
        pending = (key, value)
    if pending:
        yield pending


def key_advice(word: str, allowed: tuple[str, ...], *, comma: bool = False) -> str:
    """What to say after a key that there isn't. `comma`: it may be a text that was cut at a comma."""
    if meant := key_meant(word, allowed):
        return f"Did you mean {meant!r}?"
    if comma:
        return "A text with a comma inside {…} needs quotes."
    return f"The keys are {', '.join(allowed)}."


def key_meant(word: str, allowed: tuple[str, ...]) -> str:
    """The key that a wrong one was probably meant to be, or ""."""
    synonym = _SYNONYMS.get(word.strip().casefold(), "")
    return nearest(word, allowed) or (synonym if synonym in allowed else "")


def _name(node: Node) -> str:
    name = " ".join(text_of(node).split())
    if len(name) > LONGEST_NAME:
        raise Wrong(node, f"name is longer than {LONGEST_NAME} characters.", "Put the rest under about.")
    return name


def _row_scale(node: Node) -> Scale:
    scale = read_scale(node)
    if not scale.ordered:
        raise Wrong(
            node, "The rubric's scale has no order, so a row could have no score.", "Put it into its criterion."
        )
    return scale


def _locale(node: Node) -> str:
    written = text_of(node)
    locale, close = known_locale(written)
    if not locale:
        advice = f"Did you mean {close!r}?" if close else "Write en, de, fr, pt-BR, …"
        raise Wrong(node, f"locale {written!r} is not known.", advice)
    return locale


def _weight(node: Node) -> float:
    weight = number_of(node)
    if weight < 0:
        raise Wrong(node, f"{node.path} is {node.text}; a weight is 0 or more.", "")
    return weight


def read_ask(node: Node) -> str:
    """An ask or a statement.

    Raises:
        Wrong: it is no text, or its braces name no column.
    """
    text = text_of(node)
    if any(unicodedata.category(c) == "Cs" for c in text):
        raise Wrong(node, f"{node.path} isn't valid Unicode text.", "Save or type it as UTF-8.")
    rest = _BRACES.sub("", text)
    for brace in "{}":
        if brace in rest:
            what = f"{node.path} has a {brace} that names no column."
            raise Wrong(node, what, "Write {Column} to name a column, {{ or }} for a brace itself.")
    return text


def _check(node: Node, locale: str) -> Mapping[str, Any]:
    data = texts(node)
    if isinstance(data, dict) and isinstance(data.get("json"), dict):
        data["json"] = plain_data({k.text: v for k, v in node.entries or ()}["json"])
    try:
        return compile_check(data, locale).spec
    except RubricError as error:
        where = _deepest(node, error.key.split(".")[1:])
        prefix = node.path.removesuffix("check")
        raise Wrong(where, prefix + error.what, error.advice) from None


def _deepest(node: Node, keys: list[str]) -> Node:
    """The node that `keys` lead to, or the last one on the way that exists."""
    for wanted in keys:
        inner = [(key, value) for key, value in node.entries or () if key.text == wanted]
        if not inner:
            break
        node = Node(inner[0][0].line, inner[0][1].path, inner[0][1].text, entries=inner[0][1].entries)
    return node
