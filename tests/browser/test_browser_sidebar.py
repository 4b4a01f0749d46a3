"""The whole product in the browser: from opening the sidebar to clearing its results, over HTTP and over the queue."""

from __future__ import annotations

import re

import pytest
from scene import COUNT, HOSTILE, REASON, quality

pytestmark = pytest.mark.browser

WORDS = "Is it clear what the money is for?"


def test_from_opening_to_clearing_over_http(scene, opened):
    _from_opening_to_clearing(scene, opened(scene.address), "http")


def test_every_view_fits_and_is_usable(scene, opened):
    screen = opened(scene.address)
    side = screen.sidebar
    side.locator("#run").wait_for()
    for name in ("Rank", "Filter", "Compare"):
        side.get_by_role("radio", name=name, exact=True).check()
        side.locator("#more").evaluate("(more) => { more.open = true; }")
        screen.look(f"view-{name.lower()}")
    side.get_by_role("radio", name="Score", exact=True).check()
    side.get_by_role("radio", name="Ready-made", exact=True).check()
    screen.look("view-ready-made")
    side.get_by_role("tab", name="Rubric").click()
    side.locator("#rubric").wait_for()
    screen.look("view-rubric")
    side.get_by_role("tab", name="Results").click()
    side.locator("#no-results").wait_for()
    screen.look("view-no-results")
    side.get_by_role("tab", name="Set up").click()
    side.locator("#setup").wait_for()
    side.get_by_role("button", name="Save and test").click()
    side.get_by_text("It works").first.wait_for()
    screen.look("view-set-up")
    side.locator("#open-help").click()
    side.locator("#close-help").wait_for()
    screen.look("view-help")


def test_a_daily_run_is_switched_on_and_its_trigger_runs(scene, opened):
    screen = opened(scene.address)
    side = screen.sidebar
    side.locator("#words").fill(WORDS)
    side.locator("#more").evaluate("(more) => { more.open = true; }")
    side.get_by_label("Every day").check()
    screen.until(lambda: [one["handler"] for one in scene.playground.store.triggers] == ["runDaily"])
    screen.menu("Playground", "Run the time triggers now")
    screen.page.get_by_text("The time trigger runDaily has run.").wait_for()
    screen.until(lambda: scene.truly_scored() == COUNT)


def test_a_backend_that_is_gone_is_said_in_words(scene, opened):
    screen = opened(scene.address)
    side = screen.sidebar
    side.locator("#run").wait_for()
    scene.playground.backends[next(iter(scene.playground.backends))] = "http://127.0.0.1:9"
    side.locator("#words").fill(WORDS)
    side.locator("#estimate").click()
    side.locator("#trouble").wait_for()
    screen.look("view-trouble")
    assert "Traceback" not in side.locator("#trouble").inner_text()


# The two long ones are far apart, so that two processes share them.
@pytest.mark.parametrize("scene", ["queue"], indirect=True)
def test_from_opening_to_clearing_over_the_queue(scene, opened):
    _from_opening_to_clearing(scene, opened(scene.address), "queue")


def _from_opening_to_clearing(scene, screen, way):
    _choose_and_estimate(scene, screen, way)
    _try_five_rows(scene, screen, way)
    _run_sort_and_stop(scene, screen, way)
    _resume(scene, screen, way)
    _read_the_results(scene, screen, way)
    _clear(scene, screen, way)


def _choose_and_estimate(scene, screen, way):
    side = screen.sidebar
    side.get_by_text("person@example.com").first.wait_for()
    side.locator("#run").wait_for()
    screen.look(f"{way}-1-opened")
    for name in ("ID", "Title", "Amount"):
        side.locator("#read").get_by_label(name).uncheck()
    side.locator("#read").get_by_label("Proposal").check()
    side.locator("#words").fill(WORDS)
    side.locator("#estimate").click()
    side.locator("#price").get_by_text(f"{COUNT} rows").first.wait_for()
    screen.look(f"{way}-2-estimated")
    assert scene.judge.requests == []


def _try_five_rows(scene, screen, way):
    side = screen.sidebar
    side.locator("#try").click()
    side.locator("#tried").get_by_text("Row 6").wait_for()
    screen.until(lambda: screen.cell(6, 5).inner_text().startswith(str(quality(4))))
    screen.look(f"{way}-3-tried")
    assert scene.truly_scored() == 5
    for title in HOSTILE:
        assert side.locator("#tried").get_by_text(title.split("\u202e")[0].strip()[:20]).first.is_visible()
    assert side.locator("#tried").inner_text().count(REASON.format(number=0)[:50]) == 1


