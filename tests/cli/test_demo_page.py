"""The page that `sheetjudge demo` serves after its job in the terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

import sheetjudge
from sheetjudge.cli.demo_page import is_wanted

pytest.importorskip("uvicorn")


def test_the_page_is_served_until_it_is_stopped(tmp_path):
    command = [sys.executable, "-P", "-m", "sheetjudge", "demo", "--judge", "fake", "--json", "--page", "--no-browser"]
    package = str(Path(sheetjudge.__file__).parents[1])
    environment = {**os.environ, "SHEETJUDGE_HOME": str(tmp_path), "PYTHONPATH": package}
    for name in ("json", "click"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('run from the folder of somebody else')")
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said = ""
            while "Stop it with Ctrl-C" not in said:
                line = process.stderr.readline()
                assert line, said
                said += line
            address = re.search(r"http://127\.0\.0\.1:\d+/playground/\S+", said)[0]
            page = requests.get(address, timeout=30)
            assert page.status_code == 200
            assert "Proposals" in page.text
            assert requests.get(address.split("?")[0], timeout=30).status_code == 403
        finally:
            process.send_signal(signal.SIGINT)
        told, rest = process.communicate(timeout=60)
    assert process.returncode in (0, 1)
    assert '"spearman"' in told
    assert "Stopped." in rest
    assert "Traceback" not in rest


def test_without_a_terminal_there_is_no_page_unless_it_is_asked_for(monkeypatch):
    assert not is_wanted(None)
    assert is_wanted(asked=True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.delenv("CI", raising=False)
    assert is_wanted(None)
    assert not is_wanted(asked=False)
    monkeypatch.setenv("CI", "1")
    assert not is_wanted(None)
