"""The playground's routes: who is answered, what may be loaded, and what the page and the stand-ins get."""

from __future__ import annotations

import base64
import json
import re
import threading
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest
import requests

from sheetjudge.errors import ConfigError
from sheetjudge.sandbox.playground import Project
from sheetjudge.sandbox.playground.frames import frame_policy

MANIFEST = {"urlFetchWhitelist": ["https://backend.example/", "http://127.0.0.1/"]}


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("script")
    (folder / "appsscript.json").write_text(json.dumps(MANIFEST))
    (folder / "Code.js").write_text("function onOpen() {}\n")
    (folder / "view").mkdir()
    (folder / "view" / "Page.html").write_text("<p>Hello</p>")
    (folder / "notes.txt").write_text("nobody's business")
    return Project(folder)


@pytest.fixture
def playground(google, project):
    made = google.open_playground(project)
    made.google = google
    return made


class Page:
    """What a browser's page can ask for."""

    def __init__(self, playground, rows):
        self.google = playground.google
        self.playground = playground
        self.book = self.google.load("Book <b>", rows).split("/d/")[1].split("/")[0]
        self.url = playground.url(self.book)

    def ask(self, name, **body):
        headers = {"X-Playground-Token": self.playground.token}
        return requests.post(f"{self.google.base_url}/playground/api/{name}", json=body, headers=headers, timeout=70)

    def view(self, **body):
        answer = self.ask("view", book=self.book, top=0, bottom=100, **body)
        assert answer.status_code == 200
        return answer.json()


@pytest.fixture
def page(playground):
    return Page(playground, [["Name", "Score"], ["Ann", "1"], ["Bob", "2"]])


def test_the_page_loads_nothing_from_elsewhere(page):
    answer = requests.get(page.url, timeout=60)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", answer.text)
    assert "<script>" not in answer.text
    assert "Book &lt;b&gt;" in answer.text
    for path in re.findall(r"(?:src|href)=\"([^\"]+)\"", answer.text):
        assert requests.get(page.google.base_url + path, timeout=60).status_code == 200, path


def test_only_who_has_the_address_sees_the_page(page):
    bare = page.url.split("?")[0]
    for address in (bare, bare + "?token=", bare + "?token=wrong"):
        answer = requests.get(address, timeout=60)
        assert answer.status_code == 403
        assert page.playground.token not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "sheets.googleapis.com", "docs.google.com", "127.0.0.1.evil.example"])
def test_under_another_name_nothing_is_answered(page, host):
    answer = requests.get(page.url, headers={"Host": host}, timeout=60)
    assert answer.status_code == 403
    assert page.playground.token not in answer.text
    headers = {"Host": host, "X-Playground-Token": page.playground.token}
    address = f"{page.google.base_url}/playground/api/login"
    assert requests.post(address, json={}, headers=headers, timeout=60).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Playground-Token": "wrong"},
        {"X-Playground-Token": "right", "Origin": "http://evil.example"},
        {"X-Playground-Token": "right", "Origin": "null"},
        {"X-Playground-Token": "right", "Origin": "http://127.0.0.1:1"},
    ],
)
def test_a_post_from_another_site_is_refused(page, headers):
    sent = {name: page.playground.token if value == "right" else value for name, value in headers.items()}
    for name in ("login", "identity", "view", "fetch", "set-properties"):
        address = f"{page.google.base_url}/playground/api/{name}"
        answer = requests.post(address, json={"book": page.book}, headers=sent, timeout=60)
        assert answer.status_code == 403
        assert "access_token" not in answer.text


def test_no_answer_lets_another_site_read_it(page):
    for path in (page.url, f"{page.google.base_url}/playground/static/page.js"):
        answer = requests.get(path, headers={"Origin": "http://evil.example"}, timeout=60)
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    ["static/../routes.py", "static/%2e%2e/routes.py", "static/page.html", "script/notes.txt", "script/../../x",
     "script/%2e%2e/appsscript.json", "frame/x", "nothing", "api/login", ""],
)  # fmt: skip
def test_other_files_are_not_given_out(page, path):
    session = requests.Session()
    prepared = requests.Request("GET", page.google.base_url).prepare()
    prepared.url = f"{page.google.base_url}/playground/{path}"
    assert session.send(prepared, timeout=60).status_code in (403, 404)


def test_a_page_of_the_script_is_a_text_unless_it_stands_in_its_frame(page):
    answer = requests.get(f"{page.google.base_url}/playground/script/view/Page.html", timeout=60)
    assert answer.text == "<p>Hello</p>"
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_frame_runs_its_own_scripts_and_no_others(page):
    html = "<html><head></head><body><script>one()</script><p onclick='two()'>x</p></body></html>"
    name = page.ask("frame", html=html, functions=["save", "</script><b>"]).json()["id"]
    answer = requests.get(f"{page.google.base_url}/playground/frame/{name}", timeout=60)
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert policy.count("sha256-") == 2
    assert frame_policy("<script>one()</script>").split("script-src ")[1].split(";")[0] in policy
    assert '["save", "\\u003c/script' in answer.text
    assert answer.text.index("google") < answer.text.index("one()")


