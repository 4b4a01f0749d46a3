"""Standard output and standard error that go nowhere, and signals in a command that has no run: each verb ends as its
work did, says in one line what it couldn't write, and leaves nothing half-done."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ops.scoring import ROOT, JudgeServer, ended, inside, read_csv, send, start, write_rubric, write_table

LABELLED = ROOT / "examples" / "labelled.csv"
PEOPLE = ("--human", "Ana", "--rubric", "research-proposal")
RUBRIC = ("--rubric", "Is the answer clear?", "--judge", "fake")
FULL = pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="no /dev/full here")


@contextmanager
def nobody():
    """The write end of a pipe that nobody reads any more."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stream:
        yield stream


@contextmanager
def full():
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        yield stream


@contextmanager
def closed():
    """Nothing at all: the descriptor isn't open in the process."""
    yield None


def run(*args, **streams):
    """The command with these streams in place of its own."""
    gone = [1 if name == "stdout" else 2 for name, stream in streams.items() if stream is None]

    def close():
        for number in gone:
            os.close(number)

    return ended(start(*args, preexec_fn=close, **{name: s for name, s in streams.items() if s is not None}))


def job_file(tmp_path):
    write_rubric(tmp_path)
    write_table(tmp_path / "table.csv", 5)
    job = tmp_path / "job.yaml"
    job.write_text("table: table.csv\nrubric: rubric.yaml\njudge: fake\nout: out.csv\n", encoding="utf-8")
    return job


def commands(tmp_path):
    """A command of each kind, and the file that it writes."""
    out, table = tmp_path / "out.csv", write_table(tmp_path / "table.csv", 5)
    return {
        "score": (("score", table, *RUBRIC, "--out", out), out),
        "rank": (("rank", table, *RUBRIC, "--out", out), out),
        "run": (("run", job_file(tmp_path)), out),
        "label": (("label", LABELLED, "--out", out), out),
        "report": (("report", LABELLED, *PEOPLE, "--out", out), out),
        "agree": (("agree", LABELLED, *PEOPLE), None),
    }


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        pytest.param("score", full, marks=FULL),
        ("rank", nobody),
        ("run", closed),
        pytest.param("label", full, marks=FULL),
        ("report", nobody),
        ("agree", closed),
    ],
)
def test_words_that_nobody_can_hear_dont_keep_a_command_from_its_work(tmp_path, verb, words):
    args, out = commands(tmp_path)[verb]
    with words() as stderr:
        ran = run(*args, stderr=stderr)
    assert ran.code == 0
    assert out is None or out.is_file()


def test_words_that_nobody_can_hear_any_more_dont_end_a_run(tmp_path):
    """The reader of standard error goes while the calls are under way, and then the run is asked to stop."""
    write_table(tmp_path / "table.csv", 40)
    read, write = os.pipe()
    with JudgeServer(latency=0.05) as server:
        with os.fdopen(write, "w") as stderr:
            process = start(
                "score", tmp_path / "table.csv", "--rubric", write_rubric(tmp_path), "--judge", f"{server.url}#m",
                "--out", tmp_path / "out.csv", "--concurrency", 4, stderr=stderr,
            )  # fmt: skip
        server.wait_for_calls(8)
        os.close(read)
        send(process, signal.SIGINT)
        ran = ended(process)
        assert ran.code == 3
        rows = read_csv(tmp_path / "out.csv")
        assert len(rows) == 40
        assert sum(row["Status"] == "ok" for row in rows) == server.calls


OUTPUTS = {
    "agree": ("agree", LABELLED, *PEOPLE),
    "agree --json": ("agree", LABELLED, *PEOPLE, "--json"),
    "report": ("report", LABELLED, *PEOPLE),
    "export": ("export", LABELLED, "--prompt", "Ana", "--answer", "Title", "--preferences", "-"),
    "label": ("label", LABELLED, "--out", "-"),
    "probe": ("probe", LABELLED, *RUBRIC, "--read", "Title", "--attacks", "--rows", 2, "--json"),
    "rubric list": ("rubric", "list"),
    "rubric show": ("rubric", "show", "essay"),
    "rubric schema": ("rubric", "schema"),
    "run --schema": ("run", "--schema"),
    "runs": ("runs", "list"),
    "schedule": ("schedule", ROOT / "examples" / "nightly.yaml"),
    "version": ("--version",),
}


@pytest.mark.parametrize(
    ("verb", "place"),
    [
        *[pytest.param(verb, full, marks=FULL) for verb in OUTPUTS if verb not in ("label", "agree")],
        ("label", closed),
        ("agree", closed),
    ],
)
def test_output_that_finds_no_place_is_one_line(verb, place):
    with place() as stdout:
        ran = run(*OUTPUTS[verb], stdout=stdout)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert "Exception ignored" not in ran.err
    assert ran.err.splitlines()[-1].startswith("sheetjudge: ")


@pytest.mark.parametrize("verb", ["agree --json", "probe", "run --schema"])
def test_a_reader_that_has_gone_changes_no_exit_code(verb):
    with nobody() as stdout:
        ran = run(*OUTPUTS[verb], stdout=stdout)
    assert ran.code == inside(*OUTPUTS[verb]).code == 0
    assert "sheetjudge: " not in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_without_a_run_leaves_nothing_behind_when_it_is_ended(tmp_path, number):
    table, out = tmp_path / "table.csv", tmp_path / "out.csv"
    write_table(table, [[f"{n}", f"text {n}", f"{n % 5}"] for n in range(20_000)], ("ID", "Answer", "Score"))
    process = start("label", table, "--score", "Score", "--out", out)
    while process.poll() is None and not list(tmp_path.glob(".out*.part")):
        pass
    send(process, number)
    ran = ended(process)
    assert (ran.code, ran.err.splitlines()[-1:]) == (3, ["sheetjudge: Interrupted."])
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_a_closed_terminal_ends_a_run_as_ctrl_c_does(tmp_path):
    write_table(tmp_path / "table.csv", 100)
    command = (
        "rank", tmp_path / "table.csv", "--rubric", write_rubric(tmp_path), "--out", tmp_path / "out.csv",
        "--concurrency", 4, "--comparisons", 0, "--judge",
    )  # fmt: skip
    with JudgeServer(latency=0.05) as server:
        process = start(*command, f"{server.url}#m")
        server.wait_for_calls(10)
        send(process, signal.SIGHUP)
        assert ended(process).code == 3
        assert ended(start(*command, f"{server.url}#m")).code == 0
        assert server.calls == 100, "what was in flight at the signal was heard and kept"
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out.csv"]


def test_a_run_that_is_to_outlive_its_terminal_does(tmp_path):
    write_table(tmp_path / "table.csv", 40)
    with JudgeServer(latency=0.02) as server:
        process = start(
            "score", tmp_path / "table.csv", "--rubric", write_rubric(tmp_path), "--judge", f"{server.url}#m",
            "--out", tmp_path / "out.csv", "--concurrency", 2,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
        )  # fmt: skip
        server.wait_for_calls(4)
        send(process, signal.SIGHUP)
        assert ended(process).code == 0


def test_a_second_interrupt_ends_jobs_at_once(tmp_path):
    job = job_file(tmp_path)
    with JudgeServer(latency=300) as server:
        job.write_text(job.read_text("utf-8").replace("fake", f"{server.url}#m"), encoding="utf-8")
        process = start("run", job)
        server.wait_for_calls(1)
        send(process, signal.SIGINT)
        send(process, signal.SIGTERM)
        ran = ended(process)
    assert ran.code == 3
    assert "Traceback" not in ran.err
    assert not (tmp_path / "out.csv").exists()