def _run_sort_and_stop(scene, screen, way):
    side = screen.sidebar
    scene.judge.brisk = len(scene.judge.requests) + 90
    side.locator("#run-all").click()
    side.locator("#stop, #start").locator("visible=true").first.wait_for()
    if side.locator("#start").is_visible():
        side.locator("#start").click()
    bar = side.locator("#job-bar")
    screen.until(lambda: 5 < scene.truly_scored() < COUNT)
    screen.until(lambda: 0 < float(bar.get_attribute("aria-valuenow") or 0) < 100)
    screen.look(f"{way}-4-running")

    screen.column_menu("B", "Sort sheet Z to A")
    screen.until(lambda: screen.cell(3, 2).inner_text() == "Proposal about subject 99")
    assert scene.person.rows()[1][0] != "P000"

    screen.page.get_by_role("button", name="Close the sidebar").click()
    screen.menu("sheetjudge", "Open")
    side.locator("#stop").click()  # the run is found again
    side.locator("#resume").wait_for()
    screen.look(f"{way}-5-stopped")
    assert 5 < scene.truly_scored() < COUNT


def _resume(scene, screen, way):
    side = screen.sidebar
    scene.judge.brisk = 10**9
    side.locator("#resume").click()
    side.locator("#see-results").wait_for()
    screen.look(f"{way}-6-done")
    assert scene.truly_scored() == COUNT
    texts = (one["messages"][-1]["content"] for one in scene.judge.requests)
    assert len({text.rsplit("subject ")[-1].split(".")[0] for text in texts}) == COUNT


def _read_the_results(scene, screen, way):
    side = screen.sidebar
    side.locator("#see-results").click()
    side.locator("#top-list button, #top-list li").first.wait_for()
    screen.look(f"{way}-7-results")
    third = side.locator("#top-list button").nth(2)
    wanted = re.search(r"\d+", third.inner_text())[0]
    third.click()
    screen.until(lambda: screen.page.locator("#place").inner_text().startswith(f"A{wanted}"))
    side.locator("#story").get_by_text("says so").first.wait_for()
    screen.look(f"{way}-8-why")
    title = scene.person.rows()[int(wanted) - 1][1]
    assert f"Row {wanted} · {title}" in side.locator("#story").inner_text()
    _shown_scores_are_their_rows(screen)


def _clear(scene, screen, way):
    side = screen.sidebar
    side.locator("#clear").click()
    side.locator("#clear-yes").click()
    screen.until(lambda: "Score" not in scene.person.rows()[0])
    side.locator("#no-results").wait_for()
    screen.look(f"{way}-9-cleared")
    assert all(len(row) == 4 for row in scene.person.rows())
    assert [one for one in scene.person.book.metadata if one["metadataKey"] in ("sheetjudge", "sheetjudge-proof")] == []


def _shown_scores_are_their_rows(screen):
    """What stands in the grid, beside what: as a person reads it across a row."""
    rows = screen.page.evaluate(
        "() => [...document.querySelectorAll('.body .row')].map((row) =>"
        " [...row.querySelectorAll('.cell')].slice(0, 5).map((cell) => cell.innerText.trim()))"
    )
    read = [row for row in rows if row[0].startswith("P")]
    assert len(read) > 10
    for row in read:
        assert float(row[4]) == quality(int(row[0][1:])), row


def test_a_price_is_of_the_rows_that_are_selected(scene, opened):
    screen = opened(scene.address)
    side = screen.sidebar
    side.locator("#words").fill(WORDS)
    _select_rows(screen, 2, 4, 6, 8, 10)
    side.locator("label").filter(has=side.locator("#rows-selected")).click()
    side.get_by_text("5 rows: 2, 4, 6, 8, …").wait_for()
    side.locator("#run").click()
    side.get_by_role("button", name="Start: 5 rows").wait_for()
    _select_rows(screen, 2, 4, 6, 8, 12)
    side.locator("#start").wait_for(state="hidden")
    # It may have seen the rows half-way through the clicks, and would ask for the price of those.
    side.get_by_text("5 rows: 2, 4, 6, 8, …").wait_for()
    side.locator("#run").click()
    side.get_by_role("button", name="Start: 5 rows").click()
    screen.until(lambda: scene.truly_scored() == 5)
    assert set(scene.scored()) == {f"P{row - 2:03}" for row in (2, 4, 6, 8, 12)}


def _select_rows(screen, *rows):
    for n, row in enumerate(rows):
        screen.cell(row, 1).click(modifiers=["Control"] if n else [])
