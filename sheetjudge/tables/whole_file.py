"""Write a text file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sheetjudge.errors import TableError

STANDARD_OUTPUT = "-"


def write_whole(place: str, texts: Iterable[str]) -> None:
    """Write texts one after the other, in UTF-8. The file is there when all of it is.

    Args:
        place: path of the file, or `-` for standard output.
        texts: what to write, as it stands.

    Raises:
        TableError: the file can't be written.
    """
    if place == STANDARD_OUTPUT:
        try:
            sys.stdout.writelines(texts)
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise TableError("The program that reads standard output has closed it.") from error
        except OSError as error:
            raise TableError(
                f"Standard output can't be written: {error.strerror or error}.", "Name a file, or make room."
            ) from error
        return
    path = Path(place)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.absolute().parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(texts)
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
