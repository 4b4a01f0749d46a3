"""Jobs that nobody watches: files, one run at a time, what becomes known of each."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge import sandbox
from sheetjudge.engine.holders import new_holder
from sheetjudge.engine.job_store import SILENCE, JobStore
from sheetjudge.errors import ConfigError, SetupError
from sheetjudge.ops.job_file import job_from_json, job_schema, parse_job
from sheetjudge.ops.notify import News, notify
from sheetjudge.ops.run_log import RunLog
from tests.ops.scoring import JudgeServer, ended, inside, read_csv, start, truth, write_rubric, write_table


@pytest.fixture(scope="module")
def google(tmp_path_factory):
    with sandbox.start(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=1) as server:
        server.credentials = str(server.credentials)
        yield server


def write_job(folder, **said):
    write_rubric(folder)
    path = folder / "job.yaml"
    path.write_text(
        yaml.safe_dump({"name": "Nightly", "rubric": "rubric.yaml", "canaries": False, **said}), encoding="utf-8"
    )
    return path


def env(folder, **more):
    return {"SHEETJUDGE_HOME": str(folder / "home"), **more}


def log_of(folder):
    return [json.loads(line) for line in (folder / "home" / "runs.log").read_text().splitlines()]


# --- the file ---------------------------------------------------------------------------------------------------------


def parsed(text):
    return parse_job(text, "job.yaml", name="job")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: The file is empty"),
        ("rubric: Is it clear?", "line 1: The job has no 'table'"),
        ("table: a.csv", "needs 'rubric'"),
        ("table: a.csv\nrubric: Is it?\nsampels: 3", "line 3: A job has no key 'sampels'. Did you mean 'samples'?"),
        ("table: a.csv\nrubric: Is it?\nsamples: many", "line 3: samples is 'many', not a number"),
        ("table: a.csv\nrubric: Is it?\nsamples: 0", "samples is 0. It is to be at least 1"),
        ("table: a.csv\nrubric: Is it?\nsamples: 1.5", "not a whole number"),
        ("table: a.csv\nrubric: Is it?\nall: perhaps", "neither yes nor no"),
        ("table: a.csv\nrubric: Is it?\noperation: scroe", "Did you mean 'score'?"),
        ("table: a.csv\nrubric: Is it?\nrecall: 0.9", "line 3: recall says nothing to score"),
        ("table: a.csv\noperation: filter", "needs 'keep'"),
        ("table: a.csv\nrubric: Is it?\nread: []", "read is an empty list"),
        ("table: a.csv\nrubric: Is it?\nnotify: {on: sometimes}", "notify.on is 'sometimes'"),
        ("table: a.csv\nrubric: Is it?\nnotify: {webhook: ftp://x}", "notify.webhook is 'ftp://x'"),
        ("table: a.csv\nrubric: Is it?\nbudget: 3", "budget is '3', not a mapping. Its keys are run, month"),
        ("table: [a.csv\n", "line 1"),
    ],
)
def test_a_wrong_file_is_told_with_its_lines(text, told):
    with pytest.raises(ConfigError, match=r"job\.yaml line") as error:
        parsed(text)
    assert told in str(error.value)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ConfigError) as error:
        parsed("tabel: a.csv\nsamples: x\nlimit: 0\n")
    for word in ("line 1", "'tabel'", "'table'", "line 2", "line 3"):
        assert word in str(error.value)


KEYS = json.loads(job_schema())["properties"]
VALUES = st.one_of(
    st.integers(-2, 5000), st.floats(-1, 2, allow_nan=False).map(lambda x: round(x, 3)), st.booleans(),
    st.sampled_from(["text", "score", "chat", "https://example.org/x", "0.25,2", "tell", "always"]),
    st.lists(st.sampled_from(["a", "b"]), max_size=2),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([k for k in KEYS if k not in {"operation", "keep"}]), VALUES, max_size=4))
def test_the_published_schema_and_the_reader_agree(said):
    said = {"table": "a.csv", "rubric": "Is it clear?", **said}
    said = {k: v for k, v in said.items() if k not in {"recall", "precision", "confidence", "group", "top"}}
    text = yaml.safe_dump(said)
    # What YAML writes without quotes is a text here wherever a text is wanted.
    plain = {
        k: str(v).lower() if KEYS[k].get("type") == "string" and not isinstance(v, list) else v for k, v in said.items()
    }
    texts = {k: str(v).lower() if "$ref" in KEYS[k] and not isinstance(v, list) else v for k, v in plain.items()}
    is_right = jsonschema.Draft202012Validator(json.loads(job_schema())).is_valid(texts)
    told = ""
    try:
        parsed(text)
    except ConfigError as error:
        told = str(error)
    if "says nothing to" not in told:
        assert is_right == (not told), (said, told)


def test_variables_are_put_in_late_and_kept_nowhere():
    job = parsed("table: a.csv\nrubric: Is it?\nnotify: {webhook: '${HOOK}', on: always}\njudge: fake:$${x}")
    assert "secret" not in json.dumps(job.as_json())
    filled = job_from_json(job.as_json()).with_variables({"HOOK": "https://secret"})
    assert filled.said["notify"]["webhook"] == "https://secret"
    assert filled.said["judge"] == ["fake:${x}"]
    with pytest.raises(ConfigError, match=r"\$\{HOOK\}, which isn't set"):
        job.with_variables({})


# --- a run ------------------------------------------------------------------------------------------------------------


def test_a_file_is_judged_and_told_of(tmp_path):
    write_table(tmp_path / "table.csv", 30)
    with JudgeServer() as server:
        job = write_job(tmp_path, table="table.csv", out="out.csv", judge=f"{server.url}#m")
        checked = inside("run", job, "--check", env=env(tmp_path))
        assert (checked.code, server.calls) == (0, 0)
        assert "30 rows of table.csv would be judged" in checked.out
        ran = inside("run", job, env=env(tmp_path))
    assert ran.code == 0, ran.err
    assert [row["Score"] for row in read_csv(tmp_path / "out.csv")] == [str(truth(n)) for n in range(30)]
    started, told = log_of(tmp_path)
    assert started["event"] == "started"
    assert (told["state"], told["rows"]["ok"], told["calls"]) == ("done", 30, 30)
    listed = inside("runs", "list", env=env(tmp_path))
    assert "Nightly" in listed.out
    assert "30 calls" in listed.out
    shown = inside("runs", "show", told["id"][:6], "--json", env=env(tmp_path))
    assert json.loads(shown.out)["result"]["scored"] == 30


def test_nothing_new_means_no_call_and_no_write(tmp_path, google):
    url = google.load("Proposals", [["ID", "Answer"], *[[str(n), f"It is row-{n}. Good."] for n in range(20)]])
    with JudgeServer() as server:
        job = write_job(tmp_path, table=url, credentials=google.credentials, judge=f"{server.url}#m")
        assert inside("run", job, env=env(tmp_path)).code == 0
        assert server.calls == 20
        sheet = google.spreadsheet(url)
        before = sheet.book
        again = inside("run", job, env=env(tmp_path))
        assert again.code == 0, again.err
        assert server.calls == 20
        assert sheet.book is before, "nothing was written"
        sheet.type("A22:B22", [["20", "It is row-20. New."]])
        third = inside("run", job, env=env(tmp_path))
        assert (third.code, server.calls) == (0, 21)


def test_a_sheet_that_is_gone_is_told(tmp_path, google):
    url = google.load("Gone", [["ID", "Answer"], ["1", "It is row-1."]])
    job = write_job(tmp_path, table=url, credentials=google.credentials, judge="fake", tab="Answers")
    ran = inside("run", job, env=env(tmp_path))
    assert ran.code == 2
    assert "has no tab 'Answers'" in ran.err
    google.share(url, None)
    job = write_job(tmp_path, table=url, credentials=google.credentials, judge="fake")
    ran = inside("run", job, env=env(tmp_path))
    assert ran.code == 2
    assert google.email in ran.err
    assert [line["state"] for line in log_of(tmp_path) if line["event"] == "ended"] == ["failed", "failed"]


def test_a_second_start_leaves_the_first_alone(tmp_path):
    write_table(tmp_path / "table.csv", 40)
    with JudgeServer(latency=0.2) as server:
        job = write_job(tmp_path, table="table.csv", out="out.csv", judge=f"{server.url}#m", concurrency=2)
        first = start("run", job, env=env(tmp_path))
        server.wait_for_calls(2)
        second = inside("run", job, env=env(tmp_path))
        assert second.code == 0
        assert "is running already" in second.err
        ran = ended(first)
        assert ran.code == 0, ran.err
        assert server.calls == 40


def test_a_run_that_died_is_told_and_taken_up(tmp_path):
    write_table(tmp_path / "table.csv", 60)
    with JudgeServer(latency=0.02) as server:
        job = write_job(tmp_path, table="table.csv", out="out.csv", judge=f"{server.url}#m", concurrency=4)
        first = start("run", job, env=env(tmp_path))
        server.wait_for_calls(20)
        first.send_signal(signal.SIGKILL)
        ended(first)
        again = inside("run", job, env=env(tmp_path))
        assert again.code == 0, again.err
        assert server.calls <= 64
    assert "An earlier run had died" in again.err
    states = [run["state"] for run in json.loads(inside("runs", "list", "--json", env=env(tmp_path)).out)]
    assert states == ["done", "stopped"]


def test_a_stop_by_signal_is_resumable(tmp_path):
    write_table(tmp_path / "table.csv", 60)
    with JudgeServer(latency=0.05) as server:
        job = write_job(tmp_path, table="table.csv", out="out.csv", judge=f"{server.url}#m", concurrency=4)
        first = start("run", job, env=env(tmp_path))
        server.wait_for_calls(12)
        first.send_signal(signal.SIGTERM)
        ran = ended(first)
        assert ran.code == 3, ran.err
        assert inside("run", job, env=env(tmp_path)).code == 0
        assert server.calls == 60


def test_many_jobs_go_side_by_side_with_one_journal(tmp_path):
    with JudgeServer() as server:
        files = []
        for number, name in enumerate("abcde"):
            folder = tmp_path / name
            folder.mkdir()
            write_table(folder / "table.csv", [[str(n), f"It is row-{10 * number + n}."] for n in range(10)])
            job = write_job(folder, table="table.csv", out="out.csv", judge=f"{server.url}#m")
            job.write_text(job.read_text().replace("Nightly", name))
            files.append(job)
        ran = inside("run", *files, "--json", env=env(tmp_path))
        assert ran.code == 0, ran.err
        assert [one["state"] for one in json.loads(ran.out)] == ["done"] * 5
        assert server.calls == 50
        again = inside("run", *files, env=env(tmp_path))
        assert (again.code, server.calls) == (0, 50)


def test_one_broken_job_does_not_keep_the_others(tmp_path):
    write_table(tmp_path / "table.csv", 5)
    good = write_job(tmp_path, table="table.csv", out="out.csv", judge="fake")
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: Bad\ntable: missing.csv\nrubric: Is it clear?\njudge: fake\nout: o.csv\n")
    ran = inside("run", bad, good, env=env(tmp_path))
    assert ran.code == 2
    assert "Bad failed" in ran.err
    assert (tmp_path / "out.csv").exists()


def test_the_month_has_a_ceiling(tmp_path):
    write_table(tmp_path / "table.csv", 10)
    with JudgeServer(usage={"prompt_tokens": 1_000_000, "completion_tokens": 0, "total_tokens": 1_000_000}) as server:
        said = {"table": "table.csv", "out": "out.csv", "judge": f"{server.url}#m", "price": "0.1,0.1"}
        job = write_job(tmp_path, **said, budget={"month": 1.0})
        assert inside("run", job, env=env(tmp_path)).code in (0, 3)
        spent = server.calls
        write_table(tmp_path / "table.csv", 25)
        again = inside("run", job, env=env(tmp_path))
        assert again.code == 3
        assert "month's budget" in again.err or "budget" in again.err
        assert server.calls <= 10
        assert spent <= 10


@pytest.mark.parametrize(
    ("said", "column"),
    [
        ({"operation": "rank", "comparisons": 10}, "Rank"),
        ({"operation": "compare", "contender": ["ID", "Answer"]}, "Winner"),
        ({"operation": "filter", "keep": "Is it a good answer?"}, "Keep"),
    ],
)
def test_every_operation_can_be_a_job(tmp_path, said, column):
    write_table(tmp_path / "table.csv", 6)
    job = write_job(tmp_path, table="table.csv", out="out.csv", judge="fake", **said)
    if "keep" in said:
        job.write_text(job.read_text().replace("rubric: rubric.yaml\n", ""))
    ran = inside("run", job, env=env(tmp_path))
    assert ran.code == 0, ran.err
    rows = read_csv(tmp_path / "out.csv")
    assert len(rows) == 6
    assert all(row[column] for row in rows)


# --- the store --------------------------------------------------------------------------------------------------------


def test_a_job_has_one_runner_at_a_time(tmp_path):
    store = JobStore(tmp_path / "jobs.sqlite3")
    first, second = "there 1 a", "elsewhere 1 b"
    job = store.submit("n", {}, now=0.0)
    assert store.claim(job, first, now=0.0) is not None
    assert store.claim(job, second, now=1.0) is None
    other = store.submit("n", {}, now=2.0)
    assert store.claim(other, second, now=2.0) is None, "one of a name at a time"
    assert store.beat(job, first, {"done": 1}, now=80.0)
    assert store.claim(job, second, now=80.0 + SILENCE - 1) is None
    taken = store.claim(job, second, now=80.0 + SILENCE)
    assert taken is not None
    assert taken.progress == {"done": 1}
    assert not store.beat(job, first, {}, now=200.0), "the one who fell silent hears that it is over"
    assert not store.finish(job, first, "done", {}, now=200.0, usd=0.0)
    assert store.finish(job, second, "done", {}, now=201.0, usd=0.5)
    assert store.spent("n", since=100.0) == 0.5


def test_cancelling(tmp_path):
    store = JobStore(tmp_path / "jobs.sqlite3")
    waiting, running = store.submit("a", {}, now=0.0), store.submit("b", {}, now=0.0)
    me = new_holder()
    assert store.claim(running, me, now=0.0)
    assert store.cancel(waiting, now=1.0)
    assert store.get(waiting).state == "cancelled"
    assert store.cancel(running, now=1.0)
    assert store.get(running).state == "running", "its runner ends it"
    assert not store.beat(running, me, {}, now=2.0)
    assert not store.cancel("nothing", now=3.0)
    assert store.claim_next(me, now=4.0) is None


def test_a_store_that_another_program_holds_says_so(tmp_path):
    path = tmp_path / "jobs.sqlite3"
    store = JobStore(path, patience=0)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for use in (
            lambda: JobStore(path, patience=0),
            lambda: store.submit("n", {}, now=0.0),
            lambda: store.get("x"),
        ):
            with pytest.raises(SetupError) as caught:
                use()
            assert str(caught.value) == (
                f"The jobs in {path} are in use by another program. Run the same command again later."
            )
    assert store.submit("n", {}, now=0.0)


# --- news -------------------------------------------------------------------------------------------------------------


class Hooks:
    """An HTTP server that remembers what it was sent, and refuses as often as told."""

    def __init__(self, refusals=0):
        self.got = []
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(None)

            def do_POST(self):
                self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def answer(self, body):
                hooks.got.append((self.path, body))
                is_moved = self.path == "/moved"
                self.send_response(500 if len(hooks.got) <= refusals else 302 if is_moved else 200)
                self.send_header("Location", "/hook")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def tell(wanted, *, is_well=True, is_news=False):
    return notify(wanted, News("Nightly", is_well, is_news, "It is done."), wait=lambda _: 0.0)


@pytest.mark.parametrize(
    ("when", "is_well", "is_news", "told"),
    [
        ("failure", True, True, False), ("failure", False, True, True), ("change", True, True, True),
        ("change", True, False, False), ("always", True, False, True),
    ],
)  # fmt: skip
def test_who_hears_when(when, is_well, is_news, told):
    with Hooks() as hooks:
        assert tell({"on": when, "webhook": f"{hooks.url}/hook"}, is_well=is_well, is_news=is_news) == []
        assert hooks.got == ([("/hook", {"text": "It is done."})] if told else [])


def test_news_are_retried_and_never_fail_a_run(tmp_path):
    with Hooks(refusals=2) as hooks:
        assert tell({"on": "always", "webhook": f"{hooks.url}/hook"}) == []
        assert len(hooks.got) == 3
    with Hooks(refusals=99) as hooks:
        write_table(tmp_path / "table.csv", 3)
        job = write_job(
            tmp_path, table="table.csv", out="o.csv", judge="fake",
            notify={"ping": f"{hooks.url}/${{TOKEN}}", "ping_failure": f"{hooks.url}/failed"},
        )  # fmt: skip
        ran = inside("run", job, env=env(tmp_path, TOKEN="very-secret"))
        assert ran.code == 0
        assert "The ping of 'Nightly' failed: 127.0.0.1 answered 500." in ran.err
    kept = (tmp_path / "home" / "runs.log").read_text() + (tmp_path / "home" / "jobs.sqlite3").read_bytes().decode(
        "latin-1"
    )
    assert "very-secret" not in kept + ran.err


@given(
    st.text(max_size=80), st.sampled_from(["<!channel>", "<https://x.example|Log in>", "@here", "[Log in](https://x)"])
)
def test_a_chat_finds_nothing_to_obey_in_what_a_sheet_is_called(text, trick):
    with pytest.MonkeyPatch.context() as patch:
        sent = []
        patch.setattr("requests.request", lambda *_, json, **__: sent.append(json["text"]) or _Taken())
        notify({"on": "always", "webhook": "http://x"}, News("N", True, True, f"{text}\ud83d {trick} ann@all.example"))  # noqa: FBT003
    sent[0].encode()
    assert not any(one in sent[0] for one in ("<!", "<http", "](", " @here"))
    assert "ann@all.example" in sent[0], "an address can be copied"


class _Taken:
    ok, is_redirect = True, False


def test_news_that_are_sent_elsewhere_are_not_taken_for_told():
    with Hooks() as hooks:
        (said,) = tell({"on": "always", "webhook": f"{hooks.url}/moved"})
        assert "answered 302" in said
        assert {path for path, _ in hooks.got} == {"/moved"}


def test_what_a_job_file_says_openly_of_its_hooks_is_kept_nowhere_else(tmp_path):
    write_table(tmp_path / "table.csv", 3)
    with Hooks() as hooks:
        mail = {"to": ["a@b"], "from": "c@d", "server": "127.0.0.1:9", "password": "very-secret"}
        notify = {"on": "always", "webhook": f"{hooks.url}/very-secret"}
        notify |= {"ping": f"{hooks.url}/very-secret", "ping_failure": f"{hooks.url}/${{NAME}}", "email": mail}
        job = write_job(tmp_path, table="table.csv", out="o.csv", judge="fake", notify=notify)
        ran = inside("run", job, env=env(tmp_path, NAME="very-secret"))
        assert ran.code == 0
        assert [path for path, _ in hooks.got] == ["/very-secret", "/very-secret"]
    (run,) = [line["id"] for line in log_of(tmp_path) if line["event"] == "ended"]
    shown = [inside("runs", "show", run, *more, env=env(tmp_path)).out for more in ((), ("--json",))]
    assert all("127.0.0.1:9" in one and "${NAME}" in one for one in shown)
    files = [path.read_bytes().decode("latin-1") for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert "very-secret" not in "".join([ran.said, *shown, *files])


def test_the_ping_of_a_dead_mans_switch_follows_the_outcome():
    with Hooks() as hooks:
        wanted = {"ping": f"{hooks.url}/ok", "ping_failure": f"{hooks.url}/fail"}
        tell(wanted)
        tell(wanted, is_well=False)
        assert hooks.got == [("/ok", None), ("/fail", None)]


def test_a_password_is_not_sent_without_tls():
    listening = threading.Event()
    got = []

    def serve(sock):
        listening.set()
        for _ in range(3):
            peer, _ = sock.accept()
            with peer:
                peer.sendall(b"220 mail\r\n")
                while data := peer.recv(1000):
                    got.append(data)
                    if data.upper().startswith(b"EHLO"):
                        peer.sendall(b"250-mail\r\n250 SIZE 1000000\r\n")
                    elif data.upper().startswith(b"QUIT"):
                        peer.sendall(b"221 bye\r\n")
                        break

    import socket

    with socket.create_server(("127.0.0.1", 0)) as sock:
        thread = threading.Thread(target=serve, args=(sock,), daemon=True)
        thread.start()
        mail = {"to": ["a@b"], "from": "c@d", "server": f"127.0.0.1:{sock.getsockname()[1]}", "password": "hush"}
        failures = notify(
            {"on": "always", "email": mail}, News("N", is_well=True, is_news=True, text="x"), wait=lambda _: 0.0
        )
    assert "hush" not in "".join(failures)
    assert b"hush" not in b"".join(got)
    assert failures


# --- the log and schedules --------------------------------------------------------------------------------------------


def test_the_log_turns_over(tmp_path):
    log = RunLog(tmp_path / "runs.log", lambda: 0.0, most_bytes=300, kept=2)
    for number in range(40):
        log.write("tick", number=number)
    files = sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".lock")
    assert files == ["runs.log", "runs.log.1", "runs.log.2"]
    lines = [json.loads(line) for name in reversed(files) for line in (tmp_path / name).read_text().splitlines()]
    numbers = [line["number"] for line in lines]
    assert numbers == list(range(40 - len(numbers), 40)), "the newest are kept, in order"
    assert all((tmp_path / name).stat().st_size <= 300 for name in files)


def test_schedules_are_ready_to_use(tmp_path):
    folder = tmp_path / "with 100% blanks"
    folder.mkdir()
    job = write_job(folder, table="t.csv", judge="fake")
    cron = inside("schedule", job, "--at", "2:05", "--day", "Monday", "--day", "fri", env=env(tmp_path)).out.strip()
    assert cron.startswith("5 2 * * mon,fri SHEETJUDGE_HOME=")
    command = cron.split(" ", 5)[5].replace("\\%", "%").split(" >>")[0] + " --check"
    write_table(folder / "t.csv", 3)
    job.write_text(job.read_text() + "out: o.csv\n")
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "3 rows" in ran.stdout
    units = inside("schedule", job, "--for", "systemd", "--at", "02:30", env=env(tmp_path)).out
    assert "OnCalendar=*-*-* 02:30:00" in units
    assert "100%% blanks" in units
    assert "no time of day" in inside("schedule", job, "--at", "25:00", env=env(tmp_path)).err


# --- what changes between the nights ----------------------------------------------------------------------------------


def night(job, folder, at=None):
    """A run with the clock at some time; what it said, and the log's last line."""
    import asyncio

    from sheetjudge.ops.job_file import read_job
    from sheetjudge.ops.office import open_office
    from sheetjudge.ops.unattended import run_jobs

    with open_office(env(folder), **({} if at is None else {"now": lambda: at})) as office:
        told = asyncio.run(run_jobs([read_job(str(job))], office))[0]
    return told, log_of(folder)[-1]


