"""Open a file, or standard input, as a table: the format by its ending, the reading in a module for each."""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from sheetjudge.errors import TableError
from sheetjudge.tables.file_table import FileTable

FORMATS = ("csv", "tsv", "xlsx", "jsonl", "parquet")
STANDARD_INPUT = "-"
_ENDINGS = {
    **{f".{name}": name for name in FORMATS},
    ".txt": "csv",
    ".ndjson": "jsonl",
    ".tab": "tsv",
    ".pq": "parquet",
}
_JSON_ARRAY = re.compile(rb'\[\s*\{\s*"')
_MAGIC = (
    (b"PK\x03\x04", "xlsx"),
    (b"PAR1", "parquet"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"%PDF-", "a PDF"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
)


def open_table(
    source: str | os.PathLike[str],
    *,
    header_row: int = 1,
    encoding: str | None = None,
    tab: str | None = None,
    file_format: str | None = None,
    stdin: BinaryIO | None = None,
) -> FileTable:
    """The table in a file.

    Args:
        source: path of a `.csv .tsv .xlsx .jsonl .parquet` file, or `-` for standard input.
        header_row: 1-based row (record) that holds the headers; CSV, TSV and XLSX only.
        encoding: of a text file; None to find it out.
        tab: title of a workbook's tab; None for the first visible one.
        file_format: one of FORMATS; None to go by the ending (by the first bytes for standard input).
        stdin: where standard input comes from; None for the process's own.

    Raises:
        TableError: the file is missing, empty, unreadable, not what its ending says, or holds no rows.
    """
    if header_row < 1:
        raise TableError(f"There is no header row {header_row}.", "Rows are counted from 1.")
    path = os.fspath(source)
    if path != STANDARD_INPUT:
        _check_readable(path)
    chosen = file_format or ("csv" if path == STANDARD_INPUT else format_of(path))
    if chosen not in FORMATS:
        raise TableError(f"There is no table format called {chosen!r}.", f"It is one of {', '.join(FORMATS)}.")
    if tab is not None and chosen != "xlsx":
        raise TableError(f"{path} has no tabs to choose {tab!r} from.", "Leave --tab out.")
    if path == STANDARD_INPUT:
        copy = _spool(stdin or sys.stdin.buffer)
        if file_format is None and (found := looks_like(copy.name)) in FORMATS:
            chosen = found
        return _open(copy.name, "standard input", chosen, header_row, encoding, tab, keep=copy)
    return _open(path, Path(path).name, chosen, header_row, encoding, tab)


def format_of(path: str) -> str:
    """The format that a file's ending stands for.

    Raises:
        TableError: the ending is unknown; names the nearest one.
    """
    ending = Path(path).suffix.lower()
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    near = difflib.get_close_matches(ending, [f".{name}" for name in FORMATS], n=1, cutoff=0.5)
    advice = f"Did you mean {near[0]}? " if near else ""
    known = " ".join(f".{name}" for name in FORMATS)
    if not ending:
        raise TableError(f"{path} has no ending that says what kind of table it is.", f"Known are {known}.")
    what = f"{path} has the ending {ending!r}, which stands for no kind of table."
    raise TableError(what, f"{advice}Known are {known}.")


def _open(
    path: str, name: str, chosen: str, header_row: int, encoding: str | None, tab: str | None, keep: Any = None
) -> FileTable:
    try:
        if not Path(path).stat().st_size:
            raise TableError(f"{name} is empty.", "It needs a row of headers and at least one row below it.")
        if chosen in {"csv", "tsv"}:
            _check_text(path, name)
            from sheetjudge.tables.delimited import open_delimited

            delimiter = "\t" if chosen == "tsv" else None
            return open_delimited(path, name, delimiter=delimiter, header_row=header_row, encoding=encoding, keep=keep)
        if chosen == "xlsx":
            from sheetjudge.tables.xlsx import open_xlsx

            return open_xlsx(path, name, header_row=header_row, tab=tab, keep=keep)
        if header_row != 1:
            raise TableError(f"{name} has no header row {header_row}: the format names its columns itself.")
        if chosen == "jsonl":
            from sheetjudge.tables.jsonl import open_jsonl

            return open_jsonl(path, name, encoding=encoding, keep=keep)
        from sheetjudge.tables.parquet import open_parquet

        return open_parquet(path, name, keep=keep)
    except OSError as error:
        raise TableError(f"{name} can't be read: {error.strerror or error}.") from error


def looks_like(path: str) -> str:
    """What the first bytes of a file say that it is: one of FORMATS, the name of something else, "" for plain text."""
    with Path(path).open("rb") as file:
        head = file.read(1 << 16)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    head = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _JSON_ARRAY.match(head):
        return "a JSON array; one object a line is read (jq -c '.[]' makes that of it)"
    line = head.split(b"\n", 1)[0]
    if not line.startswith(b"{"):
        return ""
    try:
        return "jsonl" if isinstance(json.loads(line), dict) else ""
    except (ValueError, RecursionError):
        return ""


def _check_text(path: str, name: str) -> None:
    """Refuse what would be read as text though it is something else, and be paid for row by row."""
    kind = looks_like(path)
    if kind in FORMATS:
        raise TableError(f"{name} is no CSV: it looks like {kind.upper()}.", f"Add --format {kind}.")
    if kind:
        raise TableError(f"{name} is no CSV: it looks like {kind}.", "Save it as CSV or XLSX.")


def _spool(stream: BinaryIO) -> Any:
    """A temporary copy of `stream`, removed with the object returned: rows are read more than once."""
    copy = tempfile.NamedTemporaryFile(prefix="sheetjudge-")  # noqa: SIM115  lives as long as the table
    try:
        shutil.copyfileobj(stream, copy)
        copy.flush()
    except OSError as error:
        raise TableError(f"Standard input can't be copied to {tempfile.gettempdir()}: {error.strerror}.") from error
    return copy


def _check_readable(path: str) -> None:
    file = Path(path)
    if os.path.isdir(path):  # noqa: PTH112  Path's raises on a name that is too long
        raise TableError(f"{path} is a folder, not a file.", "Name a file in it.")
    try:
        with file.open("rb"):
            return
    except FileNotFoundError:
        near = _nearest_file(file)
        raise TableError(f"{path} doesn't exist.", f"Did you mean {near}?" if near else "Check the name.") from None
    except PermissionError:
        raise TableError(f"{path} may not be read by you.", "Change the file's permissions.") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no file can be called so"
        raise TableError(f"{path[:80]!r} can't be read: {why}.", "Give a URL of a spreadsheet, or a file.") from error


def _nearest_file(missing: Path) -> str:
    """The file beside `missing` whose name is nearest to it, or ""."""
    try:
        names = [entry.name for entry in missing.parent.iterdir() if entry.is_file()]
    except OSError:
        return ""
    near = difflib.get_close_matches(missing.name, names, n=1, cutoff=0.6)
    return str(missing.parent / near[0]) if near else ""
