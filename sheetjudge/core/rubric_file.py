"""From the text of a rubric file, or the words of one criterion, to a Rubric."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sheetjudge.core import yaml_nodes
from sheetjudge.core.checks import compile_check, known_locale
from sheetjudge.core.rubric import YES_NO, Criterion, Rubric, Scale, integer_scale
from sheetjudge.core.scales import answer_of, least_value, read_scale
from sheetjudge.core.yaml_nodes import Node, Wrong, did_you_mean, nearest, number_of, shorten, text_of
from sheetjudge.errors import RubricError

T = TypeVar("T")

RUBRIC_KEYS = ("name", "about", "scale", "locale", "criteria")
CRITERION_KEYS = ("id", "ask", "statement", "scale", "weight", "required", "levels", "check")
MANAGED_NAMES = ("Score", "Why", "Status", "Rank", "Tier", "Keep", "Winner", "Margin", "sheetjudge")
"""Headers that sheetjudge writes itself, so that no criterion may be called so."""

DEFAULT_SCALE = integer_scale(1, 5)
DEFAULT_LOCALE = "en"
LONGEST_ID = 40
LONGEST_NAME = 120
MOST_SHOWN = 5

# What people write when they mean one of our keys.
_SYNONYMS = {
    "title": "name", "description": "about", "context": "about", "questions": "criteria", "criterion": "criteria",
    "question": "ask", "prompt": "ask", "type": "scale", "answers": "scale", "gate": "required", "must": "required",
    "descriptions": "levels", "language": "locale", "name": "id", "key": "id",
}  # fmt: skip

_BRACES = re.compile(r"\{\{|\}\}|\{[^{}\n]*[^\s{}][^{}\n]*\}")
_ID = re.compile(r"\w[\w-]*")  # becomes a property's name in the judge's reply format
# Words that open a question, or carry none of its meaning.
_FILLERS = frozenset(
    "a an and any are as at be been by can could did do does every for from has have how i if in into is it its item items "
    "not of on one or our response row rows should so some text than that the their them there these they this those to "
    "was we were what when where whether which who why will with would you your answer each all please check".split()
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a rubric.

    Attributes:
        line: 1-based line in the file; None where there is no file.
        key: path of the key concerned, lists counted from 1; "" for the file as a whole.
        what: a sentence.
        advice: what to do; may be "".
    """

    line: int | None
    key: str
    what: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a rubric file: a rubric, or the problems that it has (in the order of their lines)."""

    rubric: Rubric | None
    problems: tuple[Problem, ...] = ()


def parse_rubric(text: str, source: str = "") -> Rubric:
    """The rubric that a YAML text describes.

    Args:
        text: the file's content.
        source: the file's name, for errors.

    Raises:
        RubricError: it describes none. `line` and `key` are those of the first problem; the message names up to five.
    """
    reading = read_rubric(text)
    if reading.rubric is None:
        raise error_of(reading.problems, source)
    return reading.rubric


def error_of(problems: tuple[Problem, ...], source: str = "") -> RubricError:
    """One error for all the problems of a rubric: the first in full, then where the others are."""
    first = problems[0]
    place = " ".join(part for part in (source, f"line {first.line}" if first.line else "") if part)
    more = [f"{f'line {p.line}: ' if p.line else ''}{p.what} {p.advice}".strip() for p in problems[1:MOST_SHOWN]]
    rest = f" (and {len(problems) - MOST_SHOWN} more)" if len(problems) > MOST_SHOWN else ""
    also = f" Also {'; '.join(more)}{rest}" if more else ""
    what = f"{place}: {first.what}" if place else first.what
    return RubricError(what, first.advice + also, line=first.line, key=first.key)


def read_rubric(text: str) -> Reading:
    """Read a rubric file to its end and find as many problems as can be found in one go."""
    root, wrong = yaml_nodes.load(text)
    reader = _Reader(wrong)
    rubric = None
    if root is not None:
        rubric = reader.rubric(root)
    elif not wrong:
        reader.wrong.append(Wrong(Node(1, ""), "The file is empty.", "A rubric needs a name and criteria."))
    if reader.wrong:
        problems = (Problem(w.line, w.path, w.what, w.advice) for w in reader.wrong)
        return Reading(None, tuple(sorted(problems, key=lambda p: p.line or 0)))
    return Reading(rubric)


def rubric_from_sentence(text: str) -> Rubric:
    """A rubric of one criterion on the scale 1-5, asked in the words of `text`.

    Raises:
        RubricError: the text is empty or its braces don't match.
    """
    words = " ".join(text.split())
    node = Node(1, "The criterion", words)
    try:
        ask = _ask(node)
    except Wrong as wrong:
        raise RubricError(wrong.what, wrong.advice) from None
    criterion = Criterion(id=unused_id(words, ()), ask=ask, scale=DEFAULT_SCALE)
    return Rubric(name=shorten(words, LONGEST_NAME), criteria=(criterion,), scale=DEFAULT_SCALE)


class _Reader:
    """Reads node by node and goes on after what is wrong."""

    def __init__(self, wrong: list[Wrong]) -> None:
        self.wrong = wrong

    def value(self, keys: Mapping[str, Node], key: str, read: Callable[[Node], T], default: T) -> T:
        """What `read` makes of the key's value; `default` where there is no such key, or it is wrong."""
        if key not in keys:
            return default
        try:
            return read(keys[key])
        except Wrong as wrong:
            self.wrong.append(wrong)
            return default

    def keys(self, node: Node, allowed: tuple[str, ...]) -> dict[str, Node] | None:
        """The entries of a mapping, unknown keys reported; None where it is no mapping."""
        if node.entries is None:
            name = node.path or "The file"
            self.wrong.append(Wrong(node, f"{name} is {node.what()}, not a mapping.", f"Its keys are {', '.join(allowed)}."))
            return None
        for key, value in node.entries:
            if key.text not in allowed:
                self.wrong.append(Wrong(key, f"{node.path or 'A rubric'} has no key {shorten(key.text)!r}.",
                                        _key_advice(key.text, allowed, comma=node.flow and value.is_empty)))  # fmt: skip
        return {key.text: value for key, value in node.entries if key.text in allowed}

    def rubric(self, root: Node) -> Rubric | None:
        keys = self.keys(root, RUBRIC_KEYS)
        if keys is None:
            return None
        for key in ("name", "criteria"):
            if key not in keys:
                self.wrong.append(Wrong(root, f"The rubric has no {key!r}.", "Add it at the left margin."))
        name = self.value(keys, "name", _name, "")
        locale = self.value(keys, "locale", _locale, DEFAULT_LOCALE)
        scale = self.value(keys, "scale", _row_scale, DEFAULT_SCALE)
        about = self.value(keys, "about", text_of, "")
        criteria = self.criteria(keys["criteria"], scale, locale) if "criteria" in keys else ()
        return Rubric(name=name, criteria=criteria, scale=scale, about=about, locale=locale)

    def criteria(self, node: Node, scale: Scale, locale: str) -> tuple[Criterion, ...]:
        if not node.items:
            state = "is an empty list" if node.items is not None else f"is {node.what()}, not a list"
            self.wrong.append(Wrong(node, f"criteria {state}.", "Begin each criterion with '- ask:' or '- check:'."))
            return ()
        keys = [self.keys(item, CRITERION_KEYS) for item in node.items]
        given = [self.value(k, "id", read_id, "") if k else "" for k in keys]
        self.unique(given, [k["id"] if k and "id" in k else item for k, item in zip(keys, node.items, strict=True)])
        taken = [name for name in given if name]
        criteria = []
        for item, entries, name in zip(node.items, keys, given, strict=True):
            if entries is None:
                continue
            criterion = self.criterion(item, entries, scale, locale)
            own = name or unused_id(criterion.ask or " ".join(criterion.check or ()), taken)
            taken.append(own)
            criteria.append(Criterion(own, *_all_but_id(criterion)))
        if criteria and all(c.weight == 0 for c in criteria):
            self.wrong.append(Wrong(node, "Every criterion has the weight 0.", "Give one of them a weight above 0."))
        return tuple(criteria)

    def unique(self, ids: list[str], nodes: list[Node]) -> None:
        first: dict[str, int] = {}
        for name, node in zip(ids, nodes, strict=True):
            line = first.setdefault(name.casefold(), node.line) if name else node.line
            if line != node.line:
                self.wrong.append(Wrong(node, f"{node.path} {name!r} is also on line {line}.", "Give each its own id."))

    def criterion(self, item: Node, keys: Mapping[str, Node], row_scale: Scale, locale: str) -> Criterion:
        """The criterion, but for its id."""
        before = len(self.wrong)
        check = self.value(keys, "check", lambda node: _check(node, locale), None)
        ask = self.value(keys, "ask", _ask, "")
        if "ask" in keys and "check" in keys:
            self.wrong.append(Wrong(keys["check"], f"{item.path} has both an ask and a check.", "Make them two criteria."))
        elif "ask" not in keys and "check" not in keys:
            self.wrong.append(Wrong(item, f"{item.path} has neither an ask nor a check.", "Add what to ask."))
        scale = self.value(keys, "scale", read_scale, YES_NO if "check" in keys else row_scale)
        if check is not None and not scale.ordered:
            self.wrong.append(Wrong(keys["scale"], f"{item.path} has a check, so its labels need an order.", ""))
        scale_is_known = not any(w.path.startswith(f"{item.path}.scale") for w in self.wrong[before:])
        required, levels = None, dict[str, str]()
        if scale_is_known:
            required = self.value(keys, "required", lambda node: least_value(scale, node), None)
            levels = self.value(keys, "levels", lambda node: self.levels(node, scale), {})
        return Criterion(
            id="",
            ask=ask,
            scale=scale,
            statement=self.value(keys, "statement", _ask, ""),
            weight=self.value(keys, "weight", _weight, 1.0),
            required=required,
            levels=levels,
            check=check,
        )

    def levels(self, node: Node, scale: Scale) -> dict[str, str]:
        if node.entries is None:
            answers = scale.labels
            raise Wrong(node, f"{node.path} is {node.what()}, not a mapping.",
                        f"Write what each answer means, '{answers[0]}: …' to '{answers[-1]}: …'.")  # fmt: skip
        found: dict[str, str] = {}
        for key, value in joined_at_commas(node, scale):
            try:
                answer = answer_of(scale, key, node.path)
                if answer in found:
                    raise Wrong(key, f"{node.path} describes {answer!r} twice.", "Keep one.")  # noqa: TRY301
                found[answer] = text_of(value)
            except Wrong as wrong:
                self.wrong.append(wrong)
        return {answer: found[answer] for answer in scale.labels if answer in found}


