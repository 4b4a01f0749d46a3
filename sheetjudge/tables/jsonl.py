"""JSON Lines as a table: a column for each key, numbers as they stand in the file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from sheetjudge.errors import TableError
from sheetjudge.tables.encoding import Encoding, find_encoding
from sheetjudge.tables.file_table import FileTable, Record, survey
from sheetjudge.tables.guard import whole_text

_DEEPEST = 100


class RawNumber(str):
    """A number as it is written in the file: `1.10` and `1e5` stay so."""

    __slots__ = ()


def open_jsonl(path: str, name: str, *, encoding: str | None, keep: Any = None) -> FileTable:
    """The table in a JSON Lines file: one object a line, blank lines left out.

    Columns are the keys of all objects in the order in which they first appear. A missing key and null are
    "", true and false are themselves, an array or object is its JSON text.

    Raises:
        TableError: a line that is no JSON object, with its number; no objects at all.
    """
    with Path(path).open("rb") as file:
        found = find_encoding(file, name, encoding)
    keys: dict[str, None] = {}
    for item in objects(path, name, found):
        keys.update(dict.fromkeys(item))
    if not keys:
        raise TableError(f"{name} holds no rows.", "It needs one JSON object a line.")
    header = list(keys)

    def records() -> Iterator[Record]:
        for item in objects(path, name, found):
            yield [cell_text(item.get(key)) for key in header]

    return survey(
        path=path,
        name=name,
        header=header,
        records=records,
        first_number=1,
        file_format="jsonl",
        is_blank=lambda _record: False,
        notes=[found.note] if found.note else [],
        layout=JsonlLayout(name, found, tuple(header)),
        keep=keep,
    )


class JsonlLayout:
    """How to read the objects of the file again.

    Attributes:
        keys: of all objects, in the order of the columns.
    """

    def __init__(self, name: str, encoding: Encoding, keys: tuple[str, ...]) -> None:
        self._name = name
        self._encoding = encoding
        self.keys = keys

    def objects(self, path: str, *, leave_out: frozenset[int]) -> Iterator[dict[str, Any]]:
        """The objects in order without the keys of the columns `leave_out`, numbers as RawNumber."""
        unwanted = {self.keys[index] for index in leave_out}
        for item in objects(path, self._name, self._encoding):
            yield {key: value for key, value in item.items() if key not in unwanted} if unwanted else item


def objects(path: str, name: str, encoding: Encoding) -> Iterator[dict[str, Any]]:
    """The objects in the file, in order, numbers as RawNumber."""
    with Path(path).open("rb") as file:
        for number, line in enumerate(_lines(file, encoding), start=1):
            if not line.strip():
                continue
            item = _parse(line.rstrip("\r\n"), name, number)
            if not isinstance(item, dict):
                what = "an array" if isinstance(item, list) else "a single value"
                advice = "Each line must be one object in braces; jq -c '.[]' turns an array of objects into lines."
                raise TableError(f"{name}, line {number}: {what}, not an object.", advice)
            yield item


def cell_text(value: Any) -> str:
    """A parsed value as the text of a cell."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)


def json_text(value: Any) -> str:
    """A parsed value as JSON again, numbers as they were written.

    >>> json_text({"a": [RawNumber("1.10"), "x", None]})
    '{"a": [1.10, "x", null]}'
    """
    if isinstance(value, RawNumber):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json_text(key)}: {json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _lines(file: BinaryIO, encoding: Encoding) -> Iterator[str]:
    file.seek(len(encoding.mark))
    # JSON text may hold U+2028 and others that str.splitlines takes for line ends; the file's own lines end in \n.
    yield from io.TextIOWrapper(file, encoding.name, newline="\n")


def _parse(line: str, name: str, number: int) -> Any:
    try:
        item = json.loads(line, parse_float=RawNumber, parse_int=RawNumber, parse_constant=RawNumber)
    except (ValueError, RecursionError) as error:
        where = f", column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        why = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        advice = "Each line must be one JSON object."
        if number == 1 and line.strip()[-1:] in {"[", "{", ","}:
            advice += " jq -c . makes lines of objects that are spread over several, jq -c '.[]' of an array of them."
        raise TableError(f"{name}, line {number}{where}: {why}.", advice) from error
    if line.count("[") + line.count("{") > _DEEPEST and _depth(item) > _DEEPEST:
        raise TableError(f"{name}, line {number}: values are nested more than {_DEEPEST} deep.", "Take them apart.")
    return _whole(item) if "\\u" in line else item


def _depth(value: Any) -> int:
    """How many arrays and objects lie in each other, at the most."""
    depth, level = 0, [value]
    while level := [inner for inner in level if isinstance(inner, list | dict)]:
        depth += 1
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
    return depth


def _whole(value: Any) -> Any:
    """`value` with `whole_text` done to every text in it."""
    if isinstance(value, RawNumber):
        return value
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value
