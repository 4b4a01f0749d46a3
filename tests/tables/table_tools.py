"""What several tests of tables need."""

from __future__ import annotations

import io
from pathlib import Path

from sheetjudge.tables.files import open_table
from sheetjudge.tables.output import open_target

RESULTS = ("Score", "clarity", "Why", "Status")


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(content: str | bytes, **options):
    """The table in a file with this content, given on standard input."""
    data = content.encode() if isinstance(content, str) else content
    return open_table("-", stdin=io.BytesIO(data), **options)


def cells(table):
    return [row.cells for row in table.rows()]


def headers(table):
    return [column.header for column in table.columns]


def names(table):
    return [column.name for column in table.columns]


def score(table, place, values=(4.5, 5, "Clear.", "ok"), new=RESULTS, **options):
    """Write `table` with the same results in every row."""
    target = open_target(place, table, **options)
    target.open(new)
    for row in table.rows():
        target.put(row, values)
    target.close()
    return target