def joined_at_commas(node: Node, scale: Scale) -> Iterable[tuple[Node, Node]]:
    """The entries of `{1: Weak, or none, 3: Fair}` as they were meant, the text after a comma joined to its answer.

    In YAML's brackets every comma begins an entry, so `or none` arrives as a key without a value.
    """
    pending: tuple[Node, Node] | None = None
    for key, value in node.entries or ():
        stray = node.flow and key.plain and value.is_empty and value.text == "" and pending is not None
        if stray and pending and not _is_answer(scale, key):
            text = f"{pending[1].text}, {key.text}"
            pending = (pending[0], Node(pending[1].line, pending[1].path, text, plain=pending[1].plain))
            continue
        if pending:
            yield pending
        pending = (key, value)
    if pending:
        yield pending


def _is_answer(scale: Scale, key: Node) -> bool:
    try:
        answer_of(scale, key, "")
    except Wrong:
        return False
    return True


def _all_but_id(c: Criterion) -> tuple[Any, ...]:
    return c.ask, c.scale, c.statement, c.weight, c.required, c.levels, c.check


def _key_advice(word: str, allowed: tuple[str, ...], *, comma: bool) -> str:
    close = nearest(word, allowed)
    synonym = _SYNONYMS.get(word.strip().casefold())
    if close:
        return f"Did you mean {close!r}?"
    if synonym in allowed:
        return f"Did you mean {synonym!r}?"
    if comma:
        return "A text with a comma inside {…} needs quotes."
    return f"The keys are {', '.join(allowed)}."


