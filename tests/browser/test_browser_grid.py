"""The grid: a person's edits, what others see of them, and what the book says of looks."""

from __future__ import annotations

import json

import pytest
from scene import HOSTILE, Screen

from sheetjudge import sandbox
from sheetjudge.sandbox.playground import Project

pytestmark = pytest.mark.browser

ROWS = [["Name", "Points"], ["Cleo", "3"], ["Ann", "1"], ["Bob", "2"]]


@pytest.fixture
def book(tmp_path):
    """A small sheet, without a script."""
    (tmp_path / "appsscript.json").write_text(json.dumps({}))
    with sandbox.start() as google:
        url = google.load("Small", ROWS)
        person = google.spreadsheet(url)
        person.address = google.open_playground(Project(tmp_path)).url(person.book_id)
        person.page_of = google
        yield person


@pytest.fixture
def screen(book, opened):
    return opened(book.address)


def select(screen: Screen, row: int, column: int) -> None:
    screen.cell(row, column).click()
    screen.until(lambda: "active" in screen.cell(row, column).get_attribute("class"))


def test_typing_enters_what_is_meant(screen, book):
    select(screen, 2, 2)
    screen.page.keyboard.type("=B3+B4")
    screen.page.keyboard.press("Enter")
    screen.page.keyboard.type("10%")
    screen.page.keyboard.press("Tab")
    screen.until(lambda: book.cell("B2") == "2.1" and book.cell("B3") == "10%")
    screen.until(lambda: screen.cell(2, 2).inner_text() == "2.1")
    select(screen, 2, 2)
    screen.until(lambda: screen.page.locator("#formula").input_value() == "=B3+B4")
    screen.page.keyboard.press("F2")
    screen.page.keyboard.press("Escape")
    screen.page.keyboard.press("Delete")
    screen.until(lambda: book.cell("B2") == "")


def test_the_formula_bar_edits_too(screen, book):
    select(screen, 3, 1)
    screen.page.locator("#formula").fill("Anna")
    screen.page.keyboard.press("Enter")
    screen.until(lambda: book.cell("A3") == "Anna")
    screen.until(lambda: screen.page.locator("#place").inner_text() == "A4")


def test_the_keyboard_reaches_every_cell(screen):
    select(screen, 1, 1)
    for key, place in (("ArrowDown", "A2"), ("ArrowRight", "B2"), ("Control+ArrowDown", "B4"),
                       ("Shift+ArrowUp", "B3:B4"), ("Home", "A4"), ("PageDown", None), ("Control+Home", "A1"),
                       ("Control+a", "A1:Z1000")):  # fmt: skip
        screen.page.keyboard.press(key)
        if place:
            screen.until(lambda place=place: screen.page.locator("#place").inner_text() == place)
    active = screen.page.locator("#grid").get_attribute("aria-activedescendant")
    assert screen.page.locator(f"#{active}").get_attribute("role") == "gridcell"


def test_sorting_moves_whole_rows_and_leaves_the_header(screen, book):
    screen.column_menu("B", "Sort sheet A to Z")
    screen.until(lambda: book.rows() == [ROWS[0], ["Ann", "1"], ["Bob", "2"], ["Cleo", "3"]])
    screen.until(lambda: screen.cell(2, 1).inner_text() == "Ann")


def test_rows_are_inserted_and_deleted(screen, book):
    select(screen, 3, 1)
    screen.menu("Insert", "Row above")
    screen.until(lambda: book.rows()[2] == [])
    screen.menu("Edit", "Delete row 3")
    screen.until(lambda: book.rows() == ROWS)
    screen.cell(2, 1).click(button="right")
    screen.page.get_by_role("menuitem", name="Delete row").click()
    screen.until(lambda: book.rows() == [ROWS[0], *ROWS[2:]])


def test_a_filter_hides_rows_for_everybody(screen, book, opened):
    other = opened(book.address)
    screen.menu("Data", "Create a filter")
    screen.page.get_by_role("button", name="Filter: Name").click()
    screen.page.get_by_label("Bob").uncheck()
    screen.picture("grid-filter")
    screen.page.get_by_role("button", name="OK").click()
    for page in (screen, other):
        page.until(lambda page=page: page.cell(4, 1).count() == 0)
        assert page.cell(3, 1).inner_text() == "Ann"
    screen.menu("Data", "Remove filter")
    other.until(lambda: other.cell(4, 1).count() == 1)


def test_what_one_page_types_another_shows(screen, book, opened):
    other = opened(book.address)
    select(screen, 2, 1)
    screen.page.keyboard.type("Cleopatra")
    screen.page.keyboard.press("Enter")
    other.until(lambda: other.cell(2, 1).inner_text() == "Cleopatra")
    book.insert_columns(1)
    for page in (screen, other):
        page.until(lambda page=page: page.cell(2, 2).inner_text() == "Cleopatra")


