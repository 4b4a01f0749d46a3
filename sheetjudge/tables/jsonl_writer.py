"""Write JSON Lines: the source's own objects where it has them, with the results as further keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sheetjudge.core.table import CellValue, name_columns
from sheetjudge.tables.jsonl import json_text


class JsonlWriter:
    """One object a line, in UTF-8. Columns without a header, or with one that is taken, get a name of their own.

    Args:
        path: an existing file, overwritten.
        kept: headers of the source's columns.
        new: headers of the results.
        originals: the source's objects in order, without what an earlier run added; None to write the cells as text.

    Raises:
        OSError: as writing does.
    """

    def __init__(
        self, path: str, kept: Sequence[str], new: Sequence[str], originals: Iterator[dict[str, Any]] | None = None
    ) -> None:
        names = [column.name for column in name_columns([*kept, *new], 0)]
        self._kept, self._new = names[: len(kept)], names[len(kept) :]
        self._originals = originals
        self._file = Path(path).open("w", encoding="utf-8", newline="\n")  # noqa: SIM115

    def write(self, cells: Sequence[str], values: Sequence[CellValue], number: int) -> None:  # noqa: ARG002
        """One row."""
        item = dict(zip(self._kept, cells, strict=True)) if self._originals is None else next(self._originals)
        results = dict(zip(self._new, values, strict=True))
        written = [f"{json.dumps(key, ensure_ascii=False)}: {json_text(value)}" for key, value in item.items()]
        written += [
            f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(v, ensure_ascii=False)}" for key, v in results.items()
        ]
        self._file.write("{" + ", ".join(written) + "}\n")

    def finish(self) -> None:
        """Write what is buffered and close."""
        self._file.close()

    def discard(self) -> None:
        """Close."""
        self._file.close()
