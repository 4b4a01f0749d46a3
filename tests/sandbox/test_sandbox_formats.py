"""Number formats and typing, by Google's guide to formats."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.sandbox.book import new_book, new_sheet
from sheetjudge.sandbox.cells import Formula
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.entry import EPOCH, type_in
from sheetjudge.sandbox.format_sections import sections
from sheetjudge.sandbox.references import canonical

MOMENT = (dt.datetime(2016, 4, 5, 16, 8, 53, 528000) - EPOCH).total_seconds() / 86400  # noqa: DTZ001
DURATION = (3 * 3600 + 13 * 60 + 41.255) / 86400


@pytest.mark.parametrize(
    ("value", "pattern", "shown"),
    [
        (MOMENT, "h:mm:ss.00 a/p", "4:08:53.53 p"),
        (MOMENT, 'hh:mm A/P".M."', "04:08 P.M."),
        (MOMENT, "yyyy-mm-dd", "2016-04-05"),
        (MOMENT, r"mmmm d \[dddd\]", "April 5 [Tuesday]"),
        (MOMENT, "h PM, ddd mmm dd", "4 PM, Tue Apr 05"),
        (MOMENT, "dddd, m/d/yy at h:mm", "Tuesday, 4/5/16 at 16:08"),
        (DURATION, "[hh]:[mm]:[ss].000", "03:13:41.255"),
        (DURATION, "[mmmm]:[ss].000", "0193:41.255"),
        (-DURATION, "[h]:mm", "-3:13"),
        (MOMENT, "mmmmm", "A"),
        (1e12, "yyyy-mm-dd", "1000000000000"),
    ],
)
def test_moments(value, pattern, shown):
    assert show(value, {"type": "DATE_TIME", "pattern": pattern}) == shown


@pytest.mark.parametrize(
    ("value", "pattern", "shown"),
    [
        (12345.125, "####.#", "12345.1"),
        (12.34, "000.0000", "012.3400"),
        (12.0, "#.0#", "12.0"),
        (5.125, "# ???/???", "5   1/8  "),
        (12000.0, "#,###", "12,000"),
        (1230000.0, '0.0,,"M"', "1.2M"),
        (1234500000.0, "0.00e+00", "1.23e+09"),
        (99.999, "0.00E+00", "1.00E+02"),
        (0.0, "0.0E+0", "0.0E+0"),
        (2.999, "# ?/?", "3    "),
        (0.25, "?/4", "1/4"),
        (5551234.0, "(000) 000-0000", "(000) 555-1234"),
        (1234.0, "00000,000", "00,001,234"),
        (50.0, '[<100]"low "0;[Red][>=100]"high "0', "low 50"),
        (150.0, '[<100]"low "0;[Red][>=100]"high "0', "high 150"),
        (-1.0, '0;"a;b"0;"none"', "a;b1"),
        (5.0, "[$€-407]#,##0.00", "€5.00"),
        (5.0, "_(* #,##0_)", " 5 "),
        (1.5, "General", "1.5"),
        (1e300, "0", "1" + "0" * 300),
    ],
)
def test_numbers(value, pattern, shown):
    assert show(value, {"type": "NUMBER", "pattern": pattern}) == shown


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [("@", "text"), ('0;-0;0;"<"@">"', "<text>"), ('"just "@', "just text"), ("0.00", "text"), ("0;0", "text")],
)
def test_texts(pattern, shown):
    assert show("text", {"type": "NUMBER", "pattern": pattern}) == shown


NUMBERS = st.floats(-1e15, 1e15, allow_nan=False)


@given(value=NUMBERS, places=st.integers(0, 9))
def test_digits_are_those_of_the_number_rounded(value, places):
    rounded = Decimal(repr(abs(value))).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    assert show(value, {"type": "NUMBER", "pattern": pattern}) == ("-" if value < 0 else "") + f"{rounded:,f}"


PATTERNS = st.lists(
    st.sampled_from(
        [*'0#?.,%;:/ -_*\\"@', "yyyy", "mm", "d", "hh", "ss", "am/pm", "[h]", "[<5]", "[Red]", "E+00", "x"]
    ),
    max_size=12,
).map("".join)


@given(
    value=st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    kind=st.sampled_from(["NUMBER", "DATE", "TIME", "TEXT", "CURRENCY"]),
    pattern=PATTERNS,
)
def test_every_pattern_shows_something_of_every_value(value, kind, pattern):
    assert isinstance(show(value, {"type": kind, "pattern": pattern}), str)


@given(PATTERNS)
def test_sections_lose_nothing(pattern):
    assert ";".join(sections(pattern)) == pattern


@given(st.integers(24, 9999), st.integers(0, 59), st.integers(0, 59))
def test_a_typed_duration_shows_as_it_was_typed(hours, minutes, seconds):
    text = f"{hours}:{minutes:02d}:{seconds:02d}"
    typed = type_in(text)
    assert show(typed.value, typed.number_format) == text


@given(st.dates(dt.date(1900, 3, 1), dt.date(2999, 12, 31)), st.sampled_from(["%B {d}, %Y", "{d} %b %Y", "{d}-%b-%Y"]))
def test_a_typed_date_of_words_shows_as_it_was_typed(date, form):
    text = date.strftime(form.format(d=date.day))
    typed = type_in(text)
    assert typed.value == (date - EPOCH.date()).days
    assert show(typed.value, typed.number_format) == text


@pytest.mark.parametrize("text", ["Jan 2", "2 Jan", "2-Jan", "1-2", "1/2", "Jan 2020", "2-Jan-20", "1-2-20"])
def test_a_part_of_a_date_is_a_date(text):
    typed = type_in(text)
    assert typed.number_format["type"] == "DATE"
    assert show(typed.value, typed.number_format) == text


@pytest.mark.parametrize("text", ["+1+1", "+A1", "+ one more thing"])
def test_what_begins_with_a_plus_is_a_formula(text):
    assert type_in(text).value == Formula("=" + text)
    assert isinstance(type_in(text).value, Formula)


@pytest.mark.parametrize("text", ["1e999", "-1e999", "+", "1/1/0001", "Foo 2020", "32 Jan"])
def test_what_is_no_number_and_no_date_stays_text(text):
    value = type_in(text).value
    assert value == text
    assert not isinstance(value, Formula)


def test_what_a_formula_cannot_count_is_an_error(google, one_session):
    url = google.load("Large", [["x"]])
    book = url.split("/d/")[1].split("/")[0]
    base = f"https://sheets.googleapis.com/v4/spreadsheets/{book}/values/A1"
    values = {"values": [["=1e200*1e200"], ["=1e999"]]}
    assert one_session.put(base, params={"valueInputOption": "USER_ENTERED"}, json=values).status_code == 200
    for render in ("FORMATTED_VALUE", "UNFORMATTED_VALUE"):
        answer = one_session.get(base + ":A2", params={"valueRenderOption": render})
        assert answer.json()["values"] == [["#NUM!"], ["#NUM!"]]


@pytest.fixture(scope="module")
def two_tabs():
    book = new_book("id", "Book", lambda: 1)
    book.sheets = [new_sheet(0, "Sales"), new_sheet(1, "It's"), new_sheet(2, "R1")]
    return book


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("=sum( sales!a3:a3 )", "=sum( Sales!A3 )"),
        ("='Sales'!B3:a2", "=Sales!A2:B3"),
        ("=sales!$d$3 + 1", "=Sales!$D$3 + 1"),
        ("=SUM( a1 , 'it''s'!a1:a1 )", "=SUM( A1 , 'It''s'!A1 )"),
        ("=SUM($b$3:a4)", "=SUM(A$3:$B4)"),
        ('=if(true,"a3:a3",b1)', '=if(true,"a3:a3",B1)'),
        ("='r1'!c2&other!a1", "='R1'!C2&other!A1"),
        ("=log10(a1)+a1b+x.a1", "=log10(A1)+a1b+x.a1"),
    ],
)
def test_references_are_kept_in_one_form(two_tabs, typed, kept):
    assert canonical(Formula(typed), two_tabs) == kept
    assert canonical(Formula(kept), two_tabs) == kept


@given(st.lists(st.sampled_from(["a1", "$B$2", ":", "sales!", "'It''s'!", '"a1"', "+", "(", ")", "sum(", " ", ","])))
def test_the_one_form_stays_as_it_is(two_tabs, parts):
    once = canonical(Formula("=" + "".join(parts)), two_tabs)
    assert canonical(once, two_tabs) == once


def test_a_formula_is_read_in_its_one_form(google, one_session):
    book = google.load("Formulas", [["1", "2"]], tab="Data").split("/d/")[1].split("/")[0]
    base = f"https://sheets.googleapis.com/v4/spreadsheets/{book}/values/data!c1"
    params = {"valueInputOption": "USER_ENTERED"}
    assert one_session.put(base, params=params, json={"values": [["=sum(data!b1:a1)"]]}).status_code == 200
    read = one_session.get(base, params={"valueRenderOption": "FORMULA"}).json()["values"]
    assert read == [["=sum(Data!A1:B1)"]]
