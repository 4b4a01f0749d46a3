"""What a criterion may be called: its id heads a column and names a property of the judge's reply."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sheetjudge.core.yaml_nodes import Node, Wrong, text_of

MANAGED_NAMES = ("Score", "Why", "Status", "Rank", "Tier", "Keep", "Winner", "Margin", "sheetjudge")
"""Headers that sheetjudge writes itself, so that no criterion may be called so."""

LONGEST_ID = 40
_LONGEST_MADE = 32
_MOST_WORDS = 4

_FILLERS = frozenset(re.findall(r"\w+", """
    a all an and answer any are as at be been by can check could did do does each every for from has have how i if
    in into is it item items its not of on one or our please response row rows should so some text than that the
    their them there these they this those to was we were what when where whether which who why will with would you
    your
"""))  # fmt: skip
"""Words that open a question, or carry none of its meaning."""


def read_id(node: Node) -> str:
    """A criterion's id.

    Raises:
        Wrong: it can't head a column of its own.
    """
    name = text_of(node)
    if name.casefold() in {managed.casefold() for managed in MANAGED_NAMES}:
        what = f"{node.path} is {name!r}, a column that sheetjudge writes itself."
        raise Wrong(node, what, f"Choose another than {', '.join(MANAGED_NAMES)}.")
    if len(name) > LONGEST_ID or not all(_in_word(c) or c == "-" for c in name) or not name[0].isalnum():
        what = f"{node.path} is {name!r}."
        raise Wrong(node, what, f"An id has letters, digits, - and _, {LONGEST_ID} at most.")
    return name


def unused_id(words: str, taken: Iterable[str]) -> str:
    """A short id made of the words that matter most, unlike any of `taken` and of the managed columns.

    >>> unused_id("Does it state one clear research question?", ())
    'state-clear-research-question'
    """
    text = unicodedata.normalize("NFC", words.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")).lower()
    plain = [word for word in "".join(c if _in_word(c) else " " for c in text).split() if word[0].isalnum()]
    chosen: list[str] = []
    for word in [w for w in plain if w not in _FILLERS] or plain or ["criterion"]:
        if chosen and (len(chosen) == _MOST_WORDS or len("-".join([*chosen, word])) > _LONGEST_MADE):
            break
        chosen.append(word[:_LONGEST_MADE])
    base = "-".join(chosen)
    unavailable = {name.casefold() for name in (*taken, *MANAGED_NAMES)}
    candidate, n = base, 1
    while candidate.casefold() in unavailable:
        n += 1
        candidate = f"{base}-{n}"
    return candidate


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_" or unicodedata.category(char).startswith("M")
