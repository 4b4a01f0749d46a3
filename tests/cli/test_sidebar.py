"""`sheetjudge sidebar`: the script copied, configured and pushed; its traces taken out of a sheet."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sheetjudge import sandbox
from sheetjudge.ops.sidebar_project import by_hand, project, way_to
from sheetjudge.tables.job_tab import TAB
from tests.ops.scoring import ROOT, inside, write_rubric
from tests.service.queue_tools import Queue, answers, served, worker

HTTPS = "https://judge.example.org"


@pytest.fixture(scope="module")
def google(tmp_path_factory):
    with sandbox.start(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=1) as server:
        yield server


@pytest.fixture
def no_clasp(tmp_path):
    """An environment without clasp."""
    return {"PATH": str(tmp_path / "nothing"), "HOME": str(tmp_path)}


@pytest.fixture
def clasp(tmp_path):
    """An environment in which clasp is set up; what it was called with is in `called`."""
    (tmp_path / "bin").mkdir()
    (tmp_path / ".clasprc.json").write_text("{}")
    script = tmp_path / "bin" / "clasp"
    script.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\npwd >> {tmp_path}/called\nexit ${{FAILS:-0}}\n')
    script.chmod(0o755)
    return {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "HOME": str(tmp_path)}


def install(tmp_path, env, *more, way=("--backend", HTTPS)):
    return inside("sidebar", "install", *way, "--folder", tmp_path / "script", *more, env=env)


def pushed(folder):
    """What clasp pushes, by the rules of `.claspignore`."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*.[jh]*") if "by-hand" not in path.parts
            and not path.name.startswith(".")}  # fmt: skip


# --- install ----------------------------------------------------------------------------------------------------------


def test_the_files_are_copied_with_the_one_address_that_they_may_call(tmp_path, no_clasp):
    ran = install(tmp_path, no_clasp, way=("--backend", f"{HTTPS}/for/us//"))
    assert ran.code == 0, ran.err
    folder = tmp_path / "script"
    manifest = json.loads((folder / "appsscript.json").read_text())
    assert manifest["urlFetchWhitelist"] == [f"{HTTPS}/for/us/"]
    shipped = json.loads((ROOT / "appscript" / "appsscript.json").read_text())
    assert manifest["oauthScopes"] == shipped["oauthScopes"]
    assert f"const INSTALLED = {{ mode: 'http', backend: '{HTTPS}/for/us' }};" in (folder / "Config.js").read_text()
    for path in pushed(folder) - {"appsscript.json", "Config.js"}:
        assert (folder / path).read_bytes() == (ROOT / "appscript" / path).read_bytes(), "unmodified"
    assert {"Code.js", "Sidebar.html", "server/api.js", "pure/request.js"} <= pushed(folder)
    assert not {"tsconfig.json", "biome.json"} & pushed(folder)


def test_with_the_queue_the_script_may_call_nobody(tmp_path, no_clasp):
    assert install(tmp_path, no_clasp, way=["--queue"]).code == 0
    manifest = json.loads((tmp_path / "script" / "appsscript.json").read_text())
    assert "urlFetchWhitelist" not in manifest
    assert not any("external_request" in scope for scope in manifest["oauthScopes"])
    assert "mode: 'queue', backend: ''" in (tmp_path / "script" / "Config.js").read_text()


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (["--backend", "http://judge.example.org"], "isn't encrypted: everybody on the way could read the rows"),
        (["--backend", "http://127.0.0.1.example.org"], "isn't encrypted"),
        (["--backend", "http://localhost@evil.example"], "isn't encrypted"),
        (["--backend", "judge.example.org"], "is no address of a backend. Give one such as https://"),
        (["--backend", "https://judge.example.org/'};alert(1)//"], "is no address of a backend"),
        (["--backend", "https://user:password@judge.example.org"], "is no address of a backend"),
        (["--backend", "ftp://judge.example.org"], "is no address of a backend"),
        ([], "Where is the judge? Give --backend URL"),
        (["--queue", "--backend", HTTPS], "Where is the judge?"),
        (["--queue", "--script-id", "../../etc"], "is no script's id"),
    ],
)
def test_what_cannot_be_is_refused_in_words_before_anything_is_written(tmp_path, no_clasp, way, told):
    ran = install(tmp_path, no_clasp, way=way)
    assert ran.code == 2
    assert told in ran.err
    assert not (tmp_path / "script").exists()


def test_a_backend_on_this_machine_is_for_trying_out_only(tmp_path, clasp):
    ran = install(tmp_path, clasp, "--script-id", "s" * 40, way=("--backend", "http://127.0.0.1:8080"))
    assert ran.code == 0, ran.err
    assert "A script at Google's can't reach this machine" in ran.out
    assert not (tmp_path / "called").exists(), "nothing was pushed"


