"""Checks the shape of a request's JSON as Google does: unknown members and values of the wrong type are refused.

`messages.json` holds the members of each message and the parameters of each method with their types, made from
Google's discovery document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from sheetjudge.sandbox.masks import Mask
from sheetjudge.sandbox.problems import ApiError, Json, bad_request

Kind = Any
"""A type in `messages.json`: a message's name, a plain type, `enum A B`, a list of one kind, or a map `{"*": kind}`."""

Path = tuple[Any, str | int] | None
"""Where in the JSON: the way so far and one more step; written out only where something is wrong there."""

_PLAIN = {"integer": "TYPE_INT32", "number": "TYPE_DOUBLE", "boolean": "TYPE_BOOL", "string": "TYPE_STRING"}
_INT32 = 2**31
_TYPES = "type.googleapis.com/google.apps.sheets.v4."


@cache
def _messages() -> dict[str, dict[str, Kind]]:
    text = files("sheetjudge.sandbox").joinpath("messages.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Kind]] = json.loads(text)
    return found


def checked(value: Json, message: str, prefix: str = "") -> Json:
    """A request's JSON as its handler wants it: members in camel case, whole numbers as such, nulls left out.

    Lists without items are left out, too: to Google they are no different from lists that aren't there.

    Args:
        value: the JSON as it came.
        message: the name of the message that it should be.
        prefix: how the body is called in the sentences about it, where it is one part of a request.

    Raises:
        ApiError: 400, with a sentence for each mistake.
    """
    check = _Check()
    result: Json = check.message(value, message, (None, prefix) if prefix else None)
    if not check.found:
        return result
    violations = [
        {"field": field, "description": said} if field else {"description": said} for field, said in check.found
    ]
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}]
    raise ApiError(400, "\n".join(said for _, said in check.found), details)


def check_mask(mask: Mask, message: str, path: str = "") -> None:
    """Refuse a field mask that names what its message doesn't have.

    Raises:
        ApiError: 400, with the name.
    """
    members = _messages().get(message, {})
    for name, branch in mask.items():
        if name == "*":
            continue
        where = f"{path}.{_snake(name)}" if path else _snake(name)
        if name not in members:
            raise bad_request(f"Invalid field: {where}")
        kind = members[name]
        if branch:
            check_mask(branch, kind[0] if isinstance(kind, list) else str(kind), where)


def check_query(query: Iterable[str], method: str) -> None:
    """Refuse parameters that a method doesn't have.

    Raises:
        ApiError: 400, with a sentence for each.
    """
    known = _messages()[method]
    found = [
        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
        f"Field '{name}' could not be found in request message."
        for name in query
        if name not in known
    ]
    if found:
        violations = [{"description": said} for said in found]
        details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}]
        raise ApiError(400, "\n".join(found), details)


def check_selection(mask: Mask, message: str, text: str) -> None:
    """Refuse a method's `fields` that select what its answer doesn't have.

    Raises:
        ApiError: 400; the name stands in the details only.
    """
    path = _unknown_path(mask, message)
    if path:
        said = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
        violation = {"field": text, "description": said}
        details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
        raise ApiError(400, "Request contains an invalid argument.", details)


def _unknown_path(mask: Mask, kind: Kind) -> str:
    """The first path of a mask that a kind of value doesn't have; none where it has them all."""
    while isinstance(kind, list):
        kind = kind[0]
    members = _messages().get(kind, {}) if isinstance(kind, str) else {}
    for name, branch in mask.items():
        if name == "*" or kind == "any":
            continue
        part = kind.get("*") if isinstance(kind, dict) else members.get(name)
        if part is None:
            return name
        inner = _unknown_path(branch, part)
        if inner:
            return f"{name}.{inner}"
    return ""


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def _written(path: Path) -> str:
    if path is None:
        return ""
    before, step = _written(path[0]), path[1]
    if isinstance(step, int):
        return f"{before}[{step}]"
    return f"{before}.{_snake(step)}" if before else _snake(step)


class _Check:
    """One walk through a request's JSON, and the mistakes found: the field's path and the sentence about it."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.messages = _messages()

    def unknown(self, name: str, path: Path, why: str) -> None:
        field = _written(path)
        where = f" at '{field}'" if field else ""
        self.found.append((field, f'Invalid JSON payload received. Unknown name "{name}"{where}: {why}'))

    def wrong(self, path: Path, type_name: str, value: str) -> None:
        field = _written(path)
        self.found.append((field, f"Invalid value at '{field}' ({type_name}), {value}"))

    def message(self, value: Any, message: str, path: Path) -> Any:
        members = self.messages[message]
        if not isinstance(value, dict):
            self.wrong(path, _TYPES + message, json.dumps(value, ensure_ascii=False))
            return {}
        result = {}
        for given, part in value.items():
            name = given if given in members else _camel(given)
            if name not in members:
                self.unknown(given, path, "Cannot find field.")
            elif part is not None and (found := self.member(part, members[name], path, name)) != []:
                result[name] = found
        return result

    def member(self, part: Any, kind: Kind, path: Path, name: str) -> Any:
        where = (path, name)
        if kind in ("any", [["any"]]):
            return part
        if isinstance(kind, list):
            if not isinstance(part, list):
                return [self.value(part, kind[0], where, name)]
            items = _flat(part) if kind[0] in self.messages else part
            return [self.value(item, kind[0], (where, at), name) for at, item in enumerate(items)]
        if isinstance(part, list):
            self.unknown(_snake(name), path, "Proto field is not repeating, cannot start list.")
            return None
        return self.map(part, kind["*"], where, name) if isinstance(kind, dict) else self.value(part, kind, where, name)

    def map(self, part: Any, kind: Kind, path: Path, name: str) -> Any:
        if not isinstance(part, dict):
            self.wrong(path, "map", json.dumps(part, ensure_ascii=False))
            return {}
        return {key: self.value(item, kind, (path, key), name) for key, item in part.items()}

    def value(self, value: Any, kind: Kind, path: Path, name: str) -> Any:
        if kind in self.messages:
            return self.message(value, kind, path)
        if kind == "string" and isinstance(value, str):
            return value
        if kind not in _PLAIN and not str(kind).startswith("enum "):
            return value
        if isinstance(value, dict):
            self.wrong(path, _type_name(kind, name), "Starting an object on a scalar field")
            return None
        right, result = _plain(value, kind)
        if not right:
            self.wrong(path, _type_name(kind, name), json.dumps(value, ensure_ascii=False))
        return result


def _flat(items: list[Any]) -> Iterator[Any]:
    """The items of a list of messages, in which lists within it count as their items."""
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _type_name(kind: str, name: str) -> str:
    enum = "Dimension" if name.endswith("imension") else name[:1].upper() + name[1:]
    return _PLAIN.get(kind, _TYPES + enum)


def _plain(value: Any, kind: str) -> tuple[bool, Any]:
    """Whether a value fits a plain type, and how it is kept."""
    if kind in ("boolean", "string"):
        return isinstance(value, bool if kind == "boolean" else str), value
    if kind.startswith("enum "):
        return value in kind.split()[1:], value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False, value
    try:
        number = float(value)
        whole = int(number)
    except (ValueError, OverflowError):
        return False, value
    if kind == "integer":
        return number == whole and abs(whole) < _INT32, whole
    return True, number if isinstance(value, str) else value
