"""Write objects as JSON Lines, whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sheetjudge.errors import TableError
from sheetjudge.tables.guard import whole_text

STANDARD_OUTPUT = "-"


def write_json_lines(place: str, items: Iterable[Mapping[str, Any]]) -> None:
    """One object a line, in UTF-8. The file is there when all of it is.

    Args:
        place: path of the file, or `-` for standard output.
        items: what to write; numbers have to be finite.

    Raises:
        TableError: the file can't be written.
    """
    if place == STANDARD_OUTPUT:
        for item in items:
            sys.stdout.write(_line(item))
        sys.stdout.flush()
        return
    path = Path(place)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.absolute().parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(map(_line, items))
            mask = os.umask(0)
            os.umask(mask)
            Path(temporary).chmod(0o666 & ~mask)
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise TableError(f"{place} can't be written: {error.strerror or error}.", "Name another place.") from error


def _line(item: Mapping[str, Any]) -> str:
    return whole_text(json.dumps(item, ensure_ascii=False, allow_nan=False)) + "\n"
