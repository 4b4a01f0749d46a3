"""Jobs of the sidebar carried out: results beside their rows, estimates, drafts, limits, cancelling, going on."""

from __future__ import annotations

import json

import pytest

from sheetjudge.engine.job_store import JobStore
from sheetjudge.service.told import told
from tests.ops.scoring import JudgeServer, truth
from tests.service.asking import JUDGED, end_of, request, running, submit, wait_for


@pytest.fixture
def store(tmp_path):
    opened = JobStore(tmp_path / "jobs.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def judge():
    with JudgeServer() as server:
        yield server


def judges(server):
    return [f"Fast={server.url}#m"]


def column(person, name):
    head, *rows = person.rows()
    return [row[head.index(name)] if head.index(name) < len(row) else "" for row in rows]


def test_a_run_ends_with_scores_beside_their_rows(tmp_path, google, store, judge):
    url = google.load("Proposals", JUDGED)
    with running(tmp_path, google, judges(judge)) as runner:
        job = submit(store, request(url, judge="Fast"))
        runner.wake()
        ended = end_of(store, job)
    assert (ended["state"], ended["said"], ended["kind"], ended["operation"]) == ("done", "", "run", "score")
    assert ended["result"]["scored"] == 20
    assert (ended["progress"]["done"], ended["progress"]["total"]) == (20, 20)
    scores = column(google.spreadsheet(url), "Score")
    assert scores == [str(truth(n)) for n in range(20)]


def test_chosen_rows_are_judged_and_the_others_left(tmp_path, google, store, judge):
    url = google.load("Chosen", JUDGED)
    with running(tmp_path, google, judges(judge)) as runner:
        job = submit(store, request(url, rows="3-4, 9"))
        runner.wake()
        assert end_of(store, job)["result"]["scored"] == 3
        scores = column(google.spreadsheet(url), "Score")
        assert [n + 2 for n, score in enumerate(scores) if score] == [3, 4, 9]
        google.spreadsheet(url).type("B3", [["It is row-77. Good."]])
        job = submit(store, request(url, rows="3"))
        runner.wake()
        assert end_of(store, job)["result"]["scored"] == 1
    assert sorted(judge.per_row) == [1, 2, 7, 77]
    assert [n + 2 for n, score in enumerate(column(google.spreadsheet(url), "Score")) if score] == [3, 4, 9]


def test_an_estimate_asks_nobody_and_writes_nothing(tmp_path, google, store, judge):
    url = google.load("Estimated", JUDGED)
    before = google.spreadsheet(url).book
    with running(tmp_path, google, judges(judge), max_rows=15) as runner:
        job = submit(store, request(url, kind="estimate"))
        runner.wake()
        ended = end_of(store, job)
    assert (ended["state"], ended["kind"]) == ("done", "estimate")
    found = ended["result"]
    assert (found["rows"], found["to_judge"], found["calls"], found["usd"]) == (20, 20, 20, None)
    assert any("more rows than one job may judge" in note for note in found["notes"])
    assert judge.calls == 0
    assert google.spreadsheet(url).book is before


@pytest.mark.parametrize("operation", ["rank", "filter", "compare"])
def test_every_operation_can_be_estimated(tmp_path, google, store, judge, operation):
    url = google.load("Any", [["ID", "Answer", "Other"], *[[str(n), f"It is row-{n}.", "Not so."] for n in range(4)]])
    more = {"compare": {"contenders": ["Answer", "Other"], "read": []}}.get(operation, {})
    with running(tmp_path, google, judges(judge)) as runner:
        job = submit(store, request(url, kind="estimate", operation=operation, **more))
        runner.wake()
        ended = end_of(store, job)
    assert (ended["state"], ended["said"]) == ("done", "")
    assert ended["result"]["to_judge"] > 0


OPERATIONS = {
    "rank": ({"top": 2}, "Rank"),
    "filter": ({"rubric": "is clear", "recall": 0.9, "judge": "fake", "escalate_to": "Strong"}, "Keep"),
    "compare": ({"contenders": ["Answer", "Other"], "read": []}, "Winner"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_carried_out(tmp_path, google, store, operation):
    rows = [[str(n), f"It is row-{n}.", f"Not so, {n}."] for n in range(12)]
    url = google.load("Carried out", [["ID", "Answer", "Other"], *rows])
    more, header = OPERATIONS[operation]
    with running(tmp_path, google, ["fake", "Strong=fake:7"]) as runner:
        job = submit(store, request(url, operation=operation, rows="2-9", **more))
        runner.wake()
        ended = end_of(store, job)
    assert (ended["state"], ended["said"], ended["operation"]) == ("done", "", operation)
    found = [n + 2 for n, cell in enumerate(column(google.spreadsheet(url), "Status")) if cell]
    assert found == list(range(2, 10))
    assert any(column(google.spreadsheet(url), header))


def test_a_ceiling_stops_a_run_which_can_be_gone_on_with(tmp_path, google, store):
    (tmp_path / "config.toml").write_text("[providers.http.prices]\nm = [1000.0, 1000.0]\n")
    url = google.load("Dear", JUDGED)
    usage = {"prompt_tokens": 1000, "completion_tokens": 1000, "total_tokens": 2000}
    with JudgeServer(usage=usage) as judge, running(tmp_path, google, judges(judge), ceiling=25) as runner:
        job = submit(store, request(url))
        runner.wake()
        ended = end_of(store, job)
        assert ended["state"] == "stopped"
        assert "budget of $25" in ended["said"]
        assert 0 < ended["usd"] <= 25
        before = judge.calls
        assert before < 20
        assert store.resume(job, now=1.0)
        runner.wake()
        assert end_of(store, job)["usd"] <= 25
        assert judge.calls > before


def test_more_rows_than_allowed_are_refused_before_anybody_is_asked(tmp_path, google, store, judge):
    url = google.load("Many", JUDGED)
    with running(tmp_path, google, judges(judge), max_rows=19) as runner:
        job = submit(store, request(url))
        runner.wake()
        ended = end_of(store, job)
        assert ended["state"] == "failed"
        assert "19 rows" in ended["said"]
        assert judge.calls == 0
        job = submit(store, request(url, limit=2))
        runner.wake()
        assert end_of(store, job)["state"] == "done"


def test_a_draft_by_a_small_model_says_that_it_is_a_template(tmp_path, google, store):
    with running(tmp_path, google, ["embedded"]) as runner:
        sentence = "a clear question, a realistic budget and a named supervisor"
        job = submit(store, request(kind="draft", operation=None, rubric=None, read=None, sentence=sentence))
        runner.wake()
        ended = end_of(store, job)
    assert (ended["state"], ended["kind"], ended["usd"]) == ("done", "draft", 0.0)
    assert "too small to write rubrics" in ended["said"]
    assert ended["result"]["grid"][0][0] == "name"
    assert "realistic budget" in ended["result"]["yaml"]


def test_a_cancelled_run_ends_and_keeps_what_was_judged(tmp_path, google, store):
    url = google.load("Cancelled", [["ID", "Answer"], *[[str(n), f"It is row-{n}. Good."] for n in range(300)]])
    with JudgeServer(latency=0.2) as judge, running(tmp_path, google, judges(judge)) as runner:
        job = submit(store, request(url))
        runner.wake()
        judge.wait_for_calls(40)
        assert store.cancel(job, now=0.0)
        ended = end_of(store, job)
        assert ended["state"] == "cancelled"
        assert judge.calls < 300
        assert any(column(google.spreadsheet(url), "Score"))


def test_jobs_on_one_tab_wait_for_each_other_and_others_go_on(tmp_path, google, store):
    one, other = google.load("One", JUDGED), google.load("Other", JUDGED)
    with JudgeServer(latency=0.3) as judge, running(tmp_path, google, judges(judge)) as runner:
        first = submit(store, request(one), "ann@example.com", "one")
        second = submit(store, request(one), "bob@example.com", "one")
        third = submit(store, request(other), "bob@example.com", "other")
        runner.wake()
        states = wait_for(lambda: (s := [store.get(job).state for job in (first, second, third)]) and "done" in s and s)
        assert states[1] == "queued" or states[0] == "done"
        assert [end_of(store, job)["state"] for job in (first, second, third)] == ["done"] * 3
    assert store.get(second).started >= store.get(first).ended - 1


def test_nobody_waits_for_all_jobs_of_another(tmp_path, google, store, judge):
    urls = [google.load(f"Turn {n}", JUDGED[:4]) for n in range(4)]
    owners = ["ann@example.com"] * 3 + ["bob@example.com"]
    jobs = [submit(store, request(url), owner, url) for url, owner in zip(urls, owners, strict=True)]
    with running(tmp_path, google, judges(judge), runs_at_once=1):
        for job in jobs:
            assert end_of(store, job)["state"] == "done"
    order = sorted(range(4), key=lambda n: store.get(jobs[n]).started)
    assert order == [0, 3, 1, 2]


def test_a_runner_that_is_to_end_puts_its_jobs_back_and_the_next_goes_on(tmp_path, google, store):
    url = google.load("Put back", [["ID", "Answer"], *[[str(n), f"It is row-{n}. Good."] for n in range(200)]])
    with JudgeServer(latency=0.1) as judge:
        with running(tmp_path, google, judges(judge)) as runner:
            job = submit(store, request(url))
            runner.wake()
            judge.wait_for_calls(50)
        assert store.get(job).state == "queued"
        assert judge.calls < 200
        with running(tmp_path, google, judges(judge)):
            ended = end_of(store, job)
    assert ended["state"] == "done"
    assert column(google.spreadsheet(url), "Score") == [str(truth(n)) for n in range(200)]
    assert judge.calls == 200, "no verdict was asked for twice"


def test_a_request_that_is_no_longer_offered_fails_in_words(tmp_path, google, store, judge):
    url = google.load("Not offered", JUDGED)
    with running(tmp_path, google, judges(judge)) as runner:
        job = submit(store, request(url, judge="Slow"))
        runner.wake()
        ended = end_of(store, job)
    assert ended["state"] == "failed"
    assert "'Slow' is not offered here" in ended["said"]


def test_a_log_tells_of_jobs_and_holds_no_text_of_a_row(tmp_path, google, store, judge):
    url = google.load("Logged", [["ID", "Answer"], ["1", "It is row-1. SECRETTEXT"], ["2", ""]])
    with running(tmp_path, google, judges(judge)) as runner:
        job = submit(store, request(url))
        runner.wake()
        end_of(store, job)
    log = (tmp_path / "runs.log").read_text()
    events = [json.loads(line) for line in log.splitlines()]
    assert {"job_started", "job_ended"} <= {event["event"] for event in events if event["job"] == job}
    assert "SECRETTEXT" not in log
    assert told(store.get(job))["state"] == "done"
