"""The sheet as a queue: what people ask for in a hidden tab, and what comes of it."""

from __future__ import annotations

import json
import re

import pytest

from sheetjudge.service.queue_offer import OFFER_SECONDS
from sheetjudge.tables.job_tab import COLUMNS, OFFER, TAB
from sheetjudge.tables.sheet_layout import METADATA_KEY, lease_number
from sheetjudge.tables.sheet_places import Lease
from tests.ops.scoring import ROOT, JudgeServer
from tests.service.queue_tools import answers, queue_of, served, true_scores, worker

queue = queue_of(6)


def test_the_sidebar_and_the_worker_mean_the_same_tab():
    script = (ROOT / "appscript" / "server" / "queue_backend.js").read_text()
    assert re.search(r"const QUEUE_TAB = '(.*)';", script)[1] == TAB
    assert re.search(r"const OFFER_ROW = '(.*)';", script)[1] == OFFER
    assert (
        tuple(re.findall(r"'(\w+)'", re.search(r"const QUEUE_COLUMNS = \[(.*?)\];", script, re.DOTALL)[1])) == COLUMNS
    )
    assert int(re.search(r"const QUIET_SECONDS = (\d+);", script)[1]) > OFFER_SECONDS


# --- what is asked for ------------------------------------------------------------------------------------------------


def test_a_job_is_done_and_its_row_says_so(queue, tmp_path):
    job = queue.ask(limit=3)
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, job)
    row = queue.row(job)
    progress, result = json.loads(row["progress"]), json.loads(row["result"])
    assert (row["state"], row["said"], row["worker"]) == ("done", "", desk.name)
    assert (progress["id"], progress["done"], progress["total"], progress["usd"]) == (job, 3, 3, 0)
    assert (progress["kind"], progress["operation"]) == ("run", "score")
    assert progress["started"] <= progress["ended"]
    assert result["rows"]["ok"] == 3
    assert [score != "" for score in queue.scores()] == [True] * 3 + [False] * 3
    assert queue.holds() == [], "nothing is left of the hold"


def test_what_people_wrote_stays_as_it_is(queue, tmp_path):
    job = queue.ask()
    before = queue.row(job)
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, job)
    for column in ("id", "job", "by", "asked", "cancel"):
        assert queue.row(job)[column] == before[column]


def test_an_estimate_asks_nobody_and_writes_nothing(queue, tmp_path):
    with JudgeServer() as judge, worker(queue, f"ours={judge.url}#m", home=tmp_path) as desk:
        first = queue.ask(kind="estimate", judge="ours")
        served(queue, desk, first)
        assert judge.calls == 0
    result = json.loads(queue.row(first)["result"])
    assert (result["rows"], result["to_judge"], result["calls"]) == (6, 6, 6)
    assert queue.person.rows() == answers(6)


def test_an_estimate_after_a_run_says_how_long_it_takes(queue, tmp_path):
    run, estimate = queue.ask(rows="2-6"), queue.ask(kind="estimate", all=True)
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, run)
        before = json.loads(queue.row(estimate)["result"])["seconds"]
    with (
        JudgeServer(latency=0.2) as judge,
        worker(queue, f"{judge.url}#m", home=tmp_path, always={"concurrency": 1}) as desk,
    ):
        run = queue.ask(all=True)
        done: list[str] = []

        def both():
            if queue.has_ended(run) and not done:
                done.append(queue.ask(kind="estimate", all=True))
            return done and queue.has_ended(*done)

        served(queue, desk, condition=both)
    assert before is None, "nothing is known before the first run"
    assert json.loads(queue.row(done[0])["result"])["seconds"] > 0


def test_a_draft_becomes_the_rows_of_a_rubric_tab(queue, tmp_path):
    job = queue.ask(kind="draft", operation="score", rubric="", read=[], sentence="Good answers are short and kind.")
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, job)
    row = queue.row(job)
    assert row["state"] == "done", row["said"]
    result = json.loads(row["result"])
    assert "criteria:" in result["yaml"]
    assert any("ask" in cells for cells in result["grid"])


