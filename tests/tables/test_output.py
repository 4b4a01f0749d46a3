"""Files as targets: nothing is to be seen before the end, and nothing is left of a failure."""

from __future__ import annotations

import errno
import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from table_tools import RESULTS, cells, headers, read, score, write

from sheetjudge.errors import TableError
from sheetjudge.tables import beside, login, output, whole_file
from sheetjudge.tables.files import open_table
from sheetjudge.tables.login import keep_login
from sheetjudge.tables.output import open_target
from sheetjudge.tables.whole_file import write_whole


def test_the_file_appears_only_at_the_end(tmp_path):
    source = read("a\n1\n2\n")
    place = write(tmp_path / "out.csv", "old")
    target = open_target(place, source)
    target.open(RESULTS)
    for row in source.rows():
        target.put(row, (1, 2, "W", "ok"))
    target.flush()
    assert place.read_text() == "old"
    target.close()
    assert cells(open_table(place))[0] == ("1", "1", "2", "W", "ok")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_an_abandoned_run_leaves_the_folder_as_it_was(tmp_path):
    source = read("a\n1\n2\n")
    place = write(tmp_path / "out.csv", "old")
    target = open_target(place, source)
    target.open(RESULTS)
    target.put(next(source.rows()), (1, 2, "W", "ok"))
    target.flush()
    target.abandon()
    target.abandon()
    assert place.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "jsonl", "parquet"])
def test_abandoning_works_for_every_format(tmp_path, ending):
    target = open_target(tmp_path / f"out.{ending}", read("a\n1\n"))
    target.open(RESULTS)
    target.abandon()
    assert list(tmp_path.iterdir()) == []