def test_the_settings_of_the_page_name_the_script_and_the_person(page):
    text = requests.get(page.url, timeout=60).text
    settings = json.loads(unescape(re.search(r'data-settings="([^"]*)"', text)[1]))
    assert settings["project"] == ["Code.js"]
    assert settings["manifest"] == MANIFEST
    assert settings["email"] == "person@example.com"


def test_a_project_without_manifest_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"appsscript\.json"):
        Project(tmp_path)


def test_the_view_follows_the_book(page):
    first = page.view()
    assert first["window"]["rows"][1][0]["t"] == "Ann"
    assert page.view(version=first["version"]) == {"version": first["version"], "unchanged": True}
    page.google.spreadsheet(page.book).type("A2", "Zoe")
    assert page.view(version=first["version"])["window"]["rows"][1][0]["t"] == "Zoe"


def test_what_may_be_written_is_what_the_api_allows(page):
    token = page.ask("login").json()["access_token"]
    address = f"{page.google.base_url}/v4/spreadsheets/{page.book}/values/A2?valueInputOption=USER_ENTERED"
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.put(address, json={"values": [["=1+1"]]}, headers=headers, timeout=60)
    assert answer.status_code == 200
    cell = page.view()["window"]["rows"][1][0]
    assert (cell["t"], cell["e"]) == ("2", "=1+1")


