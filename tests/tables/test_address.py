"""What names a spreadsheet and what names a file."""

from __future__ import annotations

import pytest

from sheetjudge.errors import TableError
from sheetjudge.tables.address import SheetAddress, sheet_address

ID = "1bo96CiNSjZv1hODRAzCeVeQJQoxC79XlFQe-g4USLEo"


@pytest.mark.parametrize(
    ("table", "address"),
    [
        (ID, SheetAddress(ID)),
        (f"https://docs.google.com/spreadsheets/d/{ID}/edit#gid=12", SheetAddress(ID, 12)),
        (f"https://docs.google.com/spreadsheets/d/{ID}/edit?gid=5#gid=12", SheetAddress(ID, 12)),
        (f"https://docs.google.com/spreadsheets/d/{ID}/edit?gid=5", SheetAddress(ID, 5)),
        (f"https://docs.google.com/spreadsheets/d/{ID}", SheetAddress(ID)),
        (f"https://docs.google.com/spreadsheets/u/1/d/{ID}/edit#gid=0", SheetAddress(ID, 0)),
        (f"docs.google.com/spreadsheets/d/{ID}/edit", SheetAddress(ID)),
        (f"HTTPS://DOCS.GOOGLE.COM/spreadsheets/d/{ID}/edit", SheetAddress(ID)),
        (f"http://127.0.0.1:8123/spreadsheets/d/{ID}/edit#gid=0", SheetAddress(ID, 0, "http://127.0.0.1:8123")),
        (f"https://docs.google.com.evil.example/spreadsheets/d/{ID}", SheetAddress(ID, None, "https://docs.google.com.evil.example")),
        (f"https://docs.google.com@evil.example/spreadsheets/d/{ID}", SheetAddress(ID, None, "https://docs.google.com@evil.example")),
    ],
)  # fmt: skip
def test_spreadsheets(table, address):
    assert sheet_address(table) == address


@pytest.mark.parametrize("table", ["-", "answers.csv", "folder/answers", "C:\\x.csv", "", "1bo96CiN", f"{ID}.csv"])
def test_files(table):
    assert sheet_address(table) is None


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("https://example.com/answers.csv", "leads to no spreadsheet"),
        ("https://docs.google.com/document/d/abc/edit", "leads to no spreadsheet"),
        ("https://docs.google.com/spreadsheets/d/e/2PACX-1v/pubhtml", "published copy"),
    ],
)
def test_urls_that_lead_nowhere(table, why):
    with pytest.raises(TableError, match=why):
        sheet_address(table)
