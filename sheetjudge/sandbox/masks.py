"""Field masks: which parts of an answer a caller wants, and which parts of a thing an update changes."""

from __future__ import annotations

import re
from typing import Any

from sheetjudge.sandbox.problems import Json, bad_request

Mask = dict[str, "Mask"]

_SNAKE = re.compile(r"_([a-z0-9])")
_TOKEN = re.compile(r"\s*([A-Za-z0-9_]+|\*|[(),./])")


def parse_mask(text: str) -> Mask:
    """The tree of a mask such as `sheets(properties(title),data.rowData.values/note)`; an empty subtree takes all.

    Raises:
        ApiError: 400, for text that is no mask.
    """
    tokens = _tokens(text)
    mask, rest = _alternatives(tokens, text)
    if rest:
        raise _invalid(text)
    return mask


def _tokens(text: str) -> list[str]:
    tokens = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _invalid(text)
        tokens.append(match.group(1))
        at = match.end()
    if not tokens:
        raise _invalid(text)
    return tokens


def _invalid(text: str) -> Exception:
    return bad_request(f"Invalid field selection {text}")


def _alternatives(tokens: list[str], text: str) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        tokens = _path(tokens, mask, text)
        if not tokens or tokens[0] != ",":
            return mask, tokens
        tokens = tokens[1:]


def _path(tokens: list[str], into: Mask, text: str) -> list[str]:
    if not tokens or tokens[0] in "(),./":
        raise _invalid(text)
    name = _SNAKE.sub(lambda match: match[1].upper(), tokens[0])
    known = name in into
    branch = into.setdefault(name, {})
    whole = known and not branch
    tokens = tokens[1:]
    if tokens and tokens[0] in "./":
        rest = _path(tokens[1:], branch, text)
    elif tokens and tokens[0] == "(":
        inner, rest = _alternatives(tokens[1:], text)
        if not rest or rest[0] != ")":
            raise _invalid(text)
        rest = rest[1:]
        _merge(branch, inner)
    else:
        branch.clear()
        return tokens
    if whole:
        branch.clear()
    return rest


def _merge(into: Mask, more: Mask) -> None:
    for name, branch in more.items():
        _merge(into.setdefault(name, {}), branch)


def project(value: Any, mask: Mask) -> Any:
    """The part of an answer that the mask takes; objects stay, empty, where nothing in them is taken."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [project(item, mask) for item in value]
    if isinstance(value, dict):
        return {name: project(part, mask[name]) for name, part in value.items() if name in mask}
    return value


def wants(mask: Mask, *path: str) -> bool:
    """Whether the mask takes anything at this path."""
    for name in path:
        if not mask or "*" in mask:
            return True
        if name not in mask:
            return False
        mask = mask[name]
    return True


def merge_masked(old: Json, new: Json, mask: Mask) -> Json:
    """`old` with the parts that the mask names taken from `new`; what `new` lacks is cleared.

    A name whose mask is a whole replaces the whole value, as Google does for messages named in a field mask.
    """
    if not mask or "*" in mask:
        return dict(new)
    result = dict(old)
    for name, branch in mask.items():
        if branch:
            inner = merge_masked(_dict(result.get(name)), _dict(new.get(name)), branch)
            if inner:
                result[name] = inner
            else:
                result.pop(name, None)
        elif name in new:
            result[name] = new[name]
        else:
            result.pop(name, None)
    return result


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
