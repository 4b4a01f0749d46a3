"""Changes of a row that add nothing to its merit, to see whether a judge gives more or less for them.

Length, and manner without content, are what judges are known to be moved by (Zheng et al., Judging LLM-as-a-Judge,
2023; Ye et al., Justice or Prejudice, 2024).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sheetjudge.judging.protocol import Item

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
    """

    id: str
    name: str

    def on(self, item: Item, _number: int = 0) -> Item | None:
        """The row, changed; None where it has nothing to change."""
        if self.id == "length":
            at = max(range(len(item.fields)), key=lambda n: len(item.fields[n][1]))
            return _with(item, {at: _padded(item.fields[at][1])})
        words = _TO_HER if self.id == "women" else _TO_HIM
        pattern = re.compile(rf"\b(?:{'|'.join(words)})\b")
        texts = {n: pattern.sub(lambda m: words[m[0]], text) for n, (_, text) in enumerate(item.fields)}
        changed = _with(item, texts)
        return None if changed == item else changed


BIASES = (
    Bias("length", "Half as long again, without content"),
    Bias("women", "Men's names and words made women's"),
    Bias("men", "Women's names and words made men's"),
)


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


def _with(item: Item, texts: Mapping[int, str]) -> Item:
    return replace(item, fields=tuple((name, texts.get(n, text)) for n, (name, text) in enumerate(item.fields)))