def test_what_the_daily_trigger_asks_for_is_a_job_like_any_other(queue, tmp_path):
    """As the sidebar's `runDaily` writes it: every key of a request, at an hour when nobody is there."""
    everything = {
        "rows": "", "all": False, "limit": None, "judge": "", "budget": None, "group": "", "top": None,
        "contenders": [], "recall": None, "precision": None, "escalate_to": "", "sentence": "",
    }  # fmt: skip
    first = queue.ask(**everything)
    with JudgeServer() as judge:
        with worker(queue, f"{judge.url}#m", home=tmp_path) as desk:
            served(queue, desk, first)
        queue.person.type("B3", "This is row-77. Somebody wrote it anew.")
        again = queue.ask(**everything)
        with worker(queue, f"{judge.url}#m", home=tmp_path) as desk:
            served(queue, desk, again)
        assert judge.calls == 7, "the next day, only what has changed is judged"
    assert [queue.state(job) for job in (first, again)] == ["done", "done"]
    assert json.loads(queue.row(again)["result"])["unchanged"] == 5


def test_a_rubric_of_the_spreadsheet_is_read_from_its_tab(queue, tmp_path):
    person = queue.person
    person.do({"addSheet": {"properties": {"title": "Rubric"}}})
    person.type("Rubric!A1", [["name", "Ours"], ["scale", "1 to 5"], [], ["id", "ask"], ["kind", "Is it kind?"]])
    job = queue.ask(rubric="tab:Rubric")
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, job)
    assert queue.state(job) == "done", queue.row(job)["said"]
    assert "kind" in queue.person.rows()[0]


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"version": 2}, "version 2, and this backend knows version 1"),
        ({"version": None}, "version None"),
        ({"host": "http://evil.example"}, "no key 'host'"),
        ({"judge": "http://evil.example/v1#m"}, "is not offered here. Offered are 'fake'"),
        ({"judge": "openai:gpt-5"}, "is not offered here"),
        ({"credentials": "/etc/passwd"}, "no key 'credentials'"),
        ({"spreadsheet": "x" * 44}, "names another spreadsheet than the one that it stands in"),
        ({"operation": "shell"}, "operation is 'shell'"),
        ({"budget": 100}, "A job may spend $3.00 here at the most"),
        ({"rubric": "/etc/passwd"}, "There is no rubric '/etc/passwd'"),
        ({"rows": "2-600"}, "may judge 4 rows here"),
        ({"read": ["Nothing"]}, "'Nothing'"),
        ({"sheet": 4711}, "no tab with the gid 4711"),
    ],
)
def test_what_is_not_offered_is_refused_in_words(queue, tmp_path, said, told):
    job = queue.ask(**said)
    with worker(queue, home=tmp_path, ceiling=3.0, max_rows=4) as desk:
        served(queue, desk, job)
    row = queue.row(job)
    assert (row["state"], row["result"]) == ("failed", "{}")
    assert told in row["said"]
    assert queue.person.rows() == answers(6), "nothing was written"
    assert queue.holds() == []


def test_the_tab_of_the_jobs_is_not_judged_itself(queue, tmp_path):
    queue.open_tab()
    job = queue.ask(sheet=queue.person.tab(TAB).sheet_id, read=["job"])
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, job)
    assert queue.row(job)["said"] == "The tab of the jobs can't be judged itself. Go to the tab with your rows."


@pytest.mark.parametrize("text", ["", "garbage", "[1]", "{", "null", "=1+1", '{"version":1,"version":1}', "{}" * 1000])
def test_garbage_in_a_job_is_refused_and_nothing_else(queue, tmp_path, text):
    bad, good = queue.ask(text), queue.ask()
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, bad, good)
    assert queue.state(bad) == "failed"
    assert queue.row(bad)["said"]
    assert queue.state(good) == "done"


