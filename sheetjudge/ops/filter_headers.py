"""What the columns of a filter's results are called: those of a second filter stand beside those of the first.

`Keep` doesn't say by which words. The journal does: it remembers which words the columns of a place were written by.
Where it doesn't know them (on another machine, say), they are taken for the same filter's, and written anew.
"""

from __future__ import annotations

from pathlib import Path

from sheetjudge.core.table import Table
from sheetjudge.ops.filter_job import FilterJob
from sheetjudge.ops.filter_rows import HEADERS
from sheetjudge.ops.row_values import own_headers, prefixed
from sheetjudge.tables.json_lines import STANDARD_OUTPUT

_FACT = "filters"


def headers(job: FilterJob) -> tuple[str, ...]:
    """The headers of the columns that a filter writes."""
    earlier = job.table.results
    names, beside = own_headers(HEADERS, job.rubric, earlier), prefixed(HEADERS, job.rubric)
    if names != HEADERS or "Keep" not in earlier:
        return names
    by = (job.bench.journal.fact(_FACT) or {}).get(_place_of(job.table))
    return beside if by not in (None, job.rubric.version) or set(beside) <= set(earlier) else names


def remember(job: FilterJob, names: tuple[str, ...]) -> None:
    """Note by which words the columns without a prefix were written."""
    if job.out == STANDARD_OUTPUT or (job.out is None and not job.in_place):
        return
    place = _place_of(job.table) if job.out is None else str(Path(job.out).resolve())
    known = (job.bench.journal.fact(_FACT) or {}).get(_place_of(job.table))
    by = job.rubric.version if names == HEADERS else known
    if by is not None:
        job.bench.journal.add_to_fact(_FACT, {place: by})


def _place_of(table: Table) -> str:
    from sheetjudge.tables.file_table import FileTable
    from sheetjudge.tables.sheet_table import SheetTable

    if isinstance(table, SheetTable):
        return f"{table.address.host}#{table.address.spreadsheet}#{table.layout.sheet_id}"
    return str(Path(table.path).resolve()) if isinstance(table, FileTable) else table.name
