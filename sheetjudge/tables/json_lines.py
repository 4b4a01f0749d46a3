"""Write objects as JSON Lines, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sheetjudge.tables.guard import whole_text
from sheetjudge.tables.whole_file import STANDARD_OUTPUT, write_whole

__all__ = ["STANDARD_OUTPUT", "write_json_lines"]


def write_json_lines(place: str, items: Iterable[Mapping[str, Any]]) -> None:
    """One object a line, in UTF-8. The file is there when all of it is.

    Args:
        place: path of the file, or `-` for standard output.
        items: what to write; numbers have to be finite.

    Raises:
        TableError: the file can't be written.
    """
    write_whole(place, map(_line, items))


def _line(item: Mapping[str, Any]) -> str:
    return whole_text(json.dumps(item, ensure_ascii=False, allow_nan=False)) + "\n"