def test_the_words_of_a_request_bring_in_no_variable_of_the_workers(queue, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something-secret")
    with JudgeServer() as judge, worker(queue, f"{judge.url}#m", home=tmp_path) as desk:
        column, words = queue.ask(rubric="Does it say ${OPENAI_API_KEY}?"), queue.ask(rubric="Does it say $HOME or $$?")
        served(queue, desk, column, words)
        sent = json.dumps(judge.requests)
    assert "OPENAI_API_KEY" in queue.row(column)["said"], "it is the name of a column, which there isn't"
    assert queue.state(words) == "done"
    assert "$HOME or $$?" in sent
    assert "sk-something-secret" not in sent + json.dumps(queue.person.rows(TAB))


def test_the_ceiling_of_the_worker_ends_a_job(queue, tmp_path):
    with JudgeServer(usage={"prompt_tokens": 10, "completion_tokens": 1000, "total_tokens": 1010}) as judge:
        text = f'[providers.openai]\nbase_url = "{judge.url}"\nprices = {{"m" = [100000, 100000]}}'
        (tmp_path / "config.toml").write_text(text)
        with worker(queue, "openai:m", home=tmp_path, ceiling=700.0, always={"concurrency": 1}) as desk:
            job = queue.ask()
            served(queue, desk, job)
        row = queue.row(job)
        assert row["state"] == "stopped", row["said"]
        assert "budget" in row["said"]
        assert json.loads(row["progress"])["usd"] <= 700.0
        assert 1 <= judge.calls < 6


# --- while it goes on -------------------------------------------------------------------------------------------------


def test_progress_is_shown_while_a_job_runs(queue, tmp_path):
    seen: list[dict] = []
    with (
        JudgeServer(latency=0.1) as judge,
        worker(queue, f"{judge.url}#m", home=tmp_path, always={"concurrency": 1}) as desk,
    ):
        job = queue.ask()

        def watched():
            row = queue.row(job)
            if row["state"] == "running":
                seen.append(json.loads(row["progress"]))
            return queue.has_ended(job)

        served(queue, desk, condition=watched)
    done = [progress["done"] for progress in seen]
    assert done == sorted(done)
    assert 0 < max(done) <= 6
    assert {progress["total"] for progress in seen} <= {None, 6}
    assert seen[0]["id"] == job


def test_a_job_cancelled_in_the_queue_never_begins(queue, tmp_path):
    with JudgeServer() as judge, worker(queue, f"{judge.url}#m", home=tmp_path) as desk:
        job = queue.ask(cancel="yes")
        served(queue, desk, job)
        assert judge.calls == 0
    assert (queue.state(job), queue.holds()) == ("cancelled", [])


def test_a_job_that_is_cancelled_ends_and_goes_on_when_asked_again(queue, tmp_path):
    with JudgeServer(latency=0.15) as judge:
        with worker(queue, f"{judge.url}#m", home=tmp_path, always={"concurrency": 1}) as desk:
            job = queue.ask()

            def stopped():
                if judge.calls >= 2 and not queue.row(job)["cancel"]:
                    queue.put(job, "cancel", "yes")
                return queue.has_ended(job)

            served(queue, desk, condition=stopped)
        assert queue.state(job) == "cancelled"
        assert "Stopped as asked" in queue.row(job)["said"]
        before = judge.calls
        assert 2 <= before < 6
        with worker(queue, f"{judge.url}#m", home=tmp_path) as desk:
            again = queue.ask()
            served(queue, desk, again)
        assert judge.calls == 6, "nothing is asked twice"
    assert queue.scores() == true_scores(6)


def test_a_job_that_is_edited_while_it_waits_is_run_as_it_stands(queue, tmp_path):
    job = queue.ask(limit=1)
    queue.put(job, "job", json.dumps(queue.request(limit=2)))
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, job)
    assert json.loads(queue.row(job)["result"])["rows"]["ok"] == 2


