"""Parquet files as a table: every value as a person writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sheetjudge.errors import TableError
from sheetjudge.tables.file_table import FileTable, Record, survey

BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True)
class ParquetLayout:
    """Marks a table that lies in a Parquet file, so that its columns can be kept in their own types."""


def open_parquet(path: str, name: str, *, keep: Any = None) -> FileTable:
    """The table in a Parquet file.

    Null and NaN are "", whole floats have no `.0`, dates and times are ISO 8601, nested values JSON text,
    bytes text where they are UTF-8 and hexadecimal digits elsewhere.

    Raises:
        TableError: no Parquet file, or no rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            header = list(file.schema_arrow.names)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # names of columns may be anything
        if getattr(error, "errno", None):
            raise
        raise TableError(f"{name} isn't a Parquet file, or is damaged: {_first_line(error)}.") from error
    if not header:
        raise TableError(f"{name} has no columns.")

    def records() -> Iterator[Record]:
        try:
            with pq.ParquetFile(path) as again:
                for batch in again.iter_batches(batch_size=BATCH_ROWS):
                    columns = zip(header, batch.columns, strict=True)
                    yield from zip(*(_texts_of(column, title, name) for title, column in columns), strict=True)
        except pa.ArrowException as error:
            raise TableError(f"{name} is damaged: {_first_line(error)}.") from error

    return survey(
        path=path,
        name=name,
        header=header,
        records=records,
        first_number=1,
        file_format="parquet",
        is_blank=lambda _record: False,
        layout=ParquetLayout(),
        keep=keep,
    )


def _texts_of(column: Any, title: str, name: str) -> list[str]:
    try:
        return texts(column)
    except UnicodeDecodeError as error:
        what = f"{name}: the column {title!r} calls itself text, but holds bytes that aren't UTF-8 ({error.reason})."
        raise TableError(what, "Write the file again with that column as UTF-8, or as binary.") from error


def texts(column: Any) -> list[str]:
    """The values of an Arrow array as texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        return texts(column.dictionary_decode())
    if pa.types.is_floating(kind):
        found = pc.cast(column, pa.string()).to_pylist()
        return ["" if text in {None, "nan"} else text for text in found]
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return [_short_time(text) if text else "" for text in pc.cast(column, pa.string()).to_pylist()]
    if _castable(kind):
        return [text or "" for text in pc.cast(column, pa.string()).to_pylist()]
    return ["" if value is None else _text(value) for value in column.to_pylist()]


def _castable(kind: Any) -> bool:
    from pyarrow import types as t

    kinds = (t.is_string, t.is_large_string, t.is_integer, t.is_boolean, t.is_decimal, t.is_date, t.is_null)
    return any(is_kind(kind) for is_kind in kinds)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.hex()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=_text)
    return str(value)


def _short_time(text: str) -> str:
    """`03:04:05.500000+0100` without the zeros that only show the unit."""
    head, point, rest = text.partition(".")
    if not point:
        return text
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    fraction = digits.rstrip("0")
    return head + (f".{fraction}" if fraction else "") + rest[len(digits) :]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(". ")
