"""YAML as text with line numbers: what a person wrote, before anything is made of it.

YAML 1.1 turns `yes` into true, `007` into 7 and `1:30` into 90. Here every scalar stays the text that was written, and
whoever reads a value converts it knowingly. Pure data: no tags, no objects, bounded size.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import yaml

MAX_CHARACTERS = 200_000
MAX_NODES = 20_000  # aliases count each time they are used, so an alias bomb ends here

MAX_DIGITS = 300

_DEEPEST = 100

_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar, a list or a mapping.

    Attributes:
        line: 1-based line where it begins.
        path: how to call it, `criteria[2].weight` say (lists count from 1, as people do); "" for the whole file.
        text: the scalar's text; "" for the others.
        plain: a scalar written without quotes.
        flow: a list or mapping in brackets.
        items: the list's items, or None.
        entries: the mapping's (key, value) pairs, or None.
    """

    line: int
    path: str
    text: str = ""
    plain: bool = False
    flow: bool = False
    items: tuple[Node, ...] | None = None
    entries: tuple[tuple[Node, Node], ...] | None = None

    @property
    def is_text(self) -> bool:
        """A scalar, empty or not."""
        return self.items is None and self.entries is None

    @property
    def is_empty(self) -> bool:
        """Nothing was written (`key:` and no more), or `~` or `null`."""
        return self.is_text and self.plain and self.text in {"", "~", "null"}

    def what(self) -> str:
        """What stands there, in words: `'heavy'`, `a list`."""
        if self.is_text:
            return "empty" if self.is_empty else repr(shorten(self.text))
        return "a list" if self.items is not None else "a mapping"


_START = Node(1, "")


