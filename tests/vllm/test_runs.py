"""Whole runs with vLLM: in process, at a server and on Ray the same; what reaches the terminal; what a kill leaves."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from sheetjudge.errors import SetupError
from tests.ops.scoring import RUBRIC, ended, start, write_rubric, write_table
from tests.vllm.asking import OPTIONS, ask, question

ROWS = (
    "The lamp is on the table.",
    "Water boils at 100 degrees at sea level.",
    "I don't know.",
    "The meeting is on Monday at nine in room four.",
    "",
)
# The run that others are compared with, and the server, are there once.
at_the_server = pytest.mark.xdist_group("one server")
# Expectations over the marks of a scale from 1 to 5.
NOISE = 0.02


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("runs")
    write_rubric(made, RUBRIC)
    write_table(made / "table.csv", [(str(n), text) for n, text in enumerate(ROWS)])
    return made


def command(folder, judge, name, *more, **options):
    given = [part for pair in options.items() for part in ("--judge-option", "=".join(pair))]
    return (
        "score", folder / "table.csv", "--rubric", folder / "rubric.yaml", "--read", "Answer", "--judge", judge, *given,
        "--max-tokens", 120, "--tries", 1, "--journal", folder / f"{name}.sqlite3", "--out", folder / name, *more,
    )  # fmt: skip


def home(folder):
    # The secret is in the marks between which rows stand in a prompt.
    return {"SHEETJUDGE_HOME": str(folder / "home"), "SHEETJUDGE_SECRET": "00" * 16}


def done(folder, *args, **options):
    ran = ended(start(*command(folder, *args, **options), env=home(folder)), timeout=500)
    assert "Traceback" not in ran.err
    assert ran.code in (0, 1), ran.err
    return ran


@pytest.fixture(scope="module")
def here(folder, model_folder):
    return done(folder, f"vllm:{model_folder}", "here.csv", **OPTIONS)


def results(path: Path) -> list[tuple[float | None, str, str]]:
    import pandas as pd

    table = pd.read_parquet(path).to_dict("records") if path.is_dir() else list(csv.DictReader(path.open()))
    ok = [row["Status"] == "ok" for row in table]
    return [
        (float(r["Score"]), r["Why"], "ok") if o else (None, "", r["Status"]) for r, o in zip(table, ok, strict=True)
    ]


def keys(folder, name):
    with sqlite3.connect(folder / f"{name}.sqlite3") as journal:
        return {bytes(key) for (key,) in journal.execute("SELECT key FROM answers")}


def check_same(one, other):
    assert [why for _, why, _ in one] == [why for _, why, _ in other]
    assert [status for *_, status in one] == [status for *_, status in other]
    differences = [abs(a - b) for (a, *_), (b, *_) in zip(one, other, strict=True) if a is not None and b is not None]
    assert len(differences) >= 3
    print(f"largest difference of {len(differences)} scores: {max(differences):.6f}")
    assert max(differences) < NOISE


@at_the_server
def test_of_the_engine_s_start_only_its_line_is_told(here):
    lines = here.err.splitlines()
    assert lines[2].startswith("Starting vllm:")
    assert lines[3].startswith("Started vllm:")
    assert lines[3].rstrip(".").endswith(" s")
    assert not [line for line in lines if "Triton" in line or "INFO" in line or "WARNING" in line]
    assert here.out == ""


@at_the_server
@pytest.mark.usefixtures("here")
def test_a_server_gives_the_same_verdicts(server, folder):
    done(folder, server, "served.csv")
    check_same(results(folder / "here.csv"), results(folder / "served.csv"))


@at_the_server
@pytest.mark.usefixtures("here")
def test_ray_gives_the_same_verdicts_under_the_same_keys(folder, model_folder):
    pytest.importorskip("ray")
    done(folder, f"vllm:{model_folder}", "ray", "--engine", "ray", **OPTIONS)
    check_same(results(folder / "here.csv"), results(folder / "ray"))
    assert keys(folder, "here.csv") == keys(folder, "ray")


@at_the_server
@pytest.mark.usefixtures("here")
def test_what_the_journal_answers_starts_no_engine(folder, model_folder):
    again = done(folder, f"vllm:{model_folder}", "again.csv", "--journal", folder / "here.csv.sqlite3", **OPTIONS)
    assert "Starting" not in again.err
    assert results(folder / "again.csv") == results(folder / "here.csv")


@pytest.mark.parametrize("moment", ["starting", "asked"])
def test_a_killed_run_leaves_no_engine(folder, model_folder, moment):
    run = start(
        *command(folder, f"vllm:{model_folder}", f"killed-{moment}.csv", "-v", **OPTIONS),
        env=home(folder),
    )
    said: list[str] = []
    reading = threading.Thread(target=lambda: said.extend(run.stderr), daemon=True)
    reading.start()
    begun = any if moment == "asked" else lambda _: engines(run.pid)
    wait_for(lambda: run.poll() is not None or begun(line.startswith("Started ") for line in said))
    assert run.poll() is None, said
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    wait_for(lambda: not engines(run.pid))
    reading.join(30)
    if moment == "asked":
        assert any("Loading weights took" in line for line in said), "-v shows vLLM's own log"


def engines(run: int) -> list[int]:
    """The processes that vLLM runs for the process `run`."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != run:
            with suppress(OSError):
                if f"SHEETJUDGE_VLLM_PARENT={run}".encode() in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
    return found


def wait_for(condition, seconds=300.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.1)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dtype": "float12"}, "dtype"),
        ({"max_model_len": "99999999"}, "max_model_len"),
        ({"quantization": "awq"}, "quantization"),
        ({"reasoning_parser": "deepseek_r1"}, "reasoning_parser"),
        ({"reasoning_parser": "no-such"}, "reasoning_parser"),
    ],
)
def test_what_the_engine_cannot_do_is_one_line(model_folder, options, says):
    with pytest.raises(SetupError, match="can't be started: ") as caught:
        ask(f"vllm:{model_folder}", {**OPTIONS, **options}, [question("A text.")])
    print(caught.value)
    assert f"--judge-option {says}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "pydantic" not in str(caught.value)


def test_a_model_that_does_not_fit_is_one_line_and_nothing_is_written(folder, model_folder, monkeypatch):
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "50000")
    ran = ended(
        start(
            *command(folder, f"vllm:{model_folder}", "big.csv", **OPTIONS),
            env=home(folder),
        ),
        timeout=300,
    )
    assert ran.code == 2
    assert "The model doesn't fit" in ran.err.splitlines()[-1]
    assert not (folder / "big.csv").exists()
