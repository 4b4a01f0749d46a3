"""A data set of many files, cut into blocks of rows: Parquet files of their own, each judged and written as a whole.

Files lie where fsspec finds them: on a disk that all machines share, or in an object store.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sheetjudge.errors import TableError
from sheetjudge.tables.file_table import FileTable
from sheetjudge.tables.files import format_of, open_table
from sheetjudge.tables.parquet import ParquetLayout

_FORMATS = frozenset({"csv", "tsv", "jsonl", "parquet"})
_BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Block:
    """Some neighbouring rows of one file.

    Attributes:
        index: 0-based among all blocks. rows: how many.
        source: name of the file. first_number: the number that a person gives to the first row there.
        staged, part: paths in the file system, of the rows and of the rows with their results.
    """

    index: int
    rows: int
    source: str
    first_number: int
    staged: str
    part: str


@dataclass(frozen=True)
class DataSet:
    """Files of rows under one header, and the folder that their results go to.

    Attributes:
        name: what to call it to a person. sources: paths of the files.
        fs: the file system that holds them. out_fs, out: where the results go.
        stamp: of the files' names, sizes and times, and of how they are cut.
    """

    name: str
    sources: tuple[str, ...]
    fs: Any
    out_fs: Any
    out: str
    rows_per_block: int
    stamp: str

    def blocks(self) -> tuple[Block, ...]:
        """The blocks, cut now unless an earlier run has done that.

        Raises:
            TableError: a file can't be read, has another header than the first, or the results of other files are in
                the folder already.
        """
        manifest = f"{self.out}/_blocks/manifest.json"
        if self.out_fs.exists(manifest):
            known = json.loads(self.out_fs.cat_file(manifest))
            if known["stamp"] != self.stamp:
                raise TableError(
                    f"{self.out} holds the results of other rows, or of these before they were changed.",
                    "Name another folder with --out.",
                )
            return tuple(Block(**block) for block in known["blocks"])
        self._check_empty()
        found = tuple(self._cut())
        whole = json.dumps({"stamp": self.stamp, "blocks": [asdict(block) for block in found]})
        self.out_fs.pipe_file(manifest, whole.encode())
        return found

    def is_finished(self, block: Block) -> bool:
        """Have its rows got their results?"""
        return bool(self.out_fs.exists(block.part))

    def _check_empty(self) -> None:
        if self.out_fs.isfile(self.out):
            raise TableError(f"{self.out} is a file.", "Name a folder for the parts with --out.")
        if self.out_fs.exists(self.out):
            others = [path for path in self.out_fs.ls(self.out, detail=False) if PurePosixPath(path).name != "_blocks"]
            if others:
                raise TableError(f"The folder {self.out} isn't empty.", "Name another one with --out.")
        self.out_fs.makedirs(f"{self.out}/_blocks", exist_ok=True)

    def _cut(self) -> Iterator[Block]:
        index, header = 0, None
        for source in self.sources:
            name = PurePosixPath(source).name
            with fetched(self.fs, source) as path:
                table = open_table(path)
                names = [column.name for column in table.columns]
                header = header or names
                if names != header:
                    raise TableError(
                        f"{name} has other columns ({_listed(names)}) than {PurePosixPath(self.sources[0]).name}"
                        f" ({_listed(header)}).",
                        "Judge files of one kind together.",
                    )
                first = table.first_number
                for rows in _slices(table, self.rows_per_block):
                    staged, part = f"{self.out}/_blocks/{index:06}.parquet", f"{self.out}/part-{index:06}.parquet"
                    self._stage(rows, staged)
                    yield Block(index, rows.num_rows, name, first, staged, part)
                    first += rows.num_rows
                    index += 1

    def _stage(self, rows: Any, path: str) -> None:
        import pyarrow.parquet as pq

        with tempfile.TemporaryDirectory(prefix="sheetjudge-") as folder:
            local = Path(folder) / "block.parquet"
            pq.write_table(rows, local)
            handed_over(self.out_fs, local, path)


def find_data_set(where: str, out: str, rows_per_block: int) -> DataSet:
    """The files that `where` names: one, a folder's, or those of an object store's URL.

    Args:
        where: path or fsspec URL of a .parquet, .csv, .tsv or .jsonl file, or of a folder that holds some.
        out: path or URL of the folder for the results.
        rows_per_block: rows that are judged and written as a whole.

    Raises:
        TableError: there is no such file or folder, or none in it that is a table.
    """
    fs, root = file_system(where)
    out_fs, out_root = file_system(out)
    try:
        if fs.isfile(root):
            format_of(root)
            sources = [root]
        elif fs.isdir(root):
            sources = sorted(path for path in fs.find(root) if _is_table(path.removeprefix(root)))
        else:
            raise TableError(f"There is no file or folder {where}.")
        facts = [[PurePosixPath(path).name, *_facts(fs.info(path))] for path in sources]
    except (OSError, PermissionError) as error:
        raise TableError(f"{where} can't be read: {error}.") from error
    if not sources:
        raise TableError(f"The folder {where} holds no table.", f"Looked for {', '.join(sorted(_FORMATS))}.")
    stamp = hashlib.sha256(json.dumps([facts, rows_per_block]).encode()).hexdigest()[:24]
    return DataSet(where, tuple(sources), fs, out_fs, out_root.rstrip("/"), rows_per_block, stamp)


def file_system(where: str) -> tuple[Any, str]:
    """(fsspec file system, path in it) of a path or URL.

    Raises:
        TableError: an unknown kind of store, or one whose package isn't installed; names it.
    """
    import fsspec

    try:
        fs, path = fsspec.core.url_to_fs(where)
    except (ImportError, ValueError) as error:
        raise TableError(f"{where} can't be opened: {error}.") from error
    return fs, str(path)


@contextmanager
def fetched(fs: Any, path: str) -> Iterator[str]:
    """A path on this machine for a file of a file system."""
    if "file" in _protocols(fs):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="sheetjudge-") as folder:
        local = Path(folder) / PurePosixPath(path).name
        fs.get_file(path, str(local))
        yield str(local)


def handed_over(fs: Any, local: Path, path: str) -> None:
    """Put a file of this machine into its place, where nobody sees it before it is whole."""
    if "file" not in _protocols(fs):
        fs.put_file(str(local), path)
        return
    beside = f"{path}.{local.parent.name}.tmp"
    fs.put_file(str(local), beside)
    Path(beside).replace(path)


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _facts(info: dict[str, Any]) -> list[Any]:
    return [info.get("size"), str(info.get("mtime") or info.get("LastModified") or info.get("ETag") or "")]


def _is_table(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return PurePosixPath(path).suffix.lstrip(".").lower() in _FORMATS and not any(p[0] in "._" for p in parts)


def _slices(table: FileTable, rows: int) -> Iterator[Any]:
    """The rows as Arrow tables of `rows` each: in their own types where the file has some, else as text."""
    import pyarrow as pa

    waiting: list[Any] = []
    count = 0
    for batch in _batches(table):
        at = 0
        while at < batch.num_rows:
            taken = batch.slice(at, rows - count)
            waiting.append(taken)
            count += taken.num_rows
            at += taken.num_rows
            if count == rows:
                yield pa.Table.from_batches(waiting)
                waiting, count = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def _batches(table: FileTable) -> Iterator[Any]:
    import pyarrow.parquet as pq

    if isinstance(table.layout, ParquetLayout):
        with pq.ParquetFile(table.path) as file:
            yield from file.iter_batches(batch_size=_BATCH_ROWS)
        return
    names = [column.name for column in table.columns]
    cells: list[Sequence[str]] = []
    for row in table.rows():
        cells.append(row.cells)
        if len(cells) == _BATCH_ROWS:
            yield _text_batch(cells, names)
            cells = []
    if cells:
        yield _text_batch(cells, names)


def _text_batch(cells: Sequence[Sequence[str]], names: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.record_batch([pa.array(column, pa.string()) for column in zip(*cells, strict=True)], names=list(names))


def _listed(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
