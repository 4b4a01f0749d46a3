"""What the README and the examples say is true: their commands run, their rubrics and settings load."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sheetjudge.core.rubric_file import parse_rubric
from sheetjudge.ops.settings import load_settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "examples/README.md", "appscript/SETUP.md", "appscript/README.md")


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    return [line for d in DOCUMENTS for block in blocks(d, "console") for line in block.strip().splitlines()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands read, and `sheetjudge` on its own path."""
    folder = tmp_path_factory.mktemp("documents")
    for name in ("examples", "rubrics"):
        shutil.copytree(ROOT / name, folder / name)
    program = folder / "bin" / "sheetjudge"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from sheetjudge.cli import main; main()" "$@"\n')
    program.chmod(0o755)
    return folder


def test_there_are_commands_to_run() -> None:
    assert len(commands()) >= 10


@pytest.mark.parametrize("command", commands())
def test_each_command_runs(command: str, place: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SHEETJUDGE_HOME": str(place / "home"),
        # The commands are what is tried here, not the embedded judge, which they would ask.
        "SHEETJUDGE_JUDGE": "fake",
    }
    shell = ["sh", "-c", command]
    done = subprocess.run(shell, cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    out = re.search(r"--out (\S+)", command)
    assert (place / out[1]).is_file() if out else done.stdout.strip()


def test_rubrics_in_the_readme_are_rubrics() -> None:
    found = [parse_rubric(block, "README.md") for block in blocks("README.md", "yaml")]
    assert found


def test_settings_in_the_readme_are_settings(tmp_path: Path) -> None:
    (block,) = blocks("README.md", "toml")
    (tmp_path / "config.toml").write_text(block)
    settings = load_settings({"SHEETJUDGE_HOME": str(tmp_path)})
    assert settings.judge == tomllib.loads(block)["judge"]


def test_links_within_the_repository_lead_somewhere() -> None:
    for document in DOCUMENTS:
        folder = (ROOT / document).parent
        targets = re.findall(r"\]\(([^)#:]+)\)", (ROOT / document).read_text("utf-8"))
        assert [t for t in targets if not (folder / t).exists()] == []


def test_every_proposal_has_a_grade() -> None:
    def column(name: str, header: str) -> list[str]:
        with (ROOT / "examples" / name).open(encoding="utf-8", newline="") as file:
            return [row[header] for row in csv.DictReader(file)]

    ids = column("proposals.csv", "ID")
    assert len(ids) == len(set(ids)) == 24
    assert column("proposals_grades.csv", "ID") == ids
    assert all(0 <= float(grade) <= 100 for grade in column("proposals_grades.csv", "Grade"))
