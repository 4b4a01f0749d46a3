"""Cells of a sheet that don't show what was put in: errors, links, images and formulas that change by themselves."""

from __future__ import annotations

import pytest

from sheetjudge import sandbox
from sheetjudge.sandbox.cells import CellError
from tests.ops.scoring import inside, write_rubric

DOCUMENT = {"chip": {"richLinkProperties": {"uri": "https://docs.google.com/document/d/1", "mimeType": "text/plain"}}}


@pytest.fixture(scope="module")
def google(tmp_path_factory):
    with sandbox.start(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=1) as server:
        yield server


@pytest.fixture
def score(google):
    def run(url, *args, code=0):
        args = ("--rubric", "Is the answer clear?", "--judge", "fake", "--quiet", *args)
        ran = inside("score", url, *args, "--credentials", google.credentials)
        assert ran.code == code, ran.said
        return ran.err

    return run


def told(google, url):
    """{first cell: (has a score, status)}."""
    header, *rows = google.spreadsheet(url).rows()
    score, status = header.index("Score"), header.index("Status")
    return {row[0]: (bool(row[score]), row[status]) for row in rows}


def put(person, where, cell, fields):
    row, column = int(where[1:]) - 1, ord(where[0]) - ord("A")
    start = {"sheetId": 0, "rowIndex": row, "columnIndex": column}
    person.do({"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": fields}})


def test_a_formula_is_read_as_shown_and_one_without_a_value_is_skipped(google, score):
    rows = [["ID", "Answer", "Budget"], *([str(n), f"Answer {n}.", "5"] for n in range(1, 8))]
    url = google.load("Answers", rows)
    person = google.spreadsheet(url)
    person.type("C2", [["=2+3"], ["=1/0"]])
    person.put_formula("C4", "=IMPORTRANGE(A1)", CellError("LOADING", "Loading..."))
    person.put_formula("C5", "=Gone!A1", CellError("REF", "Unresolved sheet name 'Gone'."))
    put(person, "C6", {"userEnteredValue": {"stringValue": "#REF!"}}, "userEnteredValue")
    put(person, "C7", {"userEnteredValue": {"stringValue": "Loading..."}}, "userEnteredValue")
    score(url)
    assert told(google, url) == {
        "1": (True, "ok"),
        "2": (False, "skipped: Budget shows #DIV/0!"),
        "3": (False, "skipped: Budget shows Loading..."),
        "4": (False, "skipped: Budget shows #REF!"),
        "5": (True, "ok"),  # a person wrote it as text
        "6": (True, "ok"),
        "7": (True, "ok"),
    }
    person.type("C3", [["7"]])
    person.put_formula("C4", "=IMPORTRANGE(A1)", "8")
    score(url)
    assert [status for _, status in told(google, url).values()][:4] == ["ok", "ok", "ok", "skipped: Budget shows #REF!"]


def test_an_error_in_a_column_that_is_not_read_is_nobodys_business(google, score):
    url = google.load("Answers", [["ID", "Answer"], ["1", "One."]])
    google.spreadsheet(url).type("C1", [["Other"], ["=1/0"]])
    score(url, "--read", "Answer")
    assert told(google, url) == {"1": (True, "ok")}


def test_an_error_in_a_reference_or_under_a_check(google, score, tmp_path):
    url = google.load("Answers", [["ID", "Answer", "Ideal", "Sum"], ["1", "One.", "", "4"], ["2", "Two.", "Zwei", "4"]])
    google.spreadsheet(url).type("C2", [["=1/0"]])
    google.spreadsheet(url).type("D3", [["=1/0"]])
    text = "name: R\ncriteria:\n- ask: Is it like {Ideal}?\n- check: {number: {min: 1}, column: Sum}\n"
    score(url, "--rubric", write_rubric(tmp_path, text), "--read", "Answer")
    assert told(google, url) == {
        "1": (False, "skipped: Ideal shows #DIV/0!"),
        "2": (False, "skipped: Sum shows #DIV/0!"),
    }


def test_what_only_leads_to_a_text_is_not_judged_as_the_text(google, score):
    essays = ["Essay 1.", "https://docs.google.com/document/d/1", "Doc", "My essay", "", "See https://x.org for more."]
    url = google.load("Essays", [["ID", "Essay"], *([str(n), text] for n, text in enumerate(essays, 1))])
    person = google.spreadsheet(url)
    put(person, "B4", {"userEnteredValue": {"stringValue": "Doc"}, "chipRuns": [DOCUMENT]}, "userEnteredValue,chipRuns")
    person.type("B5", [['=HYPERLINK("https://x.org/1","My essay")']])
    person.put_formula("B6", '=IMAGE("https://x.org/1.png")', "")
    link = {"link": {"uri": "https://x.org"}}
    runs = [{}, {"startIndex": 4, "format": link}, {"startIndex": 17}]
    put(person, "B7", {"textFormatRuns": runs, "userEnteredFormat": {"textFormat": link}},
        "textFormatRuns,userEnteredFormat.textFormat")  # fmt: skip
    score(url, "--read", "Essay")
    assert told(google, url) == {
        "1": (True, "ok"),
        "2": (False, "skipped: Essay holds only a link"),
        "3": (False, "skipped: Essay holds only a link"),
        "4": (False, "skipped: Essay holds only a link"),
        "5": (False, "skipped: Essay holds only an image"),
        "6": (True, "ok"),
    }


