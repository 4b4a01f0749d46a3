"""Who isn't let in, and what is refused: each with its status, and 401 and 403 with no detail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from sheetjudge.engine.job_store import JobStore
from sheetjudge.ops.settings import load_settings
from sheetjudge.sandbox.faults import Fault, first, server_error
from sheetjudge.sandbox.identity import Identity
from sheetjudge.service.server import JOBS_FILE
from tests.ops.scoring import JudgeServer, inside
from tests.service.asking import JUDGED, parts, request, wait_for
from tests.service.backend import ANN, AUDIENCE, BOB, Backend, load

MALLORY = "mallory@elsewhere.test"


@pytest.fixture(scope="module")
def backend(google, tmp_path_factory):
    with Backend(google, tmp_path_factory.mktemp("attacked"), "--judge", "fake", "--jobs-per-person", "50") as one:
        yield one


@pytest.fixture(scope="module")
def sheet(google):
    return load(google, "Attacked", JUDGED, ANN, BOB)


def refused(answer, status):
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error", "advice"}
    if status in (401, 403):
        assert body == {"error": {401: "Not authorised.", 403: "Forbidden."}[status], "advice": ""}
    assert "Traceback" not in answer.text


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def claims(token):
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


def without_signature(token):
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims(token))}."


def signed_with_the_certificate(token, google):
    """HS256, with the public certificate for a key: the oldest confusion of all."""
    key_id, certificate = next(iter(google.identity.certificates.items()))
    text = f"{encoded({'alg': 'HS256', 'kid': key_id})}.{encoded(claims(token))}"
    mark = hmac.digest(certificate.encode(), text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def changed(token):
    head, _, mark = token.split(".")
    return f"{head}.{encoded({**claims(token), 'email': BOB})}.{mark}"


TOKENS = {
    "garbage": lambda *_: "garbage",
    "three garbage parts": lambda *_: "a.b.c",
    "parts that are no objects": lambda *_: f"{encoded([])}.{encoded(1)}.x",
    "expired": lambda google, _: google.identity.token(ANN, AUDIENCE, lifetime=-60),
    "wrong audience": lambda google, _: google.identity.token(ANN, "other.apps.googleusercontent.com"),
    "wrong issuer": lambda google, _: google.identity.token(ANN, AUDIENCE, issuer="https://evil.example"),
    "alg none": lambda _, good: without_signature(good),
    "signed with the certificate": lambda google, good: signed_with_the_certificate(good, google),
    "signed by somebody else": lambda *_: Identity().token(ANN, AUDIENCE),
    "changed": lambda _, good: changed(good),
    "no signature": lambda _, good: good.rsplit(".", 1)[0] + ".",
    "very long": lambda _, good: good + "A" * 20_000,
}


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("path", ["/v1/judges", "/v1/jobs"])
def test_a_token_that_is_none_is_401(google, backend, kind, path):
    token = TOKENS[kind](google, google.identity.token(ANN, AUDIENCE))
    refused(requests.get(backend.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=30), 401)


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Basic YTpi"}, {"Cookie": "a=b"},
                                     {"X-Sheetjudge-Secret": "", "X-Sheetjudge-User": ANN}])  # fmt: skip
def test_no_token_is_401(backend, headers):
    for path in ("/v1/judges", "/v1/rubrics", "/v1/jobs", "/v1/jobs/0123456789abcdef"):
        refused(requests.get(backend.url + path, headers=headers, timeout=30), 401)
    for path in ("/v1/jobs", "/v1/jobs/0123456789abcdef/cancel", "/v1/jobs/0123456789abcdef/resume"):
        refused(requests.post(backend.url + path, headers=headers, json={}, timeout=30), 401)


def test_who_is_known_and_may_not_is_403(google, backend):
    for token in (google.identity.token(ANN, AUDIENCE, verified=False), google.identity.token(MALLORY, AUDIENCE)):
        refused(requests.get(f"{backend.url}/v1/judges", headers={"Authorization": f"Bearer {token}"}, timeout=30), 403)
    assert backend.get("/v1/judges").status_code == 200
    assert backend.get("/v1/judges", "Ann@Example.com").status_code == 200


def test_two_tokens_are_none(google, backend):
    host, port = backend.url.removeprefix("http://").split(":")
    token = google.identity.token(ANN, AUDIENCE)
    with socket.create_connection((host, int(port)), 10) as connection:
        lines = ["GET /v1/judges HTTP/1.1", "Host: x", *[f"Authorization: Bearer {token}"] * 2, "Connection: close"]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        assert b" 401 " in connection.recv(200)


# --- the proof --------------------------------------------------------------------------------------------------------


def post(backend, text, nonce, email=ANN):
    return backend.post("/v1/jobs", {"job": text, "nonce": nonce}, email)


def new_nonce():
    return secrets.token_urlsafe(24)


def proofs(google, url):
    return [one for one in google.spreadsheet(url).book.metadata if one["metadataKey"] == "sheetjudge-proof"]


def test_no_proof_is_403(backend, sheet):
    for kind in ("run", "estimate"):
        refused(post(backend, request(sheet, kind=kind), new_nonce()), 403)


def test_a_proof_counts_once_and_is_taken_out(google, backend, sheet):
    text, nonce = request(sheet, kind="estimate"), new_nonce()
    backend.prove(parts(sheet)[0], text, nonce)
    assert post(backend, text, nonce).status_code == 202
    assert proofs(google, sheet) == []
    refused(post(backend, text, nonce), 403)
    backend.prove(parts(sheet)[0], text, nonce)
    refused(post(backend, text, nonce), 403)


def test_a_proof_in_another_sheet_is_none(google, backend, sheet):
    other = load(google, "Mine", JUDGED, ANN)
    text, nonce = request(sheet, kind="estimate"), new_nonce()
    backend.prove(parts(other)[0], text, nonce)
    refused(post(backend, text, nonce), 403)


def test_a_proof_is_bound_to_the_person_and_the_request(backend, sheet):
    text, nonce = request(sheet, kind="estimate"), new_nonce()
    backend.prove(parts(sheet)[0], text, nonce, ANN)
    refused(post(backend, text, nonce, BOB), 403)
    refused(post(backend, text + " ", nonce, ANN), 403)
    refused(post(backend, request(sheet, kind="run"), nonce, ANN), 403)
    assert post(backend, text, nonce, ANN).status_code == 202


def test_who_may_only_read_the_sheet_has_no_use_for_the_hash(google, backend, sheet):
    text, nonce = request(sheet, kind="estimate"), new_nonce()
    digest = backend.prove(parts(sheet)[0], text, nonce, ANN)
    refused(post(backend, text, digest, BOB), 403)
    refused(post(backend, text, digest, ANN), 403)
    viewer = load(google, "Viewed", JUDGED, ANN)
    google.share(viewer, "reader", BOB)
    with pytest.raises(requests.HTTPError):
        backend.prove(parts(viewer)[0], text, nonce, BOB)


def test_a_sheet_of_somebody_else_is_403(google, backend):
    theirs = load(google, "Bob's", JUDGED, BOB)
    refused(post(backend, request(theirs), new_nonce()), 403)


def test_a_sheet_that_isnt_shared_with_the_backend_says_with_whom_to_share_it(google, backend):
    private = load(google, "Private", JUDGED, ANN)
    google.share(private, None)
    answer = backend.submit(private)
    refused(answer, 400)
    assert google.email in answer.text


def test_of_many_posts_with_one_nonce_one_is_taken(backend, sheet):
    text, nonce = request(sheet, kind="estimate"), new_nonce()
    backend.prove(parts(sheet)[0], text, nonce)
    with ThreadPoolExecutor(12) as pool:
        statuses = Counter(pool.map(lambda _: post(backend, text, nonce).status_code, range(12)))
    assert statuses == {202: 1, 403: 11}


def test_a_nonce_of_a_draft_counts_once(backend):
    text, nonce = request(kind="draft", operation=None, rubric=None, read=None, sentence="clear and kind"), new_nonce()
    assert post(backend, text, nonce).status_code == 202
    refused(post(backend, text, nonce), 403)


# --- what is asked ----------------------------------------------------------------------------------------------------

WRONG = {
    "no JSON": "{",
    "no object": "[]",
    "another version": '{"version": 2}',
    "no version": "{}",
    "twice": '{"version": 1, "version": 1}',
    "not a number": '{"version": 1, "budget": NaN}',
    "an unknown key": request("http://x/d/aaaaaaaaaaaaaaaaaaaaaaaa/edit#gid=0", host="http://10.0.0.1"),
    "credentials": request("http://x/d/aaaaaaaaaaaaaaaaaaaaaaaa/edit#gid=0", credentials="/etc/passwd"),
    "a host for a judge": request("http://x/d/aaaaaaaaaaaaaaaaaaaaaaaa/edit#gid=0", judge="http://10.0.0.1/v1#m"),
    "a path for a sheet": request("http://x/d/aaaaaaaaaaaaaaaaaaaaaaaa/edit#gid=0", spreadsheet="../../etc/passwd"),
    "a URL for a sheet": request("http://x/d/aaaaaaaaaaaaaaaaaaaaaaaa/edit#gid=0", spreadsheet="https://evil.test/d/x"),
    "deep": "[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_request_is_400_in_words(backend, kind):
    answer = post(backend, WRONG[kind], new_nonce())
    refused(answer, 413 if kind == "deep" and answer.status_code == 413 else 400)


LONG = b"n" * 40
BODIES = [
    b"", b"x", b"[]", b"{}", b"null", b"\xff\xfe", b'{"job": 1, "nonce": 2}', b'{"job": "{}", "nonce": "short"}',
    b'{"job": "{}", "nonce": "%s", "more": 1}' % LONG, b'{"job": "\\ud800", "nonce": "%s"}' % LONG,
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_a_wrong_body_is_400(backend, body):
    refused(requests.post(f"{backend.url}/v1/jobs", data=body, headers=backend.headers(), timeout=30), 400)


@pytest.mark.parametrize("path", [
    "/", "//v1/health", "/v1//health", "/v1/../v1/health", "/v1/%2e%2e/v1/judges", "/v1/jobs/..%2f..%2fetc%2fpasswd",
    "/v1/jobs/%00", "/v1/health/", "/V1/health", "/v1/health;x=1", "/v1/jobs/..\\x", "/v1/jobs/a/b/c", "/etc/passwd",
])  # fmt: skip
def test_path_tricks_are_404(backend, path):
    host, port = backend.url.removeprefix("http://").split(":")
    token = backend.headers()["Authorization"]
    with socket.create_connection((host, int(port)), 10) as connection:
        text = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n"
        connection.sendall(text.encode())
        assert b" 404 " in connection.recv(100)


@pytest.mark.parametrize("job", ["..", "0123456789abcdef", "0" * 16, "x", "' OR 1=1 --"])
def test_a_job_that_is_nobodys_is_404(backend, job):
    for answer in (backend.get(f"/v1/jobs/{job}"), backend.post(f"/v1/jobs/{job}/cancel", {}),
                   backend.post(f"/v1/jobs/{job}/resume", {})):  # fmt: skip
        refused(answer, 404)


def test_a_job_of_somebody_else_is_404(backend, sheet):
    job = backend.submit(sheet, kind="estimate").json()["id"]
    assert backend.get(f"/v1/jobs/{job}").status_code == 200
    refused(backend.get(f"/v1/jobs/{job}", BOB), 404)
    refused(backend.post(f"/v1/jobs/{job}/cancel", {}, BOB), 404)
    refused(backend.post(f"/v1/jobs/{job}/resume", {}, BOB), 404)
    assert job not in backend.get("/v1/jobs?limit=100", BOB).text
    assert job in backend.get(f"/v1/jobs?limit=100&spreadsheet={parts(sheet)[0]}").text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POST"])
def test_another_method_is_405_and_no_other_site_is_let_in(backend, method):
    headers = {"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"}
    answer = requests.request(method, f"{backend.url}/v1/health", headers=headers, timeout=30)
    refused(answer, 405)
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


# --- too much ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_sized", [True, False])
@pytest.mark.parametrize("is_known", [True, False])
def test_a_body_of_100_mb_is_refused_and_not_held(backend, is_sized, is_known):
    before = backend.memory
    chunk = b"x" * 65_536

    def body():
        for _ in range(1600):
            yield chunk

    headers = backend.headers() if is_known else {}
    data = b"x" * (1600 * 65_536) if is_sized else body()
    answer = requests.post(f"{backend.url}/v1/jobs", data=data, headers=headers, timeout=60)
    refused(answer, 413 if is_sized or is_known else 401)
    assert backend.memory - before < 30


def test_an_endless_line_is_no_request(backend):
    host, port = backend.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        try:
            for _ in range(200):
                connection.sendall(b"GET /" + b"a" * 65_536)
            answer = connection.recv(100)
        except OSError:
            answer = b""
    assert answer == b"" or b" 400 " in answer
    assert backend.get("/v1/health").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "sent", [b"", b"GET /v1/he", b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"]
)
def test_who_sends_nothing_more_is_let_go(backend, sent):
    host, port = backend.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 40) as connection:
        connection.sendall(sent)
        answer = connection.recv(1000)
        assert answer == b"" or b" 401 " in answer


def test_a_thousand_requests_at_once_leave_it_standing(google, tmp_path):
    with Backend(google, tmp_path, "--judge", "fake") as backend:
        before = backend.memory
        headers = backend.headers()

        def ask(n):
            try:
                path = "/v1/judges" if n % 2 else "/v1/health"
                return requests.get(backend.url + path, headers=headers if n % 4 == 1 else {}, timeout=60).status_code
            except requests.ConnectionError:
                return 0

        with ThreadPoolExecutor(250) as pool:
            statuses = Counter(pool.map(ask, range(1000)))
        assert set(statuses) <= {200, 401, 429, 503}, statuses
        assert statuses[429] > 0
        assert backend.memory - before < 60
        wait_for(lambda: backend.get("/v1/health").status_code == 200)
        assert backend.end() == 0


def test_more_jobs_than_a_person_may_have_are_429(google, tmp_path):
    url = load(google, "Held", JUDGED, ANN, BOB)
    with JudgeServer(latency=60) as judge:
        options = ("--judge", f"Slow={judge.url}#m", "--jobs-per-person", "2")
        with Backend(google, tmp_path, *options) as backend:
            assert [backend.submit(url).status_code for _ in range(2)] == [202, 202]
            answer = backend.submit(url)
            refused(answer, 429)
            assert "2 jobs" in answer.text
            assert int(answer.headers["Retry-After"]) > 0
            assert backend.submit(url, BOB).status_code == 202


def test_jobs_gone_on_with_at_once_dont_pass_the_limit_together(google, tmp_path):
    url = load(google, "Gone on with", JUDGED, ANN)
    store = JobStore(load_settings({"SHEETJUDGE_HOME": str(tmp_path)}).data / JOBS_FILE)
    spec = {"request": request(url), "judge": "", "spreadsheet": parts(url)[0]}
    jobs = [store.submit("a run", spec, now=1.8e9, owner=ANN) for _ in range(12)]
    assert all(store.cancel(job, now=1.8e9) for job in jobs)
    store.close()
    with JudgeServer(latency=60) as judge:
        options = ("--judge", f"Slow={judge.url}#m", "--jobs-per-person", "2")
        with Backend(google, tmp_path, *options) as backend, ThreadPoolExecutor(12) as pool:
            statuses = Counter(pool.map(lambda job: backend.post(f"/v1/jobs/{job}/resume").status_code, jobs))
            listed = backend.get("/v1/jobs?limit=100").json()["jobs"]
    assert set(statuses) == {200, 429}
    assert sum(job["state"] != "cancelled" for job in listed) == statuses[200] <= 2


# --- what it says -----------------------------------------------------------------------------------------------------


def test_the_log_holds_no_secret(backend, sheet):
    text, nonce = request(sheet, kind="estimate"), new_nonce()
    backend.prove(parts(sheet)[0], text, nonce)
    headers = backend.headers()
    post = requests.post(f"{backend.url}/v1/jobs", json={"job": text, "nonce": nonce}, headers=headers, timeout=30)
    backend.end_of(post.json()["id"])
    requests.get(f"{backend.url}/v1/judges?token=hunter2secret", headers=headers, timeout=30)
    wait_for(lambda: any(line.get("event") == "job_ended" for line in backend.log))
    said = "".join(backend.lines)
    for secret in (headers["Authorization"].split()[1], nonce, "hunter2secret", "It is row-", "private_key"):
        assert secret not in said
    known = [line for line in backend.log if line.get("event") == "request"]
    assert {"method", "route", "status", "ms", "who", "address"} <= set(known[-1])


# --- a private network ------------------------------------------------------------------------------------------------


def test_a_shared_secret_lets_in_who_has_it(google, tmp_path, sheet):
    file = tmp_path / "secret"
    file.write_text("s" * 40 + "\n")
    with Backend(google, tmp_path, "--judge", "fake", "--shared-secret-file", str(file)) as backend:

        def ask(**headers):
            named = {f"X-Sheetjudge-{key}": value for key, value in headers.items()}
            return requests.get(f"{backend.url}/v1/judges", headers=named, timeout=30)

        assert ask(Secret="s" * 40, User=ANN).status_code == 200
        for wrong in ({}, {"Secret": "s" * 39, "User": ANN}, {"Secret": "", "User": ANN}, {"Secret": "s" * 40},
                      {"Secret": "s" * 40, "User": "nobody"}):  # fmt: skip
            refused(ask(**wrong), 401)
        refused(requests.get(f"{backend.url}/v1/judges", headers=backend.headers(), timeout=30), 401)
        named = {"X-Sheetjudge-Secret": "s" * 40, "X-Sheetjudge-User": ANN}
        body = {"job": request(sheet, kind="estimate"), "nonce": new_nonce()}
        refused(requests.post(f"{backend.url}/v1/jobs", json=body, headers=named, timeout=30), 403)
        backend.prove(parts(sheet)[0], body["job"], body["nonce"])
        assert requests.post(f"{backend.url}/v1/jobs", json=body, headers=named, timeout=30).status_code == 202
        assert "s" * 30 not in "".join(backend.lines)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "no script is named"),
        (("--audience", ""), "no script is named"),
        (("--audience", "x"), "who may ask"),
        (("--audience", "x", "--allow", "nonsense"), "no e-mail address and no domain"),
        (("--audience", "x", "--allow", "*", "--shared-secret-file", "SECRET"), "Give one of them"),
        (("--shared-secret-file", "SECRET"), "no secret of 32"),
        (("--shared-secret-file", "/nowhere"), "can't be read"),
        (("--audience", "x", "--allow", "*", "--judge", "nobody"), "There is no judge"),
        (("--audience", "x", "--allow", "*", "--judge", "A=fake", "--judge", "A=embedded"), "Two judges"),
        (("--audience", "x", "--allow", "*", "--judge", "http://127.0.0.1:1/v1#m", "--ceiling", "1"), "isn't known"),
    ],
)  # fmt: skip
def test_it_doesnt_start_as_long_as_it_isnt_said_who_may_ask(google, tmp_path, options, told):
    short = tmp_path / "secret"
    short.write_text("short")
    options = [str(short) if option == "SECRET" else option for option in options]
    ran = inside("serve", "--port", "0", "--credentials", google.credentials, *options,
                 env={"SHEETJUDGE_HOME": str(tmp_path)})  # fmt: skip
    assert ran.code == 2
    assert told in ran.err


# --- when Google can't be asked ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_while_google_fails_a_job_is_refused_for_now_and_its_nonce_is_not_lost(google, tmp_path):
    url = load(google, "Down", JUDGED, ANN)
    text, nonce = request(url, kind="estimate"), new_nonce()
    with Backend(google, tmp_path, "--judge", "fake") as backend:
        backend.prove(parts(url)[0], text, nonce)
        google.faults.add(first(99, Fault(error=server_error(503)), matching="sheets.developerMetadata.search"))
        try:
            answer = post(backend, text, nonce)
        finally:
            google.faults.clear()
        refused(answer, 503)
        assert int(answer.headers["Retry-After"]) > 0
        assert post(backend, text, nonce).status_code == 202


@pytest.mark.slow
def test_without_certificates_nobody_is_let_in(google, tmp_path):
    credentials = json.loads(Path(google.credentials).read_text())
    with Backend(google, tmp_path, "--judge", "fake") as backend:
        good = backend.headers()
        elsewhere = tmp_path / "elsewhere.json"
        elsewhere.write_text(json.dumps({**credentials, "token_uri": "http://127.0.0.1:9/token"}))
        with Backend(SimpleNamespace(credentials=str(elsewhere)), tmp_path, "--judge", "fake") as cut_off:
            refused(requests.get(f"{cut_off.url}/v1/judges", headers=good, timeout=30), 503)
            assert requests.get(f"{cut_off.url}/v1/health", timeout=30).status_code == 200
        assert requests.get(f"{backend.url}/v1/judges", headers=good, timeout=30).status_code == 200
