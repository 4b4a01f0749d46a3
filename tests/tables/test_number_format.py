"""A workbook's values as their cells show them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.tables.number_format import general, shown, shown_text

MOMENT = dt.datetime(2025, 1, 2, 15, 4, 5, 678_000)  # noqa: DTZ001  a workbook's dates have no time zone


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (7, "000", "007"),
        (1234.5, "#,##0.00", "1,234.50"),
        (1e6, "#,##0", "1,000,000"),
        (999, "#,##0", "999"),
        (0, "#,##0", "0"),
        (0, "#", ""),
        (0.5, "0%", "50%"),
        (0.12345, "0.00%", "12.35%"),
        (1.005, "0.00", "1.01"),
        (-3, "0.00", "-3.00"),
        (3, "0.##", "3."),
        (3.5, "0.##", "3.5"),
        (12, "0000.0", "0012.0"),
        (1234567, '0.0,,"M"', "1.2M"),
        (1234, '0,"k"', "1k"),
        (5551234567, "(000) 000-0000", "(555) 123-4567"),
        (12, "00\\-00", "00-12"),
        (3.7, '0 "kg"', "4 kg"),
        (3.14, "[$€-407] #,##0.00", "€ 3.14"),
        (1234.5678, '#,##0.00 "€"', "1,234.57 €"),
        (-5, "0;(0)", "(5)"),
        (-5, "0;[Red]-0", "-5"),
        (0, '0;-0;"none"', "none"),
        (150, '[>100]"big";"small"', "big"),
        (50, '[>100]"big";"small"', "small"),
        (12345, "0.00E+00", "1.23E+04"),
        (0.000123, "0.00E+00", "1.23E-04"),
        (99999, "0.0E+0", "1.0E+5"),
        (1.5, "# ?/?", "1 1/2"),
        (0.333333, "# ?/?", "1/3"),
        (2, "# ?/?", "2"),
        (0.375, "# ?/8", "3/8"),
        (5, "@", "5"),
        (5, ";;;", ""),
    ],
)
def test_numbers(value, code, text):
    assert shown(value, code) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333333333333"),
        (123456789012, "123456789012"),
        (1e-5, "0.00001"),
        (1e-10, "1E-10"),
        (1e20, "1E+20"),
        (-2.5, "-2.5"),
        (-0.0, "0"),
    ],
)
def test_general_shows_what_a_person_typed(value, text):
    assert shown(value, "General") == text


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (MOMENT, "yyyy-mm-dd", "2025-01-02"),
        (MOMENT, "mm-dd-yy", "2025-01-02"),  # the reader's own short date
        (MOMENT, "m/d/yy h:mm", "2025-01-02 15:04"),
        (MOMENT, "d mmm yyyy", "2 Jan 2025"),
        (MOMENT, "[$-409]d\\-mmm\\-yy;@", "2-Jan-25"),
        (MOMENT, "dddd, mmmm dd", "Thursday, January 02"),
        (MOMENT, "dd.mm.yyyy hh:mm:ss", "02.01.2025 15:04:05"),
        (MOMENT, "h:mm AM/PM", "3:04 PM"),
        (MOMENT, "mm:ss.000", "04:05.678"),
        (MOMENT, 'yyyy"年"m"月"d"日"', "2025年1月2日"),
        (dt.date(2025, 1, 2), "dd/mm/yyyy", "02/01/2025"),
        (dt.time(9, 5), "h:mm", "9:05"),
        (dt.timedelta(hours=30, minutes=5), "[h]:mm", "30:05"),
        (dt.timedelta(hours=30, minutes=5), "[hh]:mm:ss", "30:05:00"),
        (dt.timedelta(minutes=95), "[m]", "95"),
    ],
)
def test_dates_times_and_durations(value, code, text):
    assert shown(value, code) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [("General", "x"), ("0.00", "x"), ("@", "x"), ('"<"@">"', "<x>"), ('0;0;0;"t: "@', "t: x"), ("0;0;0;", "x")],
)
def test_text(code, text):
    assert shown_text("x", code) == text


@given(st.integers(-(10**14), 10**14))
def test_whole_numbers_keep_their_digits(number):
    assert int(general(number)) == number
    assert int(shown(number, "#,##0").replace(",", "")) == number
    assert shown(abs(number), "0" * 20) == str(abs(number)).zfill(20)


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_fixed_places_are_the_number_rounded(number, places):
    text = shown(number, "0." + "0" * places if places else "0")
    assert abs(float(text) - number) <= 0.5 * 10**-places + 1e-6 * abs(number) / 1e8
    assert len(text.partition(".")[2]) == places


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(alphabet='0#?.,%E+-/ "ymdhs;@[]()_*\\x', max_size=12))
def test_no_format_code_breaks_it(number, code):
    assert isinstance(shown(number, code), str)
    assert isinstance(shown(MOMENT, code), str)
    assert isinstance(shown_text("x", code), str)