def test_another_rubric_is_told_and_all_rows_are_judged_by_it(tmp_path, google):
    url = google.load("Rubrics", [["ID", "Answer"], *[[str(n), f"It is row-{n}. Good."] for n in range(6)]])
    with JudgeServer() as server:
        job = write_job(tmp_path, table=url, credentials=google.credentials, judge=f"{server.url}#m")
        night(job, tmp_path)
        told, logged = night(job, tmp_path)
        assert server.calls == 6
        assert "changed" not in logged
        write_rubric(tmp_path, "name: Answers\ncriteria:\n  - id: short\n    ask: Is it short?\n    scale: 1-5\n")
        told, logged = night(job, tmp_path)
        assert server.calls == 12
        assert "The rubric has changed since the run before" in told.sentence
        assert logged["changed"][0] in told.sentence
        assert "changed" not in night(job, tmp_path)[1]
        assert server.calls == 12


def test_another_weight_is_told_and_costs_nothing(tmp_path, google):
    url = google.load("Weights", [["ID", "Answer"], *[[str(n), f"It is row-{n}. Good."] for n in range(6)]])
    two = 'name: Answers\ncriteria:\n  - {id: clear, ask: "Is it clear?", scale: 1-5}\n'
    two += '  - {id: short, ask: "Is it short?", scale: 1-5, weight: %d}\n'
    with JudgeServer() as server:
        job = write_job(tmp_path, table=url, credentials=google.credentials, judge=f"{server.url}#m")
        write_rubric(tmp_path, two % 1)
        night(job, tmp_path)
        write_rubric(tmp_path, two % 5)
        told, _ = night(job, tmp_path)
        assert server.calls == 6
        assert "The rubric has changed" in told.sentence
        score = google.spreadsheet(url).rows()[0].index("Score")
        for n, row in enumerate(google.spreadsheet(url).rows()[1:]):
            assert float(row[score]) == pytest.approx((truth(n) + 5 * truth(n, "short")) / 6, abs=0.006)