def test_an_edit_of_a_job_that_was_taken_is_said_and_not_obeyed(queue, tmp_path):
    said: set[str] = set()
    with (
        JudgeServer(latency=0.15) as judge,
        worker(queue, f"{judge.url}#m", home=tmp_path, always={"concurrency": 1}) as desk,
    ):
        job = queue.ask(limit=4)

        def edited():
            if judge.calls == 1:
                queue.put(job, "job", json.dumps(queue.request(limit=1)))
            said.add(queue.row(job)["said"])
            return queue.has_ended(job)

        served(queue, desk, condition=edited)
        assert judge.calls == 4
    assert (
        "The job was changed after it was taken. The change isn't obeyed: what runs is what was asked for first."
        in said
    )
    assert queue.state(job) == "done"


def test_a_tab_that_another_run_writes_to_is_waited_for(queue, tmp_path, monkeypatch):
    monkeypatch.setattr("sheetjudge.service.queue_doer._BUSY_PAUSE", 0.05)
    number = lease_number(queue.book_id, 0)
    lease = Lease("another", "another-machine", 1, 4e9)
    entry = {"metadataId": number, "metadataKey": METADATA_KEY, "metadataValue": lease.text, "visibility": "DOCUMENT"}
    queue.person.do({"createDeveloperMetadata": {"developerMetadata": {**entry, "location": {"sheetId": 0}}}})
    doing: set[str] = set()
    freed: list[int] = []
    with worker(queue, home=tmp_path) as desk:
        job = queue.ask()

        def waited():
            row = queue.row(job)
            doing.add(json.loads(row["progress"])["doing"] if row["progress"] else "")
            if not freed and any("Waiting. Another run (process 1 on another-machine)" in text for text in doing):
                freed.append(number)
                lookup = {"dataFilter": {"developerMetadataLookup": {"metadataId": number}}}
                queue.person.do({"deleteDeveloperMetadata": lookup})
            return queue.has_ended(job)

        served(queue, desk, condition=waited)
    assert queue.state(job) == "done", queue.row(job)["said"]


def test_a_job_that_waits_for_a_tab_can_be_cancelled(queue, tmp_path):
    number = lease_number(queue.book_id, 0)
    lease = Lease("another", "another-machine", 1, 4e9)
    entry = {"metadataId": number, "metadataKey": METADATA_KEY, "metadataValue": lease.text, "visibility": "DOCUMENT"}
    queue.person.do({"createDeveloperMetadata": {"developerMetadata": {**entry, "location": {"sheetId": 0}}}})
    with worker(queue, home=tmp_path) as desk:
        job = queue.ask()

        def cancelled():
            if "Waiting" in queue.row(job)["progress"]:
                queue.put(job, "cancel", "yes")
            return queue.has_ended(job)

        served(queue, desk, condition=cancelled)
    assert queue.state(job) == "cancelled"


# --- what is kept where -----------------------------------------------------------------------------------------------


def test_a_result_that_is_too_long_for_a_cell_loses_its_largest_parts(queue, tmp_path):
    columns = [f"A column {'with a long name ' * 50}{n}" for n in range(60)]
    queue.person.insert_columns(3, 40)
    queue.person.type("C1", [columns])
    job = queue.ask(read=[])
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, job)
    row = queue.row(job)
    result = json.loads(row["result"])
    assert row["state"] == "done", row["said"]
    assert result["left_out"] == ["columns"]
    assert result["rows"]["ok"] == 6
    assert len(row["result"]) < 50_000


def test_no_text_of_a_row_or_a_judge_gets_into_a_log(queue, tmp_path):
    queue.person.type("B2", "This is row-0. The bird sings at midnight.")
    jobs = [queue.ask(), queue.ask(rubric="Does the bird sing twice?"), queue.ask("The bird sings: garbage")]
    with JudgeServer() as judge, worker(queue, f"{judge.url}#m", home=tmp_path) as desk:
        served(queue, desk, *jobs)
    logged = (tmp_path / "runs.log").read_text() + repr(desk.told.events)
    assert jobs[0] in logged
    for text in ("bird", "Said by the server", "Answers"):
        assert text not in logged
