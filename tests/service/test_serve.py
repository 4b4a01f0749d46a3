"""The backend over HTTP, as a sidebar uses it: submit, watch, read, cancel, go on; and its end, calm or not."""

from __future__ import annotations

import json
import secrets
import signal

import jsonschema
import pytest
import requests

from sheetjudge import __version__
from sheetjudge.engine.job_store import JobStore
from tests.ops.scoring import JudgeServer, truth
from tests.service.asking import JUDGED, parts, request, wait_for
from tests.service.backend import BOB, Backend, load

COUNT = 80
MANY = [["ID", "Answer"], *[[str(n), f"It is row-{n}. Good."] for n in range(COUNT)]]


@pytest.fixture(scope="module")
def judge():
    with JudgeServer(latency=0.01) as server:
        yield server


@pytest.fixture(scope="module")
def backend(google, judge, tmp_path_factory):
    with Backend(google, tmp_path_factory.mktemp("served"), "--judge", f"Fast={judge.url}#m") as one:
        yield one


@pytest.fixture(scope="module")
def described(backend):
    return requests.get(f"{backend.url}/openapi.json", timeout=30).json()


def column(person, name):
    head, *rows = person.rows()
    return [row[head.index(name)] if head.index(name) < len(row) else "" for row in rows]


def check(described, answer, path, method="get"):
    """The answer is as the published description says."""
    said = described["paths"][path][method]["responses"][str(answer.status_code)]
    schema = {**said["content"]["application/json"]["schema"], "components": described["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.json())


def test_what_is_offered(backend, described):
    health = requests.get(f"{backend.url}/v1/health", timeout=30)
    assert health.json() == {"status": "ok", "version": __version__}
    judges = backend.get("/v1/judges")
    assert judges.json() == {
        "judges": [{"name": "Fast", "local": False, "price_known": False}],
        "default": "Fast", "ceiling": None, "max_rows": 20_000,
    }  # fmt: skip
    rubrics = backend.get("/v1/rubrics")
    assert "essay" in [one["name"] for one in rubrics.json()["rubrics"]]
    for answer, path in ((health, "/v1/health"), (judges, "/v1/judges"), (rubrics, "/v1/rubrics")):
        check(described, answer, path)
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_run_from_its_submission_to_its_result(google, backend, described):
    url = load(google, "Proposals", JUDGED)
    taken = backend.submit(url)
    check(described, taken, "/v1/jobs", "post")
    ended = backend.end_of(taken.json()["id"])
    assert (ended["state"], ended["said"], ended["result"]["scored"]) == ("done", "", 20)
    assert column(google.spreadsheet(url), "Score") == [str(truth(n)) for n in range(20)]
    answer = backend.get(f"/v1/jobs/{ended['id']}")
    check(described, answer, "/v1/jobs/{id}")
    listed = backend.get(f"/v1/jobs?spreadsheet={parts(url)[0]}")
    check(described, listed, "/v1/jobs")
    assert [job["id"] for job in listed.json()["jobs"]] == [ended["id"]]
    assert backend.get("/v1/jobs", BOB).json() == {"jobs": []}
    again = backend.end_of(backend.submit(url).json()["id"])
    assert (again["state"], again["result"]["unchanged"]) == ("done", 20)


def test_an_estimate_and_a_draft(google, backend, judge):
    url = load(google, "Estimated", [["Answer"], *[[f"Another answer, {n}."] for n in range(9)]])
    before = judge.calls
    ended = backend.end_of(backend.submit(url, kind="estimate", limit=5).json()["id"])
    assert (ended["result"]["to_judge"], ended["result"]["calls"], ended["result"]["usd"]) == (5, 5, None)
    assert judge.calls == before
    sentence = "a clear question and a realistic budget"
    taken = backend.submit("", kind="draft", operation=None, rubric=None, read=None, sentence=sentence)
    ended = backend.end_of(taken.json()["id"])
    assert ended["state"] == "done"
    # This judge knows no rubrics: the sentence's own words make one, and that is said.
    assert "put together from your words" in ended["said"]
    assert ended["result"]["grid"]


def test_what_goes_wrong_is_told_in_words(google, backend):
    url = load(google, "Wrong", JUDGED)
    ended = backend.end_of(backend.submit(url, read=["Anser"]).json()["id"])
    assert ended["state"] == "failed"
    assert "no column 'Anser'" in ended["said"]
    assert "Answer" in ended["said"]


@pytest.fixture
def slow_judge():
    with JudgeServer(latency=0.1) as server:
        yield server


@pytest.fixture
def own(google, slow_judge, tmp_path):
    """A backend that may be ended."""
    (tmp_path / "config.toml").write_text("[providers.http.prices]\nm = [1000.0, 1000.0]\n")
    with Backend(google, tmp_path, "--judge", f"Slow={slow_judge.url}#m", "--concurrency", "4") as one:
        yield one


def test_a_run_is_watched_cancelled_and_gone_on_with(google, own, slow_judge, described):
    url = load(google, "Watched", MANY)
    job, waiting = (own.submit(url).json()["id"] for _ in range(2))
    seen = wait_for(lambda: (at := own.job(job)) and at["progress"]["done"] > 5 and at)
    assert (seen["state"], seen["progress"]["total"], seen["progress"]["doing"]) == ("running", COUNT, "Scoring")
    assert own.job(waiting)["state"] == "queued"
    assert own.post(f"/v1/jobs/{waiting}/cancel", {}).json() == {"cancelled": True}
    assert own.job(waiting)["state"] == "cancelled"
    cancelled = own.post(f"/v1/jobs/{job}/cancel", {})
    check(described, cancelled, "/v1/jobs/{id}/cancel", "post")
    assert cancelled.json() == {"cancelled": True}
    assert own.end_of(job)["state"] == "cancelled"
    assert 0 < slow_judge.calls < COUNT
    assert own.post(f"/v1/jobs/{job}/cancel", {}).json() == {"cancelled": False}
    slow_judge.latency = 0.0
    resumed = own.post(f"/v1/jobs/{job}/resume", {})
    check(described, resumed, "/v1/jobs/{id}/resume", "post")
    assert resumed.json() == {"resumed": True}
    assert own.end_of(job)["state"] == "done"
    assert own.post(f"/v1/jobs/{job}/resume", {}).json() == {"resumed": False}
    assert column(google.spreadsheet(url), "Score") == [str(truth(n)) for n in range(COUNT)]
    assert slow_judge.calls == COUNT


def test_kill_9_in_the_middle_loses_nothing_and_frees_no_nonce(google, own, slow_judge):
    url = load(google, "Killed", MANY)
    text, nonce = request(url), secrets.token_urlsafe(24)
    own.prove(parts(url)[0], text, nonce)
    job = own.post("/v1/jobs", {"job": text, "nonce": nonce}).json()["id"]
    slow_judge.wait_for_calls(COUNT // 3)
    own.end(signal.SIGKILL)
    own.begin()
    own.prove(parts(url)[0], text, nonce)
    assert own.post("/v1/jobs", {"job": text, "nonce": nonce}).status_code == 403
    assert own.end_of(job)["state"] == "done"
    assert any(line["event"] == "job_started" and line["took_up"] for line in own.log)
    assert column(google.spreadsheet(url), "Score") == [str(truth(n)) for n in range(COUNT)]
    assert slow_judge.calls <= COUNT + 4, "only what was in flight was asked again"


@pytest.mark.slow
def test_sigterm_puts_what_runs_back_and_its_ceiling_goes_on(google, own, slow_judge, tmp_path):
    url = load(google, "Ended", MANY)
    # 15 tokens a call, a tenth of a cent each.
    job = own.submit(url, budget=900).json()["id"]
    slow_judge.wait_for_calls(COUNT // 3)
    assert own.end(signal.SIGTERM) == 0
    store = JobStore(tmp_path / "serve.sqlite3")
    found = store.get(job)
    store.close()
    assert found.state == "queued"
    assert 0 < found.progress["usd"] < COUNT * 0.015
    own.begin()
    ended = own.end_of(job)
    assert ended["state"] == "done"
    assert ended["usd"] == pytest.approx(COUNT * 0.015)
    assert slow_judge.calls == COUNT


def test_every_route_is_described(described):
    assert set(described["paths"]) == {
        "/v1/health", "/v1/judges", "/v1/rubrics", "/v1/jobs", "/v1/jobs/{id}", "/v1/jobs/{id}/cancel",
        "/v1/jobs/{id}/resume",
    }  # fmt: skip
    names = {part["$ref"].rsplit("/", 1)[1] for part in _parts(described) if "$ref" in part}
    assert names <= set(described["components"]["schemas"])
    for schema in described["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    text = request("http://x/d/aaaaaaaaaaaaaaaaaaaaaaaa/edit#gid=0", limit=5, budget=2.5, rows="2-6,9", all=False)
    schema = {**described["components"]["schemas"]["Request"], "components": described["components"]}
    jsonschema.Draft202012Validator(schema).validate(json.loads(text))


def _parts(value):
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)
