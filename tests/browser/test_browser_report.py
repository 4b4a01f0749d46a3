"""The report in a browser: light, dark, narrow and printed; nothing is fetched, nothing runs, everybody can use it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.ops.scoring import inside, write_table
from tests.report.pages import HEADER, HOSTILE, judged, told_of_contenders

pytestmark = pytest.mark.browser

LOOKS = {
    "light": {"viewport": {"width": 1200, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1200, "height": 900}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 360, "height": 760}, "color_scheme": "light"},
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    rows = judged(40, ranked=True)
    for row, hostile in zip(rows, HOSTILE, strict=False):
        row[0] = row[1] = row[HEADER.index("Why")] = hostile
    table = write_table(folder / "judged.csv", rows, HEADER)
    out = folder / "report.html"
    ran = inside(
        "report", table, "--human", "Ana", "--human", "Ben", "--out", out, env={"SHEETJUDGE_HOME": str(folder)}
    )
    assert ran.code == 0, ran.err
    return out


@pytest.fixture(scope="module")
def leaderboard(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    header = ["Question", "Model", "Answer", "Winner", "Margin", "Why", "Status"]
    rows = [
        [f"Question {n // 6}?", HOSTILE[n % 6], "words", HOSTILE[n // 6], "0.5", HOSTILE[n % 6], "review: look at this"]
        for n in range(36)
    ]
    table = write_table(folder / "compared.csv", rows, header)
    (folder / "run.json").write_text(json.dumps(told_of_contenders(HOSTILE)))
    out = folder / "report.html"
    ran = inside("report", table, "--run", folder / "run.json", "--out", out, env={"SHEETJUDGE_HOME": str(folder)})
    assert ran.code == 0, ran.err
    return out


@pytest.fixture(params=LOOKS)
def look(request, chromium):
    context = chromium.new_context(**LOOKS[request.param])
    yield request.param, context.new_page()
    context.close()


def test_the_page_is_calm_and_everybody_can_use_it(look, report, pictures):
    from axe_playwright_python.sync_playwright import Axe

    name, page = look
    heard, asked = [], []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    if pictures is not None:
        page.screenshot(path=pictures / f"report-{name}.png", full_page=True)
    assert asked == [report.as_uri()]
    assert heard == []
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page doesn't move sideways"
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_a_leaderboard_is_calm_and_everybody_can_use_it(look, leaderboard, pictures):
    from axe_playwright_python.sync_playwright import Axe

    name, page = look
    heard = []
    page.on("console", lambda message: heard.append(message.text))
    page.goto(leaderboard.as_uri())
    if pictures is not None:
        page.screenshot(path=pictures / f"report-compared-{name}.png", full_page=True)
    assert heard == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page doesn't move sideways"
    assert Axe().run(page).response["violations"] == []


def test_the_figures_fit_beside_a_name_without_blanks(chromium, tmp_path):
    name = "n" * 70
    header = [text.replace("question", name) for text in HEADER]
    table = write_table(tmp_path / "judged.csv", judged(40), header)
    out = tmp_path / "report.html"
    who = ("--human", "Ana", "--human", "Ben")
    ran = inside("report", table, *who, "--out", out, env={"SHEETJUDGE_HOME": str(tmp_path)})
    assert ran.code == 0, ran.err
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    page.goto(out.as_uri())
    beyond = "e => e.scrollWidth - e.clientWidth"
    assert page.locator(".figures").evaluate(beyond) <= 1
    page.close()


def test_styles_apply_under_the_page_s_own_policy(look, report):
    name, page = look
    page.goto(report.as_uri())
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 22, 28)"
    assert dark == (name == "dark")


def test_reasons_open_and_are_printed(chromium, report, pictures):
    page = chromium.new_page()
    page.goto(report.as_uri())
    reason = page.locator("#rows .why").nth(10)
    assert not reason.is_visible()
    page.locator("#rows summary").nth(10).click()
    assert reason.is_visible()
    page.emulate_media(media="print")
    assert page.locator("#rows .why").nth(11).is_visible(), "on paper all are open"
    if pictures is not None:
        page.pdf(path=pictures / "report.pdf", format="A4", print_background=True)
    page.close()
