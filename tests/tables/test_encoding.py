"""Encodings are found out, and a guess is said aloud."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_tools import cells, names, read

from sheetjudge.errors import TableError

TEXT = "Name,Größe\nJörg,naïve café – 5 €\nZoë,déjà vu\n"


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
    ],
)
def test_utf_with_and_without_a_mark_is_read_in_silence(encoding, mark):
    table = read(mark + TEXT.encode(encoding))
    assert names(table) == ["Name", "Größe"]
    assert cells(table)[0] == ("Jörg", "naïve café – 5 €")
    assert table.notes == ()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_found_by_its_zero_bytes(encoding):
    table = read(TEXT.encode(encoding))
    assert names(table) == ["Name", "Größe"]
    assert [note for note in table.notes if "UTF-16" in note]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TEXT, "cp1252"),
        ("a,b\n1,é\n", "cp1252"),
        ("Имя,Оценка\nИван,хорошая работа над проектом\n", "cp1251"),  # noqa: RUF001
        ("名前,評価\n田中さん,とても良いです\n", "cp932"),
        ("이름,점수\n김철수,매우 좋은 글입니다\n", "cp949"),
    ],
)
def test_an_old_encoding_is_guessed_and_said(text, encoding):
    table = read(text.encode(encoding))
    assert names(table) == text.split("\n", maxsplit=1)[0].split(",")
    assert [note for note in table.notes if encoding in note and "--encoding" in note]


@given(st.binary(min_size=1, max_size=60))
def test_any_bytes_are_read_or_refused_in_one_line(data):
    try:
        table = read(b"a,b\n" + data)
        list(table.rows())
    except TableError as error:
        assert "\n" not in str(error)  # noqa: PT017  either outcome is right


def test_a_wanted_encoding_is_used_without_a_note():
    table = read("a\nłódź\n".encode("cp1250"), encoding="cp1250")
    assert cells(table) == [("łódź",)]
    assert table.notes == ()


@pytest.mark.parametrize(
    ("wanted", "mark"), [("utf-8", codecs.BOM_UTF8), ("utf-8-sig", codecs.BOM_UTF8), ("utf-16", codecs.BOM_UTF16_LE)]
)
def test_a_wanted_encoding_may_have_its_mark(wanted, mark):
    codec = "utf-16-le" if wanted == "utf-16" else "utf-8"
    assert names(read(mark + b"".join([TEXT.encode(codec)]), encoding=wanted)) == ["Name", "Größe"]


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("utf-9", "no encoding called 'utf-9'"),
        ("utf-8", "isn't utf-8: the byte at position 7"),
        ("base64", "no encoding called"),
    ],
)
def test_a_wanted_encoding_that_does_not_fit_is_an_error(wanted, why):
    with pytest.raises(TableError, match=why):
        read(TEXT.encode("cp1252"), encoding=wanted)


def test_a_mark_that_lies_is_an_error():
    with pytest.raises(TableError, match="begins with the mark of UTF-8, but"):
        read(codecs.BOM_UTF8 + b"a\n\xff\n")
