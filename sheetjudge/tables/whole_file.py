"""Write a text file whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from sheetjudge.errors import TableError
from sheetjudge.tables.beside import Beside

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
        with Beside(path.name, path.absolute().parent) as beside:
            with os.fdopen(beside.handle, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(texts)
            beside.take(path)
    except OSError as error:
        raise TableError(f"{place} can't be written: {error.strerror or error}.", "Name another place.") from error