def test_it_shows_the_book_as_it_is(screen, book):
    column = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    green = {
        "userEnteredFormat": {"backgroundColor": {"green": 1}, "numberFormat": {"type": "NUMBER", "pattern": "0.00"}}
    }
    area = {"sheetId": 0, "startRowIndex": 1, "endRowIndex": 2, "startColumnIndex": 1, "endColumnIndex": 2}
    third = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 2, "endIndex": 3}
    note = {"rows": [{"values": [{"note": "from <b>her</b>"}]}], "fields": "note",
            "start": {"sheetId": 0, "rowIndex": 2, "columnIndex": 0}}  # fmt: skip
    book.type("B2", "3.14159")
    book.do(
        {"updateDimensionProperties": {"range": column, "properties": {"pixelSize": 181}, "fields": "pixelSize"}},
        {
            "updateDimensionProperties": {
                "range": third,
                "properties": {"hiddenByUser": True},
                "fields": "hiddenByUser",
            }
        },
        {"repeatCell": {"range": area, "cell": green, "fields": "userEnteredFormat(backgroundColor,numberFormat)"}},
        {"updateCells": note},
        {"addSheet": {"properties": {"title": "Another <tab>"}}},
    )
    cell = screen.cell(2, 2)
    screen.until(lambda: cell.inner_text() == "3.14")
    assert cell.evaluate("(cell) => cell.getBoundingClientRect().width") == 181
    assert cell.evaluate("(cell) => getComputedStyle(cell).backgroundColor") == "rgb(0, 255, 0)"
    assert screen.cell(2, 3).count() == 0
    assert screen.page.get_by_role("columnheader", name="C", exact=True).count() == 0
    assert screen.cell(3, 1).get_attribute("title") == "from <b>her</b>"
    screen.page.get_by_role("tab", name="Another <tab>").click()
    screen.until(lambda: screen.cell(2, 2).inner_text() == "")
    screen.look("grid-tab", sidebar=False)


def test_a_column_is_made_wider_by_hand(screen, book):
    handle = screen.page.locator('[data-resize="0"]')
    box = handle.bounding_box()
    screen.page.mouse.move(box["x"] + 4, box["y"] + 10)
    screen.page.mouse.down()
    screen.page.mouse.move(box["x"] + 64, box["y"] + 10, steps=4)
    screen.page.mouse.up()
    screen.until(lambda: book.tab().column_properties.get(0, {}).get("pixelSize") == 160)


def test_cells_are_copied_and_pasted(screen, book):
    select(screen, 2, 1)
    screen.page.keyboard.press("Shift+ArrowRight")
    screen.page.keyboard.press("Shift+ArrowDown")
    copied = screen.page.evaluate(
        "() => { const data = new DataTransfer(); document.dispatchEvent(new ClipboardEvent('copy',"
        " { clipboardData: data, bubbles: true })); return data.getData('text/plain'); }"
    )
    assert copied == "Cleo\t3\nAnn\t1"
    select(screen, 6, 1)
    screen.page.evaluate(
        "(text) => { const data = new DataTransfer(); data.setData('text/plain', text);"
        " document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true })); }",
        'one\ttwo\n"with ""quotes"" and\ta tab"\t=1+1',
    )
    screen.until(lambda: book.rows()[5:] == [["one", "two"], ['with "quotes" and\ta tab', "2"]])


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(opened, tmp_path, text):
    (tmp_path / "appsscript.json").write_text("{}")
    with sandbox.start() as google:
        url = google.load(text, [["Name", text], [text, "1"]], tab=text[:40])
        person = google.spreadsheet(url)
        person.do({"updateCells": {"rows": [{"values": [{"note": text}]}], "fields": "note",
                                   "start": {"sheetId": 0, "rowIndex": 1, "columnIndex": 1}}})  # fmt: skip
        screen = opened(google.open_playground(Project(tmp_path)).url(person.book_id))
        select(screen, 2, 1)
        assert screen.cell(2, 1).evaluate("(cell) => cell.querySelector('.text').textContent") == text
        assert screen.page.locator("#formula").input_value() == text
        assert screen.page.locator("h1").evaluate("(title) => title.textContent") == text
        screen.menu("Data", "Create a filter")
        screen.page.locator('[data-filter="1"]').click()
        screen.page.get_by_role("dialog").wait_for()
        screen.check_calm()


def test_many_rows_scroll(opened, tmp_path):
    (tmp_path / "appsscript.json").write_text("{}")
    with sandbox.start() as google:
        url = google.load("Many", [["N"], *[[str(number)] for number in range(1, 20_000)]])
        screen = opened(google.open_playground(Project(tmp_path)).url(google.spreadsheet(url).book_id))
        assert screen.page.locator(".row").count() < 100
        screen.page.keyboard.press("Control+End")
        screen.until(lambda: screen.cell(20_000, 1).count() == 1 and screen.cell(20_000, 1).inner_text() == "19999")


def test_charts_stand_over_their_cells_and_follow_them(screen, book):
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 4}
    names, points = ({**area, "startColumnIndex": at, "endColumnIndex": at + 1} for at in (0, 1))
    spec = {"title": "<b>Points</b>", "altText": "Points of three", "basicChart": {
        "chartType": "COLUMN", "headerCount": 1,
        "domains": [{"domain": {"sourceRange": {"sources": [names]}}}],
        "series": [{"series": {"sourceRange": {"sources": [points]}}}],
    }}  # fmt: skip
    place = {"overlayPosition": {"anchorCell": {"sheetId": 0, "rowIndex": 2, "columnIndex": 3}, "widthPixels": 320}}
    book.do({"addChart": {"chart": {"spec": spec, "position": place}}})
    picture = screen.page.get_by_role("img", name="Points of three")
    picture.wait_for()
    screen.until(lambda: picture.evaluate("image => image.complete && image.naturalWidth") == 320)

    def is_over(column):
        chart, cell = picture.bounding_box(), screen.cell(3, column).bounding_box()
        return chart and cell and abs(chart["x"] - cell["x"]) + abs(chart["y"] - cell["y"]) < 4

    screen.until(lambda: is_over(4))
    book.insert_columns(1)
    screen.until(lambda: is_over(5))
    screen.picture("chart")
