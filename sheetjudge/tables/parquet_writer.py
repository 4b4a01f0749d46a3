"""Write Parquet: the source's columns in their own types where it is Parquet too, as text elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sheetjudge.core.table import CellValue, name_columns
from sheetjudge.tables.guard import number_text
from sheetjudge.tables.parquet import BATCH_ROWS


class ParquetWriter:
    """Gathers the results and writes the file in `finish`, when the type of each result is known.

    A result is a column of numbers if all its values are, else of text.

    Args:
        path: an existing file, overwritten.
        kept: headers of the source's columns.
        new: headers of the results.
        original: path of the source where it is Parquet, with the indexes of the columns to take from it;
            None to write the cells as text.
    """

    def __init__(
        self, path: str, kept: Sequence[str], new: Sequence[str], original: tuple[str, Sequence[int]] | None = None
    ) -> None:
        names = [column.name for column in name_columns([*kept, *new], 0)]
        self._path = path
        self._kept, self._new = names[: len(kept)], names[len(kept) :]
        self._original = original
        self._cells: list[tuple[str, ...]] = []
        self._values: list[tuple[CellValue, ...]] = []

    def write(self, cells: Sequence[str], values: Sequence[CellValue], number: int) -> None:  # noqa: ARG002
        """One row."""
        if self._original is None:
            self._cells.append(tuple(cells))
        self._values.append(tuple(values))

    def finish(self) -> None:
        """Write the file."""
        import pyarrow.parquet as pq

        results = [_array([row[i] for row in self._values]) for i in range(len(self._new))]
        batches = _with_columns(self._batches(), self._new, results)
        first = next(batches)
        with pq.ParquetWriter(self._path, first.schema) as writer:
            writer.write_batch(first)
            for batch in batches:
                writer.write_batch(batch)

    def discard(self) -> None:
        """Nothing is open before `finish`."""

    def _batches(self) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._original is None:
            for start in range(0, len(self._cells), BATCH_ROWS):
                columns = zip(*self._cells[start : start + BATCH_ROWS], strict=True)
                arrays = [pa.array(column, pa.string()) for column in columns]
                yield pa.record_batch(arrays, names=self._kept)
            return
        path, indexes = self._original
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                yield batch.select(list(indexes))


def _with_columns(batches: Iterator[Any], names: Sequence[str], columns: Sequence[Any]) -> Iterator[Any]:
    """Each batch with its part of further columns."""
    import pyarrow as pa

    start = 0
    for batch in batches:
        part = [column.slice(start, batch.num_rows) for column in columns]
        fields = [pa.field(name, column.type) for name, column in zip(names, part, strict=True)]
        schema = pa.schema([*batch.schema, *fields], metadata=batch.schema.metadata)
        yield pa.record_batch([*batch.columns, *part], schema=schema)
        start += batch.num_rows


def _array(values: Sequence[CellValue]) -> Any:
    import pyarrow as pa

    if any(isinstance(value, str) for value in values):
        return pa.array([number_text(v) if isinstance(v, (int, float)) else v for v in values], pa.string())
    if any(value is not None for value in values):
        return pa.array(values, pa.int64() if all(isinstance(v, int | None) for v in values) else pa.float64())
    return pa.array(values, pa.string())
