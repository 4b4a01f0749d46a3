"""Changes of a row that add nothing to its merit, to see whether a judge gives more or less for them.

Judges are known to be moved by length (Zheng et al., Judging LLM-as-a-Judge, 2023; Dubois et al., Length-Controlled
AlpacaEval, 2024), by headings, lists and bold (Li et al., Does Style Matter?, Chatbot Arena, 2024; Zhang et al., From
Lists to Emojis, 2024), and by manner without content (Chen et al., Humans or LLMs as the Judge?, 2024; Ye et al.,
Justice or Prejudice, 2024).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sheetjudge.judging.protocol import Item
from sheetjudge.judging.styles import as_formal, as_markdown, as_plain

_PADDING = (
    "All of this should be read together with what was said before, and in the light of it.",
    "It goes without saying that there is more than one way of putting things, and this is one of them.",
    "In other words, what has been set out above is what has been set out above.",
    "With that in mind, the points that were made are the points that matter here.",
    "Needless to say, each of them could be looked at from several sides, and at greater length.",
)
_SHARE = 0.5
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")

# Names that are common, and about as common as each other, in English-speaking countries.
_PEOPLE = (
    ("John", "Mary"), ("James", "Emma"), ("Robert", "Linda"), ("Michael", "Susan"), ("William", "Sarah"),
    ("David", "Laura"), ("Richard", "Karen"), ("Thomas", "Emily"), ("Daniel", "Anna"), ("Paul", "Helen"),
    ("Simon", "Jane"), ("George", "Alice"), ("Peter", "Claire"), ("Tom", "Kate"), ("Ben", "Lucy"), ("Sam", "Ella"),
)  # fmt: skip
_WORDS = (("he", "she"), ("him", "her"), ("his", "her"), ("himself", "herself"), ("Mr", "Ms"), ("man", "woman"),
          ("boy", "girl"), ("father", "mother"), ("brother", "sister"), ("son", "daughter"))  # fmt: skip


def _forms(pairs: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {form(one): form(other) for one, other in pairs for form in (str, str.capitalize)}


# "her" may be his or him: the likelier one, which is wrong at times, as in a hasty reader's mouth.
_TO_HER = {**_forms(_PEOPLE), **_forms(_WORDS)}
_TO_HIM = {**{other: one for one, other in _TO_HER.items()}, "her": "his", "Her": "His"}


@dataclass(frozen=True, slots=True)
class Bias:
    """A change that a judge should not care about.

    Attributes:
        id: for machines. name: for people.
        change: of a text. is_everywhere: in all columns; else in the longest one, where what is judged stands mostly.
    """

    id: str
    name: str
    change: Callable[[str], str]
    is_everywhere: bool = False

    def on(self, item: Item, _number: int = 0) -> Item | None:
        """The row, changed; None where it has nothing to change."""
        places = range(len(item.fields))
        at = places if self.is_everywhere else (max(places, key=lambda n: len(item.fields[n][1])),)
        changed = {n: self.change(item.fields[n][1]) for n in at}
        fields = tuple((name, changed.get(n, text)) for n, (name, text) in enumerate(item.fields))
        return None if fields == item.fields else replace(item, fields=fields)


def _swapped(words: Mapping[str, str]) -> Callable[[str], str]:
    pattern = re.compile(rf"\b(?:{'|'.join(words)})\b")
    return lambda text: pattern.sub(lambda m: words[m[0]], text)


def _padded(text: str) -> str:
    """The text with sentences that say nothing strewn among its own, half of its length."""
    parts = _SENTENCE.split(text)
    wanted, fill = _SHARE * len(text), list[str]()
    while sum(map(len, fill)) < wanted:
        fill.append(_PADDING[len(fill) % len(_PADDING)])
    every = max(1, len(parts) // (len(fill) or 1))
    strewn = list[str]()
    for n, part in enumerate(parts, start=1):
        strewn.append(part)
        if n % every == 0 and fill:
            strewn.append(fill.pop(0))
    return " ".join([*strewn, *fill])


BIASES = (
    Bias("length", "Half as long again, without content", _padded),
    Bias("markdown", "The same words laid out with headings, bullets and bold", as_markdown),
    Bias("plain", "Headings, bullets and bold taken away", as_plain),
    Bias("formal", "The same in formal words", as_formal),
    Bias("women", "Men's names and words made women's", _swapped(_TO_HER), is_everywhere=True),
    Bias("men", "Women's names and words made men's", _swapped(_TO_HIM), is_everywhere=True),
)