class Wrong(Exception):
    """Something in the file that can't be used.

    Args:
        where: the node concerned.
        what: a sentence that starts with the node's path.
        advice: what to do.
    """

    def __init__(self, where: Node, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.line = where.line
        self.path = where.path
        self.what = what
        self.advice = advice


def load(text: str) -> tuple[Node | None, list[Wrong]]:
    """The file's root (None where it can't be read at all), and what is wrong with the YAML itself."""
    builder = _Builder()
    try:
        if len(text) > MAX_CHARACTERS:
            return None, [Wrong(_START, f"The file has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read.")]
        root = yaml.compose(text, Loader=_Loader)
        return (builder.build(root, "", None, ()) if root else None), builder.wrong
    except yaml.YAMLError as error:
        return None, [_syntax_error(error, text)]
    except RecursionError:
        return None, [Wrong(_START, "The file is nested too deeply.")]
    except (ValueError, OverflowError) as error:  # a character beyond the last one there is, a version without end
        return None, [Wrong(_START, f"This isn't YAML: {error}.", "Look for a \\U… of eight digits, or a %YAML line.")]
    except Wrong as wrong:
        return None, [wrong]


class _Loader(yaml.BaseLoader):
    """Ends at brackets within brackets within brackets: PyYAML takes seconds for a few hundred of them."""

    def fetch_flow_collection_start(self, TokenClass: Any) -> None:  # noqa: N803 - PyYAML's name
        super().fetch_flow_collection_start(TokenClass)
        if self.flow_level > _DEEPEST:
            raise Wrong(Node(self.line + 1, ""), "The file is nested too deeply.")


class _Builder:
    """Turns PyYAML's nodes into ours, counting them, and collects what is wrong on the way."""

    def __init__(self) -> None:
        self.wrong: list[Wrong] = []
        self.count = 0

    def build(self, node: yaml.Node, path: str, line: int | None, above: tuple[int, ...]) -> Node:
        """`line` stands in for an empty value, whose own mark is wherever the next token begins."""
        at = node.start_mark.line + 1
        self.count += 1
        if self.count > MAX_NODES:
            raise Wrong(Node(at, path), f"The file has more than {MAX_NODES:,} values, counting repeats by alias.")
        if id(node) in above:
            raise Wrong(Node(at, path), f"{path or 'The file'} contains itself by an alias.")
        if node.tag not in _PLAIN_TAGS:
            self.wrong.append(
                Wrong(Node(at, path), f"{path} has the tag {node.tag}; tags aren't used here.", "Take it out.")
            )
        above = (*above, id(node))
        if isinstance(node, yaml.ScalarNode):
            if _SURROGATE.search(node.value):
                self.wrong.append(Wrong(Node(at, path), f"{path} isn't valid Unicode text.", "Write it as UTF-8."))
            empty = node.value == "" and node.style is None
            return Node(line if line and empty else at, path, node.value, plain=node.style is None)
        flow = isinstance(node, yaml.CollectionNode) and bool(node.flow_style)
        if isinstance(node, yaml.SequenceNode):
            items = tuple(self.build(item, f"{path}[{n}]", None, above) for n, item in enumerate(node.value, 1))
            return Node(at, path, flow=flow, items=items)
        return Node(at, path, flow=flow, entries=tuple(self.entries(node, path, flow=flow, above=above)))

    def entries(
        self, mapping: yaml.Node, path: str, *, flow: bool, above: tuple[int, ...]
    ) -> Iterable[tuple[Node, Node]]:
        seen: dict[str, int] = {}
        for key_node, value_node in mapping.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.wrong.append(_brace_key(key_node, path))
                continue
            inner = f"{path}.{key_node.value}" if path else key_node.value
            key = self.build(key_node, inner, None, above)
            value = self.build(value_node, inner, key_line, above)
            # In `{1: Weak, or none, 3: Fair, or none}` each comma starts an entry; whoever reads it puts it right.
            if key.text in seen and not (flow and value.is_empty):
                what = f"{inner} stands twice, on lines {seen[key.text]} and {key_line}."
                self.wrong.append(Wrong(key, what, "Keep one."))
                continue
            seen[key.text] = key_line
            yield key, value


def _brace_key(node: yaml.Node, path: str) -> Wrong:
    where = Node(node.start_mark.line + 1, path)
    return Wrong(
        where, f"{path or 'The file'} has a key that is no text.", "Put text that begins with { or [ in quotes."
    )


_HINTS = (
    ("mapping values are not allowed", "A ': ' inside a text, or a line indented too far", "Put the text in quotes."),
    ("found character '\\t'", "A tab is used to indent", "Indent with spaces."),
    ("found another document", "A second document begins ('---')", "Keep one rubric in a file."),
    ("found undefined alias", "A text begins with *", "Put it in quotes."),
    ("that cannot start any token", "A text begins with a character that means something to YAML", "Put it in quotes."),
    ("found unexpected end of stream", "A quote is opened and never closed", "Close it."),
    ("expected ',' or", "A bracket isn't closed, or a text inside brackets holds a question mark or a bracket",
     "Close it, or put the text in quotes."),
    ("expected <block end>", "This doesn't fit what stands above it",
     "Check the indentation, and put text that begins with a quote, { or [ in quotes as a whole."),
)  # fmt: skip


def _syntax_error(error: yaml.YAMLError, text: str) -> Wrong:
    if isinstance(error, yaml.reader.ReaderError):
        at = Node(text.count("\n", 0, error.position) + 1, "")
        code = error.character if isinstance(error.character, int) else ord(error.character)
        return Wrong(at, f"The character U+{code:04X} can't stand in YAML.", "Take it out.")
    if not isinstance(error, yaml.MarkedYAMLError):
        return Wrong(_START, f"This isn't YAML: {error}.")
    problem = f"{error.problem or error.context or 'not YAML'}"
    unclosed = "unexpected end of stream" in problem or "<stream end>" in problem
    mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
    where = Node(mark.line + 1 if mark else 1, "")
    column = f" (column {mark.column + 1})" if mark else ""
    for sign, what, advice in _HINTS:
        if sign in problem:
            return Wrong(where, f"{what}{column}.", advice)
    return Wrong(where, f"This isn't YAML{column}: {problem}.")


def rebased(node: Node, at: Node) -> Node:
    """`node`, read from a text of its own, as a part of what stands at `at`."""
    path = f"{at.path}{node.path if node.path.startswith('[') or not node.path else '.' + node.path}"
    items = None if node.items is None else tuple(rebased(item, at) for item in node.items)
    entries = None if node.entries is None else tuple((rebased(k, at), rebased(v, at)) for k, v in node.entries)
    return replace(node, line=at.line, path=path, items=items, entries=entries)


def text_of(node: Node) -> str:
    """The text of a scalar, without white space around it.

    Raises:
        Wrong: it is empty, a list or a mapping.
    """
    if not node.is_text or not node.text.strip() or node.is_empty:
        state = node.what() if not node.is_text else "empty"
        raise Wrong(node, f"{node.path} is {state}, not a text.", _quote_advice(node))
    return node.text.strip()


def _quote_advice(node: Node) -> str:
    if node.is_text:
        return "Write one, or take the line out."
    return "Put text that begins with { or [ in quotes." if node.flow else ""


def number_of(node: Node) -> float:
    """The number that a scalar writes, with a decimal point.

    Raises:
        Wrong: it is no finite number.
    """
    text = node.text.strip()
    if node.is_text and _NUMBER.fullmatch(text) and abs(value := float(text)) != float("inf"):
        return value
    raise Wrong(node, f"{node.path} is {node.what()}, not a number.", "Write a number such as 2 or 0.5.")


def truth_of(node: Node) -> bool | None:
    """True for yes or true, False for no or false (in any case), None for anything else."""
    return {"yes": True, "true": True, "no": False, "false": False}.get(node.text.strip().casefold())


def plain_data(node: Node) -> Any:
    """The node as JSON data, scalars without quotes by YAML 1.2's core schema (`yes` is a text, `true` is not)."""
    if node.items is not None:
        return [plain_data(item) for item in node.items]
    if node.entries is not None:
        return {key.text: plain_data(value) for key, value in node.entries}
    return _plain_scalar(node) if node.plain else node.text


def _plain_scalar(node: Node) -> Any:
    if node.is_empty:
        return None
    if node.text in {"true", "false"}:
        return node.text == "true"
    if _NUMBER.fullmatch(node.text):
        value = number_of(node)
        whole = _INTEGER.fullmatch(node.text) and len(node.text) < MAX_DIGITS
        return int(node.text) if whole else value
    return node.text


def texts(node: Node) -> Any:
    """The node as lists, dictionaries and text; None for an empty scalar."""
    if node.items is not None:
        return [texts(item) for item in node.items]
    if node.entries is not None:
        return {key.text: texts(value) for key, value in node.entries}
    return None if node.is_empty else node.text


def nearest(word: str, options: Iterable[str]) -> str:
    """The option that `word` was probably meant to be, or ""."""
    folded = {option.casefold(): option for option in options}
    close = difflib.get_close_matches(word.strip().casefold(), folded, 1, 0.6)
    return folded[close[0]] if close else ""


def did_you_mean(word: str, options: Iterable[str], what: str) -> str:
    """Advice after a wrong word: the nearest option, or all of them. `what` is what they are, in the plural."""
    options = list(options)
    close = nearest(word, options)
    return f"Did you mean {close!r}?" if close else f"The {what} are {', '.join(options)}."


def shorten(text: str, limit: int = 40) -> str:
    """`text` on one line, cut to `limit` characters with a mark."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
