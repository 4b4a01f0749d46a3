"""The wheel, in an environment of its own, far from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.embedded
def test_the_wheel_runs_the_demo_far_from_the_checkout(tmp_path):
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("sheetjudge-*.whl")
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    constraints = ROOT / ".ci" / "constraints.txt"
    run(python, "-m", "pip", "install", "--quiet", "--constraint", constraints, f"{wheel}[local]", cwd=tmp_path)
    command = tmp_path / "venv" / "bin" / "sheetjudge"
    result = json.loads(run(command, "demo", "--judge", "fake", "--json", cwd=tmp_path))
    assert result["exit_code"] == 0
    assert result["rows"] == 24
    (tmp_path / "table.csv").write_text("Text\nThe lamp is on the table.\n")
    wanted = ("table.csv", "--rubric", "Is it clear?", "--judge", "embedded", "--out", "out.csv")
    run(command, "score", *wanted, cwd=tmp_path)
    assert ",ok" in (tmp_path / "out.csv").read_text()
    assert "research-proposal" in run(command, "rubric", "list", cwd=tmp_path)
    look = "from sheetjudge.cli.demo_page import sidebar_project; print(sidebar_project().names())"
    assert "Code.js" in run(python, "-c", look, cwd=tmp_path)
    assert any(tmp_path.glob("venv/lib/*/site-packages/sheetjudge/sandbox/playground/static/page.html"))
