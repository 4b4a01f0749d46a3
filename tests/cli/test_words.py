"""What a person reads on the terminal: words about a table, and no commands from it."""

from __future__ import annotations

import json

import pytest

from tests.ops.scoring import inside, write_rubric, write_table
from tests.servers.chat_server import ChatServer, Reply, chat

EVIL = "\x1b]0;owned\x07 \x1b[2J \x9b31m \u202eback \x7f"


def commands_in(text: str) -> set[str]:
    return {c for c in text if c not in "\n\t" and not c.isprintable()}


@pytest.fixture
def evil_table(tmp_path):
    return write_table(tmp_path / "table.csv", [[f"A{EVIL}", "Some text."]], ("ID", f"An{EVIL}swer"))


def test_a_cell_and_a_header_give_the_terminal_no_commands(tmp_path, evil_table):
    out = tmp_path / "out.csv"
    ran = inside("score", evil_table, "--rubric", write_rubric(tmp_path), "--judge", "fake", "--out", out)
    assert ran.code == 0
    assert "row 2  A" in ran.err, "the row is named by its first cell"
    assert commands_in(ran.err) == set()
    assert "\x1b[2J" in out.read_text(encoding="utf-8"), "the file keeps what the cell holds"


def test_neither_does_an_error(evil_table):
    ran = inside("score", evil_table, "--rubric", "Is it\x1b[2J kind?", "--read", f"x{EVIL}", "--judge", "fake")
    assert ran.code == 2
    assert commands_in(ran.err) == set()
    assert "no column" in ran.err


def test_json_escapes_them_and_loses_none(tmp_path, evil_table):
    ran = inside("score", evil_table, "--rubric", write_rubric(tmp_path), "--judge", "fake", "--json")
    assert commands_in(ran.out) == set()
    assert json.loads(ran.out)["best"][0]["title"] == f"A{EVIL}"


def test_a_rubric_s_mistakes_are_told_without_them(tmp_path):
    rubric = write_rubric(tmp_path, 'name: x\ncriteria:\n  - {ask: Is it so?, "we\\e[2Jight": 2}\n')
    ran = inside("rubric", "check", rubric)
    assert ran.code == 2
    assert commands_in(ran.said) == set()


def test_a_note_about_the_table_is_said_once(tmp_path):
    table = tmp_path / "table.csv"
    table.write_bytes("Name;Text\r\nZoë;Ça va\r\n".encode("cp1252"))
    ran = inside("score", table, "--rubric", write_rubric(tmp_path), "--judge", "fake")
    assert ran.err.count("cp1252") == 1
    assert ran.err.count("semicolons") == 1


@pytest.mark.parametrize("args", [[], ["rubric"], ["journal"]], ids=str)
def test_no_command_shows_the_page_of_help(args):
    ran = inside(*args)
    assert ran.code == 2
    assert ran.err.startswith("Usage: ")
    assert "\nCommands:\n" in ran.err


def test_a_reply_that_was_cut_off_says_what_gives_it_room(tmp_path):
    with ChatServer(lambda _body, _number: Reply(body=chat("", finish_reason="length"))) as server:
        ran = inside(
            "score", write_table(tmp_path / "t.csv", 1), "--rubric", write_rubric(tmp_path), "--judge",
            f"{server.url}#m", "--out", tmp_path / "out.csv",
        )  # fmt: skip
    assert ran.code == 1
    assert "--max-tokens" in ran.err
    assert f"The results are in {tmp_path / 'out.csv'}." in ran.err


def test_one_is_not_many(tmp_path):
    ran = inside("score", write_table(tmp_path / "t.csv", 1), "--rubric", write_rubric(tmp_path), "--judge", "fake")
    assert "1 row in" in ran.err
    assert "1 call (0 retries)" in ran.err