def test_a_spreadsheet_and_a_tab_under_another_name_are_the_same(tmp_path, google):
    url = google.load("Before", [["ID", "Answer"], *[[str(n), f"It is row-{n}. Good."] for n in range(6)]])
    sheet = google.spreadsheet(url)
    with JudgeServer() as server:
        job = write_job(tmp_path, table=url, credentials=google.credentials, judge=f"{server.url}#m")
        night(job, tmp_path)
        tab = sheet.tab().sheet_id
        sheet.do(
            {"updateSpreadsheetProperties": {"properties": {"title": "After"}, "fields": "title"}},
            {"updateSheetProperties": {"properties": {"sheetId": tab, "title": "Rows"}, "fields": "title"}},
        )
        sheet.type("A8", [["6", "It is row-6. Good."]])
        told, _ = night(job, tmp_path)
        assert (told.ended.state, server.calls) == ("done", 7)
        assert "is called After › Rows now." in told.sentence


def test_a_sheet_that_was_unshared_is_told_and_taken_up_when_it_is_shared_again(tmp_path, google):
    url = google.load("Shared", [["ID", "Answer"], *[[str(n), f"It is row-{n}. Good."] for n in range(6)]])
    with JudgeServer() as server, Hooks() as hooks:
        said = {"table": url, "credentials": google.credentials, "judge": f"{server.url}#m"}
        job = write_job(tmp_path, **said, notify={"on": "change", "webhook": f"{hooks.url}/hook"})
        night(job, tmp_path)
        google.share(url, None)
        told, logged = night(job, tmp_path)
        assert (told.ended.exit_code, logged["state"], server.calls) == (2, "failed", 6)
        assert google.email in hooks.got[-1][1]["text"]
        google.share(url, "writer")
        told, _ = night(job, tmp_path)
        assert (told.ended.state, server.calls) == ("done", 6)
        assert len(hooks.got) == 3, "that it works again is news"


