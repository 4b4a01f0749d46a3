"""Deterministic checks, by what people write in rubrics and cells."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetjudge.core.checks import CheckResult, check_columns, compile_check, known_locale, verdict_of
from sheetjudge.core.checks.counts import count_characters, count_words
from sheetjudge.core.checks.numbers import number_format
from sheetjudge.core.rubric import YES_NO, Criterion, integer_scale
from sheetjudge.errors import RubricError


def run(spec, text, cells=None, locale="en"):
    return compile_check(spec, locale).run(text, cells or {})


def passed(spec, text, cells=None, locale="en"):
    return run(spec, text, cells, locale).passed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("  \n ", 0),
        ("one", 1),
        ("state-of-the-art isn't two — words", 4),
        ("a - b & c", 3),
        ("naïve café\u00a0au lait\tnow", 5),
        ("3.14 and 1,000", 3),
        ("我喜欢苹果", 5),
        ("我用 Python 写代码。", 6),
        ("カタカナ", 4),
        ("한국어 단어 세기", 3),
        ("👍 🎉", 0),
        ("Grüße, Welt!", 2),
    ],
)
def test_words_as_a_word_processor_counts_them(text, words):
    assert count_words(text) == words


def test_words_of_a_script_without_spaces_are_not_guessed():
    result = run({"words": {"max": 3}}, "ภาษาไทยเป็นภาษาที่ไม่มีช่องว่าง")
    assert result.passed is None
    assert "can't be counted" in result.reason
    assert passed({"words": {"max": 3}}, "Say สวัสดี twice in a row") is False


@pytest.mark.parametrize(
    ("text", "characters"),
    [("", 0), (" a b ", 3), ("👩‍👩‍👧‍👦", 1), ("e\u0301", 1), ("🇩🇪🇫🇷", 2), ("a\r\nb", 3), ("நி", 1), ("漢字", 2)],
)
def test_characters_as_a_person_sees_them(text, characters):
    assert count_characters(text) == characters


@pytest.mark.parametrize(
    ("count", "ok", "reason"),
    [
        (1204, False, "1,204 words; at most 900"),
        (900, True, "900 words"),
        (150, True, "150 words"),
        (1, False, "1 word; at least 150"),
    ],
)
def test_the_reason_of_a_count_is_short_and_concrete(count, ok, reason):
    assert run({"words": {"min": 150, "max": 900}}, "word " * count) == CheckResult(ok, reason)


@pytest.mark.parametrize(
    ("spec", "text", "ok"),
    [
        ("refund", "We REFUND\nyou.", True),
        ("refund  policy", "our Refund\u00a0Policy", True),
        ("straße", "STRASSE", True),
        ("café", "cafe\u0301", True),
        ("ﬁne", "It's fine", True),
        (["a", "b"], "only b", False),
        ({"any": ["a", "x"]}, "only x", True),
        ({"any": ["q", "x"]}, "only b", False),
        ({"none": ["q", "x"]}, "only b", True),
        ({"none": "b"}, "only b", False),
        ({"all": "Refund", "case": True}, "refund", False),
        ("007", "agent 007", True),
        ("007", "agent 7", False),
    ],
)
def test_contains(spec, text, ok):
    assert passed({"contains": spec}, text) is ok


def test_contains_names_what_is_missing():
    assert run({"contains": ["refund", "order number"]}, "Your refund").reason == "lacks 'order number'"


@pytest.mark.parametrize(
    ("spec", "text", "ok"),
    [
        (r"^[A-Z]{2}\d{4}$", "AB1234", True),
        (r"^[A-Z]{2}\d{4}$", "see AB1234", False),
        (r"[A-Z]{2}\d{4}", "see AB1234", True),
        ({"pattern": "sorry", "not": True}, "So sorry!", False),
        ({"pattern": "sorry", "not": "yes"}, "Good day", True),
        (r"\p{Han}", "漢", True),
    ],
)
def test_matches(spec, text, ok):
    assert passed({"matches": spec}, text) is ok


@pytest.mark.parametrize("pattern", ["(a+)+$", "(.*a){25}$", r"^(([a-z])+.)+[A-Z]([a-z])+$", "(?i)(A|AA)+$"])
def test_a_pattern_that_would_hang_is_unscored(pattern):
    result = run({"matches": pattern}, "a" * 5000 + "!")
    assert result.passed is not True
    if result.passed is None:
        assert "took too long" in result.reason


def test_a_hanging_pattern_says_so():
    result = run({"matches": "(a|aa)+$"}, "a" * 200 + "!")
    assert (result.passed, result.reason) == (None, "the pattern (a|aa)+$ took too long")


NUMBERS = [
    ("en", "1,234.56", "1234.56"),
    ("en", "1234.56", "1234.56"),
    ("en", "$1,234.56", "1234.56"),
    ("en", "-$5", "-5"),
    ("en", "$-5", "-5"),
    ("en", "(1,234)", "-1234"),
    ("en", "($12.50)", "-12.5"),
    ("en", "USD 12", "12"),
    ("en", "12 EUR", "12"),
    ("en", "US$ 3", "3"),
    ("en", "−3", "-3"),  # noqa: RUF001
    ("en", "1e3", "1000"),
    ("en", "1.5E+03", "1500"),
    ("en", ".5", "0.5"),
    ("en", "007", "7"),
    ("en", "1 234 567.8", "1234567.8"),
    ("en", "1'234'567.8", "1234567.8"),
    ("en", "１２", "12"),  # noqa: RUF001
    ("en", "٣", "3"),
    ("de", "1.234,56", "1234.56"),
    ("de", "1.234,56 €", "1234.56"),
    ("de", "1.234", "1234"),
    ("de", "-0,5", "-0.5"),
    ("de-CH", "1’234.50", "1234.5"),  # noqa: RUF001
    ("de-CH", "CHF 1'234.50", "1234.5"),
    ("fr", "1 234,56", "1234.56"),
    ("fr", "1\u202f234,56\u00a0€", "1234.56"),
    ("es", "1.234,5", "1234.5"),
    ("pl", "1 234,5 zł", "1234.5"),
    ("sv", "1 234 kr", "1234"),
    ("pt-BR", "R$ 1.234,56", "1234.56"),
    ("hi-IN", "12,34,567.5", "1234567.5"),
    ("en-IN", "₹12,34,567", "1234567"),
    ("ja", "￥1,000", "1000"),
]


@pytest.mark.parametrize(("locale", "text", "value"), NUMBERS)
def test_numbers_of_a_locale(locale, text, value):
    assert number_format(locale).read(text).value == Decimal(value)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "1.234,56"),
        ("en", "1,5"),
        ("en", "12,34"),
        ("de", "1,234.56"),
        ("de", "1.5"),
        ("de", "1.2345"),
        ("en", "1.234.567"),
    ],
)
def test_a_number_of_another_locale_is_not_guessed(locale, text):
    assert "not how numbers are written" in number_format(locale).read(text)
    assert passed({"number": {"min": 0}}, text, locale=locale) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "12 apples",
        "1-2",
        "2025-01-02",
        "10:30",
        "1.2.3",
        "192.168.0.1",
        "1,23,4",
        "NaN",
        "inf",
        "1_000",
        "0x1F",
        "1e99999",
        "10²",
        "½",
        "ABC 12",
        "--5",
        "5%%5",
        "$",
        "%",
        "()",
        "1 2",
        "1e",
        "$5€",
        "9" * 300,
        "1,,234",
        "Infinity",
    ],
)
def test_what_is_no_number(text):
    assert number_format("en").read(text) is None
    assert passed({"number": {}}, text) is False


@given(
    st.sampled_from(
        ["en", "de", "fr", "de-CH", "hi-IN", "pl", "es", "pt-BR", "ja", "sv", "it", "en-IN", "ru", "ar-EG"]
    ),
    st.decimals(-(10**12), 10**12, places=3),
)
def test_a_number_written_in_its_locale_reads_back(locale, value):
    from babel.numbers import format_decimal

    written = format_decimal(
        value, locale=locale.replace("-", "_"), decimal_quantization=False, numbering_system="latn"
    )
    assert number_format(locale).read(written).value == value


@given(
    st.sampled_from(["en", "de", "fr", "pl", "ja", "en-IN"]),
    st.decimals(-(10**9), 10**9, places=2),
    st.sampled_from(["EUR", "USD", "JPY"]),
)
def test_money_written_in_its_locale_reads_back(locale, value, currency):
    from babel.numbers import format_currency

    written = format_currency(
        value, currency, locale=locale.replace("-", "_"), currency_digits=False, decimal_quantization=False
    )
    read = number_format(locale).read(written)
    assert (read.value, read.currency) == (value, currency)


@given(
    st.text(max_size=30) | st.text("0123456789.,' -+()%$€eE", max_size=20), st.sampled_from(["en", "de", "fr", "hi-IN"])
)
def test_any_cell_is_a_number_or_not(text, locale):
    assert run({"number": {"min": -5, "max": 5}}, text, locale=locale).reason


@pytest.mark.parametrize(
    ("options", "text", "ok", "reason"),
    [
        ({"min": 0, "max": 100}, "42", True, "42"),
        ({"min": 0, "max": 100}, "100.00", True, "100.00"),
        ({"min": 0, "max": 100}, "100.01", False, "100.01 is above 100"),
        ({"min": "0.5"}, "0.49", False, "0.49 is below 0.5"),
        ({"min": 0, "max": 100}, "twelve", False, "'twelve' is no number"),
        ({"min": 0, "max": 100}, "", False, "empty; a number is wanted"),
        ({"max": 20}, "12%", None, "12% carries a % and the range carries no %"),
        ({"max": "20%"}, "12%", True, "12%"),
        ({"max": "20%"}, "0.12", None, "0.12 carries no % and the range carries a %"),
        ({}, "12%", True, "12%"),
    ],
)
def test_number_in_range(options, text, ok, reason):
    assert run({"number": options}, text) == CheckResult(ok, reason)


@pytest.mark.parametrize(
    ("mine", "theirs", "options", "ok"),
    [
        ("9.11", "9.9", {}, False),
        ("9.90", "9.9", {}, True),
        ("1e3", "1000", {}, True),
        ("1,000", "1000.0", {}, True),
        ("$5", "5", {}, True),
        ("$5", "€5", {}, False),
        ("5", "5.004", {"tolerance": "0.01"}, True),
        ("5", "5.02", {"tolerance": "0.01"}, False),
        ("95", "100", {"tolerance": "5%"}, True),
        ("94", "100", {"tolerance": "5%"}, False),
        ("Paris", " paris ", {}, True),
        ("Paris", "Paris", {"case": True}, True),
        ("paris", "Paris", {"case": True}, False),
        ("Paris", "12", {}, False),
        ("12", "Paris", {}, False),
        ("007", "7", {}, True),
        ("007", "7", {"as": "text"}, False),
        ("12%", "0.12", {}, True),
        ("12%", "12%", {}, True),
        ("12%", "12", {}, None),
        ("12%", "13", {}, False),
        ("0%", "0", {}, True),
        ("1,5", "1.5", {}, None),
        ("1.234,5", "1234.5", {}, None),
        ("anything", "", {}, None),
        ("", "5", {}, False),
        ("five", "5", {"as": "number"}, False),
        ("5", "five", {"as": "number"}, None),
        ("1e9999", "1e9998", {"tolerance": 1}, False),
        ("0.1", "0.10000000000000000000000000001", {}, False),
    ],
)
def test_equals_another_column(mine, theirs, options, ok):
    spec = {"column": "Answer", "equals": {"column": "Ideal", **options}}
    result = run(spec, "unused", {"Answer": mine, "Ideal": theirs})
    assert result.passed is ok
    assert result.reason


def test_equals_a_value_that_the_rubric_writes_with_a_point():
    assert passed({"equals": "0.5"}, "0,5", locale="de") is True
    assert passed({"equals": 42}, "42.0") is True
    assert passed({"equals": "n/a"}, "N/A") is True


@pytest.mark.parametrize(
    ("options", "text", "ok"),
    [
        (None, "https://example.org", True),
        (None, "http://example.org:8080/a?b=c#d", True),
        (None, " https://bücher.example/ä ", True),
        (None, "https://[2001:db8::1]/", True),
        (None, "https://localhost", True),
        (None, "example.org", False),
        (None, "ftp://example.org", False),
        (None, "javascript:alert(1)", False),
        (None, "https://", False),
        (None, "https:///a", False),
        (None, "https://exa mple.org", False),
        (None, "see https://example.org", False),
        (None, "https://a.org https://b.org", False),
        (None, "https://-a.org", False),
        (None, "https://a..org", False),
        (None, "https://a.org:99999", False),
        (None, "https://[::1", False),
        (None, "https://" + "a" * 70 + ".org", False),
        (None, "", False),
        ({"https": True}, "http://example.org", False),
        ({"host": "example.org"}, "https://docs.example.org/x", True),
        ({"host": "example.org"}, "https://notexample.org", False),
        ({"host": "example.org"}, "https://example.org@evil.test/", False),
        ({"host": ["a.org", "b.org"]}, "https://B.ORG", True),
    ],
)
def test_url(options, text, ok):
    assert passed({"url": options}, text) is ok


@pytest.mark.parametrize(
    ("locale", "text", "date"),
    [
        ("en", "2025-01-02", "2025-01-02"),
        ("de", "2025-01-02T10:30:00Z", "2025-01-02"),
        ("en", "2025/1/2 10:30", "2025-01-02"),
        ("en-US", "1/2/2025", "2025-01-02"),
        ("en-GB", "1/2/2025", "2025-02-01"),
        ("de", "1.2.2025", "2025-02-01"),
        ("de", "01.02.25", "2025-02-01"),
        ("en", "12/31/2025", "2025-12-31"),
        ("en", "31/12/2025", "2025-12-31"),
        ("en", "5/5/2025 3:04 PM", "2025-05-05"),
        ("en", "January 2, 2025", "2025-01-02"),
        ("en", "2nd of January 2025", "2025-01-02"),
        ("en", "Thu, 2 Jan 2025", "2025-01-02"),
        ("de", "2. Januar 2025", "2025-01-02"),
        ("de", "2 March 2025", "2025-03-02"),
        ("fr", "1er février 2025", "2025-02-01"),
        ("es", "2 de enero de 2025", "2025-01-02"),
        ("ja", "2025/01/02", "2025-01-02"),
    ],
)
def test_dates_of_a_locale(locale, text, date):
    assert run("date", text, locale=locale) == CheckResult(passed=True, reason=date)


@pytest.mark.parametrize(
    ("locale", "text", "said"),
    [
        ("en", "3/4/2025", "can be 2025-04-03 or 2025-03-04"),
        ("en-US", "31/12/2025", "month before day"),
        ("de", "12.31.2025", "day before month"),
    ],
)
def test_a_date_of_two_readings_is_unscored(locale, text, said):
    result = run("date", text, locale=locale)
    assert result.passed is None
    assert said in result.reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2025",
        "2025-13-01",
        "2025-02-30",
        "30.2.2025",
        "1/2",
        "Jan 2025",
        "We met on 2 January 2025 in the old town",
        "12345",
        "1-2/2025",
        "January February 2, 2025",
        "2025-01-02 and 2025-01-03",
    ],
)
def test_what_is_no_date(text):
    assert passed("date", text, locale="en-GB") is False


@pytest.mark.parametrize(
    ("options", "text", "ok", "reason"),
    [
        ({"after": "2024-12-31"}, "2025-01-01", True, "2025-01-01"),
        ({"after": "2024-12-31"}, "2024-12-31", False, "2024-12-31 is not after 2024-12-31"),
        ({"before": "2026-01-01"}, "2026-01-01", False, "2026-01-01 is not before 2026-01-01"),
        ({"format": "%d.%m.%Y"}, "02.01.2025", True, "2025-01-02"),
        ({"format": "%d.%m.%Y"}, "2025-01-02", False, "'2025-01-02' is no date in the form %d.%m.%Y"),
    ],
)
def test_dates_in_range(options, text, ok, reason):
    assert run({"date": options}, text) == CheckResult(ok, reason)


@given(
    st.dates(min_value=__import__("datetime").date(1970, 1, 1)),
    st.sampled_from(["en-US", "en-GB", "de", "fr", "es", "it", "ja", "sv", "pl", "nl"]),
    st.sampled_from(["short", "medium", "long"]),
)
def test_a_date_written_in_its_locale_reads_back(date, locale, width):
    from babel.dates import format_date

    written = format_date(date, width, locale=locale.replace("-", "_"))
    result = run("date", written, locale=locale)
    if "年" in written:
        return
    assert result.passed
    if width != "short" or str(date.year) in written or date.year < 2069:
        assert result.reason[4:] == str(date)[4:]


SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}, "n": {"minimum": 1}},
}


@pytest.mark.parametrize(
    ("spec", "text", "ok", "said"),
    [
        ("json", "[1, 2]", True, "JSON"),
        ("json", '"text"', True, "JSON"),
        ("json", "{'a': 1}", False, "line 1, column 2"),
        ("json", "```json\n{}\n```", False, "line 1, column 1"),
        ("json", "NaN", False, "not JSON"),
        ("json", "", False, "empty"),
        ("json", "[" * 200_000, None, "nested too deeply"),
        ("json", "9" * 10_000, False, "not JSON"),
        ({"json": {"schema": SCHEMA}}, '{"name": "ada"}', True, "by the schema"),
        ({"json": {"schema": SCHEMA}}, '{"name": "Ada"}', False, "does not match"),
        ({"json": {"schema": SCHEMA}}, '{"name": "ada", "n": 0}', False, "$.n"),
        ({"json": {"schema": SCHEMA}}, "[]", False, "object"),
        ({"json": {"schema": {"$ref": "#"}}}, "[]", None, "nested too deeply"),
        ({"json": {"schema": {"pattern": "(a|aa)+$"}}}, '"' + "a" * 200 + '!"', None, "took too long"),
        ({"json": {"schema": {"properties": {"patternProperties": True, "$ref": True}}}}, "{}", True, "by the schema"),
        ({"json": {"schema": {"multipleOf": 0.1}}}, "1" * 400, None, "too large"),
        ({"json": {"schema": {"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}}}, "1", True, "by the schema"),
    ],
)
def test_json(spec, text, ok, said):
    result = run(spec, text)
    assert result.passed is ok
    assert said in result.reason
    assert len(result.reason) <= 160


@pytest.mark.parametrize(
    ("spec", "key", "said"),
    [
        (None, "check", "no mapping"),
        (5, "check", "no mapping"),
        ({}, "check", "nothing to check"),
        ("word", "check.word", "Did you mean 'words'?"),
        ({"words": {"max": 3}, "url": None}, "check", "2 kinds"),
        ({"words": {"max": 3}, "colunm": "A"}, "check.colunm", "'column'"),
        ({"words": {"max": 3}, "column": ""}, "check.column", "not a text"),
        ({"words": None}, "check.words", "neither min nor max"),
        ({"words": 900}, "check.words", "not a mapping"),
        ({"words": {"maximum": 3}}, "check.words.maximum", "'max'"),
        ({"words": {"max": -1}}, "check.words.max", "whole number"),
        ({"words": {"max": 1.5}}, "check.words.max", "whole number"),
        ({"words": {"max": True}}, "check.words.max", "whole number"),
        ({"characters": {"min": 5, "max": 3}}, "check.characters.min", "more than max"),
        ({"contains": []}, "check.contains.all", "empty list"),
        ({"contains": ["a", ""]}, "check.contains.all", "not a text"),
        ({"contains": {"any": "a", "all": "b"}}, "check.contains", "needs one of"),
        ({"matches": "(a"}, "check.matches.pattern", "no regular expression"),
        ({"matches": "a" * 3000}, "check.matches.pattern", "longer than"),
        ({"matches": "(?:ab|c){1000000}"}, "check.matches.pattern", "too large"),
        ({"matches": "((((a?){100}){100}){100}){100}"}, "check.matches.pattern", "too large"),
        ({"matches": {"not": True}}, "check.matches", "no pattern"),
        ({"number": {"min": "1,5"}}, "check.number.min", "decimal point"),
        ({"number": {"min": 5, "max": 4}}, "check.number.min", "more than max"),
        ({"number": {"min": 5, "max": "40%"}}, "check.number", "alike"),
        ({"equals": None}, "check.equals", "either a value or a column"),
        ({"equals": {"column": "A", "value": 1}}, "check.equals", "either a value or a column"),
        ({"equals": {"value": 1, "tolerance": -1}}, "check.equals.tolerance", "below 0"),
        ({"equals": {"value": 1, "as": "int"}}, "check.equals.as", "text or number"),
        ({"equals": {"value": 1, "as": "text", "tolerance": 1}}, "check.equals.tolerance", "no meaning"),
        ({"url": {"host": "a b"}}, "check.url.host", "no host"),
        ({"url": {"https": "maybe"}}, "check.url.https", "neither true nor false"),
        ({"date": {"after": "1.1.2025"}}, "check.date.after", "2025-12-31"),
        ({"date": {"after": "2025-01-02", "before": "2025-01-01"}}, "check.date.after", "earlier"),
        ({"date": {"format": "%m/%Y"}}, "check.date.format", "day, month and year"),
        ({"date": {"format": "%Q"}}, "check.date.format", "day, month and year"),
        ({"json": {"schema": 5}}, "check.json.schema", "no mapping"),
        ({"json": {"schema": {"type": "objekt"}}}, "check.json.schema", "no JSON Schema"),
        ({"json": {"schema": {"$ref": "https://example.org/s.json"}}}, "check.json.schema", "isn't part of it"),
        ({"json": {"schema": {"$ref": "file:///etc/hostname"}}}, "check.json.schema", "isn't part of it"),
        ({"json": {"schema": {"$ref": "#/$defs/none"}}}, "check.json.schema", "isn't part of it"),
        ({"json": {"schema": {"pattern": "(a"}}}, "check.json.schema", "regular expression"),
        ({"json": {"schema": {"items": [{"pattern": "(a{999}){999}"}]}}}, "check.json.schema", "no JSON Schema"),
        ({"json": {"schema": {"items": {"pattern": "(a{999}){999}"}}}}, "check.json.schema", "too large"),
        ({"json": {"schema": {"patternProperties": {"a": {}}}}}, "check.json.schema", "patternProperties"),
    ],
)
def test_a_wrong_check_is_refused_at_its_key(spec, key, said):
    with pytest.raises(RubricError) as caught:
        compile_check(spec)
    assert said in str(caught.value)
    assert caught.value.key == key


def test_a_check_reads_its_column_and_names_those_it_needs():
    criterion = Criterion("c", "", YES_NO, check={"equals": {"column": "Ideal"}, "column": "Answer"})
    assert check_columns(criterion) == ("Answer", "Ideal")
    assert check_columns(Criterion("c", "Is it?", YES_NO)) == ()
    check = compile_check({"words": {"max": 1}, "column": "Title"})
    assert check.run("many words here", {"Title": "Word"}).passed is True
    with pytest.raises(KeyError):
        check.run("many words here", {"Name": "Word"})


def test_the_spec_is_the_same_however_it_was_written():
    assert compile_check("url").spec == compile_check({"url": {}}).spec == {"url": {}}
    assert compile_check({"contains": "a"}).spec == compile_check({"contains": {"all": ["a"]}}).spec
    for spec in ({"words": {"max": "900"}}, {"number": {"min": "0.50"}}, {"equals": 7}, {"matches": "a"}):
        full = compile_check(spec).spec
        assert compile_check(full).spec == full


@pytest.mark.parametrize(
    ("scale", "top", "bottom"), [(YES_NO, (1.0, "yes"), (0.0, "no")), (integer_scale(1, 5), (5.0, "5"), (1.0, "1"))]
)
def test_a_verdict_is_the_top_or_the_bottom_of_the_scale_or_none(scale, top, bottom):
    criterion = Criterion("length", "", scale, check={"words": {"max": 2}})
    check = compile_check(criterion.check)
    high = verdict_of(criterion, check.run("two words", {}))
    low = verdict_of(criterion, check.run("now three words", {}))
    none = verdict_of(criterion, CheckResult(None, "took too long"))
    assert ((high.value, high.label), (low.value, low.label)) == (top, bottom)
    assert (high.basis, low.reason) == ("check", "3 words; at most 2")
    assert (none.value, none.unscored) == (None, "took too long")


SPECS = [
    {"words": {"min": 1, "max": 5}}, {"characters": {"max": 9}}, {"contains": {"any": ["a", "ä"]}}, {"matches": "a.b"},
    {"number": {"min": 0}},    {"equals": "1"}, {"equals": "text"}, "url", "date", "json", {"json": {"schema": SCHEMA}},
]  # fmt: skip
READY = [compile_check(spec, locale) for spec in SPECS for locale in ("en", "de")]


@settings(max_examples=200)
@given(st.text(max_size=60), st.sampled_from(READY))
def test_any_cell_has_an_outcome_and_a_short_reason(text, check):
    result = check.run(text, {})
    assert result.passed in {True, False, None}
    assert 0 < len(result.reason) <= 200
    assert "\n" not in result.reason
    assert check.run(text, {}) == result


@given(st.text(max_size=12))
def test_any_locale_is_known_or_not(text):
    tag, _ = known_locale(text)
    if tag:
        assert known_locale(tag) == (tag, "")
        assert number_format(tag).read("12").value == 12