def test_the_input_is_never_the_output(tmp_path):
    path = write(tmp_path / "t.csv", "a\n1\n")
    (tmp_path / "link.csv").symlink_to(path)
    (tmp_path / "hard.csv").hardlink_to(path)
    for place in (path, tmp_path / "." / "t.csv", tmp_path / "link.csv", tmp_path / "hard.csv"):
        with pytest.raises(TableError, match="is the table itself"):
            open_target(place, open_table(path))


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("missing/out.csv", "can't be written: No such file or directory.*Create the folder"),
        ("folder.csv", "is a folder"),
        ("out.cvs", "ending '.cvs'.*Did you mean .csv"),
        ("out", "no ending"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_anything_is_paid(tmp_path, place, why):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(TableError, match=why):
        open_target(tmp_path / place, read("a\n1\n")).open(RESULTS)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.csv"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_told(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(TableError, match="Permission denied"):
            open_target(tmp_path / "out.csv", read("a\n1\n")).open(RESULTS)
    finally:
        tmp_path.chmod(0o700)


def test_a_replaced_file_keeps_its_permissions_and_a_new_one_gets_the_usual(tmp_path):
    place = write(tmp_path / "old.csv", "x")
    place.chmod(0o640)
    score(read("a\n1\n"), place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o640
    score(read("a\n1\n"), tmp_path / "new.csv")
    (tmp_path / "usual").touch()
    assert (tmp_path / "new.csv").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_standard_output_gets_everything_at_once_or_nothing():
    source = read("a;b\n1;x,y\n")
    out = io.BytesIO()
    target = open_target("-", source, stdout=out)
    target.open(["Score"])
    target.put(next(source.rows()), [1.5])
    target.flush()
    assert out.getvalue() == b""
    target.close()
    assert out.getvalue() == b"a;b;Score\n1;x,y;1.5\n"
    failed = io.BytesIO()
    target = open_target("-", source, stdout=failed)
    target.open(["Score"])
    target.abandon()
    assert failed.getvalue() == b""


def test_a_reader_that_closes_standard_output_is_told():
    class Closed(io.BytesIO):
        def write(self, data):
            raise BrokenPipeError(errno.EPIPE, "Broken pipe", len(data))

    target = open_target("-", read("a\n1\n"), stdout=Closed())
    target.open(["Score"])
    with pytest.raises(TableError, match="reads standard output has closed it"):
        target.close()


FULL = """
import io, resource, signal, sys
from sheetjudge.errors import TableError
from sheetjudge.tables.files import open_table
from sheetjudge.tables.login import keep_login
from sheetjudge.tables.output import open_target
from sheetjudge.tables.whole_file import write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
source = open_table("-", stdin=io.BytesIO(b"a\\n" + b"x\\n" * 20000))
target = open_target(sys.argv[1], source)
target.open(["Score", "Why"])
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    for row in source.rows():
        target.put(row, (1, f"because {row.position}"))
        if target.flush_due():
            target.flush()
    target.close()
except TableError as error:
    print(error)
"""


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl", "parquet"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, ending):
    place = tmp_path / f"out.{ending}"
    done = subprocess.run([sys.executable, "-c", FULL, str(place)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert "can't be written: File too large. Make room" in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="no /dev/full here")
def test_no_space_on_standard_output_is_one_line():
    with Path("/dev/full").open("wb", buffering=0) as full:
        target = open_target("-", read("a\n1\n"), stdout=full)
        target.open(["Score"])
        with pytest.raises(TableError, match=r"No space left on device\. Make room"):
            target.close()


def test_memory_holds_only_rows_that_wait(tmp_path):
    source = read("a\n" + "x\n" * 5000)
    target = open_target(tmp_path / "o.csv", source)
    target.open(["Score"])
    flushes = 0
    for row in source.rows():
        target.put(row, [1])
        if target.flush_due():
            target.flush()
            flushes += 1
            assert not target.flush_due()
    target.close()
    assert flushes > 10


def test_nothing_is_due_while_the_first_row_is_missing(tmp_path):
    source = read("a\n" + "x\n" * 1000)
    rows = list(source.rows())
    target = open_target(tmp_path / "o.csv", source)
    target.open(["Score"])
    for row in rows[1:]:
        target.put(row, [1])
    assert not target.flush_due()
    target.put(rows[0], [1])
    assert target.flush_due()
    target.abandon()


def test_rows_above_the_header_are_kept(tmp_path):
    source = write(tmp_path / "t.csv", "My survey,\n\nName,Answer\nAnn,Yes\n")
    score(open_table(source, header_row=3), tmp_path / "o.csv")
    table = open_table(tmp_path / "o.csv", header_row=3)
    assert headers(table) == ["Name", "Answer", *RESULTS]
    assert (tmp_path / "o.csv").read_text().startswith("My survey,\n\nName,Answer,Score")


def test_a_sep_line_is_kept(tmp_path):
    score(open_table(write(tmp_path / "t.csv", "sep=;\r\na;b\r\n1;2\r\n")), tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_bytes().startswith(b"sep=;\r\na;b;Score")


def test_a_tsv_becomes_a_csv_with_commas_and_back(tmp_path):
    score(open_table(write(tmp_path / "t.tsv", "a\tb\n1\tx,y\n")), tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text().startswith("a,b,Score")
    score(open_table(tmp_path / "o.csv"), tmp_path / "p.tsv")
    assert (tmp_path / "p.tsv").read_text().startswith("a\tb\tScore")


def test_any_failure_leaves_nothing_behind(tmp_path):
    source = write(tmp_path / "t.csv", "a\n1\n2\n3\n")
    target = open_target(tmp_path / "o.csv", open_table(source))
    target.open(["Score"])
    write(source, "a\n1\n")
    with pytest.raises(TableError, match="has changed since it was opened"):
        target.close()
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize("ending", ["xlsx", "jsonl", "parquet"])
def test_no_score_goes_beside_another_row_of_a_source_that_changed(tmp_path, ending):
    path = tmp_path / f"in.{ending}"
    score(read("a\nfirst\nsecond\n"), path)
    source = open_table(path)
    target = open_target(tmp_path / f"out.{ending}", source)
    target.open(RESULTS)
    for row in source.rows():
        target.put(row, (row.position, 2, "W", "ok"))
    score(read("a\nnew\nfirst\nsecond\n"), path)
    with pytest.raises(TableError, match="has changed since it was opened"):
        target.close()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "xlsx", "parquet"])
def test_what_a_run_under_way_writes_is_left_alone_by_others(tmp_path, ending):
    """However old it is; and what isn't a temporary file of this very target, too."""
    path = tmp_path / "in.csv"
    path.write_text("ID\n1\n2\n", encoding="utf-8")
    table, out = open_table(path), tmp_path / f"out.{ending}"
    others = [tmp_path / name for name in (f".out.{ending}.part", f".out.{ending}.short.part", ".o.csv.abcdefgh.part")]
    for other in others:
        other.touch()
    first, second = open_target(out, table), open_target(out, table)
    first.open(["Score"])
    for temporary in tmp_path.glob(".*.part"):
        os.utime(temporary, (1, 1))
    second.open(["Score"])
    for target in (first, second):
        for row in table.rows():
            target.put(row, (row.position,))
        target.close()
    assert [row.cells for row in open_table(out).rows()] == [("1", "0"), ("2", "1")]
    assert {p.name for p in tmp_path.iterdir()} == {"in.csv", out.name, *(other.name for other in others)}


def as_a_target(folder):
    source = read("a\n1\n2\n")
    target = open_target(folder / "out", source, file_format="csv")
    target.open(RESULTS)
    for row in source.rows():
        target.put(row, (1, 2, "W", "ok"))
    target.close()


def as_a_text(folder):
    write_whole(str(folder / "out"), ["one", "two"])


def as_a_login(folder):
    keep_login("{}", folder)


def interrupted_at(line, work):
    """Do `work` with Ctrl-C at its nth line in the modules that make files. False where it has fewer."""
    files, before = {module.__file__ for module in (beside, login, output, whole_file)}, sys.gettrace()

    def count(frame, event, _arg):
        nonlocal line
        if frame.f_code.co_filename not in files:
            return None
        line -= event == "line"
        if line == 0:
            raise KeyboardInterrupt
        return count

    sys.settrace(count)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.parametrize("make", [as_a_target, as_a_text, as_a_login])
def test_a_file_that_is_interrupted_at_any_line_is_there_whole_or_not_at_all(tmp_path, make):
    make(tmp_path)
    [made] = tmp_path.iterdir()
    whole, line = made.read_bytes(), 1
    made.unlink()
    while interrupted_at(line, lambda: make(tmp_path)):
        assert [path.read_bytes() for path in tmp_path.iterdir()] in ([], [whole]), line
        made.unlink(missing_ok=True)
        line += 1
    assert line > 5
