"""`examples/Dockerfile`: clean by hadolint, with all files that an installation needs, and commands that there are.

Nothing here builds the image: that needs Docker.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.ops.scoring import ROOT, inside

FILE = ROOT / "examples" / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """(name, rest) of each instruction; a line that ends in a backslash goes on."""
    text = "\n".join(line for line in FILE.read_text().splitlines() if not line.startswith("#"))
    lines = (line.strip() for line in text.replace("\\\n", " ").splitlines())
    return [(line.split()[0], line.split(None, 1)[1]) for line in lines if line]


def copied() -> list[tuple[list[str], str]]:
    """(sources, target) of each COPY from this folder."""
    found = [shlex.split(rest) for name, rest in instructions() if name == "COPY" and not rest.startswith("--from")]
    return [(parts[:-1], parts[-1]) for parts in found]


@pytest.mark.skipif(shutil.which("hadolint", path=str(Path(sys.executable).parent)) is None, reason="needs hadolint")
def test_hadolint_finds_nothing():
    hadolint = Path(sys.executable).parent / "hadolint"
    ran = subprocess.run([hadolint, "--no-color", FILE], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_everything_that_is_copied_is_there_and_not_ignored():
    allowed = (ROOT / "examples" / "Dockerfile.dockerignore").read_text().split()
    assert allowed[0] == "*"
    for sources, _ in copied():
        for source in sources:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in allowed


def test_it_runs_as_nobody_in_particular_and_holds_no_secret():
    said = dict(instructions())
    assert said["USER"] == "10001"
    assert not re.search(r"key\s*=|token|password|sk-", " ".join(rest for name, rest in instructions()), re.IGNORECASE)


def test_its_commands_are_commands():
    said = dict(instructions())
    command = json.loads(said["CMD"])
    assert json.loads(said["ENTRYPOINT"]) == ["sheetjudge"]
    comments = "\n".join(line.removeprefix("#") for line in FILE.read_text().splitlines() if line.startswith("#"))
    (arguments,) = re.findall(r"--args='([^']+)'", comments)
    (worker,) = re.findall(r"sheetjudge (worker .*?)\n *\n", comments.replace("\\\n", " "), re.DOTALL)
    for words in (command, arguments.split(","), shlex.split(worker)):
        ran = inside(*words, "--help")
        assert ran.code == 0, ran.err
    # An option that there isn't is told of before the help that is asked for last.
    assert inside("serve", "--no-such-option", "--help").code == 2


@pytest.mark.slow
def test_what_is_copied_is_enough_for_an_installation(tmp_path):
    source, wheels = tmp_path / "src", tmp_path / "wheels"
    source.mkdir()
    for sources, target in copied():
        for one in sources:
            into = source / target
            if (ROOT / one).is_dir():
                shutil.copytree(ROOT / one, into, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                into.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / one, into)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, source]
    ran = subprocess.run([str(part) for part in pip], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    (wheel,) = wheels.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    wanted = (
        "appscript/Code.js",
        "appscript/.claspignore",
        "rubrics/essay.yaml",
        "service/queue.py",
        "demo/proposals.csv",
    )
    assert {f"sheetjudge/{name}" for name in wanted} <= set(names)
