"""The stand-ins of the Apps Script services, with a small script of the tests' own: they do as Google documents."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sheetjudge import sandbox
from sheetjudge.sandbox.playground import Project

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).parent / "script"


class Backend(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer(418 if body == "tea" else 200, f"{self.headers['Content-Type']} {body}")

    def do_GET(self):
        self.answer(404, "nothing é")

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("X-Told", "yes")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def stage():
    with ThreadingHTTPServer(("127.0.0.1", 0), Backend) as backend, sandbox.start() as google:
        threading.Thread(target=backend.serve_forever, daemon=True).start()
        backends = {"https://backend.example": f"http://127.0.0.1:{backend.server_port}"}
        google.playground = google.open_playground(Project(SCRIPT), backends=backends)
        yield google
        backend.shutdown()


@pytest.fixture
def screen(stage, opened):
    stage.playground.store.__init__()
    book = stage.load("Trial", [["Name", "Day", "Yes"], ["Ann", "", ""], ["007", "x", ""]])
    stage.book = stage.spreadsheet(book)
    stage.book.type("B2", [["2024-01-02", "TRUE"], ["1.5"]])
    return opened(stage.playground.url(stage.book.book_id, start="openPage"))


@pytest.fixture
def call(screen):
    """Calls a function of the script, as its page does."""
    screen.sidebar.locator("#out").wait_for()

    def call(name, *args):
        found = screen.frame.evaluate("([name, args]) => call(name, ...args)", [name, list(args)])
        assert found.pop("mine") == "mine"
        return found

    return call


def test_values_pass_as_json_has_them(call, screen):
    value = {"a": [1, "x", True, None, {"b": []}]}
    assert call("same", value) == {"value": value}
    run = "() => call('same', {gone: undefined, list: [undefined]})"
    assert screen.frame.evaluate(run)["value"] == {"list": [None]}
    assert screen.frame.evaluate("() => call('same')")["value"] is None


@pytest.mark.parametrize(
    ("argument", "kind"),
    [("new Date()", "Date"), ("() => 1", "Function"), ("{ deep: [new Date()] }", "Date"), ("new Map()", "Map"),
     ("document.body", "HTMLBodyElement"), ("(() => { const a = {}; a.a = a; return a; })()", "part of itself")],
)  # fmt: skip
def test_what_cant_pass_is_refused(call, screen, argument, kind):
    assert call("count") == {"value": 1}
    said = screen.frame.evaluate(
        f"async () => {{ try {{ await call('same', {argument}); }} catch (e) {{ return e.message; }} }}"
    )
    assert kind in said
    assert "google.script.run" in said


def test_no_date_and_no_function_comes_back(call):
    assert "What dateBack returned.when is a Date" in call("dateBack")["error"]
    assert "Function" in call("functionBack")["error"]


def test_only_public_functions_can_be_called(call, screen):
    assert screen.frame.evaluate("() => [typeof google.script.run.hidden_, typeof google.script.run.same]") == [
        "undefined",
        "function",
    ]
    assert screen.frame.evaluate("() => typeof google.script.run.fetch") == "undefined"
    assert call("fail") == {"error": "Error: on purpose"}


def test_executions_share_no_globals(call):
    assert [call("count"), call("count")] == [{"value": 1}, {"value": 1}]


def test_includes_run_and_nothing_is_shared_with_the_page_around(call, screen):
    assert call("count")
    assert screen.sidebar.locator("#out").inner_text() == "number"
    reach = "() => { try { return String(parent.document.title); } catch (e) { return e.name; } }"
    assert screen.frame.evaluate(reach) == "SecurityError"
    assert screen.frame.evaluate(
        "() => { try { localStorage.x = 1; return 'kept'; } catch (e) { return e.name; } }"
    ) == ("SecurityError")
    assert screen.frame.evaluate("() => fetch('/').then(() => 'sent', () => 'refused')") == "refused"


@pytest.mark.parametrize(
    "path",
    ["SpreadsheetApp.create", "UrlFetchApp.getRequest", "ScriptApp.getOAuthToken", "Utilities.zip", "DriveApp",
     "GmailApp", "HtmlService.SandboxMode", "LockService.x", "CacheService.x", "PropertiesService.x", "Session.x"],
)  # fmt: skip
def test_what_isnt_built_says_so_by_its_name(call, path):
    said = call("missing", path)["value"]
    assert said == f"{path} isn't built in the playground."


def test_a_browsers_own_things_arent_there(call):
    names = [
        "setTimeout",
        "fetch",
        "XMLHttpRequest",
        "URL",
        "TextEncoder",
        "atob",
        "crypto",
        "importScripts",
        "postMessage",
    ]
    assert call("kinds", names)["value"] == ["undefined"] * len(names)


def test_limits_and_stores(call):
    assert call("onProperty", 9216) == {"value": 9216}
    assert call("onProperty", 9217) == {"error": "Exception: Argument too large: value"}
    assert call("readProperty", "nothing") == {"value": None}
    assert call("cached", None) == {"value": None}
    assert call("cached", "v") == {"value": "v"}
    assert call("cached", None) == {"value": "v"}


def test_a_lock_keeps_the_second_out_until_the_first_ends(call, screen):
    both = screen.frame.evaluate(
        "async () => { const first = call('holdLock', 3000);"
        " await new Promise((go) => setTimeout(go, 1500));"
        " const second = await call('tryLock', 100); await first;"
        " return [second.value, (await call('tryLock', 100)).value]; }"
    )
    assert both == [False, True]
    assert call("tryLock", 0) == {"value": True}


def test_fetches(call):
    post = {"method": "post", "contentType": "application/json", "payload": '{"a":1}'}
    assert call("fetched", "https://backend.example/x", post)["value"] == [200, 'application/json {"a":1}', "yes"]
    form = {"method": "post", "payload": {"a": "1 2", "b": "é"}}
    assert call("fetched", "https://backend.example/x", form)["value"][1] == (
        "application/x-www-form-urlencoded a=1%202&b=%C3%A9"
    )
    quiet = {"muteHttpExceptions": True}
    assert call("fetched", "https://backend.example/x", quiet)["value"] == [404, "nothing é", "yes"]
    said = call("fetched", "https://backend.example/x", {})["error"]
    assert said.startswith("Exception: Request failed for https://backend.example returned code 404. Truncated server")
    assert "urlFetchWhitelist" in call("fetched", "https://elsewhere.example/", {})["error"]


def test_reading_and_writing_cells(call, stage):
    assert call("values")["value"] == [
        ["Name", "Day", "Yes"],
        ["Ann", "2024-01-02T00:00:00.000Z", True],
        ["007", 1.5, ""],
    ]
    found = call("write")["value"]
    assert found == [3, 2, [["a", "3"], ["TRUE", "2024-01-02 11:00:00"], ["7", "last"]]]
    assert [sheet.title for sheet in stage.book.book.sheets] == ["Sheet1", "Made"]
    assert stage.book.tab("Made").cell(0, 0).format["textFormat"] == {"bold": True}


def test_ranges_keep_to_the_sheet(call):
    assert "outside the dimensions" in call("outside", 5000)["error"]
    assert "too small" in call("outside", 0)["error"]
    assert "The data has 1 but the range has 2" in call("wrongSize")["error"]


def test_the_selection_is_this_pages(call, screen):
    screen.cell(2, 1).click()
    screen.page.keyboard.press("Shift+ArrowRight")
    screen.cell(3, 3).click(modifiers=["Control"])
    assert sorted(call("selection")["value"]) == ["A2:B2", "C3"]
    call("selectThird")
    screen.until(lambda: screen.page.locator("#place").inner_text() == "A3:B3")


def test_small_services(call):
    assert call("digest")["value"] == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"
    assert call("who")["value"] == ["person@example.com", 3]
    assert call("dates")["value"] == "Sun 2 Jun 2024 00:05 Uhr"
    assert call("marked")["value"] == [["v"], 0]


def test_a_time_trigger_is_fired_by_hand(call, screen):
    assert call("daily")["value"] == ["everyDay"]
    screen.menu("Playground", "Run the time triggers now")
    screen.page.get_by_text("The time trigger everyDay has run.").wait_for()
    assert call("readProperty", "fired")["value"] == "string Cannot call SpreadsheetApp.getUi() from this context."


def test_what_fails_in_a_menu_is_said(screen):
    screen.menu("Try", "Fail")
    screen.page.get_by_text("Error: on purpose").wait_for()


def test_a_missing_scope_is_named(stage, screen, tmp_path):
    folder = shutil.copytree(SCRIPT, tmp_path / "script")
    manifest = json.loads((folder / "appsscript.json").read_text())
    manifest["oauthScopes"] = [scope for scope in manifest["oauthScopes"] if "external" not in scope]
    (folder / "appsscript.json").write_text(json.dumps(manifest))
    screen.goto(stage.open_playground(Project(folder)).url(stage.book.book_id, start="openPage"))
    screen.sidebar.locator("#out").wait_for()
    said = screen.frame.evaluate("() => call('fetched', 'https://backend.example/', {})")["error"]
    assert "script.external_request" in said
