"""What the journal spares, what it holds and what it doesn't, and two runs on one."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from sheetjudge.engine.journal import Journal
from sheetjudge.errors import SetupError
from sheetjudge.judging.asking import Asking
from sheetjudge.llm.fake import FakeModel
from tests.ops.scoring import (
    RUBRIC,
    JudgeServer,
    ended,
    hosted,
    inside,
    make_job,
    read_csv,
    run_job,
    start,
    truth,
    write_rubric,
    write_table,
)
from tests.servers.chat_server import ChatServer, Reply, chat, refuse

TWO = """\
name: Answers
criteria:
  - {id: clear, ask: "Is the answer clear?", scale: 1-5, weight: 1}
  - {id: short, ask: "Is the answer short?", scale: 1-5, weight: 1}
"""


def calls_of(tmp_path, rubric=TWO, model=None, asking=None, rows=10, **changes):
    """The calls of a run on the folder's journal."""
    model = model or FakeModel()
    job = make_job(
        write_table(tmp_path / "table.csv", rows),
        write_rubric(tmp_path, rubric),
        [model],
        journal=tmp_path / "journal",
        asking=asking,
        **changes,
    )
    result = run_job(job)
    assert result.summary.scored > 0
    return model.calls


def test_the_same_again_makes_no_call(tmp_path):
    assert calls_of(tmp_path) == 10
    assert calls_of(tmp_path) == 0


def test_half_a_character_in_a_reply_is_read_again(tmp_path):
    write_table(tmp_path / "table.csv", 3)
    verdict = {"clear": {"reason": "Half a smile: \ud83d", "score": 4}}
    # The reply's text may hold the escape, or the escape of the whole reply may.
    for number, text in enumerate((json.dumps(verdict), json.dumps(verdict, ensure_ascii=False))):
        with ChatServer(lambda *_, text=text: Reply(body=chat(text))) as server:
            command = (
                "score", tmp_path / "table.csv", "--rubric", write_rubric(tmp_path), "--judge", f"{server.url}#m",
                "--journal", tmp_path / f"journal{number}", "--out",
            )  # fmt: skip
            for out in ("first.csv", "again.csv"):
                ran = inside(*command, tmp_path / f"{number}{out}")
                assert ran.code == 0, ran.err
            assert len(server.requests) == 3
        first, again = ((tmp_path / f"{number}{out}").read_bytes() for out in ("first.csv", "again.csv"))
        assert first == again


@pytest.mark.parametrize(
    "change",
    [
        ("weight: 1}", "weight: 7}"),
        ("scale: 1-5, weight: 1}", "scale: 1-5, weight: 1, required: 3}"),
        ("statement", "statement"),
    ],
    ids=["weight", "gate", "nothing"],
)
def test_what_no_judge_sees_makes_no_call(tmp_path, change):
    calls_of(tmp_path)
    assert calls_of(tmp_path, TWO.replace(*change)) == 0


@pytest.mark.parametrize(
    "change",
    [
        ("Is the answer clear?", "Is the answer really clear?"),
        ("scale: 1-5", "scale: 1-7"),
        ("name: Answers", "name: Replies"),
        ("id: short", "id: brief"),
        ("criteria:", "about: Answers of customers.\ncriteria:"),
        ("scale: 1-5, weight: 1}", "scale: 1-5, weight: 1, levels: {1: Nobody could follow it}}"),
    ],
    ids=lambda change: change[0],
)
def test_what_a_judge_sees_is_asked_afresh(tmp_path, change):
    calls_of(tmp_path)
    assert calls_of(tmp_path, TWO.replace(*change)) == 10


def test_another_model_is_asked_afresh(tmp_path):
    calls_of(tmp_path)
    assert calls_of(tmp_path, model=FakeModel(seed=5)) == 10
    assert calls_of(tmp_path) == 0


def test_other_settings_are_asked_afresh(tmp_path):
    calls_of(tmp_path)
    assert calls_of(tmp_path, asking=Asking(max_tokens=99)) == 10
    assert calls_of(tmp_path, asking=Asking(logprobs=False)) == 10
    assert calls_of(tmp_path, asking=Asking(per_criterion=True)) == 20
    assert calls_of(tmp_path, asking=Asking(extra={"top_p": 0.5})) == 10


def test_more_samples_ask_for_the_missing_ones(tmp_path):
    assert calls_of(tmp_path, asking=Asking(samples=2)) == 20
    assert calls_of(tmp_path, asking=Asking(samples=5)) == 30
    assert calls_of(tmp_path, asking=Asking(samples=3)) == 0


def test_a_changed_row_is_asked_afresh_and_no_other(tmp_path):
    calls_of(tmp_path)
    rows = [[str(n), f"This is row-{n}. It says a little about its subject."] for n in range(10)]
    rows[4][1] += " And more."
    rows.reverse()
    model = FakeModel()
    table = write_table(tmp_path / "other.csv", rows)
    run_job(make_job(table, tmp_path / "rubric.yaml", [model], journal=tmp_path / "journal"))
    assert model.calls == 1