def _name(node: Node) -> str:
    name = " ".join(text_of(node).split())
    if len(name) > LONGEST_NAME:
        raise Wrong(node, f"name is longer than {LONGEST_NAME} characters.", "Put the rest under about.")
    return name


def _row_scale(node: Node) -> Scale:
    scale = read_scale(node)
    if not scale.ordered:
        raise Wrong(node, "The rubric's scale has no order, so a row could have no score.", "Put it into its criterion.")
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


def _ask(node: Node) -> str:
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
    data = yaml_nodes.texts(node)
    if isinstance(data, dict) and isinstance(data.get("json"), dict):
        data["json"] = yaml_nodes.plain_data(dict((k.text, v) for k, v in node.entries or ())["json"])
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


def read_id(node: Node) -> str:
    """A criterion's id.

    Raises:
        Wrong: it can't head a column of its own.
    """
    name = text_of(node)
    if name.casefold() in {managed.casefold() for managed in MANAGED_NAMES}:
        what = f"{node.path} is {name!r}, a column that sheetjudge writes itself."
        raise Wrong(node, what, f"Choose another than {', '.join(MANAGED_NAMES)}.")
    if len(name) > LONGEST_ID or not _ID.fullmatch(name):
        what = f"{node.path} is {name!r}."
        raise Wrong(node, what, f"An id has letters, digits, - and _, {LONGEST_ID} at most.")
    return name


def unused_id(words: str, taken: Iterable[str]) -> str:
    """A short id made of the words that matter most, unlike any of `taken` and of the managed columns.

    >>> unused_id("Does it state one clear research question?", ())
    'state-clear-research-question'
    """
    plain = re.findall(r"\w+", unicodedata.normalize("NFC", words.replace("'", "")).lower())
    chosen: list[str] = []
    for word in [w for w in plain if w not in _FILLERS] or plain or ["criterion"]:
        if chosen and (len(chosen) == 4 or len("-".join([*chosen, word])) > LONGEST_ID - 8):  # noqa: PLR2004
            break
        chosen.append(word[: LONGEST_ID - 8])
    base = "-".join(chosen)
    unavailable = {name.casefold() for name in (*taken, *MANAGED_NAMES)}
    candidate, n = base, 1
    while candidate.casefold() in unavailable:
        n += 1
        candidate = f"{base}-{n}"
    return candidate
