"""The sections of a number format: for positive and negative numbers, zero and text, or each for what it says.

See https://developers.google.com/workspace/sheets/api/guides/formats.
"""

from __future__ import annotations

import operator
import re
from functools import lru_cache

_PART = re.compile(r'"[^"]*"?|\\.?|\[[^\]]*\]?|;|[^;"\\\[]+', re.DOTALL)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)\]")
_HOLDS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_OF_TEXT = 3


@lru_cache(maxsize=256)
def sections(pattern: str) -> tuple[str, ...]:
    """A pattern's sections: what stands between semicolons that are neither quoted nor escaped."""
    found = [""]
    for match in _PART.finditer(pattern):
        if match[0] == ";":
            found.append("")
        else:
            found[-1] += match[0]
    return tuple(found)


def section_for(value: float, pattern: str) -> tuple[str, bool]:
    """The section that shows a number, and whether a minus goes before what it makes of the magnitude."""
    found = sections(pattern)[:_OF_TEXT]
    if len(found) == 1:
        return found[0], value < 0
    conditions = [_CONDITION.search(section) for section in found]
    if any(conditions):
        for section, condition in zip(found, conditions, strict=True):
            if condition is None or _HOLDS[condition[1]](value, float(condition[2])):
                return section, value < 0
        return found[-1], value < 0
    if value < 0 and len(found) > 1:
        return found[1], False
    if value == 0 and len(found) == _OF_TEXT:
        return found[2], False
    return found[0], value < 0


def section_for_text(pattern: str) -> str:
    """The section that shows a text, in which `@` stands for it: the fourth, or an only one that has such a place."""
    found = sections(pattern)
    if len(found) > _OF_TEXT:
        return found[_OF_TEXT]
    return found[0] if len(found) == 1 and "@" in found[0] else "@"
