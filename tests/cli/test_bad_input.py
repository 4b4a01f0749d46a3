"""Bad input, one by one: one line that says what to do, exit code 2, nothing written."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
from pathlib import Path

import pytest

from sheetjudge.sandbox import start as start_sandbox
from tests.ops.scoring import Ran, ended, inside, start, write_table
from tests.servers.chat_server import ChatServer, closed_port, error

KEY = "sk-secret-0123456789abcdef"
WORDS = "Is the answer clear and concise?"


@pytest.fixture
def table(tmp_path):
    return write_table(tmp_path / "table.csv", 3)


def check_refused(ran: Ran, *says: str, secret: str = KEY) -> None:
    assert ran.code == 2, ran.said
    assert len(ran.error_lines) == 1, ran.err
    line = ran.error_lines[0]
    assert line.startswith("sheetjudge: ")
    for text in says:
        assert text in line
    assert "Traceback" not in ran.said
    assert secret not in ran.said
    assert ran.out == ""


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and "home" not in p.parts}


def refused(tmp_path, *args, says=(), env=None, **changes):
    """Run `score` on bad input and check that it is refused and that no file has changed or come."""
    before = files_in(tmp_path)
    # Bytecode and the like are none of the table's business: the home is elsewhere (see the tests' conftest).
    ran = inside("score", *args, env=env, **changes)
    check_refused(ran, *says)
    assert files_in(tmp_path) == before
    return ran


# --- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, ["table.csv", "doesn't exist", "Check the name"]),
        (b"", ["table.csv is empty", "row of headers"]),
        (b"ID,Answer\n", ["table.csv has a header but no rows", "Add at least one row"]),
        (b"\xff\xfe\x00\xd8\x00\x00", ["table.csv"]),
        (b"PK\x03\x04 not a table \x00\x00", ["table.csv"]),
    ],
    ids=["missing", "empty", "header only", "no text", "not a table"],
)
def test_a_table_that_is_none(tmp_path, content, says):
    path = tmp_path / "table.csv"
    if content is not None:
        path.write_bytes(content)
    refused(tmp_path, path, "--rubric", WORDS, "--judge", "fake", "--out", tmp_path / "out.csv", says=says)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("table.docx", ["'.docx'", "no kind of table"]),
        ("table", ["no ending"]),
        ("folder", ["is a folder"]),
        ("table.xlsx", ["table.xlsx"]),
        ("table.parquet", ["table.parquet"]),
        ("table.jsonl", ["table.jsonl"]),
    ],
)
def test_a_file_that_is_something_else(tmp_path, name, says):
    path = tmp_path / name
    path.mkdir() if name == "folder" else path.write_text("plain words\n")
    refused(tmp_path, path, "--rubric", WORDS, "--judge", "fake", "--out", tmp_path / "out.csv", says=says)


def test_an_empty_standard_input(tmp_path):
    refused(tmp_path, "-", "--rubric", WORDS, "--judge", "fake", stdin="", says=["standard input is empty"])


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--read", "Anwser"], ["no column 'Anwser'", "Did you mean 'Answer'?"]),
        (
            ["--rubric", "Does it match the {Ideal text} given there?"],
            ["no column 'Ideal text'", "columns are ID, Answer"],
        ),
        (["--tab", "Sheet2"], ["no tabs", "Leave --tab out"]),
        (["--header-row", "9"], ["table.csv"]),
        (["--encoding", "klingon"], ["klingon"]),
        (["--limit", "0"], ["--limit", "--help"]),
        (["--format", "pdf"], ["pdf", "--help"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) and value[0].startswith("--") else "",
)
def test_what_the_table_does_not_have(tmp_path, table, args, says):
    rubric = [] if "--rubric" in args else ["--rubric", WORDS]
    refused(tmp_path, table, *rubric, "--judge", "fake", "--out", tmp_path / "out.csv", *args, says=says)


# --- the rubric -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, ["rubric.yaml"]),
        ("", ["rubric.yaml"]),
        ("name: A\ncriteria:\n  - id: a\n    ask: Is it?\n    scle: 1-5\n", ["line 5", "scle", "scale"]),
        ("name: A\ncriteria:\n  - id: a\n    ask: 'Is it\n", ["line"]),
        ("name: A\ncriteria:\n  - id: a\n    ask: Is it?\n    scale: 5-1\n", ["line 5", "scale"]),
        ("name: A\ncriteria:\n  - id: a\n    ask: Is {Nothing} it?\n", ["no column 'Nothing'", "'a'"]),
        ("name: A\ncriteria:\n  - id: a\n    check: {wrods: {min: 3}}\n", ["line 4", "wrods", "words"]),
    ],
    ids=["missing", "empty", "unknown key", "not YAML", "wrong scale", "unknown column", "wrong check"],
)
def test_a_wrong_rubric(tmp_path, table, content, says):
    path = tmp_path / "rubric.yaml"
    if content is not None:
        path.write_text(content)
    refused(tmp_path, table, "--rubric", path, "--judge", "fake", "--out", tmp_path / "out.csv", says=says)


def test_an_unknown_shipped_rubric(tmp_path, table):
    refused(tmp_path, table, "--rubric", "esay", "--judge", "fake", says=["'esay'", "Did you mean 'essay'?"])


def test_no_rubric_at_all(tmp_path, table):
    refused(tmp_path, table, "--judge", "fake", says=["--rubric", "--help"])


# --- the judge --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--judge", "opnai:gpt-5-mini"], ["'opnai:gpt-5-mini'", "Did you mean openai"]),
        (["--judge", "openai"], ["names no model"]),
        (["--judge", "openai:gpt-5-mini"], ["OPENAI_API_KEY"]),
        (["--judge", "http://127.0.0.1:1/v1"], ["names no model", "#MODEL"]),
        (["--judge", "fake", "--judge-option", "speed=9"], ["'speed'"]),
        (["--judge", "fake", "--judge-option", "speed"], ["KEY=VALUE"]),
        (["--judge", "fake", "--judge", "fake"], ["named twice", "--samples"]),
        (["--judge", "fake", "--price", "cheap"], ["--price", "dollars per million tokens"]),
        (["--judge", "fake", "--price", "1"], ["--price"]),
        (["--judge", "http://127.0.0.1:1/v1#m", "--price", "-1,2"], ["--price"]),
        (["--judge", "http://127.0.0.1:1/v1#m", "--judge-option", "sped=9"], ["'sped'"]),
        (["--judge", "http://127.0.0.1:1/v1#m", "--budget", "1"], ["price", "unknown", "--budget-tokens"]),
        (["--judge", "fake", "--budget", "-1"], ["--budget"]),
        (["--judge", "fake", "--budget", "nan"], ["--budget"]),
        (["--judge", "fake", "--timeout", "nan"], ["--timeout"]),
        (["--judge", "fake", "--rpm", "inf"], ["--rpm"]),
        (["--judge", "fake", "--samples", "0"], ["--samples"]),
    ],
    ids=" ".join,
)
def test_a_judge_that_cannot_be(tmp_path, table, args, says):
    ran = inside(
        "score", table, "--rubric", WORDS, "--out", tmp_path / "out.csv", *args,
        env={"OPENAI_API_KEY": ""},
    )  # fmt: skip
    check_refused(ran, *says)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("status", "message", "says"),
    [
        (401, f"Incorrect API key provided: {KEY}.", ["TEST_KEY"]),
        (403, "You don't have access.", ["127.0.0.1"]),
        (404, "The model `m` does not exist.", ["m"]),
        (402, "Insufficient balance.", ["balance"]),
    ],
)
def test_a_judge_that_answers_nobody(tmp_path, table, status, message, says):
    with ChatServer(lambda *_: error(status, message)) as server:
        refused(
            tmp_path, table, "--rubric", WORDS, "--judge", f"{server.url}#m", "--out", tmp_path / "out.csv",
            "--judge-option", "api_key_env=TEST_KEY", env={"TEST_KEY": KEY}, says=says,
        )  # fmt: skip
        assert len(server.requests) <= 3, "one call for each row in flight at the most"


def test_a_server_that_only_fails(tmp_path, table):
    with ChatServer(lambda *_: error(500, "Broken for good.")) as server:
        refused(
            tmp_path, table, "--rubric", WORDS, "--judge", f"{server.url}#m", "--out", tmp_path / "out.csv",
            "--tries", 2, says=["Broken for good"],
        )  # fmt: skip


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/v1#m", "http://no-such-host.invalid/v1#m"])
def test_a_host_that_cannot_be_reached(tmp_path, table, address):
    with closed_port() as port:
        refused(
            tmp_path, table, "--rubric", WORDS, "--judge", address.format(port=port), "--out", tmp_path / "out.csv",
            says=["Check the address"],
        )  # fmt: skip


def test_one_broken_judge_of_a_jury(tmp_path, table):
    with closed_port() as port:
        refused(
            tmp_path, table, "--rubric", WORDS, "--judge", "fake", "--judge", f"http://127.0.0.1:{port}/v1#m",
            "--out", tmp_path / "out.csv", says=["#m", "can't be reached"],
        )  # fmt: skip


# --- sheets -----------------------------------------------------------------------------------------------------------

ROWS = [["ID", "Answer"], ["1", "One."], ["2", "Two."]]


@pytest.fixture(scope="module")
def google(tmp_path_factory):
    path = tmp_path_factory.mktemp("google") / "service-account.json"
    with start_sandbox(credentials=path) as sandbox:
        yield sandbox, path


def sheet_refused(google, url, *args, says):
    sandbox, credentials = google
    before = sandbox.spreadsheet(url).rows() if "/d/" in url else None
    ran = inside("score", url, "--rubric", WORDS, "--judge", "fake", "--credentials", credentials, *args)
    check_refused(ran, *says)
    if before is not None:
        assert sandbox.spreadsheet(url).rows() == before


def test_a_sheet_that_is_not_shared(google):
    url = google[0].load("Answers", ROWS, role=None)
    sheet_refused(google, url, says=[google[0].email, "hare"])


def test_a_sheet_that_may_only_be_read(google):
    url = google[0].load("Answers", ROWS, role="reader")
    sheet_refused(google, url, says=[google[0].email])


def test_a_tab_that_is_not_there(google):
    url = google[0].load("Answers", ROWS)
    sheet_refused(google, url, "--tab", "Sheet9", says=["Sheet9", "Sheet1"])


def test_a_spreadsheet_that_is_not_there(google):
    url = google[0].load("Answers", ROWS)
    gone = url.replace("/d/", "/d/x")
    ran = inside("score", gone, "--rubric", WORDS, "--judge", "fake", "--credentials", google[1])
    check_refused(ran)


def test_an_empty_sheet(google):
    sheet_refused(google, google[0].load("Nothing", []), says=["is empty"])


def test_a_sheet_with_headers_alone(google):
    sheet_refused(google, google[0].load("Headers", ROWS[:1]), says=["no rows"])


@pytest.mark.parametrize("content", [None, "", "{}", '{"type": "service_account"}'])
def test_credentials_that_are_none(tmp_path, google, content):
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content)
    url = google[0].load("Answers", ROWS)
    ran = inside("score", url, "--rubric", WORDS, "--judge", "fake", "--credentials", path)
    check_refused(ran, "key.json")


# --- places -----------------------------------------------------------------------------------------------------------


def test_the_table_itself_as_output(tmp_path, table):
    refused(tmp_path, table, "--rubric", WORDS, "--judge", "fake", "--out", table, says=["is the table itself"])


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("no/such/folder/out.csv", ["out.csv can't be written", "Create the folder first"]),
        ("out.docx", ["'.docx'", "Known are .csv"]),
        ("folder.csv", ["folder.csv is a folder", "Name a file in it"]),
    ],
)
def test_a_place_that_cannot_be_written(tmp_path, table, out, says):
    (tmp_path / "folder.csv").mkdir()
    refused(tmp_path, table, "--rubric", WORDS, "--judge", "fake", "--out", tmp_path / out, says=says)


def test_json_and_a_table_on_one_output(tmp_path, table):
    refused(tmp_path, table, "--rubric", WORDS, "--judge", "fake", "--json", "--out", "-", says=["--json", "--out"])


def small_files(most):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return limit


def test_a_disk_that_is_full(tmp_path):
    """A limit on the size of files stands for the end of the disk; the journal, at its own place, meets it as well."""
    table = write_table(tmp_path / "table.csv", 3000)
    before = files_in(tmp_path)
    process = start(
        "score", table, "--rubric", WORDS, "--judge", "fake", "--out", tmp_path / "out.csv",
        preexec_fn=small_files(100_000),
    )  # fmt: skip
    ran = ended(process)
    check_refused(ran)
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("rows", [600, 2000])
def test_a_disk_that_fills_with_the_output(tmp_path, rows):
    """With every answer in the journal only the output grows: it meets the end while it is written, or when closed."""
    table = write_table(tmp_path / "table.csv", rows)
    first = inside("score", table, "--rubric", WORDS, "--judge", "fake", "--json")
    assert first.code == 0
    before = files_in(tmp_path)
    process = start(
        "score", table, "--rubric", WORDS, "--judge", "fake", "--out", tmp_path / "out.csv",
        preexec_fn=small_files(40_000),
    )  # fmt: skip
    ran = ended(process)
    check_refused(ran, "out.csv can't be written", "Make room")
    assert files_in(tmp_path) == before


def test_standard_output_that_is_full(table):
    with Path("/dev/full").open("w") as full:
        for unbuffered in ("", "1"):
            env = {"PYTHONUNBUFFERED": unbuffered}
            ran = ended(start("score", table, "--rubric", WORDS, "--judge", "fake", stdout=full, env=env))
            check_refused(ran, "standard output", "No space left")


def test_a_journal_that_is_full(tmp_path):
    journal = tmp_path / "journal"
    process = start(
        "score", write_table(tmp_path / "many.csv", 2000), "--rubric", WORDS, "--judge", "fake", "--journal", journal,
        "--json", preexec_fn=small_files(250_000),
    )  # fmt: skip
    ran = ended(process)
    # Some answers were kept before: that run can be resumed.
    assert ran.code == 3
    assert "Traceback" not in ran.said
    stopped = json.loads(ran.out)["stopped"]
    assert str(journal) in stopped
    assert "Free some space" in stopped


def test_a_file_that_is_no_journal(tmp_path, table):
    journal = tmp_path / "notes.txt"
    journal.write_text("These are my notes, and no database.\n" * 40)
    refused(
        tmp_path, table, "--rubric", WORDS, "--judge", "fake", "--journal", journal, says=["not a sheetjudge journal"]
    )


def test_somebody_else_s_database_as_journal(tmp_path, table):
    journal = tmp_path / "photos.sqlite3"
    with sqlite3.connect(journal) as db:
        db.execute("CREATE TABLE photos (name TEXT)")
    db.close()
    refused(
        tmp_path, table, "--rubric", WORDS, "--judge", "fake", "--journal", journal, says=["not a sheetjudge journal"]
    )


def test_a_journal_in_a_place_that_is_none(tmp_path, table):
    refused(tmp_path, table, "--rubric", WORDS, "--judge", "fake", "--journal", tmp_path, says=["journal"])
    refused(tmp_path, table, "--rubric", WORDS, "--judge", "fake", "--journal", table / "x", says=["journal"])


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("concurrency = 8\njudge = fake\n", ["config.toml", "line 2", "Correct that line"]),
        ("jugde = 'fake'\n", ["jugde", "judge"]),
        ("concurrency = 'many'\n", ["concurrency", "number"]),
        ("concurrency = 2.5\n", ["concurrency", "whole number"]),
        ("timeout = true\n", ["timeout"]),
        ("judge = 3\n", ["judge", "text"]),
        ("providers = 3\n", ["providers"]),
        ("[providers.opnai]\n", ["providers.opnai"]),
        ("[providers.openai]\nbase = 'x'\n", ["providers.openai", "'base'"]),
        ("[providers.openai]\nbase_url = 3\n", ["providers.openai", "base_url", "text"]),
        ("[providers.openai]\nprices = {m = 'free'}\n", ["providers.openai", "price"]),
        ("[providers.openai]\nheaders = {X = 3}\n", ["providers.openai", "headers"]),
        ('[providers.openai]\nheaders = {X = "a\\nb"}\n', ["providers.openai", "headers", "one line"]),
        ("[providers.openai]\nsupports = {format = 'xml'}\n", ["providers.openai", "format", "xml"]),
        ("[providers.openai]\nsupports = {logprobs = 'no'}\n", ["providers.openai", "logprobs"]),
        ("[providers.openai]\nsupports = {schema = true}\n", ["providers.openai", "'schema'", "format"]),
        ("journal = '~nobody-of-this-name/j'\n", ["journal", "whole path"]),
        (f"timeout = {'9' * 5000}\n", ["config.toml", "not valid TOML"]),
        (f"judge = {'[' * 3000}\n", ["config.toml", "not valid TOML"]),
    ],
)
def test_a_wrong_configuration_file(tmp_path, table, text, says):
    home = Path(os.environ["SHEETJUDGE_HOME"])
    (home / "config.toml").write_text(text)
    refused(tmp_path, table, "--rubric", WORDS, "--judge", "fake", says=says)


def test_a_configuration_file_may_begin_with_the_mark_of_notepad(tmp_path, table):
    home = Path(os.environ["SHEETJUDGE_HOME"])
    (home / "config.toml").write_text("\ufeffjudge = 'fake'\nconcurency = 3\n")
    refused(tmp_path, table, "--rubric", WORDS, says=["concurency", "concurrency"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("CONCURRENCY", "many"), ("CONCURRENCY", "0"), ("CONCURRENCY", "100000"), ("TIMEOUT", "-1"), ("TIMEOUT", "nan")],
)
def test_a_wrong_environment_variable(tmp_path, table, name, value):
    variable = f"SHEETJUDGE_{name}"
    refused(tmp_path, table, "--rubric", WORDS, "--judge", "fake", env={variable: value}, says=[variable, value])


def test_a_home_that_cannot_be_made(tmp_path, table):
    refused(
        tmp_path, table, "--rubric", WORDS, "--judge", "fake", "--journal", tmp_path.parent / "journal-elsewhere",
        env={"SHEETJUDGE_HOME": str(table / "home")}, says=["SHEETJUDGE_HOME"],
    )  # fmt: skip


def test_an_unknown_command():
    check_refused(inside("scroe"), "'scroe'", "Did you mean 'score'?")


def test_an_unknown_option(table):
    check_refused(inside("score", table, "--rubrik", WORDS), "--rubrik", "--help")


def test_likelihood_of_a_judge_that_is_not_asked_so(tmp_path, table):
    before = files_in(tmp_path)
    with ChatServer() as server:
        ran = inside(
            "score", table, "--rubric", WORDS, "--judge", f"{server.url}#m", "--method", "likelihood",
            "--out", tmp_path / "out.csv",
        )  # fmt: skip
    check_refused(ran, "gives no probabilities of given text", "--method chat")
    assert files_in(tmp_path) == before