def test_what_is_left_to_do_is_told_click_by_click(tmp_path, no_clasp):
    http, queue = install(tmp_path, no_clasp), install(tmp_path, no_clasp, way=["--queue"])
    for ran in (http, queue):
        steps = re.findall(r"^(\d+)\. ", ran.out, re.MULTILINE)
        assert steps == [str(n) for n in range(1, len(steps) + 1)]
        assert "clasp isn't installed." in ran.out
        assert "Extensions › Apps Script" in ran.out
        assert f"{tmp_path / 'script'}/by-hand/Code.gs" in ran.out
    assert "--audience THAT --allow YOUR-ADDRESS" in http.out
    assert "sheetjudge worker ADDRESS-OF-THE-SHEET" in queue.out


def test_the_labels_that_the_steps_name_are_in_the_sidebar(tmp_path, no_clasp, google):
    page = " ".join((ROOT / "appscript" / "view" / "setup.html").read_text().split())
    said = install(tmp_path, no_clasp).out + install(tmp_path, no_clasp, way=["--queue"]).out
    said += removed(google, google.load("Plain", answers(1))).out
    remove = "Remove sheetjudge from this sheet"
    for label in ("Give its owner this audience", "It looks into this sheet", "Save and test", remove):
        assert label in said
        assert label in page
    assert "'Set up'" in (ROOT / "appscript" / "Code.js").read_text()


def test_clasp_pushes_where_it_is_set_up(tmp_path, clasp):
    ran = install(tmp_path, clasp, "--script-id", "https://script.google.com/u/0/home/projects/" + "s" * 57 + "/edit")
    assert ran.code == 0, ran.err
    folder = tmp_path / "script"
    assert (tmp_path / "called").read_text().splitlines() == ["push --force", str(folder)]
    assert json.loads((folder / ".clasp.json").read_text()) == {"scriptId": "s" * 57, "rootDir": ""}
    assert "It was pushed" in ran.out
    assert "Code.gs" not in ran.out, "nothing is to be pasted any more"
    (tmp_path / "called").unlink()
    again = install(tmp_path, clasp, way=["--queue"])
    assert again.code == 0
    assert (tmp_path / "called").exists(), "the folder knows its script"


def test_a_push_that_fails_says_why(tmp_path, clasp):
    script = tmp_path / "bin" / "clasp"
    script.write_text('#!/bin/sh\necho "Pushing"\necho "User has not enabled the Apps Script API." >&2\nexit 1\n')
    ran = install(tmp_path, clasp, "--script-id", "s" * 57)
    assert ran.code == 2
    assert "clasp push failed: User has not enabled the Apps Script API." in ran.err


@pytest.mark.parametrize(
    ("remove", "why"), [(".clasprc.json", "clasp isn't logged in."), ("bin", "clasp isn't installed.")]
)
def test_without_clasp_or_its_log_in_nothing_is_pushed(tmp_path, clasp, remove, why):
    gone = tmp_path / remove
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    ran = install(tmp_path, {**clasp, "PATH": str(tmp_path / "bin")}, "--script-id", "s" * 57)
    assert ran.code == 0
    assert why in ran.out
    assert "s" * 57 in ran.out


def test_a_new_version_takes_the_place_of_the_old_one(tmp_path, no_clasp):
    install(tmp_path, no_clasp)
    folder = tmp_path / "script"
    listed = folder / ".sheetjudge-files.json"
    (folder / "server" / "gone.js").write_text("const TWICE = 1;")
    (folder / "mine.js").write_text("// a person's own")
    listed.write_text(json.dumps([*json.loads(listed.read_text()), "server/gone.js", "../outside", "/etc/passwd", 3]))
    (tmp_path / "outside").write_text("kept")
    assert install(tmp_path, no_clasp, way=["--queue"]).code == 0
    assert not (folder / "server" / "gone.js").exists()
    assert (folder / "mine.js").exists()
    assert (tmp_path / "outside").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path, no_clasp):
    (tmp_path / "script").mkdir()
    (tmp_path / "script" / "thesis.txt").write_text("important")
    ran = install(tmp_path, no_clasp)
    assert ran.code == 2
    assert "holds something else already. Name a new one with --folder" in ran.err
    assert [path.name for path in (tmp_path / "script").iterdir()] == ["thesis.txt"]


