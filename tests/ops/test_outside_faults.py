"""Disks that are full, files that are damaged or replaced while they are read: one line for a person, nothing half."""

from __future__ import annotations

import json
import os
import random
import resource
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pytest

from sheetjudge.errors import SetupError, TableError
from sheetjudge.ops.run_log import RunLog
from sheetjudge.ops.settings import delimiter_secret
from sheetjudge.tables.open import TableOptions, open_any
from tests.ops.scoring import inside, write_rubric, write_table


@contextmanager
def files_of(size: int):
    """No file of this process can grow beyond `size` bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_log_on_a_full_disk_holds_whole_lines_only(tmp_path):
    log = RunLog(tmp_path / "runs.log", lambda: 0.0)
    lost = 0
    for size in range(0, 2000, 37):
        with files_of(size):
            try:
                log.write("began", job="a job", size=size)
            except SetupError:
                lost += 1
    log.write("ended", job="a job")
    told = [json.loads(line) for line in log.path.read_text("utf-8").splitlines()]
    assert lost > 0
    assert [one["event"] for one in told] == ["began"] * (len(range(0, 2000, 37)) - lost) + ["ended"]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "xlsx", "parquet"])
@pytest.mark.parametrize("change", ["cut", "overwritten", "gone"])
def test_a_table_that_changes_while_it_is_read_is_told_of(tmp_path, ending, change):
    path = tmp_path / f"table.{ending}"
    rows = [[str(n), random.Random(n).randbytes(60).hex(), str(n % 5)] for n in range(5_000)]
    first = write_table(tmp_path / "first.csv", rows, ("ID", "Answer", "Mark"))
    assert inside("label", first, "--score", "Mark", "--out", path).code == 0
    table = open_any(str(path), TableOptions())
    found = table.rows()
    assert next(found).position == 0
    size = path.stat().st_size
    if change == "gone":
        path.unlink()
        path.write_bytes(b"\xff\xfe\x00 nothing of it")
    else:
        with path.open("r+b") as file:
            file.seek(size // 3)
            if change == "cut":
                file.truncate()
            else:
                file.write(random.Random(1).randbytes(size // 3))
        os.utime(path, ns=(1, 1))
    # What was read before the change may be whole; what comes after it is never taken for the table.
    with pytest.raises(TableError, match="has changed since it was opened"):
        list(chain(found, table.rows()))


def test_a_damaged_store_of_jobs_is_one_line(tmp_path):
    write_rubric(tmp_path)
    write_table(tmp_path / "table.csv", 3)
    job = tmp_path / "job.yaml"
    job.write_text("table: table.csv\nrubric: rubric.yaml\njudge: fake\nout: out.csv\n", encoding="utf-8")
    for _ in range(30):
        assert inside("run", job).code == 0
    store = Path(os.environ["SHEETJUDGE_HOME"]) / "jobs.sqlite3"
    whole = store.read_bytes()
    refused = 0
    for seed in range(20):
        rng, damaged = random.Random(seed), bytearray(whole)
        # The first page stays: the file is still known as a store.
        for _ in range(3000):
            damaged[rng.randrange(4096, len(damaged))] = rng.randrange(256)
        store.write_bytes(damaged)
        ran = inside("runs", "list")
        assert ran.code in (0, 2)
        assert len(ran.err.splitlines()) == (ran.code == 2)
        refused += ran.code == 2
    assert refused


def test_an_empty_secret_is_no_secret(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "secret").touch()
    command = ("score", write_table(tmp_path / "table.csv", 2), "--rubric", "Is it clear?", "--judge", "fake")
    ran = inside(*command, env={"SHEETJUDGE_HOME": str(home)})
    assert (ran.code, ran.out) == (2, "")
    assert f"{home / 'secret'} is empty" in ran.err


def test_a_full_disk_leaves_no_beginning_of_a_secret(tmp_path):
    home = tmp_path / "home"
    with files_of(10), pytest.raises(SetupError, match="can't be used"):
        delimiter_secret(home, {})
    assert list(home.iterdir()) == []
    assert len(delimiter_secret(home, {})) == 64


def test_a_full_disk_leaves_no_half_of_a_rubric(tmp_path):
    out = tmp_path / "ours.yaml"
    command = ("rubric", "draft", "Is the answer short, and does it say where to look further?", "--out", out)
    with files_of(300):
        ran = inside(*command)
    assert (ran.code, list(tmp_path.iterdir())) == (2, []), ran.said
    assert inside(*command).code == 0
    assert inside("rubric", "check", out).code == 0
