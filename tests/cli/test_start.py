"""What a command loads before it does anything: heavy packages come in where they are used."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.ops.scoring import ROOT, write_table

HEAVY = {"pandas", "numpy", "openai", "gspread", "google", "llama_cpp", "openpyxl", "pyarrow", "rich", "aiohttp"}
CODE = """
import sys
from sheetjudge.cli import main
try:
    main()
except SystemExit as end:
    print(end.code)
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded(*args):
    ran = subprocess.run(
        [sys.executable, "-c", CODE, *map(str, args)],
        capture_output=True, text=True, check=True, cwd=ROOT, env=dict(os.environ),
    )  # fmt: skip
    *_, code, modules = ran.stdout.splitlines()
    assert code == "0", ran.stderr
    return set(modules.split())


@pytest.mark.parametrize("args", [["--help"], ["--version"]], ids=" ".join)
def test_help_loads_nothing_heavy(args):
    assert loaded(*args) & (HEAVY | {"asyncio", "yaml", "sqlite3", "tenacity"}) == set()


def test_help_of_score_loads_nothing_heavy():
    assert loaded("score", "--help") & HEAVY == set()


def test_a_csv_and_a_judge_that_is_none_need_none_of_them(tmp_path):
    table = write_table(tmp_path / "t.csv", 2)
    run = ("score", table, "--rubric", "Is it clear and short?", "--judge", "fake", "--out", tmp_path / "out.csv")
    assert loaded(*run) & HEAVY == set()
