"""Write a CSV or TSV file the way the source was written."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from sheetjudge.core.table import CellValue
from sheetjudge.tables.delimited import DelimitedLayout
from sheetjudge.tables.guard import as_text

_CRLF = "\r\n"


class DelimitedWriter:
    """Writes UTF-8, with a byte order mark where the layout says so.

    Args:
        path: an existing file, overwritten.
        kept: headers of the source's columns.
        new: headers of the results.
        layout: delimiter, line end, and what stands above the headers.

    Raises:
        OSError: as writing does.
    """

    def __init__(self, path: str, kept: Sequence[str], new: Sequence[str], layout: DelimitedLayout) -> None:
        self._file = Path(path).open("w", encoding="utf-8-sig" if layout.mark else "utf-8", newline="")  # noqa: SIM115
        if layout.sep_line:
            self._file.write(f"sep={layout.delimiter}{layout.newline}")
        self._csv = csv.writer(_Lines(self._file, layout.newline), delimiter=layout.delimiter, lineterminator=_CRLF)
        self._csv.writerows(layout.preamble)
        self._csv.writerow([*kept, *new])
        self._file.flush()

    def write(self, cells: Sequence[str], values: Sequence[CellValue], number: int) -> None:  # noqa: ARG002
        """One row; text of a result that could be taken for a formula gets an apostrophe in front."""
        self._csv.writerow([*cells, *map(as_text, values)])

    def finish(self) -> None:
        """Write what is buffered and close."""
        self._file.close()

    def discard(self) -> None:
        """Close."""
        self._file.close()


class _Lines:
    """Gives each record the line end that is wanted.

    The csv module quotes a line break inside a cell only where it is part of the record's own end, so it is
    told that a record ends in both.
    """

    def __init__(self, file: TextIO, newline: str) -> None:
        self._file = file
        self._newline = newline

    def write(self, record: str) -> int:
        """One record with its end."""
        return self._file.write(record.removesuffix(_CRLF) + self._newline)
