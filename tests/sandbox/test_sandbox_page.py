"""The page on which a person looks at a spreadsheet, and who may see it."""

from __future__ import annotations

import pytest
import requests


def test_rows_and_columns_that_say_nothing_are_left_out(google):
    url = google.load("Page", [["a", "b"], ["1", ""], [], ["", "2"]])
    style = {"backgroundColor": {"blue": 1}}
    area = {"sheetId": 0, "startColumnIndex": 0, "endColumnIndex": 9}
    google.spreadsheet(url).do(
        {"repeatCell": {"range": area, "cell": {"userEnteredFormat": style}, "fields": "userEnteredFormat"}},
        {"updateCells": {"rows": [{"values": [{"note": "look"}]}], "fields": "note",
                         "start": {"sheetId": 0, "rowIndex": 5, "columnIndex": 2}}},
    )  # fmt: skip
    page = requests.get(url, timeout=60).text
    assert page.count("<tr>") == 1 + 6
    assert page.count("<th>") == 4 + 6
    assert "title='look'" in page


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "127.1.2.3:80", "[::1]:80", "sheets.googleapis.com"])
def test_it_answers_under_names_of_this_machine_and_googles(google, host):
    assert requests.get(google.base_url, headers={"Host": host}, timeout=60).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "localhost.evil.example", "notgoogle.com", "[::1"]
)
def test_it_answers_under_no_other_name(google, host):
    url = google.load("Secret", [["secret"]])
    for path in ("/", url.removeprefix(google.base_url), "/v4/spreadsheets/x"):
        answer = requests.get(google.base_url + path, headers={"Host": host}, timeout=60)
        assert answer.status_code == 403
        assert "ecret" not in answer.text
