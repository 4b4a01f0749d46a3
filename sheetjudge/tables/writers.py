"""A writer for each format of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from sheetjudge.core.table import CellValue, Table
from sheetjudge.tables.file_table import FileTable


class Writer(Protocol):
    """Writes one format. Rows come in order, each with the cells that are kept and the new values."""

    def write(self, cells: Sequence[str], values: Sequence[CellValue], number: int) -> None:
        """One data row; `number` is the row's in the source."""
        ...

    def finish(self) -> None:
        """After the last row: make the file whole."""
        ...

    def discard(self) -> None:
        """The file will be removed: let go of it, whatever state it is in."""
        ...


def make_writer(chosen: str, source: Table, replaced: frozenset[int], path: str, new: Sequence[str]) -> Writer:
    """The writer of a format, which keeps what a source of the same format holds beyond text.

    Args:
        chosen: one of FORMATS.
        replaced: indexes of the source's columns that are left out.
        path: the file to write, which exists.
        new: headers of the results.
    """
    file = source if isinstance(source, FileTable) else None
    layout = file.layout if file else None
    columns = [column for column in source.columns if column.index not in replaced]
    kept = [column.header for column in columns]
    if chosen == "xlsx":
        return _xlsx_writer(source, replaced, path, kept, new)
    if chosen == "jsonl":
        from sheetjudge.tables.jsonl import JsonlLayout
        from sheetjudge.tables.jsonl_writer import JsonlWriter

        if file and isinstance(layout, JsonlLayout):
            return JsonlWriter(path, kept, new, layout.objects(file.path, leave_out=replaced))
        return JsonlWriter(path, kept, new)
    if chosen == "parquet":
        from sheetjudge.tables.parquet import ParquetLayout
        from sheetjudge.tables.parquet_writer import ParquetWriter

        original = (file.path, [c.index for c in columns]) if file and isinstance(layout, ParquetLayout) else None
        return ParquetWriter(path, kept, new, original)
    from sheetjudge.tables.delimited import DelimitedLayout
    from sheetjudge.tables.delimited_writer import DelimitedWriter

    if not isinstance(layout, DelimitedLayout):
        layout = DelimitedLayout()
    if chosen == "tsv":
        layout = replace(layout, delimiter="\t", sep_line=False)
    elif layout.delimiter == "\t" and file and file.path.lower().endswith((".tsv", ".tab")):
        layout = replace(layout, delimiter=",")
    return DelimitedWriter(path, kept, new, layout)


def _xlsx_writer(source: Table, replaced: frozenset[int], path: str, kept: Sequence[str], new: Sequence[str]) -> Writer:
    from sheetjudge.tables.xlsx import XlsxLayout

    if isinstance(source, FileTable) and isinstance(source.layout, XlsxLayout):
        from sheetjudge.tables.xlsx_splice import SpliceWriter

        tab, header_row = source.layout.tab, source.layout.header_row
        width = len(source.columns)
        return SpliceWriter(
            path, new, source=source.path, tab=tab, header_row=header_row, width=width, replaced=replaced
        )
    from sheetjudge.tables.xlsx_text import check_limits
    from sheetjudge.tables.xlsx_writer import XlsxWriter

    check_limits(source, len(new), path)
    return XlsxWriter(path, kept, new, "Scored", source.row_count)
