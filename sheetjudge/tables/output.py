"""Files as the target of a run: written beside their final place, in order, and renamed when all is there."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from sheetjudge.core.table import CellValue, Row, Table
from sheetjudge.errors import TableError
from sheetjudge.tables.beside import MARK, PART, Beside
from sheetjudge.tables.file_table import FileTable
from sheetjudge.tables.files import FORMATS, format_of
from sheetjudge.tables.guard import whole_text
from sheetjudge.tables.whole_file import STANDARD_OUTPUT
from sheetjudge.tables.writers import Writer, make_writer

_FLUSH_AT = 256
_MOMENT = 60.0
# Formats that want each name once get `Score (2)` beside a person's own `Score`.
_NUMBERED = re.compile(r" \(\d+\)$")
_FIGURE = re.compile(r"-?\d[\d.]*")


def open_target(
    place: str | os.PathLike[str],
    source: Table,
    *,
    file_format: str | None = None,
    stdout: BinaryIO | None = None,
) -> FileTarget:
    """Where `source` goes with its results.

    Args:
        place: path of the file to write (format by ending), or `-` for standard output (CSV).
        source: the table that is scored; its columns are written as they are, except results of an earlier
            run that the new ones replace.
        file_format: one of FORMATS; None to go by the ending.
        stdout: where standard output goes; None for the process's own.

    Raises:
        TableError: unknown ending, or the file is the source itself. Whether the place can be written is
            found out by `open`.
    """
    path = os.fspath(place)
    chosen = file_format or ("csv" if path == STANDARD_OUTPUT else format_of(path))
    if chosen not in FORMATS:
        raise TableError(f"There is no table format called {chosen!r}.", f"It is one of {', '.join(FORMATS)}.")
    if path == STANDARD_OUTPUT:
        return FileTarget(None, source, chosen, stdout or sys.stdout.buffer)
    if isinstance(source, FileTable) and _same_file(path, source.path):
        raise TableError(f"{path} is the table itself.", "Name another file with --out; the input stays as it is.")
    return FileTarget(Path(path), source, chosen, None)


class FileTarget:
    """A file that takes the source's columns and the results.

    Nothing is to be seen at the final place before `close`, and nothing is left behind by `abandon`.
    """

    def __init__(self, path: Path | None, source: Table, chosen: str, stdout: BinaryIO | None) -> None:
        self.name = str(path) if path else "standard output"
        self._path = path
        self._source = source
        self._format = chosen
        self._stdout = stdout
        self._temporary: Beside | None = None
        self._held: int | None = None
        self._writer: Writer | None = None
        self._kept: tuple[int, ...] | None = None
        self._width = 0
        self._pending: dict[int, tuple[Row, tuple[CellValue, ...]]] = {}
        self._next = 0
        self._lock = Lock()

    def open(self, headers: Sequence[str]) -> None:
        """Create the temporary file beside the final one and write the headers.

        Raises:
            TableError: the folder is missing or can't be written, or the disk is full.
        """
        self._width = len(headers)
        replaced = replaced_columns(self._source, headers)
        columns = [column for column in self._source.columns if column.index not in replaced]
        self._kept = tuple(column.index for column in columns) if replaced else None
        with self._failures():
            folder = self._path.absolute().parent if self._path else Path(tempfile.gettempdir())
            if self._path and self._path.is_dir():
                raise TableError(f"{self.name} is a folder.", "Name a file in it.")
            stem = self._path.name if self._path else "out"
            self._temporary = Beside(stem, folder)
            self._held = self._temporary.handle
            _hold(self._held)
            _clear_up(folder, stem)
            self._writer = make_writer(self._format, self._source, replaced, str(self._temporary.path), headers)

    def put(self, row: Row, values: Sequence[CellValue]) -> None:
        """Take the results of one row; the rows before it may come later."""
        whole = tuple(whole_text(value) if isinstance(value, str) else value for value in values)
        with self._lock:
            self._pending[row.position] = (row, whole)

    def flush_due(self) -> bool:
        """Are there enough rows in order to write?"""
        return len(self._pending) >= _FLUSH_AT and self._next in self._pending

    def flush(self) -> None:
        """Write the rows that are in order.

        Raises:
            TableError: the disk is full, say. The temporary file is removed.
        """
        with self._failures():
            while (item := self._take()) is not None:
                self._write(*item)

    def close(self) -> None:
        """Write what is left (rows that were never put keep their cells and get no results) and rename.

        Raises:
            TableError: as `flush`.
        """
        with self._failures():
            self.flush()
            if self._next < self._source.row_count:
                for row in self._rest():
                    self._write(row, self._pending.pop(row.position, (row, (None,) * self._width))[1])
                    self._next += 1
            self._check_source()
            self._open_writer.finish()
            self._hand_over()

    def abandon(self) -> None:
        """Remove the temporary file; the final place stays as it was."""
        if self._writer is not None:
            # What is still buffered may find no room; nobody will miss it.
            with contextlib.suppress(OSError, ValueError):
                self._writer.discard()
            self._writer = None
        if self._temporary is not None:
            self._temporary.remove()
            self._temporary = None
        self._let_go()

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            os.close(held)

    @property
    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise TableError(f"{self.name} isn't open for writing.")
        return self._writer

    def _take(self) -> tuple[Row, tuple[CellValue, ...]] | None:
        with self._lock:
            item = self._pending.pop(self._next, None)
            self._next += item is not None
            return item

    def _rest(self) -> Iterator[Row]:
        return (row for row in self._source.rows() if row.position >= self._next)

    def _write(self, row: Row, values: tuple[CellValue, ...]) -> None:
        cells = row.cells if self._kept is None else [row.cells[index] for index in self._kept]
        self._open_writer.write(cells, values, row.number)

    def _hand_over(self) -> None:
        """Put the whole file where it belongs."""
        if self._temporary is None:
            return
        if self._path is not None:
            self._temporary.take(self._path)
            self._temporary = None
            self._let_go()
            return
        if self._stdout is not None:
            with self._temporary.path.open("rb") as whole:
                shutil.copyfileobj(whole, self._stdout)
            self._stdout.flush()
        self.abandon()

    def _check_source(self) -> None:
        """Where the columns are taken from the source itself, its rows must still stand where they were read."""
        source = self._source
        if isinstance(source, FileTable) and source.file_format == self._format != "csv":
            source.check_unchanged()

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        """Tell an OSError in one line; after any failure no temporary file is left."""
        try:
            yield
        except BrokenPipeError as error:
            self.abandon()
            raise TableError("The program that reads standard output has closed it.") from error
        except OSError as error:
            self.abandon()
            why = os.strerror(error.errno) if error.errno else error
            raise TableError(f"{self.name} can't be written: {why}.", _advice(error)) from error
        except BaseException:
            self.abandon()
            raise


def replaced_columns(source: Table, headers: Sequence[str]) -> frozenset[int]:
    """Indexes of the source's columns that hold an earlier run's results of the same kind.

    In a file they are known by the first header of a block, in a sheet each by its own.
    """
    if isinstance(source, FileTable):
        return frozenset(index for block in source.blocks if block.first_role in headers for index in block.columns)
    marks: frozenset[int] = getattr(source, "marks_at", frozenset())
    return marks | frozenset(index for index in source.managed if source.columns[index].header in headers)


def results_before(source: Table, headers: Sequence[str]) -> Callable[[Row], tuple[CellValue, ...]] | None:
    """A function that gives the results of an earlier run beside a row, where new ones of that kind replace them.

    Args:
        source: the table. headers: of the results.

    Returns:
        None where there are none. Figures come as numbers, as they were written.
    """
    found = {_NUMBERED.sub("", source.columns[i].header): i for i in sorted(replaced_columns(source, headers))}
    places = [found.get(header) for header in headers]
    if all(place is None for place in places):
        return None
    return lambda row: tuple(None if place is None else _figure(row.cells[place]) for place in places)


def _figure(text: str) -> CellValue:
    if _FIGURE.fullmatch(text):
        for kind in (int, float):
            with contextlib.suppress(ValueError):
                if str(number := kind(text)) == text:
                    return number
    return text or None


def _hold(handle: int) -> bool:
    """Hold an open file for as long as this process lives. False where another holds it, or nobody can here."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _clear_up(folder: Path, stem: str) -> None:
    """Remove what runs that were killed have left beside the same file: nobody holds it any more."""
    theirs = re.compile(rf"\.{re.escape(stem)}\.{MARK}{re.escape(PART)}")
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            # A file that was just made may not be held yet.
            if theirs.fullmatch(path.name) and time.time() - path.stat().st_mtime > _MOMENT:
                with path.open("rb") as file:
                    if _hold(file.fileno()):
                        path.unlink()


def _same_file(path: str, other: str) -> bool:
    try:
        return Path(path).samefile(other)
    except OSError:
        return False


def _advice(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "Make room or name another place with --out; the verdicts are kept, so the next run makes no call twice."
    if error.errno == errno.ENOENT:
        return "Create the folder first, or name another place with --out."
    return "Name another place with --out."