def test_a_clock_that_is_put_forward_or_back_changes_nothing(tmp_path):
    noon = 1_800_000_000.0
    with JudgeServer() as server:
        job = write_job(tmp_path, table="table.csv", out="out.csv", judge=f"{server.url}#m")
        for count, at in enumerate((noon, noon + 3600, noon, noon - 3600, noon + 10 * 365 * 86400, noon + 60), start=1):
            write_table(tmp_path / "table.csv", count)
            told, logged = night(job, tmp_path, at)
            assert (told.ended.state, server.calls) == ("done", count)
            assert logged["calls"] == 1


def test_a_clock_that_jumps_while_a_job_runs_lets_nobody_else_in(tmp_path):
    store = JobStore(tmp_path / "jobs.sqlite3")
    me = new_holder()
    job = store.submit("n", {}, now=1000.0)
    assert store.claim(job, me, now=1000.0)
    assert store.beat(job, me, {}, now=4600.0), "put forward"
    other = store.submit("n", {}, now=4605.0)
    assert store.claim(other, "elsewhere 1 b", now=4605.0) is None
    assert store.claim(other, "elsewhere 1 b", now=1005.0) is None, "put back"
    assert store.beat(job, me, {}, now=1010.0)
    assert store.bury("n", "", {}, now=1011.0) == []


