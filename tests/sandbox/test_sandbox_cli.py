from __future__ import annotations

import json
import re
import signal
import subprocess
import sys

import pytest
import requests
from click.testing import CliRunner

from sheetjudge.cli.sandbox import sandbox as command
from sheetjudge.errors import TableError


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_serves_tables_until_it_is_stopped(tmp_path, as_json):
    table = tmp_path / "essays.csv"
    table.write_text('\ufeffid,Essay\r\n007,"two\nlines"\r\n', encoding="utf-8")
    credentials = tmp_path / "credentials.json"
    program = "from sheetjudge.cli.sandbox import sandbox; sandbox()"
    arguments = ["--port", "0", "--credentials", str(credentials), "--load", str(table)] + ["--json"] * as_json
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, bufsize=1
    ) as running:
        said = json.loads(running.stdout.readline()) if as_json else None
        lines = "" if as_json else "".join(running.stdout.readline() for _ in range(4))
        url = said["spreadsheets"]["essays"] if said else re.search(r"essays: (http://\S+)", lines).group(1)
        page = requests.get(url, timeout=60).text
        assert json.loads(credentials.read_text())["type"] == "service_account"
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=60) == 0
    assert "007" in page
    assert "two\nlines" in page


def test_a_title_gives_the_terminal_no_commands(tmp_path):
    table = tmp_path / "a\x1b[2Jb.csv"
    table.write_text("id\n1\n", encoding="utf-8")
    program = "from sheetjudge.cli.sandbox import sandbox; sandbox()"
    arguments = ["--port", "0", "--credentials", str(tmp_path / "c.json"), "--load", str(table)]
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, bufsize=1
    ) as running:
        lines = "".join(running.stdout.readline() for _ in range(4))
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=60) == 0
    assert "a\ufffd[2Jb: http" in lines
    assert "\x1b" not in lines


def test_a_port_in_use_and_a_table_that_is_none(tmp_path, one_google):
    port = one_google.base_url.rsplit(":", 1)[1]
    taken = CliRunner().invoke(command, ["--port", port, "--credentials", str(tmp_path / "c.json")])
    assert "can't be listened on" in str(taken.exception)
    assert not (tmp_path / "c.json").exists()
    table = tmp_path / "no-table.pdf"
    table.write_bytes(b"%PDF")
    broken = CliRunner().invoke(
        command, ["--port", "0", "--credentials", str(tmp_path / "c.json"), "--load", str(table)]
    )
    assert isinstance(broken.exception, TableError)


def test_a_table_that_no_sheet_could_hold_is_refused_in_words(tmp_path):
    table = tmp_path / "long.csv"
    table.write_text("Text\n" + "x" * 50_001 + "\n", encoding="utf-8")
    refused = CliRunner().invoke(
        command, ["--port", "0", "--credentials", str(tmp_path / "c.json"), "--load", str(table)]
    )
    assert isinstance(refused.exception, TableError)
    assert "long.csv doesn't fit into a Google Sheet: Your input contains more than the maximum of 50000" in str(
        refused.exception
    )