def test_shapes_hidden_parts_and_looks_are_told(page):
    person = page.google.spreadsheet(page.book)
    column = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    row = {"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}
    cell = {"note": "by hand", "userEnteredFormat": {"textFormat": {"bold": True}, "backgroundColor": {"red": 1}}}
    person.do(
        {"updateDimensionProperties": {"range": column, "properties": {"pixelSize": 180}, "fields": "pixelSize"}},
        {"updateDimensionProperties": {"range": row, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}},
        {"updateCells": {"rows": [{"values": [cell]}], "fields": "note,userEnteredFormat",
                         "start": {"sheetId": 0, "rowIndex": 0, "columnIndex": 0}}},
        {"addSheet": {"properties": {"title": "Later", "hidden": True}}},
    )  # fmt: skip
    found = page.view()
    assert found["sheet"]["widths"][:2] == [100, 180]
    assert found["sheet"]["hiddenRows"] == [2]
    assert [tab["title"] for tab in found["tabs"]] == ["Sheet1"]
    head = found["window"]["rows"][0][0]
    assert head["n"] == "by hand"
    assert found["window"]["looks"][head["s"]] == {"b": True, "bg": "#ff0000"}


def test_a_colour_scale_runs_from_its_lowest_to_its_highest_number(page):
    person = page.google.spreadsheet(page.book)
    person.type("B2", [["0"], ["5"], ["10"], ["word"]])
    ends = {"minpoint": {"color": {"red": 1, "green": 1, "blue": 1}, "type": "MIN"},
            "maxpoint": {"color": {"red": 0, "green": 0, "blue": 0}, "type": "MAX"}}  # fmt: skip
    area = {"sheetId": 0, "startRowIndex": 1, "startColumnIndex": 1, "endColumnIndex": 2}
    person.do({"addConditionalFormatRule": {"rule": {"ranges": [area], "gradientRule": ends}, "index": 0}})
    window = page.view()["window"]
    colors = [window["looks"][row[1].get("s", 0)].get("bg") for row in window["rows"][1:5]]
    assert colors == ["#ffffff", "#808080", "#000000", None]


def test_of_two_rules_the_first_has_its_way(page):
    def rule(kind, value, color):
        condition = {"type": kind, "values": [{"userEnteredValue": value}]}
        area = {"sheetId": 0, "startColumnIndex": 0, "endColumnIndex": 2}
        return {"ranges": [area], "booleanRule": {"condition": condition, "format": {"backgroundColor": color}}}

    page.google.spreadsheet(page.book).do(
        {"addConditionalFormatRule": {"rule": rule("TEXT_STARTS_WITH", "an", {"red": 1}), "index": 0}},
        {"addConditionalFormatRule": {"rule": rule("TEXT_CONTAINS", "n", {"blue": 1}), "index": 1}},
    )
    window = page.view()["window"]
    colors = {row[0]["t"]: window["looks"][row[0]["s"]].get("bg") if "s" in row[0] else None for row in window["rows"]}
    assert colors == {"Name": "#0000ff", "Ann": "#ff0000", "Bob": None}


def test_limits_of_properties_and_cache(page):
    store = {"store": "script"}
    assert page.ask("set-properties", **store, properties={"a": "x" * 9216}).status_code == 200
    refused = page.ask("set-properties", **store, properties={"a": "x" * 9217})
    assert refused.json()["error"]["message"] == "Argument too large: value"
    assert page.ask("set-properties", **store, properties={"b": "é" * 4609}).status_code == 400
    full = {f"k{at}": "x" * 9000 for at in range(60)}
    assert "quota" in page.ask("set-properties", **store, properties=full).json()["error"]["message"]
    assert page.ask("put-cache", **store, values={"k": "x" * 102_401}, seconds=9).status_code == 400
    assert page.ask("put-cache", **store, values={"k" * 251: "x"}, seconds=9).status_code == 400
    assert list(page.ask("properties", **store).json()["properties"]) == ["a"]


def test_a_lock_is_one_executions_until_it_ends(page):
    def take(who):
        return page.ask("lock", lock="document:x", execution=who).json()["taken"]

    assert take("one")
    assert take("one")
    assert not take("two")
    page.ask("release", execution="one")
    assert take("two")


def test_the_cache_forgets(page):
    now = [1000.0]
    page.playground.store.now = lambda: now[0]
    page.ask("put-cache", store="s", values={"k": "v"}, seconds=30)
    assert page.ask("cache", store="s", names=["k", "other"]).json()["values"] == {"k": "v"}
    now[0] += 31
    assert page.ask("cache", store="s", names=["k"]).json()["values"] == {}


class Backend(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = json.dumps({"path": self.path, "body": body.decode(), "kind": self.headers["Content-Type"]}).encode()
        self.send_response(202)
        self.send_header("X-Told", "yes")
        self.end_headers()
        self.wfile.write(told)

    def do_GET(self):
        self.send_response(302)
        self.send_header("Location", "http://10.0.0.1/" if "away" in self.path else "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def backend(playground):
    with HTTPServer(("127.0.0.1", 0), Backend) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        playground.backends["https://backend.example"] = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()


@pytest.mark.usefixtures("backend")
def test_a_fetch_goes_to_the_local_server_behind_the_name(page):
    payload = "eyJhIjogMX0="
    headers = {"Content-Type": "application/json", "Host": "evil.example"}
    answer = page.ask(
        "fetch", url="https://backend.example/v1/jobs?x=1", method="post", headers=headers, payload=payload
    )
    found = answer.json()
    assert found["status"] == 202
    assert ["X-Told", "yes"] in found["headers"]
    told = json.loads(base64.b64decode(found["body"]))
    assert told == {"path": "/v1/jobs?x=1", "body": '{"a": 1}', "kind": "application/json"}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://elsewhere.example/", "urlFetchWhitelist"),
        ("https://backend.example.evil.example/", "urlFetchWhitelist"),
        ("http://127.0.0.1:1/", "urlFetchWhitelist"),
        ("https://backend.example@evil.example/", "urlFetchWhitelist"),
        ("https://backend.example/away", "urlFetchWhitelist"),
        ("https://backend.example/" + "x" * 2100, "URL Length"),
    ],
)
@pytest.mark.usefixtures("backend")
def test_a_fetch_to_anywhere_else_is_refused(page, url, said):
    answer = page.ask("fetch", url=url, method="get")
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://169.254.169.254/", "https://example.org/", "file:///etc/passwd",
            "http://0.0.0.0/", "http://localhost.evil.example/", "http://user@127.0.0.1/", "http://[::2]/", "http://"]
)  # fmt: skip
def test_without_a_list_a_fetch_still_stays_on_this_machine(page, monkeypatch, url):
    monkeypatch.setattr(Project, "allowed_addresses", None)
    answer = page.ask("fetch", url=url, method="get")
    assert answer.status_code == 400
    assert "this machine only" in answer.json()["error"]["message"]


def test_the_identity_token_is_the_persons(page):
    from google.auth.transport.requests import Request
    from google.oauth2 import id_token

    token = page.ask("identity").json()["token"]
    certificates = f"{page.google.base_url}/oauth2/v1/certs"
    assert id_token.verify_token(token, Request(), certs_url=certificates)["email"] == "person@example.com"


def test_two_pages_see_one_book(page):
    other = Page.__new__(Page)
    other.__dict__ = page.__dict__ | {"url": page.url}
    before = other.view()
    page.google.spreadsheet(page.book).insert_rows(2)
    assert other.view(version=before["version"])["window"]["rows"][2][0]["t"] == "Ann"
    assert urlsplit(other.url).path == urlsplit(page.url).path
