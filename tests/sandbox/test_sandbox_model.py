"""The rules beneath the requests, one by one."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetjudge.sandbox import a1
from sheetjudge.sandbox.a1 import Box
from sheetjudge.sandbox.colors import color, single, with_styles
from sheetjudge.sandbox.display import show, show_plain
from sheetjudge.sandbox.entry import type_in
from sheetjudge.sandbox.masks import merge_masked, parse_mask, project, wants
from sheetjudge.sandbox.problems import ApiError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.lists(TEXTS, min_size=1, max_size=4), min_size=1, max_size=6))
def test_raw_text_comes_back_exactly(one_google, one_session, rows):
    url = one_google.load("Exact", [["top"]])
    base = f"https://sheets.googleapis.com/v4/spreadsheets/{url.split('/d/')[1].split('/')[0]}/values/A1"
    answer = one_session.put(base, params={"valueInputOption": "RAW"}, json={"values": rows})
    assert answer.status_code == 200
    read = one_session.get(base.removesuffix("A1") + "A1:Z").json().get("values", [])
    expected = [list(row) for row in rows]
    if expected[0] == [""]:
        expected[0] = []
    for row in expected:
        while row and row[-1] == "":
            row.pop()
    while expected and not expected[-1]:
        expected.pop()
    assert read == expected


@given(st.integers(0, 20_000))
def test_column_letters(index):
    assert a1.column_index(a1.column_letters(index)) == index


@pytest.mark.parametrize(
    ("letters", "index"), [("A", 0), ("Z", 25), ("AA", 26), ("AZ", 51), ("BA", 52), ("ZZZ", 18277)]
)
def test_known_columns(letters, index):
    assert a1.column_letters(index) == letters


@given(
    title=TITLES,
    rows=st.tuples(st.integers(0, 99), st.integers(1, 9)),
    columns=st.tuples(st.integers(0, 99), st.integers(1, 9)),
)
def test_a_range_is_read_as_it_is_written(title, rows, columns):
    box = Box(rows[0], sum(rows), columns[0], sum(columns))
    written = a1.write_range(title, box)
    found_title, cells, _ = a1.split_range(written)
    assert found_title == title
    assert a1.parse_cells(cells) == box


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("A1", Box(0, 1, 0, 1)),
        ("$B$2:C3", Box(1, 3, 1, 3)),
        ("D4:A1", Box(0, 4, 0, 4)),
        ("A:C", Box(None, None, 0, 3)),
        ("2:4", Box(1, 4, None, None)),
        ("A1:1", Box(0, 1, 0, None)),
        ("A5:B", Box(4, None, 0, 2)),
        ("R1C1:R2C3", Box(0, 2, 0, 3)),
        ("head", None),
        ("A0", None),
        ("A", None),
        ("", None),
    ],
)
def test_cells(text, box):
    assert a1.parse_cells(text) == box


@pytest.mark.parametrize(
    ("title", "quoted"),
    [
        ("Sheet1", "Sheet1"),
        ("finances", "finances"),
        ("D3", "'D3'"),
        ("tab01", "'tab01'"),
        ("worksheet 2", "'worksheet 2'"),
        ("It's", "'It''s'"),
        ("🌵", "'🌵'"),
        ("2024", "'2024'"),
    ],
)
def test_titles(title, quoted):
    assert a1.quote_title(title) == quoted


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (1 / 3, "0.3333333333"),
        (0.1 + 0.2, "0.3"),
        (2 / 3 * 1000, "666.6666667"),
        (1e15, "1E+15"),
        (123456789012345.0, "123456789012345"),
        (1.5e-10, "1.5E-10"),
        (-0.5, "-0.5"),
        (0.0, "0"),
        (42.01, "42.01"),
    ],
)
def test_plain_numbers(number, shown):
    assert show_plain(number) == shown


@pytest.mark.parametrize(
    ("value", "kind", "pattern", "shown"),
    [
        (1234.5, "NUMBER", "#,##0.00", "1,234.50"),
        (0.125, "PERCENT", "0.0%", "12.5%"),
        (-3.0, "CURRENCY", '"$"#,##0', "-$3"),
        (-3.0, "NUMBER", "0;(0)", "(3)"),
        (0.0, "NUMBER", '0;-0;"none"', "none"),
        (12345.0, "SCIENTIFIC", "0.00E+00", "1.23E+04"),
        (0.5, "NUMBER", "#.##", ".5"),
        (7.0, "NUMBER", "000", "007"),
        (45659.75, "DATE_TIME", "yyyy-mm-dd hh:mm:ss", "2025-01-02 18:00:00"),
        (45659.0, "DATE", "dddd, d mmmm yyyy", "Thursday, 2 January 2025"),
        (0.5, "TIME", "h:mm am/pm", "12:00 PM"),
        (45659.0, "DATE", "", "1/2/2025"),
        (3.0, "TEXT", "@", "3"),
    ],
)
def test_number_formats(value, kind, pattern, shown):
    assert show(value, {"type": kind, "pattern": pattern}) == shown


@given(st.dates(dt.date(1900, 3, 1), dt.date(2999, 12, 31)))
def test_a_typed_date_shows_as_it_was_typed(date):
    typed = type_in(date.isoformat())
    assert typed.value == (date - dt.date(1899, 12, 30)).days
    assert show(typed.value, typed.number_format) == date.isoformat()


@given(st.integers(-(10**14), 10**14))
def test_a_typed_whole_number_shows_as_it_was_typed(number):
    typed = type_in(str(number))
    assert (typed.value, show(typed.value, typed.number_format)) == (number, str(number))


@pytest.mark.parametrize(
    "text", ["", "2025-02-30", "13/13/2025", "25:00 pm", "1,23", "1.2.3", "--5", "5%%", "e5", "12:60"]
)
def test_what_is_no_number_or_date_stays_text(text):
    assert type_in(text).value == (text or None)


@given(TEXTS)
def test_a_cell_formatted_as_text_keeps_what_is_typed(text):
    assert type_in(text, as_text=True).value == (text or None)


def test_masks():
    mask = parse_mask("sheets(properties/title,data.rowData.values(note)),spreadsheetId")
    whole = {
        "spreadsheetId": "x",
        "properties": {"title": "out"},
        "sheets": [
            {"properties": {"title": "in", "index": 0}, "data": [{"rowData": [{"values": [{"note": "n"}]}, {}]}]}
        ],
    }
    assert project(whole, mask) == {
        "spreadsheetId": "x",
        "sheets": [{"properties": {"title": "in"}, "data": [{"rowData": [{"values": [{"note": "n"}]}, {}]}]}],
    }
    assert project(whole, parse_mask("*")) == whole
    assert wants(mask, "sheets", "data", "rowData")
    assert not wants(mask, "properties")
    assert merge_masked({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": 5}}, parse_mask("a,b.c")) == {
        "b": {"c": 5, "d": 3}
    }
    for wrong in ("", "a(b", "a,,b", "a)", "(a)"):
        with pytest.raises(ApiError):
            parse_mask(wrong)


def test_colors():
    assert single(66 / 255) == 0.25882354
    assert color({"red": 1, "green": 0, "blue": 0.5}) == {"red": 1, "blue": 0.49803922}
    assert with_styles({"backgroundColor": {"green": 1}}) == {
        "backgroundColor": {"green": 1},
        "backgroundColorStyle": {"rgbColor": {"green": 1}},
    }


@given(st.integers(0, 255))
def test_a_colors_channels_are_kept(channel):
    once = color({"red": channel / 255}).get("red", 0)
    assert round(once * 255) == channel
    assert color({"red": once}).get("red", 0) == once