def test_the_same_row_twice_is_asked_once(tmp_path):
    model = FakeModel(latency=0.002)
    rows = [["Paris is the capital."], ["Rome is."], ["Paris is the capital."]] * 4
    out = tmp_path / "out.csv"
    table = write_table(tmp_path / "table.csv", rows, header=["Answer"])
    run_job(make_job(table, write_rubric(tmp_path), [model], journal=tmp_path / "journal", out=out))
    assert model.calls == 2
    scores = [row["Score"] for row in read_csv(out)]
    assert scores == [scores[0], scores[1], scores[0]] * 4


def test_a_mended_reply_is_not_paid_for_again(tmp_path):
    """A reply that could be read only on the second asking answers the first question on the next run."""

    def script(request):
        return "dunno" if len(request.messages) == 2 else None

    assert calls_of(tmp_path, model=FakeModel(script)) == 20
    assert calls_of(tmp_path, model=FakeModel(script)) == 0


def test_a_row_that_stayed_unscored_is_asked_again(tmp_path):
    def script(request):
        return "dunno" if "row-3." in request.messages[1].content else None

    assert calls_of(tmp_path, model=FakeModel(script)) == 11
    assert calls_of(tmp_path, model=FakeModel(script)) == 2
    assert calls_of(tmp_path) == 1


def test_a_kill_after_a_refused_format_loses_nothing(tmp_path):
    """What was found out about the endpoint belongs to the answers' keys, so it must not be lost either."""
    table, rubric = write_table(tmp_path / "table.csv", 100), write_rubric(tmp_path)

    class NoSchemas(JudgeServer):
        def _answer(self, _kind, row, body):
            if refused := refuse("json_schema")(body, 0):
                return refused
            content = json.dumps({"clear": {"reason": "So.", "score": truth(row)}})
            return Reply(body=chat(content))

    with NoSchemas(latency=0.01) as server:
        command = ("score", table, "--rubric", rubric, "--judge", f"{server.url}#m", "--concurrency", 4)
        process = start(*command, "--out", tmp_path / "out.csv")
        server.wait_for_calls(60)
        process.kill()
        ended(process)
        ran = ended(start(*command, "--out", tmp_path / "out.csv"))
    assert ran.code == 0
    assert server.calls <= 100 + 2 * 4 + 1


def test_a_choice_for_one_run_is_no_finding(tmp_path):
    """`logprobs=no` was this run's wish; the next run asks for them, whatever else was found out meanwhile."""
    table, rubric = write_table(tmp_path / "table.csv", 2), write_rubric(tmp_path)

    class NoTemperature(JudgeServer):
        def _answer(self, kind, row, body):
            return refuse("temperature")(body, 0) or super()._answer(kind, row, body)

    with NoTemperature() as server:
        command = ("score", table, "--rubric", rubric, "--judge", f"{server.url}#m", "--json")
        inside(*command, "--judge-option", "logprobs=no")
        count = server.calls
        assert "temperature" in server.requests[0]
        inside(*command)
        later = server.requests[count:]
    assert later
    assert all(request["logprobs"] and "temperature" not in request for request in later)


def test_two_runs_on_one_journal(tmp_path):
    """Neither fails, and each has every row; what the one has been told the other doesn't ask for twice in the end."""
    table, rubric = write_table(tmp_path / "table.csv", 150), write_rubric(tmp_path)
    with JudgeServer(latency=0.005) as server:
        command = ("score", table, "--rubric", rubric, "--judge", f"{server.url}#m", "--concurrency", 8)
        runs = [start(*command, "--out", tmp_path / f"out{n}.csv") for n in range(3)]
        for ran in map(ended, runs):
            assert ran.code == 0, ran.err
        assert 150 <= server.calls <= 450
        before = server.calls
        assert inside(*command, "--out", tmp_path / "out3.csv").code == 0
        assert server.calls == before
    tables = [read_csv(tmp_path / f"out{n}.csv") for n in range(4)]
    assert tables[0] == tables[1] == tables[2] == tables[3]
    assert [row["Score"] for row in tables[0]] == [str(truth(n)) for n in range(150)]


# --- what it holds ----------------------------------------------------------------------------------------------------

SECRET_TEXT = "xylophonequartz"


def journal_bytes(path: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(path.parent.glob(path.name + "*")))


def test_it_holds_no_text_of_a_row(tmp_path):
    rows = [[f"{SECRET_TEXT} title {n}", f"{SECRET_TEXT} text {n}", f"{SECRET_TEXT} ideal {n}"] for n in range(20)]
    table = write_table(tmp_path / "table.csv", rows, header=["Title", "Answer", "Ideal"])
    rubric = write_rubric(tmp_path, RUBRIC.replace("Is the answer clear?", "Does it agree with {Ideal}?"))
    with JudgeServer() as server:
        for _ in range(2):
            ran = inside("score", table, "--rubric", rubric, "--judge", f"{server.url}#m", "--json")
            assert ran.code == 0
    assert SECRET_TEXT in ran.out, "the summary does name the best rows"
    home = Path(os.environ["SHEETJUDGE_HOME"])
    held = journal_bytes(home / "journal.sqlite3")
    assert b"Said by the server." in held
    assert SECRET_TEXT.encode() not in held
    assert all(SECRET_TEXT.encode() not in p.read_bytes() for p in home.rglob("*") if p.is_file())


