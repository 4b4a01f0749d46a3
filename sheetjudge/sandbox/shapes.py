"""Checks the shape of a request's JSON as Google does: unknown members and values of the wrong type are refused.

`messages.json` holds the members of each message and their types, made from Google's discovery document.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from sheetjudge.sandbox.problems import ApiError, Json

Kind = Any
"""A type in `messages.json`: a message's name, a plain type, `enum A B`, a list of one kind, or a map `{"*": kind}`."""

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

    Args:
        value: the JSON as it came.
        message: the name of the message that it should be.
        prefix: how the body is called in the sentences about it, where it is one part of a request.

    Raises:
        ApiError: 400, with a sentence for each mistake.
    """
    found: list[tuple[str, str]] = []
    result: Json = _message(value, message, prefix, found)
    if not found:
        return result
    violations = [{"field": field, "description": said} if field else {"description": said} for field, said in found]
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}]
    raise ApiError(400, "\n".join(said for _, said in found), details)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def _unknown(name: str, path: str, why: str) -> tuple[str, str]:
    where = f" at '{path}'" if path else ""
    return path, f'Invalid JSON payload received. Unknown name "{name}"{where}: {why}'


def _message(value: Any, message: str, path: str, found: list[tuple[str, str]]) -> Any:
    members = _messages()[message]
    if not isinstance(value, dict):
        found.append(_wrong(path, _TYPES + message, value))
        return {}
    result = {}
    for given, part in value.items():
        name = given if given in members else _camel(given)
        if name not in members:
            found.append(_unknown(given, path, "Cannot find field."))
        elif part is not None:
            result[name] = _member(part, members[name], path, name, found)
    return result


def _member(part: Any, kind: Kind, path: str, name: str, found: list[tuple[str, str]]) -> Any:
    where = f"{path}.{_snake(name)}" if path else _snake(name)
    if kind in ("any", [["any"]]):
        return part
    if isinstance(kind, list):
        if not isinstance(part, list):
            return [_value(part, kind[0], where, name, found)]
        return [_value(item, kind[0], f"{where}[{at}]", name, found) for at, item in enumerate(part)]
    if isinstance(part, list):
        found.append(_unknown(_snake(name), path, "Proto field is not repeating, cannot start list."))
        return None
    return (
        _map(part, kind["*"], where, name, found) if isinstance(kind, dict) else _value(part, kind, where, name, found)
    )


def _map(part: Any, kind: Kind, path: str, name: str, found: list[tuple[str, str]]) -> Any:
    if not isinstance(part, dict):
        found.append(_wrong(path, "map", part))
        return {}
    return {key: _value(item, kind, f"{path}[{key}]", name, found) for key, item in part.items()}


def _value(value: Any, kind: Kind, path: str, name: str, found: list[tuple[str, str]]) -> Any:
    if kind in _messages():
        return _message(value, kind, path, found)
    if kind not in _PLAIN and not str(kind).startswith("enum "):
        return value
    if isinstance(value, dict):
        found.append(
            (path, f"Invalid value at '{path}' ({_type_name(kind, name)}), Starting an object on a scalar field")
        )
        return None
    right, result = _plain(value, kind)
    if not right:
        found.append(_wrong(path, _type_name(kind, name), value))
    return result


def _type_name(kind: str, name: str) -> str:
    enum = "Dimension" if name.endswith("imension") else name[:1].upper() + name[1:]
    return _PLAIN.get(kind, _TYPES + enum)


def _wrong(path: str, type_name: str, value: Any) -> tuple[str, str]:
    return path, f"Invalid value at '{path}' ({type_name}), {json.dumps(value, ensure_ascii=False)}"


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