def test_three_files_by_hand_are_the_same_script():
    files = project(way_to(HTTPS))
    hand = by_hand(files)
    assert sorted(hand) == ["Code.gs", "Sidebar.html", "appsscript.json"]
    assert "<?" not in hand["Sidebar.html"], "every part stands in its place"
    for path, text in files.items():
        if path.endswith(".js"):
            assert text.strip() in hand["Code.gs"]
        if path.startswith("view/"):
            assert text.strip() in hand["Sidebar.html"]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_script_in_one_file_loads(tmp_path):
    code = by_hand(project(way_to("")))["Code.gs"]
    (tmp_path / "code.js").write_text(
        f"{code}\nconsole.log(typeof onOpen, typeof runDaily, JSON.stringify(INSTALLED));"
    )
    ran = subprocess.run(["node", tmp_path / "code.js"], capture_output=True, text=True, check=False, timeout=60)
    assert ran.stdout.strip() == 'function function {"mode":"queue","backend":""}', ran.stderr


# --- uninstall --------------------------------------------------------------------------------------------------------


def removed(google, url, *more):
    return inside("sidebar", "uninstall", url, "--credentials", google.credentials, *more)


@pytest.fixture
def used(google, tmp_path):
    """A sheet with a queue that was worked at, results, a rubric and a forgotten proof."""
    queue = Queue(google, google.load("Answers", answers(3)))
    person = queue.person
    person.do({"addSheet": {"properties": {"title": "Rubric"}}})
    entry = {"metadataKey": "sheetjudge-proof", "metadataValue": "ab" * 32, "visibility": "DOCUMENT"}
    other = {"metadataKey": "somebody-else", "metadataValue": "x", "visibility": "DOCUMENT"}
    for one in (entry, other):
        person.do({"createDeveloperMetadata": {"developerMetadata": {**one, "location": {"spreadsheet": True}}}})
    job = queue.ask()
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, job)
    return queue


def titles(queue):
    return [sheet.title for sheet in queue.person.book.sheets]


def test_tabs_and_notes_go_and_results_stay(google, used):
    used.ask()
    ran = removed(google, used.url)
    assert ran.code == 0, ran.err
    assert titles(used) == ["Sheet1", "Rubric"]
    assert used.scores() != ["", "", ""]
    keys = [one["metadataKey"] for one in used.person.book.metadata]
    assert "sheetjudge-proof" not in keys
    assert "sheetjudge-job" not in keys
    assert "somebody-else" in keys
    assert f"Taken out of 'Answers': the tab '{TAB}', 1 hidden note." in ran.out
    assert "1 job waits in that tab." in ran.out
    assert "Set up › Remove sheetjudge from this sheet › Remove" in ran.out
    again = removed(google, used.url)
    assert again.code == 0
    assert "'Answers' holds no tab and no note of the sidebar's." in again.out


def test_everything_goes_where_that_is_asked_for(google, used):
    ran = removed(google, used.url, "--rubric", "--results", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out) == {
        "spreadsheet": "Answers", "tabs": ["Rubric", TAB], "waiting": 0, "notes": 1, "results": ["Sheet1"],
        "removed": True,
    }  # fmt: skip
    assert titles(used) == ["Sheet1"]
    assert used.person.rows() == answers(3)
    assert [one["metadataKey"] for one in used.person.book.metadata] == ["somebody-else"]


def test_a_dry_run_changes_nothing(google, used):
    before = used.person.book
    ran = removed(google, used.url, "--rubric", "--results", "--dry-run")
    assert "Would be taken out of 'Answers': the tab 'Rubric', the tab 'sheetjudge jobs', 1 hidden note" in ran.out
    assert used.person.book is before


def test_cells_that_a_person_changed_are_named_first(google, used):
    used.person.type("C2", "5, and that's that")
    before = used.person.book
    ran = removed(google, used.url, "--results")
    assert ran.code == 2
    assert "somebody changed cells" in ran.err
    assert used.person.book is before, "nothing has gone"


def test_a_worker_at_work_is_not_cut_off(google, used):
    from tests.service.test_queue_workers import hold

    job = used.ask()
    hold(used, job)
    ran = removed(google, used.url)
    assert ran.code == 2
    assert "is at work on a job of 'Answers'. Stop that worker first" in ran.err
    assert TAB in titles(used)


def test_a_sheet_that_was_scored_without_a_sidebar(google, tmp_path):
    url = google.load("Plain", answers(2))
    ran = inside(
        "score", url, "--rubric", write_rubric(tmp_path), "--read", "Answer", "--judge", "fake",
        "--credentials", google.credentials,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    before = google.spreadsheet(url).book
    assert "holds no tab and no note" in removed(google, url).out
    assert google.spreadsheet(url).book is before


def test_the_shipped_files_are_all_there():
    files = project(way_to(""))
    on_disk = {str(p.relative_to(ROOT / "appscript")) for p in (ROOT / "appscript").rglob("*.js")}
    on_disk |= {str(p.relative_to(ROOT / "appscript")) for p in (ROOT / "appscript").rglob("*.html")}
    assert on_disk <= files.keys()
    assert Path(".claspignore").name in files