def test_only_its_owner_may_read_it(tmp_path):
    old = os.umask(0)
    try:
        table, rubric = write_table(tmp_path / "t.csv", 2), write_rubric(tmp_path)
        home = {"SHEETJUDGE_HOME": str(tmp_path / "new" / "home")}
        ran = inside("score", table, "--rubric", rubric, "--judge", "fake", "--json", env=home)
    finally:
        os.umask(old)
    assert ran.code == 0
    files = [p for p in (tmp_path / "new" / "home").iterdir() if p.is_file()]
    assert {p.name for p in files} >= {"journal.sqlite3", "secret"}
    assert {stat.S_IMODE(p.stat().st_mode) for p in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "new" / "home").stat().st_mode) == 0o700


def test_the_log_beside_an_open_journal_is_its_owner_s_too(tmp_path):
    old = os.umask(0)
    try:
        job = make_job(
            write_table(tmp_path / "t.csv", 2), write_rubric(tmp_path), [FakeModel()], journal=tmp_path / "j"
        )
        job.bench.journal.remember("a fact", 1)
        modes = {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.glob("j*")}
        job.bench.journal.close()
    finally:
        os.umask(old)
    assert modes == {0o600}


def test_purging_all_erases_the_bytes(tmp_path):
    table, rubric = write_table(tmp_path / "table.csv", 300), write_rubric(tmp_path)
    home = Path(os.environ["SHEETJUDGE_HOME"])
    with JudgeServer() as server:
        command = ("score", table, "--rubric", rubric, "--judge", f"{server.url}#m", "--json")
        inside(*command)
        assert b"Said by the server." in journal_bytes(home / "journal.sqlite3")
        ran = inside("journal", "purge", "--all", "--json")
        assert json.loads(ran.out) == {"answers": 300, "runs": 1}
        held = journal_bytes(home / "journal.sqlite3")
        assert b"Said by the server." not in held
        assert b"table.csv" not in held
        before = server.calls
        inside(*command)
        assert server.calls == before + 300


def test_purging_the_old_leaves_the_new(tmp_path):
    table, rubric = write_table(tmp_path / "table.csv", 3), write_rubric(tmp_path)
    inside("score", table, "--rubric", rubric, "--judge", "fake", "--json")
    assert "Erased 0 answers" in inside("journal", "purge", "--older-than", "1").out
    ran = inside("score", table, "--rubric", rubric, "--judge", "fake", "--json")
    assert json.loads(ran.out)["usage"]["from_journal"] == 3
    assert "Erased 3 answers" in inside("journal", "purge", "--older-than", "0").out


def test_purging_asks_what():
    ran = inside("journal", "purge")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "--all" in ran.err


def test_purging_while_another_reads_says_so(tmp_path):
    """The log can't be emptied under a reader, so what was erased may still be read: that is no success."""
    job = make_job(
        write_table(tmp_path / "t.csv", 20), write_rubric(tmp_path), [FakeModel()], journal=tmp_path / "journal"
    )
    run_job(job)
    reader = make_job(tmp_path / "t.csv", tmp_path / "rubric.yaml", [FakeModel()], journal=tmp_path / "journal")
    db = reader.bench.journal._db
    db.execute("BEGIN")
    db.execute("SELECT * FROM answers").fetchone()
    try:
        purging = Journal(tmp_path / "journal", patience=0.05)
        with pytest.raises(SetupError, match="in use"):
            purging.purge()
    finally:
        db.execute("ROLLBACK")
        reader.bench.journal.close()
    purging.purge()
    purging.close()
    assert b"A made-up reason" not in journal_bytes(tmp_path / "journal")


def test_url_of_a_hosted_model_is_part_of_the_key(tmp_path):
    table, rubric = write_table(tmp_path / "table.csv", 5), write_rubric(tmp_path)
    with JudgeServer() as one, JudgeServer() as two:
        for server in (one, two, one):
            run_job(make_job(table, rubric, [hosted(server.url)], journal=tmp_path / "journal"))
        assert (one.calls, two.calls) == (5, 5)


def test_a_new_file_that_another_first_run_holds_is_waited_for(tmp_path):
    """SQLite itself doesn't wait when a new file is switched to its log: two first runs that start together clash."""
    path = tmp_path / "journal"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, other.rollback)
    release.start()
    Journal(path).close()
    release.join()
    other.close()


def test_a_file_that_another_program_keeps_is_one_line(tmp_path):
    path = tmp_path / "journal"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SetupError, match="in use by another program"):
        Journal(path, patience=0.1)
    other.close()
