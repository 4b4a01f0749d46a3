"""Whole runs with vLLM: in process, at a server and on Ray the same; what reaches the terminal."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import pytest

from tests.ops.scoring import ended, start
from tests.vllm.asking import OPTIONS
from tests.vllm.commands import command, folder, home

__all__ = ["folder"]
# Expectations over the marks of a scale from 1 to 5.
NOISE = 0.02


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


def test_of_the_engine_s_start_only_its_line_is_told(here):
    lines = here.err.splitlines()
    assert lines[2].startswith("Starting vllm:")
    assert lines[3].startswith("Started vllm:")
    assert lines[3].rstrip(".").endswith(" s")
    assert not [line for line in lines if "Triton" in line or "INFO" in line or "WARNING" in line]
    assert here.out == ""


@pytest.mark.usefixtures("here")
def test_a_server_gives_the_same_verdicts(server, folder):
    done(folder, server, "served.csv")
    check_same(results(folder / "here.csv"), results(folder / "served.csv"))


@pytest.mark.usefixtures("here")
def test_ray_gives_the_same_verdicts_under_the_same_keys(folder, model_folder):
    pytest.importorskip("ray")
    done(folder, f"vllm:{model_folder}", "ray", "--engine", "ray", **OPTIONS)
    check_same(results(folder / "here.csv"), results(folder / "ray"))
    assert keys(folder, "here.csv") == keys(folder, "ray")


@pytest.mark.usefixtures("here")
def test_what_the_journal_answers_starts_no_engine(folder, model_folder):
    again = done(folder, f"vllm:{model_folder}", "again.csv", "--journal", folder / "here.csv.sqlite3", **OPTIONS)
    assert "Starting" not in again.err
    assert results(folder / "again.csv") == results(folder / "here.csv")