def test_a_link_beside_other_text_is_said(google, score):
    rows = [[str(n), f"Title {n}", f"Essay {n}."] for n in range(1, 5)]
    rows[1][2] = "https://x.org/essay"
    url = google.load("Essays", [["ID", "Title", "Essay"], *rows])
    score(url)
    assert [status for _, status in told(google, url).values()] == ["ok", "review: Essay holds only a link", "ok", "ok"]


def test_a_column_of_links_is_said_once(google, score):
    rows = [[str(n), f"Essay {n}.", f"https://x.org/{n}"] for n in range(1, 5)]
    url = google.load("Essays", [["ID", "Essay", "Source"], *rows])
    assert "Source holds only links: a judge sees the addresses" in score(url)
    assert {status for _, status in told(google, url).values()} == {"ok"}


def test_a_check_may_ask_for_an_address(google, score, tmp_path):
    url = google.load("Pages", [["Page"], ["https://x.org/1"], ["nothing"]])
    rubric = write_rubric(tmp_path, "name: R\ncriteria:\n- check: {url: {https: true}}\n")
    score(url, "--rubric", rubric)
    assert {status for _, status in told(google, url).values()} == {"ok"}


@pytest.mark.parametrize("formula", ["=RAND()", '="at "&RAND()', "=IF(RAND()>0.5,1,2)&RAND()"])
def test_a_formula_that_changes_by_itself_does_not_have_its_row_judged_again(google, score, formula):
    url = google.load("Answers", [["ID", "Answer", "Chance"], *([str(n), f"Answer {n}.", ""] for n in range(6))])
    person = google.spreadsheet(url)
    person.type("C2", [[formula]] * 6)
    said = score(url)
    assert "Chance holds formulas that change by themselves (RAND)" in said
    assert {status for _, status in told(google, url).values()} == {"ok"}
    before = person.cell("C2")
    google.clear_log()
    said = score(url)
    assert "6 rows have their results already" in said
    assert "sheets.batchUpdate" not in google.counts()
    person.type("E9", [["x"]])
    assert person.cell("C2") != before  # it does change

    # What people do to the other cells counts as ever.
    person.type("B3", [["Another answer."]])
    assert "5 rows have their results already" in score(url)
    person.sort("A2:Z7", 1, descending=True)
    person.insert_rows(2)
    person.delete_rows(2)
    assert "6 rows have their results already" in score(url)


def test_what_builds_on_a_changing_cell_changes_too(google, score):
    url = google.load("Answers", [["ID", "Answer", "Left", ""], *([str(n), f"Answer {n}.", "", ""] for n in range(3))])
    person = google.spreadsheet(url)
    person.type("D1", [["=RAND()"]])
    person.type("C2", [["=$D$1+A2"], ["=$D$1+A3"], ["5"]])
    read = ("--read", "Answer", "--read", "Left")
    score(url, *read)
    person.type("F9", [["x"]])
    assert "3 rows have their results already" in score(url, *read)
    person.type("C4", [["6"]])
    assert "2 rows have their results already" in score(url, *read)


def test_a_price_goes_with_its_own_row(google, score):
    """Only prices are judged, and a person sorts: formulas that stand in other rows by then read the same."""
    names = ["GOOG", "MSFT", "AAPL"]
    url = google.load("Prices", [["Name", "Price"], *([name, ""] for name in names)])
    person = google.spreadsheet(url)
    for n, name in enumerate(names, start=2):
        person.put_formula(f"B{n}", f'=GOOGLEFINANCE(A{n})&"{name}"', f"{100 + n} for {name}")
    score(url, "--read", "Price")
    first = told(google, url)
    rows = {row[0]: row[2:] for row in person.rows()}
    person.sort("A2:Z4", 1)
    for n in range(2, 5):
        person.put_formula(f"B{n}", f"=GOOGLEFINANCE(A{n})", f"{200 + n}")
    assert "3 rows have their results already" in score(url, "--read", "Price")
    assert told(google, url) == first
    assert {row[0]: row[2:] for row in person.rows()} == rows


def test_a_row_that_nothing_lasting_tells_from_others_is_skipped(google, score):
    url = google.load("Chances", [["Chance"], ["words"]])
    person = google.spreadsheet(url)
    person.type("A3", [["=RAND()"], ["=RAND()"]])
    score(url)
    header, *rows = person.rows()
    assert [row[header.index("Status")] for row in rows] == [
        "ok",
        "skipped: nothing but what changes by itself (RAND)",
        "skipped: nothing but what changes by itself (RAND)",
    ]