def test_the_month_turns_by_utc_and_a_run_that_died_is_counted(tmp_path):
    october = 1_790_812_800.0  # 2026-10-01T00:00Z
    # $0.01 a call; what a call may cost at the most is held back before it is made.
    usage = {"prompt_tokens": 100, "completion_tokens": 0, "total_tokens": 100}
    with JudgeServer(usage=usage) as server:
        said = {"table": "table.csv", "out": "out.csv", "judge": f"{server.url}#m", "price": "100,100"}
        job = write_job(tmp_path, **said, max_tokens=16, concurrency=1, budget={"month": 0.5})
        write_table(tmp_path / "table.csv", 80)
        night(job, tmp_path, october - 7200)
        first = server.calls
        assert 0 < first <= 50
        night(job, tmp_path, october - 60)
        assert server.calls <= 50
        told, _ = night(job, tmp_path, october + 60)
        assert first < server.calls <= 100, told.sentence
    store = JobStore(tmp_path / "home" / "jobs.sqlite3")
    me = new_holder()
    died = store.submit("Nightly", {}, now=october + 90)
    assert store.claim(died, me, now=october + 90)
    before = store.spent("Nightly", october)
    store.lease(died, me, 0.25)
    assert store.bury("Nightly", "", {}, now=october + 90 + SILENCE) == [died]
    assert store.spent("Nightly", october) == pytest.approx(before + 0.25)


def test_each_line_of_the_log_tells_the_run_and_the_row(tmp_path):
    write_table(tmp_path / "table.csv", [["1", "It is row-1."], ["2", ""], ["3", "It is row-3."]])
    with JudgeServer() as server:
        said = {"table": "table.csv", "out": "out.csv", "judge": f"{server.url}#m", "read": ["Answer"]}
        job = write_job(tmp_path, **said)
        night(job, tmp_path)
    lines = log_of(tmp_path)
    assert [line["event"] for line in lines] == ["started", "row", "ended"]
    assert len({line["id"] for line in lines}) == 1
    assert {line["job"] for line in lines} == {"Nightly"}
    assert (lines[1]["row"], lines[1]["status"]) == (3, "skipped: nothing in Answer")
    assert lines[1]["run"] == lines[0]["run"] == lines[2]["run"]


def test_runs_are_in_the_order_in_which_they_came_whatever_the_clock_said(tmp_path):
    store = JobStore(tmp_path / "jobs.sqlite3")
    ids = [store.submit("n", {}, now=at) for at in (50.0, 90.0, 10.0)]
    assert [record.id for record in store.latest("n", limit=2)] == [ids[2], ids[1]]
