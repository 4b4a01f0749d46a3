"""Files that can't be read as a table are told in one line, with what to do."""

from __future__ import annotations

import io
import os

import pytest
from table_tools import cells, read, write

from sheetjudge.errors import TableError
from sheetjudge.tables.files import open_table
from sheetjudge.tables.open import TableOptions, open_any


@pytest.mark.parametrize(
    ("name", "options", "why"),
    [
        ("answer.csv", {}, "answer.csv doesn't exist. Did you mean .*answers.csv"),
        ("nothing-like-it.csv", {}, "doesn't exist. Check the name"),
        ("missing/answers.csv", {}, "doesn't exist"),
        ("folder", {}, "is a folder, not a file"),
        ("answers.cvs", {}, r"ending '\.cvs'.*Did you mean \.csv"),
        ("answers", {}, "has no ending"),
        ("answers.csv", {"file_format": "xls"}, "no table format called 'xls'"),
        ("answers.csv", {"tab": "Sheet1"}, "has no tabs"),
        ("answers.csv", {"header_row": 0}, "no header row 0"),
        ("answers.csv", {"header_row": 9}, "has no row 9"),
        ("empty.csv", {}, "is empty"),
        ("empty.xlsx", {}, "is empty"),
        ("empty.parquet", {}, "is empty"),
        ("x" * 5000, {}, "can't be read: File name too long"),
        ("nul\0.csv", {}, "can't be read: no file can be called so"),
    ],
)
def test_refusals(tmp_path, name, options, why):
    write(tmp_path / "answers.csv", "a\n1\n")
    for ending in ("cvs", ""):
        write(tmp_path / f"answers.{ending}".rstrip("."), "a\n1\n")
    for ending in ("csv", "xlsx", "parquet"):
        write(tmp_path / f"empty.{ending}", "")
    (tmp_path / "folder").mkdir()
    for opened in (
        lambda: open_table(tmp_path / name, **options),
        lambda: open_any(str(tmp_path / name), TableOptions(**options)),
    ):
        with pytest.raises(TableError, match=why) as caught:
            opened()
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_without_permission_is_told(tmp_path):
    path = write(tmp_path / "t.csv", "a\n1\n")
    path.chmod(0)
    with pytest.raises(TableError, match="may not be read"):
        open_table(path)


def test_standard_input_is_csv_unless_it_or_the_user_says_otherwise():
    assert cells(read('{"a": "x, y"}\n{"a": "z"}\n')) == [("x, y",), ("z",)]
    assert cells(read("a,b\n1,2\n")) == [("1", "2")]
    assert cells(read("a\tb\n1,5\t2\n", file_format="tsv")) == [("1,5", "2")]
    assert cells(read('{"a": 1.0}\n', file_format="jsonl")) == [("1.0",)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04rest", "looks like XLSX. Add --format xlsx"),
        (b'{"a": 1}\n{"a": 2}\n', "looks like JSONL. Add --format jsonl"),
        (b' [\n {\n "a": 1}]', "a JSON array; one object a line"),
        (b"PAR1rest", "looks like PARQUET"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
        (b"%PDF-1.7\nrest", "a PDF"),
        (b"<!doctype html><html><body>Log in", "a web page"),
    ],
)
def test_another_kind_of_file_under_the_name_of_a_csv_is_not_judged_line_by_line(tmp_path, content, says):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(TableError) as caught:
        open_table(tmp_path / "t.csv")
    assert says in str(caught.value)


@pytest.mark.parametrize("header", ["{name}", '{"name": 1}, text', "PK", "<b>"])
def test_headers_that_only_begin_so_are_headers(tmp_path, header):
    (tmp_path / "t.csv").write_text(f"{header}\nx,y\n")
    assert cells(open_table(tmp_path / "t.csv"))


def test_standard_input_may_be_read_again_and_leaves_no_copy(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    table = open_table("-", stdin=io.BytesIO(b"a\n1\n2\n"))
    assert cells(table) == cells(table) == [("1",), ("2",)]
    assert len(list(tmp_path.iterdir())) == 1
    del table
    assert list(tmp_path.iterdir()) == []


def test_a_full_temporary_folder_is_told():
    class Endless(io.RawIOBase):
        def readinto(self, _buffer):
            raise OSError(28, "No space left on device")

        def readable(self):
            return True

    with pytest.raises(TableError, match=r"Standard input can't be copied.*No space left"):
        open_table("-", stdin=io.BufferedReader(Endless()))


@pytest.mark.parametrize(
    ("name", "content"), [("t.ndjson", '{"a": 1}\n'), ("t.TSV", "a\n1\n"), ("t.txt", "a\n1\n"), ("T.CSV", "a\n1\n")]
)
def test_other_endings_that_mean_the_same(tmp_path, name, content):
    assert cells(open_table(write(tmp_path / name, content))) == [("1",)]
